package io.github.paenmf.model;

import java.util.Arrays;

/**
 * What intervals of a model of variational NMF are made of, of its basis and of any rows: nothing of it grows with the
 * rows that it was fitted on. Arrays are not copied and must not be written to.
 *
 * @param method how they are made, not {@link IntervalMethod#AUTO}
 * @param noise a, b and c of the noise's variance a + b·v̂ + c·v̂² by the fitted value, in units of the scaled data
 * @param noiseKind which of them is most of it
 * @param projection Q = Vᵀ·H, m × r, in units of the scaled data; zeros for {@link IntervalMethod#MEAN_FIELD}
 * @param gram E[HᵀH], r × r; likewise
 * @param shares by which the variance of each weight of the basis exceeds that of constant noise, m × live components;
 *     empty where the noise is constant
 * @param live components that take part in the rotation, ascending; empty for the other methods
 * @param mode of the rotation, live × live
 * @param rotations draws of it, draws × live × live
 * @param scales of each draw, draws × live
 * @param effectiveSize least effective sample size of the draws; 0 except for {@link IntervalMethod#SAMPLED}
 * @param coefficientBlocks covariance of the directions in which the factors are not determined, for coefficients, r × r
 *     × r; empty except for {@link IntervalMethod#JOINT}
 * @param basisBlocks likewise for the basis; empty with a Poisson likelihood, too
 * @param basisVariances variance of each weight of the basis, m × r, where the features differ in what the data say of
 *     them: where entries were missing, and with a Poisson likelihood, except for {@link IntervalMethod#MEAN_FIELD}; else
 *     empty
 * @param basisEstimates what the rotation takes of the rows of the basis where these differ in what the data say of them;
 *     likewise
 * @param complete whether all that the method asks for was done: the mode was found, or the directions were free as a
 *     whole
 */
public record VbIntervals(
        IntervalMethod method,
        double[] noise,
        NoiseKind noiseKind,
        double[] projection,
        double[] gram,
        double[] shares,
        int[] live,
        double[] mode,
        double[] rotations,
        double[] scales,
        double effectiveSize,
        double[] coefficientBlocks,
        double[] basisBlocks,
        double[] basisVariances,
        BasisEstimates basisEstimates,
        boolean complete) {

    /** Those of each coefficient by itself, which take nothing of the rows: {@link IntervalMethod#MEAN_FIELD}. */
    public static VbIntervals none(VbParameters parameters) {
        return ofCounts(IntervalMethod.MEAN_FIELD, parameters, new double[0], new double[0], true);
    }

    /** With a Poisson likelihood, where no part of the noise is to be known. */
    public static VbIntervals ofCounts(
            IntervalMethod method,
            VbParameters parameters,
            double[] coefficientBlocks,
            double[] basisVariances,
            boolean complete) {
        int r = parameters.rank();
        double[] none = new double[0];
        return new VbIntervals(
                method,
                new double[] {parameters.squaredSigma(), 0, 0},
                NoiseKind.CONSTANT,
                new double[parameters.features() * r],
                new double[r * r],
                none,
                new int[0],
                none,
                none,
                none,
                0,
                coefficientBlocks,
                none,
                basisVariances,
                BasisEstimates.NONE,
                complete);
    }

    /** Below this effective size, intervals by draws are uncertain. */
    public static final int LEAST_EFFECTIVE_SIZE = 100;

    @Override
    public boolean equals(Object other) {
        return other instanceof VbIntervals that
                && method == that.method
                && Arrays.equals(noise, that.noise)
                && noiseKind == that.noiseKind
                && Arrays.equals(projection, that.projection)
                && Arrays.equals(gram, that.gram)
                && Arrays.equals(shares, that.shares)
                && Arrays.equals(live, that.live)
                && Arrays.equals(mode, that.mode)
                && Arrays.equals(rotations, that.rotations)
                && Arrays.equals(scales, that.scales)
                && effectiveSize == that.effectiveSize
                && Arrays.equals(coefficientBlocks, that.coefficientBlocks)
                && Arrays.equals(basisBlocks, that.basisBlocks)
                && Arrays.equals(basisVariances, that.basisVariances)
                && basisEstimates.equals(that.basisEstimates)
                && complete == that.complete;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(projection) + Arrays.hashCode(gram);
    }

    @Override
    public String toString() {
        return method + ", noise " + Arrays.toString(noise);
    }
}
