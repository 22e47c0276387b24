package io.github.paenmf.math;

import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.Gamma;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * The Weibull distribution with shape k and scale λ in double precision: what is reported to users,
 * and what the float32 kernels are tested against. Shapes and scales are above 0 and finite; this is not checked, and for
 * others the results mean nothing.
 */
public final class Weibull {

    /** The Euler-Mascheroni constant γ. */
    public static final double EULER_GAMMA = 0.577215664901532860606512090082;

    /** Just below the largest x for which eˣ is finite. */
    private static final double LARGE_EXPONENT = 700;

    private Weibull() {}

    /** Inverse CDF at p, λ(−ln(1 − p))^(1/k): the value below which a share p lies. */
    public static double quantile(double k, double lambda, double p) {
        return atExponential(k, lambda, -Math.log1p(-p));
    }

    /** h = λ(−ln ε)^(1/k), paper section 2.3: the sample that uniform noise ε in (0, 1) stands for. */
    public static double sample(double k, double lambda, double epsilon) {
        return atExponential(k, lambda, -Math.log(epsilon));
    }

    /** λ(ln 2)^(1/k). */
    public static double median(double k, double lambda) {
        return atExponential(k, lambda, Math.log(2));
    }

    /** λe^(1/k), which has this distribution if e is exponential. */
    private static double atExponential(double k, double lambda, double e) {
        double power = Math.pow(e, 1 / k);
        return isNormal(power) ? lambda * power : Math.exp(Math.log(lambda) + Math.log(e) / k);
    }

    /** λΓ(1 + 1/k). */
    public static double mean(double k, double lambda) {
        double gamma = Gamma.value(1 + 1 / k);
        return isNormal(gamma) ? lambda * gamma : Math.exp(Math.log(lambda) + LogGamma.value(1 + 1 / k));
    }

    /** exp(E ln h) of a mean and a variance; 0 where the mean is. */
    public static double geometricMeanOfMoments(double mean, double variance) {
        if (mean == 0) {
            return 0;
        }
        double k = WeibullShape.ofMoments(mean, variance);
        return geometricMean(k, mean / mean(k, 1));
    }

    /** exp(E ln h) = λe^(−γ/k). */
    public static double geometricMean(double k, double lambda) {
        return lambda * Math.exp(-EULER_GAMMA / k);
    }

    /** λ²(Γ(1 + 2/k) − Γ(1 + 1/k)²), as the square of the mean times the squared coefficient of variation. */
    public static double variance(double k, double lambda) {
        double logRatio = 2 * LogGammaDifferences.second(1 / k, 1 / k); // ln(Γ(1 + 2/k)/Γ(1 + 1/k)²)
        if (logRatio > LARGE_EXPONENT) {
            return Math.exp(2 * Math.log(lambda) + LogGamma.value(1 + 2 / k));
        }
        double mean = mean(k, lambda);
        return mean * (mean * Math.expm1(logRatio));
    }

    /**
     * KL(Weibull(k, λ) ‖ Weibull(k₀, λ₀)) in nats; Bauckhage 2014, paper equation 3.
     *
     * <p>With a = k₀/k and w = k₀ ln(λ/λ₀) + ln Γ(1 + a) it is (eʷ − 1 − w) + (ln Γ(a) + γ(a − 1)). Neither part is
     * negative, so nothing cancels: the relative error is small near the prior, too.
     */
    public static double kl(double k, double lambda, double k0, double lambda0) {
        KlTerms terms = KlTerms.of(k, lambda, k0, lambda0);
        double w = terms.logTail;
        return (Math.abs(w) < 0.5 ? expm1LessArgument(w) : terms.tailLessOne - w) + terms.shape.remainder();
    }

    /** ∂KL/∂k. */
    public static double klByShape(double k, double lambda, double k0, double lambda0) {
        KlTerms terms = KlTerms.of(k, lambda, k0, lambda0);
        double a = terms.shape.ratio();
        return -a / k * (terms.tailLessOne * Digamma.value(1 + a) + terms.shape.remainderSlope());
    }

    /** ∂KL/∂λ. */
    public static double klByScale(double k, double lambda, double k0, double lambda0) {
        return k0 / lambda * KlTerms.of(k, lambda, k0, lambda0).tailLessOne;
    }

    /**
     * What the divergence and its derivatives share.
     *
     * @param logTail w = k₀ ln(λ/λ₀) + ln Γ(1 + k₀/k)
     * @param tailLessOne eʷ − 1
     */
    private record KlTerms(LogGammaRatio shape, double logTail, double tailLessOne) {

