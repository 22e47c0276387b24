package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.steps.DataStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How many epochs run before their losses are seen changes nothing of what a fit returns or reports. */
class WindowsTest {

    private static final int IN_FLIGHT = 5;
    private static final int NONE = -1;

    private static final Matrix DATA = TestData.parts(60, 12, 3);

    /** The last epochs of the first windows, which grow up to {@link #IN_FLIGHT}: 1, 2–3, 4–7, 8–12, 13–17. */
    private static final Set<Integer> WINDOW_ENDS = Set.of(1, 3, 7, 12, 17);

    /** No time passes: windows grow as fast as they may. */
    private static long standingClock() {
        return 0;
    }

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(3).epochs(20).seed(3);
    }

    static IntStream epochs() {
        return IntStream.rangeClosed(1, 12);
    }

    /** What a fit returned, what its listener heard, and its backend. */
    private record Outcome(FittedPae model, List<EpochReport> reports, ReplayingBackend<PaeParameters> backend) {

        void assertSameAs(Outcome expected) {
            assertEquals(expected.model, model);
            assertEquals(expected.reports, reports);
        }
    }

    /** A fit, or an update of a model, that its listener ends at one epoch. */
    private static Outcome train(
            PaeNmf.Builder builder, FittedPae from, int lastEpoch, int inFlight, int brokenStep, LongSupplier clock) {
        List<EpochReport> reports = new ArrayList<>();
        List<ReplayingBackend<PaeParameters>> opened = new ArrayList<>();
        FitListener listener = report -> {
            reports.add(report);
            return report.epoch() != lastEpoch;
        };
        Execution cpu = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(1);
        PaeTrainer trainer = new PaeTrainer(
                builder.build().configuration(),
                cpu,
                listener,
                (execution, problem) -> {
                    opened.add(new ReplayingBackend<>(Backends.open(execution, problem), inFlight, brokenStep));
                    return opened.get(0);
                },
                clock);
        FittedPae model = (from == null ? trainer.fit(DATA) : trainer.update(from, DATA)).model();
        return new Outcome(model, reports, opened.get(0));
    }

    private static Outcome stepByStep(PaeNmf.Builder builder, int lastEpoch) {
        return train(builder, null, lastEpoch, 1, NONE, WindowsTest::standingClock);
    }

    private static Outcome inWindows(PaeNmf.Builder builder, int lastEpoch) {
        return train(builder, null, lastEpoch, IN_FLIGHT, NONE, WindowsTest::standingClock);
    }

    @Test
    void aFitThatIsNotStoppedRunsEachStepOnce() {
        Outcome fit = inWindows(builder(), NONE);

        fit.assertSameAs(stepByStep(builder(), NONE));
        assertEquals(IntStream.rangeClosed(1, 20).boxed().toList(), epochsOf(fit));
        assertEquals(20, fit.backend.updates());
        assertEquals(IN_FLIGHT, fit.backend.mostWaiting());
    }

    private static List<Integer> epochsOf(Outcome outcome) {
        return outcome.reports.stream().map(EpochReport::epoch).toList();
    }

    @ParameterizedTest
    @MethodSource("epochs")
    void aListenerEndsTheFitAtItsEpoch(int last) {
        Outcome fit = inWindows(builder(), last);

        fit.assertSameAs(stepByStep(builder(), last));
        assertEquals(StopReason.LISTENER, fit.model.history().stopReason());
        assertEquals(IntStream.rangeClosed(1, last).boxed().toList(), epochsOf(fit));
        assertEquals(WINDOW_ENDS.contains(last) ? 0 : 1, fit.backend.restores());
    }

    /** Nothing improves on the first epoch by so much, and so the patience decides the last one. */
    @ParameterizedTest
    @MethodSource("epochs")
    void theToleranceEndsTheFitAtItsEpoch(int patience) {
        PaeNmf.Builder builder = builder().tolerance(0.999).patience(patience);

        Outcome fit = inWindows(builder, NONE);

        fit.assertSameAs(stepByStep(builder, NONE));
        assertEquals(StopReason.CONVERGED, fit.model.history().stopReason());
        assertEquals(1 + patience, fit.model.history().epochs());
        assertEquals(WINDOW_ENDS.contains(1 + patience) ? 0 : 1, fit.backend.restores());
    }

    /** Whichever epoch of a window it is, the parameters are those whose losses were finite. */
    @ParameterizedTest
    @MethodSource("epochs")
    void lossesThatAreNotFiniteEndTheFitBeforeThem(int diverged) {
        Outcome fit = train(builder(), null, NONE, IN_FLIGHT, diverged - 1, WindowsTest::standingClock);

        fit.assertSameAs(train(builder(), null, NONE, 1, diverged - 1, WindowsTest::standingClock));
        assertEquals(StopReason.DIVERGED, fit.model.history().stopReason());
        assertEquals(diverged - 1, fit.model.history().epochs());
        if (diverged > 2) {
            // the losses of the last good epoch measured what was made by the one before
            FittedPae before = stepByStep(builder().epochs(diverged - 2), NONE).model;
            assertEquals(before.parameters(), fit.model.parameters());
        }
    }

    /** λ and Wf grow until their product overflows; some fits end where the last update did so. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFitThatRunsAwayEndsAsItDoesStepByStep(boolean byListener) {
        int diverged = 0;
        for (int last = 1; last <= 14; last++) {
            PaeNmf.Builder runaway = PaeNmf.builder()
                    .rank(3)
                    .epochs(byListener ? 40 : last)
                    .encoderRate(1e6)
                    .decoderRate(1e6)
                    .sigma(1e-4)
                    .shapeMin(0.1);
            Outcome fit = inWindows(runaway, byListener ? last : NONE);

            fit.assertSameAs(stepByStep(runaway, byListener ? last : NONE));
            assertTrue(fit.model.parameters().isFinite());
            diverged += fit.model.history().stopReason() == StopReason.DIVERGED ? 1 : 0;
        }
        assertTrue(diverged > 0 && diverged < 14, diverged + " of 14 fits diverged");
    }

    /** With 60 rows: 9 steps per epoch, more than are in flight; as many; and two epochs of two steps. */
    @ParameterizedTest
    @CsvSource({"7, 5", "12, 5", "30, 4"})
    void miniBatchesEndAtTheirEpoch(int batchRows, int mostWaiting) {
        for (int last = 1; last <= 7; last++) {
            PaeNmf.Builder builder = builder().batchRows(batchRows);
            Outcome fit = inWindows(builder, last);

            fit.assertSameAs(stepByStep(builder, last));
            assertEquals(last == 1 ? Math.min(mostWaiting, 60 / batchRows) : mostWaiting, fit.backend.mostWaiting());
        }
    }

    /** Per sample, though the last batch has fewer: 60 rows are 8 batches of 7 and one of 4. */
    @Test
    void theLossOfAnEpochIsTheMeanOverItsRows() {
        Outcome fit = inWindows(builder().batchRows(7).epochs(1), NONE);

        double reconstruction = 0;
        double kl = 0;
        for (int batch = 0; batch < 9; batch++) {
            int rows = batch < 8 ? 7 : 4;
            reconstruction += fit.backend.handedOut().get(batch).reconstruction() * rows / 60;
            kl += fit.backend.handedOut().get(batch).kl() * rows / 60;
        }
        // sums of nine doubles in another order of operations
        double rounding = 20 * ErrorReport.U_DOUBLE;
        assertEquals(reconstruction, fit.reports.get(0).reconstruction(), rounding * reconstruction);
        assertEquals(kl, fit.reports.get(0).kl(), rounding * kl);
    }

    /**
     * Errors that fall below what the Gram form resolves, and fits that end before and after. The tolerance asks for
     * more than that from the ninth epoch on or so, which is within a window.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 30})
    void smallErrorsAreByTheResidualFromTheSameEpochOn(int batchRows) {
        PaeNmf.Builder precise = builder().batchRows(batchRows).kl(false).trainOn(TrainOn.SCALE);
        PaeConfiguration c = precise.build().configuration();
        DataStatistics statistics = DataStatistics.of(DATA, 0);
        double perSample = 2 * c.sigma() * c.sigma() * DATA.rows();
        double off = Rounding.ofSteps(statistics, batchRows == 0 ? DATA.rows() : batchRows, 3, Execution.auto())
                .per(perSample)
                .ofGramForm();
        double ninth = stepByStep(precise, NONE).model.history().reconstruction()[8];
        precise.patience(1000).tolerance(off / ninth);

        Outcome all = stepByStep(precise, NONE);
        int from = 20 - all.backend.residuals() / (batchRows == 0 ? 1 : 2);
        boolean inWindow = batchRows == 0 ? !WINDOW_ENDS.contains(from) : from % 2 == 0;
        assertTrue(from > 7 && from < 12, "by the Gram form until " + from);
        for (int last = from - 2; last <= from + 2; last++) {
            inWindows(precise, last).assertSameAs(stepByStep(precise, last));
        }
        Outcome fit = inWindows(precise, NONE);
        fit.assertSameAs(all);
        assertEquals(inWindow ? 1 : 0, fit.backend.restores());
    }

    /** Both factors, also where errors fall below what the Gram form resolves: without noise that is within 12 epochs. */
    @ParameterizedTest
    @CsvSource({"HALS, 0.1", "HALS, 0", "MU, 0.1"})
    void standardNmfEndsAtItsEpoch(NmfAlgorithm algorithm, double noise) {
        Matrix data = TestData.planted(60, 12, 1, noise, 3).data();
        int residuals = 0;
        for (int last = 1; last <= 12; last++) {
            List<ReplayingBackend<NmfParameters>> opened = new ArrayList<>();
            NmfTrainer.Result expected = nmf(algorithm, data, last, 1, opened);
            NmfTrainer.Result fit = nmf(algorithm, data, last, IN_FLIGHT, opened);

            assertEquals(last, fit.model().history().epochs());
            assertEquals(expected.model().history(), fit.model().history());
            assertArrayEquals(expected.model().w().toRows(), fit.model().w().toRows());
            assertArrayEquals(expected.h().toRows(), fit.h().toRows());
            residuals += opened.get(1).residuals();
            if (noise > 0) {
                assertEquals(WINDOW_ENDS.contains(last) ? 0 : 1, opened.get(1).restores());
            }
        }
        assertEquals(noise == 0, residuals > 0);
    }

    private static NmfTrainer.Result nmf(
            NmfAlgorithm algorithm,
            Matrix data,
            int lastEpoch,
            int inFlight,
            List<ReplayingBackend<NmfParameters>> opened) {
        NmfConfiguration c = new NmfConfiguration(1, algorithm, NmfInit.RANDOM, 20, 0, 1, Missing.NONE, 3);
        Execution cpu = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(1);
        NmfTrainer trainer = new NmfTrainer(
                c,
                null,
                cpu,
                report -> report.epoch() != lastEpoch,
                (execution, problem) -> {
                    opened.add(new ReplayingBackend<>(Backends.openNmf(execution, problem), inFlight, NONE));
                    return opened.get(opened.size() - 1);
                },
                WindowsTest::standingClock);
        return trainer.fit(data);
    }

    @Test
    void anUpdateOfAModelRunsInWindowsToo() {
        FittedPae from = stepByStep(builder(), 4).model;

        Outcome update = train(builder(), from, 6, IN_FLIGHT, NONE, WindowsTest::standingClock);

        update.assertSameAs(train(builder(), from, 6, 1, NONE, WindowsTest::standingClock));
        assertEquals(4, update.model.previousEpochs());
        assertEquals(1, update.backend.restores());
    }

    /** So that progress is seen, and Ctrl-C heeded, while epochs are slow. */
    @Test
    void slowEpochsAreReportedOneByOne() {
        AtomicLong seconds = new AtomicLong();
        LongSupplier clock = () -> seconds.incrementAndGet() * 1_000_000_000;

        Outcome fit = train(builder(), null, NONE, IN_FLIGHT, NONE, clock);

        assertEquals(stepByStep(builder(), NONE).model, fit.model);
        assertEquals(1, fit.backend.mostWaiting());
        assertEquals(0, fit.backend.saves());
    }
}
