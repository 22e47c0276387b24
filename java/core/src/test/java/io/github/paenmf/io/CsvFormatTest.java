package io.github.paenmf.io;

import static io.github.paenmf.io.TestFiles.assertRefused;
import static io.github.paenmf.io.TestFiles.assertValues;
import static io.github.paenmf.io.TestFiles.gzip;
import static io.github.paenmf.io.TestFiles.read;
import static io.github.paenmf.io.TestFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions.Presence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvFormatTest {

    private static final float[][] TWO_BY_THREE = {{1, 2, 3}, {4, 5, 6}};

    @TempDir
    Path directory;

    private Matrix table(String text) throws IOException {
        return read(write(directory, "table.csv", text));
    }

    private Matrix table(String text, ReadOptions options) throws IOException {
        return MatrixReader.read(write(directory, "table.csv", text).toString(), options);
    }

    private void assertTable(String text, List<String> rowNames, List<String> columnNames) throws IOException {
        Matrix matrix = table(text);
        assertValues(TWO_BY_THREE, matrix);
        assertEquals(rowNames, matrix.rowNames());
        assertEquals(columnNames, matrix.columnNames());
    }

    private void refused(String text, String... parts) {
        assertRefused(write(directory, "table.csv", text), parts);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1,2,3\n4,5,6\n",
                "1,2,3\n4,5,6",
                "1,2,3\r\n4,5,6\r\n",
                "1,2,3\r4,5,6\r",
                "1\t2\t3\n4\t5\t6\n",
                "1;2;3\n4;5;6\n",
                "1|2|3\n4|5|6\n",
                "1 2 3\n4 5 6\n",
                "  1   2 3  \n 4  5     6\n",
                "1.0, 2.0, 3.0\n4.0, 5.0, 6.0\n",
                "\"1\",\"2\",\"3\"\n\"4\",\"5\",\"6\"\n",
                "\n1,2,3\n\n4,5,6\n\n",
                "\ufeff1,2,3\n4,5,6\n",
                "# written by a program\n1,2,3\n4,5,6\n",
                "1e0,+2,.3e1\n4.,5,600e-2\n"
            })
    void readsNumbersAlone(String text) throws IOException {
        assertTable(text, List.of(), List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a,b,c\n1,2,3\n4,5,6\n",
                "\ufeffa,b,c\r\n1,2,3\r\n4,5,6\r\n",
                "\"a\",\"b\",\"c\"\n1,2,3\n4,5,6\n",
                "# a,b,c\n1,2,3\n4,5,6\n",
                "#a\tb\tc\n1\t2\t3\n4\t5\t6\n",
                "# made by a program\n#a,b,c\n1,2,3\n4,5,6\n",
                "a b c\n1 2 3\n4 5 6\n"
            })
    void detectsTheHeader(String text) throws IOException {
        assertTable(text, List.of(), List.of("a", "b", "c"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",a,b,c\nx,1,2,3\ny,4,5,6\n",
                "gene,a,b,c\nx,1,2,3\ny,4,5,6\n",
                "\"\",\"a\",\"b\",\"c\"\n\"x\",1,2,3\n\"y\",4,5,6\n",
                "a,b,c\nx,1,2,3\ny,4,5,6\n",
                "a\tb\tc\nx\t1\t2\t3\ny\t4\t5\t6\n",
                "a b c\nx 1 2 3\ny 4 5 6\n"
            })
    void detectsHeaderAndRowNames(String text) throws IOException {
        assertTable(text, List.of("x", "y"), List.of("a", "b", "c"));
    }

    @Test
    void detectsNamesThatAreNumbers() throws IOException {
        List<String> positions = List.of("0", "1", "2");
        assertTable("name,0,1,2\nx,1,2,3\ny,4,5,6\n", List.of("x", "y"), positions);
        assertTable(",0,1,2\n0,1,2,3\n1,4,5,6\n", List.of("0", "1"), positions);
        assertTable("index,1999,2003,2010\nx,1,2,3\ny,4,5,6\n", List.of("x", "y"), List.of("1999", "2003", "2010"));
        assertTable("\"9\",\"8\",\"7\"\n1,2,3\n4,5,6\n", List.of(), List.of("9", "8", "7"));
        assertTable("\"9\",\"8\",\"7\"\n\"1\",1,2,3\n\"2\",4,5,6\n", List.of("1", "2"), List.of("9", "8", "7"));
        assertTable("id,a,b,c\n17,1,2,3\n4,4,5,6\n", List.of("17", "4"), List.of("a", "b", "c"));
        assertTable("x,1,2,3\ny,4,5,6\n", List.of("x", "y"), List.of());
        Matrix years = table("city,2001,2002,2003,2004,2005,2006\nx,1,2,3,4,5,6\n");
        assertEquals(List.of("2001", "2002", "2003", "2004", "2005", "2006"), years.columnNames());
        assertValues(new float[][] {{1, 2, 3, 4, 5, 6}}, years);
    }

    @Test
    void takesANameWithDelimiterQuoteAndLineBreak() throws IOException {
        Matrix matrix = table("\"a, \"\"b\"\"\",\"c\nd\"\n1,2\n");
        assertEquals(List.of("a, \"b\"", "c\nd"), matrix.columnNames());
        assertValues(new float[][] {{1, 2}}, matrix);
    }

    @Test
    void takesASingleRowAndASingleColumn() throws IOException {
        assertValues(new float[][] {{1, 2, 3}}, table("1,2,3\n"));
        assertValues(new float[][] {{1}, {2}}, table("1\n2\n"));
        assertValues(new float[][] {{7}}, table("7"));
        Matrix named = table("height\n1\n2\n");
        assertEquals(List.of("height"), named.columnNames());
        assertValues(new float[][] {{1}, {2}}, named);
    }

    @Test
    void readsNegativeNotANumberAndInfinite() throws IOException {
        assertValues(new float[][] {{-1, Float.NaN}, {Float.POSITIVE_INFINITY, 1e30f}}, table("-1,nan\ninf,1e30\n"));
    }

    @Test
    void obeysTheOptions() throws IOException {
        ReadOptions options = ReadOptions.defaults();
        assertValues(new float[][] {{1, 4}, {2, 5}, {3, 6}}, table("1,2,3\n4,5,6\n", options.withTranspose(true)));
        Matrix transposed = table("id,a,b\nx,1,2\n", options.withTranspose(true));
        assertEquals(List.of("a", "b"), transposed.rowNames());
        assertEquals(List.of("x"), transposed.columnNames());
        Matrix header = table("1,2,3\n4,5,6\n", options.withHeader(Presence.YES));
        assertValues(new float[][] {{4, 5, 6}}, header);
        assertEquals(List.of("1", "2", "3"), header.columnNames());
        Matrix rowNames = table("1,2,3\n4,5,6\n", options.withRowNames(Presence.YES));
        assertValues(new float[][] {{2, 3}, {5, 6}}, rowNames);
        assertEquals(List.of("1", "4"), rowNames.rowNames());
        Matrix noRowNames = table("id,a\n1,2\n", options.withRowNames(Presence.NO));
        assertEquals(List.of("id", "a"), noRowNames.columnNames());
        Path text = write(directory, "table.csv", "a,b\n1,2\n");
        assertRefused(text, options.withHeader(Presence.NO), "line 1, column 1", "'a'");
        assertRefused(text, options.withDelimiter(';'), "'1,2' is not a number");
        assertValues(new float[][] {{1, 2}}, table("1:2\n", options.withDelimiter(':')));
        assertValues(new float[][] {{1}, {2}}, table("1\n2\n", options.withMaximumBytes(8)));
        assertRefused(write(directory, "table.csv", "1\n2\n3\n"), options.withMaximumBytes(8), "limit of 8", "raise");
    }

    @Test
    void readsGzipAndUtf16() throws IOException {
        byte[] text = "a,b,c\n1,2,3\n4,5,6\n".getBytes(StandardCharsets.UTF_8);
        assertValues(TWO_BY_THREE, read(write(directory, "table.csv.gz", gzip(text))));
        assertValues(TWO_BY_THREE, read(write(directory, "compressed-without-saying-so", gzip(text))));
        for (var charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            byte[] wide = "\ufeffä\tb\tc\r\n1\t2\t3\r\n4\t5\t6\r\n".getBytes(charset);
            Matrix matrix = read(write(directory, "table.txt", wide));
            assertValues(TWO_BY_THREE, matrix);
            assertEquals(List.of("ä", "b", "c"), matrix.columnNames());
        }
    }

    @Test
    void readsMoreRowsThanItLooksAt() throws IOException {
        int rows = 3000;
        StringBuilder text = new StringBuilder("name,a,b\n");
        for (int i = 0; i < rows; i++) {
            text.append("row ")
                    .append(i)
                    .append(',')
                    .append(i)
                    .append(',')
                    .append(i / 4.0)
                    .append('\n');
        }
        Matrix matrix = table(text.toString());
        assertEquals(rows, matrix.rows());
        assertEquals("row 2999", matrix.rowNames().get(2999));
        for (int i = 0; i < rows; i++) {
            assertEquals(i, matrix.get(i, 0));
            assertEquals(i / 4f, matrix.get(i, 1));
        }
        refused(text + "last,1\n", "line 3002 has 2 cells, but line 2 has 3");
        refused(text + "last,1,x\n", "line 3002, column 3 (b): 'x' is not a number");
    }

    /** About 700 kB, which are several chunks: row i is its name, i and i / 4. */
    private static StringBuilder manyRows(int rows, String lineBreak) {
        StringBuilder text = new StringBuilder("name,a,b").append(lineBreak);
        for (int i = 0; i < rows; i++) {
            text.append('r')
                    .append(i)
                    .append(',')
                    .append(i)
                    .append(',')
                    .append(i / 4.0)
                    .append(lineBreak);
        }
        return text;
    }

    private static void assertManyRows(int rows, Matrix matrix) {
        assertEquals(rows, matrix.rows());
        assertEquals(List.of("a", "b"), matrix.columnNames());
        for (int i = 0; i < rows; i++) {
            assertEquals("r" + i, matrix.rowNames().get(i));
            assertEquals(i, matrix.get(i, 0));
            assertEquals(i / 4f, matrix.get(i, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r", "\n\n", "\r\n\n\r"})
    void readsManyChunksOfRows(String lineBreak) throws IOException {
        int rows = 40_001;
        String text = manyRows(rows, lineBreak).toString();
        assertManyRows(rows, table(text));
        assertManyRows(rows, table(text.stripTrailing()));
        assertManyRows(rows, read(write(directory, "table.csv.gz", gzip(text.getBytes(StandardCharsets.UTF_8)))));
    }

    @Test
    void readsQuotedCellsInLaterChunks() throws IOException {
        int rows = 40_001;
        for (int quoted = 1; quoted < rows; quoted += 2500) { // wherever a chunk may end
            String plain = "\nr" + quoted + ",";
            StringBuilder text = manyRows(rows, "\n");
            int at = text.indexOf(plain);
            text.replace(at, at + plain.length(), "\n\"r" + quoted + "\",");
            assertManyRows(rows, table(text.toString()));
        }
        String name = "a, \"b\"\n1,2,3\n".repeat(3000); // a quoted cell that looks like rows, longer than half a chunk
        StringBuilder text = manyRows(rows, "\n");
        int at = text.indexOf("\nr17000,");
        text.replace(at, at + 8, "\n\"" + name.replace("\"", "\"\"") + "\",");
        Matrix matrix = table(text.toString());
        assertEquals(rows, matrix.rows());
        assertEquals(name.strip(), matrix.rowNames().get(17_000));
        assertEquals(17_001, matrix.get(17_001, 0));
        refused(text + "last,1,x\n", "line " + (rows + 2 + 6000) + ", column 3 (b): 'x' is not a number");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x,1|line LINE has 2 cells, but line 2 has 3; every row needs the same number",
                "x,1,2,3|line LINE has 4 cells, but line 2 has 3; every row needs the same number",
                "x,1,2,|line LINE has 4 cells, but line 2 has 3; every row needs the same number",
                "x,,2|line LINE, column 2 (a): the cell is empty; --missing allow",
                "x,1,NA|line LINE, column 3 (b): 'NA' stands for a missing value; --missing allow",
                "x,1,y|line LINE, column 3 (b): 'y' is not a number",
                "x,1e39,1|line LINE, column 2 (a): '1e39' is too large",
                "x,\"1\"2,1|the record that starts in line LINE cannot be read"
            })
    void refusesTheFirstBadRowOfLaterChunks(String bad, String message) {
        int rows = 40_001;
        for (int row = 100; row < rows; row += 8000) {
            StringBuilder text = manyRows(rows, "\r\n");
            int line = row + 2;
            text.insert(text.indexOf("r" + row + ","), bad + "\r\n");
            refused(text + "x,worse,\r\n", message.replace("LINE", String.valueOf(line)));
        }
    }

    @Test
    void refusesTooManyRowsBeforeWhatIsBelowThem() {
        String text = "1,2,3\n".repeat(100_000);
        Path file = write(directory, "table.csv", text + "x\n");
        assertRefused(file, ReadOptions.defaults().withMaximumBytes(12 * 70_000), "a 70001 × 3 matrix", "raise");
        assertRefused(file, ReadOptions.defaults().withMaximumBytes(12 * 100_000), "line 100001, column 1: 'x'");
    }

    @Test
    void startsAtTheFirstRowWhateverPrecedesIt() throws IOException {
        for (String lineBreak : List.of("\n", "\r\n", "\r")) {
            String text = "#c\n\n# c\n\"a\nd\",b\n1,2\n3,4\n".replace("\n", lineBreak);
            Matrix matrix = table(text);
            assertEquals(List.of("a" + lineBreak + "d", "b"), matrix.columnNames());
            assertValues(new float[][] {{1, 2}, {3, 4}}, matrix);
            refused(text + "5,x" + lineBreak, "line 8, column 2 (b): 'x'");
        }
        assertValues(new float[][] {{1, 2}, {3, 4}}, table("# 1,2\n3,4\n"));
        assertValues(new float[][] {{1, 2}, {3, 4}}, table("#1,2\n3,4\n"));
    }

    @Test
    void takesADelimiterThatIsNotAscii() throws IOException {
        Matrix matrix = table("a¦b\n1¦2\n3¦4\n", ReadOptions.defaults().withDelimiter('¦'));
        assertEquals(List.of("a", "b"), matrix.columnNames());
        assertValues(new float[][] {{1, 2}, {3, 4}}, matrix);
    }

    @Test
    void readsCharactersOutsideTheBasicPlaneFromUtf16() throws IOException {
        String name = "x" + "😀".repeat(20_000);
        String text = "name,a\n" + name + ",1\n\"" + name + "\",2\n";
        Matrix matrix = read(write(directory, "table.csv", ("\ufeff" + text).getBytes(StandardCharsets.UTF_16LE)));
        assertEquals(List.of(name, name), matrix.rowNames());
        assertValues(new float[][] {{1}, {2}}, matrix);
    }

    @Test
    void readsManyColumns() throws IOException {
        int columns = 150_000;
        String line = "1,".repeat(columns - 1) + "2\n";
        Matrix matrix = table(line.repeat(4));
        assertEquals(4, matrix.rows());
        assertEquals(columns, matrix.columns());
        assertEquals(2, matrix.get(3, columns - 1));
    }

    @Test
    void refusesEmptyFiles() {
        refused("", "empty");
        refused("\n\n", "no data");
        refused("\ufeff", "no data");
        refused("# nothing\n", "no data");
        assertRefused(write(directory, "empty.csv.gz", gzip(new byte[0])), "empty");
    }

    @Test
    void refusesAHeaderWithoutData() {
        refused("a,b,c\n", "header but no data");
        refused("name,b,c\n\n", "header but no data");
    }

    @Test
    void refusesRaggedRows() {
        refused("1,2,3\n4,5\n", "line 2 has 2 cells, but line 1 has 3");
        refused("1,2\n3,4\n5,6,7\n", "line 3 has 3 cells, but line 1 has 2");
        refused("1,2\n3,4,5\n6,7,8\n", "line 2 has 3 cells, but line 1 has 2");
        refused("a,b,c\n1,2\n3,4\n", "line 2 has 2 cells, but line 1 has 3");
        refused("a,b,c\n1,2,3\n\n4\n", "line 4 has 1 cell, but line 2 has 3", "same number");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,2,3/4,abc,6|line 2, column 2: 'abc' is not a number",
                "a,b,c/1,2,3/4,5,6x|line 3, column 3 (c): '6x' is not a number",
                "id,b,c/x,2,3/y,5,$6|line 3, column 3 (c): '$6' is not a number",
                "1,abc,3/4,5,6|line 1, column 2: 'abc' is not a number",
                "x,1/2,3/4,5|line 1, column 1: 'x' is not a number; is this a header",
                "1;2,5/3;4,5|line 1, column 2: '2,5' is not a number; write decimals with a point",
                "1,1e39/1,2|line 1, column 2: '1e39' is too large"
            })
    void refusesTextInANumberColumn(String text, String message) {
        refused(text.replace('/', '\n'), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1,,3\n4,5,6\n",
                ",2,3\n4,5,6\n",
                "1,2,\n4,5,6\n",
                "a,b,c\n1,2,3\n4,,6\n",
                "a,b,c\n1,2,3\n4, ,6\n",
                "1,NA,3\n4,5,6\n",
                "a,b\n1,2\n3,null\n",
                "1,2\n\"\",3\n"
            })
    void refusesMissingValues(String text) {
        refused(text, "missing value", "--missing allow", "line ", "column ");
    }

    @Test
    void refusesAnUnclosedQuote() {
        refused("a,b\n\"1,2\n3,4\n", "line 2 has 1 cell");
        refused("1,2\n\"3\"x,4\n", "line 2");
        refused("1,2\n\"" + "3,4\n".repeat(5_000_000), "quotation mark");
        refused("name,a\nx,1\n\"" + "3,4\n".repeat(100_000) + "\",1\n", "quotation mark");
    }

    @Test
    void refusesRowNamesWithoutValues() {
        Path file = write(directory, "table.csv", "x\ny\n");
        assertRefused(
                file, ReadOptions.defaults().withRowNames(Presence.YES).withHeader(Presence.NO), "only a row name");
    }

    @Test
    void refusesALineThatNeverEnds() {
        char[] commas = new char[8_000_100];
        Arrays.fill(commas, ',');
        refused("1" + new String(commas), "line 1 is too long");
        refused("1,2\n".repeat(30) + "1,2,3" + new String(commas), "line 31");
    }

    @Test
    void refusesBinaryFilesAndSingleImages() {
        assertRefused(write(directory, "x.bin", new byte[] {1, 2, 0, 4, 5}), "format is not known", "CSV");
        assertRefused(write(directory, "x.pgm", "P2\n1 1\n255\n3\n"), "single image", "directory");
        assertRefused(write(directory, "x.npy", "1,2\n"), ".npy", "damaged or misnamed");
        assertRefused(write(directory, "x.mtx.gz", gzip("1 2\n".getBytes(StandardCharsets.UTF_8))), ".mtx");
    }

    @Test
    void refusesDamagedGzip() {
        byte[] whole = gzip("1,2\n3,4\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
        assertRefused(write(directory, "t.csv.gz", Arrays.copyOf(whole, whole.length - 9)), "truncated");
        whole[whole.length - 6] ^= 1; // the checksum
        assertRefused(write(directory, "t.csv.gz", whole), "damaged");
    }

    @Test
    void prefersTheDelimiterThatDividesEvenly() {
        assertEquals(';', Delimiters.detect("1,5;2\n3,5;4\n", ReadOptions.Decimal.POINT));
        assertEquals(',', Delimiters.detect("a b,c d e\n1,2\n", ReadOptions.Decimal.POINT));
        assertEquals('\t', Delimiters.detect("a,b\tc\nd,e\tf\n", ReadOptions.Decimal.POINT));
        assertEquals(',', Delimiters.detect("1\n2\n", ReadOptions.Decimal.POINT));
        assertEquals(',', Delimiters.detect("1,2\n3\n4,5\n", ReadOptions.Decimal.POINT));
        assertEquals(',', Delimiters.detect("\"a;b\",c\n\"d\",e\n", ReadOptions.Decimal.POINT));
        assertEquals(' ', Delimiters.detect("1  2\n 3 4 \n", ReadOptions.Decimal.POINT));
    }

    @Test
    void checksItsOptions() {
        ReadOptions options = ReadOptions.defaults();
        for (char bad : new char[] {'"', '\n', '\r', 'x', '7'}) {
            assertThrowsIllegal(() -> options.withDelimiter(bad));
        }
        assertThrowsIllegal(() -> options.withMaximumBytes(0));
        assertTrue(options.withTranspose(true).withHeader(Presence.NO).transpose());
    }

    private static void assertThrowsIllegal(Runnable action) {
        org.junit.jupiter.api.Assertions.assertThrows(IllegalArgumentException.class, action::run);
    }
}
