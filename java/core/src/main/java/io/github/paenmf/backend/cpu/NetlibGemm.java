package io.github.paenmf.backend.cpu;

import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;

/** The pure-Java BLAS of dev.ludovic.netlib, with Vector API kernels where allowed and present. */
final class NetlibGemm implements Gemm {

    private final BLAS blas;

    private NetlibGemm(BLAS blas) {
        this.blas = blas;
    }

    /**
     * @param vectors whether its Vector API kernels may be used; without them, plain loops
     */
    static NetlibGemm create(boolean vectors) {
        return new NetlibGemm(vectors ? JavaBLAS.getInstance() : plainLoops());
    }

    /** netlib chooses by the module's presence alone and does not publish its other provider. */
    private static BLAS plainLoops() {
        try {
            var instance = Class.forName("dev.ludovic.netlib.blas.Java11BLAS").getMethod("getInstance");
            instance.setAccessible(true);
            return (BLAS) instance.invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("this version of dev.ludovic.netlib has no plain-loop BLAS", e);
        }
    }

    @Override
    public String description() {
        return "netlib " + blas.getClass().getSimpleName();
    }

    @Override
    public void multiply(
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
            int ldc) {
        // BLAS is column-major, where these arrays are the transposes: Cᵀ = op(B)ᵀ·op(A)ᵀ.
        blas.sgemm(
                transposeB ? "T" : "N",
                transposeA ? "T" : "N",
                n,
                m,
                k,
                alpha,
                b,
                offsetB,
                ldb,
                a,
                offsetA,
                lda,
                beta,
                c,
                offsetC,
                ldc);
    }
}
