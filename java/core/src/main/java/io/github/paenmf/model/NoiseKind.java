package io.github.paenmf.model;

/** What the noise does as the signal v̂ grows: which part of its variance a + b·v̂ + c·v̂² is the most. */
public enum NoiseKind {
    /** Its variance is a, the same for all values. */
    CONSTANT("the noise is the same for small and large values"),
    /** Its variance is b·v̂, as that of counts. */
    COUNTS("the noise grows with the signal like counts'"),
    /** Its variance is c·v̂². */
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
