package io.github.paenmf.data;

import java.util.Objects;

/**
 * Rows that lie row-major in one array, without gaps. The array is that of the source, not a copy: it is not written
 * to.
 *
 * @param values holds the rows, and others beside them
 * @param offset index of the first row's first value
 * @param rows number of rows, at least 1
 * @param columns m, which is also the stride of rows
 */
public record DenseRows(float[] values, int offset, int rows, int columns) implements RowBlock {

    /**
     * Checks the shape.
     *
     * @throws IndexOutOfBoundsException if the rows are not all in the array
     */
    public DenseRows {
        Objects.checkFromIndexSize(offset, Math.multiplyExact(rows, columns), values.length);
    }
}
