package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is handed over, and what is left, wherever chunks end; tables as a whole are the matter of CsvFormatTest. */
class PlainRowsTest {

    private static final int ROWS = 101;
    private static final String[] BREAKS = {"\n", "\r\n", "\n\n", "\n\r", "\r"};

    private final List<String> rows = new ArrayList<>();
    private long lines;

    /** Reads rows of a name and two numbers; returns what is left. */
    private String read(String text, char delimiter, int chunkBytes) throws IOException {
        rows.clear();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        PlainRows plain = new PlainRows(new ByteArrayInputStream(bytes), delimiter, true, 2, 20, false, chunkBytes);
        byte[] left = plain.read((values, offset, name) -> rows.add(row(name, values[offset], values[offset + 1])))
                .readAllBytes();
        lines = plain.lines();
        return new String(left, StandardCharsets.UTF_8);
    }

    private static String row(String name, float a, float b) {
        return name + " " + a + " " + b;
    }

    private static List<String> expected(int count) {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            expected.add(row("é" + i, i, i / 8f));
        }
        return expected;
    }

    /** Rows with line breaks of all kinds; one of them may be something else. */
    private static String table(String delimiter, int strange, String instead) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < ROWS; i++) {
            String row = "é" + i + delimiter + i + delimiter + i / 8.0;
            text.append(i == strange ? instead : row).append(BREAKS[i % BREAKS.length]);
        }
        return text.toString();
    }

    private static long lineBreaks(String text) {
        return text.replace("\r\n", "\n")
                .chars()
                .filter(c -> c == '\n' || c == '\r')
                .count();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 31, 64, 127, 1000, 100_000})
    void handsOverEveryRow(int chunkBytes) throws IOException {
        for (String delimiter : List.of(",", "\t", " ", "  ")) {
            String text = table(delimiter, -1, "");
            for (String ending : List.of("", "last" + delimiter + "1" + delimiter + "2")) {
                assertEquals("", read(text + ending, delimiter.charAt(0), chunkBytes));
                List<String> expected = expected(ROWS);
                if (!ending.isEmpty()) {
                    expected.add(row("last", 1, 2));
                }
                assertEquals(expected, rows);
                assertEquals(lineBreaks(text), lines);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"a\",1,2",
                "\"a\n\",1,2",
                "a,\"1\",2",
                "a\"b,1,2",
                "a,1",
                "a,1,2,3",
                "a,1,2,",
                "a",
                "a,,2",
                "a,1,",
                "a,1,x",
                "a,1e39,2",
                "a, ,2",
                " ",
                "a name of twenty-one b,1,2"
            })
    void leavesTheChunkOfAStrangeRowAndAllBelow(String strange) throws IOException {
        for (int chunkBytes : new int[] {1, 2, 7, 31, 64, 127, 1000, 100_000}) {
            for (int at = 0; at < ROWS; at += 3) {
                String text = table(",", at, strange);
                String left = read(text, ',', chunkBytes);
                assertTrue(text.endsWith(left));
                String before = text.substring(0, text.length() - left.length());
                assertTrue(before.isEmpty() || before.endsWith("\n"), before);
                assertEquals(lineBreaks(before), lines);
                assertTrue(rows.size() <= at);
                assertEquals(expected(rows.size()), rows);
                int next = rows.size();
                assertTrue(left.stripLeading().startsWith(next == at ? strange.strip() : "é" + next + ","), left);
            }
        }
    }

    @Test
    void leavesFilesWithoutLineFeeds() throws IOException {
        String text = "a,1,2\r".repeat(3_000_000); // more than it keeps in memory
        assertEquals(text, read(text, ',', PlainRows.CHUNK_BYTES));
        assertEquals(List.of(), rows);
        assertEquals(0, lines);
    }
}
