package io.github.paenmf.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether the system's loader would find a library. Asking the loader itself means to load one of ours that needs it,
 * of which newer JVMs warn: without a GPU there is no reason to.
 */
final class SystemLoader {

    /** Where glibc looks besides its cache. */
    private static final List<String> DEFAULTS =
            List.of("lib64", "usr/lib64", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib", "usr/lib");

    private SystemLoader() {}

    static boolean mayFind(String library) {
        return mayFind(library, System.getenv("LD_LIBRARY_PATH"), Path.of("/"));
    }

    /** With what it depends on: the variable, which may be null, and the root of the file system. */
    static boolean mayFind(String library, String libraryPath, Path root) {
        List<Path> folders = new ArrayList<>();
        if (libraryPath != null) {
            Stream.of(libraryPath.split(File.pathSeparator, -1)).map(Path::of).forEach(folders::add);
        }
        DEFAULTS.forEach(folder -> folders.add(root.resolve(folder)));
        return folders.stream().anyMatch(folder -> Files.exists(folder.resolve(library)))
                || contains(root.resolve("etc/ld.so.cache"), "/" + library + "\0")
                // The process may have it already, from wherever; the file is named by its full version.
                || contains(root.resolve("proc/self/maps"), "/" + library.replaceFirst("\\.so\\..*", ".so."));
    }

    private static boolean contains(Path file, String text) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException e) {
            return false; // not there, and so it names nothing
        }
    }
}
