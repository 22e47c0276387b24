package io.github.paenmf.model;

import java.util.Arrays;

/**
 * What the data of a fit say of each row of the basis, given its coefficients, where rows differ in that: what intervals by
 * the rotation are made of where entries were missing, and with a Poisson likelihood. Of the l components that take part
 * in the rotation; a symmetric matrix is packed into its l(l + 1)/2 upper elements, row by row. Arrays are not copied and
 * must not be written to.
 *
 * @param estimates least-squares weights, m × l, not cut off at 0
 * @param covariances of them, m packed matrices
 * @param posterior covariance of the weights of each feature under the posterior, m packed matrices: what rows need with
 *     a Poisson likelihood; else empty
 */
public record BasisEstimates(double[] estimates, double[] covariances, double[] posterior) {

    /** Where all rows are known alike, or intervals are by another method. */
    public static final BasisEstimates NONE = new BasisEstimates(new double[0], new double[0], new double[0]);

    /** Whether there are none. */
    public boolean isNone() {
        return covariances.length == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BasisEstimates that
                && Arrays.equals(estimates, that.estimates)
                && Arrays.equals(covariances, that.covariances)
                && Arrays.equals(posterior, that.posterior);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(estimates) + Arrays.hashCode(covariances);
    }

    @Override
    public String toString() {
        return isNone() ? "none" : estimates.length + " weights";
    }
}
