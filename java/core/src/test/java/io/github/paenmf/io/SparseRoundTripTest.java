package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.littleEndian;
import static io.github.paenmf.io.TestFiles.npy;
import static io.github.paenmf.io.TestFiles.write;
import static io.github.paenmf.io.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random sparse matrices, of ugly sizes, come back from every format as they were, dense or sparse, either way round. */
class SparseRoundTripTest {

    private static final int CASES = 30;

    @TempDir
    Path directory;

    private record Entry(int row, int column, float value) {}

    enum Format {
        MATRIX_MARKET,
        MATRIX_MARKET_BY_COLUMNS,
        MATRIX_MARKET_UNORDERED_GZIP,
        CSR,
        CSC,
        COO,
        SVMLIGHT
    }

    @ParameterizedTest
    @EnumSource
    void aMatrixComesBackAsItWas(Format format) throws IOException {
        Random random = new Random(format.name().hashCode());
        for (int i = 0; i < CASES; i++) {
            int rows = 1 + random.nextInt(i < 5 ? 3 : 70);
            int columns = 1 + random.nextInt(i < 5 ? 3 : 70);
            double density = i % 3 == 0 ? 0.02 : random.nextDouble();
            float[][] values = new float[rows][columns];
            List<Entry> entries = new ArrayList<>();
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    if (random.nextDouble() < density) {
                        // Halves of what fits into a float together with its double.
                        float value = (1 + random.nextInt(1 << 20)) * 0x1p-6f;
                        values[row][column] = 3 * value;
                        entries.add(new Entry(row, column, value));
                        entries.add(new Entry(row, column, 2 * value));
                        entries.add(new Entry(row, column, 0));
                    }
                }
            }
            values[rows - 1][columns - 1] = 7; // so that svmlight knows the width
            entries.removeIf(entry -> entry.row == rows - 1 && entry.column == columns - 1);
            entries.add(new Entry(rows - 1, columns - 1, 7));
            assertRead(values, file(format, rows, columns, entries, random), format + " " + i);
        }
    }

    private static void assertRead(float[][] expected, Path file, String what) throws IOException {
        float[][] turned = Matrix.of(expected).transpose().toRows();
        int nonzeros = 0;
        for (float[] row : expected) {
            for (float value : row) {
                nonzeros += value != 0 ? 1 : 0;
            }
        }
        for (Storage storage : Storage.values()) {
            ReadOptions options = ReadOptions.defaults().withStorage(storage);
            RowSource data = MatrixReader.readData(file.toString(), options);
            if (storage == Storage.SPARSE) {
                assertInstanceOf(SparseMatrix.class, data, what);
            } else if (storage == Storage.DENSE) {
                assertInstanceOf(Matrix.class, data, what);
            }
            if (data instanceof SparseMatrix sparse) {
                assertEquals(nonzeros, sparse.nonzeros(), what);
            }
            assertArrayEquals(expected, Matrix.of(data).toRows(), what);
            assertArrayEquals(
                    turned,
                    Matrix.of(MatrixReader.readData(file.toString(), options.withTranspose(true)))
                            .toRows(),
                    what);
        }
    }

    private Path file(Format format, int rows, int columns, List<Entry> entries, Random random) {
        return switch (format) {
            case MATRIX_MARKET -> write(directory, "a.mtx", matrixMarket(rows, columns, entries));
            case MATRIX_MARKET_BY_COLUMNS -> {
                entries.sort(Comparator.comparingInt(Entry::column));
                yield write(directory, "a.mtx", matrixMarket(rows, columns, entries));
            }
            case MATRIX_MARKET_UNORDERED_GZIP -> {
                Collections.shuffle(entries, random);
                byte[] text = matrixMarket(rows, columns, entries).getBytes(StandardCharsets.US_ASCII);
                yield write(directory, "a.mtx.gz", gzip(text));
            }
            case CSR -> write(directory, "a.npz", compressed("csr", rows, columns, entries, random));
            case CSC -> {
                entries.sort(Comparator.comparingInt(Entry::column));
                yield write(directory, "a.npz", compressed("csc", rows, columns, entries, random));
            }
            case COO -> {
                Collections.shuffle(entries, random);
                yield write(directory, "a.npz", coordinates(rows, columns, entries));
            }
            case SVMLIGHT -> write(directory, "a.svm", svmlight(rows, entries, random.nextBoolean()));
        };
    }

    private static String matrixMarket(int rows, int columns, List<Entry> entries) {
        StringBuilder text = new StringBuilder("%%MatrixMarket matrix coordinate real general\n")
                .append(rows + " " + columns + " " + entries.size() + "\n");
        for (Entry entry : entries) {
            text.append((entry.row + 1) + " " + (entry.column + 1) + " " + shown(entry.value) + "\n");
        }
        return text.toString();
    }

    /** Whole numbers without a point, others with one. */
    private static String shown(float value) {
        return value == (int) value ? Integer.toString((int) value) : Float.toString(value);
    }

    private static String svmlight(int rows, List<Entry> entries, boolean fromZero) {
        StringBuilder text = new StringBuilder();
        int base = fromZero ? 0 : 1;
        for (int row = 0; row < rows; row++) {
            text.append(row % 2 == 0 ? "+1" : "-1");
            if (fromZero && row == 0) {
                text.append(" 0:0");
            }
            for (Entry entry : entries) {
                if (entry.row == row) {
                    text.append(" " + (entry.column + base) + ":" + shown(entry.value));
                }
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static byte[] indices(int[] values) {
        return npy("<i4", false, "(" + values.length + ",)", littleEndian(values));
    }

    private static byte[] values(List<Entry> entries) {
        float[] values = new float[entries.size()];
        for (int e = 0; e < values.length; e++) {
            values[e] = entries.get(e).value;
        }
        return npy("<f4", false, "(" + values.length + ",)", littleEndian(values));
    }

    private static byte[] name(String format) {
        return npy("|S3", false, "()", format.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] coordinates(int rows, int columns, List<Entry> entries) {
        return zip(
                "row.npy",
                indices(entries.stream().mapToInt(Entry::row).toArray()),
                "col.npy",
                indices(entries.stream().mapToInt(Entry::column).toArray()),
                "data.npy",
                values(entries),
                "format.npy",
                name("coo"),
                "shape.npy",
                indices(new int[] {rows, columns}));
    }

    /** Entries of each row (or column) in random order. */
    private static byte[] compressed(String format, int rows, int columns, List<Entry> entries, Random random) {
        boolean byRows = format.equals("csr");
        int[] pointers = new int[(byRows ? rows : columns) + 1];
        for (Entry entry : entries) {
            pointers[(byRows ? entry.row : entry.column) + 1]++;
        }
        for (int line = 0; line + 1 < pointers.length; line++) {
            pointers[line + 1] += pointers[line];
            Collections.shuffle(entries.subList(pointers[line], pointers[line + 1]), random);
        }
        return zip(
                "indptr.npy",
                indices(pointers),
                "indices.npy",
                indices(entries.stream()
                        .mapToInt(byRows ? Entry::column : Entry::row)
                        .toArray()),
                "data.npy",
                values(entries),
                "format.npy",
                name(format),
                "shape.npy",
                indices(new int[] {rows, columns}));
    }
}
