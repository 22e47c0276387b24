package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.DenseRows;
import io.github.paenmf.data.RowBlock;

/**
 * Products with a run of rows of dense data. V is the block, rows × m; all matrices are row-major.
 */
final class BlockProducts {

    private final Gemm gemm;

    BlockProducts(Gemm gemm) {
        this.gemm = gemm;
    }

    /** C = V·B with a B, m × columns, that was made ready. */
    void project(RowBlock v, Gemm.RightFactor b, float[] c, int offsetC, int ldc) {
        DenseRows dense = (DenseRows) v;
        b.multiply(dense.rows(), dense.values(), dense.offset(), dense.columns(), c, offsetC, ldc);
    }

    /** C = V·B, rows × columns. */
    void project(RowBlock v, int columns, float[] b, int offsetB, int ldb, float[] c, int offsetC, int ldc) {
        project(v, 0, v.columns(), false, columns, b, offsetB, ldb, c, offsetC, ldc);
    }

    /**
     * C = V'·B, rows × columns, where V' are {@code width} features of V.
     *
     * @param from the first feature
     * @param transposed whether {@code b} holds Bᵀ, columns × width, instead of B
     */
    void project(
            RowBlock v,
            int from,
            int width,
            boolean transposed,
            int columns,
            float[] b,
            int offsetB,
            int ldb,
            float[] c,
            int offsetC,
            int ldc) {
        DenseRows dense = (DenseRows) v;
        gemm.multiply(
                false,
                transposed,
                dense.rows(),
                columns,
                width,
                dense.values(),
                dense.offset() + from,
                dense.columns(),
                b,
                offsetB,
                ldb,
                false,
                c,
                offsetC,
                ldc);
    }

    /**
     * C = A·V' or, where asked, C += A·V', columns × width, where V' are {@code width} features of V.
     *
     * @param transposed whether {@code a} holds Aᵀ, rows × columns, instead of A
     * @param from the first feature
     */
    void accumulate(
            boolean transposed,
            int columns,
            float[] a,
            int offsetA,
            int lda,
            RowBlock v,
            int from,
            int width,
            boolean add,
            float[] c,
            int offsetC,
            int ldc) {
        DenseRows dense = (DenseRows) v;
        gemm.multiply(
                transposed,
                false,
                columns,
                width,
                dense.rows(),
                a,
                offsetA,
                lda,
                dense.values(),
                dense.offset() + from,
                dense.columns(),
                add,
                c,
                offsetC,
                ldc);
    }
}
