package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertMessage;
import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.littleEndian;
import static io.github.paenmf.io.TestFiles.npy;
import static io.github.paenmf.io.TestFiles.python;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.write;
import static io.github.paenmf.io.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {

    private static final byte[] TWO_BY_THREE = npy("<f4", false, "(2, 3)", littleEndian(1f, 2, 3, 4, 5, 6));
    private static final float[][] VALUES = {{1, 2, 3}, {4, 5, 6}};

    @TempDir
    Path directory;

    private Path file(Object... entries) {
        return write(directory, "a.npz", zip(entries));
    }

    interface Writing {
        void write(NpzWriter npz) throws IOException;
    }

    private static byte[] written(boolean compress, Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (NpzWriter npz = new NpzWriter(bytes, compress)) {
            writing.write(npz);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void everything(NpzWriter npz) throws IOException {
        npz.write("matrix", Matrix.of(VALUES));
        npz.write("floats", new float[] {1.5f, Float.NaN, 3e38f, -0f}, 2, 2);
        npz.write("doubles", new double[] {Math.PI}, 1);
        npz.write("longs", new long[] {Long.MIN_VALUE, 7}, 2);
        npz.write("scalar", new double[] {0.1});
        npz.write("integer", new long[] {42});
        npz.write("text", "größer ≥ 𝛌 \u0001");
        npz.write("names", List.of("a", "", "long name 𝛌"));
        npz.write("none", List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsWhatItWrote(boolean compress) throws IOException {
        Path file = write(directory, "a.npz", written(compress, NpzTest::everything));
        Map<String, NpyArray> arrays = Npz.readAll(file, 10_000);
        assertEquals(
                List.of("matrix", "floats", "doubles", "longs", "scalar", "integer", "text", "names", "none"),
                List.copyOf(arrays.keySet()));
        assertArrayEquals(new int[] {2, 3}, arrays.get("matrix").shape());
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, arrays.get("matrix").floats());
        assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, arrays.get("matrix").doubles());
        assertArrayEquals(
                new float[] {1.5f, Float.NaN, 3e38f, -0f}, arrays.get("floats").floats());
        assertEquals("float32", arrays.get("floats").type());
        assertEquals("floats", arrays.get("floats").name());
        assertEquals("floats [2, 2] float32", arrays.get("floats").toString());
        assertArrayEquals(new double[] {Math.PI}, arrays.get("doubles").doubles());
        assertArrayEquals(new float[] {(float) Math.PI}, arrays.get("doubles").floats());
        assertArrayEquals(new long[] {Long.MIN_VALUE, 7}, arrays.get("longs").longs());
        assertArrayEquals(new double[] {Long.MIN_VALUE, 7}, arrays.get("longs").doubles());
        assertEquals(0.1, arrays.get("scalar").number());
        assertEquals(42, arrays.get("integer").integer());
        assertArrayEquals(new int[] {42}, arrays.get("integer").ints());
        assertArrayEquals(new int[0], arrays.get("integer").shape());
        assertEquals("größer ≥ 𝛌 \u0001", arrays.get("text").string());
        assertTrue(arrays.get("text").isText());
        assertFalse(arrays.get("matrix").isText());
        assertEquals(List.of("a", "", "long name 𝛌"), arrays.get("names").strings());
        assertEquals(0, arrays.get("none").size());
        try (Npz npz = Npz.open(file)) {
            assertValues(VALUES, npz.matrix("matrix"));
        }
    }

    @Test
    void refusesToConvertWhatIsSomethingElse() throws IOException {
        Path file = write(directory, "a.npz", written(false, NpzTest::everything));
        Map<String, NpyArray> arrays = Npz.readAll(file, Long.MAX_VALUE);
        assertThrows(DataException.class, arrays.get("text")::floats);
        assertThrows(DataException.class, arrays.get("doubles")::longs);
        assertThrows(DataException.class, arrays.get("longs")::ints);
        assertThrows(DataException.class, arrays.get("longs")::strings);
        assertThrows(DataException.class, arrays.get("longs")::integer);
        DataException e = assertThrows(DataException.class, arrays.get("names")::number);
        assertEquals("array names should hold one value, not 3", e.getMessage());
        assertRefusedToOpen(() -> Npz.readAll(file, 100), file, "more than the limit of 100");
        try (Npz npz = Npz.open(file)) {
            assertRefusedToOpen(() -> npz.array("other"), file, "no array 'other' in it", "matrix, floats");
        }
    }

    private static void assertRefusedToOpen(
            org.junit.jupiter.api.function.Executable reading, Path file, String... parts) {
        assertMessage(assertThrows(DataException.class, reading), file + ": ", parts);
    }

    @Test
    void writesTheSameBytesEveryTime() {
        java.util.TimeZone zone = java.util.TimeZone.getDefault();
        byte[] first = written(true, NpzTest::everything);
        try {
            java.util.TimeZone.setDefault(java.util.TimeZone.getTimeZone("Pacific/Auckland"));
            assertArrayEquals(first, written(true, NpzTest::everything));
        } finally {
            java.util.TimeZone.setDefault(zone);
        }
    }

    @Test
    void writesMatricesOfSeveralBlocks() throws IOException {
        int columns = 70_000; // 256 rows a block
        Matrix matrix = Matrix.zeros(260, columns);
        for (int i = 0; i < matrix.rows(); i++) {
            matrix.storage(i)[matrix.offset(i) + i] = i + 1;
        }
        Path file = write(directory, "a.npz", written(true, npz -> npz.write("data", matrix)));
        Matrix back = read(file);
        assertEquals(260, back.rows());
        for (int i = 0; i < back.rows(); i++) {
            for (int j = 0; j < columns; j++) {
                if (back.get(i, j) != (i == j ? i + 1 : 0)) {
                    throw new AssertionError("row " + i + ", column " + j);
                }
            }
        }
    }

    @Test
    void refusesToWriteWhatCannotBe() {
        assertThrows(IllegalArgumentException.class, () -> written(false, npz -> npz.write("a", new float[3], 2)));
        for (String name : List.of("", "a/b", "..", "a\\b", "c:")) {
            assertThrows(IllegalArgumentException.class, () -> written(false, npz -> npz.write(name, new float[1])));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> written(false, npz -> {
                    npz.write("a", "x");
                    npz.write("a", "y");
                }));
    }

    @Test
    void numpyReadsWhatItWrote() throws Exception {
        Path stored = write(directory, "stored.npz", written(false, NpzTest::everything));
        Path deflated = write(directory, "deflated.npz", written(true, NpzTest::everything));
        Path npy = directory.resolve("matrix.npy");
        MatrixWriter.write(npy, Matrix.of(VALUES));
        String script = """
                import sys, numpy as np
                for path in sys.argv[1:3]:
                    with np.load(path, allow_pickle=False) as a:
                        assert list(a) == ['matrix', 'floats', 'doubles', 'longs', 'scalar', 'integer', 'text', 'names', 'none'], list(a)
                        assert a['matrix'].dtype == np.float32 and a['matrix'].tolist() == [[1, 2, 3], [4, 5, 6]]
                        assert a['floats'].dtype == np.float32 and a['floats'].shape == (2, 2)
                        expected = np.array([1.5, np.nan, 3e38, -0.0], np.float32)
                        assert a['floats'].tobytes() == expected.tobytes(), a['floats']
                        assert a['doubles'].dtype == np.float64 and a['doubles'].tolist() == [np.pi]
                        assert a['longs'].dtype == np.int64 and a['longs'].tolist() == [-2**63, 7]
                        assert a['scalar'].shape == () and a['scalar'][()] == 0.1
                        assert a['integer'].dtype == np.int64 and int(a['integer']) == 42
                        assert str(a['text']) == 'gr\\u00f6\\u00dfer \\u2265 \\U0001d6cc \\x01', ascii(a['text'])
                        assert a['names'].tolist() == ['a', '', 'long name \\U0001d6cc']
                        assert a['none'].shape == (0,)
                assert np.load(sys.argv[3], allow_pickle=False, mmap_mode='r').tolist() == [[1, 2, 3], [4, 5, 6]]
                print('read')
                """;
        assertEquals("read\n", python(script, stored.toString(), deflated.toString(), npy.toString()));
    }

    @Test
    void readsWhatNumpyAndScipyLayoutsWrite() throws Exception {
        String script = """
                import io, sys, zipfile, numpy as np
                d = sys.argv[1] + '/'
                v = np.arange(6).reshape(2, 3)
                for t in ['f2', 'f4', '>f4', 'f8', 'i1', 'i2', '>i4', 'i8', 'u1', 'u2', 'u4', 'u8']:
                    np.save(d + t.replace('>', 'b') + '.npy', v.astype(t))
                np.save(d + 'fortran.npy', np.asfortranarray(v.astype('f4')))
                np.save(d + 'images.npy', np.arange(12, dtype='u1').reshape(2, 2, 3))
                np.savez(d + 'stored.npz', v.astype('f4'))
                np.savez_compressed(d + 'deflated.npz', X=v.astype('f8'), y=np.array([1, 2]), name=np.array('x'))
                np.savez(d + 'named.npz', data=v, rows=np.array(['r1', 'r2']), columns=np.array(['a', 'b', 'cc']))
                f = np.lib.format
                with open(d + 'v2.npy', 'wb') as o:
                    f.write_array(o, v, version=(2, 0))
                csr = dict(indptr=np.array([0, 2, 3], 'i4'), indices=np.array([0, 2, 1], 'i4'), shape=np.array([2, 3]),
                           data=np.array([1, 2, 3], 'f8'))
                np.savez_compressed(d + 'csr.npz', format=np.array('csr'.encode()), **csr)
                class Pipe(io.RawIOBase):  # not seekable, so that zipfile writes data descriptors
                    def __init__(self, path): self.file = open(path, 'wb')
                    def writable(self): return True
                    def write(self, b): return self.file.write(b)
                    def close(self): self.file.close()
                p = Pipe(d + 'streamed.npz')
                with zipfile.ZipFile(p, 'w', zipfile.ZIP_DEFLATED) as z:
                    with z.open('V.npy', 'w', force_zip64=True) as o:
                        f.write_array(o, v)
                p.close()
                """;
        python(script, directory.toString());
        float[][] expected = {{0, 1, 2}, {3, 4, 5}};
        for (String name : List.of(
                "f2.npy",
                "f4.npy",
                "bf4.npy",
                "f8.npy",
                "i1.npy",
                "i2.npy",
                "bi4.npy",
                "i8.npy",
                "u1.npy",
                "u2.npy",
                "u4.npy",
                "u8.npy",
                "fortran.npy",
                "v2.npy",
                "stored.npz",
                "deflated.npz",
                "named.npz",
                "streamed.npz")) {
            assertValues(expected, read(directory.resolve(name)));
        }
        assertValues(new float[][] {{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}}, read(directory.resolve("images.npy")));
        assertValues(new float[][] {{1, 0, 2}, {0, 3, 0}}, read(directory.resolve("csr.npz")));
        Matrix named = MatrixReader.read(
                directory.resolve("named.npz").toString(),
                ReadOptions.defaults().withTranspose(true));
        assertEquals(List.of("a", "b", "cc"), named.rowNames());
        assertEquals(List.of("r1", "r2"), named.columnNames());
        assertValues(new float[][] {{0, 3}, {1, 4}, {2, 5}}, named);
    }

    @Test
    void choosesTheMatrix() throws IOException {
        byte[] other = npy("<f4", false, "(1, 1)", littleEndian(9f));
        byte[] vector = npy("<f4", false, "(2,)", littleEndian(9f, 9));
        assertValues(VALUES, read(file("anything.npy", TWO_BY_THREE, "vector.npy", vector)));
        for (String usual : List.of("data", "X", "V")) {
            assertValues(VALUES, read(file("a.npy", other, usual + ".npy", TWO_BY_THREE)));
        }
        Path two = file("a.npy", other, "b.npy", TWO_BY_THREE);
        assertRefused(two, "several matrices", "a (1 × 1 float32), b (2 × 3 float32)", "#");
        assertValues(VALUES, MatrixReader.read(two + "#b", ReadOptions.defaults()));
        assertValues(new float[][] {{9}}, MatrixReader.read(two + "#a"));
        assertRefused(two + "#c", two.toString(), ReadOptions.defaults(), "no array 'c'", "a, b");
        assertRefused(file("vector.npy", vector), "no matrix", "vector (2 float32)");
        assertRefused(file(), "no matrix", "no arrays");
        Path text = write(directory, "t.csv", "1,2\n");
        assertRefused(text + "#a", text.toString(), ReadOptions.defaults(), "not an .npz file");
        Path hash = write(directory, "a#b.csv", "1,2\n");
        assertValues(new float[][] {{1, 2}}, read(hash));
    }

    @Test
    void takesNamesOfBothTextTypes() throws IOException {
        byte[] two = npy("<U1", false, "(2,)", littleEndian('x', 'y'));
        byte[] bytes = npy("|S2", false, "(3,)", "a\0bbc\0".getBytes(StandardCharsets.UTF_8));
        Matrix matrix = read(file("data.npy", TWO_BY_THREE, "rows.npy", two, "columns.npy", bytes));
        assertEquals(List.of("x", "y"), matrix.rowNames());
        assertEquals(List.of("a", "bb", "c"), matrix.columnNames());
        assertRefused(
                file("data.npy", TWO_BY_THREE, "rows.npy", npy("<U1", false, "(2,)", littleEndian('x', 0x110000))),
                "impossible character");
    }

    private static Object[] sparse(String format, int[] indptr, int[] indices, float[] data, long... shape) {
        ByteArrayOutputStream shapeBytes = new ByteArrayOutputStream();
        for (long extent : shape) {
            for (int i = 0; i < 8; i++) {
                shapeBytes.write((int) (extent >> 8 * i));
            }
        }
        return new Object[] {
            "indices.npy", npy("<i4", false, "(" + indices.length + ",)", littleEndian(indices)),
            "indptr.npy", npy("<i4", false, "(" + indptr.length + ",)", littleEndian(indptr)),
            "format.npy", npy("|S3", false, "()", format.getBytes(StandardCharsets.UTF_8)),
            "shape.npy", npy("<i8", false, "(" + shape.length + ",)", shapeBytes.toByteArray()),
            "data.npy", npy("<f4", false, "(" + data.length + ",)", littleEndian(data))
        };
    }

    @Test
    void readsSparseMatrices() throws IOException {
        float[][] expected = {{1, 0, 2}, {0, 3, 0}};
        ReadOptions transposed = ReadOptions.defaults().withTranspose(true);
        Path rows = file(sparse("csr", new int[] {0, 2, 3}, new int[] {0, 2, 1}, new float[] {1, 2, 3}, 2, 3));
        assertValues(expected, read(rows));
        assertValues(new float[][] {{1, 0}, {0, 3}, {2, 0}}, MatrixReader.read(rows.toString(), transposed));
        Path columns = file(sparse("csc", new int[] {0, 1, 2, 3}, new int[] {0, 1, 0}, new float[] {1, 3, 2}, 2, 3));
        assertValues(expected, read(columns));
        assertValues(new float[][] {{1, 0}, {0, 3}, {2, 0}}, MatrixReader.read(columns.toString(), transposed));
        Path twice = file(sparse("csr", new int[] {0, 2}, new int[] {1, 1}, new float[] {1, 2}, 1, 2));
        assertValues(new float[][] {{0, 3}}, read(twice));
    }

    @Test
    void refusesDamagedSparseMatrices() {
        float[] data = {1, 2, 3};
        int[] indices = {0, 2, 1};
        int[] indptr = {0, 2, 3};
        assertRefused(file(sparse("bsr", indptr, indices, data, 2, 3)), "'bsr' is not supported", "tocsr");
        assertRefused(file(sparse("csr", indptr, indices, data, 2)), "shape");
        assertRefused(file(sparse("csr", indptr, indices, data, 2, -3)), "shape");
        assertRefused(file(sparse("csr", indptr, indices, data, 3, 3)), "indptr has 3 entries for 3 rows");
        assertRefused(file(sparse("csr", new int[] {0, 2, 4}, indices, data, 2, 3)), "disagree");
        assertRefused(file(sparse("csr", new int[] {1, 2, 3}, indices, data, 2, 3)), "disagree");
        assertRefused(file(sparse("csr", indptr, indices, new float[2], 2, 3)), "disagree");
        assertRefused(file(sparse("csr", new int[] {0, 4, 3}, indices, data, 2, 3)), "ascend");
        assertRefused(
                file(sparse("csr", new int[] {0, 3, 2, 3}, indices, data, 3, 3)), "ascend at its entry 3", "row 2");
        assertRefused(
                file(sparse("csr", indptr, new int[] {0, 3, 1}, data, 2, 3)),
                "array 'indices': its entry 2, in row 1, is 3");
        assertRefused(file(sparse("csr", indptr, new int[] {0, -1, 1}, data, 2, 3)), "its entry 2, in row 1, is -1");
        assertRefused(
                file(sparse("csr", indptr, indices, data, 2, 1L << 40)), "sparse, but becomes dense", "too large");
        assertRefused(file(sparse("csr", indptr, indices, data, 2, 1 << 30)), "sparse, but becomes dense");
        Object[] parts = sparse("csr", indptr, indices, data, 2, 3);
        parts[1] = npy("<f4", false, "(3,)", littleEndian(0f, 2, 1));
        assertRefused(file(parts), "array 'indices': it should hold integers, not float32");
        parts[1] = npy("<i4", false, "(3,)", littleEndian(0, 2));
        assertRefused(file(parts), "array 'indices': the header declares 3 int32, 12 bytes", "only 8 of them");
        parts = sparse("csr", indptr, indices, data, 2, 3);
        parts[9] = npy("|S1", false, "(3,)", new byte[] {'a', 'b', 'c'});
        assertRefused(file(parts), "array 'data': it holds text, not numbers");
        Path file = file(sparse("csr", indptr, indices, data, 2, 3));
        assertRefused(file, ReadOptions.defaults().withMaximumBytes(20), "sparse", "limit of 20");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x.npy",
                "/x.npy",
                "a/../x.npy",
                "a//x.npy",
                "..\\x.npy",
                "C:x.npy",
                "a\u0000.npy",
                "./x.npy",
                "a/",
                "..",
                "x\n.npy"
            })
    void refusesEntryNamesThatArePaths(String name) throws IOException {
        assertRefused(file(name, TWO_BY_THREE), "a path that no array has");
        try (var files = Files.list(directory)) {
            assertEquals(List.of(directory.resolve("a.npz")), files.toList());
        }
    }

    @Test
    void refusesForeignArchives() {
        assertRefused(file("[Content_Types].xml", new byte[10]), "no .npy array", "export CSV");
        assertRefused(file("a.npy", "no array".getBytes(StandardCharsets.UTF_8)), "array 'a'", "NumPy's format");
        assertRefused(write(directory, "a.npz.gz", gzip(zip("a.npy", TWO_BY_THREE))), "gunzip");
        Path npzOnlyByName = write(directory, "a.npz", "1,2\n");
        assertRefused(npzOnlyByName, ".npz", "misnamed");
        assertMessage(
                assertThrows(DataException.class, () -> Npz.open(npzOnlyByName)),
                npzOnlyByName + ": ",
                "no .npz (zip) file");
    }

    @Test
    void refusesTwoEntriesOfOneName() {
        byte[] archive = zip("a.npy", TWO_BY_THREE, "b.npy", TWO_BY_THREE);
        String text = new String(archive, StandardCharsets.ISO_8859_1).replace("b.npy", "a.npy");
        Path file = write(directory, "a.npz", text.getBytes(StandardCharsets.ISO_8859_1));
        assertRefused(file, "two entries named 'a.npy'");
    }

    @Test
    void refusesTruncatedArchives() {
        byte[] archive = zip("a.npy", TWO_BY_THREE);
        for (int length = 4; length < archive.length; length++) {
            assertRefused(write(directory, "a.npz", Arrays.copyOf(archive, length)), "not a complete .npz");
        }
    }

    @Test
    void refusesDamagedContent() {
        byte[] stored = written(false, npz -> npz.write("data", Matrix.of(VALUES)));
        int lastValue = indexOf(stored, littleEndian(6f));
        stored[lastValue + 2] ^= 1;
        assertRefused(write(directory, "a.npz", stored), "array 'data'", "checksum", "damaged");
    }

    /** The archive says that an entry is small, but its content expands to much more. */
    @Test
    void refusesAnEntryThatExpandsBeyondItsSize() {
        byte[] bomb = Arrays.copyOf(TWO_BY_THREE, 50_000_000);
        byte[] archive = zip("a.npy", bomb);
        Path honest = write(directory, "a.npz", archive);
        assertRefused(honest, "2 × 3 float32, 24 bytes", "the file holds");
        patchSizes(archive, bomb.length, TWO_BY_THREE.length);
        assertRefused(write(directory, "b.npz", archive), "b.npz");
    }

    /** The archive says that an entry expands to more than its bytes can. */
    @Test
    void refusesASizeThatCannotBe() {
        byte[] archive = zip("a.npy", TWO_BY_THREE);
        patchSizes(archive, TWO_BY_THREE.length, 2_000_000_000);
        assertRefused(write(directory, "a.npz", archive), "claims to expand from", "2000000000");
    }

    private static void patchSizes(byte[] archive, int from, int to) {
        byte[] old = littleEndian(from);
        byte[] replacement = littleEndian(to);
        for (int i = indexOf(archive, old); i >= 0; i = indexOf(archive, old)) {
            System.arraycopy(replacement, 0, archive, i, 4);
        }
    }

    private static int indexOf(byte[] in, byte[] what) {
        for (int i = 0; i + what.length <= in.length; i++) {
            if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void refusesArraysThatTheHeapCannotHold() {
        long size = Runtime.getRuntime().maxMemory() / 60;
        byte[] manyTexts = npy("<U1", false, "(" + size + ",)", new byte[0]);
        DataException e = assertThrows(
                DataException.class,
                () -> new NpyReader(
                                new java.io.ByteArrayInputStream(new byte[0]),
                                NpyHeader.read(new java.io.ByteArrayInputStream(manyTexts)))
                        .readArray("names"));
        assertTrue(e.getMessage().contains("heap"), e.getMessage());
    }

    @Test
    void readsArraysOfEveryType() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("<u4", littleEndian(-1));
        files.put("|u1", new byte[] {-1});
        files.put("|i1", new byte[] {-1});
        files.put("|b1", new byte[] {1});
        files.put("<f2", new byte[] {0, 0x3c});
        long[] expected = {4294967295L, 255, -1, 1, 1};
        int i = 0;
        for (Map.Entry<String, byte[]> entry : files.entrySet()) {
            Path file = file("a.npy", npy(entry.getKey(), false, "(1,)", entry.getValue()));
            NpyArray array = Npz.readAll(file, 1000).get("a");
            assertEquals((double) expected[i], array.number());
            if (i < 4) {
                assertEquals(expected[i], array.integer());
            }
            i++;
        }
        assertRefusedToOpen(
                () -> Npz.readAll(file("a.npy", npy("<f4", true, "(1, 1)", new byte[4])), 1000),
                directory.resolve("a.npz"),
                "Fortran order");
        assertRefusedToOpen(
                () -> Npz.readAll(file("a.npy", npy("<f4", false, "(0, 4294967296)", new byte[0])), 1000),
                directory.resolve("a.npz"),
                "too large");
    }

    @Test
    void readsCoordinatesAsSciPySavesThem() throws IOException {
        Path file = coordinates(littleEndian(1, 0, 1, 1));
        assertValues(new float[][] {{0, 0, 2}, {1 + 3, 4, 0}}, read(file));
        assertValues(
                new float[][] {{0, 1 + 3}, {0, 4}, {2, 0}},
                MatrixReader.read(file.toString(), ReadOptions.defaults().withTranspose(true)));
        assertRefused(
                coordinates(littleEndian(1, 0, 2, 1)),
                "array 'row': its entry 3 is 2, but the matrix has indices from 0 to 1");
        assertRefused(coordinates(littleEndian(1, 0, -1, 1)), "array 'row': its entry 3 is -1");
        assertRefused(coordinates(littleEndian(1, 0, 1)), "row, col and data disagree");
    }

    private Path coordinates(byte[] rows) {
        return file(
                "row.npy",
                npy("<i4", false, "(" + rows.length / 4 + ",)", rows),
                "col.npy",
                npy("<i4", false, "(4,)", littleEndian(0, 2, 0, 1)),
                "format.npy",
                npy("|S3", false, "()", "coo".getBytes(StandardCharsets.US_ASCII)),
                "shape.npy",
                npy("<i4", false, "(2,)", littleEndian(2, 3)),
                "data.npy",
                npy("<f4", false, "(4,)", littleEndian(1f, 2, 3, 4)));
    }

    @Test
    void namesAreReadOrRefusedButNeverDropped() throws IOException {
        assertRefused(
                file("data.npy", TWO_BY_THREE, "columns.npy", npy("|S1", false, "(2,)", new byte[] {'a', 'b'})),
                "array 'columns' should name the matrix's 3 columns, but has the shape 2");
        assertRefused(
                file("data.npy", TWO_BY_THREE, "rows.npy", npy("|S1", false, "(2, 1)", new byte[] {'a', 'b'})),
                "array 'rows' should name the matrix's 2 rows, but has the shape 2 × 1");
        assertRefused(
                file("data.npy", TWO_BY_THREE, "columns.npy", npy("|O", false, "(3,)", new byte[20])),
                "array 'columns'",
                "names with .astype(str)");
        Matrix numbered = read(file(
                "data.npy",
                TWO_BY_THREE,
                "rows.npy",
                npy("<i4", false, "(2,)", littleEndian(7, 11)),
                "columns.npy",
                npy("<f4", false, "(3,)", littleEndian(400.5f, 401, 0.1f))));
        assertEquals(List.of("7", "11"), numbered.rowNames());
        assertEquals(List.of("400.5", "401.0", "0.1"), numbered.columnNames());
    }
}
