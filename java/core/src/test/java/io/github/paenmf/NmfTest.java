package io.github.paenmf;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Standard NMF as a user sees it. */
class NmfTest {

    private static final int RANK = 4;

    /** Five blocks of rows, the last with 3; several slices of features, the last narrower. */
    private static final Matrix DATA = named(TestData.parts(4 * Matrix.ROW_ALIGNMENT + 3, 77, RANK));

    private static Nmf.Builder builder() {
        return Nmf.builder().rank(RANK).epochs(30);
    }

    private static Matrix named(Matrix matrix) {
        return matrix.withNames(
                IntStream.range(0, matrix.rows()).mapToObj(i -> "sample" + i).toList(),
                IntStream.range(0, matrix.columns())
                        .mapToObj(i -> "feature" + i)
                        .toList());
    }

    /** Those that need no factors. */
    static Stream<NmfInit> starts() {
        return Stream.of(NmfInit.values()).filter(init -> init != NmfInit.GIVEN);
    }

    /** Of the squared error. */
    static Stream<Arguments> kinds() {
        return Stream.of(NmfAlgorithm.MU, NmfAlgorithm.HALS)
                .flatMap(algorithm -> starts().map(init -> arguments(algorithm, init)));
    }

    static Stream<Arguments> allKinds() {
        return Stream.of(NmfAlgorithm.values()).flatMap(algorithm -> starts().map(init -> arguments(algorithm, init)));
    }

    /** Each update is a descent (Lee and Seung 2001; HALS minimises exactly); the Gram form rounds by some 1e-6. */
    @ParameterizedTest
    @MethodSource("allKinds")
    void theErrorNeverRises(NmfAlgorithm algorithm, NmfInit init) {
        double[] errors = builder()
                .algorithm(algorithm)
                .init(init)
                .epochs(200)
                .build()
                .fit(DATA)
                .history()
                .reconstruction();

        for (int epoch = 1; epoch < errors.length; epoch++) {
            assertTrue(errors[epoch] <= errors[epoch - 1] + 2e-6 * DATA.columns(), "epoch " + epoch);
        }
        assertTrue(errors[199] < 0.9 * errors[0], () -> errors[0] + " to " + errors[199]);
    }

    /** 5 % noise, of which 4 of 77 dimensions are fitted too. */
    @ParameterizedTest
    @MethodSource("kinds")
    void whatIsLeftIsTheNoise(NmfAlgorithm algorithm, NmfInit init) {
        NmfModel model =
                builder().algorithm(algorithm).init(init).epochs(500).build().fit(DATA);

        double error = model.score(DATA).relativeError();
        assertTrue(error > 0.045 && error < 0.053, () -> "error " + error);
    }

    /** ‖V‖² = n·m in units of the scaled data. The history is of H before it was solved for. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KL")
    void theHistoryIsOfTheSquaredError(NmfAlgorithm algorithm) {
        NmfModel model = builder().algorithm(algorithm).build().fit(DATA);
        double last = model.history().reconstruction()[29];

        Matrix h = model.trainingCoefficients().orElseThrow();
        double error = relativeError(DATA, h, model.basis());
        // Gram form in float32: sums over 1027 and 77 terms, as random walks
        assertEquals(error * error, 2 * last / DATA.columns(), 1e-5);
    }

    /**
     * The error that a fit reports is of coefficients that no others beat, so that the training's own do not either.
     * What rounds is the score's V̂ in float, {@code reduction(RANK) + 2} times U in each of its values.
     */
    @ParameterizedTest
    @MethodSource("kinds")
    void theScoreIsNeverWorseThanTheTraining(NmfAlgorithm algorithm, NmfInit init) {
        for (int epochs : new int[] {1, 10, 300}) {
            NmfModel model = builder()
                    .algorithm(algorithm)
                    .init(init)
                    .epochs(epochs)
                    .build()
                    .fit(DATA);
            double training = relativeError(DATA, model.trainingCoefficients().orElseThrow(), model.basis());
            double reported = model.score(DATA).relativeError();
            double rounding = (reduction(RANK) + 2) * U;
            assertTrue(reported <= training + rounding, () -> reported + " after a training to " + training);
        }
    }

