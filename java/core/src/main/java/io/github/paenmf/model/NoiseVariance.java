package io.github.paenmf.model;

/** What intervals of variational NMF take the variance of the noise for. */
public enum NoiseVariance {
    /** A function of the signal, fitted to the residuals. */
    MEASURED,
    /** σ² everywhere. */
    CONSTANT
}
