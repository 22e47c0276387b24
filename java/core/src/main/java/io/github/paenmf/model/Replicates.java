package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;

/**
 * What other fits than the model's own say of its parts.
 *
 * @param stability over restarts, or null where there were none
 * @param bootstrap or null where there was none
 */
public record Replicates(Stability stability, Bootstrap bootstrap) {

    /** Where a model was fitted once. */
    public static final Replicates NONE = new Replicates(null, null);

    /** The same where those were in units of the data, for a model whose basis is in units of the data divided by a scale. */
    public Replicates inUnitsOf(double dataScale) {
        Stability scaledStability = stability == null
                ? null
                : new Stability(
                        stability.restarts(),
                        stability.resample(),
                        stability.objectives(),
                        stability.matches(),
                        divided(stability.consensus(), dataScale),
                        stability.kept(),
                        stability.ofConsensus());
        return new Replicates(
                scaledStability,
                bootstrap == null ? null : new Bootstrap(bootstrap.matches(), divided(bootstrap.errors(), dataScale)));
    }

    /** The same for a model whose components have other lengths or another order. */
    Replicates rearranged(Rearrangement change) {
        Stability moved = stability == null
                ? null
                : new Stability(
                        stability.restarts(),
                        stability.resample(),
                        stability.objectives(),
                        change.of(stability.matches()),
                        change.ofWeights(stability.consensus()),
                        change.of(stability.kept()),
                        stability.ofConsensus());
        return new Replicates(
                moved,
                bootstrap == null
                        ? null
                        : new Bootstrap(change.of(bootstrap.matches()), change.ofWeights(bootstrap.errors())));
    }

    private static Matrix divided(Matrix matrix, double divisor) {
        Matrix quotients = matrix.copy();
        for (int f = 0; f < matrix.rows(); f++) {
            for (int j = 0; j < matrix.columns(); j++) {
                quotients.storage(f)[quotients.offset(f) + j] = (float) (matrix.get(f, j) / divisor);
            }
        }
        return quotients;
    }

    /** Refuses those of another shape of basis. */
    void requireOf(int features, int rank) {
        require(stability == null ? null : stability.consensus(), features, rank);
        require(bootstrap == null ? null : bootstrap.errors(), features, rank);
    }

    private static void require(Matrix matrix, int features, int rank) {
        if (matrix != null && (matrix.rows() != features || matrix.columns() != rank)) {
            throw new IllegalArgumentException("replicates of a basis of " + matrix.rows() + " × " + matrix.columns()
                    + " for one of " + features + " × " + rank);
        }
    }
}
