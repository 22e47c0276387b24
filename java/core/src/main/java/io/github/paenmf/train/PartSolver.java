package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.train.steps.Batch;
import io.github.paenmf.train.steps.TrainStep;

/**
 * Makes the sums of a part, step after step: of the same rows, which a device holds meanwhile where they fit. Not
 * thread-safe.
 */
public final class PartSolver implements AutoCloseable {

    /** What a chunk on a device takes, in values: of dense rows, and of each of P and S. */
    private static final long CHUNK_VALUES = 1 << 24;

    private final Solver<?> solver;
    private final Batch all;
    private final int passesBefore;
    private final boolean isShort;

    /**
     * @param solver closed with this
     * @param rows with the roots of their weights
     * @param passesBefore how many passes over the rows go before the one whose sums are taken
     * @param chunkRows how many rows of a chunk were asked for; 0 if any number is good
     */
    PartSolver(Solver<?> solver, RowSource rows, int passesBefore, int chunkRows) {
        this.solver = solver;
        this.all = Batch.of(rows, null, 0, rows.rows(), solver.chunkRows(), new double[rows.rows()]);
        this.passesBefore = passesBefore;
        this.isShort = solver.chunkRows() < Math.min(chunkRows, rows.rows());
    }

    /**
     * Chunks of a device by the shape of the rows, unless they are set: by the memory that happens to be free there, sums that
     * are made again would have other bits.
     */
    static Execution withChunks(Execution execution, RowSource rows, int columns) {
        if (execution.backend() != Backends.Choice.CUDA || execution.chunkRows() > 0) {
            return execution;
        }
        long values = rows instanceof SparseSource ? columns : Math.max(columns, rows.columns());
        long aligned = CHUNK_VALUES / values / Matrix.ROW_ALIGNMENT * Matrix.ROW_ALIGNMENT;
        return execution.withChunkRows((int) Math.max(Matrix.ROW_ALIGNMENT, aligned));
    }

    /** Whether chunks are smaller than was asked for: then there was too little memory. */
    public boolean isShort() {
        return isShort;
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
