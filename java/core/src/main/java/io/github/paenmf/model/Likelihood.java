package io.github.paenmf.model;

/** How data vary around H·Wᵀ. */
public enum Likelihood {
    /** v ~ N(Σ h·w, σ²): any numbers, in units of their root mean square. */
    GAUSSIAN,
    /** v ~ Poisson(Σ h·w): counts, whose unit is part of the model. */
    POISSON
}
