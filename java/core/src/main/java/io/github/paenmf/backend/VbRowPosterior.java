package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullPosterior;
import io.github.paenmf.model.FittedVb;

/**
 * The posterior of the coefficients of rows of a fitted variational NMF, from the means of all of a row, which a device
 * finds by sweeps from a cold start.
 */
public final class VbRowPosterior {

    /** Sweeps over a row. */
    public static final int MOST_SWEEPS = 500;
    /** Of a row's greatest mean: a sweep that changes no mean by more ends the row's. */
    public static final float CONVERGED = 1e-6f;

    /** The prior mean of every coefficient. */
    private static final double PRIOR_MEAN = 1;

    private final int r;
    private final float[] gram;
    private final float precision;
    /** Of each component ln(π/(1 − π)); null where no coefficient is 0. */
    private final float[] logit;

    public VbRowPosterior(FittedVb model) {
        this.r = model.rank();
        double[] secondMoments = model.parameters().secondMoments();
        this.gram = new float[secondMoments.length];
        for (int i = 0; i < gram.length; i++) {
            gram[i] = (float) secondMoments[i];
        }
        VbPriors priors = new VbPriors(model.configuration(), model.features());
        priors.set(model.parameters());
        this.precision = (float) (1 / priors.squaredSigma());
        this.logit = priors.zeros() ? new float[r] : null;
        for (int j = 0; logit != null && j < r; j++) {
            double share = priors.coefficientInclusion()[j];
            logit[j] = (float) Math.log(share / (1 - share));
        }
    }

    /** E[WᵀW], r × r; the array itself. */
    public float[] gram() {
        return gram;
    }

    /**
     * The best posterior of each coefficient of a row, given the means of all: 0 with probability 1 − p, else Weibull.
     *
     * @param numerators V·W of the scaled data, from {@code at} on
     * @param means from {@code at} on
     * @param row which row receives scales λ, shapes k and p, n × r each
     * @param inclusion null if it is not asked for
     */
    public void put(float[] numerators, float[] means, int at, int row, Matrix lambda, Matrix k, Matrix inclusion) {
        for (int j = 0; j < r; j++) {
            double b = numerators[at + j];
            for (int l = 0; l < r; l++) {
                if (l != j) {
                    b -= (double) gram[j * r + l] * means[at + l];
                }
            }
            double root = Math.sqrt((double) gram[j * r + j] * precision);
            double scale = PRIOR_MEAN; // where the data say nothing
            double shape = 1;
            double cost = 0;
            if (root > 0) {
                float beta = (float) ((b * precision - 1 / PRIOR_MEAN) / root);
                shape = WeibullPosterior.shape(beta);
                scale = WeibullPosterior.mean(beta) / root / Weibull.mean(shape, 1);
                cost = WeibullPosterior.leastCost(beta) + Math.log(root * PRIOR_MEAN) - Weibull.EULER_GAMMA - 1;
            }
            lambda.storage(row)[lambda.offset(row) + j] = (float) scale;
            k.storage(row)[k.offset(row) + j] = (float) shape;
            if (inclusion != null) {
                double logOdds = logit == null ? Double.POSITIVE_INFINITY : logit[j] - cost;
                inclusion.storage(row)[inclusion.offset(row) + j] = (float) (1 / (1 + Math.exp(-logOdds)));
            }
        }
    }
}
