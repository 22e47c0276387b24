package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.io.MatrixWriter.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableWriterTest {

    @TempDir
    private Path directory;

    private static final List<String> COLUMNS = List.of("name", "count", "share");

    @Test
    void namesAreInQuotesAndNumbersAreNot() throws IOException {
        List<List<Object>> lines = List.of(List.of("=a\"b", 3, 0.1f), List.of("c", -1, 2f));
        Path csv = directory.resolve("t.csv");
        Path tsv = directory.resolve("t.TSV");

        TableWriter.write(csv, COLUMNS, lines, Names.SAFE);
        TableWriter.write(tsv, COLUMNS, lines, Names.RAW);

        assertEquals("\"name\",\"count\",\"share\"\n\"'=a\"\"b\",3,0.1\n\"c\",-1,2\n", Files.readString(csv));
        assertEquals("\"name\"\t\"count\"\t\"share\"\n\"=a\"\"b\"\t3\t0.1\n\"c\"\t-1\t2\n", Files.readString(tsv));
    }

    @Test
    void whatIsNoTableIsRefused() {
        Path npz = directory.resolve("t.npz");
        Path csv = directory.resolve("t.csv");

        assertThrows(CannotWriteException.class, () -> TableWriter.write(npz, COLUMNS, List.of(), Names.SAFE));
        assertThrows(
                IllegalArgumentException.class,
                () -> TableWriter.write(csv, COLUMNS, List.of(List.of("a", 1)), Names.SAFE));
        assertFalse(Files.exists(csv));
    }
}
