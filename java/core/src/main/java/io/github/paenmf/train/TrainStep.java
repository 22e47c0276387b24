package io.github.paenmf.train;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Rows;

/**
 * One step in Gram form: two reads of V, no n × m intermediate. Shapes: V n × m, P and S n × 3r,
 * Q m × 3r, G and K r × r.
 */
final class TrainStep {

    private final Backend backend;

    TrainStep(Backend backend) {
        this.backend = backend;
    }

    /**
     * Adds the sums over all rows of the batch, then updates the parameters once.
     *
     * @param index of the step, which selects the noise
     * @param byResidual whether the loss is made from the residual, not by the Gram form
     */
    void run(Batch batch, int index, boolean byResidual) {
        backend.clearSums();
        backend.gram(); //                                         G = WfᵀWf
        for (Batch.Chunk chunk : batch.chunks()) {
            Rows rows = chunk.rows();
            backend.project(rows); //                              P = V·[Wλ | Wk | Wf]
            backend.weibullStep(rows, index); //                   P → S = [dAλ | dAk | H], KL, ⟨H, C⟩
            if (byResidual) {
                backend.residual(rows); //                         ‖V − H·Wfᵀ‖²
            }
            backend.accumulate(rows, chunk.squaredNorm()); //      Q += VᵀS, K += HᵀH
        }
        backend.update(); //                                       heads by Q, Wf by (Wf·K − VᵀH)/σ², Wf ≥ 0
    }
}
