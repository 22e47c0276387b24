package io.github.paenmf.io.hdf5;

import static io.github.paenmf.io.hdf5.Hdf5Fixtures.assertValues;
import static io.github.paenmf.io.hdf5.Hdf5Fixtures.read;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.RowSource;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.DatasetCreationOptions;
import io.jhdf.api.WritableGroup;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that take several slices, whose borders are neither those of rows nor of chunks. */
class Hdf5SlicesTest {

    private static final int ROWS = 1303;
    private static final int COLUMNS = 1201;

    @TempDir
    private Path directory;

    /** Two of three entries are not 0; row 5 and the last are empty. */
    private static float value(int row, int column) {
        return row == 5 || row == ROWS - 1 || (row + column) % 3 == 0 ? 0 : (row * 31 + column * 17) % 251 + 1;
    }

    private static float[][] matrix() {
        float[][] matrix = new float[ROWS][COLUMNS];
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                matrix[i][j] = value(i, j);
            }
        }
        return matrix;
    }

    private static DatasetCreationOptions chunks(int... lengths) {
        return DatasetCreationOptions.builder()
                .chunkDimensions(lengths)
                .deflate()
                .build();
    }

    private Path compressed(String format, int dataChunk, int indexChunk) {
        boolean byRows = format.equals("csr");
        int lines = byRows ? ROWS : COLUMNS;
        int width = byRows ? COLUMNS : ROWS;
        int[] pointers = new int[lines + 1];
        int[] indices = new int[ROWS * COLUMNS];
        float[] data = new float[ROWS * COLUMNS];
        int count = 0;
        for (int line = 0; line < lines; line++) {
            for (int at = 0; at < width; at++) {
                float value = byRows ? value(line, at) : value(at, line);
                if (value != 0) {
                    indices[count] = at;
                    data[count++] = value;
                }
            }
            pointers[line + 1] = count;
        }
        Path path = directory.resolve(format + ".h5ad");
        try (WritableHdfFile file = HdfFile.write(path)) {
            file.putAttribute("encoding-type", "anndata");
            WritableGroup x = file.putGroup("X");
            x.putAttribute("encoding-type", format + "_matrix");
            x.putAttribute("shape", new int[] {ROWS, COLUMNS});
            x.putDataset("indptr", pointers);
            if (dataChunk == 0) {
                x.putDataset("data", Arrays.copyOf(data, count));
                x.putDataset("indices", Arrays.copyOf(indices, count));
            } else {
                x.putDataset("data", Arrays.copyOf(data, count), chunks(dataChunk));
                x.putDataset("indices", Arrays.copyOf(indices, count), chunks(indexChunk));
            }
        }
        return path;
    }

    @ParameterizedTest
    @CsvSource({"csr,0,0", "csc,0,0", "csr,1000,70001", "csr,600001,1021", "csc,99999,100000"})
    void compressedLinesAreReadSliceBySlice(String format, int dataChunk, int indexChunk) {
        Path file = compressed(format, dataChunk, indexChunk);
        assertValues(
                matrix(),
                read(file, new Hdf5Request("", false, Long.MAX_VALUE, 1)).data());
        assertValues(
                matrix(),
                read(file, new Hdf5Request("", false, Long.MAX_VALUE, -1)).data());
    }

    @ParameterizedTest
    @CsvSource({"0,0", "100,100", "7,1201", "1303,11"})
    void denseRowsAreReadSliceBySlice(int chunkRows, int chunkColumns) {
        Path path = directory.resolve("dense.h5ad");
        float[][] matrix = matrix();
        double[][] doubles = new double[ROWS][COLUMNS]; // 12 MB, two slices unless the chunks are as high
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                doubles[i][j] = matrix[i][j];
            }
        }
        try (WritableHdfFile file = HdfFile.write(path)) {
            file.putAttribute("encoding-type", "anndata");
            if (chunkRows == 0) {
                file.putDataset("X", doubles);
            } else {
                file.putDataset("X", doubles, chunks(chunkRows, chunkColumns));
            }
        }
        float[][] transposed = new float[COLUMNS][ROWS];
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                transposed[j][i] = matrix[i][j];
            }
        }
        for (boolean transpose : new boolean[] {false, true}) {
            for (double density : new double[] {-1, .5, 1}) {
                RowSource data = read(path, new Hdf5Request("", transpose, Long.MAX_VALUE, density))
                        .data();
                assertValues(transpose ? transposed : matrix, data);
            }
        }
    }

    /** 8 MiB, or what a row of chunks takes, but no more than 128 MiB. */
    @Test
    void aBandIsWholeChunksUnlessThoseAreLarge() {
        int rowBytes = 4 * 20_000;
        assertEquals(104, DenseLines.band(100_000, rowBytes, 1));
        assertEquals(64, DenseLines.band(100_000, rowBytes, 64));
        assertEquals(1000, DenseLines.band(100_000, rowBytes, 1000));
        assertEquals(104, DenseLines.band(100_000, rowBytes, 2000));
        assertEquals(1, DenseLines.band(100_000, 1L << 32, 1));
        assertEquals(10, DenseLines.band(10, rowBytes, 1));
    }
}
