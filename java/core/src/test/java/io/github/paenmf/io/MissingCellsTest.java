package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Missing values in text, which become NaN where that is asked for. */
class MissingCellsTest {

    private static final ReadOptions ALLOWED = ReadOptions.defaults().withMissing(true);
    private static final float NAN = Float.NaN;

    @TempDir
    Path directory;

    private Matrix table(String text, ReadOptions options) throws IOException {
        return MatrixReader.read(write(directory, "table.csv", text).toString(), options);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "NA", "nan", "NaN", " ", " NA ", "\"NA\"", "\"\""})
    void whatRAndPandasWriteBecomesNan(String cell) throws IOException {
        String text = "id,a,b,c\nx,1,CELL,3\ny,CELL,5,6\nz,7,8,CELL\n".replace("CELL", cell);
        float[][] expected = {{1, NAN, 3}, {NAN, 5, 6}, {7, 8, NAN}};
        Matrix matrix = table(text, ALLOWED);
        assertValues(expected, matrix);
        assertEquals(List.of("x", "y", "z"), matrix.rowNames());
        assertEquals(List.of("a", "b", "c"), matrix.columnNames());
        assertValues(expected, table(text.replace(',', '\t'), ALLOWED));
        assertValues(expected, table(text.replace(',', ';'), ALLOWED.withDecimal(ReadOptions.Decimal.COMMA)));
    }

    @Test
    void aColumnWithoutAnyValueIsStillAColumn() throws IOException {
        for (String cell : List.of("", "NA")) {
            String rows = "1,CELL,3\n4,CELL,6\n7,CELL,9\n";
            float[][] expected = {{1, NAN, 3}, {4, NAN, 6}, {7, NAN, 9}};
            assertValues(expected, table(rows.replace("CELL", cell), ALLOWED));
            assertValues(expected, table(("a,b,c\n" + rows).replace("CELL", cell), ALLOWED));
            String first = "CELL,2,3\nCELL,2,9\nCELL,8,9\n";
            float[][] firstExpected = {{NAN, 2, 3}, {NAN, 2, 9}, {NAN, 8, 9}};
            assertValues(firstExpected, table(first.replace("CELL", cell), ALLOWED));
            assertValues(firstExpected, table(("a,b,c\n" + first).replace("CELL", cell), ALLOWED));
        }
    }

    @Test
    void aRowThatIsTooShortIsNotFilledUp() {
        Path file = write(directory, "short.txt", "1 2 3\n4 5 6\n7 8 \n");
        assertRefused(file, ALLOWED, "line 3 has 2 cells");
        Path commas = write(directory, "short.csv", "1,2,3\n4,5\n");
        assertRefused(commas, ALLOWED, "line 2 has 2 cells");
    }

    @Test
    void otherWordsAreNamedWithWhatToWrite() {
        for (String word : List.of("n/a", "null", "?", "-", "None", "#N/A")) {
            Path file = write(directory, "table.csv", "a,b\n1,2\n3," + word + "\n");
            assertRefused(
                    file, ALLOWED, "line 3, column 2 (b): '" + word + "' may stand for", "write NA, NaN or nothing");
        }
        assertRefused(write(directory, "table.csv", "a,b\n1,2\n3,x\n"), ALLOWED, "line 3, column 2 (b): 'x' is not");
    }

    @Test
    void withoutTheOptionTheCellIsNamed() {
        Path file = write(directory, "table.csv", "a,b\n1,2\n3,NA\n");
        assertRefused(file, "line 3, column 2 (b): 'NA' stands for a missing value", "--missing allow");
        assertRefused(
                write(directory, "b.csv", "a,b\n1,2\n,4\n"), "line 3, column 1 (a): the cell is empty", "--missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e308", "1e+308", "-1.0E308", "nan", "NaN"})
    void whatRWritesInMatrixMarketBecomesNan(String value) throws IOException {
        String array = "%%MatrixMarket matrix array real general\n2 1\n" + value + "\n3\n";
        assertValues(
                new float[][] {{NAN}, {3}},
                MatrixReader.read(write(directory, "a.mtx", array).toString(), ALLOWED));
        String entries = "%%MatrixMarket matrix coordinate real general\n2 2 2\n1 2 " + value + "\n2 1 3\n";
        Path file = write(directory, "b.mtx", entries);
        assertValues(new float[][] {{0, NAN}, {3, 0}}, MatrixReader.read(file.toString(), ALLOWED));
        Path large = write(directory, "c.mtx", array.replace(value, "1e307"));
        assertRefused(large, ALLOWED, "'1e307' is too large");
    }

    /** Plain rows go on behind a missing value, in every chunk and to the same numbers. */
    @Test
    void longTablesAreReadToTheSameValues() throws IOException {
        int rows = 60_000;
        StringBuilder text = new StringBuilder("a,b,c\n");
        for (int i = 0; i < rows; i++) {
            text.append(i)
                    .append(i % 3 == 0 ? ",," : ",NA,")
                    .append(i % 7 == 0 ? " NA" : "2.5")
                    .append('\n');
        }
        Matrix matrix = table(text.toString(), ALLOWED);
        assertEquals(rows, matrix.rows());
        for (int i = 0; i < rows; i++) {
            assertEquals(i, matrix.get(i, 0));
            assertEquals(NAN, matrix.get(i, 1));
            assertEquals(i % 7 == 0 ? NAN : 2.5f, matrix.get(i, 2));
        }
    }
}
