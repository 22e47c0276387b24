package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/**
 * A run of rows of the data, as they are stored or in another order. The noise of a row is drawn by
 * its index in the data, so that it is the same in a full batch, a chunk and a mini-batch.
 *
 * @param data the data
 * @param order null: row i of the run is row {@code from + i} of the data. Otherwise it is row
 *     {@code order[from + i]}; only for a problem with mini-batches. A backend may keep the array, so
 *     it is not written to afterwards
 * @param from where the run begins; where {@code order} is null, a multiple of {@link
 *     Matrix#ROW_ALIGNMENT}
 * @param count number of rows, at least 1
 */
public record Rows(RowSource data, int[] order, int from, int count) {

    /** A run of rows as they are stored. */
    public static Rows inOrder(RowSource data, int from, int count) {
        return new Rows(data, null, from, count);
    }

    /** Index in the data of row i of the run, and of its noise. */
    public int id(int i) {
        return order == null ? from + i : order[from + i];
    }
}
