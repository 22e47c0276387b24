package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;

/**
 * Updates of standard NMF, of either factor X of V ≈ X·Yᵀ: multiplicative (Lee and Seung 2001) or HALS (Cichocki and Phan
 * 2009). Factors lie with one row per component, padded with zeros, which updates leave as they are.
 *
 * <p>A penalty is part of the normal equations: X·YᵀY becomes X·(YᵀY + l2·I) + l1, which is what HALS compares with V·Y, and
 * the denominator of a multiplicative update.
 */
final class FactorUpdate {

    private final NmfAlgorithm algorithm;
    private final int r;
    private final Gemm gemm;
    private final UpdateKernel kernel;
    private final float inverseScale;
    private final FactorPenalty penalty;
    private final int firstFree;

    /**
     * @param scale what V is divided by
     * @param penalty of the factor
     * @param firstFree the first component that is updated; those before it stay as they are
     */
    FactorUpdate(
            NmfAlgorithm algorithm, int rank, CpuRuntime runtime, double scale, FactorPenalty penalty, int firstFree) {
        this.algorithm = algorithm;
        this.r = rank;
        this.gemm = runtime.gemm();
        this.kernel = runtime.updateKernel();
        this.inverseScale = (float) (1 / scale);
        this.penalty = penalty;
        this.firstFree = firstFree;
    }

    int firstFree() {
        return firstFree;
    }

    Gemm gemm() {
        return gemm;
    }

    FactorPenalty penalty() {
        return penalty;
    }

    /** How many components' products with a Gram matrix there has to be room for. */
    static int productRows(NmfAlgorithm algorithm, int rank) {
        return algorithm == NmfAlgorithm.MU ? rank : Math.min(rank, BlockedComponents.AT_ONCE);
    }

    /** Scratch space for the Gram matrix of a penalised factor; null where it stays as it is. */
    float[] gramScratch() {
        return penalty.l2() == 0 ? null : new float[r * r];
    }

    /**
     * Updates part of a factor.
     *
     * @param first index of the first value of each component in the factor
     * @param values of each component, beyond which there is padding
     * @param x Xᵀ, one row per component
     * @param numerator (V·Y)ᵀ of the raw data, likewise
     * @param count values of each component with padding, a multiple of what {@link CpuLayout#stride} gives
     * @param gram YᵀY, r × r
     * @param product scratch space, {@link #productRows} × count
     * @param gramScratch as {@link #gramScratch} makes it
     */
    void run(
            int first,
            int values,
            MatrixView x,
            MatrixView numerator,
            int count,
            float[] gram,
            float[] product,
            float[] gramScratch) {
        float[] penalised = penalised(gram, gramScratch);
        if (algorithm == NmfAlgorithm.MU) {
            multiplicative(first, values, x, numerator, count, penalised, product);
            return;
        }
        if (penalty.l1() > 0) {
            clearUnused(x, values, penalised);
        }
        MatrixView equations = new MatrixView(penalised, 0, r);
        BlockedComponents.forAll(gemm, firstFree, r, x, count, equations, product, (from, to, others) -> {
            addL1(first, values, to - from, others, count);
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
                    penalised,
                    from * r + from,
                    r);
        });
    }

    /** With l2 on its diagonal. */
    private float[] penalised(float[] gram, float[] scratch) {
        if (scratch == null) {
            return gram;
        }
        System.arraycopy(gram, 0, scratch, 0, r * r);
        for (int j = 0; j < r; j++) {
            scratch[j * r + j] += (float) penalty.l2();
        }
        return scratch;
    }

    /** Adds l1, times the root of its row, to each value of some components. */
    private void addL1(int first, int values, int components, float[] sums, int stride) {
        if (penalty.l1() == 0) {
            return;
        }
        float l1 = (float) penalty.l1();
        for (int j = 0; j < components; j++) {
            for (int i = 0; i < values; i++) {
                sums[j * stride + i] += l1 * penalty.root(first + i);
            }
        }
    }

    /** Where nothing but the penalty depends on a component, its best values are 0; the kernel would leave them. */
    private void clearUnused(MatrixView x, int values, float[] gram) {
        for (int j = firstFree; j < r; j++) {
            if (gram[j * r + j] < UpdateKernel.DENOMINATOR_MIN) {
                Arrays.fill(x.data(), x.row(j), x.row(j) + values, 0f);
            }
        }
    }

    private void multiplicative(
            int first, int values, MatrixView x, MatrixView numerator, int count, float[] gram, float[] product) {
        gemm.multiply(
                false, false, r, count, r, gram, 0, r, x.data(), x.offset(), x.stride(), false, product, 0, count);
        addL1(first, values, r, product, count);
        for (int j = firstFree; j < r; j++) {
            kernel.multiplicative(
                    count, x.data(), x.row(j), numerator.data(), numerator.row(j), inverseScale, product, j * count);
        }
    }
}
