package io.github.paenmf.math;

/**
 * Differences of ln Γ whose relative error is small also where a subtraction of values of ln Γ would leave only their
 * rounding.
 */
final class LogGammaDifferences {

    /** Factors that are split off Γ, so that Stirling's series is evaluated at 11 or more. */
    private static final int SHIFT = 10;

    /** B₂ⱼ/(2j(2j − 1)), the coefficients of z¹⁻²ʲ in Stirling's series; from 11 on the next adds less than 1e-17. */
    private static final double[] STIRLING = {
        1 / 12.0, -1 / 360.0, 1 / 1260.0, -1 / 1680.0, 1 / 1188.0, -691 / 360360.0, 1 / 156.0
    };

    private LogGammaDifferences() {}

    /** (ln Γ(1 + m + d) − ln Γ(1 + m − d))/2 for |d| ≤ m; its error is relative to d(1 + ln(1 + m)). */
    static double first(double m, double d) {
        double z = 1 + SHIFT + m;
        double t = d / z;
        double halfLog = Math.log1p(-t * t) / 2;
        double atanh = atanh(t);
        double sum = (z - 0.5) * atanh + d * (Math.log(z) + halfLog - 1);
        double inverse = 1 / z;
        for (int j = 0; j < STIRLING.length; j++) {
            int power = 2 * j + 1;
            sum -= STIRLING[j] * inverse * Math.exp(-power * halfLog) * Math.sinh(power * atanh);
            inverse /= z * z;
        }
        for (int n = 1; n <= SHIFT; n++) {
            sum -= atanh(d / (n + m));
        }
        return sum;
    }

    /** (ln Γ(1 + m + d) + ln Γ(1 + m − d))/2 − ln Γ(1 + m) for |d| ≤ m: 0 for d = 0, and positive elsewhere. */
    static double second(double m, double d) {
        double z = 1 + SHIFT + m;
        double t = d / z;
        double halfLog = Math.log1p(-t * t) / 2;
        double atanh = atanh(t);
        double sum = (z - 0.5) * halfLog + d * atanh;
        double inverse = 1 / z;
        for (int j = 0; j < STIRLING.length; j++) {
            int power = 2 * j + 1;
            // ((1 + t)^-power + (1 − t)^-power)/2 − 1
            double sinh = Math.sinh(power * atanh / 2);
            double even = Math.expm1(-power * halfLog) + 2 * Math.exp(-power * halfLog) * sinh * sinh;
            sum += STIRLING[j] * inverse * even;
            inverse /= z * z;
        }
        for (int n = 1; n <= SHIFT; n++) {
            double share = d / (n + m);
            sum -= Math.log1p(-share * share) / 2;
        }
        return sum;
    }

    private static double atanh(double x) {
        return (Math.log1p(x) - Math.log1p(-x)) / 2;
    }
}
