package io.github.paenmf.data;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** What all forms of data are checked for, with the same words. */
final class Checks {

    static final String NON_NEGATIVE = "non-negative matrix factorisation needs finite values ≥ 0";
    static final String FINITE = "matrix factorisation needs finite values";

    private Checks() {}

    /** Checks that a run of rows can be opened ({@link RowSource#block}). */
    static void block(int first, int count, int rows) {
        Objects.checkFromIndexSize(first, count, rows);
        int alignment = Matrix.ROW_ALIGNMENT;
        if (count < 1 || first / alignment != (first + count - 1) / alignment) {
            throw new IllegalArgumentException(count + " rows from row " + first
                    + " on are no block: it has at least one row and does not cross a multiple of " + alignment);
        }
    }

    /** Checks that there is one name each, or none. */
    static void names(String dimension, List<String> names, int count) {
        if (!names.isEmpty() && names.size() != count) {
            throw new DataException(
                    "there are " + names.size() + " " + dimension + " names for " + count + " " + dimension + "s");
        }
    }

    /** The names of some rows or columns; an empty list if there are none. */
    static List<String> select(List<String> names, int[] indices) {
        return names.isEmpty()
                ? names
                : Arrays.stream(indices).mapToObj(names::get).toList();
    }

    /** Whether a value is finite and at least {@code least}. */
    static boolean isIn(float value, float least) {
        return value >= least && value <= Float.MAX_VALUE;
    }

    /**
     * Of a value that is not in the range.
     *
     * @param need what is needed instead
     */
    static DataException refusal(RowSource data, int row, int column, float value, String need) {
        String what = Float.isNaN(value)
                ? "is missing or not a number (NaN)"
                : Float.isInfinite(value) ? "is infinite" : "is negative (" + value + ")";
        String problem = "the value in row " + label(row, data.rowNames()) + ", column "
                + label(column, data.columnNames()) + " " + what + "; " + need;
        return Float.isNaN(value) ? new MissingValueException(problem) : new DataException(problem);
    }

    /** A row or column in messages: counted from 1, and by its name if it has one. */
    static String label(int index, List<String> names) {
        return (index + 1) + (names.isEmpty() ? "" : " (" + names.get(index) + ")");
    }
}
