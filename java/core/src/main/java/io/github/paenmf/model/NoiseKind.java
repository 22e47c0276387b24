package io.github.paenmf.model;

/** What the noise does as the signal grows. */
public enum NoiseKind {
    CONSTANT("the noise is the same for small and large values"),
    COUNTS("the noise grows with the signal like counts'"),
    PERCENTAGE("the noise is a constant percentage of the signal");

    private final String words;

    NoiseKind(String words) {
        this.words = words;
    }

    /** A sentence for users, without a full stop. */
    public String words() {
        return words;
    }
}
