package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepOracle;
import io.github.paenmf.backend.UpdateOracle;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps that are taken as a whole. */
@Tag("cuda")
class SlicedStepsTest {

    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);

    /** Data, and parameters to start from. */
    private static final class Fit {
        final Matrix data;
        final DataStatistics statistics;
        final PaeProblem problem;
        final PaeParameters start;

        Fit(int n, int m, PaeNmf.Builder builder) {
            PaeConfiguration configuration = builder.seed(3).build().configuration();
            data = data(n, m, 7);
            statistics = DataStatistics.of(data, 0);
            problem = Initialiser.problem(configuration, data, statistics);
            start = Initialiser.parameters(configuration, statistics);
        }

        Solver<PaeParameters> open(Execution execution) {
            Solver<PaeParameters> solver = CudaSolvers.pae(problem, execution, RowBlocks.serial());
            solver.setParameters(start);
            return solver;
        }

        Epochs epochs(Solver<PaeParameters> solver) {
            return new Epochs(solver, problem.shape(), problem.configuration().seed(), data, statistics.rowNorms(), 0);
        }

        PaeParameters parameters(Solver<PaeParameters> solver) {
            PaeParameters read = new PaeParameters(problem.features(), problem.rank());
            solver.readParameters(read);
            return read;
        }

        void assertWhole(Solver<PaeParameters> solver) {
            assertTrue(solver.description().contains("steps as a whole"), solver.description());
        }
    }

    private static Matrix data(int n, int m, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[n * m];
        for (int e = 0; e < values.length; e++) {
            values[e] = (float) (random.nextDouble() * (1 + e / m % 3) * (1 + e % m % 2));
        }
        return Matrix.wrap(values, n, m);
    }

    private static PaeNmf.Builder builder(int rank) {
        return PaeNmf.builder().rank(rank).sigma(0.3);
    }

    /** Ranks below, at and above multiples of 4; fewer and more rows than blocks; slices that are not full. */
    @ParameterizedTest
    @CsvSource({
        "38, 130, 3",
        "94, 105, 9",
        "7, 5, 1",
        "33, 17, 10",
        "300, 40, 8",
        "1, 3, 2",
        "41, 1, 4",
        "600, 11, 5",
        "2, 400, 7"
    })
    void theFirstStepIsWithinTheRoundings(int n, int m, int rank) {
        Fit fit = new Fit(n, m, builder(rank));
        StepOracle.Result step = new StepOracle(fit.problem, fit.start, Precision.FP32).run(fit.data, null, 0);
        UpdateOracle update = new UpdateOracle(fit.problem);
        update.run(step, fit.start);
        try (Solver<PaeParameters> solver = fit.open(CUDA)) {
            fit.assertWhole(solver);
            Epochs epochs = fit.epochs(solver);
            epochs.run(0, 1);
            Objective objective = epochs.takeObjectives().get(0);
            PaeParameters actual = fit.parameters(solver);

            ErrorReport report = new ErrorReport(n + " × " + m + ", rank " + rank + ": a step as a whole");
            report.compare("weights", update.weights, actual.weights(), update.weightBounds);
            report.compare("biases", update.biases, actual.biases(), update.biasBounds);
            double perSample = 2 * 0.3 * 0.3 * n;
            report.compare(
                    "reconstruction",
                    step.squaredError / perSample,
                    objective.reconstruction(),
                    step.squaredErrorBound / perSample);
            report.compare("KL", step.kl / n, objective.kl(), step.klBound / n);
            report.log();
        }
    }

    /**
     * What a step leaves to the next is what is made of its parameters anew; and each option of a fit has its effect as
     * stage by stage, from where ten steps carry roundings of 1e-7 by less than a thousandfold.
     */
    @ParameterizedTest
    @CsvSource({"RELU, 0.3, true", "SOFTPLUS, 0.3, true", "RELU, 0, true", "RELU, 0, false"})
    void stepsFollowOneAnother(Heads heads, double sigma, boolean graph) {
        Fit fit = new Fit(60, 45, builder(6).heads(heads).sigma(sigma).shapeMin(0.2));
        PaeParameters expected;
        List<Objective> objectives;
        try (Solver<PaeParameters> solver = fit.open(CUDA.withGraph(graph))) {
            fit.assertWhole(solver);
            Epochs epochs = fit.epochs(solver);
            epochs.run(0, 10);
            objectives = epochs.takeObjectives();
            expected = fit.parameters(solver);
        }
        try (Solver<PaeParameters> solver = fit.open(CUDA)) {
            Epochs epochs = fit.epochs(solver);
            for (int epoch = 0; epoch < 10; epoch++) {
                epochs.run(epoch, 1);
                epochs.takeObjectives();
                solver.saveState();
                solver.restoreState();
            }
            assertEquals(expected, fit.parameters(solver));
        }
        try (Solver<PaeParameters> solver = fit.open(CUDA.withCooperative(false))) {
            Epochs epochs = fit.epochs(solver);
            epochs.run(0, 10);
            List<Objective> staged = epochs.takeObjectives();
            for (int i = 0; i < 10; i++) {
                assertEquals(
                        staged.get(i).reconstruction(),
                        objectives.get(i).reconstruction(),
                        1e-4 * Math.abs(staged.get(i).reconstruction()));
                assertEquals(
                        staged.get(i).kl(),
                        objectives.get(i).kl(),
                        1e-4 * staged.get(i).kl());
            }
            assertNotEquals(expected, fit.parameters(solver), "sums have another order");
        }
    }

    /** The history of windows of 1, 2 and 9 steps; the second is run again. */
    private static List<Object> windows(Fit fit, boolean joined) {
        List<Object> history = new ArrayList<>();
        System.setProperty(WindowLaunch.PROPERTY, Boolean.toString(joined));
        try (Solver<PaeParameters> solver = fit.open(CUDA)) {
            fit.assertWhole(solver);
            assertEquals(joined, solver.description().contains("windows of steps"), solver.description());
            Epochs epochs = fit.epochs(solver);
            epochs.run(0, 1);
            history.add(epochs.takeObjectives());
            solver.saveState();
            epochs.run(1, 2);
            history.add(epochs.takeObjectives());
            solver.restoreState();
            epochs.run(1, 9);
            history.add(epochs.takeObjectives());
            history.add(fit.parameters(solver));
        } finally {
            System.clearProperty(WindowLaunch.PROPERTY);
        }
        return history;
    }

    /** Fewer and more blocks of rows than of the update; slices that are not full; in two orders of blocks and threads. */
    @ParameterizedTest
    @CsvSource({
        "60, 45, 6, RELU, 0.3",
        "38, 130, 3, SOFTPLUS, 0",
        "94, 3, 9, RELU, 0",
        "300, 21, 4, RELU, 0.3",
        "1, 3, 2, SOFTPLUS, 0.3"
    })
    void aWindowHasTheBitsOfItsSteps(int n, int m, int rank, Heads heads, double sigma, @TempDir Path directory) {
        Fit fit = new Fit(n, m, builder(rank).heads(heads).sigma(sigma).shapeMin(0.2));
        List<List<Object>> histories = new ArrayList<>();
        for (int schedule : new int[] {0, 5}) {
            EmulatorTrace.of(directory, "schedule=" + schedule, () -> histories.add(windows(fit, true)));
        }
        histories.add(windows(fit, false));
        assertEquals(histories.get(2), histories.get(0));
        assertEquals(histories.get(2), histories.get(1));
    }

    @Test
    void aWindowIsOneLaunch(@TempDir Path directory) {
        Fit fit = new Fit(60, 45, builder(6).sigma(0));
        List<String> trace = new ArrayList<>();
        try (Solver<PaeParameters> solver = fit.open(CUDA)) {
            Epochs epochs = fit.epochs(solver);
            epochs.run(0, 1);
            epochs.takeObjectives();
            trace.addAll(EmulatorTrace.of(directory, () -> {
                epochs.run(1, 64);
                epochs.takeObjectives();
            }));
        }
        assertEquals(List.of("cooperative kernel sliced_window"), EmulatorTrace.launches(trace));
    }

    /** With its threads and registers, a multiprocessor has one block. */
    @Test
    void stepsAreJoinedWhereAllBlocksRunAtOnce() {
        SlicePlan plan = SlicePlan.ofSteps(38, 5000, 3, 132);
        try (DeviceWorkspace workspace = DeviceWorkspace.open(0, RowBlocks.serial(), opened -> opened)) {
            workspace.context().run(() -> {
                SlicedSteps genes = new SlicedSteps(plan, 38, 5000, 3, workspace);
                int blocks = plan.slices() + 1;
                assertTrue(genes.allAtOnce(device(blocks, 99 << 10, true)));
                assertFalse(genes.allAtOnce(device(blocks - 1, 99 << 10, true)));
                assertFalse(genes.allAtOnce(device(blocks, 99 << 10, false)), "no cooperative launch");
                assertFalse(genes.allAtOnce(device(blocks, 16 << 10, true)), "too little shared memory");
            });
        }
    }

    private static CudaDevice device(int multiprocessors, int sharedBytes, boolean cooperative) {
        return new CudaDevice(0, "none", 9, 0, multiprocessors, sharedBytes, cooperative, 0);
    }

    /** The product of the first step with other data is made of these. */
    @Test
    void otherDataAreSeen() {
        Fit fit = new Fit(60, 45, builder(6));
        Matrix other = data(60, 45, 8);
        PaeParameters expected;
        try (Solver<PaeParameters> solver = fit.open(CUDA)) {
            new Epochs(solver, fit.problem.shape(), 3, other, fit.statistics.rowNorms(), 0).run(0, 1);
            expected = fit.parameters(solver);
        }
        try (Solver<PaeParameters> solver = fit.open(CUDA)) {
            solver.saveState();
            fit.epochs(solver).run(0, 1);
            solver.takeObjectives();
            solver.restoreState();
            new Epochs(solver, fit.problem.shape(), 3, other, fit.statistics.rowNorms(), 0).run(0, 1);
            assertEquals(expected, fit.parameters(solver));
        }
    }
}
