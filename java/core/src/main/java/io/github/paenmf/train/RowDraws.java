package io.github.paenmf.train;

import io.github.paenmf.model.Resample;
import io.github.paenmf.random.Philox;
import java.util.stream.IntStream;

/** Rows drawn anew, with the same numbers for the same seed, fit and row. */
final class RowDraws {

    private static final double NONE = Math.exp(-1); // the probability of a Poisson number of mean 1 to be 0

    private RowDraws() {}

    /**
     * The rows that a fit sees, each as often as it was drawn, ascending.
     *
     * @param fit number of the fit, from 0
     * @param rows n, at least 1
     * @return at least one row
     */
    static int[] of(Resample resample, long seed, int fit, int rows) {
        int[] words = new int[Philox.WORDS];
        if (resample == Resample.ROWS) {
            return IntStream.range(0, rows)
                    .map(place -> (int) (uniform(seed, place, fit, words) * rows))
                    .sorted()
                    .toArray();
        }
        int[] drawn = IntStream.range(0, rows)
                .flatMap(row -> IntStream.generate(() -> row).limit(poisson(uniform(seed, row, fit, words))))
                .toArray();
        // all numbers are 0 with probability e⁻ⁿ: of a handful of rows only
        return drawn.length > 0 ? drawn : of(Resample.ROWS, seed, fit, rows);
    }

    private static double uniform(long seed, int row, int fit, int[] words) {
        Philox.words(seed, row, 0, fit, Philox.Purpose.ROWS, words);
        return Philox.toUniform(words[0]);
    }

    /** The number of mean 1 that this is the distribution function of. */
    private static int poisson(double uniform) {
        int count = 0;
        double probability = NONE;
        for (double below = probability; uniform > below; below += probability) {
            count++;
            probability /= count;
            if (probability < 0x1p-30) { // less than the spacing of uniform numbers: the sum may never get there
                return count;
            }
        }
        return count;
    }
}
