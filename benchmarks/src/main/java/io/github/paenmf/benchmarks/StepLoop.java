package io.github.paenmf.benchmarks;

import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Runs steps over all rows as a fit does, without its reports. */
final class StepLoop implements AutoCloseable {

    private final Solver<?> solver;
    private final Epochs epochs;
    private int done;

    private StepLoop(Solver<?> solver, Epochs epochs) {
        this.solver = solver;
        this.epochs = epochs;
    }

    private static <P extends Parameters<P>> StepLoop open(
            Solver<P> solver, P start, Shape shape, long seed, Matrix data, DataStatistics statistics) {
        solver.setParameters(start);
        return new StepLoop(solver, new Epochs(solver, shape, seed, data, statistics.rowNorms(), 0));
    }

    /**
     * Opens the solver of PAE-NMF and makes the first parameters.
     *
     * @param configuration without mini-batches, so that an epoch is a step
     */
    static StepLoop pae(Matrix data, PaeConfiguration configuration, Execution execution) {
        if (configuration.batchRows() != 0) {
            throw new IllegalArgumentException("batch rows must be 0, not " + configuration.batchRows());
        }
        DataStatistics statistics = DataStatistics.of(data, 0);
        PaeProblem problem = Initialiser.problem(configuration, data, statistics);
        return open(
                Backends.open(execution, problem),
                Initialiser.parameters(configuration, statistics),
                problem.shape(),
                configuration.seed(),
                data,
                statistics);
    }

    /** Opens the solver of standard NMF, at random factors. */
    static StepLoop nmf(Matrix data, NmfAlgorithm algorithm, int rank, Execution execution) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        NmfProblem problem = new NmfProblem(algorithm, data.rows(), data.columns(), rank, statistics.scale());
        SplittableRandom random = new SplittableRandom(1);
        NmfParameters start =
                new NmfParameters(factor(data.columns(), rank, random), factor(data.rows(), rank, random));
        return open(Backends.openNmf(execution, problem), start, problem.shape(), 0, data, statistics);
    }

    /** Opens the solver of variational NMF with the defaults of {@code paenmf fit}, at random weights. */
    static StepLoop vb(Matrix data, int rank, Execution execution) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        VbConfiguration configuration =
                VariationalNmf.builder().rank(rank).build().configuration();
        VbProblem problem = new VbProblem(configuration, data.rows(), data.columns(), statistics.scale());
        VbParameters start = new VbParameters(data.columns(), rank);
        SplittableRandom random = new SplittableRandom(1);
        for (int e = 0; e < start.mean().length; e++) {
            start.mean()[e] = value(rank, random);
            start.variance()[e] = 0.01f * start.mean()[e] * start.mean()[e];
            start.inclusion()[e] = 1;
        }
        Arrays.fill(start.priorMean(), 1 / Math.sqrt(rank));
        Arrays.fill(start.priorInclusion(), 0.5);
        Arrays.fill(start.coefficientInclusion(), 0.5);
        start.setSquaredSigma(0.1);
        start.setZeros(true);
        return open(Backends.openVb(execution, problem), start, problem.shape(), 0, data, statistics);
    }

    private static Matrix factor(int rows, int rank, SplittableRandom random) {
        Matrix factor = Matrix.zeros(rows, rank);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rank; j++) {
                factor.storage(i)[factor.offset(i) + j] = value(rank, random);
            }
        }
        return factor;
    }

    /** Such that sums of products of two, over the components, are about the root mean square of the scaled data, 1. */
    private static float value(int rank, SplittableRandom random) {
        return (float) (random.nextDouble(0.5, 1.5) / Math.sqrt(rank));
    }

    /** What the steps run on. */
    String description() {
        return solver.description();
    }

    /** Bytes of the device's memory by what they are for, with the copy of the state that a fit keeps. */
    Map<String, Long> deviceBytes() {
        solver.saveState();
        return solver.deviceBytes();
    }

    /** Runs steps and waits for them; their objectives. */
    List<Objective> run(int steps) {
        epochs.run(done, steps);
        done += steps;
        return epochs.takeObjectives();
    }

    @Override
    public void close() {
        solver.close();
    }
}
