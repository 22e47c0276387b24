package io.github.paenmf.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixTest {

    /** Blocks aim at 2²⁴ elements: this many columns leave each block the least number of rows. */
    private static final int WIDE = (1 << 24) / Matrix.ROW_ALIGNMENT;

    private static final List<String> THREE_ROWS = List.of("a", "b", "c");
    private static final List<String> TWO_COLUMNS = List.of("x", "y");

    /** A value that differs from cell to cell and that float32 holds exactly. */
    private static float cell(int row, int column) {
        return row * 4096f + column % 4096;
    }

    private static Matrix filled(int rows, int columns) {
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = cell(i, j);
            }
        }
        return matrix;
    }

    private static Matrix threeByTwo() {
        return Matrix.of(new float[][] {{1, 2}, {3, 4}, {5, 6}});
    }

    private static String refusal(Executable action) {
        return assertThrows(DataException.class, action).getMessage();
    }

    @Test
    void zerosAreZerosWithoutNames() {
        Matrix matrix = Matrix.zeros(3, 2);

        assertArrayEquals(new float[3][2], matrix.toRows());
        assertEquals(3, matrix.rows());
        assertEquals(2, matrix.columns());
        assertEquals(6, matrix.size());
        assertEquals(List.of(), matrix.rowNames());
        assertEquals(List.of(), matrix.columnNames());
        assertEquals("3 × 2 matrix", matrix.toString());
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 0", "-1, 1", "1, -1", "0, 0"})
    void anEmptyShapeIsRefused(int rows, int columns) {
        String expected = "at least one row and one column, not " + rows + " × " + columns;

        assertTrue(refusal(() -> Matrix.zeros(rows, columns)).contains(expected));
        assertTrue(refusal(() -> Matrix.wrap(new float[0], rows, columns)).contains(expected));
    }

    @Test
    void moreColumnsThanABlockCanHoldAreRefused() {
        int most = (Integer.MAX_VALUE - 8) / Matrix.ROW_ALIGNMENT;

        assertTrue(refusal(() -> Matrix.zeros(1, most + 1)).contains("at most " + most + " columns"));
        assertTrue(refusal(() -> Matrix.builder(most + 1)).contains("at most " + most + " columns"));
        assertEquals(0, Matrix.builder(most).rows());
    }

    @Test
    void moreElementsThanTheHeapHoldsAreRefusedBeforeAnythingIsAllocated() {
        long usedBefore = usedHeap();
        String message = refusal(() -> Matrix.zeros(Integer.MAX_VALUE, 8_000_000));

        assertTrue(message.contains("2147483647 × 8000000 matrix needs 64000000.0 GiB of memory"), message);
        assertTrue(message.contains(" are free; give the JVM more with -Xmx"), message);
        assertTrue(usedHeap() - usedBefore < Runtime.getRuntime().maxMemory() / 2, "the refusal itself took memory");
    }

    private static long usedHeap() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void aMemoryRequestIsRefusedByWhatIsFreeNow() {
        long heap = Runtime.getRuntime().maxMemory();

        Matrix.requireMemory(1, "small thing");
        String message = refusal(() -> Matrix.requireMemory(heap + 1, "large thing"));

        assertTrue(message.startsWith("a large thing needs "), message);
    }

    @Test
    void whatIsGarbageCountsAsFree() {
        long heap = Runtime.getRuntime().maxMemory();
        int chunk = 1 << 24;
        float[][] most = new float[Math.toIntExact(heap / 10 * 6 / (4L * chunk))][];
        Arrays.setAll(most, i -> new float[chunk]);
        String message = refusal(() -> Matrix.requireMemory(heap / 2, "half of the heap"));
        assertTrue(message.startsWith("a half of the heap needs "), message);
        Arrays.fill(most, null);

        Matrix.requireMemory(heap / 2, "half of the heap");
    }

    @Test
    void wrapSharesTheArray() {
        float[] values = {1, 2, 3, 4, 5, 6};
        Matrix matrix = Matrix.wrap(values, 3, 2);

        assertSame(values, matrix.storage(2));
        assertEquals(4, matrix.offset(2));
        assertArrayEquals(new float[][] {{1, 2}, {3, 4}, {5, 6}}, matrix.toRows());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 7})
    void wrapRefusesAnArrayOfAnotherLength(int length) {
        assertEquals(
                "a 3 × 2 matrix needs 6 values, but the array holds " + length,
                refusal(() -> Matrix.wrap(new float[length], 3, 2)));
    }

    @Test
    void wrapComparesLengthsBeyond32Bits() {
        // 65536 · 65536 is 2³², which is 0 in 32 bits.
        String message = refusal(() -> Matrix.wrap(new float[0], 65536, 65536));

        assertTrue(message.contains("needs 4294967296 values"), message);
    }

    @Test
    void ofCopiesTheRows() {
        float[][] rows = {{1, 2}, {3, 4}};
        Matrix matrix = Matrix.of(rows);
        rows[0][0] = 9;

        assertEquals(1f, matrix.get(0, 0));
        assertEquals(4f, matrix.get(1, 1));
    }

    @Test
    void ofRefusesNoRowsNoColumnsAndRaggedRows() {
        assertTrue(refusal(() -> Matrix.of(new float[0][])).contains("0 × 0"));
        assertTrue(refusal(() -> Matrix.of(new float[2][0])).contains("2 × 0"));
        assertEquals(
                "row 2 has 3 values, row 1 has 2", refusal(() -> Matrix.of(new float[][] {{1, 2}, {3, 4, 5}, {6, 7}})));
    }

    @Test
    void cellsOutsideAreRefused() {
        Matrix matrix = threeByTwo();

        assertThrows(IndexOutOfBoundsException.class, () -> matrix.get(3, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.get(-1, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.get(0, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.get(1, -1));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.storage(3));
    }

    @Test
    void rowsBeyondOneBlockLieInTheNext() {
        Matrix matrix = Matrix.zeros(Matrix.ROW_ALIGNMENT + 3, WIDE);

        assertEquals(Matrix.ROW_ALIGNMENT, matrix.rowsPerBlock());
        assertSame(matrix.storage(0), matrix.storage(Matrix.ROW_ALIGNMENT - 1));
        assertNotSame(matrix.storage(Matrix.ROW_ALIGNMENT - 1), matrix.storage(Matrix.ROW_ALIGNMENT));
        assertEquals(0, matrix.offset(Matrix.ROW_ALIGNMENT));
        assertEquals(2 * WIDE, matrix.offset(Matrix.ROW_ALIGNMENT + 2));
        assertEquals(
                3 * WIDE,
                matrix.storage(Matrix.ROW_ALIGNMENT + 2).length,
                "the last block is only as long as it must be");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000, 65_535, WIDE - 1, WIDE, WIDE + 1, 1 << 20})
    void blocksHoldAWholeNumberOfAlignedRunsInOneArray(int columns) {
        Matrix matrix = Matrix.zeros(1, columns);

        assertEquals(0, matrix.rowsPerBlock() % Matrix.ROW_ALIGNMENT);
        assertTrue(matrix.rowsPerBlock() > 0);
        assertTrue((long) matrix.rowsPerBlock() * columns <= Integer.MAX_VALUE - 8);
    }

    @Test
    void valuesAndCopiesCrossBlocks() {
        int rows = Matrix.ROW_ALIGNMENT + 2;
        Matrix matrix = Matrix.zeros(rows, WIDE);
        int[] probedRows = {0, Matrix.ROW_ALIGNMENT - 1, Matrix.ROW_ALIGNMENT, rows - 1};
        for (int i : probedRows) {
            matrix.storage(i)[matrix.offset(i) + WIDE - 1] = i + 1;
        }

        float[] row = new float[WIDE + 1];
        for (int i : probedRows) {
            matrix.copyRow(i, row, 1);
            assertEquals(i + 1f, row[WIDE]);
            assertEquals(i + 1f, matrix.get(i, WIDE - 1));
            assertEquals(0f, matrix.get(i, WIDE - 2));
        }
    }

    @Test
    void namesGoWithTheSameValues() {
        Matrix plain = threeByTwo();
        Matrix named = plain.withNames(THREE_ROWS, TWO_COLUMNS);

        assertEquals(THREE_ROWS, named.rowNames());
        assertEquals(TWO_COLUMNS, named.columnNames());
        assertSame(plain.storage(0), named.storage(0));
        assertEquals(List.of(), plain.rowNames());
        assertEquals(List.of(), named.withNames(List.of(), List.of()).rowNames());
    }

    @Test
    void namesAreCopied() {
        List<String> names = new ArrayList<>(THREE_ROWS);
        Matrix named = threeByTwo().withNames(names, List.of());
        names.set(0, "changed");

        assertEquals(THREE_ROWS, named.rowNames());
        assertThrows(UnsupportedOperationException.class, () -> named.rowNames().set(0, "changed"));
    }

    @Test
    void namesThatDoNotFitAreRefused() {
        Matrix matrix = threeByTwo();

        assertEquals("there are 2 row names for 3 rows", refusal(() -> matrix.withNames(TWO_COLUMNS, TWO_COLUMNS)));
        assertEquals("there are 3 column names for 2 columns", refusal(() -> matrix.withNames(THREE_ROWS, THREE_ROWS)));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 7", "7, 1", "3, 2", "63, 65", "64, 64", "65, 63", "129, 200"})
    void transposeExchangesRowsAndColumns(int rows, int columns) {
        Matrix transposed = filled(rows, columns).transpose();

        assertEquals(columns, transposed.rows());
        assertEquals(rows, transposed.columns());
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                assertEquals(cell(i, j), transposed.get(j, i));
            }
        }
    }

    @Test
    void transposeCrossesBlocks() {
        int rows = Matrix.ROW_ALIGNMENT + 1;
        Matrix wide = Matrix.zeros(rows, WIDE);
        wide.storage(rows - 1)[wide.offset(rows - 1) + WIDE - 1] = 7;
        wide.storage(0)[1] = 5;

        Matrix tall = wide.transpose();

        assertEquals(7f, tall.get(WIDE - 1, rows - 1));
        assertEquals(5f, tall.get(1, 0));
        assertEquals(0f, tall.get(0, 1));
    }

    @Test
    void transposeExchangesNames() {
        Matrix transposed = threeByTwo().withNames(THREE_ROWS, TWO_COLUMNS).transpose();

        assertEquals(TWO_COLUMNS, transposed.rowNames());
        assertEquals(THREE_ROWS, transposed.columnNames());
    }

    @Test
    void selectedRowsComeInTheOrderGiven() {
        Matrix selected = threeByTwo().withNames(THREE_ROWS, TWO_COLUMNS).selectRows(new int[] {2, 0, 2});

        assertArrayEquals(new float[][] {{5, 6}, {1, 2}, {5, 6}}, selected.toRows());
        assertEquals(List.of("c", "a", "c"), selected.rowNames());
        assertEquals(TWO_COLUMNS, selected.columnNames());
    }

    @Test
    void rowsWithoutNamesAreSelectedWithoutNames() {
        assertEquals(List.of(), threeByTwo().selectRows(new int[] {1}).rowNames());
    }

    @Test
    void aCopySharesNoValues() {
        Matrix matrix = threeByTwo().withNames(THREE_ROWS, TWO_COLUMNS);
        Matrix copy = matrix.copy();
        copy.storage(1)[copy.offset(1)] = 9;

        assertArrayEquals(threeByTwo().toRows(), matrix.toRows());
        assertArrayEquals(new float[][] {{1, 2}, {9, 4}, {5, 6}}, copy.toRows());
        assertEquals(THREE_ROWS, copy.rowNames());
        assertEquals(TWO_COLUMNS, copy.columnNames());
    }

    @Test
    void selectedColumnsComeInTheOrderGiven() {
        Matrix selected = threeByTwo().withNames(THREE_ROWS, TWO_COLUMNS).selectColumns(new int[] {1, 0, 1});

        assertArrayEquals(new float[][] {{2, 1, 2}, {4, 3, 4}, {6, 5, 6}}, selected.toRows());
        assertEquals(List.of(TWO_COLUMNS.get(1), TWO_COLUMNS.get(0), TWO_COLUMNS.get(1)), selected.columnNames());
        assertEquals(THREE_ROWS, selected.rowNames());
        assertEquals(List.of(), threeByTwo().selectColumns(new int[] {1}).columnNames());
        assertThrows(IndexOutOfBoundsException.class, () -> threeByTwo().selectColumns(new int[] {2}));
    }

    @Test
    void selectingNothingOrARowOutsideIsRefused() {
        Matrix matrix = threeByTwo();

        assertTrue(refusal(() -> matrix.selectRows(new int[0])).contains("0 × 2"));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.selectRows(new int[] {3}));
    }

    @ParameterizedTest
    @ValueSource(floats = {0f, -0f, Float.MIN_VALUE, 1f, Float.MAX_VALUE})
    void finiteValuesFromZeroOnAreAccepted(float value) {
        Matrix matrix = Matrix.wrap(new float[] {value}, 1, 1);

        assertSame(matrix, matrix.requireNonNegative());
    }

    @ParameterizedTest
    @CsvSource({
        "NaN, is missing or not a number (NaN)",
        "Infinity, is infinite",
        "-Infinity, is infinite",
        "-0.5, is negative (-0.5)",
        "-1e-45, is negative (-1.4E-45)"
    })
    void otherValuesAreRefusedByPlaceAndName(float value, String what) {
        Matrix plain = Matrix.of(new float[][] {{1, 2}, {3, 4}, {5, value}});
        String advice = "; non-negative matrix factorisation needs finite values ≥ 0"
                + (Float.isNaN(value) ? ", unless missing values are allowed (missing(true))" : "");

        assertEquals("the value in row 3, column 2 " + what + advice, refusal(plain::requireNonNegative));
        Matrix named = plain.withNames(THREE_ROWS, TWO_COLUMNS);
        assertEquals("the value in row 3 (c), column 2 (y) " + what + advice, refusal(named::requireNonNegative));
    }

    @Test
    void theFirstOfSeveralBadValuesIsReported() {
        Matrix matrix = Matrix.of(new float[][] {{1, -2}, {Float.NaN, -4}});

        assertTrue(refusal(matrix::requireNonNegative).startsWith("the value in row 1, column 2 is negative (-2.0)"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 31, 32, 33, 1000})
    void theBuilderKeepsEveryRowWhileItGrows(int rows) {
        int columns = 3;
        Matrix.Builder builder = Matrix.builder(columns);
        float[] source = new float[columns + 1];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                source[1 + j] = cell(i, j);
            }
            assertSame(builder, builder.addRow(source, 1));
            assertEquals(i + 1, builder.rows());
        }
        Matrix built = builder.build();

        assertEquals(rows, built.rows());
        assertEquals(rows * columns, built.storage(0).length, "no spare room is kept");
        assertArrayEquals(filled(rows, columns).toRows(), built.toRows());
    }

    @ParameterizedTest
    @ValueSource(ints = {Matrix.ROW_ALIGNMENT, Matrix.ROW_ALIGNMENT + 1, 5 * Matrix.ROW_ALIGNMENT + 1})
    void theBuilderFillsBlockAfterBlock(int rows) {
        // The fewest columns at which a block holds no more than ROW_ALIGNMENT rows keep this test small.
        int columns = (1 << 24) / (2 * Matrix.ROW_ALIGNMENT) + 1;
        Matrix.Builder builder = Matrix.builder(columns);
        float[] row = new float[columns];
        for (int i = 0; i < rows; i++) {
            row[0] = i;
            row[columns - 1] = -i;
            builder.addRow(row, 0);
        }
        Matrix built = builder.build();

        assertEquals(Matrix.ROW_ALIGNMENT, built.rowsPerBlock());
        assertEquals(rows, built.rows());
        IntStream.of(0, 1, rows / 2, rows - 2, rows - 1).forEach(i -> {
            assertEquals(i, built.get(i, 0));
            assertEquals(-i, built.get(i, columns - 1));
        });
        int lastBlockRows = (rows - 1) % Matrix.ROW_ALIGNMENT + 1;
        assertEquals(lastBlockRows * columns, built.storage(rows - 1).length);
    }

    @Test
    void theBuilderAllocatesLittleMoreThanTheMatrix() {
        int rows = 2001;
        int columns = 2500;
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        float[] row = new float[columns];
        long before = thread.getCurrentThreadAllocatedBytes();
        Matrix.Builder builder = Matrix.builder(columns);
        for (int i = 0; i < rows; i++) {
            builder.addRow(row, 0);
        }
        Matrix built = builder.build();
        long allocated = thread.getCurrentThreadAllocatedBytes() - before;

        long block = 4L * built.rowsPerBlock() * columns;
        // The first block grows by doubling, and the last one is cut to its size.
        long most = 4 * built.size() + 3 * block + 100_000;
        assertTrue(allocated <= most, allocated + " bytes, more than " + most);
        assertTrue(10 * block < 6 * built.size(), "blocks of " + block + " bytes");
    }

    @Test
    void theBuilderRefusesNoColumnsAndNoRows() {
        assertTrue(refusal(() -> Matrix.builder(0)).contains("not 1 × 0"));
        assertTrue(refusal(() -> Matrix.builder(2).build()).contains("not 0 × 2"));
    }

    @Test
    void aDataExceptionKeepsItsCause() {
        Throwable cause = new IOException("underneath");

        assertSame(cause, new DataException("above", cause).getCause());
    }

    /** The second run lies in the second of the matrix's arrays. */
    @ParameterizedTest
    @CsvSource({"0, 256", "256, 44", "100, 156", "299, 1"})
    void aBlockIsTheRowsWhereTheyLie(int first, int count) {
        Matrix matrix = filled(300, WIDE);

        DenseRows block = matrix.block(first, count);

        assertEquals(count, block.rows());
        assertEquals(WIDE, block.columns());
        assertSame(matrix.storage(first), block.values());
        for (int i = 0; i < count; i++) {
            assertEquals(cell(first + i, 3), block.values()[block.offset() + i * WIDE + 3]);
        }
    }

    /** Also where all rows lie in one array: a reader must not rest on it. */
    @Test
    void aBlockDoesNotCrossTheAlignment() {
        Matrix matrix = Matrix.zeros(600, 2);

        String message = assertThrows(IllegalArgumentException.class, () -> matrix.block(200, 57))
                .getMessage();
        assertEquals(
                "57 rows from row 200 on are no block: it has at least one row and does not cross a multiple of 256",
                message);
        assertThrows(IllegalArgumentException.class, () -> matrix.block(256, 257));
        assertThrows(IllegalArgumentException.class, () -> matrix.block(256, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.block(590, 11));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.block(-1, 1));
    }

    @Test
    void rowsOfABlockAreInItsArray() {
        assertThrows(IndexOutOfBoundsException.class, () -> new DenseRows(new float[5], 0, 3, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> new DenseRows(new float[6], 1, 3, 2));
    }

    @Test
    void someColumnsOfARowAreCopied() {
        Matrix matrix = filled(2, 5);
        float[] target = new float[4];

        matrix.copyRow(1, 2, 3, target, 1);

        assertArrayEquals(new float[] {0, cell(1, 2), cell(1, 3), cell(1, 4)}, target);
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.copyRow(0, 3, 3, target, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.copyRow(2, 0, 1, target, 0));
    }
}
