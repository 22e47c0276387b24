package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.train.EpochReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every option changes what it says, and refuses what it cannot do. */
class OptionsTest {

    private static final int RANK = 3;
    private static final int FEATURES = 12;
    private static final Matrix DATA = TestData.parts(60, FEATURES, RANK);

    /** A rate so low that no float changes. */
    private static final double FROZEN = 1e-30;

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(RANK).epochs(30);
    }

    private static PaeNmf.Builder frozen() {
        return builder().encoderRate(FROZEN).biasRate(FROZEN).decoderRate(FROZEN);
    }

    private static PaeNmfModel fit(PaeNmf.Builder builder) {
        return builder.build().fit(DATA);
    }

    private static PaeParameters parameters(PaeNmf.Builder builder) {
        return fit(builder).fitted().parameters();
    }

    /** The parameters that training starts from. */
    private static PaeParameters initial() {
        return parameters(frozen().epochs(1));
    }

    /** Block 0, 1, 2: Wλ, Wk, Wf. */
    private static float[] block(PaeParameters p, int index) {
        float[] block = new float[p.features() * p.rank()];
        for (int i = 0; i < p.features(); i++) {
            System.arraycopy(p.weights(), (3 * i + index) * p.rank(), block, i * p.rank(), p.rank());
        }
        return block;
    }

    private static double min(Matrix matrix) {
        double min = Double.POSITIVE_INFINITY;
        for (float[] row : matrix.toRows()) {
            for (float value : row) {
                min = Math.min(min, value);
            }
        }
        return min;
    }

    @Test
    void rankIsTheNumberOfComponents() {
        PaeNmfModel model = fit(builder().rank(5));

        assertEquals(5, model.rank());
        assertEquals(5, model.basis().columns());
        assertEquals(5, model.transform(DATA).lambda().columns());
    }

    @Test
    void epochsAreRun() {
        assertEquals(7, fit(builder().epochs(7)).history().epochs());
    }

    @Test
    void optimisersDiffer() {
        assertNotEquals(
                parameters(builder().optimiser(Optimiser.ADAM)),
                parameters(builder().optimiser(Optimiser.GD)));
    }

    @ParameterizedTest
    @EnumSource(Optimiser.class)
    void eachRateMovesItsOwnParameters(Optimiser optimiser) {
        PaeParameters start = initial();

        PaeParameters all = parameters(builder().optimiser(optimiser).epochs(1));
        PaeParameters noEncoder =
                parameters(builder().optimiser(optimiser).epochs(1).encoderRate(FROZEN));
        PaeParameters noBias =
                parameters(builder().optimiser(optimiser).epochs(1).biasRate(FROZEN));
        PaeParameters noDecoder =
                parameters(builder().optimiser(optimiser).epochs(1).decoderRate(FROZEN));

        for (int index = 0; index < 3; index++) {
            assertFalse(Arrays.equals(block(start, index), block(all, index)));
        }
        assertFalse(Arrays.equals(start.biases(), all.biases()));
        for (int head = 0; head < 2; head++) {
            assertArrayEquals(block(start, head), block(noEncoder, head));
            assertFalse(Arrays.equals(block(start, head), block(noBias, head)));
            assertFalse(Arrays.equals(block(start, head), block(noDecoder, head)));
        }
        assertArrayEquals(start.biases(), noBias.biases());
        assertFalse(Arrays.equals(start.biases(), noEncoder.biases()));
        assertFalse(Arrays.equals(start.biases(), noDecoder.biases()));
        assertArrayEquals(block(start, 2), block(noDecoder, 2));
        assertFalse(Arrays.equals(block(start, 2), block(noEncoder, 2)));
        assertFalse(Arrays.equals(block(start, 2), block(noBias, 2)));
    }

    /** Adam's first step is its rate, whatever the gradient g, up to 1e-8/|g| and the rounding of a float near 1. */
    @Test
    void adamStepsByItsRate() {
        for (double rate : new double[] {0.01, 0.04}) {
            for (float bias : parameters(builder().epochs(1).biasRate(rate)).biases()) {
                assertEquals(rate, Math.abs(bias - 1), 1e-6);
            }
        }
    }

    /** Without a clip a gd step is linear in its rate; the error is the rounding of two floats near 1. */
    @Test
    void gdStepsInProportionToItsRate() {
        PaeNmf.Builder gd = builder().optimiser(Optimiser.GD).epochs(1).stepClip(1e6);
        float[] once = parameters(gd.biasRate(1)).biases();
        float[] thrice = parameters(gd.biasRate(3)).biases();

        for (int j = 0; j < 2 * RANK; j++) {
            assertEquals(3 * (once[j] - 1.0), thrice[j] - 1.0, 4 * 0x1p-24);
            assertNotEquals(1f, once[j]);
        }
    }

    /** With large rates every head's step is as long as the clip: Wλ or Wk of a component with its bias. */
    @ParameterizedTest
    @ValueSource(doubles = {0.03, 0.2})
    void gdStepsAreClipped(double clip) {
        PaeParameters start = initial();
        PaeParameters after = parameters(builder()
                .optimiser(Optimiser.GD)
                .epochs(1)
                .stepClip(clip)
                .encoderRate(1e4)
                .biasRate(1e4)
                .decoderRate(FROZEN));

        for (int head = 0; head < 2; head++) {
            for (int j = 0; j < RANK; j++) {
                double bias = after.biases()[head * RANK + j] - start.biases()[head * RANK + j];
                double squares = bias * bias;
                for (int i = 0; i < FEATURES; i++) {
                    double change = block(after, head)[i * RANK + j] - block(start, head)[i * RANK + j];
                    squares += change * change;
                }
                // each of the m + 1 changes is off by an ulp of a float of at most 1
                assertEquals(clip, Math.sqrt(squares), Math.sqrt(FEATURES + 1) * 0x1p-23);
            }
        }
    }

    /** A configuration sets everything, whether it has an effect or not. */
    @Test
    void settingsOfAConfigurationNeedNoEffect() {
        PaeConfiguration configuration = builder().build().configuration();
        assertEquals(
                configuration,
                builder()
                        .stepClip(1)
                        .patience(3)
                        .decoderRate(1)
                        .configuration(configuration)
                        .build()
                        .configuration());
    }

    @Test
    void usualRatesAreThoseOfTheOptimiser() {
        PaeConfiguration gd = builder().optimiser(Optimiser.GD).build().configuration();
        assertEquals(
                gd,
                builder()
                        .configuration(builder().build().configuration())
                        .optimiser(Optimiser.GD)
                        .usualRates()
                        .build()
                        .configuration());
    }

    @Test
    void anUpdateKeepsTheKindOfModel() {
        PaeNmfModel pae = fit(builder().epochs(1));
        PaeNmf.Builder deterministic =
                builder().epochs(1).trainOn(TrainOn.SCALE).kl(false);
        PaeNmfModel ae = fit(deterministic);

        assertEquals(
                "train on must be a sample or the median as for the model, which an update does not make one of another"
                        + " kind; fit a new one",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> builder().build().update(ae, DATA))
                        .getMessage()
                        .replace("the scale", "a sample or the median"));
        assertThrows(IllegalArgumentException.class, () -> deterministic.build().update(pae, DATA));
        assertEquals(2, deterministic.build().update(ae, DATA).totalEpochs());
    }

    /** ‖v − v̂‖² is the same in the first epoch, so that the term is inversely proportional to σ². */
    @Test
    void sigmaWeighsTheReconstruction() {
        double narrow = fit(frozen().epochs(1).sigma(0.1)).history().reconstruction()[0];
        double wide = fit(frozen().epochs(1).sigma(0.3)).history().reconstruction()[0];

        assertEquals(9, narrow / wide, 1e-12);
    }

    @Test
    void lambdaFloorBoundsLambda() {
        assertEquals(
                (float) 0.9, min(fit(builder().lambdaMin(0.9)).transform(DATA).lambda()));
        assertTrue(min(fit(builder()).transform(DATA).lambda()) < 0.9);
    }

    /** A wide σ leaves the latents to the prior, whose shape is below the floor. */
    @Test
    void shapeFloorBoundsShape() {
        PaeNmf.Builder options = builder().sigma(10).prior(0.5, 1);
        assertEquals(1, min(fit(options.shapeMin(1)).transform(DATA).k()));
        assertTrue(min(fit(options.shapeMin(0.3)).transform(DATA).k()) < 0.9);
    }

    /** A row of zeros leaves only the biases, so that the heads are seen by themselves. */
    @Test
    void headsActivate() {
        Matrix zeros = Matrix.zeros(1, FEATURES);
        PaeNmfModel relu = fit(builder().heads(Heads.RELU));
        PaeNmfModel softplus = fit(builder().heads(Heads.SOFTPLUS));
        float[] straight = relu.fitted().parameters().biases();
        float[] soft = softplus.fitted().parameters().biases();

        for (int j = 0; j < RANK; j++) {
            assertEquals(straight[j], relu.transform(zeros).lambda().get(0, j));
            assertEquals(straight[RANK + j], relu.transform(zeros).k().get(0, j));
            // two float32 functions of relative error 2⁻²² at most, of values about 1.3
            assertEquals(
                    Math.log1p(Math.exp(soft[j])),
                    softplus.transform(zeros).lambda().get(0, j),
                    1e-6);
            assertEquals(
                    Math.log1p(Math.exp(soft[RANK + j])),
                    softplus.transform(zeros).k().get(0, j),
                    1e-6);
        }
        assertTrue(straight[0] > 1e-3 && straight[RANK] > 0.3, "the floors are not what is seen here");
    }

    /** The KL of each latent has an error of at most 1e-5 relative and 6e-7 absolute (float32 Γ, measured). */
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "1, 3", "0.5, 0.2", "5, 2"})
    void klIsThatToThePrior(double shape, double scale) {
        PaeNmfModel model = fit(frozen().epochs(1).prior(shape, scale));
        Latent latent = model.transform(DATA);
        double expected = 0;
        double size = 0;
        for (int i = 0; i < DATA.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                double k = latent.k().get(i, j);
                double lambda = latent.lambda().get(i, j);
                expected += Weibull.kl(k, lambda, shape, scale) / DATA.rows();
                size += (1 + Math.pow(lambda / scale, shape)) / DATA.rows();
            }
        }

        assertEquals(expected, model.history().kl()[0], 1e-5 * size);
    }

    @Test
    void withoutKlTheObjectiveIsTheReconstruction() {
        List<EpochReport> with = new ArrayList<>();
        List<EpochReport> without = new ArrayList<>();
        PaeNmfModel regular = fit(builder().epochs(100).listener(with::add));
        PaeNmfModel free = fit(builder().epochs(100).kl(false).listener(without::add));

        for (int i = 0; i < 100; i++) {
            assertEquals(
                    with.get(i).reconstruction() + with.get(i).kl(), with.get(i).objective());
            assertEquals(without.get(i).reconstruction(), without.get(i).objective());
        }
        Score freeScore = free.score(DATA);
        assertEquals(freeScore.reconstructionPerSample(), freeScore.objective());
        Score score = regular.score(DATA);
        assertEquals(score.reconstructionPerSample() + score.klPerSample(), score.objective());
        assertTrue(freeScore.klPerSample() > score.klPerSample());
    }

    @Test
    void onTheMedianThereIsNoNoise() {
        PaeNmfModel median = fit(frozen().epochs(5).trainOn(TrainOn.MEDIAN));
        PaeNmfModel sample = fit(frozen().epochs(5).trainOn(TrainOn.SAMPLE));

        double[] reconstruction = median.history().reconstruction();
        assertEquals(1, Arrays.stream(reconstruction).distinct().count());
        assertEquals(
                5, Arrays.stream(sample.history().reconstruction()).distinct().count());
        double error = median.score(DATA).relativeErrorMedian();
        // ‖V‖² = n·m in units of the scaled data; Gram form in float32: 1.5e-5 at most, as measured on real data
        assertEquals(1, error * error * FEATURES / (2 * 0.1 * 0.1) / reconstruction[0], 1.5e-5);
    }

    /** Wf ∘ VᵀH/(Wf·HᵀH) in double, H being the medians; float32 sums of up to 60 terms on both sides. */
    @Test
    void multiplicativeUpdateIsThatOfLeeAndSeung() {
        PaeNmf.Builder options = builder()
                .epochs(1)
                .trainOn(TrainOn.MEDIAN)
                .encoderRate(FROZEN)
                .biasRate(FROZEN)
                .decoderUpdate(DecoderUpdate.MULTIPLICATIVE);
        PaeNmfModel model = fit(options);
        PaeParameters start = initial();
        Matrix h = model.transform(DATA).median();

        for (int i = 0; i < FEATURES; i++) {
            for (int j = 0; j < RANK; j++) {
                double numerator = 0;
                double denominator = 0;
                for (int row = 0; row < DATA.rows(); row++) {
                    double reconstruction = 0;
                    for (int l = 0; l < RANK; l++) {
                        reconstruction += (double) start.decoder(i, l) * h.get(row, l);
                    }
                    numerator += DATA.get(row, i) / model.fitted().dataScale() * h.get(row, j);
                    denominator += reconstruction * h.get(row, j);
                }
                double expected = start.decoder(i, j) * numerator / denominator;
                assertEquals(expected, model.fitted().parameters().decoder(i, j), 60 * 0x1p-23 * expected);
            }
        }
    }

    @Test
    void multiplicativeUpdateStaysNonNegativeAndHasNoRate() {
        PaeNmf.Builder multiplicative = builder().decoderUpdate(DecoderUpdate.MULTIPLICATIVE);

        PaeParameters p = parameters(multiplicative);

        PaeConfiguration otherRate = builder().decoderRate(7).build().configuration();
        assertEquals(p, parameters(builder().configuration(otherRate).decoderUpdate(DecoderUpdate.MULTIPLICATIVE)));
        assertNotEquals(p, parameters(builder()));
        for (float w : block(p, 2)) {
            assertTrue(w >= 0);
        }
    }

    @Test
    void projectedUpdateReachesExactZeros() {
        float[] decoder = block(parameters(builder().epochs(200)), 2);
        int zeros = 0;
        for (float w : decoder) {
            assertTrue(w >= 0);
            zeros += w == 0 ? 1 : 0;
        }
        assertTrue(zeros > 0);
    }

    @Test
    void batchesMakeMoreSteps() {
        // adam's first step of a bias is its rate, and later ones at most about as long
        PaeParameters full = parameters(builder().epochs(1));
        PaeParameters batches = parameters(builder().epochs(1).batchRows(10));

        double longest = 0;
        for (float bias : batches.biases()) {
            longest = Math.max(longest, Math.abs(bias - 1));
        }
        assertTrue(longest > 0.03, "six steps of 0.01 went no further than " + longest);
        assertNotEquals(full, batches);
        assertEquals(full, parameters(builder().epochs(1).batchRows(60)));
        assertEquals(full, parameters(builder().epochs(1).batchRows(1000)));
    }

    /** Frozen and on the median, an epoch of batches adds up what one step over all rows does, in another order. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 30, 59})
    void batchesCoverEveryRowOnce(int rows) {
        PaeNmf.Builder options = frozen().epochs(2).trainOn(TrainOn.MEDIAN);
        History full = fit(options).history();
        History batches = fit(options.batchRows(rows)).history();

        assertEquals(1, batches.reconstruction()[1] / full.reconstruction()[1], 1.5e-5);
        assertEquals(full.kl()[1], batches.kl()[1], 1e-12 * RANK + 1e-6 * full.kl()[1]);
    }

    @Test
    void stopsWhenThereIsNoImprovement() {
        PaeNmf.Builder options = frozen().trainOn(TrainOn.MEDIAN).tolerance(1e-4);

        PaeNmfModel model = fit(options.patience(4));

        // the first epoch is the best; four more bring nothing
        assertEquals(5, model.history().epochs());
        assertEquals(StopReason.CONVERGED, model.history().stopReason());
        assertEquals(10, fit(options.patience(9)).history().epochs());
        assertEquals(30, fit(frozen().trainOn(TrainOn.MEDIAN)).history().epochs());
    }

    @Test
    void aHigherToleranceStopsEarlier() {
        PaeNmf.Builder options = builder().epochs(1000).patience(5).trainOn(TrainOn.MEDIAN);

        History strict = fit(options.tolerance(1e-2)).history();
        History loose = fit(options.tolerance(1e-1)).history();

        assertEquals(StopReason.CONVERGED, strict.stopReason());
        assertEquals(StopReason.CONVERGED, loose.stopReason());
        assertTrue(loose.epochs() < strict.epochs());
    }

    @Test
    void seedSelectsTheNumbers() {
        assertEquals(parameters(builder().seed(5)), parameters(builder().seed(5)));
        assertNotEquals(parameters(builder().seed(5)), parameters(builder().seed(6)));
        // all 64 bits count
        assertNotEquals(parameters(builder().seed(5)), parameters(builder().seed(5 + (1L << 32))));
    }

    /** Blocks of 256 rows: 700 rows are three, the last one partial. */
    @ParameterizedTest
    @CsvSource({"1, 256", "2, 0", "2, 512", "3, 256", "7, 768"})
    void threadsAndChunksChangeNoBit(int threads, int chunkRows) {
        Matrix data = TestData.parts(700, 33, RANK);
        for (int batchRows : new int[] {0, 300}) {
            PaeNmf.Builder options = builder().epochs(10).batchRows(batchRows);
            PaeNmfModel expected = options.threads(1).chunkRows(0).build().fit(data);
            PaeNmfModel actual =
                    options.threads(threads).chunkRows(chunkRows).build().fit(data);

            assertEquals(expected.fitted(), actual.fitted());
            assertArrayEquals(
                    expected.transform(data).lambda().toRows(),
                    actual.transform(data).lambda().toRows());
        }
    }

    @Test
    void autoIsTheCpuWhereThereIsNoCuda() {
        assumeTrue(Backends.resolve(Backends.Choice.AUTO) == Backends.Choice.CPU);
        assertEquals(
                fit(builder().backend(Backends.Choice.AUTO)).fitted(),
                fit(builder().backend(Backends.Choice.CPU)).fitted());
    }

    @Test
    void listenerHearsOfEachEpochOnce() {
        List<EpochReport> reports = new ArrayList<>();
        fit(builder().listener(reports::add));

        assertEquals(
                IntStream.rangeClosed(1, 30).boxed().toList(),
                reports.stream().map(EpochReport::epoch).toList());
        double seconds = 0;
        for (EpochReport report : reports) {
            assertEquals(30, report.epochs());
            assertTrue(report.seconds() >= seconds);
            seconds = report.seconds();
        }
    }

    @Test
    void listenerStops() {
        PaeNmfModel stopped = fit(builder().listener(report -> report.epoch() < 11));

        assertEquals(11, stopped.history().epochs());
        assertEquals(StopReason.LISTENER, stopped.history().stopReason());
        assertEquals(parameters(builder().epochs(11)), stopped.fitted().parameters());
    }

    @Test
    void configurationIsTakenOver() {
        PaeConfiguration configuration = builder()
                .epochs(31)
                .optimiser(Optimiser.GD)
                .encoderRate(2)
                .biasRate(3)
                .stepClip(5)
                .sigma(6)
                .lambdaMin(0.07)
                .shapeMin(0.8)
                .heads(Heads.SOFTPLUS)
                .prior(9, 10)
                .kl(false)
                .trainOn(TrainOn.MEDIAN)
                .decoderUpdate(DecoderUpdate.MULTIPLICATIVE)
                .init(Init.NMF)
                .batchRows(11)
                .tolerance(0.12)
                .patience(13)
                .seed(14)
                .build()
                .configuration();

        assertEquals(
                new PaeConfiguration(
                        3,
                        31,
                        Optimiser.GD,
                        2,
                        3,
                        0.3,
                        5,
                        6,
                        0.07,
                        0.8,
                        Heads.SOFTPLUS,
                        List.of(),
                        9,
                        10,
                        false,
                        TrainOn.MEDIAN,
                        DecoderUpdate.MULTIPLICATIVE,
                        Init.NMF,
                        11,
                        0.12,
                        13,
                        Likelihood.GAUSSIAN,
                        Missing.NONE,
                        14),
                configuration);
        assertEquals(
                configuration,
                PaeNmf.builder().configuration(configuration).build().configuration());
    }

    @Test
    void defaultRatesAreThoseOfTheOptimiser() {
        PaeConfiguration adam = PaeNmf.builder().build().configuration();
        PaeConfiguration gd = PaeNmf.builder().optimiser(Optimiser.GD).build().configuration();

        assertArrayEquals(
                new double[] {0.1, 0.02, 0.05}, new double[] {adam.encoderRate(), adam.biasRate(), adam.decoderRate()});
        assertArrayEquals(new double[] {1, 1, 0.3}, new double[] {gd.encoderRate(), gd.biasRate(), gd.decoderRate()});
    }

    private static Arguments refused(String message, UnaryOperator<PaeNmf.Builder> setting) {
        return arguments(message, setting);
    }

    static Stream<Arguments> outOfRange() {
        String rate = "must be in (0, 1e6], not ";
        return Stream.of(
                refused("rank must be at least 1, not 0", b -> b.rank(0)),
                refused("rank must be at least 1, not -3", b -> b.rank(-3)),
                refused("epochs must be at least 1, not 0", b -> b.epochs(0)),
                refused("encoder learning rate " + rate + "0.0", b -> b.encoderRate(0)),
                refused("encoder learning rate " + rate + "Infinity", b -> b.encoderRate(Double.POSITIVE_INFINITY)),
                refused("bias learning rate " + rate + "-1.0", b -> b.biasRate(-1)),
                refused("decoder learning rate " + rate + "NaN", b -> b.decoderRate(Double.NaN)),
                refused("step clip " + rate + "0.0", b -> b.stepClip(0)),
                refused("sigma must be in [1e-4, 1e4], or 0 to learn it, not 1.0E-5", b -> b.sigma(1e-5)),
                refused("sigma must be in [1e-4, 1e4], or 0 to learn it, not 20000.0", b -> b.sigma(2e4)),
                refused("sigma must be in [1e-4, 1e4], or 0 to learn it, not NaN", b -> b.sigma(Double.NaN)),
                refused(
                        "sigma must be a number in [1e-4, 1e4] without KL, where it only scales the objective, not"
                                + " learned",
                        b -> b.sigma(0).kl(false)),
                refused(
                        "sigma must be a number in [1e-4, 1e4] where medians are decoded: it is learned from the error"
                                + " of samples, not learned",
                        b -> b.sigma(0).trainOn(TrainOn.MEDIAN)),
                refused(
                        "sigma must be a number in [1e-4, 1e4] with gd, whose learning rates are made for it; or use"
                                + " adam, not learned",
                        b -> b.sigma(0).optimiser(Optimiser.GD)),
                refused(
                        "init must be random or nmf without KL, since posteriors of vb are those of a model with it,"
                                + " not vb",
                        b -> b.init(Init.VB).kl(false)),
                refused(
                        "init must be random or nmf with a prior of shape 2.0, since posteriors of vb are those of an"
                                + " exponential prior, of shape 1, not vb",
                        b -> b.init(Init.VB).prior(2, 1)),
                refused("lambda floor must be in [1e-6, 1], not 0.0", b -> b.lambdaMin(0)),
                refused("lambda floor must be in [1e-6, 1], not 2.0", b -> b.lambdaMin(2)),
                refused("shape floor must be in [0.1, 1], not 0.01", b -> b.shapeMin(0.01)),
                refused("shape floor must be in [0.1, 1], not 1.5", b -> b.shapeMin(1.5)),
                refused("prior shape must be in [0.05, 20], not 0.0", b -> b.prior(0, 1)),
                refused("prior shape must be in [0.05, 20], not 21.0", b -> b.prior(21, 1)),
                refused(
                        "prior shape must be at most 30.0 times the shape floor, which is 0.3, not 10.0",
                        b -> b.prior(10, 1)),
                refused("prior scale must be in [1e-3, 1e3], not 0.0", b -> b.prior(1, 0)),
                refused("prior scale must be in [1e-3, 1e3], not 2000.0", b -> b.prior(1, 2000)),
                refused("batch rows must be at least 0, where 0 means all rows, not -1", b -> b.batchRows(-1)),
                refused("tolerance must be in [0, 1), not -0.1", b -> b.tolerance(-0.1)),
                refused("tolerance must be in [0, 1), not 1.0", b -> b.tolerance(1)),
                refused("patience must be at least 1, not 0", b -> b.patience(0)),
                refused(
                        "patience has no effect without a tolerance above 0; leave it out",
                        b -> b.patience(50).tolerance(0)),
                refused(
                        "step clip has no effect with the optimiser adam; leave it out",
                        b -> b.stepClip(0.03).optimiser(Optimiser.ADAM)),
                refused(
                        "decoder learning rate has no effect with multiplicative updates of the decoder; leave it out",
                        b -> b.decoderUpdate(DecoderUpdate.MULTIPLICATIVE).decoderRate(0.05)),
                refused("threads must be in [1, 1024], not 0", b -> b.threads(0)),
                refused("threads must be in [1, 1024], not 1025", b -> b.threads(1025)),
                refused("device must be at least 0, not -1", b -> b.device(-1)),
                refused(
                        "device 1 has no effect on the CPU; leave it out, or choose CUDA",
                        b -> b.device(1).backend(Backends.Choice.CPU)),
                refused(
                        "BLAS NETLIB has no effect on CUDA; leave it out, or choose the CPU",
                        b -> b.backend(Backends.Choice.CUDA).blas(Blas.NETLIB)),
                refused(
                        "precision TF32 has no effect on the CPU; leave it out, or choose CUDA",
                        b -> b.backend(Backends.Choice.CPU).precision(Precision.TF32)),
                refused(
                        "graph off has no effect on the CPU; leave it out, or choose CUDA",
                        b -> b.backend(Backends.Choice.CPU).graph(false)),
                refused("chunk rows must be a multiple of 256, or 0 to choose by rank, not 100", b -> b.chunkRows(100)),
                refused(
                        "chunk rows must be a multiple of 256, or 0 to choose by rank, not -256",
                        b -> b.chunkRows(-256)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void outOfRange(String message, UnaryOperator<PaeNmf.Builder> setting) {
        SettingException refusal = assertThrows(
                SettingException.class, () -> setting.apply(PaeNmf.builder()).build());

        assertEquals(message, refusal.getMessage());
        assertEquals(message, refusal.setting().title() + " " + refusal.problem());
    }

    @Test
    void theEndsOfTheRangesAreInThem() {
        List<Consumer<PaeNmf.Builder>> settings = List.of(
                b -> b.rank(1),
                b -> b.epochs(1),
                b -> b.encoderRate(1e6).biasRate(1e6).decoderRate(1e6),
                b -> b.sigma(1e-4),
                b -> b.sigma(1e4),
                b -> b.sigma(0).init(Init.VB).heads(Heads.SOFTPLUS).decoderUpdate(DecoderUpdate.MULTIPLICATIVE),
                b -> b.init(Init.VB).prior(1, 0.3).trainOn(TrainOn.MEDIAN).optimiser(Optimiser.GD),
                b -> b.lambdaMin(1e-6),
                b -> b.lambdaMin(1),
                b -> b.shapeMin(0.1),
                b -> b.shapeMin(1),
                b -> b.prior(0.05, 1e-3),
                b -> b.prior(20, 1e3).shapeMin(1),
                b -> b.threads(1024).chunkRows(256),
                b -> b.tolerance(0.999).patience(1));
        assertAll(settings.stream().map(setting -> () -> {
            PaeNmf.Builder builder = PaeNmf.builder();
            setting.accept(builder);
            builder.build();
        }));
    }

    static Stream<Arguments> missing() {
        return Stream.of(
                refused("optimiser", b -> b.optimiser(null)),
                refused("heads", b -> b.heads(null)),
                refused("train on", b -> b.trainOn(null)),
                refused("decoder update", b -> b.decoderUpdate(null)),
                refused("init", b -> b.init(null)),
                refused("backend", b -> b.backend(null)),
                refused("listener", b -> b.listener(null)));
    }

    /** Here, and not with a fit's first epoch behind it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void missing(String name, UnaryOperator<PaeNmf.Builder> setting) {
        String message = assertThrows(
                        NullPointerException.class,
                        () -> setting.apply(PaeNmf.builder()).build())
                .getMessage();
        assertEquals(name, message);
    }
}
