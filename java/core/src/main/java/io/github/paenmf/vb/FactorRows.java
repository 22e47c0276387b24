package io.github.paenmf.vb;

/**
 * What the variational posterior says of some rows of one factor: samples (rows of H) or features (rows of W). All
 * arrays are rows × rank, row-major; they are not copied and must not be changed.
 *
 * @param rows how many, n
 * @param rank number of components, r
 * @param mean posterior means, the probability of 0 included
 * @param variance posterior variances, the probability of 0 included; above 0
 * @param inclusion probability that a coefficient is not 0, in (0, 1]; 1 without a point mass
 * @param projection the data times the other factor's means: V·W for H, Vᵀ·H for W
 */
public record FactorRows(
        int rows, int rank, double[] mean, double[] variance, double[] inclusion, double[] projection) {

    /** The least variance that is told from 0. */
    private static final double LEAST_VARIANCE = 1e-300;

    /** @throws IllegalArgumentException if an array has another length, or a value is out of range */
    public FactorRows {
        Require.atLeast("the number of rows", rows, 0);
        Require.atLeast("the rank", rank, 1);
        long count = (long) rows * rank;
        Require.length("the means", mean, count);
        Require.length("the variances", variance, count);
        Require.length("the inclusion probabilities", inclusion, count);
        Require.length("the projections", projection, count);
        Require.range("mean", mean, 0, Double.MAX_VALUE);
        Require.range("variance", variance, LEAST_VARIANCE, Double.MAX_VALUE);
        Require.range("inclusion", inclusion, Double.MIN_NORMAL, 1);
        Require.range("projection", projection, -Double.MAX_VALUE, Double.MAX_VALUE);
    }

    /** These components only. */
    FactorRows select(int[] components) {
        if (components.length == rank) {
            return this;
        }
        return new FactorRows(
                rows,
                components.length,
                columns(mean, components),
                columns(variance, components),
                columns(inclusion, components),
                columns(projection, components));
    }

    /** Some rows, in that order. */
    FactorRows rows(int[] chosen) {
        if (chosen.length == rows) {
            return this;
        }
        return new FactorRows(
                chosen.length,
                rank,
                rows(mean, chosen),
                rows(variance, chosen),
                rows(inclusion, chosen),
                rows(projection, chosen));
    }

    private double[] rows(double[] values, int[] chosen) {
        double[] selected = new double[chosen.length * rank];
        for (int i = 0; i < chosen.length; i++) {
            System.arraycopy(values, chosen[i] * rank, selected, i * rank, rank);
        }
        return selected;
    }

    private double[] columns(double[] values, int[] components) {
        double[] selected = new double[rows * components.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < components.length; j++) {
                selected[i * components.length + j] = values[i * rank + components[j]];
            }
        }
        return selected;
    }
}
