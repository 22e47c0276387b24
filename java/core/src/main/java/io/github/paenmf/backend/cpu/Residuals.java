package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.DenseRows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowBlock;

/**
 * Squared errors of reconstructions H·Wᵀ by their residual, summed in double. A block of rows goes through the features
 * in slices of a fixed width, so that the sum of a block depends on nothing but its values, and little memory is needed.
 */
final class Residuals {

    private static final int SLICE_FEATURES = 1024;

    private final Gemm gemm;
    private final int features;
    private final double inverseScale;
    /** Of each worker: V̂ of a slice of a block. Made when it is first used, which most fits never do. */
    private final float[][] decoded;

    /**
     * @param scale what V is divided by
     * @param workers how many may call {@link #squaredError} at the same time
     */
    Residuals(Gemm gemm, int features, double scale, int workers) {
        this.gemm = gemm;
        this.features = features;
        this.inverseScale = 1 / scale;
        this.decoded = new float[workers][];
    }

    /**
     * Σ (v/scale − h·wᵀ)² of a block of rows.
     *
     * @param h Hᵀ of these rows, r × rows from {@code offsetH} on, rows of it {@code strideH} apart
     * @param w Wᵀ, r × features from {@code offsetW} on, rows of it {@code strideW} apart
     * @param v the data of these rows, rows × features
     */
    double squaredError(
            int worker, int r, float[] h, int offsetH, int strideH, float[] w, int offsetW, int strideW, RowBlock v) {
        DenseRows dense = (DenseRows) v;
        int rows = dense.rows();
        if (decoded[worker] == null) {
            decoded[worker] = new float[Matrix.ROW_ALIGNMENT * Math.min(features, SLICE_FEATURES)];
        }
        float[] reconstruction = decoded[worker];
        double sum = 0;
        for (int from = 0; from < features; from += SLICE_FEATURES) {
            int width = Math.min(SLICE_FEATURES, features - from);
            gemm.multiply(
                    true,
                    false,
                    rows,
                    width,
                    r,
                    h,
                    offsetH,
                    strideH,
                    w,
                    offsetW + from,
                    strideW,
                    false,
                    reconstruction,
                    0,
                    width);
            for (int i = 0; i < rows; i++) {
                sum += squaredError(
                        dense.values(), dense.offset() + i * features + from, reconstruction, i * width, width);
            }
        }
        return sum;
    }

    /** In four sums, since each is a chain of additions. */
    private double squaredError(float[] values, int offset, float[] reconstruction, int at, int count) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i <= count - 4; i += 4) {
            double difference0 = values[offset + i] * inverseScale - reconstruction[at + i];
            double difference1 = values[offset + i + 1] * inverseScale - reconstruction[at + i + 1];
            double difference2 = values[offset + i + 2] * inverseScale - reconstruction[at + i + 2];
            double difference3 = values[offset + i + 3] * inverseScale - reconstruction[at + i + 3];
            sum0 += difference0 * difference0;
            sum1 += difference1 * difference1;
            sum2 += difference2 * difference2;
            sum3 += difference3 * difference3;
        }
        for (; i < count; i++) {
            double difference = values[offset + i] * inverseScale - reconstruction[at + i];
            sum0 += difference * difference;
        }
        return sum0 + sum1 + sum2 + sum3;
    }
}
