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
    /** How often each coefficient counts, from {@link #firstWeight} on; null for once. */
    private float[] weights;

    private int firstWeight;

    PosteriorSums(int rank) {
        mean = new double[rank];
        variance = new double[rank];
        inclusion = new double[rank];
    }

    /** Sets how often coefficients count from now on; null for once. */
    void weigh(float[] newWeights, int first) {
        weights = newWeights;
        firstWeight = first;
    }

    /** Multiplies what is to be added for coefficients from one on by their weights. */
    void weigh(int from, int size, PosteriorScratch scratch) {
        for (int i = 0; weights != null && i < size; i++) {
            float weight = weights[firstWeight + from + i];
            scratch.x[i] *= weight;
            scratch.spread[i] *= weight;
            scratch.inclusion[i] *= weight;
            scratch.kl[i] *= weight;
        }
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
