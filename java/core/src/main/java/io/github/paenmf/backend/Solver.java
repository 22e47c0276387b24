package io.github.paenmf.backend;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.StateVisitor;
import java.util.List;
import java.util.Map;

/**
 * One training problem on one device: its parameters, the state of their update and work space, and a method for each
 * stage of a step. {@code TrainStep} calls the stages in order; the equations of each algorithm are in
 * docs/architecture.md. Stages may run asynchronously; what reads results back waits.
 *
 * <p>The same stages from the same state give the same bits, which is what {@link #restoreState()}
 * rests on.
 *
 * <p>Not thread-safe: one training loop drives a solver.
 *
 * @param <P> the parameters of the algorithm
 */
public interface Solver<P> extends AutoCloseable {

    /** Name and decisive properties of the device, its libraries and the precision, for logs and reports. */
    String description();

    /** Most rows that one stage takes; chosen when the solver was opened. */
    int chunkRows();

    /**
     * How many updates may run before their objectives are taken, at least 1: more than 1 where reading
     * back stalls the device.
     */
    int stepsInFlight();

    /**
     * Products of data with other matrices, in the precision of float32, for the start of a fit. They belong to no step
     * and change nothing that the stages read.
     *
     * @param data n × m
     */
    DataProducts products(RowSource data);

    /** Replaces the parameters; the state of their update starts afresh. */
    void setParameters(P parameters);

    /** Copies the current parameters into {@code target}. */
    void readParameters(P target);

    /**
     * What the stages before the update take of the parameters, to the bit: for solvers of other parts of the rows.
     *
     * @throws UnsupportedOperationException if the algorithm is not made for parts of the rows
     */
    default RowParameters rowParameters() {
        throw new UnsupportedOperationException("this algorithm is not made for parts of the rows");
    }

    /**
     * Takes over what the stages before the update take of the parameters, in place of what {@link #setParameters} sets; for
     * an update there is nothing then.
     *
     * @throws UnsupportedOperationException if the algorithm is not made for parts of the rows
     */
    default void setRowParameters(RowParameters parameters) {
        throw new UnsupportedOperationException("this algorithm is not made for parts of the rows");
    }

    /**
     * Keeps a copy of the parameters and the state of their update, in place of one kept before. All objectives
     * must have been taken.
     *
     * @throws UnsupportedOperationException if {@link #stepsInFlight()} is 1: no step has to be run again
     */
    void saveState();

    /**
     * Goes back to what {@link #saveState()} kept last, as often as wanted. All objectives must have been
     * taken.
     *
     * @throws UnsupportedOperationException if {@link #stepsInFlight()} is 1
     */
    void restoreState();

    /**
     * Takes a visitor through the parameters and the state of their update: what {@link #saveState()} keeps. One that loads
     * what another solver of this kind has stored for the same problem makes this one go on from there, with the same bits. All
     * objectives must have been taken.
     */
    void visitState(StateVisitor visitor);

    /** The solvers whose states are alike: a device and what else decides how they compute. */
    String kind();

    /** Starts a step: the sums are those over no rows. */
    void clearSums();

    /** G = WᵀW of the last r columns of W, r × r. */
    void gram();

    /** P = V·W of a chunk of at most {@link #chunkRows()} rows, rows × the columns of W. */
    void project(Rows chunk);

    /**
     * The row stage, P → S, of the chunk last projected, row by row: the last r columns of S are H. Adds what it sums
     * over rows to the sums.
     *
     * @param step index of the step, which selects the noise
     */
    void rowStage(Rows chunk, int step);

    /**
     * Adds ‖V − H·Wᵀ‖² of the chunk last gone through by its residual to the sums, in units of the scaled data, and
     * comes before {@link #accumulate}. A step that does so for all chunks makes its objective from this sum, which is
     * precise also where the Gram form is nothing but rounding; else by the Gram form. The update is the same.
     */
    void residual(Rows chunk);

    /**
     * Q += Vᵀ·S and K += HᵀH of the chunk last gone through.
     *
     * @param squaredNorm ‖V‖² of the chunk, in units of the scaled data
     */
    void accumulate(Rows chunk, double squaredNorm);

    /** Adds sums over rows that were gone through elsewhere with the same parameters. */
    void addSums(Sums other);

    /** A copy of the sums of this step so far. */
    Sums readSums();

    /**
     * Makes new parameters from the sums.
     *
     * @throws IllegalStateException if {@link #stepsInFlight()} objectives are waiting to be taken
     */
    void update();

    /** The objective of each update since the last call, oldest first; an empty list if there was none. */
    List<Objective> takeObjectives();

    /** Bytes that this holds of a device's own memory, by what they are for; none on the CPU. */
    default Map<String, Long> deviceBytes() {
        return Map.of();
    }

    @Override
    void close();
}
