package io.github.paenmf.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;

/** Comparisons of matrices. */
public final class Matrices {

    private Matrices() {}

    /**
     * Asserts that both have the same shape, and values no further apart than a share of the greatest that is expected.
     *
     * @param bound that share
     */
    public static void assertClose(Matrix expected, Matrix actual, double bound) {
        double greatest = 0;
        for (float[] row : expected.toRows()) {
            for (float value : row) {
                greatest = Math.max(greatest, Math.abs(value));
            }
        }
        assertEquals(expected.rows(), actual.rows());
        assertEquals(expected.columns(), actual.columns());
        for (int i = 0; i < expected.rows(); i++) {
            for (int j = 0; j < expected.columns(); j++) {
                assertEquals(expected.get(i, j), actual.get(i, j), bound * greatest, "row " + i + ", column " + j);
            }
        }
    }
}
