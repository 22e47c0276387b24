package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.model.Resample;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowDrawsTest {

    private static final int ROWS = 20_000;

    private static int[] counts(int[] drawn, int rows) {
        int[] counts = new int[rows];
        Arrays.stream(drawn).forEach(row -> counts[row]++);
        return counts;
    }

    @ParameterizedTest
    @EnumSource(value = Resample.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void rowsComeAsOftenAsTheyShould(Resample resample) {
        int[] drawn = RowDraws.of(resample, 7, 3, ROWS);
        int[] counts = counts(drawn, ROWS);

        // Both are Poisson of mean 1 for many rows: share of each count within 5 standard deviations, odds of failing
        // below 1e-5
        double probability = Math.exp(-1);
        for (int count = 0; count <= 4; count++) {
            int wanted = count;
            double share =
                    (double) Arrays.stream(counts).filter(c -> c == wanted).count() / ROWS;
            double deviation = Math.sqrt(probability * (1 - probability) / ROWS);
            assertEquals(probability, share, 5 * deviation, "drawn " + count + " times");
            probability /= count + 1;
        }
        if (resample == Resample.ROWS) {
            assertEquals(ROWS, drawn.length);
        } else {
            assertEquals(ROWS, drawn.length, 5 * Math.sqrt(ROWS));
        }
        assertTrue(Arrays.equals(drawn, Arrays.stream(drawn).sorted().toArray()));
    }

    @Test
    void aSeedAndAFitHaveTheirOwnRows() {
        int[] drawn = RowDraws.of(Resample.POISSON, 7, 3, 31);

        assertArrayEquals(drawn, RowDraws.of(Resample.POISSON, 7, 3, 31));
        assertFalse(Arrays.equals(drawn, RowDraws.of(Resample.POISSON, 7, 4, 31)));
        assertFalse(Arrays.equals(drawn, RowDraws.of(Resample.POISSON, 8, 3, 31)));
    }

    /** A single row has a number of 0 in e⁻¹ of all fits. */
    @Test
    void thereIsAlwaysARow() {
        for (int fit = 0; fit < 30; fit++) {
            assertTrue(RowDraws.of(Resample.POISSON, 1, fit, 1).length > 0);
        }
    }
}
