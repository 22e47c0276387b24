package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions.Decimal;
import io.github.paenmf.io.ReadOptions.Presence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tables look like as people export them, and how they are read. */
class TableDetectionTest {

    @TempDir
    Path directory;

    private final List<String> notes = new ArrayList<>();
    private String format;

    private Matrix read(byte[] content, ReadOptions options) throws IOException {
        Path file = Files.write(directory.resolve("table.txt"), content);
        notes.clear();
        return MatrixReader.read(file.toString(), options, new ReadListener() {
            @Override
            public void format(String found) {
                format = found;
            }

            @Override
            public void note(String note) {
                notes.add(note);
            }
        });
    }

    private Matrix read(String text) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8), ReadOptions.defaults());
    }

    private void assertRefused(byte[] content, ReadOptions options, String... parts) {
        DataException e = assertThrows(DataException.class, () -> read(content, options));
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), e.getMessage());
        }
    }

    private void assertRefused(String text, String... parts) {
        assertRefused(text.getBytes(StandardCharsets.UTF_8), ReadOptions.defaults(), parts);
    }

    /** Numbers above rows with names: wavelengths up and down, years, ids in no order. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ",400.5,401.0,401.5\na,3,4,2\nb,1,0,7\n",
                "sample,4000,3998,3996\na,3,4,2\nb,1,0,7\n",
                "gene,2001,2002,2003\na,1,2,3\nb,4,5,6\n",
                "cell,7157,1956,672\na,3,4,2\nb,1,0,7\n",
                "m/z,100.1,250.2,90.5\na,3,4,2\nb,1,0,7\n",
                "id,=cmd(),+1,1\na,3,4,2\nb,1,0,7\n",
                "patient_id,7157,1956,672\na,3,4,2\nb,1,0,7\n",
                "nm\t1e-1\t1e-2\t1e-3\na\t3\t4\t2\nb\t1\t0\t7\n"
            })
    void numbersAboveNamesAreNames(String text) throws IOException {
        Matrix matrix = read(text);

        assertEquals(2, matrix.rows());
        assertEquals(3, matrix.columnNames().size());
        assertEquals(List.of("a", "b"), matrix.rowNames());
        assertEquals(List.of(), notes);
    }

    @Test
    void whatStaysOpenIsNamedWithBothReadings() throws IOException {
        assertEquals(2, read("A\t1e-3\t1e-2\t1e-1\nx\t3\t4\t2\ny\t1\t0\t7\n").rows());
        assertTrue(notes.get(0).contains("names of the columns") && notes.get(0).contains("--header no"), notes.get(0));

        assertEquals(2, read("x,1,2,3\ny,4,5,6\n").rows());
        assertTrue(notes.get(0).contains("row of values") && notes.get(0).contains("--header yes"), notes.get(0));

        assertEquals(3, read("count,a\n1,5\n2,6\n3,7\n4,8\n5,9\n").columns() + 1);
        assertTrue(notes.get(0).contains("column 1 (count)") && notes.get(0).contains("--row-names yes"), notes.get(0));

        assertEquals(3, read("customer_id,a,b\n7,5,1\n7,6,1\n9,7,2\n").columns());
        assertTrue(notes.get(0).contains("customer_id"), notes.get(0));
    }

    /** A first row of values is one: out of order, with equal values, or among rows without names. */
    @ParameterizedTest
    @ValueSource(strings = {"a,3,4,2\nb,1,0,7\n", "a,1,1,2\nb,1,0,7\n", "1,2,3\n3,1,2\n", "a,1,2\nb,3,1\n"})
    void valuesStayValues(String text) throws IOException {
        Matrix matrix = read(text);

        assertEquals(2, matrix.rows());
        assertEquals(List.of(), matrix.columnNames());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Unnamed: 0",
                "patient_id",
                "id",
                "barcode",
                "entrez",
                "CustomerID",
                "userId",
                "year",
                "Sample No"
            })
    void columnsOfIdsAreNames(String name) throws IOException {
        Matrix matrix = read(name + ",a,b\n11,3,4\n7,1,0\n29,5,2\n");

        assertEquals(List.of("11", "7", "29"), matrix.rowNames());
        assertEquals(List.of("a", "b"), matrix.columnNames());
        assertEquals(List.of(), notes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"width,a,b\n11,3,4\n7,1,0\n", "id,a\n1.5,2\n2.5,3\n"})
    void otherColumnsAreValues(String text) throws IOException {
        assertEquals(List.of(), read(text).rowNames());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '~',
            value = {
                "a,b\\n1,2\\n ! text, comma, header, no row names",
                "1;2\\n3;4\\n ! text, semicolon, no header, no row names",
                "id\\tx\\na\\t1\\n ! text, tab, header, row names"
            })
    void theFormatIsTold(String text, String expected) throws IOException {
        read(text.replace("\\n", "\n").replace("\\t", "\t"));

        assertEquals(expected, format);
    }

    @Test
    void moreThanOneNameIsNamedAsThat() {
        assertRefused("Type,Sub,S1,S2\nC>A,ACA,3,4\nC>A,ACC,1,0\n", "columns 1 and 2 (Type and Sub)", "join");
        assertRefused("gene,A,A,B\nx,s1,s2,s1\ng,1,2,3\nh,2,3,4\n", "lines 1 and 2", "join");
    }

    @Test
    void triplesAreNamed() throws IOException {
        String triples = "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,1029,3,1260759179\n";
        assertRefused(triples, "userId, movieId and rating", "pivot");
        Matrix asked = read(
                triples.getBytes(StandardCharsets.UTF_8), ReadOptions.defaults().withHeader(Presence.YES));
        assertEquals(2, asked.rows());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '~',
            value = {
                "gene_id,T1,T2\\nA|1,3,4\\nB|2,5,6\\n",
                "name,T1,T2\\na;b,3,4\\nc;d,5,6\\n",
                "name,T1,T2\\na b,3,4\\nc d,5,6\\n",
                "sep=;\\nname;T1;T2\\na,1;3;4\\nb,2;5;6\\n",
                "# made by a program, on a day\\nname\\tT1\\tT2\\na b\\t3\\t4\\nc d\\t5\\t6\\n",
                "\"name\" ,\"T1\" ,\"T2\"\\n\"a\" ,3,4\\n\"b\" ,5,6\\n"
            })
    void theDelimiterMakesTheMostNumbers(String text) throws IOException {
        Matrix matrix = read(text.replace("\\n", "\n").replace("\\t", "\t"));

        assertEquals(List.of("T1", "T2"), matrix.columnNames());
        assertEquals(2, matrix.rows());
        assertEquals(6, matrix.get(1, 1));
    }

    @Test
    void numbersWithADecimalCommaAreNotTakenForNames() {
        assertRefused("id;x;y\nr;1234,5;2,25\ns;0,5;3\n", "line 2, column 2 (x): '1234,5'", "--decimal comma");
        assertRefused("id;x;y\nr;1.234,5;2,25\ns;0,5;3\n", "line 2, column 2 (x): '1.234,5'", "thousands separator");
    }

    @Test
    void thousandsSeparatorsAreNamedAsThat() {
        assertRefused("id,x,y\nr,\"1,234\",2\ns,1,9\n", "line 2, column 2", "thousands separator", "--decimal comma");
        assertRefused("id,x\nr,\"1,234,567.5\"\ns,1\n", "thousands separator");
        ReadOptions comma = ReadOptions.defaults().withDecimal(Decimal.COMMA);
        assertRefused("id;x\nr;1.234,5\ns;1,5\n".getBytes(StandardCharsets.UTF_8), comma, "thousands separator");
    }

    @Test
    void pointsThatMayGroupThousandsAreNamedAsThat() throws IOException {
        byte[] open = "id;x;y\na;1.234;7\nb;2.500;8\n".getBytes(StandardCharsets.UTF_8);
        assertRefused(open, ReadOptions.defaults(), "line 2", "'1.234'", "thousands separator", "--decimal point");
        assertEquals(
                1.234f,
                read(open, ReadOptions.defaults().withDecimal(Decimal.POINT)).get(0, 0));
        for (String clear : new String[] {"1.234;2.5", "0.125;1.250", "1.234;7", "1234.567;1.234"}) {
            assertEquals(2, read("x;y\n" + clear + "\n").columns());
        }
        assertEquals(1.234f, read("x,y\n1.234,2.500\n").get(0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"id;x;y\na;1,5;2\nb;0,25;1e2\n", "id\tx\ty\na\t1,5\t2\nb\t0,25\t100,0\n"})
    void commasAreDecimalSignsWhenAskedFor(String text) throws IOException {
        Matrix matrix = read(
                text.getBytes(StandardCharsets.UTF_8), ReadOptions.defaults().withDecimal(Decimal.COMMA));

        assertEquals(List.of("a", "b"), matrix.rowNames());
        assertEquals(1.5f, matrix.get(0, 0));
        assertEquals(0.25f, matrix.get(1, 0));
        assertEquals(100f, matrix.get(1, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> ReadOptions.defaults().withDelimiter(',').withDecimal(Decimal.COMMA));
    }

    @Test
    void otherEncodingsAreRefusedWithTheByte() throws IOException {
        byte[] latin = "n\u00e4m,y\n1,2\n".getBytes(StandardCharsets.ISO_8859_1);
        assertRefused(latin, ReadOptions.defaults(), "line 1", "byte 0xE4 at position 1", "windows-1252");
        byte[] later = "id,y\nx,2\nb\u00e9,3\n".getBytes(StandardCharsets.ISO_8859_1);
        assertRefused(later, ReadOptions.defaults(), "line 3", "byte 0xE9 at position 10");
        assertEquals(
                List.of("n\u00e4m", "\ud83e\uddec"),
                read("n\u00e4m,\ud83e\uddec\n1,2\n").columnNames());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '~',
            value = {
                "#1.2\\n2\\t1\\nName\\tDescription\\ts\\na\\tx\\t1\\nb\\ty\\t2\\n ! GCT",
                "# Program:featureCounts\\nGeneid\\tChr\\tStart\\tEnd\\tStrand\\tLength\\ts\\na\\t1\\t2\\t3\\t+\\t2\\t7\\n ! featureCounts",
                "1::31::2.5::9\\n1::32::3::9\\n ! '::'",
                "2\\n3\\n2\\n1 1 5\\n2 3 1\\n ! docword"
            })
    void otherFormatsAreNamed(String text, String name) {
        assertRefused(text.replace("\\n", "\n").replace("\\t", "\t"), name);
    }
}
