package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts in two parts. */
class CountThinningTest {

    private static Matrix counts(int n, int m) {
        SplittableRandom random = new SplittableRandom(3);
        float[] values = new float[n * m];
        for (int e = 0; e < values.length; e++) {
            values[e] = random.nextInt(3) == 0 ? random.nextInt(1, 9) : 0;
        }
        values[7] = 5000; // more than are drawn one by one
        return Matrix.wrap(values, n, m);
    }

    private static List<String> names(String stem, int count) {
        return IntStream.range(0, count).mapToObj(i -> stem + i).toList();
    }

    @Test
    void partsAddUpAndDoNotDependOnStorage() {
        Matrix data = counts(31, 17).withNames(names("row", 31), names("column", 17));
        CountThinning dense = CountThinning.split(data, 0.8, 5);
        CountThinning sparse = CountThinning.split(SparseMatrix.of(data), 0.8, 5);
        Matrix training = Matrix.of(dense.training());
        Matrix heldOut = Matrix.of(dense.heldOut());
        assertArrayEquals(training.toRows(), Matrix.of(sparse.training()).toRows());
        assertArrayEquals(heldOut.toRows(), Matrix.of(sparse.heldOut()).toRows());
        assertInstanceOf(SparseMatrix.class, sparse.training());
        assertInstanceOf(SparseMatrix.class, sparse.heldOut());
        assertEquals(data.rowNames(), sparse.training().rowNames());
        assertEquals(data.columnNames(), dense.heldOut().columnNames());
        assertEquals(0.8, dense.share());
        for (int i = 0; i < 31; i++) {
            for (int f = 0; f < 17; f++) {
                assertEquals(data.get(i, f), training.get(i, f) + heldOut.get(i, f));
                assertTrue(training.get(i, f) >= 0 && heldOut.get(i, f) >= 0);
            }
        }
    }

    @Test
    void anEntryIsDrawnByItsPlaceAndTheSeed() {
        Matrix data = counts(31, 17);
        float[][] first =
                Matrix.of(CountThinning.split(data, 0.5, 1).training()).toRows();
        Matrix alone = Matrix.wrap(Arrays.copyOf(data.toRows()[0], 17), 1, 17);
        assertArrayEquals(
                first[0],
                Matrix.of(CountThinning.split(alone, 0.5, 1).training()).toRows()[0]);
        assertFalse(Arrays.deepEquals(
                first, Matrix.of(CountThinning.split(data, 0.5, 2).training()).toRows()));
    }

    /** The mean and the variance are within five of their standard deviations, except for odds of 1 in 1.7 million each. */
    @ParameterizedTest
    @CsvSource({"1, 0.8", "5, 0.3", "1024, 0.8", "1025, 0.8", "5000, 0.01", "16777216, 0.5"})
    void countsAreBinomial(int count, double share) {
        int entries = count == 1024 ? 4_000 : 40_000;
        float[] values = new float[entries];
        Arrays.fill(values, count);
        Matrix kept = Matrix.of(CountThinning.split(Matrix.wrap(values, entries / 40, 40), share, 11)
                .training());
        double mean = count * share;
        double variance = mean * (1 - share);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < kept.rows(); i++) {
            for (int f = 0; f < 40; f++) {
                double difference = kept.get(i, f) - mean;
                sum += difference;
                squares += difference * difference;
            }
        }
        assertEquals(0, sum / entries, 5 * Math.sqrt(variance / entries), "mean");
        double fourth = 3 * variance * variance + variance * (1 - 6 * share * (1 - share));
        assertEquals(variance, squares / entries, 5 * Math.sqrt((fourth - variance * variance) / entries), "variance");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.1, Double.NaN})
    void aShareOutOfRangeIsRefused(double share) {
        assertThrows(IllegalArgumentException.class, () -> CountThinning.split(counts(3, 3), share, 0));
    }

    @ParameterizedTest
    @CsvSource({"0.5, only whole numbers", "33554432, only whole numbers", "-1, negative", "NaN, NaN"})
    void whatIsNoCountIsRefusedWithItsPlace(float value, String words) {
        float[] values = {1, 2, 3, value, 1, 2};
        Matrix data = Matrix.wrap(values, 2, 3).withNames(List.of("a", "b"), List.of("x", "y", "z"));
        String message = assertThrows(DataException.class, () -> CountThinning.split(data, 0.5, 0))
                .getMessage();
        assertTrue(message.contains("row 2 (b), column 1 (x) is "), message);
        assertTrue(message.contains(words), message);
    }

    private static double deviance(Matrix heldOut, Matrix h, Matrix w, double odds) {
        double sum = 0;
        for (int i = 0; i < heldOut.rows(); i++) {
            for (int f = 0; f < heldOut.columns(); f++) {
                double mean = 0;
                for (int j = 0; j < w.columns(); j++) {
                    mean += odds * h.get(i, j) * w.get(f, j);
                }
                double v = heldOut.get(i, f);
                sum += 2 * ((v > 0 ? v * Math.log(v / Math.max(1e-12, mean)) : 0) - v + mean);
            }
        }
        return sum / heldOut.size();
    }

    @Test
    void heldOutDevianceIsOfWhatTheFitExpects() {
        CountThinning counts = CountThinning.split(counts(60, 17), 0.8, 5);
        Matrix heldOut = Matrix.of(counts.heldOut());
        VariationalModel vb = VariationalNmf.builder()
                .rank(2)
                .epochs(20)
                .likelihood(Likelihood.POISSON)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(counts.training());
        Matrix means = vb.transform(counts.training()).mean();
        double expected = deviance(heldOut, means, vb.basis(), 0.25);
        assertEquals(expected, counts.heldOutDeviance(vb), 1e-6 * expected); // coefficients are rounded once more
        NmfModel kl = Nmf.builder()
                .rank(2)
                .epochs(20)
                .algorithm(NmfAlgorithm.KL)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(counts.training());
        expected = deviance(heldOut, kl.transform(counts.training()), kl.basis(), 0.25);
        assertEquals(expected, counts.heldOutDeviance(kl), 1e-6 * expected);
    }

    @Test
    void aCountThatTheFitHoldsImpossibleIsOnlyUnlikely() {
        CountThinning counts = CountThinning.split(counts(5, 4), 0.8, 5);
        double expected = deviance(Matrix.of(counts.heldOut()), Matrix.zeros(5, 2), Matrix.zeros(4, 2), 0.25);
        assertTrue(expected > 0, "something is held out");
        assertEquals(expected, counts.heldOutDeviance(Matrix.zeros(5, 2), Matrix.zeros(4, 2)), 1e-9 * expected);
    }

    @Test
    void aFitOfAnotherLikelihoodIsNotJudged() {
        CountThinning counts = CountThinning.split(counts(20, 7), 0.8, 5);
        VariationalModel normal = VariationalNmf.builder()
                .rank(2)
                .epochs(3)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(counts.training());
        String message = assertThrows(IllegalArgumentException.class, () -> counts.heldOutDeviance(normal))
                .getMessage();
        assertTrue(message.startsWith("held-out counts judge a fit of counts"), message);
        NmfModel hals = Nmf.builder()
                .rank(2)
                .epochs(3)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(counts.training());
        assertThrows(IllegalArgumentException.class, () -> counts.heldOutDeviance(hals));
    }
}
