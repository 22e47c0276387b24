package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.steps.Batch;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;

/** The stages of a step one by one, on the first chunk of the data, from the start of a fit. */
final class StageLoop implements AutoCloseable {

    private final Solver<PaeParameters> backend;
    private final Rows chunk;
    private final double squaredNorm;
    private final PaeParameters parameters;

    /** Opens the backend and runs one step, so that each stage has what it reads. */
    public StageLoop(Matrix data, PaeConfiguration configuration, Execution execution) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        PaeProblem problem = Initialiser.problem(configuration, data, statistics);
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
        backend.rowStage(chunk, 0);
    }

    public void accumulate() {
        backend.accumulate(chunk, squaredNorm);
    }

    public void update() {
        backend.update();
        backend.takeObjectives();
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
