package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a fitted model computes, against plain loops in double precision. */
class PaeNmfModelTest {

    private static final int RANK = 3;
    private static final int FEATURES = 12;
    private static final int ROWS = 60;
    private static final Matrix DATA = TestData.parts(ROWS, FEATURES, RANK);
    private static final PaeNmfModel MODEL =
            PaeNmf.builder().rank(RANK).epochs(100).seed(3).build().fit(DATA);

    /**
     * Relative to the norm of a row: float32 sums of 12 and of 3 terms, heads whose error of about 12·2⁻²⁴ is multiplied
     * by ∂ln h/∂ln k ≤ 10 for the noise at hand.
     */
    private static final double ROUNDING = 1e-5;

    /** The heads of one row in double: λ of every component, then k. */
    private static double[] heads(PaeNmfModel model, Matrix data, int row) {
        PaeParameters p = model.fitted().parameters();
        PaeConfiguration c = model.configuration();
        int r = p.rank();
        double[] heads = new double[2 * r];
        for (int j = 0; j < 2 * r; j++) {
            double sum = p.biases()[j];
            for (int i = 0; i < p.features(); i++) {
                double x = data.get(row, i) / (model.fitted().dataScale() * Math.sqrt(p.features()));
                sum += x * p.weights()[3 * r * i + j];
            }
            heads[j] = j < r ? Math.min(Math.max(sum, c.lambdaMin()), 1e3) : Math.max(sum, c.shapeMin());
        }
        return heads;
    }

    private interface Coefficient {
        double of(double k, double lambda, int component);
    }

    private static double[] decoded(PaeNmfModel model, double[] heads, Coefficient coefficient) {
        int r = model.rank();
        double[] row = new double[model.features()];
        for (int i = 0; i < row.length; i++) {
            for (int j = 0; j < r; j++) {
                double w = model.fitted().parameters().decoder(i, j)
                        * model.fitted().dataScale();
                row[i] += w * coefficient.of(heads[r + j], heads[j], j);
            }
        }
        return row;
    }

