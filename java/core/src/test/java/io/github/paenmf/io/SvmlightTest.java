package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.readSparse;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions.Presence;
import io.github.paenmf.io.ReadOptions.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SvmlightTest {

    private static final String TEXT = "# c\n1 1:0.5 4:2 # x\n\n-1,2\n+1 qid:3 4:1e1  2:1 4:2\r\n0 3:0\n";
    private static final float[][] VALUES = {{0.5f, 0, 0, 2}, {0, 0, 0, 0}, {0, 1, 0, 12}, {0, 0, 0, 0}};

    @TempDir
    Path directory;

    private Path file(String text) {
        return write(directory, "a.svm", text);
    }

    @Test
    void labelsQueriesAndCommentsArePassedOver() throws IOException {
        assertArrayEquals(VALUES, Matrix.of(readSparse(file(TEXT))).toRows());
        assertArrayEquals(VALUES, Matrix.of(readSparse(file("\ufeff" + TEXT))).toRows());
        Path packed = write(directory, "a.gz", gzip(TEXT.getBytes(StandardCharsets.UTF_8)));
        assertArrayEquals(VALUES, Matrix.of(readSparse(packed)).toRows());
        assertEquals(4, readSparse(packed).nonzeros());
    }

    @Test
    void anIndexOfZeroMeansThatTheyCountFromZero() throws IOException {
        assertArrayEquals(
                new float[][] {{0, 0, 5}, {3, 0, 0}},
                Matrix.of(readSparse(file("1 2:5\n1 0:3\n"))).toRows());
    }

    @Test
    void lineAfterLineMayBeWiderThanAnyBefore() throws IOException {
        StringBuilder text = new StringBuilder();
        int[] last = {3, 70_000, 5, 300_000, 900_000};
        for (int index : last) {
            text.append("1 2:1 ").append(index).append(":7\n");
        }

        SparseMatrix sparse = readSparse(file(text.toString()));

        assertEquals(900_000, sparse.columns());
        for (int i = 0; i < last.length; i++) {
            int[] at = new int[10];
            assertEquals(2, sparse.copyNonzeros(i, 0, 900_000, at, new float[10]));
            assertEquals(last[i] - 1, at[1]);
        }
    }

    @Test
    void aLineMayBeLongerThanWhatIsLookedAt() throws IOException {
        StringBuilder text = new StringBuilder("1");
        for (int j = 1; j <= 50_000; j++) {
            text.append(' ').append(j).append(":1");
        }

        assertEquals(50_000, readSparse(file(text.toString())).nonzeros());
    }

    @Test
    void itIsStoredByItsDensity() throws IOException {
        ReadOptions options = ReadOptions.defaults();
        assertInstanceOf(Matrix.class, MatrixReader.readData(file("1 1:1 2:1\n").toString(), options));
        assertInstanceOf(
                SparseMatrix.class, MatrixReader.readData(file("1 10:1\n").toString(), options));
        assertInstanceOf(Matrix.class, MatrixReader.readData(file("1 9:1\n").toString(), options));
        assertRefused(
                file("1 1000:1\n"),
                options.withStorage(Storage.DENSE).withMaximumBytes(3999),
                "is sparse, but becomes dense",
                "limit of 3999");
        assertRefused(file(TEXT), options.withMaximumBytes(20), "takes 40 bytes", "limit of 20");
        assertRefused(file(TEXT), options.withHeader(Presence.YES), "svmlight", "no effect");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 1:1/1 1 2:1|line 2: the index before ':' should be a whole number, not '1'",
                "1 1:1/1 -1:1|line 2: the index before ':' should be a whole number, not '-1:1'",
                "1 1:1/1 2:|line 2: the value is missing",
                "1 1:1/1 2:x|line 2: 'x' is not a number",
                "1 1:1/1 2:1e39|line 2: '1e39' is too large",
                "1 1:1/1 4294967297:1|line 2: the index 4294967297 is too large",
                "1 1:1/1 99999999999999999999:1|line 2: the index before ':' should be a whole number",
                "1 # 1:1/1 1:1/1 2:1;|line 3: '1;' is not a number"
            })
    void whatIsWrongIsNamedWithItsLine(String text, String message) {
        String whole = text.replace("1 1:1/", "1 1:1\n".repeat(20)).replace('/', '\n');
        int line = Integer.parseInt(message.substring(5, 6));
        String moved = message.replaceFirst("line [0-9]", "line " + (line + 19));
        assertRefused(file(whole + "\n"), moved);
    }
}
