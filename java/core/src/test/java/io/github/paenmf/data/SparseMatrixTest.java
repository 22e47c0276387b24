package io.github.paenmf.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparseMatrixTest {

    /** Values of one kind in about a tenth of the entries, and rows and columns without any. */
    private static Matrix planted(int rows, int columns, float least, float step, int kinds) {
        Random random = new Random(7);
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                if (i % 5 != 3 && j % 7 != 2 && random.nextInt(10) == 0) {
                    matrix.storage(i)[matrix.offset(i) + j] = least + step * random.nextInt(kinds);
                }
            }
        }
        return matrix;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 200, 3", // bytes
        "1, 1, 60000, 4", // shorts
        "0.5, 0.25, 1000, 6", // floats
        "-2, 1, 2, 6"
    })
    void valuesComeBackAsTheyWereInAsFewBytesAsHoldThem(float least, float step, int kinds, int bytesEach) {
        Matrix dense = planted(1000, 300, least, step, kinds);

        SparseMatrix sparse = SparseMatrix.of(dense);

        assertArrayEquals(dense.toRows(), Matrix.of(sparse).toRows());
        long starts = 4 * (1000 + 1);
        assertEquals(bytesEach * sparse.nonzeros() + starts, sparse.bytes());
        assertEquals(Arrays.stream(dense.toRows()).mapToLong(row -> count(row)).sum(), sparse.nonzeros());
        assertEquals(sparse.nonzeros() / 3e5, sparse.density());
    }

    private static int count(float[] row) {
        int count = 0;
        for (float value : row) {
            count += value != 0 ? 1 : 0;
        }
        return count;
    }

    @Test
    void valuesThatDoNotFitAreKeptAside() {
        Matrix dense = planted(100, 300, 1, 1, 200);
        float[] odd = {256, 0.5f, -1, 1e9f, Float.NaN, 255, 65536, Float.MIN_VALUE};
        for (int i = 0; i < odd.length; i++) {
            dense.storage(11 * i)[dense.offset(11 * i) + 17 * i] = odd[i];
        }

        SparseMatrix sparse = SparseMatrix.of(dense);

        assertArrayEquals(dense.toRows(), Matrix.of(sparse).toRows());
        assertEquals(3 * sparse.nonzeros() + 4 * 101 + 7 * 8, sparse.bytes());
        for (int from : new int[] {0, 16, 17, 18, 170}) {
            assertRange(dense, sparse, from, Math.min(300, from + 100));
        }
    }

    private static void assertRange(Matrix dense, SparseMatrix sparse, int from, int to) {
        int[] columns = new int[to - from];
        float[] values = new float[to - from];
        for (int i = 0; i < dense.rows(); i++) {
            int count = sparse.copyNonzeros(i, from, to, columns, values);
            float[] row = new float[dense.columns()];
            for (int l = 0; l < count; l++) {
                assertTrue(l == 0 || columns[l] > columns[l - 1]);
                row[columns[l]] = values[l];
            }
            float[] part = new float[to - from + 1];
            sparse.copyRow(i, from, to - from, part, 1);
            assertArrayEquals(Arrays.copyOfRange(dense.toRows()[i], from, to), Arrays.copyOfRange(row, from, to));
            assertArrayEquals(Arrays.copyOfRange(row, from, to), Arrays.copyOfRange(part, 1, part.length));
        }
    }

    @Test
    void aCopiedRowOverwritesWhatWasThere() {
        float[] target = {9, 9, 9, 9};

        SparseMatrix.of(Matrix.of(new float[][] {{0, 5}})).copyRow(0, target, 1);

        assertArrayEquals(new float[] {9, 0, 5, 9}, target);
    }

    @ParameterizedTest
    @ValueSource(ints = {65_536, 65_537})
    void theLastColumnIsTold(int columns) {
        SparseMatrix sparse = SparseMatrix.builder(columns)
                .addRow(new int[] {columns - 1}, new float[] {3}, 1)
                .build();
        int[] at = new int[1];

        assertEquals(1, sparse.copyNonzeros(0, columns - 1, columns, at, new float[1]));
        assertEquals(columns - 1, at[0]);
    }

    @Test
    void manySegmentsAreOneMatrix() {
        int rows = 5000;
        int columns = 1000;
        SparseMatrix.Builder builder = SparseMatrix.builder(columns);
        int[] at = new int[columns];
        float[] values = new float[columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                at[j] = j;
                values[j] = (i + j) % 250 + 1;
            }
            builder.addRow(at, values, columns);
        }

        SparseMatrix sparse = builder.build();

        assertEquals(5_000_000, sparse.nonzeros());
        assertEquals(rows, builder.rows());
        SparseMatrix transposed = sparse.transpose();
        for (int i = 0; i < rows; i += 7) {
            assertEquals(1, sparse.copyNonzeros(i, i % columns, i % columns + 1, at, values));
            assertEquals((i + i % columns) % 250 + 1, values[0]);
            assertEquals(1, transposed.copyNonzeros(i % columns, i, i + 1, at, values));
            assertEquals((i + i % columns) % 250 + 1, values[0]);
        }
    }

    @Test
    void rowsWithoutNonzerosArePackedToo() {
        int rows = (1 << 21) + 5;
        SparseMatrix.Builder builder = SparseMatrix.builder(3);
        for (int i = 0; i < rows; i++) {
            builder.addRow(new int[] {2}, new float[] {1}, i == rows - 1 ? 1 : 0);
        }

        SparseMatrix sparse = builder.build();

        // 4 bytes for the start of a row, and for the end of each of three runs of rows
        assertEquals(4L * rows + 3 * 4 + 3, sparse.bytes());
        assertEquals(1, sparse.copyNonzeros(rows - 1, 0, 3, new int[3], new float[3]));
    }

    @Test
    void transposesWithNames() {
        Matrix dense = planted(70, 40, 1, 1, 300)
                .withNames(
                        java.util.stream.IntStream.range(0, 70)
                                .mapToObj(i -> "r" + i)
                                .toList(),
                        java.util.stream.IntStream.range(0, 40)
                                .mapToObj(i -> "c" + i)
                                .toList());

        SparseMatrix transposed = SparseMatrix.of(dense).transpose();

        assertArrayEquals(dense.transpose().toRows(), Matrix.of(transposed).toRows());
        assertEquals(dense.columnNames(), transposed.rowNames());
        assertEquals(dense.rowNames(), transposed.columnNames());
    }

    @Test
    void aRowMayBeInAnyOrderAndNameAColumnTwice() {
        SparseMatrix sparse = SparseMatrix.builder(5)
                .addRow(new int[] {4, 1, 4, 2, 3, 3}, new float[] {1, 2, 3, 0, 4, -4}, 6)
                .addRow(new int[0], new float[0], 0)
                .build();

        assertArrayEquals(
                new float[][] {{0, 2, 0, 0, 4}, {0, 0, 0, 0, 0}},
                Matrix.of(sparse).toRows());
        assertEquals(2, sparse.nonzeros());
    }

    @ParameterizedTest
    @CsvSource({"-1, column 0", "5, column 6"})
    void aColumnThatIsNotThereIsRefused(int column, String named) {
        SparseMatrix.Builder builder = SparseMatrix.builder(5).addRow(new int[0], new float[0], 0);

        DataException refusal =
                assertThrows(DataException.class, () -> builder.addRow(new int[] {1, column}, new float[] {1, 1}, 2));

        assertEquals("row 2 has a value in " + named + ", but the columns are 1 to 5", refusal.getMessage());
    }

    @Test
    void nothingIsNoMatrix() {
        assertEquals(
                "a matrix needs at least one row",
                assertThrows(DataException.class, SparseMatrix.builder(5)::build)
                        .getMessage());
        assertEquals(
                "a matrix needs at least one column, not 0",
                assertThrows(DataException.class, () -> SparseMatrix.builder(0)).getMessage());
    }

    @ParameterizedTest
    @CsvSource({"-1, is negative (-1.0)", "NaN, is missing or not a number (NaN)", "Infinity, is infinite"})
    void valuesThatNmfCannotTakeAreNamed(float value, String what) {
        SparseMatrix sparse = SparseMatrix.builder(5)
                .addRow(new int[0], new float[0], 0)
                .addRow(new int[] {0, 3}, new float[] {1, value}, 2)
                .build()
                .withNames(List.of("a", "b"), List.of());

        assertEquals(
                "the value in row 2 (b), column 4 " + what
                        + "; non-negative matrix factorisation needs finite values ≥ 0"
                        + (Float.isNaN(value) ? ", unless missing values are allowed (missing(true))" : ""),
                assertThrows(DataException.class, sparse::requireNonNegative).getMessage());
    }

    @Test
    void blocksAreRowsOfTheMatrix() {
        SparseMatrix sparse = SparseMatrix.of(planted(600, 10, 1, 1, 9));

        SparseRows block = sparse.block(512, 88);

        assertEquals(sparse, block.source());
        assertEquals(512, block.first());
        assertEquals(88, block.rows());
        assertEquals(10, block.columns());
        assertThrows(IllegalArgumentException.class, () -> sparse.block(200, 100));
        assertThrows(IndexOutOfBoundsException.class, () -> sparse.block(512, 89));
    }
}
