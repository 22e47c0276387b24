package io.github.paenmf.backend;

/**
 * What a sweep over a factor of variational NMF adds up, as it lies in {@link Sums#ofRows}:
 * [Σ variance | Σ inclusion | Σ mean | Σ KL], the first three for each component.
 */
public final class VbSums {

    /** What averages over mini-batches forget by: (1 + t)^−κ (Hoffman, Blei, Wang and Paisley 2013). */
    private static final double FORGETTING = 0.55;

    private VbSums() {}

    /**
     * What an average over mini-batches moves by.
     *
     * @param updates how many went before
     */
    public static double averagingRate(int updates) {
        return updates == 0 ? 1 : Math.pow(1 + updates, -FORGETTING);
    }

    /** How many numbers. */
    public static int count(int rank) {
        return 3 * rank + 1;
    }
}
