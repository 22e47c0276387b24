package io.github.paenmf.model;

/** Where standard NMF starts. */
public enum NmfInit {
    /** H ~ U(0, 2) and W ~ U(0, 2)·mean_j(V)/r. */
    RANDOM,
    /**
     * Non-negative double singular value decomposition (Boutsidis and Gallopoulos 2008). For {@link
     * NmfAlgorithm#MU} and {@link NmfAlgorithm#KL}, which cannot leave 0, zeros become the mean of V: the paper's NNDSVDa. Components beyond V's
     * rank start as with {@link #RANDOM}.
     */
    NNDSVD,
    /** Given factors ({@link GivenFactors}); components beyond these as with {@link #RANDOM}. */
    GIVEN
}
