package io.github.paenmf.math;

import org.apache.commons.numbers.gamma.Digamma;

/**
 * The shape k of the Weibull distribution with a given coefficient of variation: 1 + cv² = Γ(1 + 2/k)/Γ(1 + 1/k)².
 *
 * <p>In t = 1/k and e = ln(1 + cv²), e = ln Γ(1 + 2t) − 2 ln Γ(1 + t) = π²t²/6 − 2ζ(3)t³ + …, so t/√e is smooth down
 * to 0. It is interpolated there (cubic Hermite, relative error below 1e-11), and solved for outside the table.
 */
public final class WeibullShape {

    private static final int CELLS = 512;
    /** Of moments in float32, below which a variance may have become 0. */
    private static final double LEAST_VARIATION = 1e-6;

    /** Largest √e of the table; k = 0.5 has 1.339. */
    private static final double TABLE_END = 1.34;

    private static final double WIDTH = TABLE_END / CELLS;
    private static final double AT_ZERO = Math.sqrt(6) / Math.PI;

    /** t/√e and its derivative by √e at the knots. */
    private static final double[] VALUE = new double[CELLS + 1];

    private static final double[] SLOPE = new double[CELLS + 1];

    static {
        VALUE[0] = AT_ZERO;
        // e = at²(1 − bt), a = π²/6, b = 2ζ(3)/a: t = y/√a·(1 + by/(2√a)), y = √e
        SLOPE[0] = 1.2020569031595942 * Math.pow(AT_ZERO, 4);
        for (int i = 1; i <= CELLS; i++) {
            double y = i * WIDTH;
            double t = solve(y * y);
            VALUE[i] = t / y;
            SLOPE[i] = (2 * y / slope(t) - t / y) / y; // dt/dy = 2y/e′(t)
        }
    }

    private WeibullShape() {}

    /** The shape k of a mean above 0 and a variance, which may be that of rounding. */
    public static double ofMoments(double mean, double variance) {
        return ofCoefficientOfVariation(Math.max(LEAST_VARIATION, Math.sqrt(variance) / mean));
    }

    /**
     * The shape k.
     *
     * @param cv coefficient of variation, standard deviation / mean; above 0 and finite
     * @throws IllegalArgumentException if cv is not above 0 and finite
     */
    public static double ofCoefficientOfVariation(double cv) {
        if (!(cv > 0 && cv <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException("a coefficient of variation of " + cv + "; it must be above 0");
        }
        double square = cv * cv;
        double e = square <= Double.MAX_VALUE ? Math.log1p(square) : 2 * Math.log(cv);
        double y = square < Double.MIN_NORMAL ? cv : Math.sqrt(e);
        if (y >= TABLE_END) {
            return 1 / solve(e);
        }
        int cell = Math.min((int) (y / WIDTH), CELLS - 1);
        double u = y / WIDTH - cell;
        double v = 1 - u;
        double ratio = v * v * ((1 + 2 * u) * VALUE[cell] + u * WIDTH * SLOPE[cell])
                + u * u * ((1 + 2 * v) * VALUE[cell + 1] - v * WIDTH * SLOPE[cell + 1]);
        return 1 / (y * ratio);
    }

    /** de/dt. */
    private static double slope(double t) {
        return 2 * (Digamma.value(1 + 2 * t) - Digamma.value(1 + t));
    }

    /** t by Newton's method; e(t) is convex from 0 on, so that steps from the right of the root stay there. */
    private static double solve(double e) {
        double t = AT_ZERO * Math.sqrt(e) + e; // right of the root
        for (int i = 0; i < 100; i++) {
            double step = (2 * LogGammaDifferences.second(t, t) - e) / slope(t);
            t -= step;
            if (Math.abs(step) <= 1e-15 * t) {
                break;
            }
        }
        return t;
    }
}
