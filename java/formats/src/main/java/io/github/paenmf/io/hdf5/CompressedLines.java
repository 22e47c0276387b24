package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;

/**
 * A matrix of which the file has the nonzeros, by rows (CSR) or by columns (CSC): those of line i are at
 * {@code indptr[i]} to {@code indptr[i + 1]} in {@code indices} and {@code data}.
 */
final class CompressedLines implements StoredMatrix.Lines {

    /** So many entries, or a chunk of the file, are read at once. */
    private static final int WINDOW = 1 << 19;

    private final Hdf5Group group;
    private final long rows;
    private final long columns;
    private final boolean byRows;
    private final Hdf5Array data;
    private final Hdf5Array indices;
    private final Hdf5Array pointers;

    /**
     * Checks that the parts fit together.
     *
     * @param byRows whether lines are rows
     */
    CompressedLines(Hdf5Group group, long rows, long columns, boolean byRows) {
        this.group = group;
        this.rows = rows;
        this.columns = columns;
        this.byRows = byRows;
        this.data = group.array("data");
        this.pointers = group.array("indptr").requireLength(lines() + 1, "for each " + line() + " and one more");
        if (data.rank() != 1) {
            throw new DataException(data.path() + " should be a list, but its shape is " + data.describeShape());
        }
        this.indices = group.array("indices").requireLength(data.extent(0), "for each of " + data.path());
    }

    private String line() {
        return byRows ? "row" : "column";
    }

    private long lines() {
        return byRows ? rows : columns;
    }

    private long width() {
        return byRows ? columns : rows;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public long columns() {
        return columns;
    }

    @Override
    public RowSource read(boolean exchange, Hdf5Request request) {
        long entries = data.extent(0);
        LineStore store = new LineStore(lines(), width(), byRows != exchange, entries, request);
        long[] ends = readPointers((int) lines(), entries);
        int chunk = Math.max(data.chunk(0), indices.chunk(0));
        int window = chunk >= WINDOW ? chunk : WINDOW / chunk * chunk;
        int[] at = new int[1024];
        float[] values = new float[1024];
        int count = 0; // entries of the current line
        int line = 0;
        for (long from = 0; from < entries; from += window) {
            int length = (int) Math.min(window, entries - from);
            long[] windowIndices = indices.longs(from, length);
            float[] windowValues = data.floats(from, length);
            for (int taken = 0; taken < length; ) {
                while (ends[line] == from + taken) {
                    store.add(at, values, count);
                    count = 0;
                    line++;
                }
                int more = (int) Math.min(ends[line] - from, length) - taken;
                if (at.length - count < more) {
                    int grown = grown(count, more, line);
                    at = Arrays.copyOf(at, grown);
                    values = Arrays.copyOf(values, grown);
                }
                for (int l = taken; l < taken + more; l++) {
                    at[count] = checked(windowIndices[l], from + l, line);
                    values[count++] = windowValues[l];
                }
                taken += more;
            }
        }
        for (; line < ends.length; line++) {
            store.add(at, values, count);
            count = 0;
        }
        return store.finish();
    }

    private int grown(int count, int more, int line) {
        long grown = Math.max((long) count + more, 2L * count);
        Matrix.requireMemory(8 * grown, line() + " of " + grown + " entries");
        if (grown > Integer.MAX_VALUE - 8) {
            throw new DataException(group.path() + ": " + line() + " " + (line + 1) + " has " + grown + " entries");
        }
        return (int) grown;
    }

    private int checked(long index, long entry, int line) {
        if (index < 0 || index >= width()) {
            throw new DataException(indices.path() + " is " + index + " at entry " + (entry + 1) + ", in " + line()
                    + " " + (line + 1) + ", but must be 0 to " + (width() - 1) + "; the file is damaged");
        }
        return (int) index;
    }

    /** The ends of all lines. */
    private long[] readPointers(int lines, long entries) {
        long[] ends = new long[lines];
        long last = 0;
        int window = Math.max(WINDOW, pointers.chunk(0));
        for (long from = 0; from <= lines; from += window) {
            long[] some = pointers.longs(from, (int) Math.min(window, lines + 1L - from));
            for (int i = 0; i < some.length; i++) {
                int line = (int) from + i - 1;
                if (line < 0 ? some[i] != 0 : some[i] < last || some[i] > entries) {
                    throw new DataException(pointers.path() + " is " + some[i] + " at entry " + (line + 2)
                            + (line < 0 ? ", but must begin with 0" : ", but must be " + last + " to " + entries)
                            + "; the file is damaged");
                }
                last = some[i];
                if (line >= 0) {
                    ends[line] = last;
                }
            }
        }
        if (last != entries) {
            throw new DataException(pointers.path() + " ends with " + last + ", but " + data.path() + " has " + entries
                    + " entries; the file is damaged");
        }
        return ends;
    }
}
