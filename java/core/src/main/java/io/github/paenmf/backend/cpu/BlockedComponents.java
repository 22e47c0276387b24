package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/**
 * Goes through the components of a factor X of V ≈ X·Yᵀ, some at once: what the others contribute to X·YᵀY stays the
 * same for all of these, and is a matrix product. Components before have their new values by then.
 */
final class BlockedComponents {

    static final int AT_ONCE = 16;

    /** The update of components {@code from} to {@code to}, from what the others contribute to X·YᵀY. */
    interface Update {
        void run(int from, int to, float[] product);
    }

    private BlockedComponents() {}

    /** Room for the products of factors with components of so many values. */
    static float[] products(int rank, int count) {
        return new float[Math.min(rank, AT_ONCE) * count];
    }

    /**
     * @param x Xᵀ, one row per component
     * @param count values of a component, which is the stride of {@code product}, too
     * @param gram YᵀY, r × r
     * @param product scratch space
     */
    static void forAll(Gemm gemm, int r, MatrixView x, int count, MatrixView gram, float[] product, Update update) {
        forAll(gemm, 0, r, x, count, gram, product, update);
    }

    /**
     * The same, except for the first components, which only take part in the products.
     *
     * @param firstComponent the first that is updated
     */
    static void forAll(
            Gemm gemm,
            int firstComponent,
            int r,
            MatrixView x,
            int count,
            MatrixView gram,
            float[] product,
            Update update) {
        for (int from = firstComponent; from < r; from += AT_ONCE) {
            int to = Math.min(r, from + AT_ONCE);
            Arrays.fill(product, 0, (to - from) * count, 0f);
            add(gemm, x, count, gram, from, to, 0, from, product);
            add(gemm, x, count, gram, from, to, to, r, product);
            update.run(from, to, product);
        }
    }

    /** Adds to X·YᵀY of some components what those from {@code first} on and before {@code last} contribute. */
    private static void add(
            Gemm gemm,
            MatrixView x,
            int count,
            MatrixView gram,
            int from,
            int to,
            int first,
            int last,
            float[] product) {
        if (first < last) {
            gemm.multiply(
                    false,
                    false,
                    to - from,
                    count,
                    last - first,
                    gram.data(),
                    gram.row(from) + first,
                    gram.stride(),
                    x.data(),
                    x.row(first),
                    x.stride(),
                    true,
                    product,
                    0,
                    count);
        }
    }
}
