package io.github.paenmf.backend;

import io.github.paenmf.model.Parameters;

/**
 * One training problem on one device: its parameters, optimiser state and work space, and a method
 * for each stage of a step. {@code TrainStep} calls the stages in order; their equations are in
 * docs/architecture.md. Stages may run asynchronously; what reads results back waits.
 *
 * <p>Not thread-safe: one training loop drives a backend.
 */
public interface Backend extends AutoCloseable {

    /** Name and decisive properties of the device and its libraries, for logs. */
    String description();

    /** Replaces the parameters; the optimiser starts afresh. */
    void setParameters(Parameters parameters);

    /** Copies the current parameters into {@code target}. */
    void readParameters(Parameters target);

    /** Starts a step: the sums are those over no rows. */
    void clearSums();

    /** G = Wfᵀ·Wf, r × r. */
    void gram();

    /** P = V·[Wλ | Wk | Wf] of a chunk, rows × 3r. */
    void project(Rows chunk);

    /**
     * P → S = [dAλ | dAk | H] of the chunk last projected: heads, noise, sampling, KL, and back
     * through all of them with dH = (H·G − C)/σ². Adds the KL, ⟨H, C⟩ and the bias gradients to the
     * sums.
     *
     * @param step index of the step, which selects the noise
     */
    void weibullStep(Rows chunk, int step);

    /**
     * Q += Vᵀ·S and K += Hᵀ·H of the chunk last stepped.
     *
     * @param squaredNorm ‖V‖² of the chunk, in units of the scaled data
     */
    void accumulate(Rows chunk, double squaredNorm);

    /** Adds sums over rows that were stepped elsewhere with the same parameters. */
    void addSums(PartialSums other);

    /** A copy of the sums of this step so far. */
    PartialSums readSums();

    /** Makes the gradients from the sums, changes all parameters and projects Wf to ≥ 0. */
    void update();

    /** The objective at the parameters before the last update. */
    StepLosses losses();

    @Override
    void close();
}
