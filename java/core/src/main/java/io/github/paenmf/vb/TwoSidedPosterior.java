package io.github.paenmf.vb;

import java.util.stream.IntStream;

/**
 * A fit of variational NMF, V ~ N(H·Wᵀ, σ²), with independent posteriors of all coefficients of both factors.
 *
 * @param h posterior of H, n × r
 * @param w posterior of W, m × r
 * @param priorH prior of H
 * @param priorW prior of W
 * @param gramH K = E[HᵀH], r × r: the means' product and the sums of variances on its diagonal
 * @param gramW G = E[WᵀW], r × r
 * @param noiseVariance σ²
 */
public record TwoSidedPosterior(
        FactorRows h,
        FactorRows w,
        FactorPrior priorH,
        FactorPrior priorW,
        double[] gramH,
        double[] gramW,
        double noiseVariance) {

    /** @throws IllegalArgumentException if ranks or lengths differ, or σ² is not above 0 and finite */
    public TwoSidedPosterior {
        int r = h.rank();
        Require.rank(w, r);
        Require.length("the prior means of H", priorH.mean(), r);
        Require.length("the prior means of W", priorW.mean(), r);
        Require.length("the Gram matrix of H", gramH, (long) r * r);
        Require.length("the Gram matrix of W", gramW, (long) r * r);
        Require.range("Gram matrix of H", gramH, -Double.MAX_VALUE, Double.MAX_VALUE);
        Require.range("Gram matrix of W", gramW, -Double.MAX_VALUE, Double.MAX_VALUE);
        Require.atLeast("the number of rows of H", h.rows(), 1);
        Require.atLeast("the number of rows of W", w.rows(), 1);
        Require.positive("the noise variance", noiseVariance);
    }

    int rank() {
        return h.rank();
    }

    /**
     * The components that the data say something about: ‖hⱼ‖²‖wⱼ‖² ≥ σ², so that all of a component's coefficients
     * together stand out of the noise of one entry. The others are 0 or what the prior says, and nothing turns into
     * them.
     */
    int[] liveComponents() {
        return IntStream.range(0, rank())
                .filter(j -> squaredNorm(h, j) * squaredNorm(w, j) >= noiseVariance)
                .toArray();
    }

    private static double squaredNorm(FactorRows factor, int j) {
        double sum = 0;
        for (int i = j; i < factor.mean().length; i += factor.rank()) {
            sum += factor.mean()[i] * factor.mean()[i];
        }
        return sum;
    }

    TwoSidedPosterior select(int[] components) {
        if (components.length == rank()) {
            return this;
        }
        return new TwoSidedPosterior(
                h.select(components),
                w.select(components),
                priorH.select(components),
                priorW.select(components),
                Dense.submatrix(gramH, rank(), components),
                Dense.submatrix(gramW, rank(), components),
                noiseVariance);
    }
}