        static KlTerms of(double k, double lambda, double k0, double lambda0) {
            LogGammaRatio shape = LogGammaRatio.of(k, k0);
            double logTail = k0 * logRatio(lambda, lambda0) + shape.logGamma1p();
            double tail = Math.abs(logTail) < 0.5 ? 0 : power(lambda, lambda0, k0) * Gamma.value(1 + shape.ratio());
            // far from 1 the product is closer than the power of e, unless one of its factors left the range
            return new KlTerms(shape, logTail, isNormal(tail) ? tail - 1 : Math.expm1(logTail));
        }
    }

    /** eˣ − 1 − x for |x| ≤ 0.5. */
    private static double expm1LessArgument(double x) {
        double sum = 0;
        for (int n = 16; n >= 2; n--) { // .5¹⁵/17! is below roundoff
            sum = (1 + x * sum) / n;
        }
        return x * x * sum;
    }

    /** The probability density at h, 0 below 0; infinite at 0 for k &lt; 1. */
    public static double density(double k, double lambda, double h) {
        if (h < 0) {
            return 0;
        }
        double power = power(h, lambda, k);
        if (power == Double.POSITIVE_INFINITY) {
            return 0;
        }
        double tail = Math.exp(-power);
        double rise = power(h, lambda, k - 1);
        double rate = k / lambda;
        if (h == 0 || isNormal(tail) && isNormal(rise) && isNormal(rate)) {
            return rate * rise * tail;
        }
        return Math.exp(Math.log(k) - Math.log(lambda) + (k - 1) * logRatio(h, lambda) - power);
    }

    /**
     * The squared Wasserstein-2 distance of two Weibull distributions. With E exponential, λE^(1/k) has the one
     * distribution and λ′E^(1/k′) the other, and the best coupling uses the same E for both: so it is
     * λ²Γ(1 + 2/k) + λ′²Γ(1 + 2/k′) − 2λλ′Γ(1 + 1/k + 1/k′).
     *
     * <p>With the root mean squares ρ = λ√Γ(1 + 2/k) and ρ′, that is (ρ − ρ′)² + 2(ρρ′ − λλ′Γ(1 + 1/k + 1/k′)). Neither
     * part is negative, so nothing cancels: the relative error is small near equality, too.
     */
    public static double squaredWasserstein(double k, double lambda, double k2, double lambda2) {
        double x = 1 / k;
        double y = 1 / k2;
        double difference = (k2 - k) / k / k2; // of x and y, without the rounding of either
        double logRatio = logRatio(lambda, lambda2) + LogGammaDifferences.first(x + y, difference);
        double rms = logRatio < 0 ? rootMeanSquare(y, lambda2) : rootMeanSquare(x, lambda);
        double relative = Math.expm1(-Math.abs(logRatio)); // of the smaller ρ to the larger, less 1
        double byShape = -2 * (1 + relative) * Math.expm1(-LogGammaDifferences.second(x + y, difference));
        double share = relative * relative + byShape;
        return share == 0 ? 0 : rms * (rms * share); // of equal distributions, even if their squares are infinite
    }

    private static double rootMeanSquare(double inverseShape, double lambda) {
        double square = Gamma.value(1 + 2 * inverseShape);
        return isNormal(square)
                ? lambda * Math.sqrt(square)
                : Math.exp(Math.log(lambda) + LogGamma.value(1 + 2 * inverseShape) / 2);
    }

    /** ln(a/b), relatively exact near a = b and without the range of a/b. */
    private static double logRatio(double a, double b) {
        if (Math.abs(a - b) <= b / 2) {
            return Math.log1p((a - b) / b);
        }
        double ratio = a / b;
        return isNormal(ratio) ? Math.log(ratio) : Math.log(a) - Math.log(b);
    }

    /** (a/b)^exponent; near a = b the quotient's rounding is not raised to the power. */
    private static double power(double a, double b, double exponent) {
        double ratio = a / b;
        return a != 0 && (Math.abs(a - b) <= b / 2 || !isNormal(ratio))
                ? Math.exp(exponent * logRatio(a, b))
                : Math.pow(ratio, exponent);
    }

    /** Whether a positive value has all its digits and is finite. */
    private static boolean isNormal(double value) {
        return value >= Double.MIN_NORMAL && value <= Double.MAX_VALUE;
    }
}
