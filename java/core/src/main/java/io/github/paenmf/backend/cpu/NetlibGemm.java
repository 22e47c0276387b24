package io.github.paenmf.backend.cpu;

import dev.ludovic.netlib.blas.BLAS;
import io.github.paenmf.backend.BackendUnavailableException;

/** A BLAS of dev.ludovic.netlib: pure Java, or a bridge to the system's library. */
final class NetlibGemm implements Gemm {

    private final BLAS blas;

    private NetlibGemm(BLAS blas) {
        this.blas = blas;
    }

    /**
     * @param vectors whether its Vector API kernels may be used; without them, plain loops
     * @param fused whether a fused multiply-add is an instruction; without it, loops that multiply and add
     * @throws BackendUnavailableException if netlib is not there
     */
    static NetlibGemm pureJava(boolean vectors, boolean fused) {
        String name = !fused ? "Java8BLAS" : vectors ? "VectorBLAS" : "Java11BLAS";
        try {
            return new NetlibGemm(provider(name));
        } catch (ClassNotFoundException e) {
            throw new BackendUnavailableException(
                    "the library dev.ludovic.netlib:blas, which has this BLAS, is on neither"
                            + " the class path nor the module path; add it, or leave out the choice of BLAS");
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("dev.ludovic.netlib has no usable " + name, e);
        }
    }

    /**
     * The system's BLAS.
     *
     * @throws BackendUnavailableException if there is none, or netlib is not there
     */
    static NetlibGemm ofSystem() {
        try {
            return new NetlibGemm(provider("JNIBLAS"));
        } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
            throw new BackendUnavailableException(
                    "there is no native BLAS: install OpenBLAS (on Debian the package libopenblas0), which is looked"
                            + " for as libblas.so.3, and put the library dev.ludovic.netlib:blas on the class path or the"
                            + " module path, or leave out the choice of BLAS. Where both are there: netlib unpacks its own"
                            + " library into " + System.getProperty("java.io.tmpdir")
                            + ", which must have room and let programs run; -Djava.io.tmpdir names another folder");
        }
    }

    /**
     * netlib's own choice goes by the module's presence alone, and looks for a native library first,
     * with a warning where there is none. Its providers are reachable by name only.
     */
    private static BLAS provider(String name) throws ReflectiveOperationException {
        var instance = Class.forName("dev.ludovic.netlib.blas." + name).getDeclaredMethod("getInstance");
        instance.setAccessible(true);
        return (BLAS) instance.invoke(null);
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
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            boolean add,
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
                1f,
                b,
                offsetB,
                ldb,
                a,
                offsetA,
                lda,
                add ? 1f : 0f,
                c,
                offsetC,
                ldc);
    }
}