    private static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }

    private static void assertRow(double[] expected, Matrix actual, int row) {
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual.get(row, i), ROUNDING * norm(expected));
        }
    }

    /** Noise of one draw, one value per component. */
    private static float[] noise(long seed, int row, int draw, Purpose purpose, int rank) {
        float[] noise = new float[rank];
        Philox.uniforms(seed, row, draw, purpose, new int[Philox.WORDS], noise, 0, rank);
        return noise;
    }

    private static PaeNmfModel edited(PaeNmfModel model, PaeParameters parameters) {
        FittedPae f = model.fitted();
        return new PaeNmfModel(
                new FittedPae(
                        f.configuration(),
                        parameters,
                        f.dataScale(),
                        f.featureNames(),
                        f.history(),
                        f.previousEpochs(),
                        List.of()),
                Execution.auto(),
                null);
    }

    private static PaeNmfModel withoutDecoder(int component) {
        PaeParameters p = MODEL.fitted().parameters().copy();
        for (int i = 0; i < FEATURES; i++) {
            p.weights()[(3 * i + 2) * RANK + component] = 0;
        }
        return edited(MODEL, p);
    }

    /** Heads from {@code head} on, of one component, whose output is {@code value} for every row. */
    private static void fixHead(PaeParameters p, int head, float value) {
        for (int i = 0; i < p.features(); i++) {
            p.weights()[3 * i * p.rank() + head] = 0;
        }
        p.biases()[head] = value;
    }

    @Test
    void transformEncodes() {
        Latent latent = MODEL.transform(DATA);

        for (int row = 0; row < ROWS; row++) {
            double[] heads = heads(MODEL, DATA, row);
            for (int j = 0; j < RANK; j++) {
                assertEquals(heads[j], latent.lambda().get(row, j), ROUNDING * heads[j] + 1e-6);
                assertEquals(heads[RANK + j], latent.k().get(row, j), ROUNDING * heads[RANK + j]);
            }
        }
    }

    @Test
    void distanceOfLatentsIsThatOfTheirComponents() {
        Latent latent = MODEL.transform(DATA);
        double sum = 0;
        for (int j = 0; j < RANK; j++) {
            sum += Weibull.squaredWasserstein(
                    latent.k().get(2, j),
                    latent.lambda().get(2, j),
                    latent.k().get(7, j),
                    latent.lambda().get(7, j));
        }
        assertEquals(Math.sqrt(sum), latent.wasserstein(2, 7));
        assertEquals(0, latent.wasserstein(4, 4));
        assertTrue(sum > 0);
    }

    @Test
    void basisIsTheDecoderInUnitsOfTheData() {
        Matrix basis = MODEL.basis();

        for (int i = 0; i < FEATURES; i++) {
            for (int j = 0; j < RANK; j++) {
                double expected = MODEL.fitted().parameters().decoder(i, j)
                        * MODEL.fitted().dataScale();
                assertEquals((float) expected, basis.get(i, j));
            }
        }
    }

    @Test
    void reconstructDecodesTheMedianOrTheMean() {
        Matrix median = MODEL.reconstruct(DATA);
        Matrix mean = MODEL.reconstructMean(DATA);

        for (int row = 0; row < ROWS; row++) {
            double[] heads = heads(MODEL, DATA, row);
            assertRow(decoded(MODEL, heads, (k, lambda, j) -> lambda * Math.pow(Math.log(2), 1 / k)), median, row);
            assertRow(decoded(MODEL, heads, (k, lambda, j) -> Weibull.mean(k, lambda)), mean, row);
        }
    }

    @Test
    void reconstructSampledDecodesSamples() {
        List<Matrix> draws = MODEL.reconstructSampled(DATA, 3, 77);

        for (int draw = 0; draw < 3; draw++) {
            for (int row = 0; row < ROWS; row++) {
                float[] noise = noise(77, row, draw, Purpose.RECONSTRUCTION, RANK);
                double[] expected =
                        decoded(MODEL, heads(MODEL, DATA, row), (k, lambda, j) -> Weibull.sample(k, lambda, noise[j]));
                assertRow(expected, draws.get(draw), row);
            }
        }
    }

    @Test
    void aDrawDoesNotDependOnHowManyThereAre() {
        List<Matrix> two = MODEL.reconstructSampled(DATA, 2, 77);
        List<Matrix> five = MODEL.reconstructSampled(DATA, 5, 77);

        assertEquals(2, two.size());
        assertEquals(5, five.size());
        for (int draw = 0; draw < 2; draw++) {
            assertArrayEquals(two.get(draw).toRows(), five.get(draw).toRows());
        }
        assertFalse(Arrays.deepEquals(five.get(0).toRows(), five.get(1).toRows()));
        assertFalse(Arrays.deepEquals(
                five.get(0).toRows(),
                MODEL.reconstructSampled(DATA, 1, 78).get(0).toRows()));
    }

    @Test
    void sampleRowsDoNotDependOnHowManyThereAre() {
        float[][] few = MODEL.sample(5, 9).toRows();
        float[][] many = MODEL.sample(50, 9).toRows();

        assertArrayEquals(few, Arrays.copyOf(many, 5));
        assertFalse(Arrays.equals(many[0], many[1]));
        assertFalse(Arrays.deepEquals(few, MODEL.sample(5, 10).toRows()));
    }

    /**
     * A feature of a new row is Σ b·h with independent h. Each of the 2·12 estimates lies beyond 5 standard errors with
     * odds of 6e-7 (normal approximation), all of them within in 1 − 1.4e-5; the seeds are fixed. The fourth moment of a
     * sum is bounded by that of its terms: 9 for the exponential, 2.72 for k = 2.
     */
    @ParameterizedTest
    @CsvSource({"1, 1, 9", "2, 3, 3"})
    void samplesOfThePriorHaveItsMoments(double shape, double scale, double kurtosis) {
        PaeNmfModel model = PaeNmf.builder()
                .rank(RANK)
                .epochs(100)
                .prior(shape, scale)
                .build()
                .fit(DATA);
        int count = 20_000;

        Matrix sample = model.sample(count, 5);

        Matrix basis = model.basis();
        assertEquals(count, sample.rows());
        for (int i = 0; i < FEATURES; i++) {
            double mean = 0;
            double variance = 0;
            for (int j = 0; j < RANK; j++) {
                mean += basis.get(i, j) * Weibull.mean(shape, scale);
                variance += Math.pow(basis.get(i, j), 2) * Weibull.variance(shape, scale);
            }
            assertMoments(mean, variance, kurtosis, sample, i, 0, 1);
        }
    }

    /** As for the prior, around three rows in turn; k of this model is above 1, where the kurtosis is below 9. */
    @Test
    void samplesAroundRowsHaveTheirMoments() {
        Matrix given = DATA.selectRows(new int[] {4, 8, 15});
        Latent latent = MODEL.transform(given);
        Matrix basis = MODEL.basis();

        Matrix sample = MODEL.sample(given, 30_000, 6);

        for (int row = 0; row < 3; row++) {
            for (int i = 0; i < FEATURES; i++) {
                double mean = 0;
                double variance = 0;
                for (int j = 0; j < RANK; j++) {
                    assertTrue(latent.k().get(row, j) > 1);
                    mean += basis.get(i, j) * (double) latent.mean().get(row, j);
                    variance += Math.pow(basis.get(i, j), 2) * latent.variance().get(row, j);
                }
                assertMoments(mean, variance, 9, sample, i, row, 3);
            }
        }
    }

    private static void assertMoments(
            double mean, double variance, double kurtosis, Matrix sample, int column, int first, int step) {
        int count = 0;
        double sum = 0;
        double squares = 0;
        for (int row = first; row < sample.rows(); row += step, count++) {
            double difference = sample.get(row, column) - mean;
            sum += difference;
            squares += difference * difference;
        }
        assertEquals(0, sum / count, 5 * Math.sqrt(variance / count) + 1e-6);
        assertEquals(variance, squares / count, 5 * variance * Math.sqrt((kurtosis - 1) / count) + 1e-6);
    }

    @Test
    void countsMustBePositive() {
        assertEquals(
                "count must be at least 1, not 0",
                assertThrows(IllegalArgumentException.class, () -> MODEL.sample(0, 1))
                        .getMessage());
        assertEquals(
                "count must be at least 1, not -1",
                assertThrows(IllegalArgumentException.class, () -> MODEL.sample(DATA, -1, 1))
                        .getMessage());
        assertEquals(
                "samples must be at least 1, not 0",
                assertThrows(IllegalArgumentException.class, () -> MODEL.reconstructSampled(DATA, 0, 1))
                        .getMessage());
    }

    private static double squaredError(Matrix data, int row, double[] decoded) {
        double sum = 0;
        for (int i = 0; i < decoded.length; i++) {
            sum += Math.pow(data.get(row, i) - decoded[i], 2);
        }
        return sum;
    }

    /** Errors relative to ‖V‖: an error δ of V̂ changes them by at most δ‖V̂‖/‖V‖. */
    @Test
    void scoreIsWhatItsPartsSay() {
        double norm = 0;
        double median = 0;
        double mean = 0;
        double kl = 0;
        double[] sampled = new double[10];
        for (int row = 0; row < ROWS; row++) {
            double[] heads = heads(MODEL, DATA, row);
            norm += squaredError(DATA, row, new double[FEATURES]);
            median += squaredError(DATA, row, decoded(MODEL, heads, (k, lambda, j) -> Weibull.median(k, lambda)));
            mean += squaredError(DATA, row, decoded(MODEL, heads, (k, lambda, j) -> Weibull.mean(k, lambda)));
            for (int draw = 0; draw < 10; draw++) {
                float[] noise = noise(3, row, draw, Purpose.RECONSTRUCTION, RANK);
                sampled[draw] += squaredError(
                        DATA, row, decoded(MODEL, heads, (k, lambda, j) -> Weibull.sample(k, lambda, noise[j])));
            }
            for (int j = 0; j < RANK; j++) {
                kl += Weibull.kl(heads[RANK + j], heads[j], 1, 1) / ROWS;
            }
        }
        double sampledError = 0;
        double reconstruction = 0;
        double scale = MODEL.fitted().dataScale();
        for (double square : sampled) {
            sampledError += Math.sqrt(square / norm) / 10;
            reconstruction += square / (scale * scale) / (2 * 0.1 * 0.1) / ROWS / 10;
        }

        Score score = MODEL.score(DATA);

        assertEquals(Math.sqrt(median / norm), score.relativeErrorMedian(), ROUNDING);
        assertEquals(Math.sqrt(mean / norm), score.relativeErrorMean(), ROUNDING);
        assertEquals(sampledError, score.relativeErrorSampled(), ROUNDING);
        // a square: twice the relative error of its root, which is ROUNDING against an error of at least 0.05
        assertTrue(sampledError > 0.05);
        assertEquals(1, score.reconstructionPerSample() / reconstruction, 2 * ROUNDING / 0.05);
        assertEquals(kl, score.klPerSample(), ROUNDING * (1 + kl));
        assertEquals(score.reconstructionPerSample() + score.klPerSample(), score.objective());
        assertEquals(List.of(), score.deadComponents());
    }

    /**
     * Hoyer 2004: (√m − ‖w‖₁/‖w‖₂)/(√m − 1). Columns (1, 1, 1, 1): 0; (0, 2, 0, 0): 1; (3, 4, 0, 0): 2 − 7/5 = 0.6; and
     * of zeros, as sparse as can be: 1.
     */
    @Test
    void hoyerSparsityByHand() {
        float[][] columns = {{1, 1, 1, 1}, {0, 2, 0, 0}, {3, 4, 0, 0}, {0, 0, 0, 0}};
        double[] expected = {0, 1, 0.6, 1};
        Matrix data = TestData.parts(5, 4, 2);
        for (int a = 0; a < 4; a++) {
            PaeNmfModel model = PaeNmf.builder().rank(2).epochs(1).build().fit(data);
            PaeParameters p = model.fitted().parameters().copy();
            for (int i = 0; i < 4; i++) {
                p.weights()[(3 * i + 2) * 2] = columns[a][i];
                p.weights()[(3 * i + 2) * 2 + 1] = columns[2][i];
            }
            assertEquals((expected[a] + 0.6) / 2, edited(model, p).score(data).hoyerSparsity(), 1e-12);
        }
    }

    @Test
    void aComponentWithoutBasisIsDead() {
        assertEquals(List.of(1), withoutDecoder(1).score(DATA).deadComponents());
    }

    @Test
    void aComponentAtItsFloorIsDead() {
        PaeParameters p = MODEL.fitted().parameters().copy();
        fixHead(p, 2, -5);
        assertEquals(List.of(2), edited(MODEL, p).score(DATA).deadComponents());

        // alive for one row alone is alive
        float[] rows = new float[2 * FEATURES];
        rows[0] = 1;
        rows[FEATURES + 1] = 1;
        p.weights()[2] = 1000;
        assertEquals(
                List.of(),
                edited(MODEL, p).score(Matrix.wrap(rows, 2, FEATURES)).deadComponents());
    }

    /** The multiplicative update keeps zeros. */
    @Test
    void deadComponentsAreWarnedOfByName() {
        PaeNmfModel updated = PaeNmf.builder()
                .rank(RANK)
                .epochs(2)
                .decoderUpdate(DecoderUpdate.MULTIPLICATIVE)
                .build()
                .update(withoutDecoder(1), DATA);

        assertTrue(
                updated.warnings()
                        .contains("dead components, which take no part in any reconstruction: component2."
                                + " Try a lower rank or another seed."),
                () -> updated.warnings().toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void latentsAtTheirFloorAreWarnedOf(int head) {
        PaeParameters p = MODEL.fitted().parameters().copy();
        for (int j = 0; j < RANK - 1; j++) {
            fixHead(p, head * RANK + j, -5);
        }
        fixHead(p, head * RANK + RANK - 1, 1);
        PaeNmfModel updated = PaeNmf.builder()
                .rank(RANK)
                .epochs(1)
                .encoderRate(1e-30)
                .biasRate(1e-30)
                .build()
                .update(edited(MODEL, p), DATA);

        String expected = head == 0
                ? "67 % of all lambda lie at their floor: most latents are off."
                : "67 % of all k lie at their floor: the latents are as wide as allowed.";
        assertTrue(
                updated.warnings().contains(expected), () -> updated.warnings().toString());
    }

    @Test
    void aShortFitIsWarnedOfAndALongOneIsNot() {
        PaeNmfModel brief = PaeNmf.builder().rank(RANK).epochs(40).build().fit(DATA);
        PaeNmfModel longer = PaeNmf.builder().rank(RANK).epochs(1500).build().fit(DATA);

        assertEquals(1, brief.warnings().size());
        assertTrue(
                brief.warnings()
                        .get(0)
                        .matches("not converged: the objective still fell by [0-9.]+ % over the last 4 epochs;"
                                + " train for more\\."),
                () -> brief.warnings().toString());
        assertEquals(List.of(), longer.warnings());
    }

    @Test
    void quantilesRise() {
        Latent latent = MODEL.transform(DATA);
        double[] levels = {1e-6, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-6};

        for (int at = 1; at < levels.length; at++) {
            Matrix lower = latent.quantile(levels[at - 1]);
            Matrix upper = latent.quantile(levels[at]);
            for (int row = 0; row < ROWS; row++) {
                for (int j = 0; j < RANK; j++) {
                    assertTrue(lower.get(row, j) < upper.get(row, j));
                }
            }
        }
    }

    /** The same function in double, rounded to float: at most one unit in the last place apart. */
    @Test
    void theMedianIsTheMiddleQuantile() {
        Latent latent = MODEL.transform(DATA);
        Matrix half = latent.quantile(0.5);

        for (int row = 0; row < ROWS; row++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(half.get(row, j), latent.median().get(row, j), Math.ulp(half.get(row, j)));
            }
        }
    }

    /** λ = 2, k = 2: median 2√ln 2, mean 2Γ(3/2) = √π, variance 4(1 − π/4), quantile 1 − e⁻⁴ at 4. */
    @Test
    void statisticsByHand() {
        Latent latent = new Latent(Matrix.of(new float[][] {{2}}), Matrix.of(new float[][] {{2}}), List.of("a"));

        assertEquals(2 * Math.sqrt(Math.log(2)), latent.median().get(0, 0), 1e-6);
        assertEquals(Math.sqrt(Math.PI), latent.mean().get(0, 0), 1e-6);
        assertEquals(4 - Math.PI, latent.variance().get(0, 0), 1e-6);
        assertEquals(4, latent.quantile(1 - Math.exp(-4)).get(0, 0), 1e-6);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.5, 1.5, Double.NaN})
    void quantilesAreOfProbabilities(double p) {
        Latent latent = MODEL.transform(DATA);
        assertEquals(
                "the probability of a quantile must be in (0, 1), not " + p,
                assertThrows(IllegalArgumentException.class, () -> latent.quantile(p))
                        .getMessage());
    }

    @Test
    void zerosHaveAScoreWithoutRelativeErrors() {
        Matrix zeros = Matrix.zeros(2, FEATURES);

        assertEquals(2, MODEL.transform(zeros).lambda().rows());
        Score score = MODEL.score(zeros);
        assertTrue(Double.isNaN(score.relativeErrorMedian()));
        assertTrue(Double.isNaN(score.relativeErrorMean()));
        assertTrue(Double.isNaN(score.relativeErrorSampled()));
        assertTrue(score.isProbabilistic());
        assertTrue(score.reconstructionPerSample() > 0 && Double.isFinite(score.reconstructionPerSample()));
        assertEquals(score.reconstructionPerSample() + score.klPerSample(), score.objective());
    }

    @Test
    void theBackendOfTheFitIsKnownUntilTheModelIsSaved(@TempDir Path directory) throws IOException {
        PaeNmfModel model = PaeNmf.builder()
                .rank(2)
                .epochs(2)
                .backend(Backends.Choice.CPU)
                .threads(3)
                .build()
                .fit(DATA);
        model.save(directory.resolve("model.npz"));

        assertTrue(
                model.trainedOn().orElseThrow().startsWith("CPU, 3 threads, "),
                model.trainedOn().toString());
        assertEquals(model.trainedOn(), model.withThreads(1).trainedOn());
        assertEquals(
                Optional.empty(),
                PaeNmfModel.load(directory.resolve("model.npz")).trainedOn());
    }

    /** A model may be fitted on one device, in its precision, and used on the CPU. */
    @Test
    void whereAModelComputesCanChange() {
        Matrix expected = MODEL.reconstruct(DATA);
        Execution elsewhere = Execution.auto().withThreads(1).withDevice(1).withPrecision(Precision.TF32);

        PaeNmfModel moved = MODEL.withExecution(elsewhere).withBackend(Backends.Choice.CPU);

        assertArrayEquals(expected.toRows(), moved.reconstruct(DATA).toRows());
        assertThrows(IllegalArgumentException.class, () -> MODEL.withDevice(-1));
    }

    @Test
    void resultsBeyondFloatsAreRefused() {
        PaeParameters p = MODEL.fitted().parameters().copy();
        for (int i = 0; i < FEATURES; i++) {
            for (int j = 0; j < RANK; j++) {
                p.weights()[(3 * i + 2) * RANK + j] = Float.MAX_VALUE;
            }
        }
        FittedPae f = MODEL.fitted();
        PaeNmfModel model = new PaeNmfModel(
                new FittedPae(f.configuration(), p, 1000, f.featureNames(), f.history(), f.previousEpochs(), List.of()),
                MODEL.execution(),
                null);
        for (Executable result : List.<Executable>of(
                model::basis,
                () -> model.sample(1, 1),
                () -> model.sample(DATA, 1, 1),
                () -> model.reconstruct(DATA),
                () -> model.reconstructMean(DATA),
                () -> model.reconstructSampled(DATA, 1, 1))) {
            String message = assertThrows(DataException.class, result).getMessage();
            assertTrue(message.contains(" is Infinity in row 1, column 1: 32-bit floats end at 3.4e38"), message);
        }
    }
}
