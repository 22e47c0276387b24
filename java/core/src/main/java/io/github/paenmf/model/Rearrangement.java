package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Other lengths and another order of the components of V ≈ H·Wᵀ: (H·diag(s))·(W·diag(1/s))ᵀ, which is the same product.
 * Neither array is written to.
 *
 * @param order the component, from 0, that comes first, second and so on, r
 * @param lengths s in the order before, &gt; 0, r
 */
public record Rearrangement(int[] order, double[] lengths) {

    /** Beyond it, or its inverse, the square of a length leaves the range of floats. */
    private static final double GREATEST = 1e15;

    /** W, m × r, or what is in its units. */
    public Matrix ofWeights(Matrix w) {
        return of(w, j -> 1 / lengths[j]);
    }

    /** H, n × r, or what is in its units. */
    public Matrix ofCoefficients(Matrix h) {
        return of(h, j -> lengths[j]);
    }

    private Matrix of(Matrix values, IntToDoubleFunction times) {
        Matrix target = Matrix.zeros(values.rows(), order.length);
        for (int i = 0; i < values.rows(); i++) {
            for (int j = 0; j < order.length; j++) {
                target.storage(i)[target.offset(i) + j] =
                        (float) (values.get(i, order[j]) * times.applyAsDouble(order[j]));
            }
        }
        return target;
    }

    /** What has no unit, such as cosines. */
    MatchedFits of(MatchedFits fits) {
        return new MatchedFits(fits.cosines().selectColumns(order));
    }

    /** Likewise. */
    double[] of(double[] values) {
        double[] target = new double[order.length];
        for (int j = 0; j < order.length; j++) {
            target[j] = values[order[j]];
        }
        return target;
    }

    /**
     * What W was made of: with W^(1/γ) a numerator has the length of H to the power of 1 − 1/γ, else that of H; a
     * denominator that of H, and of HᵀH both.
     *
     * @param sums or null
     * @return null where the sums of such lengths leave the range of floats
     */
    NmfSums of(NmfSums sums, NmfConfiguration c) {
        if (sums == null || !areModerate()) {
            return null;
        }
        int r = order.length;
        boolean ofSquares = c.beta() == NmfConfiguration.SQUARED_ERROR;
        double inverse = ofSquares ? 0 : 1 / NmfConfiguration.exponent((float) c.beta(), false);
        float[] numerators = new float[sums.numerators().length];
        for (int i = 0; i < numerators.length; i++) {
            int from = order[i % r];
            numerators[i] = (float) (sums.numerators()[i - i % r + from] * Math.pow(lengths[from], 1 - inverse));
        }
        float[] denominators = new float[sums.denominators().length];
        for (int i = 0; i < denominators.length; i++) {
            int from = order[i % r];
            int row = ofSquares ? order[i / r] : i / r;
            double times = ofSquares ? lengths[row] * lengths[from] : lengths[from];
            denominators[i] = (float) (sums.denominators()[row * r + from] * times);
        }
        return new NmfSums(numerators, denominators, sums.rows());
    }

    private boolean areModerate() {
        for (double length : lengths) {
            if (length > GREATEST || length < 1 / GREATEST) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rearrangement that
                && Arrays.equals(order, that.order)
                && Arrays.equals(lengths, that.lengths);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(order) + Arrays.hashCode(lengths);
    }
}
