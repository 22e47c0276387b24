package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;

/**
 * A run of rows of a matrix, with the global index of each: its noise is drawn by that index, so
 * that a row gets the same noise in a full batch, a chunk, a mini-batch or on another machine.
 *
 * @param data the matrix
 * @param from first row, a multiple of {@link Matrix#ROW_ALIGNMENT}
 * @param count number of rows, at least 1
 * @param ids global index of each row of {@code data}, or null where row i has index i
 */
public record Rows(Matrix data, int from, int count, int[] ids) {

    /** Global index of row {@code from + i}. */
    public long id(int i) {
        return ids == null ? from + i : ids[from + i];
    }
}
