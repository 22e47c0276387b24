package io.github.paenmf.math;

import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.Gamma;

/**
 * The Weibull distribution with shape k and scale λ in double precision: what is reported to users,
 * and what the float32 kernels are tested against.
 */
public final class Weibull {

    /** The Euler-Mascheroni constant γ. */
    public static final double EULER_GAMMA = 0.577215664901532860606512090082;

    private Weibull() {}

    /** Inverse CDF at p, λ(−ln(1 − p))^(1/k): the value below which a share p lies. */
    public static double quantile(double k, double lambda, double p) {
        return lambda * Math.pow(-Math.log1p(-p), 1 / k);
    }

    /** h = λ(−ln ε)^(1/k), paper section 2.3: the sample that uniform noise ε in (0, 1) stands for. */
    public static double sample(double k, double lambda, double epsilon) {
        return lambda * Math.pow(-Math.log(epsilon), 1 / k);
    }

    public static double median(double k, double lambda) {
        return lambda * Math.pow(Math.log(2), 1 / k);
    }

    public static double mean(double k, double lambda) {
        return lambda * Gamma.value(1 + 1 / k);
    }

    public static double variance(double k, double lambda) {
        double g1 = Gamma.value(1 + 1 / k);
        return lambda * lambda * (Gamma.value(1 + 2 / k) - g1 * g1);
    }

    /**
     * KL(Weibull(k, λ) ‖ Weibull(k₀, λ₀)) in nats; Bauckhage 2014, paper equation 3.
     */
    public static double kl(double k, double lambda, double k0, double lambda0) {
        return Math.log(k / k0)
                - k * Math.log(lambda)
                + k0 * Math.log(lambda0)
                + (k - k0) * (Math.log(lambda) - EULER_GAMMA / k)
                + Math.pow(lambda / lambda0, k0) * Gamma.value(k0 / k + 1)
                - 1;
    }

    /** ∂KL/∂k. */
    public static double klByShape(double k, double lambda, double k0, double lambda0) {
        double z = 1 + k0 / k;
        double tail = Math.pow(lambda / lambda0, k0) * Gamma.value(z) * Digamma.value(z);
        return 1 / k - (k0 * EULER_GAMMA + k0 * tail) / (k * k);
    }

    /** ∂KL/∂λ. */
    public static double klByScale(double k, double lambda, double k0, double lambda0) {
        return k0 / lambda * (Math.pow(lambda / lambda0, k0) * Gamma.value(1 + k0 / k) - 1);
    }
}
