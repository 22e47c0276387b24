package io.github.paenmf.model;

/** Where standard NMF starts. */
public enum NmfInit {
    /** H ~ U(0, 2) and W ~ U(0, 2)·mean_j(V)/r. */
    RANDOM,
    /**
     * Non-negative double singular value decomposition (Boutsidis and Gallopoulos 2008). For {@link
     * NmfAlgorithm#MU} and {@link NmfAlgorithm#KL}, which cannot leave 0, zeros become the mean of V: the paper's
     * NNDSVDa. Components beyond V's rank start as with {@link #RANDOM}.
     */
    NNDSVD,
    /** {@link #NNDSVD} with the mean of V in place of zeros, for every algorithm; the paper's NNDSVDa. */
    NNDSVDA,
    /**
     * {@link #NNDSVD} with random numbers in place of zeros, the magnitudes of normal ones with a hundredth of the mean of V
     * for their deviation, by the seed; the paper's NNDSVDar has uniform ones up to that, this is scikit-learn's.
     */
    NNDSVDAR,
    /** Given factors ({@link GivenFactors}); components beyond these as with {@link #RANDOM}. */
    GIVEN;

    /** Whether it is made of a singular value decomposition. */
    public boolean isOfSvd() {
        return this == NNDSVD || this == NNDSVDA || this == NNDSVDAR;
    }
}
