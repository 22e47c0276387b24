package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import java.util.List;
import java.util.function.Consumer;

/**
 * The format of CellRanger, {@code .h5}: features × barcodes in compressed columns, in the group {@code matrix} (version
 * 3), or in one group for each genome, which is then the layer (version 2).
 */
final class CellRangerLayout implements Hdf5Layout {

    @Override
    public String name() {
        return "CellRanger .h5";
    }

    @Override
    public boolean matches(Hdf5Group root) {
        return !groups(root).isEmpty();
    }

    private static List<String> groups(Hdf5Group root) {
        return root.names().stream()
                .filter(name -> root.hasGroup(name) && root.group(name).has("barcodes"))
                .toList();
    }

    @Override
    public StoredMatrix find(Hdf5Group root, String layer, Consumer<String> note) {
        List<String> found = groups(root);
        if (layer.isEmpty() && found.size() > 1) {
            throw new DataException(
                    "the file has a matrix for each genome; choose one with --layer: " + Messages.list(found));
        }
        if (!layer.isEmpty() && !found.contains(layer)) {
            throw new DataException("the file has no matrix '" + Messages.shown(layer) + "'; it has "
                    + Messages.list(found) + ": choose one of these with --layer, or leave it out");
        }
        Hdf5Group group = root.group(layer.isEmpty() ? found.get(0) : layer);
        long[] shape =
                group.array("shape").requireLength(2, "for each dimension").longs(0, 2);
        return new StoredMatrix(
                group.path() + " (CSC)",
                new CompressedLines(group, shape[0], shape[1], false),
                true,
                TextColumn.of(group, "barcodes"),
                features(group));
    }

    /** Their names, or else their ids. */
    private static TextColumn features(Hdf5Group group) {
        boolean current = group.hasGroup("features");
        Hdf5Group columns = current ? group.group("features") : group;
        String names = current ? "name" : "gene_names";
        return TextColumn.of(columns, columns.has(names) ? names : current ? "id" : "genes");
    }
}
