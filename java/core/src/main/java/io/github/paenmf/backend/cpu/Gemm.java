package io.github.paenmf.backend.cpu;

/**
 * Single-threaded float32 matrix products on row-major arrays. Implementations are thread-safe. Equal
 * arguments give equal bits, and an element of C has the same bits wherever in C it lies.
 */
public interface Gemm {

    /** Provider and kind of kernels, for logs. */
    String description();

    /**
     * C = op(A)·op(B), or op(A)·op(B) added to C.
     *
     * @param transposeA whether op(A) = Aᵀ, A then being k × m
     * @param transposeB whether op(B) = Bᵀ, B then being n × k
     * @param m rows of op(A) and C
     * @param n columns of op(B) and C
     * @param k columns of op(A), rows of op(B)
     * @param add whether to add to C; otherwise C need not be initialised
     * @param lda distance in {@code a} between rows of A; likewise {@code ldb}, {@code ldc}
     */
    void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            boolean add,
            float[] c,
            int offsetC,
            int ldc);

    /** Room for a k × n matrix B that many matrices are multiplied with. */
    default RightFactor rightFactor(int n, int k) {
        return new UnpackedFactor(this, n, k);
    }

    /** A matrix B, k × n, made ready once to be the right factor of many products. */
    interface RightFactor {

        /**
         * Takes over rows of B from Bᵀ. Threads may each set rows of their own.
         *
         * @param transposed Bᵀ, n × k, rows with a stride of {@code ld}; always the same array,
         *     which must not change before the products are made
         */
        void set(int fromRow, int toRow, float[] transposed, int ld);

        /** Columns that C must have room for, at least n. */
        int columns();

        /** C = A·B for m rows of A. What is stored in columns of C beyond n means nothing. */
        void multiply(int m, float[] a, int offsetA, int lda, float[] c, int offsetC, int ldc);
    }
}
