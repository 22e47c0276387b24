package io.github.paenmf.model;

/** How intervals of variational NMF are made, from the most to the least that they take into account. */
public enum IntervalMethod {
    /**
     * {@link #ROTATION} where it takes 10 s at most on two processors and its intervals hold the weights of the fit, else
     * {@link #JOINT}; with a Poisson likelihood {@link #CONDITIONAL} where that is too large, too.
     */
    AUTO("chosen by size"),
    /** The rotation of the factors against each other, which the data leave open, by a normal distribution at its mode. */
    ROTATION("the rotation of the factors by a normal distribution at its mode"),
    /** The rotation by draws of Hamiltonian Monte Carlo. */
    SAMPLED("the rotation of the factors by Hamiltonian Monte Carlo"),
    /** Linear response with the other factor free. */
    JOINT("linear response of both factors together"),
    /** Linear response given the other factor. */
    CONDITIONAL("linear response given the other factor"),
    /** The variational posterior as it is, of each coefficient by itself; too narrow where coefficients trade off. */
    MEAN_FIELD("each coefficient by itself");

    private final String title;

    IntervalMethod(String title) {
        this.title = title;
    }

    /** Whether the kind of noise makes a difference, or can, where it is chosen by size. */
    public boolean usesNoise() {
        return this == AUTO || this == ROTATION || this == SAMPLED;
    }

    /** What a report says of it. */
    public String title() {
        return title;
    }
}
