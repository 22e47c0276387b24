package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/**
 * Squared errors of reconstructions of sparse rows, in double, without making what is 0 dense:
 * ‖v − W·h‖² = ‖v‖² − 2 Σ v·(W·h) + h·G·h, where the middle sum is (Wᵀ·v)·h, over nonzeros, and G = WᵀW. Double has as many
 * more digits as cancel.
 */
final class SparseErrors {

    private final double inverseScale;
    private final int r;
    /** G, r × r. */
    private final double[] g;

    private float[] w;
    private int offset;
    private int ld;

    /**
     * @param scale what V is divided by
     */
    SparseErrors(double scale, int r) {
        this.inverseScale = 1 / scale;
        this.r = r;
        this.g = new double[r * r];
    }

    /**
     * Takes W, m × r from {@code newOffset} on, rows of it {@code newLd} apart. It must not change before the errors are
     * made.
     */
    void set(float[] newW, int newOffset, int newLd, int m) {
        w = newW;
        offset = newOffset;
        ld = newLd;
        for (int i = 0; i < g.length; i++) {
            g[i] = 0;
        }
        for (int f = 0; f < m; f++) {
            int row = offset + f * ld;
            for (int j = 0; j < r; j++) {
                double value = w[row + j];
                for (int l = 0; value != 0 && l < r; l++) {
                    g[j * r + l] += value * w[row + l];
                }
            }
        }
    }

    /**
     * ‖v/scale − W·h‖² of one row.
     *
     * @param count how many nonzeros v has
     * @param columns their columns
     * @param values the nonzeros
     * @param h from {@code offsetH} on, values {@code strideH} apart
     * @param projection of r values, for Wᵀ·v, which is quicker to make than W·h, a sum for each nonzero
     */
    double squaredError(
            int count, int[] columns, float[] values, float[] h, int offsetH, int strideH, double[] projection) {
        double sum = 0;
        Arrays.fill(projection, 0, r, 0);
        for (int i = 0; i < count; i++) {
            int row = offset + columns[i] * ld;
            double value = values[i] * inverseScale;
            for (int j = 0; j < r; j++) {
                projection[j] += value * w[row + j];
            }
            sum += value * value;
        }
        for (int j = 0; j < r; j++) {
            double image = -2 * projection[j];
            for (int l = 0; l < r; l++) {
                image += g[j * r + l] * h[offsetH + l * strideH];
            }
            sum += image * h[offsetH + j * strideH];
        }
        return Math.max(sum, 0);
    }
}
