package io.github.paenmf.train;

import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.train.steps.Batch;
import io.github.paenmf.train.steps.TrainStep;

/**
 * Makes the sums of a part, step after step: of the same rows, which a device holds meanwhile where they fit. Not
 * thread-safe.
 */
public final class PartSolver implements AutoCloseable {

    private final Solver<?> solver;
    private final Batch all;
    private final int passesBefore;

    /**
     * @param solver closed with this
     * @param rows with the roots of their weights
     * @param passesBefore how many passes over the rows go before the one whose sums are taken
     */
    PartSolver(Solver<?> solver, RowSource rows, int passesBefore) {
        this.solver = solver;
        this.all = Batch.of(rows, null, 0, rows.rows(), solver.chunkRows(), new double[rows.rows()]);
        this.passesBefore = passesBefore;
    }

    /** What computes, for logs. */
    public String description() {
        return solver.description();
    }

    /**
     * The sums over all rows of the part, without ‖V‖².
     *
     * @param index of the step, which selects the noise
     */
    public Sums sums(RowParameters current, int index) {
        solver.setRowParameters(current);
        TrainStep step = new TrainStep(solver);
        for (int pass = 0; pass < passesBefore; pass++) {
            step.sum(all, pass, false);
        }
        step.sum(all, index, false);
        return solver.readSums();
    }

    @Override
    public void close() {
        solver.close();
    }
}
