package io.github.paenmf.cli;

import io.github.paenmf.io.CannotWriteException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Finds out before any work is done whether its result can be written. */
final class OutputFile {

    private OutputFile() {}

    /**
     * Checks a file by creating one beside it: only that tells on every file system.
     *
     * @throws CannotWriteException that says why not
     */
    static void requireWritable(Path target) throws CannotWriteException {
        if (Files.isDirectory(target)) {
            throw new CannotWriteException(target, "it is a directory; give the name of a file", null);
        }
        if (isDevice(target)) {
            if (!Files.isWritable(target)) {
                throw new CannotWriteException(target, "permission denied", null);
            }
            return;
        }
        try {
            Path directory = (Files.exists(target) ? target.toRealPath() : target.toAbsolutePath()).getParent();
            if (directory == null || !Files.isDirectory(directory)) {
                throw new CannotWriteException(
                        target, "there is no directory " + directory + "; create it first", null);
            }
            Files.delete(Files.createTempFile(directory, ".paenmf", ".tmp"));
        } catch (CannotWriteException e) {
            throw e;
        } catch (IOException e) {
            throw new CannotWriteException(target, reason(e), e);
        }
    }

    /**
     * Checks that the name says which format to write.
     *
     * @throws ParameterException that lists the extensions
     */
    static void requireExtension(CommandLine commandLine, Path target, String... extensions) {
        String name = target.toString().toLowerCase(Locale.ROOT);
        if (Arrays.stream(extensions).noneMatch(name::endsWith)) {
            throw new ParameterException(
                    commandLine,
                    "--output must end in " + String.join(" or ", extensions) + ", not be '" + target + "'");
        }
    }

    /** Whether the target is a pipe or the like: it takes bytes under any name. */
    static boolean isDevice(Path target) {
        return Files.exists(target) && !Files.isRegularFile(target) && !Files.isDirectory(target);
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        return e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e.getMessage();
    }
}
