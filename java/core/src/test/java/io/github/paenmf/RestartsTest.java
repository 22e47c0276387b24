package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Resample;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Stability;
import io.github.paenmf.train.EpochReport;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.ReplicateReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Fits from several seeds: the best of them, and which of its components come out again. */
class RestartsTest {

    private static final int RANK = 3;
    private static final int RESTARTS = 5;
    private static final long SEED = 40;
    private static final TestData.Planted PLANTED = TestData.planted(65, 31, RANK, 0.05, 1);
    private static final Matrix DATA = PLANTED.data();

    /** How each estimator fits. */
    interface Estimator {
        EstimatorBuilder<?> builder();

        FactorisationModel fit(EstimatorBuilder<?> builder, Matrix data);
    }

    private record Standard(NmfAlgorithm algorithm) implements Estimator {

        @Override
        public EstimatorBuilder<?> builder() {
            return Nmf.builder().algorithm(algorithm).init(NmfInit.RANDOM).epochs(60);
        }

        @Override
        public FactorisationModel fit(EstimatorBuilder<?> builder, Matrix data) {
            return ((Nmf.Builder) builder).build().fit(data);
        }
    }

    private record Variational(Likelihood likelihood) implements Estimator {

        @Override
        public EstimatorBuilder<?> builder() {
            return meanField().likelihood(likelihood).epochs(40);
        }

        @Override
        public FactorisationModel fit(EstimatorBuilder<?> builder, Matrix data) {
            return ((VariationalNmf.Builder) builder).build().fit(data);
        }
    }

    /** Other intervals take longer than the fits. */
    private static VariationalNmf.Builder meanField() {
        return VariationalNmf.builder().intervals(IntervalMethod.MEAN_FIELD);
    }

    static Stream<Named<Estimator>> estimators() {
        return Stream.of(
                Named.of("hals", new Standard(NmfAlgorithm.HALS)),
                Named.of("mu", new Standard(NmfAlgorithm.MU)),
                Named.of("kl", new Standard(NmfAlgorithm.KL)),
                Named.of("vb", new Variational(Likelihood.GAUSSIAN)),
                Named.of("vb of counts", new Variational(Likelihood.POISSON)));
    }

    /** On one thread: two have too little to do here, and wait for each other. */
    private static EstimatorBuilder<?> settings(Estimator estimator) {
        return estimator
                .builder()
                .rank(RANK)
                .seed(SEED)
                .backend(Backends.Choice.CPU)
                .threads(1);
    }

    private static double objective(FactorisationModel model) {
        History history = model.history();
        int last = history.epochs() - 1;
        return history.reconstruction()[last] + history.kl()[last];
    }

    private static void assertSameBasis(Matrix expected, Matrix actual) {
        assertTrue(Arrays.deepEquals(expected.toRows(), actual.toRows()));
    }

