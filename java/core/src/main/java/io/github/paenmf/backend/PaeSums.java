package io.github.paenmf.backend;

import java.util.Arrays;

/**
 * What the row stage of PAE-NMF adds up, as it lies in {@link Sums#ofRows}: [Σ dAλ | Σ dAk | Σ KL | ⟨H, C⟩], and with a
 * Poisson likelihood [Σ dAλ | Σ dAk | Σ h | Σ KL | −Σ v ln v̂].
 */
public final class PaeSums {

    private PaeSums() {}

    /** How many numbers. */
    public static int count(int rank) {
        return 2 * rank + 2;
    }

    /** How many numbers with a Poisson likelihood. */
    public static int countOfPoisson(int rank) {
        return count(rank) + rank;
    }

    /** Σ h of a component, with a Poisson likelihood. */
    public static double coefficients(Sums sums, int rank, int component) {
        return sums.ofRows()[2 * rank + component];
    }

    /** Gradients of [bλ | bk], 2r; a copy. */
    public static double[] biasGradients(Sums sums) {
        return Arrays.copyOf(sums.ofRows(), sums.ofRows().length - 2);
    }

    /** Σ KL in nats. */
    public static double kl(Sums sums) {
        return sums.ofRows()[sums.ofRows().length - 2];
    }

    /** ⟨H, C⟩ with C = V·Wf, in units of the scaled data; −Σ v ln v̂ with a Poisson likelihood. */
    public static double hc(Sums sums) {
        return sums.ofRows()[sums.ofRows().length - 1];
    }
}
