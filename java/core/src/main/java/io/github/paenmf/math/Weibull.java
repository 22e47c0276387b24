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

    /** The probability density at h, 0 below 0; infinite at 0 for k &lt; 1. */
    public static double density(double k, double lambda, double h) {
        if (h < 0) {
            return 0;
        }
        double power = Math.pow(h / lambda, k);
        // at 0 the quotient is 0/0
        return h == 0 ? k / lambda * Math.pow(0, k - 1) : k * power / h * Math.exp(-power);
    }

    /**
     * The squared Wasserstein-2 distance of two Weibull distributions. With E exponential, λE^(1/k) has the one
     * distribution and λ′E^(1/k′) the other, and the best coupling uses the same E for both: so it is
     * λ²Γ(1 + 2/k) + λ′²Γ(1 + 2/k′) − 2λλ′Γ(1 + 1/k + 1/k′).
     */
    public static double squaredWasserstein(double k, double lambda, double k2, double lambda2) {
        double square = lambda * lambda * Gamma.value(1 + 2 / k) + lambda2 * lambda2 * Gamma.value(1 + 2 / k2);
        double product = lambda * lambda2 * Gamma.value(1 + 1 / k + 1 / k2);
        return Math.max(0, square - 2 * product); // rounding may leave less than 0 of equal distributions
    }
}
