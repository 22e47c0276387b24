package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;

/** A Gram matrix in double, for what one in float32 is too coarse. */
public final class Gram {

    private Gram() {}

    /** WᵀW of an m × r matrix, r × r. */
    public static double[] of(Matrix w) {
        int r = w.columns();
        double[] gram = new double[Math.multiplyExact(r, r)];
        for (int i = 0; i < w.rows(); i++) {
            float[] values = w.storage(i);
            int offset = w.offset(i);
            for (int j = 0; j < r; j++) {
                double value = values[offset + j];
                for (int l = 0; l < r; l++) {
                    gram[j * r + l] += value * values[offset + l];
                }
            }
        }
        return gram;
    }
}
