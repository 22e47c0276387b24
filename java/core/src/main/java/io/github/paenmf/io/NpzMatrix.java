package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Finds the matrix in an {@code .npz} file: a dense array, or the parts of a sparse one as SciPy saves it. */
final class NpzMatrix {

    /** Arrays with the names of rows and columns, as {@link MatrixWriter} writes them. */
    static final String ROWS = "rows";

    static final String COLUMNS = "columns";

    /** The name under which {@link MatrixWriter} writes a single matrix. */
    static final String DATA = "data";

    private static final List<String> USUAL_NAMES = List.of(DATA, "X", "V");

    private NpzMatrix() {}

    /**
     * Reads the matrix.
     *
     * @param member the array to take, or null to find it
     */
    static Matrix read(Path path, String member, ReadOptions options) throws IOException {
        try (Npz npz = Npz.open(path)) {
            Set<String> names = npz.names();
            if (member == null && names.contains("format") && names.contains("shape")) {
                return withNames(npz, readSparse(npz, options), options.transpose());
            }
            String name = member == null ? choose(npz) : member;
            return withNames(npz, npz.matrix(name, options), options.transpose());
        }
    }

    private static String choose(Npz npz) throws IOException {
        List<String> candidates = new ArrayList<>();
        StringBuilder found = new StringBuilder();
        for (String name : npz.names()) {
            NpyHeader header = npz.header(name);
            if (found.length() < 300) {
                found.append(found.isEmpty() ? "" : ", ")
                        .append(name)
                        .append(" (")
                        .append(header)
                        .append(')');
            }
            if (header.dimensions() >= 2 && header.isNumeric()) {
                candidates.add(name);
            }
        }
        for (String usual : USUAL_NAMES) {
            if (candidates.contains(usual)) {
                return usual;
            }
        }
        if (candidates.size() != 1) {
            throw new DataException(
                    candidates.isEmpty()
                            ? "there is no matrix in it, a numeric array of 2 dimensions; it has "
                                    + (found.isEmpty() ? "no arrays" : found)
                            : "it has several matrices; choose one by appending # and its name: " + found);
        }
        return candidates.get(0);
    }

    private static Matrix withNames(Npz npz, Matrix matrix, boolean transposed) throws IOException {
        List<String> rows = names(npz, ROWS, transposed ? matrix.columns() : matrix.rows());
        List<String> columns = names(npz, COLUMNS, transposed ? matrix.rows() : matrix.columns());
        return transposed ? matrix.withNames(columns, rows) : matrix.withNames(rows, columns);
    }

    /**
     * The names in an array, if there is one; numbers may be names. A number or a matrix that only happens to be called
     * so is left alone.
     */
    private static List<String> names(Npz npz, String array, int count) throws IOException {
        if (!npz.names().contains(array)) {
            return List.of();
        }
        NpyHeader header = npz.header(array);
        if (header.isNumeric() && header.dimensions() != 1) {
            return List.of();
        }
        if (header.dimensions() != 1 || header.extent(0) != count) {
            throw new DataException("array '" + array + "' should name the matrix's " + count + " " + array
                    + ", but has the shape " + header.describeShape() + "; correct or remove it");
        }
        NpyArray names = npz.array(array);
        if (!header.isNumeric()) {
            return names.strings();
        }
        if (header.kind() != NpyHeader.Kind.FLOAT) {
            return Arrays.stream(names.longs()).mapToObj(Long::toString).toList();
        }
        double[] numbers = names.doubles();
        boolean single = names.type().equals("float32");
        return Arrays.stream(numbers)
                .mapToObj(number -> single ? Float.toString((float) number) : Double.toString(number))
                .toList();
    }

