package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The format of anndata, {@code .h5ad}: X, samples × features, and its layers; {@code obs} and {@code var} are tables
 * about samples and features, each with an attribute that says which column holds the names.
 */
final class AnnDataLayout implements Hdf5Layout {

    private static final String LAYERS = "layers";
    private static final String RAW = "raw/X";

    @Override
    public String name() {
        return ".h5ad";
    }

    @Override
    public boolean matches(Hdf5Group root) {
        return root.text("encoding-type").equals("anndata") || root.has("obs") && root.has("var");
    }

    @Override
    public StoredMatrix find(Hdf5Group root, String layer, Consumer<String> note) {
        List<String> found = matrices(root);
        if (found.isEmpty()) {
            throw new DataException("the file has no matrix: neither X nor layers nor raw/X");
        }
        String path = layer.isEmpty() ? "X" : resolve(layer, found);
        if (path == null || !found.contains(path)) {
            throw new DataException(
                    (layer.isEmpty() ? "the file has no X" : "the file has no layer '" + Messages.shown(layer) + "'")
                            + "; choose with --layer what to read: " + Messages.list(found));
        }
        if (layer.isEmpty() && found.size() > 1) {
            note.accept("X is read; --layer reads another: " + Messages.list(found.subList(1, found.size())));
        }
        boolean raw = path.equals(RAW);
        boolean oldRaw = raw && !root.hasGroup("raw"); // before anndata 0.7
        Hdf5Group parent = oldRaw || path.equals("X") ? root : root.group(raw ? "raw" : LAYERS);
        String name = oldRaw ? "raw.X" : path.substring(path.indexOf('/') + 1);
        return matrix(
                parent,
                name,
                names(root, "obs"),
                raw && !oldRaw ? names(parent, "var") : names(root, oldRaw ? "raw.var" : "var"));
    }

    /** What there is to read, X first. */
    private static List<String> matrices(Hdf5Group root) {
        List<String> found = new ArrayList<>();
        if (isMatrix(root, "X")) {
            found.add("X");
        }
        if (root.hasGroup("raw") ? isMatrix(root.group("raw"), "X") : root.has("raw.X")) {
            found.add(RAW);
        }
        if (root.hasGroup(LAYERS)) {
            Hdf5Group layers = root.group(LAYERS);
            layers.names().stream().map(name -> LAYERS + "/" + name).forEach(found::add);
        }
        return found;
    }

    private static boolean isMatrix(Hdf5Group parent, String name) {
        return parent.has(name) && !(parent.hasArray(name) && parent.array(name).isNull());
    }

    private static String resolve(String layer, List<String> found) {
        return found.contains(LAYERS + "/" + layer) ? LAYERS + "/" + layer : layer.equals("raw") ? RAW : layer;
    }

    private static TextColumn names(Hdf5Group parent, String table) {
        if (!parent.has(table)) {
            return TextColumn.NONE;
        }
        if (parent.hasGroup(table)) {
            Hdf5Group columns = parent.group(table);
            String index = columns.text("_index").isEmpty() ? "_index" : columns.text("_index");
            return columns.has(index) || columns.attribute("_index") != null
                    ? TextColumn.of(columns, index)
                    : TextColumn.NONE;
        }
        Hdf5Array rows = parent.array(table);
        if (!rows.isCompound()) {
            throw new DataException(rows.path() + " should be a table, but is a list; the file is damaged");
        }
        return TextColumn.member(rows, List.of("index", "_index"));
    }

    private static StoredMatrix matrix(Hdf5Group parent, String name, TextColumn samples, TextColumn features) {
        if (parent.hasGroup(name)) {
            Hdf5Group group = parent.group(name);
            String format = group.text("encoding-type").isEmpty()
                    ? group.text("h5sparse_format") // before anndata 0.7
                    : group.text("encoding-type").replace("_matrix", "");
            if (!format.equals("csr") && !format.equals("csc")) {
                throw unknown(group.path(), group.text("encoding-type"));
            }
            long[] shape = shape(group);
            return new StoredMatrix(
                    group.path() + " (" + format.toUpperCase(Locale.ROOT) + ")",
                    new CompressedLines(group, shape[0], shape[1], format.equals("csr")),
                    false,
                    samples,
                    features);
        }
        Hdf5Array array = parent.array(name);
        String encoding = array.text("encoding-type");
        if (!encoding.isEmpty() && !encoding.equals("array")) {
            throw unknown(array.path(), encoding);
        }
        return new StoredMatrix(array.path() + " (dense)", new DenseLines(array), false, samples, features);
    }

    private static DataException unknown(String path, String encoding) {
        return new DataException(path + " has the encoding '" + Messages.shown(encoding)
                + "', which is not supported; save it as csr_matrix, csc_matrix or array");
    }

    private static long[] shape(Hdf5Group group) {
        Object shape = group.attribute("shape") == null ? group.attribute("h5sparse_shape") : group.attribute("shape");
        long[] sizes = shape instanceof int[] ints
                ? Arrays.stream(ints).asLongStream().toArray()
                : shape instanceof long[] longs ? longs : new long[0];
        if (sizes.length != 2 || sizes[0] < 0 || sizes[1] < 0) {
            throw new DataException(group.path() + " lacks its attribute shape, a pair of sizes; the file is damaged");
        }
        return sizes;
    }
}
