package io.github.paenmf.model;

/** What a fitted model is of. */
public enum Algorithm {
    /** Probabilistic NMF by exact variational inference. */
    VB,
    /** Probabilistic NMF by a variational autoencoder. */
    PAE,
    /** The deterministic autoencoder with one hidden layer: {@link TrainOn#SCALE}. */
    AE,
    /** Standard NMF by multiplicative updates: {@link NmfAlgorithm#MU}. */
    NMF_MU,
    /** Standard NMF by hierarchical alternating least squares: {@link NmfAlgorithm#HALS}. */
    NMF_HALS;

    /** Whether coefficients are distributions, which have samples, rather than numbers. */
    public boolean isProbabilistic() {
        return this == PAE || this == VB;
    }
}
