package io.github.paenmf.math;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssignmentTest {

    /** Best of all assignments, by trying each. */
    private static double greatestSum(double[][] gains, int row, boolean[] used) {
        if (row == gains.length) {
            return 0;
        }
        double best = Double.NEGATIVE_INFINITY;
        for (int column = 0; column < used.length; column++) {
            if (!used[column]) {
                used[column] = true;
                best = Math.max(best, gains[row][column] + greatestSum(gains, row + 1, used));
                used[column] = false;
            }
        }
        return best;
    }

    private static double[][] random(int rows, int columns, long seed) {
        Random random = new Random(seed);
        double[][] gains = new double[rows][columns];
        for (double[] row : gains) {
            Arrays.setAll(row, j -> random.nextInt(7) - 3); // many ties
        }
        return gains;
    }

    private static double sum(double[][] gains, int[] columns) {
        double sum = 0;
        for (int i = 0; i < columns.length; i++) {
            sum += gains[i][columns[i]];
        }
        return sum;
    }

    @RepeatedTest(40)
    void noOtherAssignmentHasAGreaterSum(RepetitionInfo repetition) {
        int seed = repetition.getCurrentRepetition();
        int rows = seed % 7;
        int columns = rows + seed % 3;
        double[][] gains = random(rows, columns, seed);

        int[] best = Assignment.best(gains);

        assertEquals(rows, Arrays.stream(best).distinct().count());
        assertEquals(greatestSum(gains, 0, new boolean[columns]), sum(gains, best)); // whole numbers
    }

    @ParameterizedTest
    @CsvSource({"1", "31", "65", "200"})
    void aPermutationIsFoundAmongSmallerGains(int rank) {
        int[] permutation = new int[rank];
        Arrays.setAll(permutation, i -> (i * 7 + 3) % rank); // 7 divides none of the ranks
        Random random = new Random(rank);
        double[][] gains = new double[rank][rank];
        for (int i = 0; i < rank; i++) {
            Arrays.setAll(gains[i], j -> 0.9 * random.nextDouble());
            gains[i][permutation[i]] = 1;
        }

        assertArrayEquals(permutation, Assignment.best(gains));
    }

    /** The greedy choice of the greatest gain leaves the other row next to nothing. */
    @Test
    void aGreatestGainGivesWayToAGreaterSum() {
        assertArrayEquals(new int[] {1, 0}, Assignment.best(new double[][] {{1, 0.9}, {0.9, 0}}));
    }

    @Test
    void whatCannotBeAssignedIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Assignment.best(new double[][] {{1}, {1}}));
        assertThrows(IllegalArgumentException.class, () -> Assignment.best(new double[][] {{Double.NaN}}));
    }
}
