package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.testing.PoissonNumbers;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mini-batches of standard NMF, as a user sees them. */
class NmfBatchesTest {

    private static final int RANK = 4;
    private static final int N = Matrix.ROW_ALIGNMENT + 90;

    /** Counts, which all divergences take. */
    private static final Matrix DATA = counts();

    private static Matrix counts() {
        Matrix parts = TestData.parts(N, 41, RANK);
        SplittableRandom random = new SplittableRandom(5);
        Matrix counts = Matrix.zeros(N, 41);
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < 41; f++) {
                counts.storage(i)[counts.offset(i) + f] = PoissonNumbers.draw(2 * parts.get(i, f), random);
            }
        }
        return counts;
    }

    private static final Weights WEIGHTS = Weights.NONE.withFeatures(
            IntStream.range(0, 41).mapToDouble(f -> 1 + f % 2).toArray());

    private static Nmf.Builder builder(NmfAlgorithm algorithm, double beta) {
        return Nmf.builder()
                .rank(RANK)
                .algorithm(algorithm)
                .beta(beta)
                .seed(3)
                .epochs(40)
                .backend(Backends.Choice.CPU);
    }

    private static void assertSame(NmfModel expected, NmfModel actual) {
        assertArrayEquals(expected.basis().toRows(), actual.basis().toRows());
        assertArrayEquals(
                expected.trainingCoefficients().orElseThrow().toRows(),
                actual.trainingCoefficients().orElseThrow().toRows());
        assertArrayEquals(expected.history().reconstruction(), actual.history().reconstruction());
    }

    /** A basis made of means of batches is not quite that of all rows, but explains them nearly as well. */
    @ParameterizedTest
    @CsvSource({"HALS, 2", "MU, 2", "KL, 1", "MU, 1.5"})
    void batchesExplainTheDataNearlyAsWellAsAllRowsAtOnce(NmfAlgorithm algorithm, double beta) {
        NmfModel whole = builder(algorithm, beta).epochs(300).build().fit(DATA);
        NmfModel batches =
                builder(algorithm, beta).batchRows(100).epochs(150).build().fit(DATA);

        double best = whole.score(DATA).objective();
        double objective = batches.score(DATA).objective();
        assertTrue(objective < 1.02 * best, () -> objective + " instead of " + best);
    }

    @ParameterizedTest
    @CsvSource({"HALS, 2", "MU, 2", "KL, 1", "MU, 0.5"})
    void threadsChunksAndWindowsChangeNoBit(NmfAlgorithm algorithm, double beta) {
        Nmf.Builder options = builder(algorithm, beta).batchRows(300).epochs(9);
        NmfModel one = options.threads(1).build().fit(DATA);

        assertSame(one, options.threads(3).chunkRows(256).build().fit(DATA));
        assertSame(
                one,
                options.chunkRows(0)
                        .epochs(40)
                        .listener(report -> report.epoch() < 9)
                        .build()
                        .fit(DATA));
    }

    @ParameterizedTest
    @CsvSource({"HALS, 2", "MU, 2", "KL, 1", "MU, 0.5"})
    void aBatchOfAllRowsIsAStepOfAllRows(NmfAlgorithm algorithm, double beta) {
        Nmf.Builder options = builder(algorithm, beta).epochs(5);

        assertSame(options.build().fit(DATA), options.batchRows(N).build().fit(DATA));
    }

    /** Sums over a batch go in another order where zeros are left out. */
    @ParameterizedTest
    @CsvSource({"HALS, 2, 1e-4", "MU, 2, 1e-4", "KL, 1, 1e-5"})
    void sparseDataGiveTheSame(NmfAlgorithm algorithm, double beta, double bound) {
        Nmf.Builder options = builder(algorithm, beta).batchRows(100).epochs(3);
        double dense = options.build().fit(DATA).history().reconstruction()[2];
        double sparse = options.build().fit(SparseMatrix.of(DATA)).history().reconstruction()[2];

        assertEquals(dense, sparse, bound * dense);
    }

    /** What the first batch has no counts of: its weights are those of the start, of which updates make some. */
    @ParameterizedTest
    @CsvSource({"MU, 2", "KL, 1", "MU, 1.5"})
    void aFeatureThatOneRowHasIsLearned(NmfAlgorithm algorithm, double beta) {
        Matrix data = DATA.copy();
        for (int i = 0; i < N; i++) {
            data.storage(i)[data.offset(i) + 7] = i == 5 ? 30 : 0; // of one of 35 batches
        }

        Matrix basis = builder(algorithm, beta).batchRows(10).build().fit(data).basis();

        double greatest = 0;
        for (int j = 0; j < RANK; j++) {
            greatest = Math.max(greatest, basis.get(7, j));
        }
        assertTrue(greatest > 0);
    }

    /** Its objective is of the rows of each batch with the basis before it, and so no longer falls at the end. */
    @Test
    void aToleranceEndsTheFit() {
        NmfModel model = builder(NmfAlgorithm.HALS, 2)
                .batchRows(100)
                .epochs(500)
                .tolerance(1e-3)
                .patience(3)
                .build()
                .fit(DATA);

        assertEquals(StopReason.CONVERGED, model.history().stopReason());
        assertTrue(model.history().epochs() < 100, () -> model.history().epochs() + " epochs");
    }

    @Test
    void theObjectiveIsThatOfTheData() {
        NmfModel model = builder(NmfAlgorithm.HALS, 2)
                .batchRows(100)
                .coefficientPenalty(new Penalty(0.01, 0.01))
                .basisPenalty(new Penalty(0.01, 0.01))
                .epochs(60)
                .build()
                .fit(DATA);
        NmfModel whole = builder(NmfAlgorithm.HALS, 2)
                .coefficientPenalty(new Penalty(0.01, 0.01))
                .basisPenalty(new Penalty(0.01, 0.01))
                .epochs(300)
                .build()
                .fit(DATA);

        double last = model.history().reconstruction()[59];
        double best = whole.history().reconstruction()[299];
        assertTrue(last > best && last < 1.02 * best, () -> last + " beside " + best);
    }

    @Test
    void whatWouldNotBeExactIsRefused() {
        Nmf.Builder batches = builder(NmfAlgorithm.HALS, 2).batchRows(100);

        assertEquals(
                "batch rows must be 0, all rows in a step, with weights, not 100",
                assertThrows(SettingException.class, () -> batches.build().fit(DATA, WEIGHTS))
                        .getMessage());
        assertTrue(refusal(b -> b.batchRows(100).missing(true)).contains("with missing values"));
        assertEquals("batch rows must be at least 0, where 0 means all rows, not -1", refusal(b -> b.batchRows(-1)));
        assertEquals(
                "forget factor must be in [0, 1], not 1.1",
                refusal(b -> b.batchRows(9).forgetFactor(1.1)));
        assertEquals(
                "forget factor has no effect on steps that take all rows, but in an update; leave it out",
                refusal(b -> b.forgetFactor(0.5)));
        assertThrows(
                BackendUnavailableException.class,
                () -> batches.backend(Backends.Choice.CUDA).build().fit(DATA));
    }

    private static String refusal(UnaryOperator<Nmf.Builder> setting) {
        return assertThrows(
                        SettingException.class,
                        () -> setting.apply(builder(NmfAlgorithm.HALS, 2)).build())
                .getMessage();
    }

    @Test
    void zerosThatAreMissingAreRefused() {
        assertThrows(
                SettingException.class,
                () -> builder(NmfAlgorithm.HALS, 2)
                        .batchRows(100)
                        .zerosMissing(true)
                        .build());
    }

    @Test
    void aModelKeepsItsBatches(@TempDir Path folder) throws Exception {
        NmfModel model = builder(NmfAlgorithm.MU, 1.5)
                .batchRows(100)
                .forgetFactor(0.25)
                .epochs(2)
                .build()
                .fit(DATA);
        model.save(folder.resolve("model.npz"));
        NmfModel read = NmfModel.load(folder.resolve("model.npz"));

        assertEquals(model.configuration(), read.configuration());
        assertEquals("100", read.settings().get("Rows of a step"));
        assertEquals("0.25", read.settings().get("Forget factor"));
        assertArrayEquals(
                model.fitted().sums().numerators(), read.fitted().sums().numerators());
        assertArrayEquals(
                model.fitted().sums().denominators(), read.fitted().sums().denominators());
        assertEquals(model.fitted().sums().rows(), read.fitted().sums().rows());
    }
}
