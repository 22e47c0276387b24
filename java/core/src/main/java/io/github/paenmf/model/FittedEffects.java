package io.github.paenmf.model;

import io.github.paenmf.data.FittedCovariates;

/**
 * What a fit keeps of covariates beside their effects B themselves, which are in its parameters.
 *
 * @param coding how covariates become numbers
 * @param covariances of B of each component, r × q × q, with q columns of numbers; must not be written to. Those of a
 *     normal approximation around B, other components given
 */
public record FittedEffects(FittedCovariates coding, double[] covariances) {

    /** Of a model without covariates. */
    public static final FittedEffects NONE = new FittedEffects(FittedCovariates.NONE, new double[0]);

    /**
     * Checks the lengths.
     *
     * @param effects B, r × q
     * @throws IllegalArgumentException if there are not as many covariances as that asks for
     */
    FittedEffects requireOf(double[] effects, int rank) {
        int q = coding.width();
        if (!coding.isNone() && (effects.length != rank * q || covariances.length != rank * q * q)) {
            throw new IllegalArgumentException("there are " + effects.length + " effects and " + covariances.length
                    + " covariances of them for " + q + " columns of covariates and rank " + rank);
        }
        return this;
    }
}
