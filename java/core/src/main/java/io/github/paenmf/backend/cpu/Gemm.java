package io.github.paenmf.backend.cpu;

/** Single-threaded float32 matrix product on row-major arrays. Implementations are thread-safe. */
interface Gemm {

    /** Provider and kind of kernels, for logs. */
    String description();

    /**
     * C = α·op(A)·op(B) + β·C. Equal arguments give equal bits. With β = 0, C need not be initialised.
     *
     * @param transposeA whether op(A) = Aᵀ, A then being k × m
     * @param transposeB whether op(B) = Bᵀ, B then being n × k
     * @param m rows of op(A) and C
     * @param n columns of op(B) and C
     * @param k columns of op(A), rows of op(B)
     * @param lda distance in {@code a} between rows of A; likewise {@code ldb}, {@code ldc}
     */
    void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            float alpha,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            float beta,
            float[] c,
            int offsetC,
            int ldc);
}
