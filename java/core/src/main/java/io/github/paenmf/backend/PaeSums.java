package io.github.paenmf.backend;

import java.util.Arrays;

/** What the row stage of PAE-NMF adds up, as it lies in {@link Sums#ofRows}: [Σ dAλ | Σ dAk | Σ KL | ⟨H, C⟩]. */
public final class PaeSums {

    private PaeSums() {}

    /** How many numbers. */
    public static int count(int rank) {
        return 2 * rank + 2;
    }

    /** Gradients of [bλ | bk], 2r; a copy. */
    public static double[] biasGradients(Sums sums) {
        return Arrays.copyOf(sums.ofRows(), sums.ofRows().length - 2);
    }

    /** Σ KL in nats. */
    public static double kl(Sums sums) {
        return sums.ofRows()[sums.ofRows().length - 2];
    }

    /** ⟨H, C⟩ with C = V·Wf, in units of the scaled data. */
    public static double hc(Sums sums) {
        return sums.ofRows()[sums.ofRows().length - 1];
    }
}
