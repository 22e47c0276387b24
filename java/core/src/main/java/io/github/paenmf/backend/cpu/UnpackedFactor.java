package io.github.paenmf.backend.cpu;

/** A right factor that is read where it lies, by the general product. */
final class UnpackedFactor implements Gemm.RightFactor {

    private final Gemm gemm;
    private final int n;
    private final int k;
    private float[] transposed;
    private int ld;

    UnpackedFactor(Gemm gemm, int n, int k) {
        this.gemm = gemm;
        this.n = n;
        this.k = k;
    }

    @Override
    public void set(int fromRow, int toRow, float[] newTransposed, int newLd) {
        transposed = newTransposed;
        ld = newLd;
    }

    @Override
    public int columns() {
        return n;
    }

    @Override
    public void multiply(int m, float[] a, int offsetA, int lda, float[] c, int offsetC, int ldc) {
        gemm.multiply(false, true, m, n, k, a, offsetA, lda, transposed, 0, ld, false, c, offsetC, ldc);
    }
}
