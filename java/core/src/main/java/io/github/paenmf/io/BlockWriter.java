package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PackedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Writes a {@code .vblk} file in one pass: parts of data come one after the other, and leave in blocks. */
final class BlockWriter {

    /**
     * About so many bytes are a block: the disk reads them at full speed, arrays of a megabyte or more go past the young
     * generation, and a pool of a gigabyte has enough of them to shuffle.
     */
    static final int BLOCK_BYTES = 1 << 22;

    /** Of a nonzero, for how many rows a block gets. */
    private static final int NONZERO_BYTES = 4;

    private final OutputStream out;
    private final BlockIndex index;
    private final List<String> columnNames;
    private long position;

    /** Of the block that is not complete yet: its rows, or only their nonzeros. */
    private Matrix dense;

    private SparseMatrix.Builder sparse;
    private int rows;
    private final boolean hasNames;
    private final List<String> names = new ArrayList<>();
    private final int[] at;
    private final float[] values;

    /**
     * Writes the head.
     *
     * @param first of the parts, which are alike
     * @param blockBytes about how many a block gets
     */
    BlockWriter(OutputStream out, RowSource first, int blockBytes) throws IOException {
        this.out = out;
        this.index = new BlockIndex(first instanceof SparseSource, first.columns(), blockRows(first, blockBytes));
        this.columnNames = first.columnNames();
        this.hasNames = !first.rowNames().isEmpty();
        this.at = new int[first.columns()];
        this.values = new float[first.columns()];
        write(index.head());
    }

    private static int blockRows(RowSource data, int blockBytes) {
        return data instanceof SparseSource sparse
                ? blockRows(Integer.BYTES + (double) NONZERO_BYTES * sparse.nonzeros() / data.rows(), blockBytes)
                : denseBlockRows(data.columns(), blockBytes);
    }

    /** How many rows a dense block of about so many bytes has. */
    static int denseBlockRows(int columns, int blockBytes) {
        return blockRows((double) Float.BYTES * columns, blockBytes);
    }

    private static int blockRows(double bytesOfRow, int blockBytes) {
        int alignments = (int) Math.max(1, blockBytes / bytesOfRow / Matrix.ROW_ALIGNMENT);
        return alignments * Matrix.ROW_ALIGNMENT;
    }

    private void write(ByteBuffer bytes) throws IOException {
        position += bytes.remaining();
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    /** Adds rows below those that are there. */
    void add(RowSource part) throws IOException {
        requireAlike(part);
        for (int i = 0; i < part.rows(); i++) {
            addRow(part, i);
            if (hasNames) {
                names.add(part.rowNames().get(i));
            }
            rows++;
            if (rows == index.blockRows()) {
                writeBlock();
            }
        }
    }

    private void addRow(RowSource part, int row) {
        if (index.sparse()) {
            sparse = sparse == null ? SparseMatrix.builder(at.length) : sparse;
            sparse.addRow(at, values, part.copyNonzeros(row, 0, at.length, at, values));
        } else {
            dense = dense == null ? Matrix.zeros(index.blockRows(), at.length) : dense;
            part.copyRow(row, dense.storage(rows), dense.offset(rows));
        }
    }

    private void requireAlike(RowSource part) {
        if (part.columns() != index.columns()) {
            throw new DataException(
                    "there are " + part.columns() + " columns, and the rows before have " + index.columns());
        }
        if (!part.columnNames().equals(columnNames)) {
            throw new DataException("the columns have other names than those of the rows before");
        }
        if (part.rowNames().isEmpty() == hasNames) {
            throw new DataException("the rows have " + (hasNames ? "no names" : "names") + ", and those before have "
                    + (hasNames ? "some" : "none"));
        }
        if (part.mask() != null) {
            throw new DataException("entries are missing, which a file of blocks can have as NaN alone");
        }
        if (SizeFactors.areAttached(part)) {
            throw new DataException("the rows have size factors, which a file of blocks cannot have");
        }
        if ((long) index.rows() + rows + part.rows() > Integer.MAX_VALUE - 8) {
            throw new DataException("there are more than " + (Integer.MAX_VALUE - 8) + " rows");
        }
    }

    private void writeBlock() throws IOException {
        PackedRows packed = index.sparse() ? PackedRows.of(sparse.build(), 0, rows) : null;
        ByteBuffer bytes = ByteBuffer.allocate(packed != null ? packed.bytes() : denseBytes());
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        if (packed != null) {
            packed.write(bytes);
        } else {
            for (int i = 0; i < rows; i++) {
                bytes.asFloatBuffer().put(dense.storage(i), dense.offset(i), at.length);
                bytes.position(bytes.position() + Float.BYTES * at.length);
            }
        }
        ByteBuffer ofNames = BlockIndex.names(names);
        index.add(rows, packed != null ? packed.nonzeros() : 0, position, bytes.flip(), ofNames);
        write(bytes);
        write(ofNames);
        sparse = null;
        rows = 0;
        names.clear();
    }

    private int denseBytes() {
        long bytes = (long) Float.BYTES * rows * at.length;
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new DataException("a block of " + rows + " rows of " + at.length + " columns takes more than 2 GiB");
        }
        return (int) bytes;
    }

    /** Writes the last block, and where all are. */
    void end() throws IOException {
        if (rows > 0) {
            writeBlock();
        }
        index.setNames(hasNames, columnNames);
        write(index.index(position));
    }
}
