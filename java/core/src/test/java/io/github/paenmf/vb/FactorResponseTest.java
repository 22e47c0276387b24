package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.math.Weibull;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Intervals of mixtures, and what all of the package refuses. */
class FactorResponseTest {

    private static final Parallel SERIAL = Parallel.serial();

    /** One coefficient that is Weibull(k, λ) with probability p, else 0. */
    private static FactorRows one(double k, double lambda, double p) {
        double mean = Weibull.mean(k, lambda);
        double square = Weibull.variance(k, lambda) + mean * mean;
        return rows(p * mean, p * square - p * p * mean * mean, p);
    }

    private static FactorRows rows(double mean, double variance, double p) {
        return new FactorRows(1, 1, new double[] {mean}, new double[] {variance}, new double[] {p}, new double[] {0.5});
    }

    private static FactorPrior prior() {
        return new FactorPrior(new double[] {1}, new double[] {0.5});
    }

    /** The variance 1e-16·(mean² / variance) off by cancellation, k half of that: 1e-12 for k of 100. */
    @Test
    void withoutAPointMassBoundsAreTheWeibullsQuantiles() {
        for (double k : new double[] {0.5, 1, 3.7, 100}) {
            Intervals intervals = FactorResponse.meanField(one(k, 2, 1), 0.9, SERIAL);

            assertEquals(Weibull.quantile(k, 2, 0.05), intervals.lower()[0], 1e-10);
            assertEquals(Weibull.quantile(k, 2, 0.95), intervals.upper()[0], 1e-10);
        }
    }

    @Test
    void aBoundIsZeroWhereZeroHasTheTailsProbability() {
        Intervals likely = FactorResponse.meanField(one(2, 3, 0.96), 0.9, SERIAL);
        assertEquals(Weibull.quantile(2, 3, 0.01 / 0.96), likely.lower()[0], 1e-10);
        assertEquals(Weibull.quantile(2, 3, 0.91 / 0.96), likely.upper()[0], 1e-10);
        Intervals doubtful = FactorResponse.meanField(one(2, 3, 0.94), 0.9, SERIAL);
        assertEquals(0, doubtful.lower()[0]);
        assertEquals(Weibull.quantile(2, 3, 0.89 / 0.94), doubtful.upper()[0], 1e-10);
        Intervals excluded = FactorResponse.meanField(one(2, 3, 0.04), 0.9, SERIAL);
        assertEquals(0, excluded.lower()[0]);
        assertEquals(0, excluded.upper()[0]);
        assertEquals(0.04 * Weibull.mean(2, 3), excluded.mean()[0], 1e-15);
    }

    /** Information of 1 is less than the precision, so that C is the variance itself: nothing is added by it. */
    @Test
    void whatIsAddedGoesToTheWeibull() {
        FactorRows row = one(5, 2, 0.8);
        double added = 0.3;
        double[] blocks = {added / row.mean()[0] / row.mean()[0]};
        FactorResponse joint = FactorResponse.joint(new double[] {1}, 1, 1, blocks);
        double mean = Weibull.mean(5, 2);
        double square = Weibull.variance(5, 2) + added + mean * mean;
        Intervals expected =
                FactorResponse.meanField(rows(0.8 * mean, 0.8 * square - 0.64 * mean * mean, 0.8), 0.5, SERIAL);
        Intervals actual = joint.intervals(row, 0.5, SERIAL);

        assertEquals(row.variance()[0] + added, joint.variances(row, SERIAL)[0], 1e-12);
        assertEquals(expected.lower()[0], actual.lower()[0], 1e-10);
        assertEquals(expected.upper()[0], actual.upper()[0], 1e-10);
    }

    @Test
    void zerosToEveryDigitHaveBoundsOfZero() {
        Intervals intervals = FactorResponse.meanField(rows(0, 1e-300, 0.99), 0.9, SERIAL);

        assertEquals(0, intervals.lower()[0]);
        assertEquals(0, intervals.upper()[0]);
    }

