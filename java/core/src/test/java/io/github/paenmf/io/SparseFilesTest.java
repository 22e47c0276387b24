package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.readSparse;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as SciPy, scikit-learn and R write them: sparse_files.py, which stands beside them, did. */
class SparseFilesTest {

    private static Path file(String name) {
        try {
            return Path.of(SparseFilesTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** The counts, changed in the way that the names of files stand for. */
    private static float[][] expected(String kind) throws IOException {
        float[][] counts = MatrixReader.read(file("counts.csv").toString()).toRows();
        for (float[] row : counts) {
            for (int j = 0; j < row.length; j++) {
                row[j] = switch (kind) {
                    case "count" -> row[j];
                    case "quarter" -> row[j] / 4;
                    default -> Math.signum(row[j]);
                };
            }
        }
        return counts;
    }

    @ParameterizedTest
    @CsvSource({
        "csr_f4_i4.npz, quarter",
        "csr_f8_i8.npz, quarter",
        "csr_b1_i4.npz, whether",
        "csc_i8_i8.npz, count",
        "csc_u2_i4.npz, count",
        "coo_i4_i4.npz, count",
        "coo_f4_i8.npz, quarter",
        "csr_i4_duplicates.npz, count",
        "integer.mtx, count",
        "integer.mtx.gz, count",
        "real.mtx, quarter",
        "pattern.mtx, whether",
        "r.mtx, count",
        "one.svmlight, quarter",
        "zero.svmlight, quarter"
    })
    void whatOthersWriteIsReadWithItsEmptyRowsAndColumns(String name, String kind) throws IOException {
        float[][] expected = expected(kind);
        String input = file(name).toString();

        SparseMatrix sparse = readSparse(file(name));
        assertArrayEquals(expected, Matrix.of(sparse).toRows());
        assertEquals(78, sparse.nonzeros());

        assertArrayEquals(expected, MatrixReader.read(input).toRows());
        Matrix transposed = Matrix.of(expected).transpose();
        ReadOptions options = ReadOptions.defaults().withTranspose(true);
        assertArrayEquals(transposed.toRows(), MatrixReader.read(input, options).toRows());
        SparseMatrix sparseTransposed =
                (SparseMatrix) MatrixReader.readData(input, options.withStorage(Storage.SPARSE));
        assertArrayEquals(transposed.toRows(), Matrix.of(sparseTransposed).toRows());
    }

    @Test
    void aSymmetricMatrixIsWhole() throws IOException {
        float[][] counts = expected("count");
        float[][] products = new float[17][17];
        for (int i = 0; i < 17; i++) {
            for (int j = 0; j < 17; j++) {
                for (float[] row : counts) {
                    products[i][j] += row[i] * row[j]; // whole numbers below 2^24, so each sum is exact
                }
            }
        }

        assertArrayEquals(products, Matrix.of(readSparse(file("symmetric.mtx"))).toRows());
    }

    @Test
    void blocksAreRefusedByName() {
        assertRefused(file("bsr.npz"), "the sparse format 'bsr' is not supported; save m.tocsr() instead");
    }
}