    @ParameterizedTest
    @MethodSource("estimators")
    void theModelIsThatOfTheBestSeedToTheBit(Estimator estimator) {
        List<FactorisationModel> alone = LongStream.range(SEED, SEED + RESTARTS)
                .mapToObj(seed -> estimator.fit(settings(estimator).seed(seed), DATA))
                .toList();
        FactorisationModel best = alone.stream()
                .min(Comparator.comparingDouble(RestartsTest::objective))
                .orElseThrow();

        FactorisationModel model = estimator.fit(settings(estimator).restarts(RESTARTS), DATA);

        assertSameBasis(best.basis(), model.basis());
        assertEquals(best.history(), model.history());
        assertEquals(best.settings(), model.settings());
        Stability stability = model.stability().orElseThrow();
        assertArrayEquals(alone.stream().mapToDouble(RestartsTest::objective).toArray(), stability.objectives());
        // of all but the best itself, in the order of the seeds
        List<double[]> cosines = alone.stream()
                .filter(fit -> fit != best)
                .map(fit -> ComponentMatching.of(best.basis(), fit.basis()).cosines())
                .toList();
        assertEquals(RESTARTS - 1, stability.matches().fits());
        for (int fit = 0; fit < cosines.size(); fit++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(cosines.get(fit)[j], stability.matches().cosines().get(fit, j), 1e-6); // rounded to float
            }
        }
    }

    @Test
    void threadsChangeNoBit() {
        Supplier<Nmf.Builder> settings =
                () -> Nmf.builder().rank(RANK).epochs(30).restarts(6).bootstrap(5);
        NmfModel one = settings.get().threads(1).build().fit(DATA);
        NmfModel three = settings.get().threads(3).build().fit(DATA);

        assertSameBasis(one.basis(), three.basis());
        assertEquals(one.stability(), three.stability());
        assertEquals(one.bootstrap(), three.bootstrap());
    }

    @ParameterizedTest
    @MethodSource("estimators")
    void theConsensusIsFittedInItsPlace(Estimator estimator) {
        FactorisationModel model =
                estimator.fit(settings(estimator).restarts(RESTARTS).consensus(true), DATA);

        Stability stability = model.stability().orElseThrow();
        assertTrue(stability.ofConsensus());
        assertEquals(RESTARTS, stability.matches().fits());
        Matrix consensus = model.consensusBasis().orElseThrow();
        if (estimator instanceof Standard) {
            for (int f = 0; f < DATA.columns(); f++) {
                for (int j = 0; j < RANK; j++) {
                    // through two units and back: a rounding of float each
                    assertEquals(consensus.get(f, j), model.basis().get(f, j), 4e-7 * consensus.get(f, j));
                }
            }
        } else {
            // from the parts on which all agree, a fit does not lead away
            assertTrue(ComponentMatching.of(consensus, model.basis()).leastCosine() > 0.98);
        }
        Matrix truth = Matrix.of(PLANTED.basis());
        assertTrue(ComponentMatching.of(truth, model.basis()).leastCosine() > 0.9);
    }

    @ParameterizedTest
    @EnumSource(value = Resample.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void resampledRowsTellOfTheModelOfAllRows(Resample resample) {
        NmfModel alone =
                Nmf.builder().rank(RANK).init(NmfInit.RANDOM).epochs(60).build().fit(DATA);
        NmfModel model = Nmf.builder()
                .rank(RANK)
                .epochs(60)
                .restarts(RESTARTS)
                .resample(resample)
                .build()
                .fit(DATA);
        NmfModel allRows =
                Nmf.builder().rank(RANK).epochs(60).restarts(RESTARTS).build().fit(DATA);

        assertSameBasis(alone.basis(), model.basis());
        Stability stability = model.stability().orElseThrow();
        assertEquals(RESTARTS, stability.matches().fits());
        assertTrue(
                stability.matches().quantile(0, 1) < 0.999999,
                "no fit of other rows has the same parts to the last digits");
        assertFalse(Arrays.equals(
                stability.objectives(), allRows.stability().orElseThrow().objectives()));
    }

    @Test
    void aModelFileHoldsAllOfIt(@TempDir Path directory) throws IOException {
        for (Resample resample : Resample.values()) {
            VariationalModel model = meanField()
                    .rank(RANK)
                    .threads(1)
                    .epochs(30)
                    .restarts(4)
                    .resample(resample)
                    .bootstrap(3)
                    .build()
                    .fit(DATA);
            Path file = directory.resolve(resample + ".npz");
            model.save(file);

            FactorisationModel loaded = FactorisationModel.load(file);

            assertEquals(model.stability(), loaded.stability());
            assertEquals(model.bootstrap(), loaded.bootstrap());
            assertSameBasis(
                    model.bootstrapIntervals(0.8).orElseThrow().upper(),
                    loaded.bootstrapIntervals(0.8).orElseThrow().upper());
        }
    }

    @Test
    void oneFitHasNoneOfIt() {
        NmfModel model = Nmf.builder().rank(RANK).epochs(2).build().fit(DATA);

        assertTrue(model.stability().isEmpty());
        assertTrue(model.consensusBasis().isEmpty());
        assertTrue(model.bootstrap().isEmpty());
        assertTrue(model.bootstrapIntervals(0.9).isEmpty());
    }

    /** Stops at the n-th report of fits. */
    private static final class Stopping implements FitListener {

        private final int reports;
        private final List<ReplicateReport> heard = new ArrayList<>();

        Stopping(int reports) {
            this.reports = reports;
        }

        @Override
        public boolean onEpoch(EpochReport report) {
            return true;
        }

        @Override
        public boolean onReplicates(ReplicateReport report) {
            heard.add(report);
            return heard.size() < reports;
        }
    }

    @Test
    void aListenerHearsOfEveryFit() {
        Stopping listener = new Stopping(Integer.MAX_VALUE);
        NmfModel model = Nmf.builder()
                .rank(RANK)
                .epochs(5)
                .restarts(4)
                .listener(listener)
                .build()
                .fit(DATA);

        assertEquals(
                List.of(1, 2, 3, 4),
                listener.heard.stream()
                        .map(ReplicateReport::done)
                        .filter(done -> done > 0)
                        .distinct()
                        .toList());
        ReplicateReport last = listener.heard.get(listener.heard.size() - 1);
        assertEquals(4, last.all());
        assertEquals(objective(model), last.best());
    }

    @Test
    void whenAListenerStopsTheRestartsTheBestOfThoseMadeIsTheModel() {
        int most = 100_000;
        NmfModel model = Nmf.builder()
                .rank(RANK)
                .epochs(most)
                .restarts(20)
                .threads(2)
                .listener(new Stopping(1))
                .build()
                .fit(DATA);

        assertEquals(StopReason.LISTENER, model.history().stopReason());
        assertTrue(model.history().epochs() < most);
    }

    @Test
    void anInterruptEndsAll() {
        Nmf nmf = Nmf.builder()
                .rank(RANK)
                .epochs(1_000_000)
                .restarts(4)
                .listener(new FitListener() {

                    @Override
                    public boolean onEpoch(EpochReport report) {
                        return true;
                    }

                    @Override
                    public boolean onReplicates(ReplicateReport report) {
                        Thread.currentThread().interrupt();
                        return true;
                    }
                })
                .build();

        assertThrows(CancellationException.class, () -> nmf.fit(DATA));
        assertTrue(Thread.interrupted());
        assertEquals(
                0,
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("paenmf-fit"))
                        .count());
    }

    private static void assertRefused(Setting setting, Supplier<?> build) {
        assertEquals(setting, assertThrows(SettingException.class, build::get).setting());
    }

    @Test
    void whatHasNoEffectIsRefused() {
        Matrix basis = Matrix.of(PLANTED.basis());
        assertRefused(Setting.RESTARTS, () -> Nmf.builder().restarts(0).build());
        assertRefused(Setting.BOOTSTRAP, () -> Nmf.builder().bootstrap(1).build());
        assertRefused(
                Setting.RESAMPLE, () -> Nmf.builder().resample(Resample.ROWS).build());
        assertRefused(
                Setting.CONSENSUS,
                () -> VariationalNmf.builder().consensus(true).build());
        assertRefused(
                Setting.INIT,
                () -> Nmf.builder().restarts(2).init(NmfInit.NNDSVD).build());
        assertRefused(
                Setting.INIT,
                () -> Nmf.builder().restarts(2).init(NmfInit.NNDSVDA).build());
        assertRefused(Setting.RESTARTS, () -> PaeNmf.builder().restarts(2).build());
        assertRefused(Setting.BOOTSTRAP, () -> PaeNmf.builder().bootstrap(2).build());
        assertRefused(
                Setting.RESTARTS,
                () -> Nmf.builder().rank(RANK).initialBasis(basis).restarts(2).build());
        assertRefused(
                Setting.CONSENSUS,
                () -> Nmf.builder()
                        .rank(RANK + 1)
                        .initialBasis(basis)
                        .restarts(2)
                        .consensus(true)
                        .build());
        assertRefused(
                Setting.BOOTSTRAP,
                () -> Nmf.builder()
                        .rank(RANK)
                        .initialBasis(basis)
                        .fixBasis(true)
                        .bootstrap(2)
                        .build());
        Weights weights = Weights.NONE.withRows(ones());
        assertRefused(
                Setting.BOOTSTRAP,
                () -> Nmf.builder().rank(RANK).bootstrap(2).build().fit(DATA, weights));
        VariationalModel model =
                VariationalNmf.builder().rank(RANK).epochs(1).build().fit(DATA);
        assertRefused(
                Setting.RESTARTS,
                () -> VariationalNmf.builder().rank(RANK).restarts(2).build().update(model, DATA));
    }

    private static double[] ones() {
        double[] ones = new double[DATA.rows()];
        Arrays.fill(ones, 1);
        return ones;
    }
}
