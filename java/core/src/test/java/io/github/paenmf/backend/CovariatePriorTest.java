package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.CodedCovariates;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CovariatePriorTest {

    private static final int ROWS = 60;
    private static final double[] SETTINGS = {0.5, -1, -0.5, 0, 0.5, 2, -0.5, 1};
    private static final CodedCovariates CODED = new CodedCovariates(
            SETTINGS, 2, new SplittableRandom(1).ints(ROWS, 0, 4).toArray());

    private final double[] inclusion = new double[2 * ROWS];
    private final double[] mean = new double[2 * ROWS];
    private final double[] base = {1.5, 0.2};

    /** Coefficients whose means go with covariates, of component 0 by −1 and .7. */
    private CovariatePrior prior(double... effects) {
        SplittableRandom random = new SplittableRandom(9);
        CovariatePrior prior = new CovariatePrior(CODED, effects);
        for (int j = 0; j < 2; j++) {
            prior.clear(j);
            for (int i = 0; i < ROWS; i++) {
                int g = CODED.setting()[i];
                double size = j == 0 ? Math.exp(-CODED.value(g, 0) + 0.7 * CODED.value(g, 1)) : 0.3;
                inclusion[j * ROWS + i] = random.nextDouble(0.2, 1);
                mean[j * ROWS + i] = inclusion[j * ROWS + i] * size * -Math.log(random.nextDouble());
                prior.add(i, j, inclusion[j * ROWS + i], mean[j * ROWS + i]);
            }
        }
        return prior;
    }

    private double update(CovariatePrior prior) {
        prior.update(0, base);
        prior.update(1, base);
        return prior.change();
    }

    /** Σ p·ln λ₀ + μ/λ₀, what of the KL depends on the prior. */
    private double divergence(CovariatePrior prior) {
        double sum = 0;
        for (int i = 0; i < ROWS; i++) {
            double[] means = prior.means(i, base);
            for (int j = 0; j < 2; j++) {
                sum += inclusion[j * ROWS + i] * Math.log(means[j]) + mean[j * ROWS + i] / means[j];
            }
        }
        return sum;
    }

    /** At the least, which Newton steps reach to the rounding, the slopes by all of a and B are 0. */
    @Test
    void updatesEndWhereTheRegressionIsBest() {
        CovariatePrior prior = prior(0, 0, 0, 0);
        for (int update = 0; update < 10; update++) {
            update(prior);
        }
        for (int j = 0; j < 2; j++) {
            double[] slopes = {0, prior.effects()[2 * j], prior.effects()[2 * j + 1]};
            double magnitude = 0;
            for (int i = 0; i < ROWS; i++) {
                int g = CODED.setting()[i];
                double slope = inclusion[j * ROWS + i] - mean[j * ROWS + i] / prior.means(i, base)[j];
                slopes[0] += slope;
                slopes[1] += slope * CODED.value(g, 0);
                slopes[2] += slope * CODED.value(g, 1);
                magnitude += Math.abs(slope);
            }
            // a step that brings less than the rounding of the cost, 1e-16 of some hundreds, is none: √ of that in
            // slopes
            assertArrayEquals(new double[3], slopes, 1e-5 * magnitude);
        }
        // 60 rows say it to a standard error of .2 or so of each
        assertEquals(-1, prior.effects()[0], 0.6);
        assertEquals(0.7, prior.effects()[1], 0.4);
    }

    /** From anywhere, far off too, by what the KL itself changes. */
    @Test
    void noUpdateRaisesTheDivergenceAndItsChangeIsThatOfIt() {
        for (double far : new double[] {0, 1, -8, 30}) {
            CovariatePrior prior = prior(far, -far, far, far / 2);
            double before = divergence(prior) + prior.penalty();
            for (int update = 0; update < 6; update++) {
                double ofPrior = divergence(prior);
                double change = update(prior);
                assertEquals(divergence(prior) - ofPrior, change, 1e-12 * Math.abs(ofPrior));
                double after = divergence(prior) + prior.penalty();
                assertTrue(after <= before + 1e-12 * Math.abs(before), far + ": " + after + " above " + before);
                before = after;
            }
        }
    }

    /** λ₀ without effects is the mean over what is not 0, as in a fit without covariates. */
    @Test
    void withoutEffectsTheMeanIsThatOfAllRows() {
        CodedCovariates alike = new CodedCovariates(new double[] {0}, 1, new int[ROWS]);
        CovariatePrior prior = new CovariatePrior(alike, 2);
        prior(0, 0, 0, 0);
        for (int i = 0; i < ROWS; i++) {
            prior.add(i, 0, inclusion[i], mean[i]);
        }
        update(prior);
        double expected = Arrays.stream(mean, 0, ROWS).sum()
                / Arrays.stream(inclusion, 0, ROWS).sum();
        assertEquals(expected, base[0], 1e-14 * expected);
        assertEquals(0.2, base[1]); // a component without coefficients stays as it is
        assertArrayEquals(new double[2], prior.effects());
    }

    @Test
    void rowsFarFromTheOthersKeepAFinitePrior() {
        CovariatePrior prior = new CovariatePrior(CODED, new double[] {1e4, 0, 0, -1e4});
        for (int i = 0; i < ROWS; i++) {
            for (double mean : prior.means(i, base)) {
                assertTrue(mean > 0 && mean < 1e9, "mean " + mean);
            }
        }
    }
}
