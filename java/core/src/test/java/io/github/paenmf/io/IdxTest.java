package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxTest {

    private static final float[][] VALUES = {{1, 2, 3, 4}, {5, 6, 7, 255}};

    @TempDir
    Path directory;

    private static byte[] idx(int type, int[] shape, byte[] elements) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * shape.length + elements.length);
        bytes.putShort((short) 0).put((byte) type).put((byte) shape.length);
        for (int extent : shape) {
            bytes.putInt(extent);
        }
        return bytes.put(elements).array();
    }

    private Path file(byte[] content) {
        return write(directory, "images-idx3-ubyte", content);
    }

    @Test
    void flattensImages() throws IOException {
        byte[] images = idx(0x08, new int[] {2, 2, 2}, new byte[] {1, 2, 3, 4, 5, 6, 7, -1});
        assertValues(VALUES, read(file(images)));
        assertValues(VALUES, read(write(directory, "images.gz", gzip(images))));
        Matrix transposed = MatrixReader.read(
                file(images).toString(), ReadOptions.defaults().withTranspose(true));
        assertValues(new float[][] {{1, 5}, {2, 6}, {3, 7}, {4, 255}}, transposed);
    }

    @Test
    void readsEveryType() throws IOException {
        int[] shape = {1, 2};
        assertValues(new float[][] {{1, -1}}, read(file(idx(0x09, shape, new byte[] {1, -1}))));
        assertValues(new float[][] {{256, -1}}, read(file(idx(0x0b, shape, new byte[] {1, 0, -1, -1}))));
        byte[] integers = ByteBuffer.allocate(8).putInt(70000).putInt(-1).array();
        assertValues(new float[][] {{70000, -1}}, read(file(idx(0x0c, shape, integers))));
        byte[] floats = ByteBuffer.allocate(8).putFloat(1.5f).putFloat(-1).array();
        assertValues(new float[][] {{1.5f, -1}}, read(file(idx(0x0d, shape, floats))));
        byte[] doubles = ByteBuffer.allocate(16).putDouble(1.5).putDouble(-1).array();
        assertValues(new float[][] {{1.5f, -1}}, read(file(idx(0x0e, shape, doubles))));
    }

    @Test
    void refusesLabelsAndDamage() {
        assertRefused(file(idx(0x08, new int[] {3}, new byte[3])), "1 dimension,");
        byte[] images = idx(0x08, new int[] {2, 2, 2}, new byte[8]);
        assertRefused(file(Arrays.copyOf(images, images.length - 1)), "only 7", "truncated");
        assertRefused(file(Arrays.copyOf(images, images.length + 1)), "holds 9");
        assertRefused(file(Arrays.copyOf(images, 10)), "inside its header");
        assertRefused(file(idx(0x08, new int[] {-1, -1, -1}, new byte[8])), "impossible shape");
        assertRefused(file(idx(0x08, new int[] {-1, 1}, new byte[8])), "4294967295 × 1");
        assertRefused(
                write(directory, "x.gz", gzip(idx(0x08, new int[] {1 << 30, 1 << 20}, new byte[8]))), "cannot hold");
        assertRefused(file(idx(0x0a, new int[] {1, 1}, new byte[1])), "format is not known");
    }

    @Test
    void theDigitsComeWithTheLibrary() throws IOException {
        Matrix digits = MatrixReader.read("demo:digits");
        assertEquals(1797, digits.rows());
        assertEquals(64, digits.columns());
        double sum = 0;
        for (float[] row : digits.toRows()) {
            for (float value : row) {
                assertEquals(value, Math.rint(Math.max(0, Math.min(16, value))));
                sum += value;
            }
        }
        assertEquals(561718, sum);
        float[] zero = {0, 0, 5, 13, 9, 1, 0, 0};
        for (int j = 0; j < zero.length; j++) {
            assertEquals(zero[j], digits.get(0, j));
        }
        Matrix transposed =
                MatrixReader.read("demo:digits", ReadOptions.defaults().withTranspose(true));
        assertEquals(13, transposed.get(3, 0));
    }
}
