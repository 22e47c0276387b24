package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/** What a sweep over posteriors sums up, in an order that depends on the number of coefficients alone. */
final class PosteriorSums {

    /** Of each component, over its coefficients: the means, the variances, and the probabilities not to be 0. */
    final double[] mean;

    final double[] variance;
    final double[] inclusion;
    /** Σ KL(posterior ‖ prior), in nats. */
    double divergence;

    PosteriorSums(int rank) {
        mean = new double[rank];
        variance = new double[rank];
        inclusion = new double[rank];
    }

    void clear() {
        Arrays.fill(mean, 0);
        Arrays.fill(variance, 0);
        Arrays.fill(inclusion, 0);
        divergence = 0;
    }

    /** Adds those of other coefficients. */
    void add(PosteriorSums other) {
        for (int j = 0; j < mean.length; j++) {
            mean[j] += other.mean[j];
            variance[j] += other.variance[j];
            inclusion[j] += other.inclusion[j];
        }
        divergence += other.divergence;
    }
}
