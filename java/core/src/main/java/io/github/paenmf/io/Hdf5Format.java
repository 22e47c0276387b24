package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.hdf5.Hdf5Reader;
import io.github.paenmf.io.hdf5.Hdf5Request;
import java.io.IOException;
import java.nio.file.Path;

/** HDF5: {@code .h5ad}, {@code .h5} of CellRanger and {@code .loom}; see {@link Hdf5Reader}. */
final class Hdf5Format {

    private Hdf5Format() {}

    /** Whether a file begins like HDF5. */
    static boolean matches(byte[] head) {
        return Hdf5Reader.matches(head);
    }

    /**
     * Reads the matrix.
     *
     * @param maximumSparseDensity see {@link Hdf5Request}
     * @throws DataException if the content cannot be used; the message begins with the path
     */
    static RowSource read(Path path, ReadOptions options, double maximumSparseDensity, ReadListener listener)
            throws IOException {
        Hdf5Request request =
                new Hdf5Request(options.layer(), options.transpose(), options.maximumBytes(), maximumSparseDensity);
        return Sources.reading(path.toString(), () -> Hdf5Reader.read(path, request, listener::format, listener::note));
    }
}
