package io.github.paenmf.io;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import java.util.Arrays;

/** Packs the entries of a sparse matrix that come row by row. */
final class LineBuilder {

    private static final int[] NO_COLUMNS = {};
    private static final float[] NO_VALUES = {};

    private final int rows;
    private final SparseMatrix.Builder builder;
    /** The row that the entries below belong to. */
    private int current;

    private int[] columns = new int[1024];
    private float[] values = new float[1024];
    private int count;

    LineBuilder(int rows, int columns) {
        this.rows = rows;
        this.builder = SparseMatrix.builder(columns);
    }

    /** The row of the last entry. */
    int current() {
        return current;
    }

    /**
     * Takes an entry.
     *
     * @param row not before {@link #current()}
     */
    void add(int row, int column, float value) {
        if (row != current) {
            goTo(row);
        }
        if (count == columns.length) {
            Matrix.requireMemory(16L * count, "sparse matrix with " + count + " entries in row " + (row + 1L));
            int length = (int) Math.min(Integer.MAX_VALUE - 8, 2L * count);
            columns = Arrays.copyOf(columns, length);
            values = Arrays.copyOf(values, length);
        }
        columns[count] = column;
        values[count++] = value;
    }

    private void goTo(int row) {
        builder.addRow(columns, values, count);
        count = 0;
        for (current++; current < row; current++) {
            builder.addRow(NO_COLUMNS, NO_VALUES, 0);
        }
    }

    /** The matrix, with rows that got no entry. */
    SparseMatrix build() {
        goTo(rows);
        return builder.build();
    }
}
