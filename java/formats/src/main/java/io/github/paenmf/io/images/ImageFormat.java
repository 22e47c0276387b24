package io.github.paenmf.io.images;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.InputFormat;
import io.github.paenmf.io.ReadListener;
import io.github.paenmf.io.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;

/** Directories of PGM, PPM, PBM or PNG images; see {@link ImageDirectory}. */
public final class ImageFormat implements InputFormat {

    @Override
    public String title() {
        return "a directory of images";
    }

    @Override
    public boolean hasLayers() {
        return false;
    }

    @Override
    public boolean matches(byte[] head) {
        return false;
    }

    @Override
    public boolean matchesDirectory(Path directory) {
        return true;
    }

    @Override
    public RowSource read(Path path, ReadOptions options, ReadListener listener) throws IOException {
        listener.format("directory of images, a row each");
        return ImageDirectory.read(path, options);
    }
}
