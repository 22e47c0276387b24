package io.github.paenmf.math;

import org.apache.commons.numbers.gamma.Gamma;
import org.apache.commons.numbers.gamma.RegularizedGamma;

/**
 * A number that is 0 with probability 1 − p, else Weibull with shape k and scale λ; p in [0, 1]. Where p is 1 each
 * function is that of {@link Weibull}, to the bit.
 */
public final class MixedWeibull {

    private static final double STEP = 0.15;
    private static final double FIRST = -3.6; // here t is 3e-18, and beyond the last node e⁻ᵗ is less than 1e-52
    private static final int NODES = 57;

    /** ln t and the weights of the trapezium rule for ∫f(t)e⁻ᵗdt over t > 0 with t = exp(u − e⁻ᵘ), evenly over u. */
    private static final double[] LOG_T = new double[NODES];

    private static final double[] T = new double[NODES];

    private static final double[] WEIGHT = new double[NODES];

    static {
        for (int i = 0; i < NODES; i++) {
            double u = FIRST + i * STEP;
            LOG_T[i] = u - Math.exp(-u);
            T[i] = Math.exp(LOG_T[i]);
            WEIGHT[i] = STEP * (1 + Math.exp(-u)) * Math.exp(LOG_T[i] - T[i]);
        }
    }

    private MixedWeibull() {}

    /** The value that it does not exceed with probability ½. */
    public static double median(double k, double lambda, double p) {
        return p == 1 ? Weibull.median(k, lambda) : quantile(k, lambda, p, 0.5);
    }

    /** The least value that it does not exceed with a probability in (0, 1). */
    public static double quantile(double k, double lambda, double p, double probability) {
        if (p == 1) {
            return Weibull.quantile(k, lambda, probability);
        }
        return probability <= 1 - p ? 0 : Weibull.quantile(k, lambda, (probability - (1 - p)) / p);
    }

    /** What a uniform number ε in (0, 1) makes: at least so large with probability ε. */
    public static double sample(double k, double lambda, double p, double epsilon) {
        if (p == 1) {
            return Weibull.sample(k, lambda, epsilon);
        }
        return epsilon >= p ? 0 : Weibull.sample(k, lambda, epsilon / p);
    }

    /** pλΓ(1 + 1/k). */
    public static double mean(double k, double lambda, double p) {
        return p * Weibull.mean(k, lambda);
    }

    /** pv + p(1 − p)μ², with mean μ and variance v of the Weibull distribution. */
    public static double variance(double k, double lambda, double p) {
        if (p == 1) {
            return Weibull.variance(k, lambda);
        }
        double mean = Weibull.mean(k, lambda);
        return p * Weibull.variance(k, lambda) + p * (1 - p) * mean * mean;
    }

    /** KL of p to π in nats: p ln(p/π) + (1 − p) ln((1 − p)/(1 − π)). */
    public static double inclusionKl(double p, double prior) {
        return term(p, prior) + term(1 - p, 1 - prior);
    }

    private static double term(double p, double prior) {
        return p == 0 ? 0 : p * Math.log(p / prior);
    }

    /**
     * The squared Wasserstein-2 distance of two, ∫(Q₁(v) − Q₂(v))² dv over upper tail probabilities v: in closed form
     * where both have p = 1. Else, with p ≤ p′ and v = pe⁻ᵗ, it is p∫(λt^(1/k) − λ′(t + ln(p′/p))^(1/k′))²e⁻ᵗdt over
     * t &gt; 0, by a double exponential rule (Takahasi and Mori 1974), and where only the second is above 0 an incomplete
     * gamma function. No difference of the parts is taken; the error is at most 1e-13 of the larger mean square.
     */
    public static double squaredWasserstein(double k, double lambda, double p, double k2, double lambda2, double p2) {
        if (p == 1 && p2 == 1) {
            return Weibull.squaredWasserstein(k, lambda, k2, lambda2);
        }
        if (p > p2) {
            return squaredWasserstein(k2, lambda2, p2, k, lambda, p);
        }
        double more = p == 0 ? Double.POSITIVE_INFINITY : Math.log1p((p2 - p) / p);
        double both = p == 0 ? 0 : p * squaredDifference(1 / k, lambda, 1 / k2, lambda2, more);
        double shape = 1 + 2 / k2;
        double one = p == p2 ? 0 : p2 * RegularizedGamma.P.value(shape, more) * Gamma.value(shape);
        return both + lambda2 * lambda2 * one;
    }

    /** ∫(λt^x − λ′(t + more)^y)²e⁻ᵗdt over t > 0. */
    private static double squaredDifference(double x, double lambda, double y, double lambda2, double more) {
        double sum = 0;
        for (int i = 0; i < NODES; i++) {
            double later = more == 0 ? LOG_T[i] : Math.log(T[i] + more);
            double difference = lambda * Math.exp(x * LOG_T[i]) - lambda2 * Math.exp(y * later);
            sum += WEIGHT[i] * difference * difference;
        }
        return sum;
    }
}
