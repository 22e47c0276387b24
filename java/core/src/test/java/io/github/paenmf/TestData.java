package io.github.paenmf;

import io.github.paenmf.data.Matrix;
import java.util.Random;

/** Small data sets with a known structure, the same on every run. */
public final class TestData {

    private TestData() {}

    /**
     * V = H·Wᵀ plus noise, and what it was made of.
     *
     * @param data V, n × m
     * @param basis W, m × r
     */
    public record Planted(Matrix data, float[][] basis) {}

    /**
     * Planted factors. H is exponential with mean 1, the model's prior. W is exponential in half of its entries and 0
     * in the others: parts, as non-negative factorisation is meant to find. Noise is additive and normal, with a
     * standard deviation of {@code noise} times the root mean square of H·Wᵀ; values below 0 become 0.
     */
    public static Planted planted(int n, int m, int r, double noise, long seed) {
        Random random = new Random(seed);
        float[][] basis = new float[m][r];
        for (float[] row : basis) {
            for (int j = 0; j < r; j++) {
                row[j] = random.nextBoolean() ? (float) exponential(random) : 0f;
            }
        }
        double[][] exact = new double[n][m];
        double squares = 0;
        double[] h = new double[r];
        for (double[] row : exact) {
            for (int j = 0; j < r; j++) {
                h[j] = exponential(random);
            }
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < r; j++) {
                    row[i] += h[j] * basis[i][j];
                }
                squares += row[i] * row[i];
            }
        }
        double deviation = noise * Math.sqrt(squares / ((double) n * m));
        float[][] values = new float[n][m];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                values[i][j] = (float) Math.max(0, exact[i][j] + deviation * random.nextGaussian());
            }
        }
        return new Planted(Matrix.of(values), basis);
    }

    /** Planted factors at 5 % noise. */
    public static Matrix parts(int n, int m, int r) {
        return planted(n, m, r, 0.05, 1).data();
    }

    /** A copy with every value multiplied. */
    public static Matrix scaled(Matrix matrix, double factor) {
        float[][] values = matrix.toRows();
        for (float[] row : values) {
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) (row[j] * factor);
            }
        }
        return Matrix.of(values).withNames(matrix.rowNames(), matrix.columnNames());
    }

    private static double exponential(Random random) {
        return -Math.log1p(-random.nextDouble());
    }
}
