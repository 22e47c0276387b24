package io.github.paenmf.vb;

import io.github.paenmf.data.RowSource;

/** Σ (v/v̂)·x over the nonzeros of rows or features of counts, with v̂ = h·w and x the other factor, by the means of both. */
final class CountProjection {

    /** Features that one thread goes through the data for. */
    private static final int SLICE = 64;

    private CountProjection() {}

    /**
     * Of rows: (V ⊘ V̂)·W, n × r.
     *
     * @param h means of H, n × r
     * @param w means of W, m × r
     */
    static double[] ofRows(RowSource data, double[] h, double[] w, int rank, Parallel parallel) {
        double[] sums = new double[h.length];
        int m = data.columns();
        Chunks chunks = new Chunks(data.rows(), 16);
        parallel.run(chunks.count(), task -> {
            int[] columns = new int[m];
            float[] values = new float[m];
            for (int i = chunks.first(task); i < chunks.end(task); i++) {
                int nonzeros = data.copyNonzeros(i, 0, m, columns, values);
                for (int l = 0; l < nonzeros; l++) {
                    add(values[l], h, i, w, columns[l], rank, sums, i);
                }
            }
        });
        return sums;
    }

    /**
     * Of features: (V ⊘ V̂)ᵀ·H, m × r. Each thread has features of its own, and goes through the samples in order.
     *
     * @param h means of H, n × r
     * @param w means of W, m × r
     */
    static double[] ofFeatures(RowSource data, double[] h, double[] w, int rank, Parallel parallel) {
        double[] sums = new double[w.length];
        int m = data.columns();
        parallel.run((m - 1) / SLICE + 1, slice -> {
            int from = slice * SLICE;
            int end = Math.min(m, from + SLICE);
            int[] columns = new int[end - from];
            float[] values = new float[end - from];
            for (int i = 0; i < data.rows(); i++) {
                int nonzeros = data.copyNonzeros(i, from, end, columns, values);
                for (int l = 0; l < nonzeros; l++) {
                    add(values[l], w, columns[l], h, i, rank, sums, columns[l]);
                }
            }
        });
        return sums;
    }

    private static void add(
            double v, double[] own, int row, double[] other, int entry, int rank, double[] sums, int to) {
        double decoded = Dense.dot(own, row * rank, other, entry * rank, rank);
        if (decoded > 0) { // else too small for a float: no component explains it
            Dense.axpy(v / decoded, other, entry * rank, sums, to * rank, rank);
        }
    }
}
