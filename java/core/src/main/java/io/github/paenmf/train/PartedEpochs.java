package io.github.paenmf.train;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.train.steps.Interrupts;
import io.github.paenmf.train.steps.Passes;
import java.util.List;

/** Epochs of a fit to rows in parts, of any algorithm: the parts' sums, and an update. */
final class PartedEpochs implements Passes {

    private final Solver<?> solver;
    private final PartedRows rows;
    private final RowPart part;
    private final double squaredNorm;

    /**
     * @param solver of the update
     * @param squaredNorm ‖V‖² in units of the scaled data; with a Poisson likelihood Σ ln v!
     */
    PartedEpochs(Solver<?> solver, PartedRows rows, RowPart part, double squaredNorm) {
        this.solver = solver;
        this.rows = rows;
        this.part = part;
        this.squaredNorm = squaredNorm;
    }

    /** One, since a window that has to be run again is as many passes over all parts. */
    @Override
    public int inFlight() {
        return 1;
    }

    @Override
    public int residualFrom() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void setResidualFrom(int epoch) {
        throw new UnsupportedOperationException("objectives of parts are by the Gram form");
    }

    @Override
    public void run(int first, int count) {
        for (int epoch = first; epoch < first + count; epoch++) {
            Interrupts.check();
            Sums sums = rows.sums(part, solver.rowParameters(), epoch);
            sums.addRows(0, squaredNorm);
            solver.clearSums();
            solver.gram();
            solver.addSums(sums);
            solver.update();
        }
    }

    @Override
    public List<Objective> takeObjectives() {
        return solver.takeObjectives();
    }
}
