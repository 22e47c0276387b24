package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** The format of blocks, and those of other libraries that are on the class path or the module path. */
final class InputFormats {

    private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    private static final String ADD_FORMATS =
            " is read by the library paenmf-formats, which is on neither the class path nor"
                    + " the module path; add it";

    private InputFormats() {}

    private static List<InputFormat> all() {
        Stream<InputFormat> ofOthers =
                ServiceLoader.load(InputFormat.class, InputFormats.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get);
        return Stream.concat(Stream.of(new BlockFormat()), ofOthers).toList();
    }

    /**
     * The one that reads a directory.
     *
     * @throws DataException if there is none
     */
    static InputFormat ofDirectory(Path directory) {
        return all().stream()
                .filter(format -> format.matchesDirectory(directory))
                .findFirst()
                .orElseThrow(() -> new DataException("a directory of images" + ADD_FORMATS));
    }

    /**
     * The one that reads a file, or null if there is none.
     *
     * @param head its first bytes
     * @throws DataException if it is HDF5, and there is none
     */
    static InputFormat ofFile(byte[] head) {
        InputFormat found = all().stream()
                .filter(format -> format.matches(head))
                .findFirst()
                .orElse(null);
        if (found == null && head.length >= HDF5.length && Arrays.equals(HDF5, Arrays.copyOf(head, HDF5.length))) {
            throw new DataException("an HDF5 file" + ADD_FORMATS);
        }
        return found;
    }
}
