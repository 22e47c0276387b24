package io.github.paenmf.train.steps;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;

/**
 * One step in Gram form, whatever the algorithm: two reads of V, no n × m intermediate. Shapes: V n × m, P and S
 * n × c, Q m × c, G and K r × r, where W has c columns and the last r of them are the decoder.
 */
public final class TrainStep {

    private final Solver<?> solver;

    public TrainStep(Solver<?> solver) {
        this.solver = solver;
    }

    /**
     * Adds the sums over all rows of the batch, then updates the parameters once.
     *
     * @param index of the step, which selects the noise
     * @param byResidual whether the loss is made from the residual, not by the Gram form
     */
    void run(Batch batch, int index, boolean byResidual) {
        sum(batch, index, byResidual);
        solver.update(); //                                   new W
    }

    /** The sums over all rows of the batch; likewise. */
    public void sum(Batch batch, int index, boolean byResidual) {
        solver.clearSums();
        solver.gram(); //                                     G = WᵀW of the decoder
        for (Batch.Chunk chunk : batch.chunks()) {
            Rows rows = chunk.rows();
            solver.project(rows); //                          P = V·W
            solver.rowStage(rows, index); //                  P → S, and what is summed over rows
            if (byResidual) {
                solver.residual(rows); //                     ‖V − H·Wᵀ‖²
            }
            solver.accumulate(rows, chunk.squaredNorm()); //  Q += VᵀS, K += HᵀH
        }
    }
}
