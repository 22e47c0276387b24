package io.github.paenmf.vb;

/**
 * The noise's variance as a function of the fitted value, φ(v̂) = a + b·v̂ + c·v̂² with no coefficient below 0: a alone
 * is constant noise, b alone that of counts, c alone a constant percentage.
 *
 * @param a constant part
 * @param b part in proportion to the fit
 * @param c part in proportion to its square
 */
public record VarianceFunction(double a, double b, double c) {

    /** @throws IllegalArgumentException if a coefficient is negative or not finite, or all are 0 */
    public VarianceFunction {
        Require.range("coefficient of the variance function", new double[] {a, b, c}, 0, Double.MAX_VALUE);
        if (a + b + c <= 0) {
            throw new IllegalArgumentException("all coefficients of the variance function are 0");
        }
    }

    /** The same variance σ² everywhere. */
    public static VarianceFunction constant(double variance) {
        return new VarianceFunction(variance, 0, 0);
    }

    /** φ at a fitted value, which counts as 0 if it is below. */
    public double variance(double fitted) {
        double v = Math.max(0, fitted);
        return a + v * (b + v * c);
    }

    /** Whether it does not depend on the fit. */
    public boolean isConstant() {
        return b == 0 && c == 0;
    }
}
