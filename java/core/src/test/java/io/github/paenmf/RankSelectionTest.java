package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.RankSelection.Candidate;
import io.github.paenmf.RankSelection.Method;
import io.github.paenmf.RankSelection.Result;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.CheckpointFile;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.History;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.testing.PoissonNumbers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RankSelectionTest {

    private static final Matrix DATA = TestData.parts(60, 40, 4);

    private static RankSelection.Builder small() {
        return RankSelection.builder().ranks(2, 6).restarts(2).epochs(60);
    }

    @ParameterizedTest
    @CsvSource({
        "MDL, 4, 80, 50, 20, 18",
        "BICV, 4, 80, 50, 2, 2",
        "ELBO, 4, 80, 50, 2, 2",
        "ARD, 4, 80, 50, 2, 2",
        "STABILITY, 4, 80, 50, 2, 2"
    })
    void aPlantedRankIsFound(Method method, int rank, int rows, int features, int seeds, int atLeast) {
        assertFound(method, rank, rows, features, seeds, atLeast);
    }

    @ParameterizedTest
    @CsvSource({
        "BICV, 4, 80, 50, 5, 5",
        "ELBO, 4, 80, 50, 5, 5",
        "ARD, 4, 80, 50, 5, 5",
        "MDL, 10, 120, 80, 20, 18",
        "BICV, 10, 120, 80, 2, 2",
        "ELBO, 10, 120, 80, 5, 5",
        "ARD, 10, 120, 80, 5, 5"
    })
    @Tag("long")
    void aPlantedRankIsFoundAmongMore(Method method, int rank, int rows, int features, int seeds, int atLeast) {
        assertFound(method, rank, rows, features, seeds, atLeast);
    }

    /** Whichever fits were done when it was stopped, the others are made in the same way. */
    @ParameterizedTest
    @EnumSource(Method.class)
    void aSelectionGoesOnWhereItWasStopped(Method method, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("kept");
        RankSelection.Builder builder = small().method(method).epochs(20).threads(2);
        Result whole = builder.build().select(DATA);
        RankSelection stopped = builder.checkpoints(CheckpointFile.create(file, Duration.ofDays(1)))
                .listener((ended, of) -> ended < (of + 1) / 2)
                .build();
        assertThrows(CancellationException.class, () -> stopped.select(DATA));

        RankSelection resumed = builder.checkpoints(CheckpointFile.resume(file, Duration.ofDays(1)))
                .listener((ended, of) -> true)
                .build();
        assertEquals(whole, resumed.select(DATA));
        Path all = directory.resolve("all");
        builder.checkpoints(CheckpointFile.create(all, Duration.ofDays(1)))
                .build()
                .select(DATA);
        assertEquals(
                whole,
                builder.checkpoints(CheckpointFile.resume(all, Duration.ofDays(1)))
                        .build()
                        .select(DATA));
    }

    private static void assertFound(Method method, int rank, int rows, int features, int seeds, int atLeast) {
        List<Integer> chosen = IntStream.range(0, seeds)
                .mapToObj(seed -> RankSelection.builder()
                        .method(method)
                        .ranks(Math.max(1, rank - 4), rank + 4)
                        .epochs(150)
                        .seed(seed)
                        .build()
                        .select(TestData.planted(rows, features, rank, 0.05, 900 + seed)
                                .data())
                        .chosenRank())
                .toList();
        long found = chosen.stream().filter(value -> value == rank).count();
        System.out.println(method + ", planted rank " + rank + ": chosen " + chosen);
        assertTrue(found >= atLeast, "chosen: " + chosen);
    }

    @Test
    void theChoiceIsTheLeastDescriptionLength() {
        Result result = small().build().select(DATA);

        assertEquals(
                List.of(2, 3, 4, 5, 6),
                result.candidates().stream().map(Candidate::rank).toList());
        double least = result.candidates().stream()
                .mapToDouble(candidate -> candidate.length().total())
                .min()
                .orElseThrow();
        assertEquals(
                least, result.candidates().get(result.chosenRank() - 2).length().total());
        assertFalse(result.isAtTheEdge());
    }

    @Test
    void theChoiceByCrossValidationIsTheLeastRankWithinOneStandardError() {
        Result result = small().method(Method.BICV).restarts(4).build().select(DATA);

        List<Candidate> candidates = result.candidates();
        Candidate best = candidates.get(0);
        for (Candidate candidate : candidates) {
            best = candidate.error() < best.error() ? candidate : best;
        }
        for (Candidate candidate : candidates) {
            if (candidate.rank() < result.chosenRank()) {
                assertTrue(candidate.error() > best.error() + best.standardError());
            } else if (candidate.rank() == result.chosenRank()) {
                assertTrue(candidate.error() <= best.error() + best.standardError());
            }
        }
        assertTrue(best.standardError() > 0);
    }

    @Test
    void theChoiceByEvidenceIsTheLeastRankWithinTenNats() {
        Result result = small().method(Method.ELBO).epochs(200).build().select(DATA);

        double best =
                result.candidates().stream().mapToDouble(Candidate::elbo).max().orElseThrow();
        for (Candidate candidate : result.candidates()) {
            if (candidate.rank() < result.chosenRank()) {
                assertTrue(candidate.elbo() < best - 10);
            } else if (candidate.rank() == result.chosenRank()) {
                assertTrue(candidate.elbo() >= best - 10);
            }
            assertTrue(candidate.error() > 0 && candidate.error() < 1, candidate.toString());
        }
    }

    @Test
    void theElboIsThatOfTheBestFitInNats() {
        Candidate candidate = RankSelection.builder()
                .method(Method.ELBO)
                .ranks(3, 3)
                .restarts(2)
                .epochs(30)
                .seed(5)
                .build()
                .select(DATA)
                .candidates()
                .get(0);
        double best = Double.NEGATIVE_INFINITY;
        for (int seed = 5; seed < 7; seed++) {
            History history = VariationalNmf.builder()
                    .rank(3)
                    .epochs(30)
                    .seed(seed)
                    .intervals(IntervalMethod.MEAN_FIELD)
                    .threads(1)
                    .build()
                    .fit(DATA)
                    .history();
            best = Math.max(best, -DATA.rows() * (history.reconstruction()[29] + history.kl()[29]));
        }
        assertEquals(best, candidate.elbo());
    }

    @Test
    void theChoiceByStabilityIsTheGreatestRankWhoseComponentsComeOutAgain() {
        Result result = stable().build().select(DATA);

        for (Candidate candidate : result.candidates()) {
            boolean isStable = candidate.silhouette() >= 0.8 && candidate.leastSilhouette() >= 0.2;
            assertEquals(isStable, candidate.isStable());
            if (candidate.rank() == result.chosenRank()) {
                assertTrue(isStable, candidate.toString());
            } else if (candidate.rank() > result.chosenRank()) {
                assertFalse(isStable, candidate.toString());
            }
            assertTrue(candidate.leastSilhouette() <= candidate.silhouette());
            assertTrue(candidate.error() > 0 && candidate.error() < 1, candidate.toString());
            assertTrue(Double.isNaN(candidate.elbo()));
        }
    }

    @Test
    void whereNoRankIsStableTheMostStableIsChosen() {
        Result result = stable().ranks(6, 8).build().select(DATA);

        assertTrue(result.candidates().stream().noneMatch(Candidate::isStable), result.toString());
        double most = result.candidates().stream()
                .mapToDouble(Candidate::silhouette)
                .max()
                .orElseThrow();
        assertEquals(most, result.candidates().get(result.chosenRank() - 6).silhouette());
    }

    @ParameterizedTest
    @EnumSource(
            value = Algorithm.class,
            names = {"VB", "NMF_MU", "NMF_KL"})
    void stabilityIsThatOfTheFitsOfTheAlgorithm(Algorithm algorithm) {
        Result result =
                stable().ranks(4, 5).restarts(3).algorithm(algorithm).build().select(DATA);

        assertEquals(4, result.chosenRank(), result.toString());
        assertEquals(
                algorithm != Algorithm.VB,
                Double.isNaN(result.candidates().get(0).elbo()));
    }

    private static RankSelection.Builder stable() {
        return small().method(Method.STABILITY).restarts(5);
    }

    @Test
    void relevanceStopsAtTheLeastRank() {
        Result result = small().method(Method.ARD).ranks(6, 8).build().select(DATA);
        assertEquals(6, result.chosenRank());
        assertTrue(result.isAtTheEdge());
    }

    @Test
    void theRankOfCountsIsFoundByTheirOwnLikelihood() {
        float[][] rows = DATA.toRows();
        SplittableRandom random = new SplittableRandom(2);
        for (float[] row : rows) {
            for (int j = 0; j < row.length; j++) {
                row[j] = PoissonNumbers.draw(6 * row[j], random);
            }
        }
        Result result = small().method(Method.ELBO)
                .likelihood(Likelihood.POISSON)
                .epochs(200)
                .build()
                .select(Matrix.of(rows));
        assertEquals(4, result.chosenRank(), result.toString());
    }

    @ParameterizedTest
    @EnumSource(
            value = Method.class,
            names = {"MDL", "BICV", "STABILITY"})
    void aLikelihoodThatNothingHeedsIsRefused(Method method) {
        RankSelection.Builder builder = small().method(method).likelihood(Likelihood.POISSON);
        assertThrows(SettingException.class, builder::build);
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void threadsDoNotChangeTheResult(Method method) {
        RankSelection.Builder builder = small().method(method);
        assertEquals(
                builder.threads(1).build().select(DATA),
                builder.threads(3).build().select(DATA));
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void theSeedChangesTheResult(Method method) {
        RankSelection.Builder builder = small().method(method);
        assertFalse(builder.seed(1)
                .build()
                .select(DATA)
                .candidates()
                .equals(builder.seed(2).build().select(DATA).candidates()));
    }

    /** Products in another order differ by some 1e-7, which these epochs make no larger than some 1e-4. */
    @Test
    void sparseDataGiveWhatDenseDataGive() {
        float[][] values = DATA.toRows();
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                values[i][j] = i % 4 == j % 4 ? values[i][j] : 0;
            }
        }
        Matrix dense = Matrix.of(values);
        RankSelection selection = small().method(Method.BICV).build();
        Result expected = selection.select(dense);
        Result result = selection.select(SparseMatrix.of(dense));
        for (int i = 0; i < 5; i++) {
            assertEquals(
                    expected.candidates().get(i).error(),
                    result.candidates().get(i).error(),
                    1e-3);
        }
    }

    /** A quarter of the entries is missing, as NaN, or as zeros in sparse data; DATA have few zeros of their own. */
    @ParameterizedTest
    @CsvSource({
        "MDL, false",
        "MDL, true",
        "BICV, false",
        "BICV, true",
        "ELBO, false",
        "ELBO, true",
        "ARD, false",
        "STABILITY, false",
        "STABILITY, true"
    })
    void aPlantedRankIsFoundWhereValuesAreMissing(Method method, boolean zeros) {
        float[][] values = TestData.parts(90, 50, 4).toRows();
        Random random = new Random(5);
        for (float[] row : values) {
            for (int j = 0; j < row.length; j++) {
                row[j] = random.nextInt(4) == 0 ? zeros ? 0 : Float.NaN : row[j];
            }
        }
        RowSource data = zeros ? SparseMatrix.of(Matrix.of(values)) : Matrix.of(values);
        RankSelection.Builder builder = small().method(method).epochs(150);
        Result complete = zeros ? builder.build().select(data) : null;
        Result result = builder.missing(!zeros).zerosMissing(zeros).build().select(data);
        assertEquals(4, result.chosenRank(), result.toString());
        assertFalse(result.equals(complete), "zeros count as values unless they are missing");
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void missingValuesAreRefusedUnlessAllowed(Method method) {
        Matrix data = Matrix.of(new float[][] {{1, 2, 3}, {2, Float.NaN, 1}, {3, 1, 2}});
        RankSelection selection =
                RankSelection.builder().method(method).ranks(1, 2).build();
        DataException refusal = assertThrows(DataException.class, () -> selection.select(data));
        assertTrue(refusal.getMessage().contains("row 2"), refusal.getMessage());
    }

    @Test
    void moreRestartsNeverLengthenADescription() {
        Result one = small().restarts(1).build().select(DATA);
        Result three = small().restarts(3).build().select(DATA);
        for (int i = 0; i < 5; i++) {
            assertTrue(three.candidates().get(i).length().total()
                    <= one.candidates().get(i).length().total());
        }
    }

    @Test
    void aResolutionThatIsNotGivenIsThatOfTheData() {
        Matrix whole = Matrix.of(new float[][] {{1, 2, 3, 9}, {2, 4, 6, 1}, {3, 6, 8, 5}, {0, 1, 2, 7}});
        RankSelection.Builder builder = RankSelection.builder().ranks(1, 2).epochs(20);
        assertEquals(
                builder.resolution(1).build().select(whole),
                builder.resolution(0).build().select(whole));
        assertFalse(builder.resolution(0.25)
                .build()
                .select(whole)
                .equals(builder.resolution(0).build().select(whole)));
    }

    @Test
    void anEdgeIsReported() {
        assertTrue(RankSelection.builder()
                .ranks(1, 2)
                .restarts(1)
                .epochs(60)
                .build()
                .select(DATA)
                .isAtTheEdge());
        assertTrue(RankSelection.builder()
                .ranks(6, 8)
                .restarts(1)
                .epochs(60)
                .build()
                .select(DATA)
                .isAtTheEdge());
    }

    @Test
    void theListenerCountsFitsAndMayEndThem() {
        List<Integer> counts = new ArrayList<>();
        small().listener((done, of) -> {
                    assertEquals(10, of);
                    return counts.add(done);
                })
                .build()
                .select(DATA);
        assertEquals(IntStream.rangeClosed(1, 10).boxed().toList(), counts);
        RankSelection ended = small().listener((done, of) -> done < 3).build();
        assertThrows(CancellationException.class, () -> ended.select(DATA));
    }

    /** The fits that run when the listener says no would go on for years. */
    @ParameterizedTest
    @EnumSource(Method.class)
    @Timeout(60) // only a defect takes that long
    void aNoEndsRunningFitsWithinAnEpochAndLeavesNoThread(Method method) {
        AtomicInteger asked = new AtomicInteger();
        RankSelection selection = RankSelection.builder()
                .method(method)
                .ranks(1, 4)
                .restarts(2)
                .epochs(20_000)
                .threads(2)
                .listener((done, of) -> {
                    asked.incrementAndGet();
                    return false;
                })
                .build();

        CancellationException end = assertThrows(CancellationException.class, () -> selection.select(DATA));

        assertEquals(1, asked.get());
        int fits = method == Method.ARD ? 2 : 8; // by relevance a restart goes through ranks by itself
        assertEquals("stopped after 1 of " + fits + " fits", end.getMessage());
        assertNoThreadIsLeft();
    }

    /** Of a selection; nothing else in this JVM runs one at the same time. */
    static void assertNoThreadIsLeft() {
        assertEquals(
                List.of(),
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("paenmf-fit"))
                        .toList());
    }

    @Test
    void theUsualRanksEndAtTheSmallerSide() {
        Matrix small = TestData.parts(7, 5, 2);

        Result result = RankSelection.builder().restarts(1).epochs(5).build().select(small);
        Result above = RankSelection.builder()
                .ranksFrom(4)
                .restarts(1)
                .epochs(5)
                .build()
                .select(small);

        assertEquals(
                List.of(1, 2, 3, 4, 5),
                result.candidates().stream().map(Candidate::rank).toList());
        assertEquals(
                List.of(4, 5), above.candidates().stream().map(Candidate::rank).toList());
        assertMessage(
                "the least rank must be at most 5, the smaller side of the data, not 6",
                () -> RankSelection.builder().ranksFrom(6).build().select(small));
    }

    @Test
    void theUsualRanksGoTo30() {
        Result result = RankSelection.builder()
                .ranksFrom(29)
                .restarts(1)
                .epochs(1)
                .build()
                .select(TestData.parts(40, 35, 2));
        assertEquals(
                List.of(29, 30),
                result.candidates().stream().map(Candidate::rank).toList());
    }

    @Test
    void thereIsNothingBeyondTheSmallerSide() {
        RankSelection selection = RankSelection.builder().ranks(1, 2).epochs(60).build();
        assertFalse(selection.select(DATA.selectColumns(new int[] {0, 1})).isAtTheEdge());
        assertTrue(selection.select(DATA).isAtTheEdge());
    }

    @Test
    void tooFewEntriesToHoldOneOutAreNamedAsThat() {
        Matrix tiny = Matrix.of(new float[][] {{3, 1}, {1, 2}});
        RankSelection selection = RankSelection.builder()
                .method(Method.BICV)
                .ranks(1, 2)
                .restarts(5) // the odds that each of them hides one of four entries: (1 − .9⁴)⁵ = .005
                .build();
        DataException refusal = assertThrows(DataException.class, () -> selection.select(tiny));
        assertTrue(
                refusal.getMessage().contains("is none of these 4: the data are too small for it"),
                refusal.getMessage());
    }

    @Test
    void badSettingsAreNamed() {
        assertMessage(
                "the least rank must be at least 1, not 0",
                () -> RankSelection.builder().ranks(0, 3).build());
        assertMessage(
                "the greatest rank must be at least the least, 4, not 3",
                () -> RankSelection.builder().ranks(4, 3).build());
        assertMessage(
                "restarts must be at least 1, not 0", () -> small().restarts(0).build());
        assertMessage(
                "restarts must be at least 2, to compare them, not 1",
                () -> small().method(Method.STABILITY).restarts(1).build());
        assertMessage(
                "algorithm must be vb, nmf-hals, nmf-mu or nmf-kl, not PAE",
                () -> stable().algorithm(Algorithm.PAE).build());
        assertMessage(
                "algorithm has no effect on a choice by other than stability; leave it out",
                () -> small().algorithm(Algorithm.NMF_MU).build());
        assertMessage(
                "epochs must be at least 1, not 0", () -> small().epochs(0).build());
        assertMessage(
                "threads must be at least 1, not 0", () -> small().threads(0).build());
        assertMessage(
                "resolution must be a number of at least 0, not -1.0",
                () -> small().resolution(-1).build());
    }

    @Test
    void badDataAreNamed() {
        RankSelection tooMany = RankSelection.builder().ranks(1, 41).build();
        assertMessage(
                "the greatest rank must be at most 40, the smaller side of the data, not 41",
                () -> tooMany.select(DATA));
        Matrix zeros = Matrix.zeros(5, 5);
        assertThrows(
                DataException.class,
                () -> RankSelection.builder().ranks(1, 2).build().select(zeros));
    }

    private static void assertMessage(String message, Executable executable) {
        assertEquals(message, assertThrows(RuntimeException.class, executable).getMessage());
    }
}
