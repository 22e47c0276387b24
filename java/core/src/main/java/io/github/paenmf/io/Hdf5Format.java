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
     * Reads the matrix. Features are named as those of 10x directories: where a name repeats, it is made unique.
     *
     * @param path a file; the caller puts it in front of messages
     * @throws DataException if the content cannot be used
     */
    static RowSource read(Path path, ReadOptions options, ReadListener listener) throws IOException {
        double maximumSparseDensity = switch (options.storage()) {
            case AUTO -> ReadOptions.MAX_SPARSE_DENSITY;
            case DENSE -> -1;
            case SPARSE -> 1;
        };
        Hdf5Request request =
                new Hdf5Request(options.layer(), options.transpose(), options.maximumBytes(), maximumSparseDensity);
        RowSource data = Hdf5Reader.read(path, request, listener::format, listener::note);
        return options.transpose()
                ? data.withNames(UniqueNames.of(data.rowNames()), data.columnNames())
                : data.withNames(data.rowNames(), UniqueNames.of(data.columnNames()));
    }
}
