package io.github.paenmf.model;

/** The functions f and g of paper equation 4, which make λ and k from the encoder's outputs. */
public enum Heads {
    /** max(a, 0), bounded below by the floor; the paper's choice. */
    RELU,
    /** ln(1 + eᵃ), bounded below by the floor. */
    SOFTPLUS
}
