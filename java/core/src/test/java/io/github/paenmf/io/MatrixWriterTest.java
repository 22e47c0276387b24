package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertMessage;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.read;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MatrixWriterTest {

    @TempDir
    Path directory;

    private static Matrix anyMatrix() {
        Random random = new Random(5);
        Matrix matrix = Matrix.zeros(50, 6);
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                float value = random.nextInt(4) == 0 ? random.nextInt(9) : Float.intBitsToFloat(random.nextInt());
                matrix.storage(i)[matrix.offset(i) + j] = Float.isFinite(value) ? value : 0.1f;
            }
        }
        matrix.storage(0)[0] = -0f;
        matrix.storage(0)[1] = Float.NaN;
        matrix.storage(0)[2] = Float.NEGATIVE_INFINITY;
        matrix.storage(0)[3] = Float.MAX_VALUE;
        matrix.storage(0)[4] = Float.MIN_VALUE;
        matrix.storage(0)[5] = 16777216;
        return matrix;
    }

    private static List<String> names(String prefix, int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(i -> prefix + i)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.npz", "a.npy", "a.csv", "a.tsv", "a.csv.gz", "a.TSV.GZ"})
    void readsBackExactly(String name) throws IOException {
        Matrix matrix = anyMatrix();
        List<String> awkward = List.of("a,b", "\"quoted\"", "two\nlines", "tab\there", "ünï", "7");
        for (List<String> rowNames : List.of(List.<String>of(), names("r", 50), names("", 50))) {
            for (List<String> columnNames : List.of(List.<String>of(), awkward, names("", 6), names("x", 6))) {
                Path file = directory.resolve(name);
                MatrixWriter.write(file, matrix.withNames(rowNames, columnNames));
                Matrix back = read(file);
                assertValues(matrix.toRows(), back);
                assertEquals(Float.floatToRawIntBits(-0f), Float.floatToRawIntBits(back.get(0, 0)));
                if (!name.endsWith(".npy")) {
                    assertEquals(rowNames, back.rowNames());
                    assertEquals(columnNames, back.columnNames());
                }
            }
        }
    }

    @Test
    void writesWholeNumbersWithoutPoint() throws IOException {
        Path file = directory.resolve("a.csv");
        MatrixWriter.write(
                file, Matrix.of(new float[][] {{1, -2, 0.5f}}).withNames(List.of("x"), List.of("a", "b", "c")));
        assertEquals("\"\",\"a\",\"b\",\"c\"\n\"x\",1,-2,0.5\n", Files.readString(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.csv", "a.tsv", "a.csv.gz"})
    void namesAreTextsInASpreadsheetAndComeBack(String name) throws IOException {
        List<String> names = List.of("=cmd()", "+1", "-1", "@SUM(A1)", "'=x", "'plain", "1=1");
        Matrix matrix = Matrix.zeros(7, 7).withNames(names, names);
        Path file = directory.resolve(name);

        MatrixWriter.write(file, matrix);

        assertEquals(names, read(file).rowNames());
        assertEquals(names, read(file).columnNames());
    }

    @Test
    void aFormulaGetsAnApostropheUnlessItIsToBeRaw() throws IOException {
        List<String> names = List.of("=cmd()", "+1", "-1", "@SUM", "\tx", "\rx", "'=x", "'plain", "a=b");
        Matrix matrix = Matrix.of(new float[][] {{-1, 2, 3, 4, 5, 6, 7, 8, 9}}).withNames(List.of("=r"), names);
        Path file = directory.resolve("a.tsv");
        String raw = "\"\"\t\"" + String.join("\"\t\"", names) + "\"\n\"=r\"\t-1\t2\t3\t4\t5\t6\t7\t8\t9\n";

        MatrixWriter.write(file, Map.of("data", matrix), MatrixWriter.Names.RAW);
        assertEquals(raw, Files.readString(file));

        MatrixWriter.write(file, Map.of("data", matrix), MatrixWriter.Names.SAFE);
        assertEquals(
                raw.replaceAll("\"('=|[=+\\-@]|\t(?=x)|\r)", "\"'$1"),
                Files.readString(file),
                "only these, only names");
    }

    @Test
    void writesSeveralMatrices() throws IOException {
        Map<String, Matrix> matrices = new LinkedHashMap<>();
        matrices.put("lambda", Matrix.of(new float[][] {{1, 2}}).withNames(List.of("x"), List.of()));
        matrices.put("k", Matrix.of(new float[][] {{3, 4}}).withNames(List.of(), List.of("a", "b")));
        Path file = directory.resolve("latent.npz");
        MatrixWriter.write(file, matrices);
        Matrix lambda = MatrixReader.read(file + "#lambda");
        assertValues(new float[][] {{1, 2}}, lambda);
        assertEquals(List.of("x"), lambda.rowNames());
        assertEquals(List.of("a", "b"), lambda.columnNames());
        assertValues(new float[][] {{3, 4}}, MatrixReader.read(file + "#k"));
        try (Npz npz = Npz.open(file)) {
            assertEquals(List.of("lambda", "k", "rows", "columns"), List.copyOf(npz.names()));
        }
        Path csv = directory.resolve("a.csv");
        CannotWriteException e = assertThrows(CannotWriteException.class, () -> MatrixWriter.write(csv, matrices));
        assertMessage(e, "cannot write " + csv + ": ", "2 matrices", ".npz");
        matrices.put("rows", lambda);
        assertThrows(IllegalArgumentException.class, () -> MatrixWriter.write(file, matrices));
        assertThrows(IllegalArgumentException.class, () -> MatrixWriter.write(file, Map.of()));
        try (var files = Files.list(directory)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void refusesUnknownFormats() {
        Path file = directory.resolve("a.xlsx");
        CannotWriteException e = assertThrows(CannotWriteException.class, () -> MatrixWriter.write(file, anyMatrix()));
        assertMessage(e, "cannot write " + file + ": ", ".npz, .npy, .csv or .tsv");
    }
}
