package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every estimator should hold to, after the checks of scikit-learn. */
class EstimatorTest {

    private static final int RANK = 3;

    /** Rates so low that no float changes: training then only evaluates. */
    private static final double FROZEN = 1e-30;

    private static final Matrix DATA = TestData.parts(300, 17, RANK);

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(RANK).epochs(20);
    }

    private static void assertSameBits(Matrix expected, Matrix actual) {
        assertArrayEquals(expected.toRows(), actual.toRows());
        assertEquals(expected.rowNames(), actual.rowNames());
        assertEquals(expected.columnNames(), actual.columnNames());
    }

    private static void assertSameBits(Latent expected, Latent actual) {
        assertSameBits(expected.lambda(), actual.lambda());
        assertSameBits(expected.k(), actual.k());
    }

    private static Matrix named(Matrix matrix) {
        return matrix.withNames(
                IntStream.range(0, matrix.rows()).mapToObj(i -> "sample" + i).toList(),
                IntStream.range(0, matrix.columns())
                        .mapToObj(i -> "feature" + i)
                        .toList());
    }

    @Test
    void defaultsFit() {
        PaeNmf estimator = PaeNmf.builder().build();

        PaeNmfModel model = estimator.fit(TestData.parts(30, 12, 3));

        assertEquals(10, model.rank());
        assertEquals(1000, model.totalEpochs());
        assertEquals(estimator.configuration(), model.configuration());
    }

    @Test
    void inputIsNotWrittenTo() {
        Matrix data = TestData.parts(300, 17, RANK);
        float[][] before = data.toRows();

        PaeNmf estimator = builder().batchRows(100).build();
        PaeNmfModel model = estimator.fit(data);
        model.score(data);
        model.reconstructSampled(data, 2, 1);
        model.sample(data, 5, 1);
        estimator.update(model, data);

        assertArrayEquals(before, data.toRows());
    }

    @Test
    void refitGivesTheSameBits() {
        PaeNmf estimator = builder().build();

        PaeNmfModel first = estimator.fit(DATA);
        estimator.fit(TestData.parts(50, 5, 2));
        PaeNmfModel second = estimator.fit(DATA);

        assertEquals(first.fitted(), second.fitted());
        assertSameBits(first.transform(DATA), second.transform(DATA));
    }

    @Test
    void fitTransformIsFitThenTransform() {
        PaeNmf estimator = builder().build();

        assertSameBits(estimator.fit(DATA).transform(DATA), estimator.fitTransform(DATA));
    }

    /**
     * λ is a float32 sum of m products and a bias: whatever the order of summation, it is within (m + 1)·2⁻²⁴·Σ|terms|
     * of the exact one, and two orders within twice that.
     */
    private static void assertRowsEqual(PaeNmfModel model, Matrix data, int[] rows) {
        Latent whole = model.transform(data);
        Latent part = model.transform(data.selectRows(rows));
        int r = model.rank();
        float[] weights = model.fitted().parameters().weights();
        float[] biases = model.fitted().parameters().biases();
        double scale = 1 / (model.fitted().dataScale() * Math.sqrt(model.features()));
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < r; j++) {
                double lambdaTerms = Math.abs(biases[j]);
                double kTerms = Math.abs(biases[r + j]);
                for (int f = 0; f < model.features(); f++) {
                    lambdaTerms += scale * data.get(rows[i], f) * Math.abs(weights[3 * r * f + j]);
                    kTerms += scale * data.get(rows[i], f) * Math.abs(weights[3 * r * f + r + j]);
                }
                double unit = 2 * (model.features() + 1) * 0x1p-24;
                assertEquals(whole.lambda().get(rows[i], j), part.lambda().get(i, j), unit * lambdaTerms);
                assertEquals(whole.k().get(rows[i], j), part.k().get(i, j), unit * kTerms);
            }
        }
    }

    @Test
    void transformOfSomeRowsIsThatOfAll() {
        PaeNmfModel model = builder().build().fit(DATA);

        for (int row : new int[] {0, 1, 255, 256, 299}) {
            assertRowsEqual(model, DATA, new int[] {row});
        }
        assertRowsEqual(model, DATA, new int[] {3, 3, 290, 17, 256});
    }

    @Test
    void transformFollowsTheOrderOfRows() {
        PaeNmfModel model = builder().build().fit(DATA);

        int[] reversed =
                IntStream.range(0, DATA.rows()).map(i -> DATA.rows() - 1 - i).toArray();

        assertRowsEqual(model, DATA, reversed);
    }

    /**
     * On the median no noise tells rows apart, so a fit sees only sums over rows; their order changes the rounding, and
     * so the objective by what float32 leaves open, about 1e-5 (measured for the Gram form), after a few epochs.
     */
    @Test
    void fitDoesNotDependOnTheOrderOfRowsBeyondRounding() {
        PaeNmf estimator = builder().trainOn(TrainOn.MEDIAN).build();
        int[] reversed =
                IntStream.range(0, DATA.rows()).map(i -> DATA.rows() - 1 - i).toArray();

        Score straight = estimator.fit(DATA).score(DATA);
        Score turned = estimator.fit(DATA.selectRows(reversed)).score(DATA);

        assertEquals(1, turned.relativeErrorMedian() / straight.relativeErrorMedian(), 1e-4);
        assertEquals(1, turned.klPerSample() / straight.klPerSample(), 1e-4);
    }

    @Test
    void aSavedModelIsTheSame(@TempDir Path directory) throws IOException {
        Matrix data = named(DATA);
        PaeNmf estimator = builder().seed(-5).build();
        PaeNmfModel model = estimator.update(estimator.fit(data), data);
        Path file = directory.resolve("model.npz");

        model.save(file);
        PaeNmfModel loaded = PaeNmfModel.load(file);

        assertEquals(model.fitted(), loaded.fitted());
        assertEquals(model.totalEpochs(), loaded.totalEpochs());
        assertSameBits(model.transform(data), loaded.transform(data));
        assertSameBits(model.reconstruct(data), loaded.reconstruct(data));
        assertSameBits(model.sample(7, 3), loaded.sample(7, 3));
        assertSameBits(model.basis(), loaded.basis());
        assertEquals(model.score(data), loaded.score(data));
        assertEquals(
                estimator.update(model, data).fitted(),
                estimator.update(loaded, data).fitted());
    }

    @Test
    void updateContinues() {
        PaeNmfModel model = builder().build().fit(DATA);
        var before = model.fitted().parameters().copy();

        PaeNmfModel updated = builder().epochs(30).build().update(model, DATA);

        assertEquals(before, model.fitted().parameters());
        assertEquals(20, model.totalEpochs());
        assertEquals(20, updated.fitted().previousEpochs());
        assertEquals(30, updated.history().epochs());
        assertEquals(50, updated.totalEpochs());
        assertEquals(80, builder().epochs(30).build().update(updated, DATA).totalEpochs());
        // 20 epochs are far from convergence: 30 more gain much, not only within the noise
        assertTrue(updated.score(DATA).objective() < 0.9 * model.score(DATA).objective());
    }

    /** With frozen parameters an epoch's loss is a function of its noise alone. */
    @Test
    void updateGoesOnInTheNoise() {
        PaeNmf.Builder frozen = builder().encoderRate(FROZEN).biasRate(FROZEN).decoderRate(FROZEN);

        History whole = frozen.epochs(6).build().fit(DATA).history();
        PaeNmfModel half = frozen.epochs(3).build().fit(DATA);
        History rest = frozen.epochs(3).build().update(half, DATA).history();

        assertEquals(6, Arrays.stream(whole.reconstruction()).distinct().count());
        assertArrayEquals(
                Arrays.copyOf(whole.reconstruction(), 3), half.history().reconstruction());
        assertArrayEquals(Arrays.copyOfRange(whole.reconstruction(), 3, 6), rest.reconstruction());
    }

    @Test
    void updateLearnsNewData() {
        PaeNmfModel model = builder().epochs(200).build().fit(DATA);
        Matrix other = TestData.planted(80, 17, RANK, 0.05, 99).data();

        PaeNmfModel updated = builder().epochs(200).build().update(model, other);

        assertTrue(updated.score(other).objective() < 0.5 * model.score(other).objective());
        assertEquals(model.fitted().dataScale(), updated.fitted().dataScale());
    }

    @Test
    void updateRefusesAnotherRankAndOtherFeatures() {
        PaeNmfModel model = builder().build().fit(DATA);
        PaeNmf otherRank = builder().rank(4).build();
        Matrix narrow = TestData.parts(30, 16, RANK);

        assertEquals(
                "rank must be the model's, 3, not 4",
                assertThrows(IllegalArgumentException.class, () -> otherRank.update(model, DATA))
                        .getMessage());
        String message = assertThrows(
                        DataException.class, () -> builder().build().update(model, narrow))
                .getMessage();
        assertTrue(message.contains("16 columns") && message.contains("17 features"), message);
    }

    @Test
    void oneModelServesSeveralThreads() throws Exception {
        PaeNmfModel model = builder().build().fit(DATA);
        Latent latent = model.transform(DATA);
        Score score = model.score(DATA);
        Matrix sample = model.sample(DATA, 50, 4);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                PaeNmfModel used = i % 2 == 0 ? model : model.withThreads(1 + i % 3);
                tasks.add(() -> {
                    assertSameBits(latent, used.transform(DATA));
                    assertEquals(score, used.score(DATA));
                    assertSameBits(sample, used.sample(DATA, 50, 4));
                    return null;
                });
            }
            for (Future<Void> done : pool.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void oneEstimatorServesSeveralThreads() throws Exception {
        PaeNmf estimator = builder().build();
        PaeNmfModel alone = estimator.fit(DATA);
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            Callable<PaeNmfModel> fit = () -> estimator.fit(DATA);
            for (Future<PaeNmfModel> model : pool.invokeAll(List.of(fit, fit, fit, fit))) {
                assertEquals(alone.fitted(), model.get().fitted());
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void namesTravel() {
        Matrix data = named(TestData.parts(5, 4, RANK));
        PaeNmfModel model = builder().build().fit(data);
        List<String> samples = data.rowNames();
        List<String> features = data.columnNames();
        List<String> components = List.of("component1", "component2", "component3");

        assertEquals(features, model.featureNames());
        assertEquals(features, model.basis().rowNames());
        assertEquals(components, model.basis().columnNames());
        Latent latent = model.transform(data);
        for (Matrix statistic : List.of(
                latent.lambda(), latent.k(), latent.median(), latent.mean(), latent.variance(), latent.quantile(.9))) {
            assertEquals(samples, statistic.rowNames());
            assertEquals(components, statistic.columnNames());
        }
        List<Matrix> reconstructions = new ArrayList<>(model.reconstructSampled(data, 2, 1));
        reconstructions.add(model.reconstruct(data));
        reconstructions.add(model.reconstructMean(data));
        for (Matrix reconstruction : reconstructions) {
            assertEquals(samples, reconstruction.rowNames());
            assertEquals(features, reconstruction.columnNames());
        }
        Matrix around = model.sample(data, 7, 1);
        assertEquals(
                List.of("sample0", "sample1", "sample2", "sample3", "sample4", "sample0", "sample1"),
                around.rowNames());
        assertEquals(features, around.columnNames());
        Matrix prior = model.sample(7, 1);
        assertEquals(List.of(), prior.rowNames());
        assertEquals(features, prior.columnNames());
        assertEquals(features, builder().build().update(model, data).featureNames());
    }

    @Test
    void withoutNamesThereAreNone() {
        Matrix data = TestData.parts(5, 4, RANK);
        PaeNmfModel model = builder().build().fit(data);

        assertEquals(List.of(), model.featureNames());
        assertEquals(List.of(), model.basis().rowNames());
        assertEquals(List.of(), model.reconstruct(data).rowNames());
        assertEquals(List.of(), model.reconstruct(data).columnNames());
    }

    @ParameterizedTest
    @EnumSource(TrainOn.class)
    void historyAgreesWithTheReports(TrainOn trainOn) {
        List<Double> reconstruction = new ArrayList<>();
        List<Double> kl = new ArrayList<>();
        PaeNmfModel model = builder()
                .trainOn(trainOn)
                .kl(trainOn != TrainOn.SCALE)
                .listener(report -> reconstruction.add(report.reconstruction()) && kl.add(report.kl()))
                .build()
                .fit(DATA);

        History history = model.history();
        assertEquals(
                reconstruction, Arrays.stream(history.reconstruction()).boxed().toList());
        assertEquals(kl, Arrays.stream(history.kl()).boxed().toList());
        assertEquals(StopReason.EPOCHS, history.stopReason());
        assertEquals("20 epochs, EPOCHS", history.toString());
    }

    @Test
    void historyCannotBeWrittenTo() {
        PaeNmfModel model = builder().build().fit(DATA);
        double first = model.history().kl()[0];

        model.history().kl()[0] = -1;
        model.history().reconstruction()[0] = -1;

        assertEquals(first, model.history().kl()[0]);
        assertNotEquals(-1, model.history().reconstruction()[0]);
        assertThrows(UnsupportedOperationException.class, () -> model.warnings().add("one more"));
        assertThrows(
                UnsupportedOperationException.class, () -> model.featureNames().add("one more"));
    }
}
