package io.github.paenmf.backend;

import io.github.paenmf.model.Parameters;
import java.util.List;

/**
 * One training problem on one device: its parameters, optimiser state and work space, and a method
 * for each stage of a step. {@code TrainStep} calls the stages in order; their equations are in
 * docs/architecture.md. Stages may run asynchronously; what reads results back waits.
 *
 * <p>The same stages from the same state give the same bits, which is what {@link #restoreState()}
 * rests on.
 *
 * <p>Not thread-safe: one training loop drives a backend.
 */
public interface Backend extends AutoCloseable {

    /** Name and decisive properties of the device, its libraries and the precision, for logs and reports. */
    String description();

    /** Most rows that one stage takes; chosen when the backend was opened. */
    int chunkRows();

    /**
     * How many updates may run before their losses are taken, at least 1: more than 1 where reading
     * back stalls the device.
     */
    int stepsInFlight();

    /** Replaces the parameters; the optimiser starts afresh. */
    void setParameters(Parameters parameters);

    /** Copies the current parameters into {@code target}. */
    void readParameters(Parameters target);

    /**
     * Keeps a copy of the parameters and the optimiser's state, in place of one kept before. All losses
     * must have been taken.
     *
     * @throws UnsupportedOperationException if {@link #stepsInFlight()} is 1: no step has to be run again
     */
    void saveState();

    /**
     * Goes back to what {@link #saveState()} kept last, as often as wanted. All losses must have been
     * taken.
     *
     * @throws UnsupportedOperationException if {@link #stepsInFlight()} is 1
     */
    void restoreState();

    /** Starts a step: the sums are those over no rows. */
    void clearSums();

    /** G = Wfᵀ·Wf, r × r. */
    void gram();

    /** P = V·[Wλ | Wk | Wf] of a chunk of at most {@link #chunkRows()} rows, rows × 3r. */
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
     * Adds ‖V − H·Wfᵀ‖² of the chunk last stepped by its residual to the sums, in units of the scaled data, and
     * comes before {@link #accumulate}. A step that does so for all chunks makes its loss from this sum, which is
     * precise also where the Gram form is nothing but rounding; else by the Gram form. The update is the same.
     */
    void residual(Rows chunk);

    /**
     * Q += Vᵀ·S and K += HᵀH of the chunk last stepped.
     *
     * @param squaredNorm ‖V‖² of the chunk, in units of the scaled data
     */
    void accumulate(Rows chunk, double squaredNorm);

    /** Adds sums over rows that were stepped elsewhere with the same parameters. */
    void addSums(PartialSums other);

    /** A copy of the sums of this step so far. */
    PartialSums readSums();

    /**
     * Makes the gradients from the sums, changes all parameters and projects Wf to ≥ 0.
     *
     * @throws IllegalStateException if {@link #stepsInFlight()} losses are waiting to be taken
     */
    void update();

    /**
     * The objective at the parameters before each update since the last call, oldest first; an empty
     * list if there was none.
     */
    List<StepLosses> takeLosses();

    @Override
    void close();
}
