package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;

/**
 * Sparse data once more, by columns. Where rows are short, going through all of them for each slice of features takes
 * longer than the nonzeros do.
 */
final class ColumnCopy {

    /** Nonzeros of a row in a slice below which columns are quicker. */
    private static final int SHORT = 16;

    /** Rows are features. */
    private final SparseMatrix columns;

    private final int longest;

    private ColumnCopy(SparseMatrix columns) {
        this.columns = columns;
        int[] at = new int[columns.columns()];
        float[] values = new float[at.length];
        int most = 1;
        for (int f = 0; f < columns.rows(); f++) {
            most = Math.max(most, columns.copyNonzeros(f, 0, at.length, at, values));
        }
        this.longest = most;
    }

    /** Of data in memory whose rows are short in each of so many slices, else null. */
    static ColumnCopy ifShort(RowSource data, int slices) {
        boolean isShort = data.paging() == null
                && data instanceof SparseSource sparse
                && sparse.nonzeros() < (double) SHORT * slices * data.rows();
        return isShort ? new ColumnCopy(SparseMatrix.of(data).transpose()) : null;
    }

    /** Nonzeros of the longest column, at least 1. */
    int longest() {
        return longest;
    }

    /**
     * Copies the nonzeros of one feature in a range of rows.
     *
     * @param rows takes the rows, counted from {@code from}
     * @return how many there are
     */
    int copyNonzeros(int feature, int from, int to, int[] rows, float[] values) {
        int count = columns.copyNonzeros(feature, from, to, rows, values);
        if (from > 0) {
            for (int l = 0; l < count; l++) {
                rows[l] -= from;
            }
        }
        return count;
    }
}
