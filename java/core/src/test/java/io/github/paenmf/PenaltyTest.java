package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Warning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Penalties of standard NMF as a user sees them. */
class PenaltyTest {

    private static final int N = 60;
    private static final int M = 23;
    private static final int RANK = 3;

    private static Matrix data() {
        SplittableRandom random = new SplittableRandom(5);
        double[] w = random.doubles(M * RANK).map(u -> 3 * u * u).toArray();
        float[] values = new float[N * M];
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(RANK).map(u -> u * u).toArray();
            for (int f = 0; f < M; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                values[i * M + f] = (float) (mean * (0.8 + 0.4 * random.nextDouble()));
            }
        }
        return Matrix.wrap(values, N, M);
    }

    /** A fifth of which is missing. */
    private static Matrix withHoles() {
        SplittableRandom random = new SplittableRandom(6);
        float[] values = data().storage(0).clone();
        for (int e = 0; e < values.length; e++) {
            values[e] = random.nextInt(5) == 0 ? Float.NaN : values[e];
        }
        return Matrix.wrap(values, N, M);
    }

    private static Nmf.Builder builder(NmfAlgorithm algorithm, double l1, double l2) {
        return Nmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(RANK)
                .algorithm(algorithm)
                .coefficientPenalty(new Penalty(l1, l2))
                .basisPenalty(new Penalty(l1, l2));
    }

    /**
     * Of data that are c throughout, the best factors of rank 1 are x and x·c, and the objective per entry is
     * ½(1 − x²)² + 2·l1·x + l2·x²: it is least where (1 − x²)·x = l1 + l2·x.
     */
    @ParameterizedTest
    @CsvSource({
        "HALS, 0.288, 0, 0.8",
        "MU, 0.288, 0, 0.8",
        "HALS, 0, 0.19, 0.9",
        "MU, 0, 0.19, 0.9",
        "HALS, 0.2, 0.11, 0.8"
    })
    void aConstantHasTheFactorsThatOneFindsByHand(NmfAlgorithm algorithm, double l1, double l2, double x) {
        float[] values = new float[3 * 5];
        Arrays.fill(values, 7f);
        NmfModel model = builder(algorithm, l1, l2).rank(1).epochs(300).build().fit(Matrix.wrap(values, 3, 5));

        // some roundings of float32, of numbers near 1 and 7
        assertEquals(x, model.trainingCoefficients().orElseThrow().get(2, 0), 1e-6);
        assertEquals(7 * x, model.basis().get(4, 0), 7e-6);
        double objective = 5 * ((1 - x * x) * (1 - x * x) / 2 + 2 * l1 * x + l2 * x * x);
        assertEquals(objective, last(model), 1e-5);
    }

    private static double last(NmfModel model) {
        double[] objective = model.history().reconstruction();
        return objective[objective.length - 1];
    }

    private static double rms(Matrix data) {
        double squares = 0;
        int observed = 0;
        for (float value : data.storage(0)) {
            squares += Float.isNaN(value) ? 0 : (double) value * value;
            observed += Float.isNaN(value) ? 0 : 1;
        }
        return Math.sqrt(squares / observed);
    }

    @ParameterizedTest
    @CsvSource({"HALS, false", "MU, false", "HALS, true", "MU, true"})
    void theHistoryIsOfThePenalisedObjectiveAndNeverRises(NmfAlgorithm algorithm, boolean holes) {
        Matrix data = holes ? withHoles() : data();
        NmfModel model =
                builder(algorithm, 0.05, 0.1).epochs(100).missing(holes).build().fit(data);

        double[] history = model.history().reconstruction();
        for (int epoch = 1; epoch < history.length; epoch++) {
            assertTrue(history[epoch] <= history[epoch - 1] * (1 + 1e-5), "epoch " + epoch); // the Gram form's rounding
        }
        Matrix h = model.trainingCoefficients().orElseThrow();
        double scale = rms(data);
        double objective = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double fit = 0;
                for (int j = 0; j < RANK; j++) {
                    fit += h.get(i, j) * model.basis().get(f, j) / scale;
                }
                double error = data.get(i, f) / scale - fit;
                objective += Float.isNaN(data.get(i, f)) ? 0 : error * error / 2;
            }
            for (int j = 0; j < RANK; j++) {
                objective += M * h.get(i, j) * (0.05 + 0.1 / 2 * h.get(i, j));
            }
        }
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < RANK; j++) {
                double w = model.basis().get(f, j) / scale;
                objective += N * w * (0.05 + 0.1 / 2 * w);
            }
        }
        assertEquals(objective / N, last(model), 1e-5 * objective / N);
    }

    /**
     * Karush, Kuhn and Tucker: what a coefficient would lower the objective by is 0 where it is above 0, and at most 0 where
     * it is 0. Coefficients have 24 bits, the sum 1e-6 of its terms.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void coefficientsOfNewRowsMinimiseThePenalisedObjective(boolean holes) {
        double l1 = 0.02;
        double l2 = 0.02;
        Matrix data = holes ? withHoles() : data();
        NmfModel model = builder(NmfAlgorithm.HALS, l1, l2)
                .epochs(50)
                .missing(holes)
                .build()
                .fit(data);
        Matrix h = model.transform(data);
        double scale = rms(data);
        int zeros = 0;
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < RANK; j++) {
                double slope = -M * (l1 + l2 * h.get(i, j));
                double terms = -slope;
                for (int f = 0; f < M; f++) {
                    if (Float.isNaN(data.get(i, f))) {
                        continue;
                    }
                    double fit = 0;
                    for (int l = 0; l < RANK; l++) {
                        fit += h.get(i, l) * model.basis().get(f, l) / scale;
                    }
                    double w = model.basis().get(f, j) / scale;
                    slope += w * (data.get(i, f) / scale - fit);
                    terms += w * (data.get(i, f) / scale + fit);
                }
                boolean isZero = h.get(i, j) == 0;
                zeros += isZero ? 1 : 0;
                assertTrue(slope <= 1e-6 * terms && (isZero || slope >= -1e-6 * terms), i + ", " + j + ": " + slope);
            }
        }
        assertTrue(zeros > 0 && zeros < N * RANK / 2, zeros + " zeros");
    }

    /** HALS converges to where the exact coefficients for its basis are: its steps end below 1e-4 of the greatest. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void trainingEndsWhereNewRowsDo(boolean holes) {
        Matrix data = holes ? withHoles() : data();
        NmfModel model = builder(NmfAlgorithm.HALS, 0.1, 0.05)
                .epochs(3000)
                .missing(holes)
                .build()
                .fit(data);

        Matrix h = model.trainingCoefficients().orElseThrow();
        Matrix expected = model.transform(data);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(expected.get(i, j), h.get(i, j), 1e-4, i + ", " + j);
            }
        }
    }

    @Test
    void weightsOfFeaturesCountInThePenaltyOfNewRows() {
        Matrix data = data();
        double[] weights = new double[M];
        Arrays.setAll(weights, f -> f % 3 == 0 ? 2 : 1);
        NmfModel model = builder(NmfAlgorithm.HALS, 0.1, 0.05)
                .epochs(3000)
                .build()
                .fit(data, Weights.NONE.withFeatures(weights));

        Matrix h = model.trainingCoefficients().orElseThrow();
        Matrix expected = model.transform(data);
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(expected.get(i, j), h.get(i, j), 1e-4, i + ", " + j);
            }
        }
    }

    private static int zeros(Matrix... factors) {
        int zeros = 0;
        for (Matrix factor : factors) {
            for (float[] row : factor.toRows()) {
                for (float value : row) {
                    zeros += value == 0 ? 1 : 0;
                }
            }
        }
        return zeros;
    }

    @Test
    void moreOfL1MakesMoreZerosUntilNothingIsLeft() {
        int before = -1;
        for (double l1 : new double[] {0, 0.02, 0.08, 0.2, 10}) {
            NmfModel model =
                    builder(NmfAlgorithm.HALS, l1, 0).epochs(300).build().fit(data());
            int zeros = zeros(model.trainingCoefficients().orElseThrow(), model.basis());
            assertTrue(zeros > before, l1 + ": " + zeros + " zeros after " + before);
            before = zeros;
        }
        assertEquals((N + M) * RANK, before);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KL")
    void moreOfL2ShrinksBothFactors(NmfAlgorithm algorithm) {
        double before = Double.POSITIVE_INFINITY;
        for (double l2 : new double[] {0.01, 0.1, 0.3}) {
            NmfModel model = builder(algorithm, 0, l2).epochs(300).build().fit(data());
            double squares = 0;
            for (Matrix factor : new Matrix[] {model.trainingCoefficients().orElseThrow(), model.basis()}) {
                for (float value : factor.copy().storage(0)) {
                    squares += (double) value * value;
                }
            }
            assertTrue(squares < 0.9 * before, l2 + ": " + squares + " after " + before);
            before = squares;
        }
    }

    @Test
    void theModelFileKeepsThem(@TempDir Path directory) throws IOException {
        NmfModel model = Nmf.builder()
                .rank(2)
                .epochs(20)
                .coefficientPenalty(new Penalty(0.3, 0.02))
                .basisPenalty(new Penalty(0, 0.1))
                .build()
                .fit(data());
        Path file = directory.resolve("model.npz");
        model.save(file);
        NmfModel loaded = NmfModel.load(file);

        assertEquals(model.configuration(), loaded.configuration());
        assertArrayEquals(
                model.transform(data()).toRows(), loaded.transform(data()).toRows());
        assertTrue(zeros(loaded.transform(data())) > 0);
    }

    @ParameterizedTest
    @CsvSource({"0.1, 0, only the coefficients", "0, 0.1, only the basis", "0.1, 0.1, ", "0, 0, "})
    void oneSidedPenaltiesAreWarnedOf(double ofCoefficients, double ofBasis, String start) {
        NmfModel model = Nmf.builder()
                .rank(2)
                .epochs(2)
                .coefficientPenalty(new Penalty(ofCoefficients, 0))
                .basisPenalty(new Penalty(ofBasis, 0))
                .build()
                .fit(data());

        String[] texts = model.codedWarnings().stream()
                .filter(warning -> warning.code() == Warning.Code.ONE_SIDED_PENALTY)
                .map(Warning::text)
                .toArray(String[]::new);
        assertEquals(start == null ? 0 : 1, texts.length);
        assertTrue(start == null || texts[0].startsWith(start), () -> texts[0]);
    }

    @Test
    void theKullbackLeiblerDivergenceHasNone() {
        SettingException refusal = assertThrows(
                SettingException.class, () -> builder(NmfAlgorithm.KL, 0.1, 0).build());

        assertEquals(Setting.PENALTY, refusal.setting());
        assertEquals("penalty has no effect with the Kullback-Leibler divergence; leave it out", refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1e-9, 1.1e6, Double.NaN, Double.POSITIVE_INFINITY})
    void valuesOutOfRangeAreRefusedByName(double value) {
        SettingException ofL1 = assertThrows(SettingException.class, () -> new Penalty(value, 0));
        SettingException ofL2 = assertThrows(SettingException.class, () -> new Penalty(0, value));

        assertEquals("L1 penalty must be in [0, 1e6], not " + value, ofL1.getMessage());
        assertEquals("L2 penalty must be in [0, 1e6], not " + value, ofL2.getMessage());
    }
}
