package io.github.paenmf.io.hdf5;

import java.util.function.Consumer;

/** Where a kind of HDF5 file keeps its matrices and names. */
interface Hdf5Layout {

    /** What such a file is called. */
    String name();

    /** Whether a file is of this kind. */
    boolean matches(Hdf5Group root);

    /**
     * Finds a matrix.
     *
     * @param layer as the user named it; empty for the usual one
     * @param note hears what else could have been read
     */
    StoredMatrix find(Hdf5Group root, String layer, Consumer<String> note);
}
