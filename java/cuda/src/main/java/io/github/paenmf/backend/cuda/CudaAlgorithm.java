package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.StateVisitor;
import java.util.List;
import jcuda.driver.CUstream;

/**
 * What an algorithm adds to a {@link CudaSession}: the parameters, the row stage and the update.
 *
 * <p>The row stage and the update only launch, on the stream of the {@link StepBuffers}, and wait for nothing: they may be
 * recorded, and then run again with the arguments they had. So what changes from step to step lies in memory of the
 * device, and the constructor and {@link #setChunkRows} allocate all memory.
 *
 * @param <P> the parameters
 */
interface CudaAlgorithm<P> {

    /** How the columns of W, P, S and Q lie on the device: the last part of W is the decoder, of S the coefficients H. */
    Parts parts();

    /** W, m × the columns of the parts; always in the same place. */
    DeviceMatrix weights();

    /**
     * All that a step changes and later steps start from, except for the counters; always the same memory. A session keeps a
     * copy of it for {@link CudaSession#restoreState}.
     */
    List<DeviceBuffer> state();

    /** Copies parameters to the device; the state of their update starts afresh. The counters are 0 after that. */
    void set(P parameters);

    /** Copies the parameters from the device. */
    void read(P target);

    /** {@link io.github.paenmf.backend.Solver#setRowParameters}. */
    default void set(RowParameters parameters) {
        throw new UnsupportedOperationException("this algorithm is not made for parts of the rows on CUDA");
    }

    /** Takes a visitor through what else there is of the state, on the host. */
    default void visit(StateVisitor visitor) {}

    /** Hears that the state is another than a step has left: what was made of it is to be made anew. */
    default void stateReplaced() {}

    /** Bytes of the device's memory that {@link #setChunkRows} allocates for each row. */
    default long chunkRowBytes() {
        return 0;
    }

    /** Hears, once and before any stage, how many rows a chunk has at most. */
    void setChunkRows(int rows);

    /** How many numbers the row stage adds up over rows. */
    int rowSums();

    /** How many numbers {@link Sums#ofRows} has. */
    default int sumsOfRows() {
        return rowSums();
    }

    /** Fills {@link Sums#ofRows} with what the row stages so far have added up, and waits. */
    default void readSums(DeviceBuffer partials, int partialRows, double[] ofRows, CUstream stream) {
        partials.addRows(ofRows, partialRows, stream);
    }

    /** The reverse of {@link #readSums}: puts it into the first of the rows of partial sums, with 0 in the others. */
    default void writeSums(double[] ofRows, DeviceBuffer partials, CUstream stream) {
        partials.clear(stream);
        partials.upload(ofRows, stream);
    }

    /** Rows of partial sums that the row stage of a chunk of so many rows writes; no fewer for more rows. */
    int partialRows(int rows);

    /**
     * Hears of each chunk whose row stage is to come, in order.
     *
     * @return whether its row stage is launched as that of rows which the parameters have not met yet, where that makes a
     *     difference
     */
    default boolean meets(Rows chunk) {
        return false;
    }

    /** P → S of a chunk, and its partial sums. */
    void rowStage(StepBuffers buffers, RowStageChunk chunk);

    /**
     * Hears of rows, squared norm and residual of a step before its update, and may bring to the device what the update
     * needs of them: this is never recorded. Nothing else of the sums is there. Of steps that are alike in all of it, one
     * after the other, it may hear once.
     */
    void beforeUpdate(Sums step);

    /**
     * New parameters from Q, K, G and the partial sums. Leaves the numbers of the objective in the ring's entry "updates
     * so far" modulo its entries, and advances both counters.
     *
     * @param partialRows rows of the partial sums
     * @param rows over which the sums are, the same whenever this launch is run again
     */
    void update(StepBuffers buffers, int partialRows, long rows);

    /** Steps over all rows as a whole; null if it has none for data of this shape. */
    default WholeStep wholeStep() {
        return null;
    }

    /** How many numbers an update leaves in the ring. */
    int objectiveValues();

    /**
     * The objective of an update.
     *
     * @param values what the update has left in the ring
     * @param step rows, squared norm and residual of its step; nothing else of the sums
     */
    Objective objective(double[] values, Sums step);
}
