package io.github.paenmf.data;

import java.util.Objects;

/**
 * Rows of which only the nonzeros are stored.
 *
 * @param source has the rows, and others
 * @param first the first row in the source
 * @param rows number of rows, at least 1
 */
public record SparseRows(SparseSource source, int first, int rows) implements RowBlock {

    /**
     * Checks the range.
     *
     * @throws IndexOutOfBoundsException if the source has no such rows
     */
    public SparseRows {
        Objects.checkFromIndexSize(first, rows, source.rows());
    }

    @Override
    public int columns() {
        return source.columns();
    }
}
