/**
 * Functions of the Weibull distribution with shape k and scale λ, in double and for arrays of float, and non-negative least
 * squares.
 *
 * <pre>{@code
 * double k = 2;
 * double lambda = 3;
 * double median = Weibull.median(k, lambda);
 * double lower = Weibull.quantile(k, lambda, 0.05);
 * double nats = Weibull.kl(k, lambda, 1, 1); // from an exponential distribution of mean 1
 * }</pre>
 */
package io.github.paenmf.math;
