package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbPriors;

/**
 * What a sweep over the posteriors of a factor's coefficients takes for given.
 *
 * @param precision of the likelihood, 1/σ²
 * @param inverseScale times which the products with the raw data count
 * @param priorMean of each component: the mean of its exponential prior, above 0
 * @param logit of each component: ln(π/(1 − π)), where a coefficient is 0 with probability 1 − π under the prior; null
 *     without a point mass at 0
 * @param rows where prior means are those of rows: what they have beside {@code priorMean}; else null
 */
record PosteriorParameters(float precision, float inverseScale, float[] priorMean, float[] logit, RowPriors rows) {

    /** With the prior means of components. */
    PosteriorParameters(float precision, float inverseScale, float[] priorMean, float[] logit) {
        this(precision, inverseScale, priorMean, logit, null);
    }

    /** The same with prior means of rows; null for those of components. */
    PosteriorParameters withRows(RowPriors newRows) {
        return new PosteriorParameters(precision, inverseScale, priorMean, logit, newRows);
    }

    /** The same for rows from one on. */
    PosteriorParameters from(int row) {
        return rows == null ? this : withRows(rows.from(row));
    }

    boolean pointMass() {
        return logit != null;
    }

    /** Of the sweep over H. */
    static PosteriorParameters ofCoefficients(VbPriors priors, float inverseScale) {
        return of(priors, inverseScale, priors.coefficientMean(), priors.coefficientInclusion());
    }

    /** Of the sweep over W. */
    static PosteriorParameters ofWeights(VbPriors priors, float inverseScale) {
        return of(priors, inverseScale, priors.mean(), priors.inclusion());
    }

    private static PosteriorParameters of(VbPriors priors, float inverseScale, double[] mean, double[] inclusion) {
        float[] means = new float[mean.length];
        float[] logit = priors.zeros() ? new float[mean.length] : null;
        for (int j = 0; j < mean.length; j++) {
            means[j] = (float) mean[j];
            if (logit != null) {
                logit[j] = (float) Math.log(inclusion[j] / (1 - inclusion[j]));
            }
        }
        return new PosteriorParameters((float) (1 / priors.squaredSigma()), inverseScale, means, logit);
    }
}
