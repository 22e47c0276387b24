package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;

/**
 * A sparse matrix in an {@code .npz} file, as SciPy saves it: compressed by rows (CSR) or columns (CSC), or with
 * coordinates (COO). Its arrays are read side by side in pieces; only where rows or columns begin is held as a whole.
 */
final class NpzSparse {

    private static final String FORMAT = "format";
    private static final String SHAPE = "shape";
    private static final String POINTERS = "indptr";
    private static final String INDICES = "indices";
    private static final String ROW = "row";
    private static final String COLUMN = "col";

    /** Elements of each array that are held at a time. */
    private static final int PIECE = 1 << 14;

    private final Npz npz;
    private final ReadOptions options;
    private final long rows;
    private final long columns;

    private NpzSparse(Npz npz, ReadOptions options, long[] shape) {
        this.npz = npz;
        this.options = options;
        this.rows = shape[0];
        this.columns = shape[1];
    }

    /** Whether an archive has the parts that every such matrix has. */
    static boolean matches(Npz npz) {
        return npz.names().contains(FORMAT) && npz.names().contains(SHAPE);
    }

    static RowSource read(Npz npz, ReadOptions options, ReadListener listener) throws IOException {
        String format = npz.array(FORMAT).string();
        if (!List.of("csr", "csc", "coo").contains(format)) {
            throw new DataException(
                    "the sparse format '" + Sources.shown(format) + "' is not supported; save m.tocsr() instead");
        }
        long[] shape = npz.array(SHAPE).longs();
        if (shape.length != 2 || shape[0] < 0 || shape[1] < 0) {
            throw damaged("its shape is not a pair of sizes");
        }
        listener.format(".npz, sparse (" + format.toUpperCase(Locale.ROOT) + ")");
        NpzSparse sparse = new NpzSparse(npz, options, shape);
        return format.equals("coo") ? sparse.readCoordinates() : sparse.readCompressed(format.equals("csr"));
    }

    /** Entries with a row and a column each; those of the same place are added. */
    private RowSource readCoordinates() throws IOException {
        try (Part row = new Part(ROW);
                Part column = new Part(COLUMN);
                Part data = new Part(NpzMatrix.DATA)) {
            long entries = data.size();
            if (row.size() != entries || column.size() != entries) {
                throw damaged("row, col and data disagree about the number of entries");
            }
            EntrySink sink = EntrySink.open(rows, columns, entries, options);
            int[] rowIndices = new int[PIECE];
            int[] columnIndices = new int[PIECE];
            float[] values = new float[PIECE];
            for (long done = 0; done < entries; done += PIECE) {
                int count = (int) Math.min(PIECE, entries - done);
                row.indices(rowIndices, count, rows, entry -> "");
                column.indices(columnIndices, count, columns, entry -> "");
                data.values(values, count);
                for (int e = 0; e < count; e++) {
                    sink.add(rowIndices[e], columnIndices[e], values[e]);
                }
            }
            row.verifyEnd();
            column.verifyEnd();
            data.verifyEnd();
            return sink.finish();
        }
    }

    /** The entries of row (or column) i are those from indptr[i] to indptr[i + 1]. */
    private RowSource readCompressed(boolean byRows) throws IOException {
        String what = byRows ? "row" : "column";
        long lines = byRows ? rows : columns;
        long length = byRows ? columns : rows;
        long pointerCount = npz.header(POINTERS).size();
        if (pointerCount - 1 != lines) {
            throw damaged("indptr has " + pointerCount + " entries for " + lines + " " + what + "s");
        }
        long[] pointers = npz.array(POINTERS).longs();
        try (Part indices = new Part(INDICES);
                Part data = new Part(NpzMatrix.DATA)) {
            requirePointers(pointers, what, indices.size(), data.size());
            EntrySink sink = EntrySink.open(rows, columns, data.size(), options);
            int[] at = new int[PIECE];
            float[] values = new float[PIECE];
            int line = 0;
            for (long done = 0; done < data.size(); done += PIECE) {
                int count = (int) Math.min(PIECE, data.size() - done);
                indices.indices(at, count, length, entry -> ", in " + what + " " + (lineOf(entry, pointers) + 1) + ",");
                data.values(values, count);
                for (int e = 0; e < count; ) {
                    while (done + e >= pointers[line + 1]) {
                        line++;
                    }
                    int end = (int) Math.min(count, pointers[line + 1] - done);
                    sink.addLine(line, byRows, at, values, e, end);
                    e = end;
                }
            }
            indices.verifyEnd();
            data.verifyEnd();
            return sink.finish();
        }
    }

    private static int lineOf(long entry, long[] pointers) {
        int line = 0;
        while (entry >= pointers[line + 1]) {
            line++;
        }
        return line;
    }

    private static void requirePointers(long[] pointers, String what, long indices, long values) {
        if (pointers[0] != 0 || pointers[pointers.length - 1] != indices || indices != values) {
            throw damaged("indptr, indices and data disagree about the number of entries: indptr goes from "
                    + pointers[0] + " to " + pointers[pointers.length - 1] + ", and there are " + indices
                    + " indices and " + values + " values");
        }
        for (int line = 0; line + 1 < pointers.length; line++) {
            if (pointers[line + 1] < pointers[line]) {
                throw damaged("indptr does not ascend at its entry " + (line + 2) + ", where " + what + " " + (line + 1)
                        + " would end at " + pointers[line + 1] + ", before its beginning at " + pointers[line]);
            }
        }
    }

    private static DataException damaged(String what) {
        return new DataException("the sparse matrix is damaged: " + what);
    }

    /** One of the arrays, which is read in pieces. */
    private final class Part implements Closeable {

        private final String name;
        private final NpzStream stream;
        private long done;

        Part(String name) throws IOException {
            this.name = name;
            this.stream = npz.open(name);
        }

        long size() {
            return stream.header().size();
        }

        void indices(int[] target, int count, long limit, LongFunction<String> where) throws IOException {
            npz.reading(name, () -> {
                stream.reader().readIndices(target, count, done, limit, where);
                return null;
            });
            done += count;
        }

        void values(float[] target, int count) throws IOException {
            npz.reading(name, () -> {
                if (!stream.header().isNumeric()) {
                    throw new DataException("it holds text, not numbers");
                }
                stream.reader().read(target, 0, count);
                return null;
            });
        }

        void verifyEnd() throws IOException {
            npz.reading(name, () -> {
                stream.verifyEnd();
                return null;
            });
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
