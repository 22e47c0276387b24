package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CovariateFileTest {

    private static final Covariates TABLE = Covariates.builder()
            .texts("batch", "a", "b b", "a")
            .textsOfNumbers("age", List.of("31", "20240115", "-4.5"), new double[] {31, 20240115, -4.5})
            .build();

    @TempDir
    Path folder;

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("covariates.csv"), text);
    }

    private Covariates read(String text, String... rowsOfData) throws IOException {
        return CovariateFile.read(write(text).toString(), List.of(rowsOfData));
    }

    @ParameterizedTest
    @CsvSource({
        "'batch,age\na,31\nb b,20240115\na,-4.5\n'",
        "'\ufeffbatch\tage\r\na\t31\r\n\r\nb b\t20240115\r\na\t-4.5'",
        "'# of the study\n\"batch\";\"age\"\n\"a\";31\n\"b b\";20240115\n a ; -4.5 \n'",
    })
    void columnsAreNumbersOrTexts(String text) throws IOException {
        assertEquals(TABLE, read(text, "x", "y", "z"));
    }

    @ParameterizedTest
    @CsvSource({
        "',batch,age\nr1,a,31\n''=r2,b b,20240115\nr3,a,-4.5\n', none",
        "'batch,age\nr1,a,31\n''=r2,b b,20240115\nr3,a,-4.5\n', none",
        "'sample,batch,age\nr1,a,31\n''=r2,b b,20240115\nr3,a,-4.5\n', r3",
    })
    void aFirstColumnMayHoldNamesOfRows(String text, String ofData) throws IOException {
        Covariates table = read(text, "other", ofData);
        assertEquals(List.of("r1", "=r2", "r3"), table.rowNames());
        assertEquals(TABLE.columnNames(), table.columnNames());
    }

    @Test
    void withoutSuchNamesTheFirstColumnIsACovariate() throws IOException {
        Covariates table = read("batch,age\na,31\nb,4\n", "r1", "r2");
        assertEquals(List.of(), table.rowNames());
        assertEquals(List.of("batch", "age"), table.columnNames());
    }

    @Test
    void aFileMayBeCompressed() throws IOException {
        Path file = folder.resolve("covariates.tsv.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("batch\tage\na\t31\nb b\t20240115\na\t-4.5\n".getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(TABLE, CovariateFile.read(file.toString(), List.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "'batch,age\na,31\n,4\n', line 3: the covariate 'batch' is missing",
        "'batch,age\na,NA\nb,4\n', line 2: the covariate 'age' is missing",
        "'batch,age\na,31\nb,n.d.\n', the covariate 'age' is a number in line 2 (31) and a text in line 3 (n.d.)",
        "'batch,age\na,31\nb\n', 'line 3 has 1 cells, but line 1, the header, has 2'",
        "'batch,age\n', covariates need a header",
        "'batch,\na,31\n', column 2 has no name",
        "'batch,batch\na,b\n', two columns of the covariates are called 'batch'",
    })
    void whatCannotBeUsedIsRefusedByItsPlace(String text, String expected) throws IOException {
        Path file = write(text);
        String message = assertThrows(DataException.class, () -> CovariateFile.read(file.toString(), List.of()))
                .getMessage();
        assertTrue(message.startsWith(file + ": " + expected), message);
    }
}
