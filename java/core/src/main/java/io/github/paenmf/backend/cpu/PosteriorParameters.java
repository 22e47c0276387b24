package io.github.paenmf.backend.cpu;

/**
 * What a sweep over the posteriors of a factor's coefficients takes for given.
 *
 * @param precision of the likelihood, 1/σ²
 * @param inverseScale times which the products with the raw data count
 * @param priorMean of each component: the mean of its exponential prior, above 0
 * @param logit of each component: ln(π/(1 − π)), where a coefficient is 0 with probability 1 − π under the prior; null
 *     without a point mass at 0
 */
record PosteriorParameters(float precision, float inverseScale, float[] priorMean, float[] logit) {

    boolean pointMass() {
        return logit != null;
    }
}
