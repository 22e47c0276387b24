package io.github.paenmf.train;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.Parameters;

/** The stages of a step one by one, on the first chunk of the data; in this package to start as a fit does. */
public final class StageLoop implements AutoCloseable {

    private final Backend backend;
    private final Rows chunk;
    private final double squaredNorm;
    private final Parameters parameters;

    /** Opens the backend and runs one step, so that each stage has what it reads. */
    public StageLoop(Matrix data, Configuration configuration, Execution execution) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        Problem problem = Initialiser.problem(configuration, data, statistics);
        backend = Backends.open(execution, problem);
        parameters = Initialiser.parameters(configuration, statistics);
        backend.setParameters(parameters);
        Batch batch = Batch.of(
                data, null, 0, Math.min(data.rows(), backend.chunkRows()), backend.chunkRows(), statistics.rowNorms());
        chunk = batch.chunks().get(0).rows();
        squaredNorm = batch.chunks().get(0).squaredNorm();
        backend.clearSums();
        gram();
        project();
        weibullStep();
        accumulate();
    }

    public String description() {
        return backend.description();
    }

    public void gram() {
        backend.gram();
    }

    public void project() {
        backend.project(chunk);
    }

    /** S takes the place of P where a backend has one buffer for both; the work is the same. */
    public void weibullStep() {
        backend.weibullStep(chunk, 0);
    }

    public void accumulate() {
        backend.accumulate(chunk, squaredNorm);
    }

    public void update() {
        backend.update();
        backend.takeLosses();
    }

    /** Waits for the stages so far, by reading the parameters. */
    public void await() {
        backend.readParameters(parameters);
    }

    @Override
    public void close() {
        backend.close();
    }
}
