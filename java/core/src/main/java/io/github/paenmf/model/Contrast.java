package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;

/**
 * How far each feature sets a component apart from the others, as the distinctive genes of a programme: the method of Dey,
 * Hsiao and Stephens 2017 (Visualizing the structure of RNA-seq expression data using grade of membership models, PLoS
 * Genetics 13). Where the greatest weights are those of features that are large in every component, this names those that are
 * large in one.
 */
public final class Contrast {

    /** What a share counts as at least, over the number of features, so that one of 0 is not infinitely far from others. */
    private static final double LEAST_SHARE = 1e-6;

    private Contrast() {}

    /**
     * The contrast of each weight. With θ, the shares of the features in a component, which sum to 1, it is the least
     * Kullback-Leibler divergence of Poisson distributions with these means to another component l, θ ln(θ/θₗ) + θₗ − θ, in
     * nats; and 0 unless θ is greater than in all other components. So it does not depend on the lengths of components, but it
     * does on the units of features, which should be the same.
     *
     * @param basis m × r, finite and ≥ 0, with at least two components; not written to
     * @return m × r, ≥ 0, with the names of the basis
     * @throws IllegalArgumentException if there is one component
     */
    public static Matrix of(Matrix basis) {
        int r = basis.columns();
        if (r < 2) {
            throw new IllegalArgumentException("one component has no others to be set apart from");
        }
        double[] totals = new double[r];
        for (int f = 0; f < basis.rows(); f++) {
            for (int j = 0; j < r; j++) {
                totals[j] += basis.get(f, j);
            }
        }
        double least = LEAST_SHARE / basis.rows();
        Matrix contrast = Matrix.zeros(basis.rows(), r);
        double[] shares = new double[r];
        for (int f = 0; f < basis.rows(); f++) {
            int greatest = 0;
            for (int j = 0; j < r; j++) {
                shares[j] = totals[j] > 0 ? Math.max(least, basis.get(f, j) / totals[j]) : least;
                greatest = shares[j] > shares[greatest] ? j : greatest;
            }
            // of two means below θ the greater is nearer to it
            double second = 0;
            for (int j = 0; j < r; j++) {
                second = j == greatest ? second : Math.max(second, shares[j]);
            }
            double share = shares[greatest];
            contrast.storage(f)[contrast.offset(f) + greatest] =
                    (float) Math.max(0, share * Math.log(share / second) + second - share); // rounding
        }
        return contrast.withNames(basis.rowNames(), basis.columnNames());
    }
}
