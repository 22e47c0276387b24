package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.util.List;
import java.util.Map;

/** Runs training steps as a fit does, without its reports. */
final class StepLoop implements AutoCloseable {

    private final Solver<PaeParameters> backend;
    private final Epochs epochs;
    private int done;

    /**
     * Opens the backend and makes the first parameters.
     *
     * @param configuration without mini-batches, so that an epoch is a step
     */
    public StepLoop(Matrix data, PaeConfiguration configuration, Execution execution) {
        if (configuration.batchRows() != 0) {
            throw new IllegalArgumentException("batch rows must be 0, not " + configuration.batchRows());
        }
        DataStatistics statistics = DataStatistics.of(data, 0);
        PaeProblem problem = Initialiser.problem(configuration, data, statistics);
        backend = Backends.open(execution, problem);
        backend.setParameters(Initialiser.parameters(configuration, statistics));
        epochs = new Epochs(backend, problem.shape(), configuration.seed(), data, statistics.rowNorms(), 0);
    }

    /** What the steps run on. */
    public String description() {
        return backend.description();
    }

    /** Bytes of the device's memory by what they are for, with the copy of the state that a fit keeps. */
    public Map<String, Long> deviceBytes() {
        backend.saveState();
        return backend.deviceBytes();
    }

    /** Runs steps and waits for them; their losses. */
    public List<Objective> run(int steps) {
        epochs.run(done, steps);
        done += steps;
        return epochs.takeObjectives();
    }

    @Override
    public void close() {
        backend.close();
    }
}
