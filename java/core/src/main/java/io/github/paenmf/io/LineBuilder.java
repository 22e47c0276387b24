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
        open(row, 1);
        columns[count] = column;
        values[count++] = value;
    }

    /**
     * Takes entries of one row, those from {@code from} until {@code to}; values of 0 are left out.
     *
     * @param row not before {@link #current()}
     */
    void add(int row, int[] at, float[] some, int from, int to) {
        open(row, to - from);
        System.arraycopy(at, from, columns, count, to - from);
        System.arraycopy(some, from, values, count, to - from);
        count += to - from;
    }

    private void open(int row, int more) {
        if (row != current) {
            goTo(row);
        }
        if (more > columns.length - count) {
            long length = Math.max((long) count + more, 2L * count);
            Matrix.requireMemory(8 * length, "sparse matrix with " + count + " entries in row " + (row + 1L));
            columns = Arrays.copyOf(columns, (int) Math.min(Integer.MAX_VALUE - 8, length));
            values = Arrays.copyOf(values, columns.length);
        }
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
