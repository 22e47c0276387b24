package io.github.paenmf.model;

/** How Wf is kept non-negative. */
public enum DecoderUpdate {
    /** A step of the optimiser, then negative values are set to 0 (paper section 2.4). */
    PROJECTED,
    /** Wf ← Wf ∘ VᵀH / (Wf·HᵀH) (Lee and Seung 1999). */
    MULTIPLICATIVE
}
