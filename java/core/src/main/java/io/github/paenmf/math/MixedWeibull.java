package io.github.paenmf.math;

/**
 * A number that is 0 with probability 1 − p, else Weibull with shape k and scale λ; p in [0, 1]. Where p is 1 each
 * function is that of {@link Weibull}, to the bit.
 */
public final class MixedWeibull {

    /** Of each half of an integral over quantiles, in powers of what is left to its end. */
    private static final int STEPS = 400;

    private static final double LEAST_TAIL = 1e-12;

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

    public static double mean(double k, double lambda, double p) {
        return p * Weibull.mean(k, lambda);
    }

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
     * The squared Wasserstein-2 distance of two: in closed form where both have p = 1, else ∫(Q₁(u) − Q₂(u))² du by the
     * trapezium rule, in steps of equal ratio of the distance to the nearer end.
     */
    public static double squaredWasserstein(double k, double lambda, double p, double k2, double lambda2, double p2) {
        if (p == 1 && p2 == 1) {
            return Weibull.squaredWasserstein(k, lambda, k2, lambda2);
        }
        double sum = 0;
        double ratio = Math.pow(2 * LEAST_TAIL, 1.0 / STEPS);
        for (int end = 0; end < 2; end++) {
            double tail = 0.5;
            double value = squaredDifference(k, lambda, p, k2, lambda2, p2, 0.5);
            for (int step = 0; step < STEPS; step++) {
                double nextTail = tail * ratio;
                double next = squaredDifference(k, lambda, p, k2, lambda2, p2, end == 0 ? nextTail : 1 - nextTail);
                sum += (tail - nextTail) * (value + next) / 2;
                tail = nextTail;
                value = next;
            }
        }
        return sum;
    }

    private static double squaredDifference(
            double k, double lambda, double p, double k2, double lambda2, double p2, double u) {
        double difference = quantile(k, lambda, p, u) - quantile(k2, lambda2, p2, u);
        return difference * difference;
    }
}
