package io.github.paenmf.math;

import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * Functions of the ratio a = k₀/k of two shapes whose relative error is small near a = 1, too, where they are 0 or
 * cancel.
 *
 * @param ratio a
 * @param excess a − 1, without the rounding of a
 * @param logGamma1p ln Γ(1 + a)
 */
record LogGammaRatio(double ratio, double excess, double logGamma1p) {

    /** ζ(n) for n = 2, 3, …: as many as a series in x needs for |x| ≤ {@link #SERIES}. */
    private static final double[] ZETA = {
        1.6449340668482264, 1.2020569031595942, 1.0823232337111381, 1.03692775514337,
        1.0173430619844492, 1.008349277381923, 1.0040773561979444, 1.0020083928260821,
        1.000994575127818, 1.0004941886041194, 1.000246086553308, 1.0001227133475785,
        1.0000612481350588, 1.000030588236307, 1.0000152822594086, 1.0000076371976379,
        1.000003817293265, 1.0000019082127165, 1.0000009539620338, 1.0000004769329869,
        1.0000002384505027, 1.000000119219926, 1.000000059608189, 1.0000000298035034,
        1.0000000149015549, 1.0000000074507118, 1.000000003725334
    };

    /** Up to here the series is used: .25²⁶ is below the roundoff of its first term. */
    private static final double SERIES = 0.25;

    static LogGammaRatio of(double k, double k0) {
        double a = k0 / k;
        double excess = (k0 - k) / k;
        double logGamma1p;
        if (a <= SERIES) {
            logGamma1p = series(a) - Weibull.EULER_GAMMA * a;
        } else if (Math.abs(excess) <= SERIES) { // Γ(2 + x) = (1 + x)Γ(1 + x)
            logGamma1p = Math.log1p(excess) + series(excess) - Weibull.EULER_GAMMA * excess;
        } else {
            logGamma1p = LogGamma.value(1 + a);
        }
        return new LogGammaRatio(a, excess, logGamma1p);
    }

    /** ln Γ(a) + γ(a − 1): 0 at a = 1, and positive elsewhere. */
    double remainder() {
        return Math.abs(excess) <= SERIES
                ? series(excess)
                : logGamma1p - Math.log(ratio) + Weibull.EULER_GAMMA * excess;
    }

    /** ψ(a) + γ, the slope of {@link #remainder}: of the sign of a − 1. */
    double remainderSlope() {
        if (Math.abs(excess) > SERIES) {
            return Digamma.value(1 + ratio) - 1 / ratio + Weibull.EULER_GAMMA;
        }
        double sum = 0;
        for (int n = ZETA.length + 1; n >= 2; n--) {
            sum = ZETA[n - 2] - excess * sum;
        }
        return excess * sum;
    }

    /** ln Γ(1 + x) + γx = Σ (−1)ⁿ ζ(n)xⁿ/n from n = 2 on. */
    private static double series(double x) {
        double sum = 0;
        for (int n = ZETA.length + 1; n >= 2; n--) {
            sum = ZETA[n - 2] / n - x * sum;
        }
        return x * x * sum;
    }
}
