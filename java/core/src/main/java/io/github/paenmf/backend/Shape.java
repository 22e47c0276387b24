package io.github.paenmf.backend;

/**
 * What the stages of every algorithm need to know before they see data.
 *
 * @param rows n of the data
 * @param features m
 * @param rank r
 * @param columns of W, P and S, at least r: the last r of W are the decoder, of S the coefficients H
 * @param batchRows most rows of a step: those of a mini-batch, or n
 * @param dataScale what V is divided by
 * @param sparse whether the products go by the nonzeros of V: it is a {@link io.github.paenmf.data.SparseSource}, or the
 *     likelihood is Poisson
 */
public record Shape(int rows, int features, int rank, int columns, int batchRows, double dataScale, boolean sparse) {

    /** Whether a step takes fewer rows than there are, and so rows in an order of their own. */
    public boolean hasMiniBatches() {
        return batchRows < rows;
    }
}
