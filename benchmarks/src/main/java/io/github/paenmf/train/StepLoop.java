package io.github.paenmf.train;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.StepLosses;
import io.github.paenmf.backend.cuda.DeviceMemory;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import java.util.List;
import java.util.Map;

/** Runs training steps as {@link Trainer} does, without its reports; in this package to reach them. */
public final class StepLoop implements AutoCloseable {

    private final Backend backend;
    private final Epochs epochs;
    private int done;

    /**
     * Opens the backend and makes the first parameters.
     *
     * @param configuration without mini-batches, so that an epoch is a step
     */
    public StepLoop(Matrix data, Configuration configuration, Execution execution) {
        if (configuration.batchRows() != 0) {
            throw new IllegalArgumentException("batch rows must be 0, not " + configuration.batchRows());
        }
        DataStatistics statistics = DataStatistics.of(data, 0);
        Problem problem = Initialiser.problem(configuration, data, statistics);
        backend = Backends.open(execution, problem);
        backend.setParameters(Initialiser.parameters(configuration, statistics));
        epochs = new Epochs(backend, problem, data, statistics.rowNorms(), 0);
    }

    /** What the steps run on. */
    public String description() {
        return backend.description();
    }

    /** Bytes of the device's memory by what they are for, with the copy of the state that a fit keeps. */
    public Map<String, Long> deviceBytes() {
        backend.saveState();
        return DeviceMemory.of(backend);
    }

    /** Runs steps and waits for them; their losses. */
    public List<StepLosses> run(int steps) {
        epochs.run(done, steps);
        done += steps;
        return epochs.takeLosses();
    }

    @Override
    public void close() {
        backend.close();
    }
}
