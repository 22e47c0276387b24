package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.train.steps.Epochs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps that are alike wait for each other, and are launched together. */
@Tag("cuda")
class WaitingStepsTest {

    private static final int N = 11;
    private static final int M = 5;
    private static final int R = 2;
    private static final Matrix DENSE = TestData.parts(N, M, 3);
    private static final Matrix OTHER = TestData.parts(N, M, 4);
    private static final SparseMatrix SPARSE = SparseMatrix.of(DENSE);
    private static final Execution CUDA = Execution.auto();

    /** An algorithm and its data. */
    private record Fit<P extends Parameters<P>>(
            String name,
            RowSource data,
            Shape shape,
            P start,
            Function<Execution, Solver<P>> opener,
            Function<P, float[][]> values) {

        @Override
        public String toString() {
            return name;
        }

        Epochs epochs(Solver<P> solver) {
            double[] norms = new double[N];
            for (int i = 0; i < N; i++) {
                for (int f = 0; f < M; f++) {
                    norms[i] += DENSE.get(i, f) * DENSE.get(i, f);
                }
            }
            return new Epochs(solver, shape, 1, data, norms, 0);
        }

        float[][] parameters(Solver<P> solver, P target) {
            solver.readParameters(target);
            return Arrays.stream(values.apply(target)).map(float[]::clone).toArray(float[][]::new);
        }
    }

    private static Fit<PaeParameters> pae(RowSource data, Optimiser optimiser, boolean learnsSigma) {
        PaeConfiguration configuration = PaeNmf.builder()
                .rank(R)
                .optimiser(optimiser)
                .sigma(learnsSigma ? 0 : 0.1)
                .build()
                .configuration();
        float[] rates = new float[M];
        Arrays.fill(rates, 0.01f);
        PaeProblem problem = new PaeProblem(configuration, N, M, 1, new StepRates(0.02f, 0.01f, rates));
        PaeParameters start = new PaeParameters(M, R);
        for (int i = 0; i < start.weights().length; i++) {
            start.weights()[i] = (1 + i % 7) / 8f;
        }
        Arrays.fill(start.biases(), 1f);
        return new Fit<>(
                "pae " + optimiser + (learnsSigma ? " with its σ" : ""),
                data,
                problem.shape(),
                start,
                execution -> CudaSolvers.pae(problem, execution, RowBlocks.serial()),
                parameters -> new float[][] {parameters.weights(), parameters.biases()});
    }

    private static Fit<NmfParameters> nmf(RowSource data, NmfAlgorithm algorithm) {
        NmfProblem problem = new NmfProblem(algorithm, N, M, R, 1, data instanceof SparseMatrix);
        return new Fit<>(
                algorithm + " of " + data.getClass().getSimpleName(),
                data,
                problem.shape(),
                new NmfParameters(TestData.parts(M, R, 1), TestData.parts(N, R, 2)),
                execution -> CudaSolvers.nmf(problem, execution, RowBlocks.serial()),
                parameters -> Stream.concat(
                                Arrays.stream(parameters.w().toRows()),
                                Arrays.stream(parameters.h().toRows()))
                        .toArray(float[][]::new));
    }

    private static Fit<VbParameters> vb(RowSource data) {
        VbProblem problem = new VbProblem(
                VariationalNmf.builder().rank(R).build().configuration(), N, M, 1, data instanceof SparseMatrix);
        return new Fit<>(
                "vb of " + data.getClass().getSimpleName(),
                data,
                problem.shape(),
                VbFits.start(problem),
                execution -> CudaSolvers.vb(problem, execution, RowBlocks.serial()),
                parameters -> new float[][] {parameters.mean(), parameters.variance(), parameters.inclusion()});
    }

    static List<Fit<?>> fits() {
        return List.of(
                pae(DENSE, Optimiser.ADAM, false),
                pae(DENSE, Optimiser.ADAM, true),
                pae(DENSE, Optimiser.GD, false),
                nmf(DENSE, NmfAlgorithm.HALS),
                nmf(DENSE, NmfAlgorithm.MU),
                nmf(SPARSE, NmfAlgorithm.HALS),
                vb(DENSE),
                vb(SPARSE));
    }

    /** What is read at the end of windows, and within one that is run again up to its middle, where other data come. */
    private static <P extends Parameters<P>> List<Object> history(Fit<P> fit, Execution execution) {
        List<Object> read = new ArrayList<>();
        try (Solver<P> solver = fit.opener.apply(execution)) {
            P parameters = fit.start.copy();
            solver.setParameters(parameters);
            Epochs epochs = fit.epochs(solver);
            for (int first = 0; first < 28; first += 7) {
                solver.saveState();
                epochs.run(first, 6);
                read.add(fit.parameters(solver, parameters));
                epochs.run(first + 6, 1);
                read.add(epochs.takeObjectives());
            }
            solver.restoreState();
            epochs.run(21, 4);
            RowSource other = fit.data == DENSE ? OTHER : SparseMatrix.of(OTHER);
            read.add(solver.products(other).project(TestData.parts(M, 1, 4)).toRows());
            read.add(solver.readSums().q());
            epochs.run(25, 1);
            epochs.setResidualFrom(26);
            epochs.run(26, 3);
            read.add(epochs.takeObjectives());
            read.add(fit.parameters(solver, parameters));
        }
        return read;
    }

    @ParameterizedTest
    @MethodSource("fits")
    void theBitsAreThoseOfOneStepAfterTheOther(Fit<?> fit) {
        List<Object> expected = history(fit, CUDA.withGraph(false));
        assertArrayEquals(expected.toArray(), history(fit, CUDA).toArray());
    }

    /** A window of the trainer's: its parameters are read before its last step. The third of a kind is as later ones. */
    @Test
    void aWindowIsTwoLaunches(@TempDir Path directory) {
        Fit<NmfParameters> fit = nmf(DENSE, NmfAlgorithm.HALS);
        List<Objective> objectives = new ArrayList<>();
        List<String> trace;
        try (Solver<NmfParameters> solver = fit.opener.apply(CUDA.withCooperative(false))) {
            solver.setParameters(fit.start);
            Epochs epochs = fit.epochs(solver);
            Runnable window = () -> {
                epochs.run(objectives.size(), 63);
                solver.readParameters(fit.start);
                epochs.run(objectives.size() + 63, 1);
                objectives.addAll(epochs.takeObjectives());
            };
            window.run();
            window.run();
            trace = EmulatorTrace.of(directory, window);
        }

        List<Integer> nodes = trace.stream()
                .filter(line -> line.matches("submit \\d+ graph of \\d+"))
                .map(line -> Integer.valueOf(line.replaceAll(".* ", "")))
                .toList();
        assertEquals(2, nodes.size(), nodes::toString);
        assertEquals(63 * nodes.get(1), nodes.get(0));
        assertEquals(
                0,
                trace.stream()
                        .filter(line -> line.startsWith("submit") && line.contains("kernel"))
                        .count());
        assertEquals(192, objectives.size());
    }
}
