package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads the matrix of an HDF5 file, samples × features, with its names:
 *
 * <ul>
 *   <li>{@code .h5ad} of anndata: X, {@code raw/X} or a layer, as CSR, CSC or dense
 *   <li>{@code .h5} of CellRanger: one matrix (version 3), or one for each genome (version 2)
 *   <li>{@code .loom}: the matrix or a layer
 * </ul>
 *
 * <p>What decides is what is in the file, not its name. Data are read slice by slice: besides the matrix there are some
 * 10 MB, or a few chunks of the file if those are larger, and the starts of the rows. A matrix that lies the other way
 * round than it is wanted is held twice for a while.
 *
 * <p>{@code -2147483648} in a 32-bit integer data set (which is how R writes a missing value), and anything but 0 and 1
 * in a logical one, become NaN.
 */
public final class Hdf5Reader {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

    private Hdf5Reader() {}

    /**
     * Whether a file is HDF5: it has the signature at 0, 512, 1024, 2048, …
     *
     * @param head its first bytes; a signature beyond them is not seen
     */
    public static boolean matches(byte[] head) {
        for (int at = 0; at + SIGNATURE.length <= head.length; at = at == 0 ? 512 : 2 * at) {
            if (Arrays.equals(head, at, at + SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Reads the matrix.
     *
     * @param format hears what kind of file it is
     * @param note hears what else could have been read
     * @return a dense or a sparse matrix, with the names that the file has
     * @throws DataException if the file cannot be used; the message says which data set is wrong, but not which file
     * @throws IOException if the file cannot be opened
     */
    public static RowSource read(Path path, Hdf5Request request, Consumer<String> format, Consumer<String> note)
            throws IOException {
        try (Hdf5Tree tree = Hdf5Tree.open(path)) {
            Hdf5Group root = tree.root();
            for (Hdf5Layout layout : List.of(new AnnDataLayout(), new CellRangerLayout(), new LoomLayout())) {
                if (layout.matches(root)) {
                    StoredMatrix stored = layout.find(root, request.layer(), note);
                    format.accept(layout.name() + ", " + stored.what());
                    return stored.read(request);
                }
            }
            throw new DataException("this HDF5 file is neither .h5ad, nor of CellRanger, nor .loom: its top level has "
                    + Messages.list(root.names()) + "; save the data as one of these, or as .npz");
        }
    }
}
