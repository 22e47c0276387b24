package io.github.paenmf.backend;

/**
 * What a sweep over a factor of variational NMF adds up, as it lies in {@link Sums#ofRows}:
 * [Σ variance | Σ inclusion | Σ mean | Σ KL], the first three for each component.
 */
public final class VbSums {

    private VbSums() {}

    /** How many numbers. */
    public static int count(int rank) {
        return 3 * rank + 1;
    }
}
