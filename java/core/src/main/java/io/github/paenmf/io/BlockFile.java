package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PackedRows;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.RowStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Data in blocks of rows, a {@code .vblk} file: dense, or sparse in 3 to 8 bytes a nonzero, with names, and a checksum of
 * everything. It can be larger than memory: {@link #open} reads a block when a row of it is asked for. What is in it, byte by
 * byte, is in {@code docs/block-files.md}.
 *
 * <pre>{@code
 * BlockFile.write(Path.of("data.vblk"), List.of(MatrixReader.readData("counts.mtx", ReadOptions.defaults())).iterator());
 * try (PagedRows data = BlockFile.open(Path.of("data.vblk"), 1L << 30)) {
 *     VariationalModel model = VariationalNmf.builder().rank(20).batchRows(4096).build().fit(data);
 * }
 * }</pre>
 */
public final class BlockFile {

    /** Java objects beside the values of a block. */
    private static final long OBJECT_BYTES = 256;

    private BlockFile() {}

    /**
     * Writes data in one pass; beside the part that is at work, about one block is in memory. The file is replaced as a whole.
     *
     * @param parts one after the other, each n × m with the same m; the first says whether the file is dense or sparse, and
     *     how the columns are named. Rows have names if all parts have them
     * @throws DataException if there is no part, or one has other columns, missing entries (other than NaN) or size factors
     * @throws CannotWriteException if it cannot be written
     */
    public static void write(Path file, Iterator<? extends RowSource> parts) throws CannotWriteException {
        write(file, parts, BlockWriter.BLOCK_BYTES);
    }

    /** The same in blocks of about so many bytes. */
    static void write(Path file, Iterator<? extends RowSource> parts, int blockBytes) throws CannotWriteException {
        AtomicFile.write(file, out -> {
            BlockWriter writer = null;
            while (parts.hasNext()) {
                RowSource part = parts.next();
                writer = writer == null ? new BlockWriter(out, part, blockBytes) : writer;
                writer.add(part);
            }
            if (writer == null) {
                throw new DataException("there are no rows to write");
            }
            writer.end();
        });
    }

    /**
     * Opens a file, and reads nothing but its index and the names of columns.
     *
     * @param bytes most memory for blocks
     * @throws DataException if it is no such file, damaged, or of another version, or has blocks too large for so few bytes;
     *     the message starts with the file
     * @throws IOException if it cannot be read
     */
    public static PagedRows open(Path file, long bytes) throws IOException {
        return PagedFile.open(file, () -> new Store(file), bytes);
    }

    /** The rows of a file. */
    static final class Store implements RowStore {

        private final PagedFile file;
        private final BlockIndex index;
        private final List<String> rowNames = new StoredNames();

        /** @throws DataException if the file is no such file, damaged, or of another version */
        Store(Path path) throws IOException {
            this.file = new PagedFile(path);
            try {
                this.index = BlockIndex.read(file);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        }

        @Override
        public int rows() {
            return index.rows();
        }

        @Override
        public int columns() {
            return index.columns();
        }

        @Override
        public int blockRows() {
            return index.blockRows();
        }

        @Override
        public long nonzeros() {
            return index.sparse() ? index.nonzeros() : -1;
        }

        @Override
        public long bytes(int block) {
            return OBJECT_BYTES + index.length(block);
        }

        @Override
        public List<String> rowNames() {
            return index.hasRowNames() ? rowNames : List.of();
        }

        @Override
        public List<String> columnNames() {
            return index.columnNames();
        }

        @Override
        public RowSource read(int block) {
            return file.naming(described(block), () -> {
                ByteBuffer bytes = file.read(index.offset(block), index.length(block));
                Crc.require(bytes, index.checksum(block));
                int rows = index.rowsOf(block);
                RowSource data = index.sparse() ? PackedRows.read(bytes, rows, columns()) : dense(bytes, rows);
                return data;
            });
        }

        private Matrix dense(ByteBuffer bytes, int rows) {
            Matrix matrix = Matrix.zeros(rows, columns());
            for (int row = 0; row < rows; row += matrix.rowsPerBlock()) {
                int count = Math.min(matrix.rowsPerBlock(), rows - row) * columns();
                bytes.asFloatBuffer().get(matrix.storage(row), 0, count);
                bytes.position(bytes.position() + count * Float.BYTES);
            }
            return matrix;
        }

        private String described(int block) {
            int first = block * blockRows();
            return "block " + (block + 1) + ", rows " + (first + 1) + " to " + (first + index.rowsOf(block));
        }

        private List<String> namesOf(int block) {
            return file.naming("the row names of " + described(block), () -> {
                ByteBuffer bytes = file.read(index.namesOffset(block), index.namesLength(block));
                Crc.require(bytes, index.namesChecksum(block));
                List<String> names = BlockIndex.names(bytes, index.rowsOf(block));
                if (bytes.hasRemaining()) {
                    throw new DataException("there are more names than rows");
                }
                return names;
            });
        }

        @Override
        public void close() throws IOException {
            file.close();
        }

        /** Names of rows, which there may be more of than fit into memory: those of one block are there. */
        private final class StoredNames extends AbstractList<String> implements RandomAccess {

            private int block = -1;
            private List<String> ofBlock = List.of();

            @Override
            public int size() {
                return rows();
            }

            @Override
            public synchronized String get(int row) {
                int wanted = Objects.checkIndex(row, rows()) / blockRows();
                if (wanted != block) {
                    ofBlock = namesOf(wanted);
                    block = wanted;
                }
                return ofBlock.get(row % blockRows());
            }
        }
    }
}
