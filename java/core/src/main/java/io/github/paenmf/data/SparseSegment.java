package io.github.paenmf.data;

import java.util.Arrays;

/**
 * A run of rows of a sparse matrix. A nonzero takes 2 bytes for its column where there are at most 65 536 of them, else
 * 4; and 1 or 2 bytes for its value where nearly all are counts that fit, else 4. A code of 0, which no nonzero has,
 * stands for a value that does not fit: it is kept aside with its position.
 */
final class SparseSegment {

    /** Columns that 16 bits tell apart. */
    private static final int SHORT_COLUMNS = 1 << 16;
    /** Of a value kept aside: its position and itself. */
    private static final int ESCAPE_BYTES = 8;

    /** Where each row begins, and at last where the last one ends. */
    private final int[] starts;
    /** One of them is null. */
    private final char[] shortColumns;

    private final int[] columns;
    /** Two of them are null. */
    private final byte[] byteValues;

    private final char[] shortValues;
    private final float[] values;
    /** Positions of values kept aside, ascending. */
    private final int[] escapes;

    private final float[] escaped;

    private SparseSegment(
            int[] starts,
            char[] shortColumns,
            int[] columns,
            byte[] byteValues,
            char[] shortValues,
            float[] values,
            int[] escapes,
            float[] escaped) {
        this.starts = starts;
        this.shortColumns = shortColumns;
        this.columns = columns;
        this.byteValues = byteValues;
        this.shortValues = shortValues;
        this.values = values;
        this.escapes = escapes;
        this.escaped = escaped;
    }

    /**
     * Packs rows.
     *
     * @param starts where each row begins, and at last where the last one ends; kept
     * @param columns ascending in each row; copied
     * @param values none of them 0; copied
     * @param width m
     */
    static SparseSegment of(int[] starts, int[] columns, float[] values, int width) {
        int count = starts[starts.length - 1];
        char[] shortColumns = null;
        int[] wideColumns = null;
        if (width <= SHORT_COLUMNS) {
            shortColumns = new char[count];
            for (int i = 0; i < count; i++) {
                shortColumns[i] = (char) columns[i];
            }
        } else {
            wideColumns = Arrays.copyOf(columns, count);
        }
        int beyondByte = 0;
        int beyondShort = 0;
        for (int i = 0; i < count; i++) {
            int code = (int) values[i];
            boolean isCount = code >= 1 && code == values[i];
            beyondByte += isCount && code <= 0xff ? 0 : 1;
            beyondShort += isCount && code <= 0xffff ? 0 : 1;
        }
        long asBytes = count + (long) ESCAPE_BYTES * beyondByte;
        long asShorts = 2L * count + (long) ESCAPE_BYTES * beyondShort;
        if (Math.min(asBytes, asShorts) >= 4L * count) {
            float[] copy = Arrays.copyOf(values, count);
            return new SparseSegment(starts, shortColumns, wideColumns, null, null, copy, new int[0], new float[0]);
        }
        boolean inBytes = asBytes <= asShorts;
        int greatest = inBytes ? 0xff : 0xffff;
        byte[] byteValues = inBytes ? new byte[count] : null;
        char[] shortValues = inBytes ? null : new char[count];
        int[] escapes = new int[inBytes ? beyondByte : beyondShort];
        float[] escaped = new float[escapes.length];
        int aside = 0;
        for (int i = 0; i < count; i++) {
            if (!isCode(values[i], greatest)) {
                escapes[aside] = i;
                escaped[aside++] = values[i];
            } else if (inBytes) {
                byteValues[i] = (byte) (int) values[i];
            } else {
                shortValues[i] = (char) values[i];
            }
        }
        return new SparseSegment(starts, shortColumns, wideColumns, byteValues, shortValues, null, escapes, escaped);
    }

    private static boolean isCode(float value, int greatest) {
        return value >= 1 && value <= greatest && value == (int) value;
    }

    int rows() {
        return starts.length - 1;
    }

    int nonzeros() {
        return starts[starts.length - 1];
    }

    /** Bytes of the arrays. */
    long bytes() {
        long ofColumns = shortColumns == null ? 4L * columns.length : 2L * shortColumns.length;
        long ofValues = byteValues != null
                ? byteValues.length
                : shortValues != null ? 2L * shortValues.length : 4L * values.length;
        return 4L * starts.length + ofColumns + ofValues + (long) ESCAPE_BYTES * escapes.length;
    }

    /** Adds to {@code counts} how many nonzeros each column has. */
    void countColumns(int[] counts) {
        int count = nonzeros();
        if (shortColumns != null) {
            for (int i = 0; i < count; i++) {
                counts[shortColumns[i]]++;
            }
        } else {
            for (int i = 0; i < count; i++) {
                counts[columns[i]]++;
            }
        }
    }

    /** Copies the nonzeros of a row whose columns are in a range; returns how many there are. */
    int copy(int row, int from, int to, int width, int[] targetColumns, float[] targetValues) {
        int begin = starts[row];
        int end = starts[row + 1];
        int first = from == 0 ? begin : position(begin, end, from);
        int last = to == width ? end : position(first, end, to);
        int count = last - first;
        copyColumns(first, count, targetColumns);
        if (byteValues != null) {
            for (int i = 0; i < count; i++) {
                targetValues[i] = byteValues[first + i] & 0xff;
            }
        } else if (shortValues != null) {
            for (int i = 0; i < count; i++) {
                targetValues[i] = shortValues[first + i];
            }
        } else {
            System.arraycopy(values, first, targetValues, 0, count);
        }
        for (int e = escape(first); e < escapes.length && escapes[e] < last; e++) {
            targetValues[escapes[e] - first] = escaped[e];
        }
        return count;
    }

    /** How many nonzeros a row has. */
    int nonzeros(int row) {
        return starts[row + 1] - starts[row];
    }

    /** Copies the columns of a row's nonzeros; returns how many there are. */
    int copyColumns(int row, int[] target) {
        copyColumns(starts[row], nonzeros(row), target);
        return nonzeros(row);
    }

    private void copyColumns(int first, int count, int[] target) {
        if (shortColumns != null) {
            for (int i = 0; i < count; i++) {
                target[i] = shortColumns[first + i];
            }
        } else {
            System.arraycopy(columns, first, target, 0, count);
        }
    }

    /** Writes the nonzeros of a row whose columns are in a range to where they belong in a dense row. */
    void scatter(int row, int from, int to, float[] target, int offset) {
        int first = position(starts[row], starts[row + 1], from);
        int last = position(first, starts[row + 1], to);
        for (int i = first; i < last; i++) {
            target[offset + column(i)] =
                    byteValues != null ? byteValues[i] & 0xff : shortValues != null ? shortValues[i] : values[i];
        }
        for (int e = escape(first); e < escapes.length && escapes[e] < last; e++) {
            target[offset + column(escapes[e])] = escaped[e];
        }
    }

    private int column(int position) {
        return shortColumns == null ? columns[position] : shortColumns[position];
    }

    /** Index of the first value kept aside from a position on. */
    private int escape(int position) {
        if (escapes.length == 0) {
            return 0;
        }
        int found = Arrays.binarySearch(escapes, position);
        return found < 0 ? -found - 1 : found;
    }

    /** Of the first nonzero of a row from a column on. */
    private int position(int begin, int end, int column) {
        int low = begin;
        int high = end;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (column(middle) < column) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
