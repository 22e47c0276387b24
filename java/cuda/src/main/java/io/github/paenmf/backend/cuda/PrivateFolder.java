package io.github.paenmf.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A new folder for native libraries that only this process's user may enter. A library stays loaded when its file is
 * gone, so closing removes the folder, and nothing is left behind however the process ends.
 */
final class PrivateFolder implements AutoCloseable {

    private final Path path;
    private final List<Path> files = new ArrayList<>();

    PrivateFolder() {
        try {
            path = Files.createTempDirectory("paenmf-natives"); // rwx------
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static UncheckedIOException failure(IOException e) {
        return new UncheckedIOException(
                "cannot unpack native libraries into " + System.getProperty("java.io.tmpdir")
                        + "; name a folder that may hold them with -Djava.io.tmpdir: " + e,
                e);
    }

    /**
     * Writes a resource, which may be another module's, into the folder.
     *
     * @param resource its path, without a slash before it
     * @param jar that has it
     */
    Path unpack(String resource, String name, String jar) {
        Path file = path.resolve(name);
        files.add(file);
        try (InputStream in = PrivateFolder.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) {
                throw new UnsatisfiedLinkError(jar + " is on neither the class path nor the module path, where "
                        + resource + " is looked for");
            }
            Files.copy(in, file);
            return file;
        } catch (IOException e) {
            throw failure(e);
        }
    }

    boolean contains(String file) {
        return file.startsWith(path + File.separator);
    }

    /**
     * Runs what initialises a class of JCuda, which then finds the library in this folder: the only way to tell it
     * where is the property that names the temporary folder.
     */
    void initialise(Runnable initialiser) {
        settleTemporaryFolder();
        String before = System.setProperty("java.io.tmpdir", path.toString());
        try {
            initialiser.run();
        } finally {
            System.setProperty("java.io.tmpdir", before);
        }
    }

    /** The JDK keeps the property's value when it first makes a temporary file: that must not be our folder. */
    private static void settleTemporaryFolder() {
        try {
            Files.delete(File.createTempFile("paenmf", null).toPath());
        } catch (IOException e) {
            throw failure(e);
        }
    }

    @Override
    public void close() {
        try {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + path, e);
        }
    }
}
