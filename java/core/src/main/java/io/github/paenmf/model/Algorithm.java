package io.github.paenmf.model;

/** What a fitted model is of. */
public enum Algorithm {
    /** Probabilistic NMF by exact variational inference. */
    VB("variational NMF"),
    /** Probabilistic NMF by a variational autoencoder. */
    PAE("PAE-NMF"),
    /** The deterministic autoencoder with one hidden layer: {@link TrainOn#SCALE}. */
    AE("autoencoder without distributions"),
    /** Standard NMF by multiplicative updates: {@link NmfAlgorithm#MU}. */
    NMF_MU("NMF, multiplicative updates"),
    /** Standard NMF by hierarchical alternating least squares: {@link NmfAlgorithm#HALS}. */
    NMF_HALS("NMF, hierarchical alternating least squares"),
    /** NMF of counts, by the Kullback-Leibler divergence: {@link NmfAlgorithm#KL}. */
    NMF_KL("NMF, Kullback-Leibler divergence");

    private final String title;

    Algorithm(String title) {
        this.title = title;
    }

    /** What a report calls it. */
    public String title() {
        return title;
    }

    /** Whether coefficients are distributions, which have samples, rather than numbers. */
    public boolean isProbabilistic() {
        return this == PAE || this == VB;
    }
}
