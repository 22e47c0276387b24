package io.github.paenmf.backend.cpu;

import dev.ludovic.netlib.blas.BLAS;

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
        return new NetlibGemm(provider(vectors ? "VectorBLAS" : "Java11BLAS"));
    }

    /**
     * netlib's own choice goes by the module's presence alone, and looks for a native library first,
     * with a warning where there is none. Its providers are reachable by name only.
     */
    private static BLAS provider(String name) {
        try {
            var instance = Class.forName("dev.ludovic.netlib.blas." + name).getMethod("getInstance");
            instance.setAccessible(true);
            return (BLAS) instance.invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("dev.ludovic.netlib has no usable " + name, e);
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
