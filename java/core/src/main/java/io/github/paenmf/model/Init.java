package io.github.paenmf.model;

/** Where a fit starts. */
public enum Init {
    /** At random: heads around the prior, Wf around the features' means. */
    RANDOM,
    /**
     * From a short run of standard NMF: its basis, the heads that come closest to its coefficients, and shapes that
     * suit σ.
     */
    NMF,
    /**
     * From a short run of variational NMF: its basis, σ where that is learned, and the heads that come closest to the
     * posteriors of the rows. With KL and an exponential prior.
     */
    VB,
    /** From a given basis, as from that of {@link #NMF}; components beyond it at random. */
    GIVEN
}
