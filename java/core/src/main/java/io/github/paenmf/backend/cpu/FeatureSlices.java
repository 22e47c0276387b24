package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.RowSource;

/** Slices of features with about as many nonzeros each, for threads that each go through their own. */
final class FeatureSlices {

    private static final int PER_THREAD = 4;

    private FeatureSlices() {}

    /** Where slices begin, and at last m: one for a single thread, else some for each. */
    static int[] of(RowSource data, int threads) {
        int m = data.columns();
        int slices = threads == 1 ? 1 : Math.min(m, threads * PER_THREAD);
        int[] starts = new int[slices + 1];
        starts[slices] = m;
        if (slices == 1) {
            return starts;
        }
        long[] cost = cost(data);
        int feature = 0;
        for (int slice = 1; slice < slices; slice++) {
            while (cost[feature] < (double) cost[m] * slice / slices) {
                feature++;
            }
            starts[slice] = feature;
        }
        return starts;
    }

    /**
     * Nonzeros before each feature, and as many features: one without nonzeros has its cost, too. Of rows that are not all in
     * memory, the first of them stand for the rest.
     */
    private static long[] cost(RowSource data) {
        int m = data.columns();
        long[] cost = new long[m + 1];
        int[] at = new int[m];
        float[] values = new float[m];
        int rows = data.paging() == null
                ? data.rows()
                : Math.min(data.rows(), data.paging().poolRows());
        for (int i = 0; i < rows; i++) {
            int count = data.copyNonzeros(i, 0, m, at, values);
            for (int l = 0; l < count; l++) {
                cost[at[l] + 1]++;
            }
        }
        for (int f = 0; f < m; f++) {
            cost[f + 1] += cost[f] + 1;
        }
        return cost;
    }
}
