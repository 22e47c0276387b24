package io.github.paenmf.data;

import java.util.List;

/**
 * The rows of a data set, one sample per row, however they are stored: what trainers, solvers and inference read data
 * through. Rows and columns are counted from 0. Reading is thread-safe, and the values do not change while a fit or an
 * inference reads them.
 */
public interface RowSource {

    /** n. */
    int rows();

    /** m. */
    int columns();

    /** Rows · columns. */
    default long size() {
        return (long) rows() * columns();
    }

    /**
     * Which entries are missing; these read as 0. Null where none is, as everywhere but in {@link IncompleteData}.
     * What has missing values keeps them in all that it is made into: under other names, and with selected rows or columns.
     */
    default Mask mask() {
        return null;
    }

    /**
     * The size factor that a row came with ({@link SizeFactors#attach}), above 0; 1 where rows have none. A likelihood of
     * counts expects so many times as many of it as of a row of 1.
     *
     * @throws IndexOutOfBoundsException if there is no such row
     */
    default double sizeFactor(int row) {
        return 1;
    }

    /** What is known of each row beside its values ({@link Covariates#attach}); null where nothing is. */
    default Covariates covariates() {
        return null;
    }

    /** How rows are read that are not all in memory at once; null where they are, as everywhere but on disk. */
    default Paging paging() {
        return null;
    }

    /**
     * Hears which rows are read before long, in place of those that follow the ones read last. Where rows are in memory it
     * does nothing.
     *
     * @param firstRows the first row of each run of {@link Paging#runRows}, in the order in which they are wanted
     */
    default void expect(int[] firstRows) {}

    /** One name per row, or an empty list. */
    List<String> rowNames();

    /** One name per column, or an empty list. */
    List<String> columnNames();

    /**
     * The same values (shared, not copied) under other names.
     *
     * @param newRowNames one name per row, or an empty list for none
     * @param newColumnNames one name per column, or an empty list for none
     * @throws DataException if a list is neither empty nor as long as its dimension
     */
    RowSource withNames(List<String> newRowNames, List<String> newColumnNames);

    /** A copy of the rows whose indices are given, in that order; a row may occur more than once. */
    RowSource selectRows(int[] rowIndices);

    /** A copy of the columns whose indices are given, in that order; a column may occur more than once. */
    RowSource selectColumns(int[] columnIndices);

    /**
     * Opens a run of rows, without copying them where they are in memory. The run may start anywhere, but does not
     * cross a multiple of {@link Matrix#ROW_ALIGNMENT}: one that starts on such a multiple and is at most that long
     * always can be opened.
     *
     * @param first the first row
     * @param count number of rows, at least 1
     * @throws IllegalArgumentException if the run is empty or crosses a multiple of {@link Matrix#ROW_ALIGNMENT}
     * @throws IndexOutOfBoundsException if there are no such rows
     */
    RowBlock block(int first, int count);

    /**
     * Copies columns {@code from} to {@code from + count} of one row, zeros included, into {@code target} from
     * {@code targetOffset} on. Rows of a mini-batch, which lie anywhere, are gathered one by one in this way.
     *
     * @throws IndexOutOfBoundsException if there is no such row, there are no such columns, or the target is too short
     */
    void copyRow(int row, int from, int count, float[] target, int targetOffset);

    /** Copies one row, {@link #columns()} values, into {@code target} from {@code targetOffset} on. */
    default void copyRow(int row, float[] target, int targetOffset) {
        copyRow(row, 0, columns(), target, targetOffset);
    }

    /**
     * Copies the nonzeros of one row in a range of columns, by ascending column.
     *
     * @param from the first column
     * @param to the column after the last, at most {@link #columns()}
     * @param columns takes their columns, from index 0 on; as long as the range or longer
     * @param values takes their values, likewise
     * @return how many there are, at most {@code to − from}
     * @throws IndexOutOfBoundsException if there is no such row or an array is too short
     */
    default int copyNonzeros(int row, int from, int to, int[] columns, float[] values) {
        copyRow(row, from, to - from, values, 0);
        int count = 0;
        for (int j = from; j < to; j++) {
            float value = values[j - from];
            if (value != 0) {
                columns[count] = j;
                values[count++] = value;
            }
        }
        return count;
    }

    /**
     * Checks that every value is finite and not negative.
     *
     * @return this
     * @throws DataException that names the row and column (from 1, and by name) of the first value that is not
     */
    RowSource requireNonNegative();

    /**
     * Checks that every value is finite.
     *
     * @return this
     * @throws DataException that names the row and column (from 1, and by name) of the first value that is not
     */
    RowSource requireFinite();
}
