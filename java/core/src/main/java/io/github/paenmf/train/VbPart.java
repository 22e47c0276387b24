package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.train.steps.Batch;
import io.github.paenmf.train.steps.TrainStep;

/**
 * Makes what a part of the rows adds to a step of variational NMF. It keeps nothing from step to step: the sweeps over each
 * row start cold, so that the sums follow from the rows and the parameters alone.
 *
 * @param configuration of the fit
 * @param dataScale what the data are divided by
 * @param allRows n of all parts, each row as often as it counts
 */
public record VbPart(VbConfiguration configuration, double dataScale, double allRows) {

    /** With a Poisson likelihood a pass over the nonzeros is one sweep: so many before the one whose sums are taken. */
    private static final int PASSES_OF_COUNTS = 9;

    /**
     * The sums over the rows of a part, without ‖V‖².
     *
     * @param rows whose values have been checked
     * @param weights of the rows; not with a Poisson likelihood
     */
    public Sums sums(RowSource rows, Weights weights, RowParameters current, Execution execution) {
        RowSource data = weights.rooted(rows);
        int n = data.rows();
        VbProblem problem = new VbProblem(
                configuration, n, data.columns(), dataScale, data instanceof SparseSource, null, weights, 0, allRows);
        try (Solver<VbParameters> solver = Backends.openVb(execution, problem)) {
            solver.setRowParameters(current);
            Batch all = Batch.of(data, null, 0, n, solver.chunkRows(), new double[n]);
            TrainStep step = new TrainStep(solver);
            for (int pass = 0; configuration.isPoisson() && pass < PASSES_OF_COUNTS; pass++) {
                step.sum(all, pass, false);
            }
            step.sum(all, 0, false);
            return solver.readSums();
        }
    }
}
