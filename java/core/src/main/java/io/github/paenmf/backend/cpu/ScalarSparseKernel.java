package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/** In plain loops. */
final class ScalarSparseKernel implements SparseKernel {

    @Override
    public int alignment() {
        return 1;
    }

    @Override
    public void project(int count, int[] columns, float[] values, float[] b, int ld, float[] p, int offset) {
        Arrays.fill(p, offset, offset + ld, 0f);
        for (int l = 0; l < count; l++) {
            addScaled(values[l], b, columns[l] * ld, p, offset, ld);
        }
    }

    @Override
    public void decode(int count, int[] columns, float[] h, int offset, float[] b, int ld, float[] products) {
        for (int l = 0; l < count; l++) {
            int at = columns[l] * ld;
            float sum = 0;
            for (int j = 0; j < ld; j++) {
                sum += h[offset + j] * b[at + j];
            }
            products[l] = sum;
        }
    }

    @Override
    public void accumulate(int count, int[] columns, float[] values, float[] s, int offset, float[] q, int ld) {
        for (int l = 0; l < count; l++) {
            addScaled(values[l], s, offset, q, columns[l] * ld, ld);
        }
    }

    @Override
    public void accumulateColumn(int count, int[] rows, float[] values, float[] s, float[] q, int offset, int ld) {
        for (int l = 0; l < count; l++) {
            addScaled(values[l], s, rows[l] * ld, q, offset, ld);
        }
    }

    private static void addScaled(float factor, float[] x, int offsetX, float[] y, int offsetY, int count) {
        for (int j = 0; j < count; j++) {
            y[offsetY + j] += factor * x[offsetX + j];
        }
    }
}
