package io.github.paenmf.model;

/** How a step's gradient becomes a change of the parameters. */
public enum Optimiser {
    /** Adam (Kingma and Ba 2015) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8. */
    ADAM,
    /** Plain gradient descent, as in the paper (section 2.4). */
    GD
}
