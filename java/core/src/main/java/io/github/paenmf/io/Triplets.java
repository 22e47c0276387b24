package io.github.paenmf.io;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import java.util.Arrays;

/** Entries of a sparse matrix in the order in which they came. */
final class Triplets {

    private int[] rows = new int[1024];
    private int[] columns = new int[1024];
    private float[] values = new float[1024];
    private int count;
    private boolean rowsAscend = true;
    private boolean columnsAscend = true;

    int count() {
        return count;
    }

    /** Whether no entry lies in a row before that of its predecessor. */
    boolean rowsAscend() {
        return rowsAscend;
    }

    /** Whether no entry lies in a column before that of its predecessor. */
    boolean columnsAscend() {
        return columnsAscend;
    }

    void add(int row, int column, float value) {
        if (count == rows.length) {
            // The arrays that follow, and the order in which they are sorted.
            Matrix.requireMemory(28L * count, "sparse matrix of " + count + " entries in no order");
            rows = Arrays.copyOf(rows, 2 * count);
            columns = Arrays.copyOf(columns, 2 * count);
            values = Arrays.copyOf(values, 2 * count);
        }
        if (count > 0) {
            rowsAscend &= row >= rows[count - 1];
            columnsAscend &= column >= columns[count - 1];
        }
        rows[count] = row;
        columns[count] = column;
        values[count++] = value;
    }

    void clear() {
        count = 0;
        rowsAscend = true;
        columnsAscend = true;
    }

    /** Hands the entries on, rows as rows or as columns. */
    void replay(boolean byRows, LineBuilder target) {
        int[] lines = byRows ? rows : columns;
        int[] indices = byRows ? columns : rows;
        for (int e = 0; e < count; e++) {
            target.add(lines[e], indices[e], values[e]);
        }
    }

    /** The entries as a matrix of so many rows and columns. */
    SparseMatrix toMatrix(int height, int width) {
        int[] next = new int[height];
        for (int e = 0; e < count; e++) {
            next[rows[e]]++;
        }
        int total = 0;
        for (int i = 0; i < height; i++) {
            int ofRow = next[i];
            next[i] = total;
            total += ofRow;
        }
        int[] order = new int[count];
        for (int e = 0; e < count; e++) {
            order[next[rows[e]]++] = e;
        }
        LineBuilder builder = new LineBuilder(height, width);
        for (int e : order) {
            builder.add(rows[e], columns[e], values[e]);
        }
        return builder.build();
    }
}
