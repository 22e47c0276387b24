package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.StateVisitor;

/**
 * What an algorithm adds to a {@link CpuSession}: the parameters, the row stage and the update. Parameters are kept
 * with one row per component, padded: so every pass over a run of features is one over a few long rows.
 *
 * @param <P> the parameters
 */
interface CpuAlgorithm<P> {

    /** Wᵀ, columns × m with the stride of the layout; always the same array. */
    float[] weights();

    /**
     * What rows have before the row stage, r values each, where P and Q are products of ratios V ⊘ V̂, as with a Poisson
     * likelihood; always the same object. Then neither G nor K is made. Null where they are products of V.
     */
    default RowState ratioRows() {
        return null;
    }

    /**
     * What decodes counts in the row stage, where the decoder's part of Q is a product of ratios V ⊘ V̂, and its part of P
     * is not made: with a Poisson likelihood; always the same object. Then neither G nor K is made. Null without.
     */
    default CountDecoder countDecoder() {
        return null;
    }

    /**
     * Of which β divergence P and Q have the numerators and, r columns further, the denominators of multiplicative updates
     * ({@link BetaStage}), where {@link #ratioRows} has H before the row stage and {@link #weights} the decoder alone. The
     * residual is the divergence. Null where they are other products.
     */
    default BetaDivergence divergence() {
        return null;
    }

    /**
     * What makes Q and K sums over observed entries, for an algorithm whose update asks for no more; always the same object.
     * Null where nothing is missing, or where the algorithm deals with it itself.
     */
    default MissingSums missingSums() {
        return null;
    }

    /** How many numbers the row stage adds up. */
    int rowSums();

    void set(P parameters);

    void read(P target);

    /** {@link io.github.paenmf.backend.Solver#rowParameters}. */
    default RowParameters rowParameters() {
        throw new UnsupportedOperationException("this algorithm is not made for parts of the rows");
    }

    default void set(RowParameters parameters) {
        throw new UnsupportedOperationException("this algorithm is not made for parts of the rows");
    }

    /**
     * Takes a visitor through all that an update changes and later steps start from, and brings up to date what is made of
     * it.
     */
    void visit(StateVisitor visitor);

    /**
     * Whether {@link #update} makes G of the new weights, by {@link CpuSession#makeGram}, so that a step need not begin
     * with it.
     */
    default boolean makesGram() {
        return false;
    }

    /**
     * Whether {@link CpuSession#makeGram} takes W as it lies ready for P, where it does; only where W has no other columns
     * than the decoder's. It sums in another order than a product of its own.
     */
    default boolean gramByFactor() {
        return false;
    }

    /** Makes ready what the row stage of all blocks reads. */
    default void beforeRows(float[] g) {}

    /** P → S of one block of rows; several workers are at it at the same time. */
    void rowStage(int worker, RowStageBlock block);

    /**
     * New weights from the sums. {@link CpuSession#weightsChanged} has to hear of each run of features.
     *
     * @param q Qᵀ, columns × m with the stride of the layout; that of {@code sums} is empty, as is its K
     * @param k K, r × r
     * @param g G at the parameters before the update, r × r
     */
    Objective update(CpuSession<P> session, float[] q, float[] k, float[] g, Sums sums);
}
