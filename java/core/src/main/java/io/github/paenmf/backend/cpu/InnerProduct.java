package io.github.paenmf.backend.cpu;

/** Sums of products in double. */
final class InnerProduct {

    private InnerProduct() {}

    /** Σ x·y of {@code count} values. In four sums, since each is a chain of additions. */
    static double of(float[] x, int offsetX, float[] y, int offsetY, int count) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i <= count - 4; i += 4) {
            sum0 += (double) x[offsetX + i] * y[offsetY + i];
            sum1 += (double) x[offsetX + i + 1] * y[offsetY + i + 1];
            sum2 += (double) x[offsetX + i + 2] * y[offsetY + i + 2];
            sum3 += (double) x[offsetX + i + 3] * y[offsetY + i + 3];
        }
        for (; i < count; i++) {
            sum0 += (double) x[offsetX + i] * y[offsetY + i];
        }
        return sum0 + sum1 + sum2 + sum3;
    }
}
