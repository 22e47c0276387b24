package io.github.paenmf.backend.cpu;

import io.github.paenmf.model.NmfAlgorithm;

/**
 * Updates of standard NMF, of either factor X of V ≈ X·Yᵀ: multiplicative (Lee and Seung 2001) or HALS (Cichocki and Phan
 * 2009). Factors lie with one row per component, padded with zeros, which updates leave as they are.
 */
final class FactorUpdate {

    private final NmfAlgorithm algorithm;
    private final int r;
    private final Gemm gemm;
    private final UpdateKernel kernel;
    private final float inverseScale;

    /**
     * @param scale what V is divided by
     */
    FactorUpdate(NmfAlgorithm algorithm, int rank, CpuRuntime runtime, double scale) {
        this.algorithm = algorithm;
        this.r = rank;
        this.gemm = runtime.gemm();
        this.kernel = runtime.updateKernel();
        this.inverseScale = (float) (1 / scale);
    }

    /** How many components' products with a Gram matrix there has to be room for. */
    static int productRows(NmfAlgorithm algorithm, int rank) {
        return algorithm == NmfAlgorithm.MU ? rank : Math.min(rank, BlockedComponents.AT_ONCE);
    }

    /**
     * Updates part of a factor.
     *
     * @param x Xᵀ, one row per component
     * @param numerator (V·Y)ᵀ of the raw data, likewise
     * @param count values of each component, a multiple of what {@link CpuLayout#stride} gives
     * @param gram YᵀY, r × r
     * @param product scratch space, {@link #productRows} × count
     */
    void run(MatrixView x, MatrixView numerator, int count, float[] gram, float[] product) {
        if (algorithm == NmfAlgorithm.MU) {
            multiplicative(x, numerator, count, gram, product);
            return;
        }
        BlockedComponents.forAll(gemm, r, x, count, new MatrixView(gram, 0, r), product, (from, to, others) -> {
            kernel.hierarchical(
                    count,
                    to - from,
                    x.data(),
                    x.row(from),
                    x.stride(),
                    numerator.data(),
                    numerator.row(from),
                    numerator.stride(),
                    inverseScale,
                    others,
                    count,
                    gram,
                    from * r + from,
                    r);
        });
    }

    private void multiplicative(MatrixView x, MatrixView numerator, int count, float[] gram, float[] product) {
        gemm.multiply(
                false, false, r, count, r, gram, 0, r, x.data(), x.offset(), x.stride(), false, product, 0, count);
        for (int j = 0; j < r; j++) {
            kernel.multiplicative(
                    count, x.data(), x.row(j), numerator.data(), numerator.row(j), inverseScale, product, j * count);
        }
    }
}
