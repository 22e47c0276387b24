package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowStore;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The rows of an {@code .npy} file in C order. */
final class NpyStore implements RowStore {

    private final PagedFile file;
    private final NpyHeader header;
    private final int rows;
    private final int columns;
    private final int blockRows;

    /**
     * @param blockBytes about how many a block gets
     * @throws DataException if it is no matrix, in Fortran order, truncated or too wide
     */
    NpyStore(Path path, int blockBytes) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            header = NpyHeader.read(in);
        }
        NpyReader.requireMatrix(header);
        if (header.fortran()) {
            throw new DataException(
                    "the array is in Fortran order, column by column, so that its rows cannot be read from the"
                            + " disk one by one; save numpy.ascontiguousarray(a), or leave --memory out");
        }
        NpyReader.checkSize(header, Files.size(path), true);
        ReadOptions.requireShape(header.extent(0), header.size() / header.extent(0));
        rows = (int) header.extent(0);
        columns = (int) (header.size() / rows);
        blockRows = BlockWriter.denseBlockRows(columns, blockBytes);
        if ((long) Math.min(rows, blockRows) * columns * Math.max(Float.BYTES, header.itemSize())
                > Integer.MAX_VALUE - 8) {
            throw new DataException("its rows are too long to be read from the disk: " + Matrix.ROW_ALIGNMENT
                    + " of them take more than 2 GiB");
        }
        file = new PagedFile(path);
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public int blockRows() {
        return blockRows;
    }

    @Override
    public long nonzeros() {
        return -1;
    }

    private int rowsOf(int block) {
        return Math.min(blockRows, rows - block * blockRows);
    }

    @Override
    public long bytes(int block) {
        return (long) Float.BYTES * rowsOf(block) * columns;
    }

    @Override
    public List<String> rowNames() {
        return List.of();
    }

    @Override
    public List<String> columnNames() {
        return List.of();
    }

    @Override
    public Matrix read(int block) {
        int first = block * blockRows;
        int count = rowsOf(block);
        return file.naming("rows " + (first + 1) + " to " + (first + count), () -> {
            long rowBytes = (long) columns * header.itemSize();
            ByteBuffer bytes = file.read(header.length() + first * rowBytes, (int) (count * rowBytes));
            NpyReader reader = new NpyReader(new ByteArrayInputStream(bytes.array(), 0, bytes.limit()), header);
            Matrix matrix = Matrix.zeros(count, columns);
            for (int row = 0; row < count; row += matrix.rowsPerBlock()) {
                reader.read(matrix.storage(row), 0, Math.min(matrix.rowsPerBlock(), count - row) * columns);
            }
            return matrix;
        });
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
