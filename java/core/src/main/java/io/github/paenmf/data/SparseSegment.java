package io.github.paenmf.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

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
    /** Of what is written: how many nonzeros, the bytes of a value, and how many are kept aside. */
    private static final int HEAD_BYTES = 12;

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

    /**
     * Bytes that {@link #write} writes.
     *
     * @throws DataException if they are more than a buffer holds
     */
    int writtenBytes() {
        long bytes = HEAD_BYTES + bytes() - Integer.BYTES; // all starts but the first, which is 0
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new DataException("a block of " + rows() + " rows takes " + bytes
                    + " bytes, more than 2 GiB: the rows have too many nonzeros");
        }
        return (int) bytes;
    }

    /** Writes the arrays as they are. */
    void write(ByteBuffer target) {
        target.putInt(nonzeros());
        target.putInt(byteValues != null ? 1 : shortValues != null ? 2 : 4);
        target.putInt(escapes.length);
        put(target, Integer.BYTES, rows(), view -> view.asIntBuffer().put(starts, 1, rows()));
        if (shortColumns != null) {
            put(target, Character.BYTES, nonzeros(), view -> view.asCharBuffer().put(shortColumns));
        } else {
            put(target, Integer.BYTES, nonzeros(), view -> view.asIntBuffer().put(columns));
        }
        if (byteValues != null) {
            target.put(byteValues);
        } else if (shortValues != null) {
            put(target, Character.BYTES, nonzeros(), view -> view.asCharBuffer().put(shortValues));
        } else {
            put(target, Float.BYTES, nonzeros(), view -> view.asFloatBuffer().put(values));
        }
        put(target, Integer.BYTES, escapes.length, view -> view.asIntBuffer().put(escapes));
        put(target, Float.BYTES, escapes.length, view -> view.asFloatBuffer().put(escaped));
    }

    private static void put(ByteBuffer target, int bytes, int count, Consumer<ByteBuffer> elements) {
        elements.accept(target.slice().order(target.order()));
        target.position(target.position() + bytes * count);
    }

    /**
     * Reads what {@link #write} has written, and believes nothing of it.
     *
     * @param source ends where the rows end; read to its end
     * @param rows how many there should be
     * @param width m
     * @throws DataException that says what is wrong with it
     */
    static SparseSegment read(ByteBuffer source, int rows, int width) {
        long lengths = HEAD_BYTES + 4L * rows;
        if (source.remaining() < lengths) {
            throw new DataException("it is too short for its " + rows + " rows");
        }
        int nonzeros = source.getInt();
        int valueBytes = source.getInt();
        int aside = source.getInt();
        int columnBytes = width <= SHORT_COLUMNS ? Character.BYTES : Integer.BYTES;
        boolean known = valueBytes == 1 || valueBytes == 2 || valueBytes == 4 && aside == 0;
        if (!known || nonzeros < 0 || aside < 0 || aside > nonzeros) {
            throw new DataException("it cannot have " + nonzeros + " nonzeros of " + valueBytes + " bytes, and " + aside
                    + " kept aside");
        }
        if (source.remaining()
                != 4L * rows + (long) (columnBytes + valueBytes) * nonzeros + (long) ESCAPE_BYTES * aside) {
            throw new DataException("its length is not that of its " + nonzeros + " nonzeros");
        }
        int[] starts = new int[rows + 1];
        take(source, Integer.BYTES, rows, view -> view.asIntBuffer().get(starts, 1, rows));
        boolean isShort = columnBytes == Character.BYTES;
        char[] shortColumns = isShort ? new char[nonzeros] : null;
        int[] columns = isShort ? null : new int[nonzeros];
        take(source, columnBytes, nonzeros, view -> {
            if (isShort) {
                view.asCharBuffer().get(shortColumns);
            } else {
                view.asIntBuffer().get(columns);
            }
        });
        byte[] byteValues = valueBytes == 1 ? new byte[nonzeros] : null;
        char[] shortValues = valueBytes == 2 ? new char[nonzeros] : null;
        float[] values = valueBytes == 4 ? new float[nonzeros] : null;
        take(source, valueBytes, nonzeros, view -> {
            switch (valueBytes) {
                case 1 -> view.get(byteValues);
                case 2 -> view.asCharBuffer().get(shortValues);
                default -> view.asFloatBuffer().get(values);
            }
        });
        int[] escapes = new int[aside];
        take(source, Integer.BYTES, aside, view -> view.asIntBuffer().get(escapes));
        float[] escaped = new float[aside];
        take(source, Float.BYTES, aside, view -> view.asFloatBuffer().get(escaped));
        SparseSegment read =
                new SparseSegment(starts, shortColumns, columns, byteValues, shortValues, values, escapes, escaped);
        read.requireConsistent(nonzeros, width);
        return read;
    }

    private static void take(ByteBuffer source, int bytes, int count, Consumer<ByteBuffer> elements) {
        int end = source.position() + bytes * count;
        elements.accept(source.slice().order(source.order()));
        source.position(end);
    }

    /** Checks what reading relies on: where rows begin, columns in order, and zeros where values are kept aside alone. */
    private void requireConsistent(int nonzeros, int width) {
        for (int i = 0; i < rows(); i++) {
            if (starts[i + 1] < starts[i] || starts[i + 1] > nonzeros) {
                throw new DataException("its row " + (i + 1) + " ends before it begins, or after the last");
            }
            int before = -1;
            for (int l = starts[i]; l < starts[i + 1]; l++) {
                int column = column(l);
                if (column <= before || column >= width) {
                    throw new DataException("the columns of its row " + (i + 1) + " do not ascend from 1 to " + width);
                }
                before = column;
            }
        }
        if (nonzeros() != nonzeros) {
            throw new DataException("its rows have " + nonzeros() + " nonzeros, not " + nonzeros);
        }
        int next = 0;
        for (int l = 0; l < nonzeros; l++) {
            boolean zero = byteValues != null
                    ? byteValues[l] == 0
                    : shortValues != null ? shortValues[l] == 0 : values[l] == 0;
            if (zero) {
                if (next == escapes.length || escapes[next] != l || escaped[next] == 0) {
                    throw new DataException("its nonzero " + (l + 1) + " is 0");
                }
                next++;
            }
        }
        if (next < escapes.length) {
            throw new DataException("it has values kept aside for nonzeros that are not");
        }
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
