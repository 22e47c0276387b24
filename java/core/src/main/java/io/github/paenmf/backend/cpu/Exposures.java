package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.ObservedSums;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;

/**
 * What counts v_if ~ Poisson(s_i Σⱼ hᵢⱼ w_fⱼ) are exposed to: cᵢⱼ = s_i Σ_f w_fⱼ of a coefficient and d_fⱼ = Σ_i s_i hᵢⱼ of a
 * weight, over the entries that are observed, with the means of the other factor and the size factors s of rows. An update
 * divides allocated counts by them.
 */
final class Exposures {

    private static final int BLOCK = CpuLayout.BLOCK_ROWS;

    private final int r;
    private final Mask ofRows;
    private final Mask ofFeatures;
    /** s·h of all rows; null where nothing is missing, and their sums are all that counts. */
    private final RowState sized;

    private final ObservedSums.Factor sizedFactor;
    /** Of each worker: exposures of a block, those of one row or feature, and s·h of a component of a block. */
    private final double[][] exposures;

    private final double[][] sums;
    private final float[][] blocks;
    /** Of each worker: size factors of the rows of a block. */
    private final double[][] factors;

    private final ObservedSums[] scratch;

    /**
     * @param mask which entries are missing, or null if none is
     */
    Exposures(Mask mask, int rows, int features, int rank, int threads) {
        r = rank;
        ofRows = mask;
        ofFeatures = mask == null ? null : mask.transpose();
        sized = mask == null ? null : new RowState(rows, rank);
        sizedFactor = mask == null ? null : sized::copyComponent;
        exposures = new double[threads][rank * BLOCK];
        sums = new double[threads][rank];
        blocks = new float[threads][BLOCK];
        factors = new double[threads][BLOCK];
        scratch = new ObservedSums[threads];
        int longest = mask == null ? 0 : Math.max(rows, features);
        for (int t = 0; t < threads; t++) {
            scratch[t] = new ObservedSums(longest);
        }
    }

    /** How many floats this holds, for a bound on memory. */
    static double floats(Mask mask, int rows, int features, int rank, int threads) {
        double masked = mask == null ? 0 : RowState.floats(rows, rank) + threads * 2.0 * Math.max(rows, features);
        return masked + threads * (2.0 * rank + 3) * BLOCK;
    }

    /**
     * Exposures of the block that a worker has asked for last: of its column i those of component j are at
     * j·{@link CpuLayout#BLOCK_ROWS} + i. Always the same array.
     */
    double[] of(int worker) {
        return exposures[worker];
    }

    /**
     * Makes those of a block of rows.
     *
     * @param totals sums of W in double, of each component
     * @param weights W, one row per component
     */
    void makeOfRows(int worker, RowStageBlock block, double[] totals, MatrixView weights) {
        ObservedSums.Factor factor = (component, entries, count, target) -> {
            int row = weights.row(component);
            for (int l = 0; l < count; l++) {
                target[l] = weights.data()[row + entries[l]];
            }
        };
        RowSource data = block.chunk.data();
        for (int i = 0; i < block.rows; i++) {
            int id = block.chunk.id(block.firstRow + i);
            factors[worker][i] = data.sizeFactor(id);
            if (ofRows != null) {
                scratch[worker].of(ofRows, id, factor, totals, sums[worker]);
                put(worker, i, factors[worker][i]);
            }
        }
        if (ofRows == null) {
            for (int j = 0; j < r; j++) {
                for (int i = 0; i < block.rows; i++) {
                    exposures[worker][j * BLOCK + i] = factors[worker][i] * totals[j];
                }
            }
        }
    }

    private void put(int worker, int column, double times) {
        for (int j = 0; j < r; j++) {
            exposures[worker][j * BLOCK + column] = times * sums[worker][j];
        }
    }

    /**
     * Takes the means of the block of rows whose exposures a worker has made last.
     *
     * @param means one row per component
     * @param weightTotals those that the exposures were made of
     * @param totals receives Σ s·h of each component, from {@code offset} on
     * @return Σ of the means times their exposures
     */
    double take(int worker, RowStageBlock block, MatrixView means, double[] weightTotals, double[] totals, int offset) {
        float[] values = blocks[worker];
        double[] size = factors[worker];
        double exposed = 0;
        for (int j = 0; j < r; j++) {
            int from = means.row(j);
            for (int i = 0; i < block.rows; i++) {
                values[i] = (float) (size[i] * means.data()[from + i]);
            }
            totals[offset + j] = sum(values, block.rows);
            if (sized == null) {
                exposed += totals[offset + j] * weightTotals[j];
            } else {
                sized.setComponent(block.chunk.id(block.firstRow), j, block.rows, values, 0);
                for (int i = 0; i < block.rows; i++) {
                    exposed += means.data()[from + i] * exposures[worker][j * BLOCK + i];
                }
            }
        }
        return exposed;
    }

    /** In four sums, since an addition waits for the one before it. */
    private static double sum(float[] values, int count) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            sum0 += values[i];
            sum1 += values[i + 1];
            sum2 += values[i + 2];
            sum3 += values[i + 3];
        }
        for (; i < count; i++) {
            sum0 += values[i];
        }
        return sum0 + sum1 + (sum2 + sum3);
    }

    /**
     * Makes those of some features.
     *
     * @param totals what {@link #take} has given for all rows
     */
    void makeOfFeatures(int worker, int from, int count, double[] totals) {
        if (ofFeatures == null) {
            for (int j = 0; j < r; j++) {
                Arrays.fill(exposures[worker], j * BLOCK, j * BLOCK + count, totals[j]);
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            scratch[worker].of(ofFeatures, from + i, sizedFactor, totals, sums[worker]);
            put(worker, i, 1);
        }
    }
}
