package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes small files, and checks what comes out of reading them. */
final class TestFiles {

    private TestFiles() {}

    static Path write(Path directory, String name, byte[] content) {
        try {
            return Files.write(directory.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path write(Path directory, String name, String content) {
        return write(directory, name, content.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] gzip(byte[] content) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
            gzip.finish();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of NumPy's format whose header is the given text. */
    static byte[] npy(int version, String header, byte[] elements) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer file =
                ByteBuffer.allocate(12 + text.length + elements.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(NpyHeader.MAGIC).put((byte) version).put((byte) 0);
        if (version == 1) {
            file.putShort((short) text.length);
        } else {
            file.putInt(text.length);
        }
        file.put(text).put(elements);
        byte[] result = new byte[file.position()];
        file.flip();
        file.get(result);
        return result;
    }

    static byte[] npy(String descr, boolean fortran, String shape, byte[] elements) {
        String header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': "
                + shape + ", }\n";
        return npy(1, header, elements);
    }

    static byte[] littleEndian(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    static byte[] littleEndian(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(values);
        return bytes.array();
    }

    /** A zip archive of deflated entries, name and content in turn. */
    static byte[] zip(Object... namesAndContents) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndContents.length; i += 2) {
                zip.putNextEntry(new ZipEntry((String) namesAndContents[i]));
                zip.write((byte[]) namesAndContents[i + 1]);
                zip.closeEntry();
            }
            zip.finish();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Matrix read(Path file) throws IOException {
        return MatrixReader.read(file.toString());
    }

    /** Reads only the nonzeros. */
    static SparseMatrix readSparse(Path file) throws IOException {
        return (SparseMatrix)
                MatrixReader.readData(file.toString(), ReadOptions.defaults().withStorage(Storage.SPARSE));
    }

    static void assertValues(float[][] expected, Matrix actual) {
        assertArrayEquals(expected, actual.toRows());
    }

    /** Checks that reading is refused in one or two lines, which name the file and hold the given parts. */
    static void assertRefused(Path file, ReadOptions options, String... parts) {
        assertRefused(file.toString(), file.toString(), options, parts);
    }

    static void assertRefused(Path file, String... parts) {
        assertRefused(file, ReadOptions.defaults().withStorage(Storage.DENSE), parts);
    }

    static void assertRefused(String input, String source, ReadOptions options, String... parts) {
        DataException e = assertThrows(DataException.class, () -> MatrixReader.readData(input, options));
        assertMessage(e, source + ": ", parts);
    }

    static void assertMessage(Exception e, String start, String... parts) {
        String message = e.getMessage();
        assertTrue(message.startsWith(start), message);
        assertTrue(message.indexOf(start, 1) < 0, "the source is named twice: " + message);
        assertTrue(message.lines().count() <= 2 && message.length() < 500, message);
        for (String part : parts) {
            assertTrue(message.contains(part), "'" + part + "' is missing in: " + message);
        }
    }

    /** Runs a Python script that uses NumPy and returns its output; without them, skips the test, except on CI. */
    static String python(String script, String... arguments) throws IOException, InterruptedException {
        boolean available;
        try {
            available = run(List.of("python3", "-c", "import numpy"), new StringBuilder()) == 0;
        } catch (IOException e) {
            available = false;
        }
        if (!available && "true".equals(System.getenv("CI"))) {
            fail("python3 with numpy is not installed");
        }
        assumeTrue(available, "python3 with numpy is not installed");
        List<String> command = new ArrayList<>(List.of("python3", "-c", script));
        command.addAll(List.of(arguments));
        StringBuilder output = new StringBuilder();
        int status = run(command, output);
        if (status != 0) {
            fail("python3 ended with " + status + ": " + output);
        }
        return output.toString();
    }

    private static int run(List<String> command, StringBuilder output) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        output.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("python3 does not end");
        }
        return process.exitValue();
    }
}
