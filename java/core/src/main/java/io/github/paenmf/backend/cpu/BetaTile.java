package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.RowSource;

/**
 * One worker's part of V and V̂ at a time, {@link #ROWS} rows of {@link #WIDTH} features: what updates of a {@link
 * BetaDivergence} need of all entries, zeros included, is made in it, and nothing is as large as V.
 */
final class BetaTile {

    static final int ROWS = CpuLayout.BLOCK_ROWS;

    /** Features of a tile. It does not depend on the threads, since sums over features go tile after tile. */
    static final int WIDTH = 256;

    private final BetaDivergence divergence;
    private final double dataScale;
    private final BetaDivergence.Scratch scratch = new BetaDivergence.Scratch(WIDTH);
    /** V, and what the divergence makes of it, ROWS × WIDTH. */
    private final float[] values = new float[ROWS * WIDTH];
    /** V̂, likewise. */
    private final float[] decoded = new float[ROWS * WIDTH];

    private final int[] listed;

    /**
     * @param features m
     */
    BetaTile(BetaDivergence divergence, double dataScale, int features) {
        this.divergence = divergence;
        this.dataScale = dataScale;
        this.listed = new int[features];
    }

    /** How many floats it holds, for a bound on memory. */
    static double floats(int features) {
        return 2.0 * ROWS * WIDTH + features;
    }

    /** V, or v·v̂^(β−2). */
    float[] values() {
        return values;
    }

    /** V̂, which the caller writes, or v̂^(β−1). */
    float[] decoded() {
        return decoded;
    }

    /** Whose row a row of the tile is. */
    interface RowIds {
        int of(int row);
    }

    /** Those of some rows of a chunk. */
    static RowIds ids(Rows chunk, int first) {
        return row -> chunk.id(first + row);
    }

    /** Replaces V̂ by the terms of the updates; those of missing entries are 0. */
    void makeTerms(RowSource data, RowIds ids, int rows, int from, int width) {
        for (int i = 0; i < rows; i++) {
            read(data, ids.of(i), i, from, width);
            divergence.toTerms(values, decoded, i * WIDTH, width, scratch);
            leaveOutMissing(data.mask(), ids.of(i), i, from, width, decoded);
        }
    }

    /** The divergence of what is observed of a row, whose V̂ is there. */
    double divergence(RowSource data, int id, int row, int from, int width) {
        read(data, id, row, from, width);
        divergence.toDivergences(values, decoded, row * WIDTH, width, scratch);
        leaveOutMissing(data.mask(), id, row, from, width, values);
        double sum = 0;
        for (int i = row * WIDTH; i < row * WIDTH + width; i++) {
            sum += values[i];
        }
        return sum;
    }

    private void read(RowSource data, int id, int row, int from, int width) {
        data.copyRow(id, from, width, values, row * WIDTH);
        for (int i = row * WIDTH; i < row * WIDTH + width; i++) {
            values[i] = (float) (values[i] / dataScale);
        }
    }

    /** Writes 0 where entries are missing; V is 0 there as it is. */
    private void leaveOutMissing(Mask mask, int id, int row, int from, int width, float[] target) {
        if (mask == null) {
            return;
        }
        int count = mask.copyListed(id, from, from + width, listed);
        int l = 0;
        for (int f = from; f < from + width; f++) {
            boolean isListed = l < count && listed[l] == f;
            l += isListed ? 1 : 0;
            if (isListed != mask.listsObserved()) {
                target[row * WIDTH + f - from] = 0;
            }
        }
    }
}
