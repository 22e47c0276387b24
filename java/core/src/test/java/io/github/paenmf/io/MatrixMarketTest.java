package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.readSparse;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixMarketTest {

    private static final float[][] VALUES = {{1, 0, 2.5f}, {0, 3, 0}};
    private static final ReadOptions TRANSPOSED = ReadOptions.defaults().withTranspose(true);
    private static final String COORDINATE = "%%MatrixMarket matrix coordinate real general\n";
    private static final String ARRAY = "%%MatrixMarket matrix array real general\n";

    @TempDir
    Path directory;

    private Path file(String text) {
        return write(directory, "a.mtx", text);
    }

    @Test
    void readsCoordinates() throws IOException {
        String text = COORDINATE + "% a comment\n%\n\n2 3 3\n1 1 1\n  2\t2 3e0 \n% another\n1 3 2.5";
        assertValues(VALUES, read(file(text)));
        assertValues(VALUES, read(file(text.replace("\n", "\r\n"))));
        assertValues(VALUES, read(file("\ufeff" + text)));
        assertValues(VALUES, read(file(text.replace("MatrixMarket matrix", "MATRIXMARKET Matrix"))));
        assertValues(VALUES, read(write(directory, "a.mtx.gz", gzip(text.getBytes(StandardCharsets.UTF_8)))));
        Matrix transposed = MatrixReader.read(file(text).toString(), TRANSPOSED);
        assertValues(new float[][] {{1, 0}, {0, 3}, {2.5f, 0}}, transposed);
        assertValues(new float[2][2], read(file(COORDINATE + "2 2 0\n")));
    }

    @Test
    void readsArraysColumnByColumn() throws IOException {
        String text = ARRAY + "2 3\n1\n0\n0\n3\n2.5\n0\n";
        assertValues(VALUES, read(file(text)));
        assertValues(
                new float[][] {{1, 0}, {0, 3}, {2.5f, 0}},
                MatrixReader.read(file(text).toString(), TRANSPOSED));
        assertValues(new float[][] {{7}}, read(file(ARRAY.replace("real", "integer") + "1 1\n7\n")));
    }

    @Test
    void readsPatternSymmetricAndIntegerFiles() throws IOException {
        String pattern = COORDINATE.replace("real", "pattern") + "2 2 2\n1 1\n2 1\n";
        assertValues(new float[][] {{1, 0}, {1, 0}}, read(file(pattern)));
        String symmetric = COORDINATE.replace("general", "symmetric") + "2 2 2\n1 1 5\n2 1 7\n";
        assertValues(new float[][] {{5, 7}, {7, 0}}, read(file(symmetric)));
        String array = ARRAY.replace("general", "symmetric") + "2 2\n1\n2\n3\n";
        assertValues(new float[][] {{1, 2}, {2, 3}}, read(file(array)));
        String integer = COORDINATE.replace("real", "integer") + "1 2 1\n1 2 -4\n";
        assertValues(new float[][] {{0, -4}}, read(file(integer)));
    }

    @Test
    void addsEntriesOfTheSameCoordinates() throws IOException {
        assertValues(new float[][] {{0, 3.5f}}, read(file(COORDINATE + "1 2 2\n1 2 1.5\n1 2 2\n")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "coordinate real skew-symmetric|the symmetry 'skew-symmetric' is not supported, only general, symmetric",
                "coordinate real hermitian|'hermitian'",
                "coordinate complex general|the type 'complex'",
                "array pattern general|'coordinate'",
                "sparse real general|the layout 'sparse'",
                "coordinate real|first line"
            })
    void refusesOtherKinds(String kind, String message) {
        assertRefused(file("%%MatrixMarket matrix " + kind + "\n1 1 1\n1 1 1\n"), "line 1: ", message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|ends before the line with the sizes",
                "2 2|line 2: the number of entries is missing",
                "2 2 1 1|line 2: '1' is more",
                "2 x 1|line 2: the number of columns should be a whole number, not 'x'",
                "-2 2 1|line 2: the number of rows should be a whole number",
                "0 2 0|at least one row",
                "2 2 1/1 1|line 3: the value is missing",
                "2 2 1/1 1 a|line 3: 'a' is not a number",
                "2 2 1/1 1 1e39|line 3: '1e39' is too large",
                "2 2 1/1 1 1 1|line 3: '1' is more",
                "2 2 1/0 1 1|line 3: the row is 0, but must be from 1 to 2",
                "2 2 1/1 3 1|line 3: the column is 3, but must be from 1 to 2",
                "2 2 1/1.5 1 1|line 3: the row should be a whole number, not '1.5'",
                "2 2 2/1 1 1|ends after 1 of 2 entries",
                "2 2 1/1 1 1/2 2 2|line 4: there are more entries than the header declares (1)",
                "2 2 1/1|line 3: the column is missing",
                "2 2 99999999999999999999/1 1 1|line 2: the number of entries should be a whole number",
                "99999999999 2 1/1 1 1|sparse, but becomes dense in memory: a 99999999999 × 2",
                "2000000000 8000000 1/1 1 1|sparse, but becomes dense in memory"
            })
    void refusesDamagedCoordinates(String text, String message) {
        assertRefused(file(COORDINATE + text.replace('/', '\n') + "\n"), message);
    }

    @Test
    void refusesDamagedArrays() {
        assertRefused(file(ARRAY + "2 2\n1\n2\n3\n"), "before the value in row 2, column 2");
        assertRefused(file(ARRAY + "1 1\n1\n2\n"), "more entries");
        assertRefused(file(ARRAY + "1 1\n1 2\n"), "line 3: '2' is more");
        assertRefused(file(ARRAY.replace("general", "symmetric") + "1 2\n1\n2\n"), "must be square");
        assertRefused(file(COORDINATE + "1 1 1\n" + " ".repeat(70_000)), "line 3: the line has more than");
        assertRefused(file(COORDINATE + "1 1 1\n1 1 " + "x".repeat(1000)), "…' is not a number");
    }

    @Test
    void readsBehindAByteOrderMark() throws IOException {
        Path file = write(directory, "bom.mtx", "\ufeff" + COORDINATE + "2 2 1\n2 1 5\n");
        assertValues(new float[][] {{0, 0}, {5, 0}}, read(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e308", "1e+308", "1.0E308"})
    void namesTheMissingValuesOfR(String value) {
        Path file = write(directory, "na.mtx", COORDINATE + "2 2 1\n2 1 " + value + "\n");
        assertRefused(file, "line 3: '" + value + "' is what R's writeMM writes for NA");
    }

    @Test
    void namesOtherSparseTextsByTheirNameAndContent() throws IOException {
        assertRefused(write(directory, "docword.kos.txt", "2\n3\n2\n1 1 4\n2 3 1\n"), "docword", "%%MatrixMarket");
        assertValues(new float[][] {{1, 2}, {3, 4}}, read(write(directory, "c.svm", "a,b\n1,2\n3,4\n")));
        assertValues(new float[][] {{1, 2}, {3, 4}}, read(write(directory, "docword.c.txt", "a,b\n1,2\n3,4\n")));
    }

    @Test
    void coordinatesAreStoredByTheirDensityAndArraysAreNot() throws IOException {
        ReadOptions options = ReadOptions.defaults();
        String one = "1\n1 1 5\n";
        assertInstanceOf(
                SparseMatrix.class,
                MatrixReader.readData(file(COORDINATE + "2 5 " + one).toString(), options));
        assertInstanceOf(
                Matrix.class,
                MatrixReader.readData(file(COORDINATE + "3 3 " + one).toString(), options));
        Path array = file(ARRAY + "11 1\n" + "0\n".repeat(10) + "3\n");
        assertInstanceOf(Matrix.class, MatrixReader.readData(array.toString(), options));
        SparseMatrix asked = readSparse(array);
        assertEquals(1, asked.nonzeros());
        assertThrows(
                IllegalArgumentException.class,
                () -> MatrixReader.read(array.toString(), options.withStorage(Storage.SPARSE)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2147483647 2 1/1 1 1|2147483647 × 2 matrix is too large; at most 2147483639 rows or columns",
                "2000000000 8000000 1/1 1 1|a sparse 2000000000 × 8000000 matrix needs 29.9 GiB of memory",
                "0 5 0|a matrix needs at least one row and one column, not 0 × 5",
                "5 0 0|a matrix needs at least one row and one column, not 5 × 0",
                "9 9 2/1 1 1|the file ends after 1 of 2 entries",
                "9 9 1/1 1 1/2 2 2|line 4: there are more entries than the header declares (1)",
                "9 9 1/1 10 1|line 3: the column is 10, but must be from 1 to 9"
            })
    void refusesDamageAlsoWhereNothingBecomesDense(String text, String message) {
        ReadOptions options = ReadOptions.defaults().withStorage(Storage.SPARSE);
        assertRefused(file(COORDINATE + text.replace('/', '\n') + "\n"), options, message);
    }

    @Test
    void aValueThatIsNotANumberIsKeptAndNamed() throws IOException {
        SparseMatrix sparse = readSparse(file(COORDINATE + "3 9 2\n1 1 1\n3 8 nan\n"));

        assertEquals(
                "the value in row 3, column 8 is missing or not a number (NaN); non-negative matrix factorisation needs"
                        + " finite values ≥ 0, unless missing values are allowed (missing(true))",
                assertThrows(DataException.class, sparse::requireNonNegative).getMessage());
    }

    @Test
    void theLimitIsThatOfTheNonzeros() throws IOException {
        Path file = file(COORDINATE + "9 9 2\n1 1 1\n9 9 2\n");
        ReadOptions options = ReadOptions.defaults().withStorage(Storage.SPARSE);
        // 3 bytes per nonzero, and 4 for the start of each row and the end.
        MatrixReader.readData(file.toString(), options.withMaximumBytes(46));
        assertRefused(file, options.withMaximumBytes(45), "takes 46 bytes", "limit of 45");
    }
}
