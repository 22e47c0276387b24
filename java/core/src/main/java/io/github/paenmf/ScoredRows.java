package io.github.paenmf;

import io.github.paenmf.data.Paging;
import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The score of some rows, and what it takes beside it to make the score of more. Of data on the disk a score is made run by run,
 * so that rows are read once, and no more than a run's coefficients are in memory.
 *
 * @param rows how many
 * @param squaredNorm ‖V‖² of them, in units of the scaled data
 * @param median ‖V − V̂‖² from the latents' medians, or from the coefficients where they are numbers, likewise
 * @param mean from their means; NaN where they are numbers
 * @param draws from the samples of each draw; empty where they are numbers
 */
record ScoredRows(Score score, int rows, double squaredNorm, double median, double mean, double[] draws) {

    /** Of coefficients that are numbers. */
    static ScoredRows ofNumbers(Score score, int rows, double squaredNorm, double squaredError) {
        return new ScoredRows(score, rows, squaredNorm, squaredError, Double.NaN, new double[0]);
    }

    /** Makes the score of a few rows, the first of which has an index in all of the data. */
    @FunctionalInterface
    interface Scorer {
        ScoredRows score(RowSource rows, int first);
    }

    /** The score of data, all at once where they are in memory. */
    static Score of(RowSource data, Scorer scorer) {
        Paging paging = data.paging();
        if (paging == null) {
            return scorer.score(data, 0).score;
        }
        int run = paging.runRows();
        int[] firstRows = IntStream.iterate(0, first -> first < data.rows(), first -> first + run)
                .toArray();
        data.expect(firstRows);
        List<ScoredRows> runs = new ArrayList<>();
        for (int first : firstRows) {
            int[] rows =
                    IntStream.range(first, Math.min(data.rows(), first + run)).toArray();
            runs.add(scorer.score(data.selectRows(rows), first));
        }
        return new Runs(runs).score();
    }

    /** All of some data. */
    private record Runs(List<ScoredRows> runs) {

        Score score() {
            Score first = runs.get(0).score;
            List<Integer> dead = new ArrayList<>(first.deadComponents());
            runs.forEach(run -> dead.retainAll(run.score.deadComponents()));
            return new Score(
                    error(ScoredRows::median),
                    error(ScoredRows::mean),
                    errorOfSamples(),
                    perRow(Score::reconstructionPerSample),
                    perRow(Score::klPerSample),
                    perRow(Score::objective),
                    first.hoyerSparsity(),
                    dead,
                    perRow(Score::elbo),
                    first.sigma(),
                    perRow(Score::deviance));
        }

        private double error(ToDoubleFunction<ScoredRows> squaredError) {
            double squaredNorm =
                    runs.stream().mapToDouble(ScoredRows::squaredNorm).sum();
            return FactorisationModel.relativeError(
                    runs.stream().mapToDouble(squaredError).sum(), squaredNorm);
        }

        private double errorOfSamples() {
            return IntStream.range(0, runs.get(0).draws.length)
                    .mapToDouble(draw -> error(run -> run.draws[draw]))
                    .average()
                    .orElse(Double.NaN);
        }

        /** The mean of a mean over rows, or over their entries, of which all rows have as many. */
        private double perRow(ToDoubleFunction<Score> mean) {
            long rows = runs.stream().mapToLong(ScoredRows::rows).sum();
            return runs.stream()
                            .mapToDouble(run -> mean.applyAsDouble(run.score) * run.rows)
                            .sum()
                    / rows;
        }
    }
}
