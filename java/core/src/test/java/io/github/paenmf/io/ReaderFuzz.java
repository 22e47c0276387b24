package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a file holds, reading it gives a matrix of sane size or a {@link DataException} with a short message. {@code
 * -Dpaenmf.test.files=N} changes each file so many times.
 */
@Timeout(300)
abstract class ReaderFuzz {

    static final int CASES = Integer.getInteger("paenmf.test.files", 300);
    private static final long MAXIMUM_BYTES = 1 << 22;
    static final ReadOptions OPTIONS = ReadOptions.defaults().withMaximumBytes(MAXIMUM_BYTES);

    private static final List<Storage> STORAGES = List.of(Storage.values());

    @TempDir
    Path directory;

    int accepted;
    int refused;

    interface Reading {
        /** Null for what is no matrix. */
        RowSource read() throws IOException;
    }

    void expectMatrixOrDataException(String what, Reading reading) {
        try {
            RowSource data = reading.read();
            accepted++;
            assertTrue(data == null || bytes(data) <= MAXIMUM_BYTES, what);
        } catch (DataException e) {
            refused++;
            String message = e.getMessage();
            assertTrue(message.startsWith(directory.toString()), what + ": " + message);
            assertTrue(message.length() < 1000 && message.lines().count() <= 2, what + ": " + message);
        } catch (IOException | RuntimeException e) {
            throw new AssertionError(what, e);
        }
    }

    private static long bytes(RowSource data) {
        return data instanceof SparseMatrix sparse ? sparse.bytes() : 4 * data.size();
    }

    /** Changes, removes, repeats or inserts some bytes. */
    static byte[] mutate(byte[] valid, Random random) {
        byte[] result = valid.clone();
        for (int change = random.nextInt(4); change >= 0 && result.length > 0; change--) {
            int at = random.nextInt(result.length);
            switch (random.nextInt(7)) {
                case 0 -> result[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> result[at] = (byte) random.nextInt(256);
                case 2 -> result[at] = (byte) "0129-+.,;\t\n\"' eE(){}%#".charAt(random.nextInt(22));
                case 3 -> result = Arrays.copyOf(result, at);
                case 4 ->
                    Arrays.fill(result, at, Math.min(result.length, at + 4), (byte) (random.nextBoolean() ? 0 : -1));
                default -> {
                    int length = Math.min(result.length - at, 1 + random.nextInt(20));
                    int to = random.nextInt(result.length);
                    byte[] longer = new byte[result.length + length];
                    System.arraycopy(result, 0, longer, 0, to);
                    System.arraycopy(result, at, longer, to, length);
                    System.arraycopy(result, to, longer, to + length, result.length - to);
                    result = longer;
                }
            }
        }
        return result;
    }

    void fuzz(String name, byte[] valid, UnaryOperator<byte[]> wrapping) throws IOException {
        Random random = new Random(name.hashCode());
        Path file = directory.resolve(name);
        for (int i = 0; i < CASES; i++) {
            byte[] content = wrapping.apply(i == 0 ? valid : mutate(valid, random));
            Files.write(file, content);
            ReadOptions options = OPTIONS.withTranspose(i % 2 == 1).withStorage(STORAGES.get(i / 2 % STORAGES.size()));
            expectMatrixOrDataException(name + " " + i, () -> MatrixReader.readData(file.toString(), options));
            if (i == 0) {
                assertTrue(accepted == 1, "the valid file is refused");
            }
        }
        assertTrue(refused > CASES / 20, "the changes change nothing: " + refused);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
