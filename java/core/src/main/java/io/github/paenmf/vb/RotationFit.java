package io.github.paenmf.vb;

import io.github.paenmf.model.BasisEstimates;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NoiseKind;
import io.github.paenmf.model.VbIntervals;

/**
 * Draws of the rotation of a fit, as its model keeps them.
 *
 * @param method how they were drawn
 * @param draws the draws
 * @param effectiveSize least effective sample size, or 0 for independent draws
 * @param converged whether the mode was found
 */
record RotationFit(IntervalMethod method, RotationDraws draws, double effectiveSize, boolean converged) {

    private static final int NORMAL_DRAWS = 400;
    private static final int SAMPLED_DRAWS = 500;

    /**
     * Draws.
     *
     * @param method {@link IntervalMethod#ROTATION} or {@link IntervalMethod#SAMPLED}
     */
    static RotationFit of(IntervalMethod method, RotationPosterior posterior, long seed) {
        if (method == IntervalMethod.SAMPLED) {
            SampledRotation sampled = posterior.sampled(SAMPLED_DRAWS, seed);
            return new RotationFit(method, sampled.draws(), sampled.leastEffectiveSize(), posterior.converged());
        }
        return new RotationFit(method, posterior.normal(NORMAL_DRAWS, seed), 0, posterior.converged());
    }

    /** Of a model whose intervals these are. */
    static RotationDraws drawsOf(VbIntervals kept, int rank) {
        return new RotationDraws(rank, kept.live(), kept.mode(), kept.rotations(), kept.scales());
    }

    /**
     * What a model keeps.
     *
     * @param noise a, b and c of the noise's variance
     * @param projection Q, m × r
     * @param gram K, r × r
     * @param shares of the basis, or empty
     */
    VbIntervals intervals(
            double[] noise, NoiseKind kind, double[] projection, double[] gram, double[] shares, BasisEstimates basis) {
        double[] none = new double[0];
        return new VbIntervals(
                method,
                noise,
                kind,
                projection,
                gram,
                shares,
                draws.live(),
                draws.mode(),
                draws.matrices(),
                draws.scales(),
                effectiveSize,
                none,
                none,
                none,
                basis,
                converged);
    }
}
