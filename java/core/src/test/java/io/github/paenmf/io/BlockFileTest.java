package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PackedRows;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockFileTest {

    /** As few as rows allow: a block has 256. */
    private static final int SMALL = 1;

    private static final int ROWS = 700;

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("data.vblk");
    }

    /** Counts of which some do not fit into a byte or into two, and are not whole, or whatever a kind asks for. */
    private static SparseMatrix sparse(int rows, int columns, String kind) {
        Random random = new Random(rows + columns);
        SparseMatrix.Builder builder = SparseMatrix.builder(columns);
        for (int i = 0; i < rows; i++) {
            int count = i % 5 == 3 ? 0 : random.nextInt(Math.min(columns, 30));
            int[] at = random.ints(0, columns).distinct().limit(count).sorted().toArray();
            float[] values = new float[count];
            for (int l = 0; l < count; l++) {
                values[l] = switch (kind) {
                    case "bytes" -> 1 + random.nextInt(l == 7 ? 300 : 200);
                    case "shorts" -> 300 + random.nextInt(l == 7 ? 100_000 : 60_000);
                    default -> l == 3 ? Float.NaN : random.nextFloat() - 0.25f;
                };
            }
            builder.addRow(at, values, count);
        }
        return builder.build();
    }

    private static Matrix dense(int rows, int columns) {
        float[] values = new float[rows * columns];
        Random random = new Random(rows);
        for (int e = 0; e < values.length; e++) {
            values[e] = e % 50 == 0 ? Float.NaN : random.nextFloat();
        }
        return Matrix.wrap(values, rows, columns);
    }

    private static List<String> names(String stem, int count) {
        return IntStream.range(0, count).mapToObj(i -> stem + "-ä" + i).toList();
    }

    private static void assertSame(RowSource expected, RowSource actual) {
        assertEquals(expected.rows(), actual.rows());
        assertEquals(expected.columns(), actual.columns());
        assertEquals(expected.rowNames(), actual.rowNames());
        assertEquals(expected.columnNames(), actual.columnNames());
        int m = expected.columns();
        float[] row = new float[m];
        float[] found = new float[m];
        for (int i = 0; i < expected.rows(); i++) {
            expected.copyRow(i, row, 0);
            actual.copyRow(i, found, 0);
            assertArrayEquals(row, found, "row " + i);
        }
    }

    private Path write(RowSource... parts) throws IOException {
        BlockFile.write(file(), List.of(parts).iterator(), SMALL);
        return file();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes", "shorts", "floats"})
    void sparseDataComeBackAsTheyWere(String kind) throws IOException {
        RowSource data = sparse(ROWS, 90, kind).withNames(names("row", ROWS), names("column", 90));
        Path file = write(data);

        assertSame(data, TestFiles.readSparse(file));
        try (PagedRows paged = BlockFile.open(file, 1 << 20)) {
            assertSame(data, paged);
            assertSame(data.selectRows(new int[] {699, 3, 3}), paged.selectRows(new int[] {699, 3, 3}));
            assertSame(data.selectColumns(new int[] {8, 2}), paged.selectColumns(new int[] {8, 2}));
        }
    }

    @Test
    void columnsBeyond16BitsComeBack() throws IOException {
        SparseMatrix data = sparse(300, 70_000, "bytes");
        try (PagedRows paged = BlockFile.open(write(data), 1 << 20)) {
            assertSame(data, paged);
        }
    }

    @Test
    void denseDataComeBackAsTheyWere() throws IOException {
        Matrix data = dense(ROWS, 7).withNames(List.of(), names("column", 7));
        Path file = write(data);

        assertSame(data, MatrixReader.read(file.toString()));
        assertSame(
                data.transpose(),
                MatrixReader.read(file.toString(), ReadOptions.defaults().withTranspose(true)));
        try (PagedRows paged = BlockFile.open(file, 1 << 20)) {
            assertSame(data, paged);
            assertSame(data.selectRows(new int[] {699, 3, 3}), paged.selectRows(new int[] {699, 3, 3}));
            assertEquals(data.block(512, 188).rows(), paged.block(512, 188).rows());
        }
    }

    /** Whatever the parts are, and wherever they end. */
    @Test
    void partsAreRowsBelowEachOther() throws IOException {
        SparseMatrix all = sparse(ROWS, 40, "bytes").withNames(names("row", ROWS), List.of());
        int[] first = IntStream.range(0, 300).toArray();
        int[] second = IntStream.range(300, ROWS).toArray();

        Path file = write(all.selectRows(first), Matrix.of(all.selectRows(second)));

        assertSame(all, TestFiles.readSparse(file));
    }

    @Test
    void aNonzeroOfCountsTakesThreeBytes() throws IOException {
        SparseMatrix data = SparseMatrix.of(Matrix.wrap(filled(256 * 900, 7), 256, 900));
        Path file = write(data);
        int rest =
                256 * 4 + 12 + 28 + 24 + 28 + 28; // ends of rows, counts of the block, head, index of one block, tail
        assertEquals(3L * 256 * 900 + rest, Files.size(file));
    }

    private static float[] filled(int count, float value) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void anyDamagedByteIsRefusedByNameOfFileAndPart() throws IOException {
        SparseMatrix data = sparse(520, 12, "bytes").withNames(names("r", 520), names("c", 12));
        byte[] whole = Files.readAllBytes(write(data));
        List<String> messages = new ArrayList<>();
        Random random = new Random(3);
        int tail = whole.length - 28;
        for (int at = 0;
                at < whole.length;
                at += at < 28 || at >= tail ? 1 : Math.min(tail - at, 1 + random.nextInt(120))) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file(), damaged);
            messages.add(refusal("byte " + at));
        }
        for (String part : List.of(
                "first bytes",
                "format version",
                "the head",
                "block 1, rows 1 to 256: its checksum",
                "block 3, rows 513 to 520: its checksum",
                "the row names of block 2, rows 257 to 512: its checksum",
                "the index: its checksum",
                "does not end as one of blocks does")) {
            assertTrue(messages.stream().anyMatch(message -> message.contains(part)), part + " of " + messages);
        }
    }

    @Test
    void aTruncatedFileIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(write(sparse(520, 12, "bytes")));
        for (int length = BlockIndex.MAGIC.length; length < whole.length; length += 97) {
            Files.write(file(), Arrays.copyOf(whole, length));
            String message = refusal("length " + length);
            assertTrue(message.contains("truncated"), message);
        }
        Files.write(file(), Arrays.copyOf(whole, whole.length + 1));
        assertTrue(refusal("longer").contains("does not end"));
    }

    /** Reads everything. */
    private String refusal(String what) {
        DataException e = assertThrows(
                DataException.class,
                () -> {
                    try (PagedRows data = BlockFile.open(file(), 1 << 20)) {
                        data.requireFinite();
                        List.copyOf(data.rowNames());
                    }
                },
                what);
        assertTrue(e.getMessage().startsWith(file() + ": "), e.getMessage());
        return e.getMessage();
    }

    /** What damages nothing, as whoever writes such a file can make the checksums right. */
    @Test
    void anIndexThatLiesIsRefusedBeforeItTakesMemory() throws IOException {
        byte[] whole = Files.readAllBytes(write(sparse(300, 12, "bytes")));
        assertTrue(lie(whole, 0, buffer -> buffer.putLong(1L << 40)).contains("1099511627776 rows"));
        assertTrue(lie(whole, 0, buffer -> buffer.putLong(2_000_000_000)).contains("2000000000 rows in 2 blocks"));
        assertTrue(lie(whole, 8, buffer -> buffer.putLong(1L << 40)).contains("have not 1099511627776 nonzeros"));
        assertTrue(lie(whole, 16, buffer -> buffer.putInt(1 << 30)).contains("1073741824 blocks"));
        assertTrue(lie(whole, 24, buffer -> buffer.putLong(0)).contains("block 1 cannot be where"));
        assertTrue(lie(whole, 32, buffer -> buffer.putInt(Integer.MAX_VALUE)).contains("block 2 cannot be where"));
    }

    private interface Change {
        void make(ByteBuffer buffer);
    }

    /** Changes the index and makes its checksum right. */
    private String lie(byte[] whole, int at, Change change) throws IOException {
        ByteBuffer lying = ByteBuffer.wrap(whole.clone()).order(ByteOrder.LITTLE_ENDIAN);
        int tail = whole.length - 28;
        int index = (int) lying.getLong(tail);
        change.make(lying.position(index + at));
        lying.putInt(tail + 16, Crc.of(lying.duplicate().clear().position(index).limit(tail)));
        lying.putInt(tail + 24, Crc.of(lying.duplicate().clear().position(tail).limit(tail + 24)));
        Files.write(file(), lying.array());
        return refusal("at " + at);
    }

    /** Every change of the bytes of packed rows, none of which has a checksum here, is refused or gives rows that are some. */
    @Test
    void packedRowsBelieveNothing() {
        SparseMatrix data = sparse(300, 50, "bytes");
        var packed = PackedRows.of(data, 0, 300);
        ByteBuffer whole = ByteBuffer.allocate(packed.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        packed.write(whole);
        Random random = new Random(5);
        int[] columns = new int[50];
        float[] values = new float[50];
        int refused = 0;
        for (int round = 0; round < 1000; round++) {
            byte[] changed = whole.array().clone();
            int at = random.nextInt(round % 2 == 0 ? 12 + 4 * 300 : changed.length);
            changed[at] = (byte) random.nextInt();
            try {
                ByteBuffer source = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
                SparseMatrix read = PackedRows.read(source, 300, 50);
                for (int i = 0; i < 300; i++) {
                    int count = read.copyNonzeros(i, 0, 50, columns, values);
                    for (int l = 0; l < count; l++) {
                        assertTrue(values[l] != 0 && columns[l] < 50 && (l == 0 || columns[l] > columns[l - 1]));
                    }
                }
            } catch (DataException e) {
                refused++;
            }
        }
        assertTrue(refused > 200, refused + " were refused");
    }

    @Test
    void whatAFileCannotHaveIsRefusedAndTheOldOneStays() throws IOException {
        Matrix data = dense(4, 3);
        byte[] before = Files.readAllBytes(write(data));
        assertRefused("other names", data, data.withNames(List.of(), List.of("a", "b", "c")));
        assertRefused(
                "the rows have names, and those before have none", data, data.withNames(names("r", 4), List.of()));
        assertRefused("4 columns, and the rows before have 3", data, dense(3, 4));
        assertRefused("size factors", SizeFactors.attach(data, new double[] {1, 1, 1, 2}));
        assertRefused("no rows");
        assertArrayEquals(before, Files.readAllBytes(file()));
        try (var files = Files.list(directory)) {
            assertEquals(List.of(file()), files.toList());
        }
    }

    private void assertRefused(String message, RowSource... parts) {
        DataException e = assertThrows(DataException.class, () -> write(parts));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void memoryThatIsTooLittleIsRefusedWithTheLeastThatWorks() throws IOException {
        Path file = write(dense(256 * 9, 16));
        DataException e = assertThrows(DataException.class, () -> BlockFile.open(file, 40_000));
        String least = e.getMessage().replaceFirst(".*at least ([0-9]+) bytes.*", "$1");
        try (PagedRows rows = BlockFile.open(file, Long.parseLong(least))) {
            assertEquals(512, rows.paging().poolRows());
            assertSame(dense(256 * 9, 16), rows);
        }
        try (PagedRows rows = BlockFile.open(file, 1 << 20)) {
            assertFalse(rows.paging() != null, "all fits");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"<f4", "<f8", "<u1"})
    void npyStaysOnTheDisk(String type) throws IOException {
        int itemSize = type.charAt(2) - '0';
        ByteBuffer elements = ByteBuffer.allocate(ROWS * 5 * itemSize).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[ROWS * 5];
        for (int e = 0; e < values.length; e++) {
            values[e] = e % 101;
            switch (itemSize) {
                case 1 -> elements.put((byte) values[e]);
                case 4 -> elements.putFloat(values[e]);
                default -> elements.putDouble(values[e]);
            }
        }
        byte[] content = TestFiles.npy(type, false, "(" + ROWS + ", 5)", elements.array());
        Path file = TestFiles.write(directory, "data.npy", content);
        Matrix data = Matrix.wrap(values, ROWS, 5);

        try (PagedRows paged = PagedRows.of(new NpyStore(file, SMALL), 4 * 256 * 5 * 4)) {
            assertSame(data, paged);
        }
        ReadOptions onDisk = ReadOptions.defaults().withMemory(1 << 20);
        assertSame(data, assertInstanceOf(PagedRows.class, MatrixReader.readData(file.toString(), onDisk)));
        assertTrue(MatrixReader.staysOnDisk(file.toString()));
        TestFiles.assertRefused(file, onDisk.withTranspose(true), "cannot be exchanged on the disk");
        TestFiles.assertRefused(file, onDisk.withStorage(Storage.SPARSE), "on the disk it is dense");
    }

    @Test
    void npyByColumnsIsReadAsAWhole() throws IOException {
        byte[] content = TestFiles.npy("<f4", true, "(2, 2)", TestFiles.littleEndian(1f, 2, 3, 4));
        Path file = TestFiles.write(directory, "columns.npy", content);
        assertFalse(MatrixReader.staysOnDisk(file.toString()));
        TestFiles.assertRefused(file, ReadOptions.defaults().withMemory(1 << 20), "Fortran order");
    }

    @Test
    void whatHasToBeReadAsAWholeIsRefusedOnTheDisk() throws IOException {
        Path file = TestFiles.write(directory, "data.csv", "1,2\n3,4\n");
        TestFiles.assertRefused(file, ReadOptions.defaults().withMemory(1 << 20), "only .vblk and .npy");
    }
}
