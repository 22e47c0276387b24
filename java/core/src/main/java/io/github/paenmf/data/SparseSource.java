package io.github.paenmf.data;

/**
 * Rows of which only the nonzeros are stored. What reads them never makes them dense, unless it says so; it takes time
 * and memory that grow with the nonzeros.
 */
public interface SparseSource extends RowSource {

    /** How many values are stored, none of which is 0. */
    long nonzeros();

    /**
     * Copies the nonzeros of one row in a range of columns, by ascending column.
     *
     * @param from the first column
     * @param to the column after the last, at most {@link #columns()}
     * @param columns takes their columns, from index 0 on
     * @param values takes their values, likewise
     * @return how many there are, at most {@code to − from}
     * @throws IndexOutOfBoundsException if there is no such row or an array is too short
     */
    int copyNonzeros(int row, int from, int to, int[] columns, float[] values);

    @Override
    SparseRows block(int first, int count);
}
