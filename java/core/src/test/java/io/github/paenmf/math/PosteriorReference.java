package io.github.paenmf.math;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A row of weibull_posterior.csv, by mpmath with 60 digits: {@link WeibullPosterior} at one β.
 *
 * @param reducedLeastCost least f, plus β²/2 for β &gt; 0
 * @param lessMean β − mean
 * @param trueLeastCost what reducedLeastCost would be if the posterior were the exact one, a truncated normal
 */
public record PosteriorReference(
        float beta,
        double shape,
        double mean,
        double variance,
        double reducedLeastCost,
        double lessMean,
        double trueLeastCost) {

    public static List<PosteriorReference> all() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                PosteriorReference.class.getResourceAsStream("weibull_posterior.csv"), StandardCharsets.UTF_8))) {
            return reader.lines().skip(1).map(PosteriorReference::parse).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PosteriorReference parse(String line) {
        String[] cells = line.split(",", -1);
        double[] numbers = new double[cells.length];
        for (int i = 0; i < cells.length; i++) {
            numbers[i] = Double.parseDouble(cells[i]);
        }
        return new PosteriorReference(
                (float) numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]);
    }
}
