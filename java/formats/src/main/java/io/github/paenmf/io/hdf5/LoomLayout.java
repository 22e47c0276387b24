package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import java.util.List;
import java.util.function.Consumer;

/**
 * The format of loompy, {@code .loom}: the data set {@code matrix}, features × samples, all values, and layers of the
 * same shape; {@code row_attrs} is about features, {@code col_attrs} about samples.
 */
final class LoomLayout implements Hdf5Layout {

    /** Where names may be, the first found is taken: those of anndata, and those of loompy. */
    private static final List<String> FEATURES = List.of("var_names", "Gene", "Accession");

    private static final List<String> SAMPLES = List.of("obs_names", "CellID");
    private static final String MATRIX = "matrix";
    private static final String LAYERS = "layers";

    @Override
    public String name() {
        return ".loom";
    }

    @Override
    public boolean matches(Hdf5Group root) {
        return root.hasArray(MATRIX) && root.has("row_attrs");
    }

    @Override
    public StoredMatrix find(Hdf5Group root, String layer, Consumer<String> note) {
        List<String> layers =
                root.hasGroup(LAYERS) ? List.copyOf(root.group(LAYERS).names()) : List.of();
        String name = layer.startsWith(LAYERS + "/") ? layer.substring(LAYERS.length() + 1) : layer;
        if (!name.isEmpty() && !name.equals(MATRIX) && !layers.contains(name)) {
            throw new DataException("the file has no layer '" + Messages.shown(name) + "'; it has " + MATRIX
                    + " and the layers " + Messages.list(layers));
        }
        if (name.isEmpty() && !layers.isEmpty()) {
            note.accept(MATRIX + " is read; --layer reads another: " + Messages.list(layers));
        }
        Hdf5Array matrix = layers.contains(name) ? root.group(LAYERS).array(name) : root.array(MATRIX);
        return new StoredMatrix(
                matrix.path() + " (dense)",
                new DenseLines(matrix),
                true,
                names(root, "col_attrs", SAMPLES, note),
                names(root, "row_attrs", FEATURES, note));
    }

    private static TextColumn names(Hdf5Group root, String table, List<String> columns, Consumer<String> note) {
        if (root.hasGroup(table)) {
            Hdf5Group attributes = root.group(table);
            for (String column : columns) {
                if (attributes.has(column)) {
                    return TextColumn.of(attributes, column);
                }
            }
            note.accept(attributes.path() + " has none of " + Messages.list(columns)
                    + ", and so there are no names; it has " + Messages.list(attributes.names()));
        }
        return TextColumn.NONE;
    }
}
