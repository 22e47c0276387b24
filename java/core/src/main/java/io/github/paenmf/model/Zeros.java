package io.github.paenmf.model;

/** Whether coefficients of variational NMF may be exactly 0. */
public enum Zeros {
    /** Each component has a point mass at 0 on either factor, whose share is learned. */
    LEARN,
    /** Every coefficient is above 0: the paper's prior. */
    OFF
}
