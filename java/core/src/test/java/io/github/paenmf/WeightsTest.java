package io.github.paenmf;

import static io.github.paenmf.testing.Matrices.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.VbInit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A weight is how often a row or feature stands in the data. */
class WeightsTest {

    private static final int N = 300;
    private static final int M = 37;
    private static final int RANK = 3;
    /** Of what is compared: sums in another order, over some tens of steps that contract. */
    private static final double BOUND = 1e-3;

    /** A planted product with noise, two thirds of it 0. */
    static Matrix data() {
        SplittableRandom random = new SplittableRandom(11);
        double[][] w = new double[M][];
        for (int f = 0; f < M; f++) {
            w[f] = random.doubles(RANK).map(u -> Math.max(0, 3 * u - 1)).toArray();
        }
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(RANK).toArray();
            for (int f = 0; f < M; f++) {
                double mean = h[0] * w[f][0] + h[1] * w[f][1] + h[2] * w[f][2];
                values[i][f] = random.nextInt(3) == 0 ? (float) (mean + 0.3 * random.nextDouble()) : 0;
            }
        }
        return Matrix.of(values);
    }

    /** 0, 1, 2 and 3 in turn. */
    static double[] weights(int count) {
        return IntStream.range(0, count).mapToDouble(i -> i * 7 % 4).toArray();
    }

    private static int[] repeated(double[] weights) {
        return IntStream.range(0, weights.length)
                .flatMap(i -> IntStream.range(0, (int) weights[i]).map(copy -> i))
                .toArray();
    }

    /** The first copy of each that has one, among those that are repeated; −1 of the others. */
    private static int[] places(double[] weights) {
        int[] places = new int[weights.length];
        int next = 0;
        for (int i = 0; i < places.length; i++) {
            places[i] = weights[i] == 0 ? -1 : next;
            next += (int) weights[i];
        }
        return places;
    }

    static <B extends EstimatorBuilder<B>> B on(B builder) {
        return builder.rank(RANK).seed(3).threads(2).backend(Backends.Choice.CPU);
    }

    private static RowSource form(boolean sparse) {
        return sparse ? SparseMatrix.of(data()) : data();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void variationalNmfTakesRowsAsOftenAsTheyWeigh(boolean sparse) {
        RowSource data = form(sparse);
        VariationalNmf estimator = on(VariationalNmf.builder()
                        .init(VbInit.RANDOM)
                        .epochs(40)
                        .intervals(IntervalMethod.MEAN_FIELD))
                .build();
        VariationalModel expected = estimator.fit(data.selectRows(repeated(weights(N))));

        VariationalModel model = estimator.fit(data, Weights.NONE.withRows(weights(N)));

        assertClose(expected.basis(), model.basis(), BOUND);
        assertClose(
                expected.basisIntervals(0.9).upper(), model.basisIntervals(0.9).upper(), BOUND);
        assertClose(expected.basisInclusion(), model.basisInclusion(), 10 * BOUND); // steep in what the means are
        assertEquals(expected.sigma(), model.sigma(), BOUND * expected.sigma());
        for (int epoch : new int[] {0, 25, 39}) {
            double objective = expected.history().reconstruction()[epoch]
                    + expected.history().kl()[epoch];
            assertEquals(
                    objective,
                    model.history().reconstruction()[epoch] + model.history().kl()[epoch],
                    BOUND * Math.abs(objective));
        }
        // rows that weigh nothing have coefficients, too
        assertClose(expected.coefficients(data), model.coefficients(data), BOUND);
        assertNotEquals(estimator.fit(data).basis().get(0, 0), model.basis().get(0, 0), 0.01);
    }

    /** From HALS, which NNDSVD starts in the same place. */
    @ParameterizedTest
    @CsvSource({"false, true, false", "true, true, false", "false, false, true", "true, true, true"})
    void standardNmfTakesRowsAndFeaturesAsOftenAsTheyWeigh(boolean sparse, boolean ofRows, boolean ofFeatures) {
        RowSource data = form(sparse);
        double[] rows =
                ofRows ? weights(N) : IntStream.range(0, N).mapToDouble(i -> 1).toArray();
        double[] features = ofFeatures
                ? weights(M)
                : IntStream.range(0, M).mapToDouble(f -> 1).toArray();
        Nmf estimator = on(Nmf.builder().epochs(60)).build();
        NmfModel expected = estimator.fit(data.selectRows(repeated(rows)).selectColumns(repeated(features)));

        Weights weights = ofRows ? Weights.NONE.withRows(rows) : Weights.NONE;
        NmfModel model = estimator.fit(data, ofFeatures ? weights.withFeatures(features) : weights);

        Matrix basis = model.basis();
        assertClose(expected.basis(), basis.selectRows(repeated(features)), BOUND);
        Matrix h = model.coefficients(data);
        assertClose(expected.coefficients(data.selectColumns(repeated(features))), h, BOUND);
        assertEquals(
                expected.score(data.selectColumns(repeated(features))).relativeError(),
                model.score(data).relativeError(),
                BOUND);
        int[] places = places(rows);
        Matrix trained = model.trainingCoefficients().orElseThrow();
        Matrix trainedOfExpected = expected.trainingCoefficients().orElseThrow();
        for (int i = 0; i < N; i++) {
            if (places[i] >= 0) {
                assertEquals(trainedOfExpected.get(places[i], 1), trained.get(i, 1), 0.01);
            }
        }
        double[] losses = expected.history().reconstruction();
        assertEquals(losses[59], model.history().reconstruction()[59], BOUND * losses[59]);
        // a feature that weighs nothing is explained as well as others, by what was learned without it
        for (int f = 0; ofFeatures && f < M; f++) {
            double largest = 0;
            for (int j = 0; j < RANK; j++) {
                largest = Math.max(largest, basis.get(f, j));
            }
            assertTrue(largest > 1e-2 && largest < 10, f + ": " + largest);
        }
    }

    private static PaeNmf.Builder autoencoder() {
        return on(PaeNmf.builder().trainOn(TrainOn.SCALE).kl(false).epochs(60));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAutoencoderTakesRowsAsOftenAsTheyWeigh(boolean sparse) {
        RowSource data = form(sparse);
        PaeNmf estimator = autoencoder().build();
        PaeNmfModel expected = estimator.fit(data.selectRows(repeated(weights(N))));

        PaeNmfModel model = estimator.fit(data, Weights.NONE.withRows(weights(N)));

        assertClose(expected.basis(), model.basis(), BOUND);
        assertClose(expected.coefficients(data), model.coefficients(data), BOUND);
        double[] losses = expected.history().reconstruction();
        for (int epoch : new int[] {0, 59}) {
            assertEquals(losses[epoch], model.history().reconstruction()[epoch], BOUND * losses[epoch]);
        }
        assertNotEquals(estimator.fit(data).basis().get(0, 0), model.basis().get(0, 0), 0.01);
    }

    /** The loss of an epoch is that of the parameters before its update. */
    @ParameterizedTest
    @CsvSource({"false, RELU", "true, RELU", "false, SOFTPLUS"})
    void aModelEncodesAndScoresFeaturesAsItsTrainingDid(boolean sparse, Heads heads) {
        RowSource data = form(sparse);
        Weights weights = Weights.NONE.withFeatures(weights(M));
        PaeNmf.Builder builder = autoencoder().heads(heads);
        double[] losses =
                builder.epochs(61).build().fit(data, weights).history().reconstruction();

        Score score = builder.epochs(60).build().fit(data, weights).score(data);

        assertEquals(losses[60], score.objective(), 1e-5 * losses[60]);
    }

    @Test
    void noiseIsLearnedOfFeaturesAsOftenAsTheyWeigh() {
        Matrix data = data();
        PaeNmf estimator = on(PaeNmf.builder().sigma(0).epochs(300)).build();
        double[] twice = IntStream.range(0, M).mapToDouble(f -> 2).toArray();

        PaeNmfModel model = estimator.fit(data, Weights.NONE.withFeatures(twice));

        PaeNmfModel once = estimator.fit(data);
        Score score = model.score(data);
        assertEquals(once.sigma(), model.sigma(), 0.1 * once.sigma());
        // −ELBO is that of 2m entries; the draws and the last update leave it some hundredths of it
        double last = model.history().reconstruction()[299] + model.history().kl()[299];
        assertEquals(last, score.objective(), 0.05 * Math.abs(last));
        assertTrue(score.objective() > 1.5 * once.score(data).objective(), score + "");
    }

    @Test
    void miniBatchesStandForAllRowsAsTheyWeigh() {
        Matrix data = data();
        Weights weights = Weights.NONE.withRows(weights(N));
        PaeNmf.Builder builder =
                autoencoder().batchRows(60).encoderRate(1e-9).biasRate(1e-9).decoderRate(1e-9);

        double[] losses = builder.epochs(2).build().fit(data, weights).history().reconstruction();

        double all = builder.batchRows(0)
                .epochs(1)
                .build()
                .fit(data, weights)
                .history()
                .reconstruction()[0];
        assertEquals(all, losses[1], 1e-5 * all);
    }

    @Test
    void featuresThatWeighNothingGetTheirWeightsAllTheSame() {
        Matrix data = data();
        double[] features = weights(M);
        Weights weights = Weights.NONE.withFeatures(features);
        VariationalModel model = on(VariationalNmf.builder().epochs(60)).build().fit(data, weights);
        assertExplained(data, model.reconstructMean(data), features);
        assertTrue(model.basisIntervals(0.9).upper().get(0, 0) > 0);
        PaeNmfModel pae = on(PaeNmf.builder().epochs(300)).build().fit(data, weights);
        assertExplained(data, pae.reconstruct(data), features);
    }

    private static void assertExplained(Matrix data, Matrix mean, double[] features) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                if (features[f] == 0) {
                    error += Math.pow(data.get(i, f) - mean.get(i, f), 2);
                    norm += Math.pow(data.get(i, f), 2);
                }
            }
        }
        // noise is most of it; weights of 0, or out of their unit, would leave 1 or more
        assertTrue(error < 0.95 * norm, Math.sqrt(error / norm) + "");
    }

    @Test
    void aFileKeepsTheWeightsOfFeatures(@TempDir Path folder) throws IOException {
        Matrix data = data();
        Weights weights = Weights.NONE.withFeatures(weights(M)).withRows(weights(N));
        for (FactorisationModel model : new FactorisationModel[] {
            on(VariationalNmf.builder().epochs(8)).build().fit(data, weights),
            on(Nmf.builder().epochs(8)).build().fit(data, weights),
            on(PaeNmf.builder().epochs(8)).build().fit(data, weights),
            autoencoder().epochs(8).build().fit(data, weights)
        }) {
            Path file = folder.resolve("model.npz");
            model.save(file);
            FactorisationModel loaded = FactorisationModel.load(file).withExecution(model.execution());

            assertEquals(model.scaling(), loaded.scaling());
            assertArrayEquals(model.basis().toRows(), loaded.basis().toRows());
            assertArrayEquals(
                    model.coefficients(data).toRows(), loaded.coefficients(data).toRows());
            assertArrayEquals(
                    model.reconstruct(data).toRows(), loaded.reconstruct(data).toRows());
            assertEquals("given", loaded.settings().get("Weights of features"));
        }
    }

    /** Rows with weights alone leave nothing in the model. */
    @Test
    void aModelOfWeightedRowsGoesOnTrainingAndOneOfFeaturesDoesNot() {
        Matrix data = data();
        VariationalNmf estimator = on(VariationalNmf.builder().epochs(5)).build();
        VariationalModel ofRows = estimator.fit(data, Weights.NONE.withRows(weights(N)));
        VariationalModel ofFeatures = estimator.fit(data, Weights.NONE.withFeatures(weights(M)));

        assertEquals(10, estimator.update(ofRows, data).totalEpochs());
        assertTrue(ofRows.scaling().isNone());
        DataException e = assertThrows(DataException.class, () -> estimator.update(ofFeatures, data));
        assertTrue(e.getMessage().contains("does not go on training"), e.getMessage());
        PaeNmf pae = on(PaeNmf.builder().epochs(5)).build();
        PaeNmfModel paeOfRows = pae.fit(data, Weights.NONE.withRows(weights(N)));
        PaeNmfModel paeOfFeatures = pae.fit(data, Weights.NONE.withFeatures(weights(M)));
        assertEquals(10, pae.update(paeOfRows, data).totalEpochs());
        assertThrows(DataException.class, () -> pae.update(paeOfFeatures, data));
    }

    @Test
    void scalingComesBeforeWeights() {
        RowSource data = SizeFactors.attach(
                data(), IntStream.range(0, N).mapToDouble(i -> 1 + i % 3).toArray());
        Scaling scaling = Scaling.NONE.withSizeFactors(SizeFactors.GIVEN);
        Weights weights = Weights.NONE.withFeatures(weights(M)).withRows(weights(N));
        NmfModel model = on(Nmf.builder().epochs(20).scaling(scaling)).build().fit(data, weights);
        RowSource scaled = scaling.fit(data).apply(data);
        NmfModel expected = on(Nmf.builder().epochs(20)).build().fit(scaled, weights);

        assertArrayEquals(expected.basis().toRows(), model.basis().toRows());
        assertClose(expected.coefficients(scaled), model.coefficients(data), 1e-5);
    }

    @Test
    void equalWeightsOfOneChangeNoBitButThoseOfRoots() {
        Matrix data = data();
        VariationalNmf estimator = on(VariationalNmf.builder().epochs(30).intervals(IntervalMethod.MEAN_FIELD))
                .build();
        double[] ones = IntStream.range(0, N).mapToDouble(i -> 1).toArray();

        assertArrayEquals(
                estimator.fit(data).basis().toRows(),
                estimator.fit(data, Weights.NONE.withRows(ones)).basis().toRows());
    }

    @Test
    void weightsDoNotDependOnThreadsOrChunks() {
        RowSource data =
                form(true).selectRows(IntStream.range(0, 1500).map(i -> i % N).toArray());
        Weights weights = Weights.NONE.withRows(weights(1500)).withFeatures(weights(M));
        VariationalNmf one = on(VariationalNmf.builder().epochs(10)).threads(1).build();
        VariationalNmf three = on(VariationalNmf.builder().epochs(10))
                .threads(3)
                .chunkRows(256)
                .build();

        assertArrayEquals(
                one.fit(data, weights).basis().toRows(),
                three.fit(data, weights).basis().toRows());
        for (int batchRows : new int[] {0, 700}) {
            PaeNmf.Builder pae = on(PaeNmf.builder().epochs(10).batchRows(batchRows));
            PaeNmfModel expected = pae.threads(1).build().fit(data, weights);
            PaeNmfModel model = pae.threads(3).chunkRows(256).build().fit(data, weights);
            assertArrayEquals(expected.basis().toRows(), model.basis().toRows());
            assertEquals(expected.history(), model.history());
        }
    }

    @Test
    void whatWeightsDoNotGoWithIsRefused() {
        Matrix data = data();
        Weights weights = Weights.NONE.withRows(weights(N));
        VariationalNmf poisson =
                on(VariationalNmf.builder().likelihood(Likelihood.POISSON)).build();
        VariationalNmf batches = on(VariationalNmf.builder().batchRows(50)).build();
        VariationalNmf rotation =
                on(VariationalNmf.builder().intervals(IntervalMethod.ROTATION)).build();
        Nmf kl = on(Nmf.builder().algorithm(NmfAlgorithm.KL)).build();
        VariationalNmf cuda = VariationalNmf.builder()
                .init(VbInit.RANDOM)
                .backend(Backends.Choice.CUDA)
                .build();

        assertRefused("weights has no effect with a Poisson likelihood", () -> poisson.fit(data, weights));
        assertRefused("batch rows must be 0, all rows in a step, with weights", () -> batches.fit(data, weights));
        assertRefused("intervals must be mean-field with weights", () -> rotation.fit(data, weights));
        PaeNmf nmf = on(PaeNmf.builder().init(Init.NMF)).build();
        assertRefused("init must be random with weights, not NMF", () -> nmf.fit(data, weights));
        assertRefused("weights has no effect with the Kullback-Leibler divergence", () -> kl.fit(data, weights));
        float[][] holes = data.toRows();
        holes[3][2] = Float.NaN;
        VariationalNmf missing = on(VariationalNmf.builder().missing(true)).build();
        DataException incomplete = assertThrows(DataException.class, () -> missing.fit(Matrix.of(holes), weights));
        assertTrue(incomplete.getMessage().contains("values are missing, which do not go with weights"));
        BackendUnavailableException e = assertThrows(BackendUnavailableException.class, () -> cuda.fit(data, weights));
        assertTrue(e.getMessage().contains("CPU only"), e.getMessage());
        PaeNmf paeOfHoles = on(PaeNmf.builder().missing(true)).build();
        assertThrows(DataException.class, () -> paeOfHoles.fit(Matrix.of(holes), weights));
        PaeNmf paeOnCuda = on(PaeNmf.builder()).backend(Backends.Choice.CUDA).build();
        BackendUnavailableException ofPae =
                assertThrows(BackendUnavailableException.class, () -> paeOnCuda.fit(data, weights));
        assertTrue(ofPae.getMessage().contains("a fit of pae or ae with weights"), ofPae.getMessage());
    }

    private static void assertRefused(String reason, Executable fit) {
        SettingException e = assertThrows(SettingException.class, fit);
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void aWeightMustBeAFiniteNumberOfAtLeastZero(double weight) {
        double[] weights = weights(N);
        weights[4] = weight;

        DataException row = assertThrows(DataException.class, () -> Weights.NONE.withRows(weights));
        assertEquals(
                "the weight of row 5 is " + weight + "; it must be a finite number of at least 0", row.getMessage());
        DataException feature = assertThrows(DataException.class, () -> Weights.NONE.withFeatures(weights));
        assertTrue(feature.getMessage().startsWith("the weight of feature 5 is "), feature.getMessage());
    }

    @Test
    void weightsMustBeOneEachAndNotAllZero() {
        DataException zero = assertThrows(DataException.class, () -> Weights.NONE.withRows(0, 0, 0));
        assertEquals("all weights of rows are 0: there is nothing to learn from", zero.getMessage());
        Nmf estimator = on(Nmf.builder()).build();
        Matrix data = data();
        DataException rows =
                assertThrows(DataException.class, () -> estimator.fit(data, Weights.NONE.withRows(weights(7))));
        assertEquals("there are 7 row weights for 300 rows", rows.getMessage());
        DataException features =
                assertThrows(DataException.class, () -> estimator.fit(data, Weights.NONE.withFeatures(weights(7))));
        assertEquals("there are 7 column weights for 37 columns", features.getMessage());
    }

    @Test
    void weightsKnowWhatTheyAre() {
        Weights weights = Weights.NONE.withRows(1, 3).withFeatures(0, 4);

        assertTrue(Weights.NONE.isNone() && weights.hasRows() && weights.hasFeatures());
        assertFalse(weights.isNone() || Weights.NONE.hasRows());
        assertEquals(4, weights.totalOfRows(2));
        assertEquals(2, Weights.NONE.totalOfRows(2));
        assertArrayEquals(new double[] {0x1p-49, 2}, weights.rootsOfFeatures(2));
        assertEquals(weights, Weights.NONE.withFeatures(0, 4).withRows(1, 3));
        assertEquals(
                weights.hashCode(),
                Weights.NONE.withFeatures(0, 4).withRows(1, 3).hashCode());
        assertNotEquals(weights, Weights.NONE);
    }
}
