/**
 * Training. What users see of it is the {@link io.github.paenmf.train.FitListener}, which hears of each epoch and may
 * end a fit.
 *
 * <pre>{@code
 * FitListener listener = epoch -> epoch.seconds() < 60; // a minute at most
 * PaeNmf estimator = PaeNmf.builder().rank(10).epochs(5000).listener(listener).build();
 * }</pre>
 */
package io.github.paenmf.train;
