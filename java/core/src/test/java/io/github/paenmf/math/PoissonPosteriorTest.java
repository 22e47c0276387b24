package io.github.paenmf.math;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against mpmath, for a from 0 to 1e9; the columns are a, k, R, divergence and squared variation. */
class PoissonPosteriorTest {

    private static List<double[]> table() throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                PoissonPosteriorTest.class.getResourceAsStream("poisson_posterior.csv"), StandardCharsets.UTF_8))) {
            return reader.lines()
                    .skip(1)
                    .map(line -> Arrays.stream(line.split(",", -1))
                            .mapToDouble(Double::parseDouble)
                            .toArray())
                    .toList();
        }
    }

    @Test
    void functionsAreWithinTheirBoundsOverTheTable() throws IOException {
        ErrorReport shape = new ErrorReport("shape");
        ErrorReport ratio = new ErrorReport("ratio");
        ErrorReport divergence = new ErrorReport("divergence");
        ErrorReport variation = new ErrorReport("squared variation");
        List<double[]> table = table();
        assertTrue(table.size() > 300 && table.get(0)[0] == 0);
        for (double[] row : table) {
            float t = PoissonPosterior.argument((float) row[0]);
            String at = "a " + row[0];
            shape.compare(at, row[1], PoissonPosterior.shape(t), 2e-6 * row[1]);
            ratio.compare(at, row[2], PoissonPosterior.ratio(t), 2e-6 * row[2]);
            variation.compare(at, row[4], PoissonPosterior.squaredVariation(t), 2e-6 * row[4]);
            for (float mean : new float[] {1e-6f, 0.1f, 1, 30, 1e7f}) {
                double expected = row[3] - Math.log(mean) + mean;
                double bound = 2e-6 * (1 + Math.abs(Math.log(mean / Math.sqrt(row[0] + 1))) + mean);
                divergence.compare(at + ", mean " + mean, expected, PoissonPosterior.divergence(t, mean), bound);
            }
        }
        assertEquals(1e9, table.get(table.size() - 1)[0]);
        List.of(shape, ratio, divergence, variation).forEach(ErrorReport::log);
    }

    /** Between R at a ± h, whose errors are 2e-6 each; the third derivative is below 1/(a + 1)³ everywhere. */
    @Test
    void theSlopeOfTheRatioIsThatOfTheRatio() {
        for (float a : new float[] {0.5f, 1, 7, 100}) {
            double h = 0.25 * (a + 1);
            double difference = ratio(a + h) - ratio(a - h);
            double bound = 2 * 2e-6 / (2 * h) + h * h / 6 / Math.pow(a + 1 - h, 3);
            assertEquals(
                    difference / (2 * h), PoissonPosterior.ratioSlope(PoissonPosterior.argument(a)), bound, "at " + a);
        }
    }

    private static double ratio(double a) {
        return PoissonPosterior.ratio(PoissonPosterior.argument((float) a));
    }

    @Test
    void withoutCountsThePosteriorIsThePrior() {
        float t = PoissonPosterior.argument(0);
        assertEquals(1, PoissonPosterior.shape(t), 2e-6);
        assertEquals(1, PoissonPosterior.squaredVariation(t), 2e-6);
        assertEquals(0, PoissonPosterior.divergence(t, 1), 2e-6);
    }
}