    private static double relativeError(Matrix data, Matrix h, Matrix basis) {
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < data.rows(); i++) {
            for (int f = 0; f < data.columns(); f++) {
                double residual = data.get(i, f);
                norm += residual * residual;
                for (int j = 0; j < h.columns(); j++) {
                    residual -= (double) h.get(i, j) * basis.get(f, j);
                }
                squares += residual * residual;
            }
        }
        return Math.sqrt(squares / norm);
    }

    @Tag("jdk")
    @ParameterizedTest
    @MethodSource("kinds")
    void threadsChangeNoBit(NmfAlgorithm algorithm, NmfInit init) {
        // a rank at which an epoch is long enough to be shared out among eight
        Nmf.Builder options = builder().rank(70).algorithm(algorithm).init(init).epochs(5);
        NmfModel one = options.threads(1).build().fit(DATA);
        float[][] coefficients = one.transform(DATA).toRows();
        float[][] reconstruction = one.reconstruct(DATA).toRows();
        Score score = one.score(DATA);
        NmfModel many = options.threads(8).build().fit(DATA);
        assertArrayEquals(one.basis().toRows(), many.basis().toRows());
        assertArrayEquals(
                one.trainingCoefficients().orElseThrow().toRows(),
                many.trainingCoefficients().orElseThrow().toRows());
        assertEquals(one.history(), many.history());
        assertArrayEquals(coefficients, many.transform(DATA).toRows());
        assertArrayEquals(reconstruction, many.reconstruct(DATA).toRows());
        assertEquals(score, many.score(DATA));
    }

    @ParameterizedTest
    @EnumSource
    void theSeedDecidesWhereItStartsAtRandom(NmfAlgorithm algorithm) {
        Nmf.Builder options =
                builder().algorithm(algorithm).init(NmfInit.RANDOM).epochs(1);
        double first = options.seed(1).build().fit(DATA).history().reconstruction()[0];

        assertEquals(first, options.seed(1).build().fit(DATA).history().reconstruction()[0]);
        assertNotEquals(first, options.seed(2).build().fit(DATA).history().reconstruction()[0]);
    }

    /**
     * Columns of which the largest are 2000 times the smallest, as in a chemical analysis: small columns count for
     * nothing in the error, so that what matters is how the large ones start. Measured: 1.7 times NNDSVD's error in the
     * median of five seeds; 2.8 times with factors in proportion to each column's mean.
     */
    @Test
    void aRandomStartTakesColumnsOfUnequalScale() {
        SplittableRandom random = new SplittableRandom(3);
        float[][] values = new float[178][13];
        for (float[] row : values) {
            double common = random.nextDouble();
            for (int f = 0; f < row.length; f++) {
                double noise = 0.7 + 0.6 * random.nextDouble();
                row[f] = (float) (0.36 * Math.pow(2000, f / 12.0) * (0.5 + (f % 2 == 0 ? common : 1 - common)) * noise);
            }
        }
        Matrix table = Matrix.of(values);
        double nndsvd = error(table, NmfInit.NNDSVD, 0);
        double[] errors = IntStream.range(0, 5)
                .mapToDouble(seed -> error(table, NmfInit.RANDOM, seed))
                .sorted()
                .toArray();
        assertTrue(errors[2] < 2.2 * nndsvd, Arrays.toString(errors) + " from random starts, " + nndsvd);
    }

    private static double error(Matrix data, NmfInit init, long seed) {
        return Nmf.builder()
                .rank(10)
                .init(init)
                .seed(seed)
                .epochs(200)
                .threads(1)
                .build()
                .fit(data)
                .score(data)
                .relativeError();
    }

    @Test
    void toleranceAndPatienceStopEarly() {
        NmfModel model =
                builder().epochs(10_000).tolerance(1e-3).patience(5).build().fit(DATA);

        assertEquals(StopReason.CONVERGED, model.history().stopReason());
        double[] errors = model.history().reconstruction();
        assertTrue(errors[errors.length - 6] - errors[errors.length - 1] <= 1e-3 * errors[errors.length - 6]);
    }

    @Test
    void aListenerHearsAndMayEndTheFit() {
        double[] objective = new double[1];
        NmfModel model = builder()
                .listener(report -> {
                    objective[0] = report.objective();
                    return report.epoch() < 3;
                })
                .build()
                .fit(DATA);

        assertEquals(3, model.totalEpochs());
        assertEquals(StopReason.LISTENER, model.history().stopReason());
        assertEquals(model.history().reconstruction()[2], objective[0]);
    }

    @Test
    void unitsAndNamesAreThoseOfTheData() {
        NmfModel model = builder().build().fit(DATA);
        Matrix thousandfold = TestData.scaled(DATA, 1024);
        NmfModel scaled = builder().build().fit(thousandfold);

        assertEquals(DATA.columnNames(), model.featureNames());
        assertEquals(DATA.columnNames(), model.basis().rowNames());
        assertEquals(
                List.of("component1", "component2", "component3", "component4"),
                model.basis().columnNames());
        assertEquals(DATA.rowNames(), model.transform(DATA).rowNames());
        assertEquals(DATA.rowNames(), model.trainingCoefficients().orElseThrow().rowNames());
        assertEquals(DATA.rowNames(), model.reconstruct(DATA).rowNames());
        assertEquals(DATA.columnNames(), model.reconstruct(DATA).columnNames());
        assertEquals(model.score(DATA), scaled.score(thousandfold)); // a power of two rounds nothing
        assertEquals(1024 * model.basis().get(3, 1), scaled.basis().get(3, 1));
    }

    @Test
    void reconstructionIsTheProductOfCoefficientsAndBasis() {
        NmfModel model = builder().build().fit(DATA);
        Matrix h = model.coefficients(DATA);
        Matrix basis = model.basis();
        Matrix reconstruction = model.reconstruct(DATA);
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < DATA.rows(); i++) {
            for (int f = 0; f < DATA.columns(); f++) {
                double product = 0;
                for (int j = 0; j < RANK; j++) {
                    product += (double) h.get(i, j) * basis.get(f, j);
                }
                assertEquals(product, reconstruction.get(i, f), 5e-7 * product);
                squares += Math.pow(DATA.get(i, f) - product, 2);
                norm += Math.pow(DATA.get(i, f), 2);
            }
        }
        Score score = model.score(DATA);
        assertEquals(Math.sqrt(squares / norm), score.relativeError(), 1e-6);
        assertFalse(score.isProbabilistic());
        assertTrue(Double.isNaN(score.relativeErrorSampled()) && Double.isNaN(score.relativeErrorMean()));
        assertTrue(score.hoyerSparsity() > 0.2 && score.hoyerSparsity() < 1);
    }

    @ParameterizedTest
    @EnumSource
    void aFileHoldsTheModel(NmfAlgorithm algorithm, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("model.npz");
        NmfModel model =
                builder().algorithm(algorithm).seed(Long.MIN_VALUE).build().fit(DATA);
        model.save(file);

        FactorisationModel loaded = FactorisationModel.load(file);

        NmfModel nmf = (NmfModel) loaded;
        assertEquals(model.configuration(), nmf.configuration());
        assertEquals(Algorithm.valueOf("NMF_" + algorithm), loaded.algorithm());
        assertArrayEquals(model.basis().toRows(), loaded.basis().toRows());
        assertEquals(model.featureNames(), loaded.featureNames());
        assertEquals(model.history(), loaded.history());
        assertEquals(model.warnings(), loaded.warnings());
        assertEquals(Optional.empty(), loaded.trainedOn());
        assertEquals(Optional.empty(), nmf.trainingCoefficients());
        assertTrue(model.trainedOn().orElseThrow().startsWith("CPU"));
        assertArrayEquals(
                model.transform(DATA).toRows(), loaded.coefficients(DATA).toRows());
        assertArrayEquals(model.basis().toRows(), NmfModel.load(file).basis().toRows());
    }

    @Test
    void aModelOfAnotherKindIsNotRead(@TempDir Path directory) throws IOException {
        Path nmf = directory.resolve("nmf.npz");
        Path pae = directory.resolve("pae.npz");
        builder().build().fit(DATA).save(nmf);
        PaeNmf.builder().rank(2).epochs(1).build().fit(DATA).save(pae);

        assertEquals(
                nmf + " is a model of nmf-hals, not of PAE-NMF; FactorisationModel.load reads every kind",
                assertThrows(DataException.class, () -> PaeNmfModel.load(nmf)).getMessage());
        assertEquals(
                pae + " is a model of pae, not of standard NMF; FactorisationModel.load reads every kind",
                assertThrows(DataException.class, () -> NmfModel.load(pae)).getMessage());
        assertEquals(Algorithm.PAE, FactorisationModel.load(pae).algorithm());
    }

    @Test
    void deadComponentsAreThoseThatTheDataDoNotUse() {
        Matrix data = Matrix.of(new float[][] {{1, 0}, {0, 1}, {2, 0}, {0, 3}});
        NmfModel model = Nmf.builder().rank(2).epochs(50).build().fit(data);
        int ofTheSecondFeature = model.basis().get(1, 0) > 0 ? 0 : 1;

        assertEquals(List.of(), model.score(data).deadComponents());
        assertEquals(
                List.of(ofTheSecondFeature),
                model.score(data.selectRows(new int[] {0, 2})).deadComponents());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void moreComponentsThanRowsOrColumnsAreFittedWithAWarning(NmfAlgorithm algorithm, NmfInit init) {
        Matrix data = TestData.parts(5, 3, 2);
        NmfModel model = Nmf.builder()
                .rank(7)
                .algorithm(algorithm)
                .init(init)
                .epochs(300)
                .build()
                .fit(data);

        assertTrue(model.warnings().get(0).startsWith("rank 7 is above min(rows, columns) = 3"));
        assertTrue(
                model.score(data).relativeError() < 0.02,
                () -> "error " + model.score(data).relativeError());
    }

    @ParameterizedTest
    @MethodSource("allKinds")
    void rowsAndColumnsOfZerosStayZero(NmfAlgorithm algorithm, NmfInit init) {
        float[][] values = TestData.parts(30, 9, 2).toRows();
        values[4] = new float[9];
        for (float[] row : values) {
            row[6] = 0;
        }
        Matrix data = Matrix.of(values);

        Matrix reconstruction = Nmf.builder()
                .rank(2)
                .algorithm(algorithm)
                .init(init)
                .epochs(100)
                .build()
                .fit(data)
                .reconstruct(data);

        for (int f = 0; f < 9; f++) {
            assertEquals(0, reconstruction.get(4, f), 1e-6);
        }
        for (int i = 0; i < 30; i++) {
            assertEquals(0, reconstruction.get(i, 6), 1e-6);
        }
    }

    @Test
    void badDataAreRefused() {
        Nmf nmf = builder().build();
        NmfModel model = nmf.fit(DATA);

        assertTrue(assertThrows(DataException.class, () -> nmf.fit(Matrix.of(new float[][] {{1, -1}})))
                .getMessage()
                .contains("negative"));
        assertTrue(assertThrows(DataException.class, () -> nmf.fit(Matrix.zeros(3, 3)))
                .getMessage()
                .contains("all values are 0"));
        assertTrue(assertThrows(DataException.class, () -> model.transform(Matrix.zeros(3, 3)))
                .getMessage()
                .contains("fitted on 77 features"));
    }

    /** They are explained exactly, by nothing. */
    @Test
    void zerosHaveAScoreWithoutRelativeErrors() {
        Score score = builder().build().fit(DATA).score(Matrix.zeros(3, 77));
        assertTrue(Double.isNaN(score.relativeError()));
        assertEquals(0, score.reconstructionPerSample());
    }

    static Stream<Arguments> outOfRange() {
        return Stream.of(
                refused("rank must be at least 1, not 0", b -> b.rank(0)),
                refused("epochs must be at least 1, not 0", b -> b.epochs(0)),
                refused("tolerance must be in [0, 1), not 1.0", b -> b.tolerance(1)),
                refused("patience must be at least 1, not 0", b -> b.patience(0)),
                refused("threads must be in [1, 1024], not 0", b -> b.threads(0)));
    }

    private static Arguments refused(String message, UnaryOperator<Nmf.Builder> setting) {
        return arguments(message, setting);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void outOfRange(String message, UnaryOperator<Nmf.Builder> setting) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> setting.apply(Nmf.builder()).build())
                        .getMessage());
    }

    @Test
    void everySettingIsInTheConfiguration() {
        assertEquals(
                new NmfConfiguration(3, NmfAlgorithm.MU, NmfInit.RANDOM, 5, 0.5, 7, Missing.NONE, 9),
                Nmf.builder()
                        .rank(3)
                        .algorithm(NmfAlgorithm.MU)
                        .init(NmfInit.RANDOM)
                        .epochs(5)
                        .tolerance(0.5)
                        .patience(7)
                        .seed(9)
                        .backend(Backends.Choice.CPU)
                        .build()
                        .configuration());
    }
}