    private static Matrix readSparse(Npz npz, ReadOptions options) throws IOException {
        String format = npz.array("format").string();
        if (!List.of("csr", "csc", "coo").contains(format)) {
            throw new DataException(
                    "the sparse format '" + Sources.shown(format) + "' is not supported; save m.tocsr() instead");
        }
        long[] shape = npz.array("shape").longs();
        if (shape.length != 2 || shape[0] < 0 || shape[1] < 0) {
            throw damaged("its shape is not a pair of sizes");
        }
        return format.equals("coo")
                ? readCoordinates(npz, shape, options)
                : readCompressed(npz, format.equals("csr"), shape, options);
    }

    /** Entries with a row and a column each; those of the same place are added. */
    private static Matrix readCoordinates(Npz npz, long[] shape, ReadOptions options) throws IOException {
        int[] rows = npz.array("row").ints();
        int[] columns = npz.array("col").ints();
        float[] values = npz.array(DATA).floats();
        if (rows.length != values.length || columns.length != values.length) {
            throw damaged("row, col and data disagree about the number of entries");
        }
        boolean transpose = options.transpose();
        Matrix result = allocateDense(shape[transpose ? 1 : 0], shape[transpose ? 0 : 1], options);
        for (int entry = 0; entry < values.length; entry++) {
            if (rows[entry] < 0 || rows[entry] >= shape[0] || columns[entry] < 0 || columns[entry] >= shape[1]) {
                throw damaged("its entry " + (entry + 1) + " is at row " + rows[entry] + ", column " + columns[entry]
                        + ", counted from 0, in a matrix of " + shape[0] + " × " + shape[1]);
            }
            int row = transpose ? columns[entry] : rows[entry];
            int column = transpose ? rows[entry] : columns[entry];
            result.storage(row)[result.offset(row) + column] += values[entry];
        }
        return result;
    }

    /** Compressed sparse rows, or columns: the entries of line i are at indptr[i] to indptr[i + 1]. */
    private static Matrix readCompressed(Npz npz, boolean byRows, long[] shape, ReadOptions options)
            throws IOException {
        NpyHeader pointersHeader = npz.header("indptr");
        long lines = byRows ? shape[0] : shape[1];
        long length = byRows ? shape[1] : shape[0];
        if (pointersHeader.size() - 1 != lines) {
            throw damaged(
                    "indptr has " + pointersHeader.size() + " entries for " + lines + (byRows ? " rows" : " columns"));
        }
        long[] pointers = npz.array("indptr").longs();
        int[] indices = npz.array("indices").ints();
        float[] values = npz.array(DATA).floats();
        if (pointers[0] != 0 || pointers[pointers.length - 1] != indices.length || indices.length != values.length) {
            throw damaged("indptr, indices and data disagree about the number of entries");
        }
        boolean transpose = options.transpose();
        Matrix result = allocateDense(transpose ? shape[1] : shape[0], transpose ? shape[0] : shape[1], options);
        boolean lineIsRow = byRows != transpose;
        for (int line = 0; line < lines; line++) {
            if (pointers[line + 1] < pointers[line] || pointers[line + 1] > indices.length) {
                throw damaged("indptr does not ascend at its entry " + (line + 2));
            }
            for (int entry = (int) pointers[line]; entry < pointers[line + 1]; entry++) {
                int index = indices[entry];
                if (index < 0 || index >= length) {
                    throw damaged("indices holds " + index + " in a matrix of " + shape[0] + " × " + shape[1]);
                }
                int row = lineIsRow ? line : index;
                int column = lineIsRow ? index : line;
                result.storage(row)[result.offset(row) + column] += values[entry];
            }
        }
        return result;
    }

    /** Allocates the dense form of a sparse matrix; a message about its size says where that size comes from. */
    static Matrix allocateDense(long rows, long columns, ReadOptions options) {
        try {
            return options.allocate(rows, columns);
        } catch (DataException e) {
            throw new DataException("the file is sparse, but becomes dense in memory: " + e.getMessage(), e);
        }
    }

    private static DataException damaged(String what) {
        return new DataException("the sparse matrix is damaged: " + what);
    }
}
