package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/** Takes the entries of a matrix that a file lists one by one, with their coordinates, and makes data of them. */
interface EntrySink {

    /**
     * Takes an entry. Those of the same coordinates are added.
     *
     * @param row of the file, from 0; must be one of the matrix
     * @param column likewise
     */
    void add(int row, int column, float value);

    /**
     * Takes entries of one row or column, as if they were added one by one.
     *
     * @param line the row, or the column, of the file
     * @param ofRow whether it is a row
     * @param at columns or rows of the entries
     * @param from first of the entries
     * @param to where they end
     */
    default void addLine(int line, boolean ofRow, int[] at, float[] values, int from, int to) {
        for (int e = from; e < to; e++) {
            add(ofRow ? line : at[e], ofRow ? at[e] : line, values[e]);
        }
    }

    /** The matrix; rows and columns are exchanged if the options say so. */
    RowSource finish();

    /**
     * Chooses how to store the entries, and checks that there is memory.
     *
     * @param rows of the file; whatever it claims
     * @param columns likewise
     * @param entries how many follow, at most
     * @throws DataException if there can be no such matrix, or the limits are too low
     */
    static EntrySink open(long rows, long columns, long entries, ReadOptions options) {
        if (!options.storesSparse(rows, columns, entries)) {
            return new DenseEntries(rows, columns, options);
        }
        ReadOptions.requireShape(rows, columns);
        if (rows < 1 || columns < 1) {
            throw new DataException("a matrix needs at least one row and one column, not " + rows + " × " + columns);
        }
        Matrix.requireMemory(SparseEntries.bytesOfShape(rows, columns), "sparse " + rows + " × " + columns + " matrix");
        boolean transpose = options.transpose();
        return new SparseEntries(
                (int) (transpose ? columns : rows), (int) (transpose ? rows : columns), transpose, options);
    }
}
