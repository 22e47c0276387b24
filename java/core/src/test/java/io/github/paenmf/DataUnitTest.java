package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same data in another unit: a fit starts, stops and ends at the same parts. */
class DataUnitTest {

    private static final int N = 50;
    private static final int M = 21;
    private static final int RANK = 3;
    /**
     * Data in another unit are rounded anew, by 2⁻²⁴ of each value; what that changes in factors is multiplied by the
     * condition of the fit, which is below 1e3 here, and so is what is left of it after some tens of epochs.
     */
    private static final double BOUND = 1e-3;

    private static float[] values() {
        SplittableRandom random = new SplittableRandom(9);
        double[] w = random.doubles(M * RANK).map(u -> 4 * u * u * u).toArray();
        float[] values = new float[N * M];
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(RANK).map(u -> u * u).toArray();
            for (int f = 0; f < M; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                values[i * M + f] = random.nextInt(6) == 0 ? 0 : (float) (mean * (0.7 + 0.6 * random.nextDouble()));
            }
        }
        return values;
    }

    private static Matrix in(double unit) {
        float[] values = values();
        for (int e = 0; e < values.length; e++) {
            values[e] = (float) (unit * values[e]);
        }
        return Matrix.wrap(values, N, M);
    }

    /** What a fit comes to; parts in units of the data. */
    private record Fit(int epochs, double[] history, float[][] reconstruction, float[][] coefficients) {}

    private static Fit nmf(NmfAlgorithm algorithm, NmfInit init, double penalty, double unit) {
        return nmf(algorithm, init, penalty, unit, Double.NaN);
    }

    private static Fit nmf(NmfAlgorithm algorithm, NmfInit init, double penalty, double unit, double beta) {
        NmfModel model = Nmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(RANK)
                .algorithm(algorithm)
                .beta(beta)
                .zerosMissing(beta == 0)
                .init(init)
                .epochs(400)
                .tolerance(2e-3)
                .patience(10)
                .coefficientPenalty(new Penalty(penalty, penalty / 2))
                .basisPenalty(new Penalty(penalty, penalty))
                .build()
                .fit(in(unit));
        return fit(model, model.trainingCoefficients().orElseThrow(), unit);
    }

    private static Fit fit(FactorisationModel model, Matrix h, double unit) {
        float[][] reconstruction = model.reconstruct(in(unit)).toRows();
        return new Fit(model.history().epochs(), model.history().reconstruction(), reconstruction, h.toRows());
    }

    private static Fit vb(double l1, double unit) {
        VariationalModel model = VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(RANK)
                .epochs(200)
                .tolerance(1e-4)
                .patience(5)
                .penalties(new Penalties(new Penalty(l1, 0), new Penalty(l1, 0)))
                .build()
                .fit(in(unit));
        return fit(model, model.coefficients(in(unit)), unit);
    }

    static Stream<Arguments> kinds() {
        return NmfTest.starts()
                .flatMap(init -> Stream.of(
                        Arguments.of(NmfAlgorithm.HALS, init, 0.0),
                        Arguments.of(NmfAlgorithm.HALS, init, 0.05),
                        Arguments.of(NmfAlgorithm.MU, init, 0.0),
                        Arguments.of(NmfAlgorithm.MU, init, 0.05),
                        Arguments.of(NmfAlgorithm.KL, init, 0.0)));
    }

    static Stream<Arguments> ofSquaredErrors() {
        return kinds().filter(kind -> kind.get()[0] != NmfAlgorithm.KL);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void startStopAndResultDoNotDependOnTheUnit(NmfAlgorithm algorithm, NmfInit init, double penalty) {
        Fit expected = nmf(algorithm, init, penalty, 1);
        assertTrue(expected.epochs > 12 && expected.epochs < 400, () -> "stops after " + expected.epochs);
        // the divergence is in units of the data, and H and W have the square root of the unit each
        boolean isKl = algorithm == NmfAlgorithm.KL;
        for (double unit : new double[] {1e-12, 1e-9, 1e-4, 1e3, 1e8, 1e12}) {
            Fit fit = nmf(algorithm, init, penalty, unit);
            compare(expected, fit, unit, isKl ? Math.sqrt(unit) : 1, isKl ? unit : 1);
        }
    }

    /** Where zeros would be infinitely far from the fit they are missing. */
    @ParameterizedTest
    @CsvSource({"0, 0", "0.5, 0.05", "1.5, 0", "3, 0.05"})
    void norDoOtherDivergences(double beta, double penalty) {
        Fit expected = nmf(NmfAlgorithm.MU, NmfInit.NNDSVD, penalty, 1, beta);
        assertTrue(expected.epochs > 12 && expected.epochs < 400, () -> "stops after " + expected.epochs);
        for (double unit : new double[] {1e-12, 1e-9, 1e-4, 1e3, 1e8, 1e12}) {
            compare(expected, nmf(NmfAlgorithm.MU, NmfInit.NNDSVD, penalty, unit, beta), unit, 1, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.05})
    void variationalNmfDoesNotDependOnTheUnitEither(double l1) {
        Fit expected = vb(l1, 1);
        assertTrue(expected.epochs > 7 && expected.epochs < 200, () -> "stops after " + expected.epochs);
        for (double unit : new double[] {1e-12, 1e-9, 1e-4, 1e3, 1e8, 1e12}) {
            compare(expected, vb(l1, unit), unit, 1, 1);
        }
    }

    private static void compare(Fit expected, Fit fit, double unit, double ofCoefficients, double ofHistory) {
        assertEquals(expected.epochs, fit.epochs, () -> "epochs in units of " + unit);
        for (int epoch = 0; epoch < fit.epochs; epoch++) {
            double objective = expected.history[epoch];
            double error = fit.history[epoch] / ofHistory - objective;
            assertTrue(Math.abs(error) <= BOUND * Math.abs(objective), unit + ", epoch " + epoch + ": " + error);
        }
        compare(expected.reconstruction, fit.reconstruction, unit, unit);
        compare(expected.coefficients, fit.coefficients, ofCoefficients, unit);
    }

    private static void compare(float[][] expected, float[][] actual, double factor, double unit) {
        double greatest = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            for (int j = 0; j < expected[i].length; j++) {
                greatest = Math.max(greatest, Math.abs(expected[i][j]));
                error = Math.max(error, Math.abs(actual[i][j] / factor - expected[i][j]));
            }
        }
        double relative = error / greatest;
        assertTrue(relative <= BOUND, () -> "in units of " + unit + " off by " + relative);
    }

    /** Every operation but the logarithm is exact in it. */
    @ParameterizedTest
    @MethodSource("ofSquaredErrors")
    void aPowerOfTwoChangesNoBit(NmfAlgorithm algorithm, NmfInit init, double penalty) {
        Fit expected = nmf(algorithm, init, penalty, 1);
        for (double unit : new double[] {0x1p-40, 0x1p40}) {
            Fit fit = nmf(algorithm, init, penalty, unit);
            assertArrayEquals(expected.history, fit.history);
            assertArrayEquals(expected.coefficients, fit.coefficients);
        }
    }
}
