package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.InputFormat;
import io.github.paenmf.io.ReadListener;
import io.github.paenmf.io.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;

/** HDF5: {@code .h5ad}, {@code .h5} of CellRanger and {@code .loom}; see {@link Hdf5Reader}. */
public final class Hdf5Format implements InputFormat {

    @Override
    public String title() {
        return "an HDF5 file";
    }

    @Override
    public boolean hasLayers() {
        return true;
    }

    @Override
    public boolean matches(byte[] head) {
        return Hdf5Reader.matches(head);
    }

    @Override
    public boolean matchesDirectory(Path directory) {
        return false;
    }

    @Override
    public RowSource read(Path path, ReadOptions options, ReadListener listener) throws IOException {
        double maximumSparseDensity = switch (options.storage()) {
            case AUTO -> ReadOptions.MAX_SPARSE_DENSITY;
            case DENSE -> -1;
            case SPARSE -> 1;
        };
        Hdf5Request request =
                new Hdf5Request(options.layer(), options.transpose(), options.maximumBytes(), maximumSparseDensity);
        return Hdf5Reader.read(path, request, listener::format, listener::note);
    }
}