    @Test
    void refusesWrongArguments() {
        FactorRows row = rows(1, 1, 1);
        double[] two = {1, 1};
        double[] gram = {1};
        FactorResponse response = FactorResponse.conditional(gram, 1, 1);
        FactorRows wide = new FactorRows(1, 2, two, two, two, two);
        refused(() -> response.intervals(row, 0, SERIAL));
        refused(() -> FactorResponse.meanField(row, 1, SERIAL));
        refused(() -> response.intervals(wide, 0.9, SERIAL));
        refused(() -> FactorResponse.conditional(gram, 0, 1));
        refused(() -> FactorResponse.conditional(gram, 1, 0));
        refused(() -> FactorResponse.conditional(two, 1, 1));
        refused(() -> FactorResponse.joint(gram, 1, 1, two));
        refused(() -> FactorResponse.conditional(new double[] {1, 2, 2, 1}, 1, 2)
                .variances(new FactorRows(1, 2, two, new double[] {9, 9}, two, two), SERIAL));
        refused(() -> new FactorRows(-1, 1, two, two, two, two));
        refused(() -> new FactorRows(2, 1, gram, two, two, two));
        refused(() -> new FactorRows(2, 1, two, gram, two, two));
        refused(() -> new FactorRows(2, 1, two, two, gram, two));
        refused(() -> new FactorRows(2, 1, two, two, two, gram));
        refused(() -> rows(-1, 1, 1));
        refused(() -> rows(1, 0, 1));
        refused(() -> rows(1, 1, 0));
        refused(() -> rows(1, 1, Double.NaN));
        refused(() -> new FactorPrior(new double[0], new double[0]));
        refused(() -> new FactorPrior(gram, two));
        refused(() -> new FactorPrior(new double[] {0}, gram));
        refused(() -> new FactorPrior(gram, new double[] {0}));
        refused(() -> new TwoSidedPosterior(row, wide, prior(), prior(), gram, gram, 1));
        refused(() -> new TwoSidedPosterior(row, row, prior(), prior(), two, gram, 1));
        refused(() -> new TwoSidedPosterior(row, row, prior(), prior(), gram, two, 1));
        refused(() -> new TwoSidedPosterior(row, row, prior(), new FactorPrior(two, two), gram, gram, 1));
        refused(() -> new TwoSidedPosterior(row, row, prior(), prior(), gram, gram, 0));
        FactorRows none = new FactorRows(0, 1, new double[0], new double[0], new double[0], new double[0]);
        refused(() -> new TwoSidedPosterior(none, row, prior(), prior(), gram, gram, 1));
        refused(() -> ShiftedCholesky.of(new double[] {Double.NaN}, 1, 1e-8));
    }

    private static void refused(Runnable call) {
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, call::run);
        assertEquals(false, refusal.getMessage().isEmpty());
    }

    /** Of each row by itself, with the Gram matrix of the entries that are observed; to the rounding of 3 × 3 inverses. */
    @ParameterizedTest
    @ValueSource(doubles = {0.15, 0.85})
    void whereEntriesAreMissingARowGoesByThoseThatAreObserved(double missing) {
        int n = 20;
        int m = 31;
        int r = 3;
        SplittableRandom random = new SplittableRandom(4);
        double[] means = random.doubles((long) m * r, 0, 2).toArray();
        double[] variances = random.doubles((long) m * r, 0.01, 0.1).toArray();
        float[][] values = new float[n][m];
        for (float[] row : values) {
            for (int f = 0; f < m; f++) {
                row[f] = f > 0 && random.nextDouble() < missing ? Float.NaN : 1;
            }
        }
        Mask mask = IncompleteData.of(Matrix.of(values), Missing.NAN).mask();
        double[] all = new double[r * r];
        for (int f = 0; f < m; f++) {
            addMoments(means, variances, f, r, all);
        }
        FactorRows rows = new FactorRows(
                n,
                r,
                random.doubles((long) n * r, 0, 2).toArray(),
                random.doubles((long) n * r, 0.001, 0.01).toArray(),
                random.doubles((long) n * r, 0.1, 1).toArray(),
                new double[n * r]);

        ObservedInformation observed = new ObservedInformation(mask, all, means, variances, r, 0.3);
        double[] actual = FactorResponse.observed(observed, all, 0.3, r, null).variances(rows, SERIAL);

        for (int i = 0; i < n; i++) {
            double[] gram = new double[r * r];
            for (int f = 0; f < m; f++) {
                if (!Float.isNaN(values[i][f])) {
                    addMoments(means, variances, f, r, gram);
                }
            }
            double[] expected = FactorResponse.conditional(gram, 0.3, r).variances(rows, SERIAL);
            for (int j = 0; j < r; j++) {
                assertEquals(expected[i * r + j], actual[i * r + j], 1e-12);
            }
        }
    }

    private static void addMoments(double[] means, double[] variances, int f, int r, double[] gram) {
        for (int j = 0; j < r; j++) {
            for (int l = 0; l < r; l++) {
                gram[j * r + l] += means[f * r + j] * means[f * r + l] + (j == l ? variances[f * r + j] : 0);
            }
        }
    }
}
