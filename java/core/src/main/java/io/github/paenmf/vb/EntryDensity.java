package io.github.paenmf.vb;

/**
 * The density f(x, v) of a least-squares coefficient x = h + N(0, v) where h is 0 with probability 1 − π, else
 * exponential with mean μ; its logarithm's derivatives, and the posterior of h.
 *
 * <p>f = (1 − π)·N(x; 0, v) + π·g with g = e^(−x/μ + v/2μ²)·Φ(z)/μ, z = (x − v/μ)/√v. In terms of the Mills ratio,
 * g/N = (√v/μ)·R(z). Both parts are convolutions with N(0, v), so ∂f/∂v = ½∂²f/∂x², and as ∂g/∂x = (N − g)/μ all
 * derivatives are polynomials in N/f and g/f.
 *
 * <p>One object serves one thread.
 */
final class EntryDensity {

    /** Below this z the quantile of the truncated normal is found by Newton's method. */
    private static final double FAR = -5;

    static final double HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;

    private final double mean;
    private final double rate;
    private final double inclusion;
    private final double spike;

    private double x;
    private double s;
    private double inverse;
    private double z;

    /** N/f and g/f. */
    private double normalShare;

    private double slabShare;

    /** f without the exponential that {@link #log} adds. */
    private double factor;

    EntryDensity(double mean, double inclusion) {
        this.mean = mean;
        this.rate = 1 / mean;
        this.inclusion = inclusion;
        this.spike = 1 - inclusion;
    }

    /**
     * Takes a coefficient and its deviation.
     *
     * @param deviation √v
     * @param inverseDeviation 1/√v
     */
    void at(double coefficient, double deviation, double inverseDeviation) {
        x = coefficient;
        s = deviation;
        inverse = inverseDeviation;
        z = coefficient * inverseDeviation - deviation * rate;
        if (z <= MillsRatio.MOST) {
            double ratio = deviation * rate * MillsRatio.value(z);
            double sum = spike + inclusion * ratio;
            normalShare = 1 / sum;
            slabShare = ratio * normalShare;
            factor = sum * inverseDeviation;
        } else {
            double ratio = mean * inverseDeviation * MillsRatio.inverse(z);
            double sum = inclusion + spike * ratio;
            slabShare = 1 / sum;
            normalShare = ratio * slabShare;
            factor = sum * rate;
        }
    }

    /** ln f. */
    double log() {
        if (z <= MillsRatio.MOST) {
            double u = x * inverse;
            return Math.log(factor) - 0.5 * u * u - HALF_LOG_TWO_PI;
        }
        double t = s * rate;
        return Math.log(factor) - x * rate + 0.5 * t * t;
    }

    /** 1/μ. */
    double rate() {
        return rate;
    }

    /** π. */
    double inclusion() {
        return inclusion;
    }

    /** ∂ln f/∂x. */
    double byX() {
        return inclusion * rate * (normalShare - slabShare) - spike * normalShare * x * inverse * inverse;
    }

    /** ∂ln f/∂v. */
    double byV() {
        double precision = inverse * inverse;
        double u = x * precision;
        double slab = -rate * (u * normalShare + rate * (normalShare - slabShare));
        return 0.5 * (spike * normalShare * (u * u - precision) + inclusion * slab);
    }

    /** Writes ∂²/∂x², ∂²/∂x∂v and ∂²/∂v² of ln f. */
    void secondDerivatives(double[] derivatives) {
        double v = s * s;
        double u = x / v;
        double n1 = -u;
        double n2 = u * u - 1 / v;
        double n3 = u * (3 / v - u * u);
        double n4 = u * u * (u * u - 6 / v) + 3 / (v * v);
        double g1 = (normalShare - slabShare) / mean;
        double g2 = (n1 * normalShare - g1) / mean;
        double g3 = (n2 * normalShare - g2) / mean;
        double g4 = (n3 * normalShare - g3) / mean;
        double d1 = spike * n1 * normalShare + inclusion * g1;
        double d2 = spike * n2 * normalShare + inclusion * g2;
        double d3 = spike * n3 * normalShare + inclusion * g3;
        double d4 = spike * n4 * normalShare + inclusion * g4;
        derivatives[0] = d2 - d1 * d1;
        derivatives[1] = 0.5 * (d3 - d1 * d2);
        derivatives[2] = 0.25 * (d4 - d2 * d2);
    }

    /** The probability that h is not 0. */
    double included() {
        return inclusion * slabShare;
    }

    /** E[h]: the mean of the truncated normal by its probability. */
    double posteriorMean() {
        return included() * truncatedMean();
    }

    /** Var h. */
    double posteriorVariance() {
        double p = included();
        double truncated = truncatedMean();
        double hazard = hazard();
        double variance = Math.max(0, s * s * (1 - hazard * (z + hazard)));
        return p * (variance + (1 - p) * truncated * truncated);
    }

    /** φ(z)/Φ(z). */
    private double hazard() {
        return s * rate * normalShare / slabShare;
    }

    private double truncatedMean() {
        return s * Math.max(0, z + hazard());
    }

    /**
     * A quantile of h, 0 for u ≤ 1 − p, where the normal that the slab is cut from is so many times as wide around the
     * same place: an estimate that stays what it is under noise of another size (the open-faced sandwich: Shaby 2014,
     * The open-faced sandwich adjustment for MCMC using estimating functions). The probability of 0 is the posterior's.
     *
     * @param u in (0, 1)
     * @param widening 1 for the posterior itself
     */
    double quantile(double u, double widening) {
        double above = (1 - u) / included(); // probability of more, given that it is not 0
        return above >= 1 ? 0 : s * widening * Math.max(0, truncatedQuantile(z / widening, above));
    }

    /** What of N(z, 1) cut off at 0 exceeds with this probability. */
    private static double truncatedQuantile(double z, double above) {
        if (z >= FAR) {
            return z - MillsRatio.normalQuantile(above * MillsRatio.normal(z));
        }
        // z + t where ln Φ(−t) = ln above + ln Φ(z): by Newton's method from the tail's leading term
        double target = Math.log(above) - 0.5 * z * z + Math.log(MillsRatio.value(z));
        double t = Math.sqrt(z * z - 2 * Math.log(above));
        for (int i = 0; i < 3; i++) { // the first is right to 1/z² of the step; each squares the error
            double ratio = MillsRatio.value(-t);
            t += (Math.log(ratio) - 0.5 * t * t - target) * ratio;
        }
        return z + t;
    }
}
