package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;

/**
 * The two products of a step with the data, in the form that these have: P = V·W of the blocks of a chunk, and
 * Q += Vᵀ·S. They lie where the session has them: P and S in a region per block, P rows × columns with a stride of
 * {@link #projectionStride}, Sᵀ columns × rows; Qᵀ is columns × m.
 */
interface DataStage {

    /** Distance between rows of P. */
    int projectionStride();

    /** W as it lies ready to be the right factor of dense products; null where it does not. */
    Gemm.RightFactor rightFactor();

    /** Hears that weights of features {@code from} to {@code to} are new; threads may each say so of their own. */
    void weightsChanged(int from, int to);

    /** Turns to a chunk, which the following calls are about. */
    void open(Rows chunk);

    /** How many tasks {@link #project} has, after what must come before them is done. */
    int beginProject();

    /** A part of P; parts may be made at the same time. */
    void project(int worker, int task);

    /** Completes P of one block, which {@link #project} may have left in parts. */
    void completeProjection(int block);

    /** What {@link #project} has summed up over the rows of a block beside P: nothing, unless the stage says so. */
    default double projectionSum(int block) {
        return 0;
    }

    /** How many tasks {@link #accumulate} has, after what must come before them is done. */
    int beginAccumulate();

    /**
     * A part of Q += Vᵀ·S, or, where it is not to be added, Q = Vᵀ·S; parts may be made at the same time.
     */
    void accumulate(int worker, int task, boolean add);

    /** Whether {@link #squaredError} leaves out missing entries by itself. */
    default boolean leavesOutMissing() {
        return false;
    }

    /** Makes ready what {@link #squaredError} reads. */
    void beginResidual();

    /** ‖V − H·Wᵀ‖² of one block in units of the scaled data, by its residual or as precisely. */
    double squaredError(int worker, int block);
}
