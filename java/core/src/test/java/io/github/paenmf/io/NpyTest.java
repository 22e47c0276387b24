package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.littleEndian;
import static io.github.paenmf.io.TestFiles.npy;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {

    private static final float[][] TWO_BY_THREE = {{1, 2, 3}, {4, 5, 6}};
    private static final String SHAPE = "(2, 3)";
    private static final ReadOptions TRANSPOSED = ReadOptions.defaults().withTranspose(true);

    @TempDir
    Path directory;

    private Path file(byte[] content) {
        return write(directory, "a.npy", content);
    }

    /** The numbers 1 to 6 in any type. */
    private static byte[] oneToSix(String descr) {
        int size = descr.charAt(2) - '0';
        ByteBuffer bytes = ByteBuffer.allocate(6 * size)
                .order(descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        short[] halves = {0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600};
        for (int i = 1; i <= 6; i++) {
            if (descr.charAt(1) == 'f') {
                switch (size) {
                    case 2 -> bytes.putShort(halves[i - 1]);
                    case 4 -> bytes.putFloat(i);
                    default -> bytes.putDouble(i);
                }
            } else {
                switch (size) {
                    case 1 -> bytes.put((byte) i);
                    case 2 -> bytes.putShort((short) i);
                    case 4 -> bytes.putInt(i);
                    default -> bytes.putLong(i);
                }
            }
        }
        return bytes.array();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "|u1", "<u2",
                ">u2", "<u4", ">u4", "<u8", ">u8"
            })
    void readsEveryType(String descr) throws IOException {
        assertValues(TWO_BY_THREE, read(file(npy(descr, false, SHAPE, oneToSix(descr)))));
        // The same elements in Fortran order are a 3 × 2 matrix transposed.
        assertValues(
                TWO_BY_THREE,
                MatrixReader.read(
                        file(npy(descr, true, "(3, 2)", oneToSix(descr))).toString(), TRANSPOSED));
    }

    @Test
    void readsExtremes() throws IOException {
        byte[] ones = new byte[8];
        Arrays.fill(ones, (byte) 0xff);
        assertEquals(255, read(file(npy("|u1", false, "(1, 8)", ones))).get(0, 7));
        assertEquals(-1, read(file(npy("|i1", false, "(1, 8)", ones))).get(0, 7));
        assertEquals(65535, read(file(npy("<u2", false, "(1, 4)", ones))).get(0, 3));
        assertEquals(-1, read(file(npy("<i2", false, "(1, 4)", ones))).get(0, 3));
        assertEquals(4294967295f, read(file(npy("<u4", false, "(1, 2)", ones))).get(0, 1));
        assertEquals(-1, read(file(npy("<i4", false, "(1, 2)", ones))).get(0, 1));
        assertEquals(-1, read(file(npy("<i8", false, "(1, 1)", ones))).get(0, 0));
        assertRefused(file(npy("<u8", false, "(1, 1)", ones)), "18446744073709551615 is too large");
        assertValues(new float[][] {{0, 1, 1}}, read(file(npy("|b1", false, "(1, 3)", new byte[] {0, 1, 1}))));
        byte[] huge =
                ByteBuffer.allocate(16).putDouble(1e300).putDouble(Double.NaN).array();
        assertRefused(file(npy(">f8", false, "(1, 2)", huge)), "1.0E300", "scale the data down");
        byte[] special = ByteBuffer.allocate(16)
                .putDouble(Double.NEGATIVE_INFINITY)
                .putDouble(Double.NaN)
                .array();
        assertValues(
                new float[][] {{Float.NEGATIVE_INFINITY, Float.NaN}}, read(file(npy(">f8", false, "(1, 2)", special))));
    }

    @Test
    void convertsHalfPrecision() {
        assertEquals(0x1p-24f, NpyReader.halfToFloat((short) 1));
        assertEquals(1023 * 0x1p-24f, NpyReader.halfToFloat((short) 0x3ff));
        assertEquals(0x1p-14f, NpyReader.halfToFloat((short) 0x400));
        assertEquals(65504f, NpyReader.halfToFloat((short) 0x7bff));
        assertEquals(-2f, NpyReader.halfToFloat((short) 0xc000));
        assertEquals(Float.NEGATIVE_INFINITY, NpyReader.halfToFloat((short) 0xfc00));
        assertTrue(Float.isNaN(NpyReader.halfToFloat((short) 0x7e00)));
        assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(NpyReader.halfToFloat((short) 0x8000)));
    }

    @Test
    void readsTransposedAndInFortranOrder() throws IOException {
        byte[] elements = littleEndian(1f, 2, 3, 4, 5, 6);
        assertValues(
                new float[][] {{1, 4}, {2, 5}, {3, 6}},
                MatrixReader.read(file(npy("<f4", false, SHAPE, elements)).toString(), TRANSPOSED));
        assertValues(new float[][] {{1, 3, 5}, {2, 4, 6}}, read(file(npy("<f4", true, SHAPE, elements))));
    }

    @ParameterizedTest
    @CsvSource({"1000, 70", "70, 1000", "1, 300", "300, 1", "20000, 65", "3, 100000", "1500000, 2"})
    void readsShapesThatTakeSeveralPieces(int rows, int columns) throws IOException {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 65521;
        }
        String shape = "(" + rows + ", " + columns + ")";
        Matrix byRows = read(file(npy("<f4", false, shape, littleEndian(values))));
        Matrix byColumns = read(file(npy("<f4", true, shape, littleEndian(values))));
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                if (byRows.get(i, j) != values[i * columns + j] || byColumns.get(i, j) != values[j * rows + i]) {
                    throw new AssertionError("row " + i + ", column " + j);
                }
            }
        }
        assertEquals(rows, byColumns.rows());
        assertEquals(columns, byRows.columns());
    }

    @Test
    void flattensMoreDimensions() throws IOException {
        byte[] elements = littleEndian(1f, 2, 3, 4, 5, 6, 7, 8);
        float[][] expected = {{1, 2, 3, 4}, {5, 6, 7, 8}};
        assertValues(expected, read(file(npy("<f4", false, "(2, 2, 2)", elements))));
        assertRefused(file(npy("<f4", true, "(2, 2, 2)", elements)), "Fortran", "ascontiguousarray");
    }

    @Test
    void readsEveryHeaderVersionAndGzip() throws IOException {
        for (int version = 1; version <= 3; version++) {
            String header = "{\"shape\":(2,3,),'fortran_order':False,'descr':'<f4'}   \n";
            byte[] content = npy(version, header, littleEndian(1f, 2, 3, 4, 5, 6));
            assertValues(TWO_BY_THREE, read(file(content)));
            assertValues(TWO_BY_THREE, read(write(directory, "a.npy.gz", gzip(content))));
        }
        assertValues(TWO_BY_THREE, read(file(npy("<f4", false, "(2L, 3L)", littleEndian(1f, 2, 3, 4, 5, 6)))));
    }

    @Test
    void refusesShapesThatAreNoMatrix() {
        assertRefused(file(npy("<f4", false, "(6,)", new byte[24])), "1 dimension,", "reshape");
        assertRefused(file(npy("<f4", false, "()", new byte[4])), "0 dimensions");
        assertRefused(file(npy("<f4", false, "(0, 3)", new byte[0])), "empty", "0 × 3");
        assertRefused(file(npy("<f4", false, "(3, 0)", new byte[0])), "empty", "3 × 0");
    }

    @Test
    void refusesTypesThatAreNoNumbers() {
        for (String objects : new String[] {"|O", "|O8"}) {
            assertRefused(
                    file(npy(objects, false, SHAPE, new byte[60])),
                    "Python objects, which are never loaded",
                    "numbers with .astype(float), names with .astype(str)");
        }
        assertRefused(file(npy("<U2", false, SHAPE, new byte[48])), "text, not numbers");
        for (String descr : new String[] {"<c8", "<f16", "<M8", "|V4", "<f3", "f4", "<f", "<f99999999999", "<U0"}) {
            assertRefused(file(npy(descr, false, SHAPE, new byte[60])), "elements of type '" + descr, "astype");
        }
        String structured = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }\n";
        assertRefused(file(npy(1, structured, new byte[24])), "structured");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{'descr': '<f4', 'fortran_order': False}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
                "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
                "{'descr': '<f4', 'fortran_order': No, 'shape': (2, 3)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 9999999999999999999)}",
                "{'descr': '<f4, 'fortran_order': False, 'shape': (2, 3)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} + 1",
                "{'descr': '<f4', 'fortran_order': False,"
                        + " 'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)}"
            })
    void refusesMalformedHeaders(String header) {
        assertRefused(file(npy(1, header, new byte[24])), "header is malformed");
    }

    @Test
    void refusesDamagedStarts() {
        byte[] good = npy("<f4", false, SHAPE, littleEndian(1f, 2, 3, 4, 5, 6));
        byte[] version = good.clone();
        version[6] = 4;
        assertRefused(file(version), "version 4");
        assertRefused(file(Arrays.copyOf(good, 30)), "inside the header", "truncated");
        assertRefused(file(Arrays.copyOf(good, 9)), "header");
        assertRefused(file(Arrays.copyOf(good, 7)), "NumPy's format");
        byte[] longHeader = npy(2, "{}", new byte[0]);
        longHeader[11] = 0x7f;
        assertRefused(file(longHeader), "claims 2130706434 bytes");
    }

    @Test
    void refusesWrongLengthsBeforeItAllocates() {
        byte[] elements = littleEndian(1f, 2, 3, 4, 5, 6);
        byte[] good = npy("<f4", false, SHAPE, elements);
        assertRefused(file(Arrays.copyOf(good, good.length - 1)), "2 × 3 float32, 24 bytes", "only 23", "truncated");
        assertRefused(file(Arrays.copyOf(good, good.length + 1)), "24 bytes", "25");
        assertRefused(file(npy("<f4", false, "(1000000000, 1000000)", elements)), "truncated");
        assertRefused(file(npy("<f4", false, "(999999999999, 999999999999)", elements)), "impossible shape");
        Path zipped = write(directory, "a.npy.gz", gzip(npy("<f4", false, "(1000000, 1000000)", elements)));
        assertRefused(zipped, "cannot hold more than");
        assertRefused(
                write(directory, "b.npy.gz", gzip(Arrays.copyOf(good, good.length - 1))), "after 23", "truncated");
        assertRefused(write(directory, "c.npy.gz", gzip(Arrays.copyOf(good, good.length + 1))), "more data follow");
        assertRefused(file(good), ReadOptions.defaults().withMaximumBytes(23), "24 bytes", "limit of 23");
    }

    /** A sparse file of zeros, so that only its size is large. */
    @Test
    void refusesWhatTheHeapCannotHold() throws IOException {
        long rows = Runtime.getRuntime().maxMemory() / 1000;
        byte[] header = npy("|u1", false, "(" + rows + ", 1000)", new byte[0]);
        Path file = file(header);
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), header.length + rows * 1000 - 1);
        }
        assertRefused(file, rows + " × 1000", "needs", "heap", "-Xmx");
    }
}
