package io.github.paenmf.data;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of sparse rows in a file, packed as in memory: how many nonzeros there are, the bytes of each value (1, 2 or
 * 4), and how many values are kept aside, as int32; where each row ends, int32; the columns, from 0, as uint16 where there
 * are at most 65 536, else int32; the values as uint8, uint16 or float32, where an integer 0 stands for one that is kept
 * aside; and of those their positions, int32, and then themselves, float32.
 */
public final class PackedRows {

    private final SparseSegment segment;

    private PackedRows(SparseSegment segment) {
        this.segment = segment;
    }

    /**
     * Packs some rows of data.
     *
     * @throws DataException if they have too many nonzeros for one array, or the heap cannot hold them
     */
    public static PackedRows of(RowSource data, int first, int count) {
        int m = data.columns();
        int[] starts = new int[count + 1];
        int[] at = new int[m];
        float[] ofRow = new float[m];
        int[] columns = new int[1024];
        float[] values = new float[1024];
        for (int i = 0; i < count; i++) {
            int found = data.copyNonzeros(first + i, 0, m, at, ofRow);
            long end = (long) starts[i] + found;
            if (end > values.length) {
                if (end > Integer.MAX_VALUE - 8) {
                    throw new DataException(count + " rows have more nonzeros than a block can");
                }
                int length = (int) Math.min(Integer.MAX_VALUE - 8, Math.max(end, 2L * values.length));
                Matrix.requireMemory(8L * length, "block of " + count + " rows");
                columns = Arrays.copyOf(columns, length);
                values = Arrays.copyOf(values, length);
            }
            System.arraycopy(at, 0, columns, starts[i], found);
            System.arraycopy(ofRow, 0, values, starts[i], found);
            starts[i + 1] = (int) end;
        }
        return new PackedRows(SparseSegment.of(starts, columns, values, m));
    }

    /** How many nonzeros there are. */
    public int nonzeros() {
        return segment.nonzeros();
    }

    /**
     * How many bytes {@link #write} writes.
     *
     * @throws DataException if they are 2 GiB or more
     */
    public int bytes() {
        return segment.writtenBytes();
    }

    /** Writes them in the buffer's byte order. */
    public void write(ByteBuffer target) {
        segment.write(target);
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @param source has these bytes and no others left
     * @throws DataException that says what is wrong with them, whatever they are
     */
    public static SparseMatrix read(ByteBuffer source, int rows, int columns) {
        return SparseMatrix.of(columns, List.of(SparseSegment.read(source, rows, columns)), List.of(), List.of());
    }
}
