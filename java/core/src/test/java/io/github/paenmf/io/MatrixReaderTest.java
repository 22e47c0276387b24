package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertMessage;
import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.littleEndian;
import static io.github.paenmf.io.TestFiles.npy;
import static io.github.paenmf.io.TestFiles.write;
import static io.github.paenmf.io.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixReaderTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"missing.csv", "missing.npz#a", "#", "a.csv/b", "demo:faces", "demo:", "a\0b"})
    void saysThatThereIsNoSuchInput(String name) {
        write(directory, "a.csv", "1,2\n");
        String input = name.startsWith("demo:") ? name : directory + "/" + name;
        NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> MatrixReader.read(input));
        assertMessage(e, input + ": ");
    }

    @Test
    void readsAMatrixFromADevice() {
        assumeTrue(Files.exists(Path.of("/dev/null")), "no POSIX system");
        assertRefused(Path.of("/dev/null"), "empty");
    }

    @Test
    void saysThatAFileIsNotReadable() throws IOException {
        Path file = write(directory, "a.csv", "1,2\n");
        assumeTrue(Files.getFileStore(file).supportsFileAttributeView("posix"), "no POSIX system");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isReadable(file), "this user may read anything");
        AccessDeniedException e = assertThrows(AccessDeniedException.class, () -> MatrixReader.read(file.toString()));
        assertMessage(e, file + ": ", "permission denied");
    }

    /** A pipe has no size and cannot be read twice. */
    @Test
    @Timeout(60)
    void readsFromAPipe() throws Exception {
        Path pipe = directory.resolve("pipe");
        try {
            assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "no pipes");
        } catch (IOException e) {
            assumeTrue(false, "no mkfifo");
        }
        assertValues(new float[][] {{1, 2}, {3, 4}}, through(pipe, "1,2\n3,4\n".getBytes(StandardCharsets.UTF_8)));
        byte[] array = npy("<f4", false, "(1, 2)", littleEndian(1f, 2));
        assertValues(new float[][] {{1, 2}}, through(pipe, array));
        DataException e = assertThrows(DataException.class, () -> through(pipe, zip("a.npy", array)));
        assertMessage(e, pipe + ": ", "cannot be read from a pipe");
    }

    private static Matrix through(Path pipe, byte[] content) throws IOException {
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            try {
                Files.write(pipe, content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Matrix matrix = MatrixReader.read(pipe.toString());
        writing.join();
        return matrix;
    }

    /** They would be ignored. */
    @Test
    void optionsOfTablesAreRefusedForOtherFormats() throws IOException {
        byte[] array = npy("<f4", false, "(1, 2)", littleEndian(1f, 2));
        String market = "%%MatrixMarket matrix array real general\n1 1\n5\n";
        List<String> inputs = List.of(
                write(directory, "a.npy", array).toString(),
                write(directory, "a.npz", zip("a.npy", array)).toString(),
                write(directory, "a.mtx", market).toString(),
                MatrixReader.DEMO_DIGITS);
        ReadOptions options = ReadOptions.defaults();
        for (String input : inputs) {
            for (ReadOptions table : List.of(
                    options.withDelimiter(';'),
                    options.withHeader(ReadOptions.Presence.NO),
                    options.withRowNames(ReadOptions.Presence.YES))) {
                DataException e = assertThrows(DataException.class, () -> MatrixReader.read(input, table), input);
                assertMessage(e, input + ": this is a", "have no effect; leave them out");
            }
        }
    }

    @Test
    void theContentDecidesAboutTheFormat() throws IOException {
        byte[] array = npy("<f4", false, "(1, 2)", littleEndian(1f, 2));
        assertValues(new float[][] {{1, 2}}, TestFiles.read(write(directory, "array.csv", array)));
        assertValues(new float[][] {{1, 2}}, TestFiles.read(write(directory, "archive.txt", zip("a.npy", array))));
        String market = "%%MatrixMarket matrix array real general\n1 1\n5\n";
        assertValues(new float[][] {{5}}, TestFiles.read(write(directory, "market", market)));
        assertEquals(64, MatrixReader.read(MatrixReader.DEMO_DIGITS).columns());
    }
}
