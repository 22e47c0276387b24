package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Entries in any order make the same matrix. */
class SparseEntriesTest {

    /** More entries than are looked at for the order. */
    private static final int ROWS = 503;

    private static final int COLUMNS = 307;

    private record Entry(int row, int column, float value) {}

    private enum Order {
        BY_ROWS,
        BY_COLUMNS,
        NONE
    }

    @ParameterizedTest
    @CsvSource({
        "BY_ROWS, 0, false",
        "BY_COLUMNS, 0, false",
        "NONE, 0, false",
        "BY_ROWS, 1, false", // the order ends when all but one have come
        "BY_COLUMNS, 1, true",
        "BY_ROWS, 30000, true", // likewise, with many to come
        "BY_COLUMNS, 30000, false",
        "NONE, 0, true"
    })
    void anyOrderGivesTheSameMatrix(Order order, int displaced, boolean transpose) {
        Random random = new Random(5);
        List<Entry> entries = new ArrayList<>();
        float[][] expected = new float[ROWS][COLUMNS];
        long nonzeros = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                if (i % 7 != 3 && j % 11 != 10 && random.nextInt(4) > 0) {
                    int value = random.nextInt(3); // of which 0 is dropped
                    entries.add(new Entry(i, j, value));
                    entries.add(new Entry(i, j, 1));
                    expected[i][j] = value + 1;
                    nonzeros++;
                }
            }
        }
        Collections.shuffle(entries, random);
        if (order != Order.NONE) {
            entries.sort(Comparator.comparingInt(order == Order.BY_ROWS ? Entry::row : Entry::column));
        }
        List<Entry> late = new ArrayList<>(entries.subList(0, displaced));
        entries.subList(0, displaced).clear();
        entries.addAll(late);

        for (boolean inLines : new boolean[] {false, true}) {
            SparseEntries sink = new SparseEntries(
                    transpose ? COLUMNS : ROWS, transpose ? ROWS : COLUMNS, transpose, ReadOptions.defaults(), 10_007);
            if (inLines) {
                addLines(sink, entries, order != Order.BY_COLUMNS);
            } else {
                entries.forEach(entry -> sink.add(entry.row, entry.column, entry.value));
            }
            SparseMatrix sparse = (SparseMatrix) sink.finish();

            assertEquals(nonzeros, sparse.nonzeros());
            SparseMatrix upright = transpose ? sparse.transpose() : sparse;
            assertArrayEquals(expected, Matrix.of(upright).toRows());
        }
    }

    /** Runs of entries of the same row, or column, at once. */
    private static void addLines(SparseEntries sink, List<Entry> entries, boolean ofRows) {
        int[] lines =
                entries.stream().mapToInt(ofRows ? Entry::row : Entry::column).toArray();
        int[] at =
                entries.stream().mapToInt(ofRows ? Entry::column : Entry::row).toArray();
        float[] values = new float[at.length];
        for (int e = 0; e < values.length; e++) {
            values[e] = entries.get(e).value;
        }
        for (int from = 0, to = 0; from < at.length; from = to) {
            while (to < at.length && lines[to] == lines[from]) {
                to++;
            }
            sink.addLine(lines[from], ofRows, at, values, from, to);
        }
    }
}
