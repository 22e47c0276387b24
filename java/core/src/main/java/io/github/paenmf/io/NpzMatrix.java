package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
     * @param listener hears in which form the matrix is
     */
    static RowSource read(Path path, String member, ReadOptions options, ReadListener listener) throws IOException {
        try (Npz npz = Npz.open(path)) {
            if (member == null && NpzSparse.matches(npz)) {
                return withNames(npz, NpzSparse.read(npz, options, listener), options.transpose());
            }
            listener.format(".npz");
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

    private static RowSource withNames(Npz npz, RowSource data, boolean transposed) throws IOException {
        List<String> rows = names(npz, ROWS, transposed ? data.columns() : data.rows());
        List<String> columns = names(npz, COLUMNS, transposed ? data.rows() : data.columns());
        return transposed ? data.withNames(columns, rows) : data.withNames(rows, columns);
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
}
