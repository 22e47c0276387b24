package io.github.paenmf.model;

/** Where variational NMF starts. */
public enum VbInit {
    /** From 20 epochs of {@link NmfAlgorithm#HALS}. */
    NMF,
    /** W ~ U(0, 2)·mean_j(V)/r. */
    RANDOM,
    /** From a given basis; components beyond it as with {@link #RANDOM}. */
    GIVEN
}
