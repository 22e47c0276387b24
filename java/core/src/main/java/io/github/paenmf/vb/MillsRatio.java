package io.github.paenmf.vb;

import org.apache.commons.numbers.gamma.Erfcx;
import org.apache.commons.numbers.gamma.InverseErfc;

/**
 * R(z) = Φ(z)/φ(z) of the standard normal distribution, from which ln Φ, its slope 1/R and truncated normals come
 * without cancellation.
 *
 * <p>Up to −16 by the asymptotic series; from there to 8 by Taylor polynomials around 1536 knots, whose coefficients
 * follow from R′ = 1 + zR; above, Φ is 1 to every digit. Relative error below 1e-14.
 */
final class MillsRatio {

    /** Up to here {@link #value} is defined; above, Φ(z) = 1 − 6e-16. */
    static final double MOST = 8;

    private static final double LEAST = -16;
    private static final int PER_UNIT = 64;
    private static final int CELLS = (int) ((MOST - LEAST) * PER_UNIT);

    /** Terms of a polynomial: the next is below (8/128)⁸/8! of the first. */
    private static final int TERMS = 8;

    /** Terms of the series: the next is 25!!/16²⁶ of the first. */
    private static final int SERIES = 12;

    private static final double[] TAYLOR = new double[(CELLS + 1) * TERMS];
    private static final double INVERSE_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
    private static final double ROOT_TWO = Math.sqrt(2);

    static {
        for (int cell = 0; cell <= CELLS; cell++) {
            double z = LEAST + (cell + 0.5) / PER_UNIT;
            double before = 0;
            double derivative = Math.sqrt(Math.PI / 2) * Erfcx.value(-z / ROOT_TWO);
            double factorial = 1;
            for (int n = 0; n < TERMS; n++) {
                TAYLOR[cell * TERMS + n] = derivative / factorial;
                double next = n == 0 ? 1 + z * derivative : z * derivative + n * before;
                before = derivative;
                derivative = next;
                factorial *= n + 1;
            }
        }
    }

    private MillsRatio() {}

    /** R(z) for z ≤ {@link #MOST}. */
    static double value(double z) {
        if (z < LEAST) {
            double w = 1 / (z * z);
            double sum = 1;
            for (int k = SERIES; k >= 1; k--) {
                sum = 1 - (2 * k - 1) * w * sum;
            }
            return sum / -z;
        }
        int cell = (int) ((z - LEAST) * PER_UNIT);
        double t = z - LEAST - (cell + 0.5) / PER_UNIT;
        int at = cell * TERMS;
        double square = t * t; // even and odd terms apart: two short chains instead of a long one
        double odd = ((TAYLOR[at + 7] * square + TAYLOR[at + 5]) * square + TAYLOR[at + 3]) * square + TAYLOR[at + 1];
        double even = ((TAYLOR[at + 6] * square + TAYLOR[at + 4]) * square + TAYLOR[at + 2]) * square + TAYLOR[at];
        return even + odd * t;
    }

    /** 1/R(z) = φ(z)/Φ(z) for every z. */
    static double inverse(double z) {
        return z <= MOST ? 1 / value(z) : Math.exp(-0.5 * z * z) * INVERSE_ROOT_TWO_PI;
    }

    /** Φ(z). */
    static double normal(double z) {
        return z <= MOST ? value(z) * Math.exp(-0.5 * z * z) * INVERSE_ROOT_TWO_PI : 1;
    }

    /** Φ⁻¹(p), p in (0, 1). */
    static double normalQuantile(double p) {
        return -ROOT_TWO * InverseErfc.value(2 * p);
    }
}
