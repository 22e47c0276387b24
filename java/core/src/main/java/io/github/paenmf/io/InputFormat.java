package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A format that {@link MatrixReader} reads with the help of another library: {@link java.util.ServiceLoader} finds it on the
 * class path or the module path. The library {@code paenmf-formats} has HDF5 and directories of images.
 */
public interface InputFormat {

    /** What it is in a message: "an HDF5 file". */
    String title();

    /** Whether there are several data sets in a file, of which {@link ReadOptions#layer()} names one. */
    boolean hasLayers();

    /**
     * Whether it reads a file that is no archive.
     *
     * @param head its first bytes, up to 64 KiB
     */
    boolean matches(byte[] head);

    /** Whether it reads a directory; the formats are asked when it is no directory of 10x Genomics. */
    boolean matchesDirectory(Path directory);

    /**
     * Reads the data, in the storage that suits the format.
     *
     * @param path a file or a directory that matches
     * @param listener hears how it was read
     * @return n × m, with names if there are some; features may share names, which the caller makes unique
     * @throws DataException if the content cannot be used; the caller puts the path in front of the message
     * @throws IOException if it cannot be read
     */
    RowSource read(Path path, ReadOptions options, ReadListener listener) throws IOException;
}
