package io.github.paenmf.benchmarks;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.backend.cpu.CpuLayout;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.backend.cpu.Gemm;
import io.github.paenmf.backend.cpu.HeadBlock;
import io.github.paenmf.backend.cpu.HeadKernel;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;

/** The CPU's kernels one by one. */
final class CpuKernels {

    /** Of {@link #resident()}: m, n and k. */
    private static final int[] RESIDENT = {12, 64, 64};

    /** Multiplications and additions of {@link #resident()}. */
    public static final double RESIDENT_FLOPS = 2.0 * RESIDENT[0] * RESIDENT[1] * RESIDENT[2];

    private static final int ROWS = 256;

    private final int m;
    private final int r;
    private final Gemm gemm;
    private final HeadKernel heads;
    private final Gemm.RightFactor factor;
    private final HeadBlock block;
    private final HeadConstants constants;
    private final float[] v;
    private final float[] w;
    private final float[] p;
    private final float[] s;
    private final float[] q;
    private final float[] left = uniforms(3, RESIDENT[0] * RESIDENT[2]);
    private final float[] right = uniforms(4, RESIDENT[2] * RESIDENT[1]);
    private final float[] small = new float[RESIDENT[0] * RESIDENT[1]];
    private final int stride;

    /**
     * @param provider {@code scalar} and {@code vector} are this library's; {@code netlib}, {@code native}
     */
    public CpuKernels(String provider, int features, int rank) {
        CpuRuntime runtime = switch (provider) {
            case "scalar" -> CpuRuntime.scalar("for a benchmark");
            case "vector" -> CpuRuntime.get();
            case "netlib" -> CpuRuntime.get(Blas.NETLIB);
            case "native" -> CpuRuntime.get(Blas.NATIVE);
            default -> throw new IllegalArgumentException("no provider " + provider);
        };
        m = features;
        r = rank;
        gemm = runtime.gemm();
        heads = runtime.headKernel();
        stride = CpuLayout.stride(m);
        v = uniforms(0, ROWS * m);
        w = uniforms(1, 3 * r * stride);
        s = uniforms(2, 3 * r * ROWS);
        q = new float[3 * r * stride];
        factor = gemm.rightFactor(3 * r, m);
        factor.set(0, m, w, stride);
        p = new float[ROWS * factor.columns()];
        constants = HeadConstants.of(PaeNmf.builder().rank(r).build().configuration());
        block = new HeadBlock(ROWS, r);
        for (int i = 0; i < ROWS; i++) {
            block.ids[i] = i;
        }
    }

    private static float[] uniforms(int row, int count) {
        float[] values = new float[count];
        Philox.uniforms(1, row, 0, Purpose.GENERATION, new int[Philox.WORDS], values, 0, count);
        return values;
    }

    public String description() {
        return gemm.description() + "; heads: " + heads.description();
    }

    /** Multiplications and additions of each of the two large products. */
    public double productFlops() {
        return 2.0 * ROWS * m * 3 * r;
    }

    /** Coefficients of the head stage. */
    public int elements() {
        return ROWS * r;
    }

    /** P = V·W of a row block. */
    public float[] project() {
        factor.multiply(ROWS, v, 0, m, p, 0, factor.columns());
        return p;
    }

    /** Qᵀ = Sᵀ·V of a row block. */
    public float[] accumulate() {
        gemm.multiply(false, false, 3 * r, m, ROWS, s, 0, ROWS, v, 0, m, false, q, 0, stride);
        return q;
    }

    /** A small product. */
    public float[] resident() {
        int n = RESIDENT[1];
        int k = RESIDENT[2];
        gemm.multiply(false, false, RESIDENT[0], n, k, left, 0, k, right, 0, n, false, small, 0, n);
        return small;
    }

    /** Noise, heads, sampling, KL and their derivatives. */
    public float[] heads() {
        System.arraycopy(s, 0, block.aLambda, 0, elements());
        System.arraycopy(s, elements(), block.aK, 0, elements());
        heads.noise(1, 0, Purpose.TRAINING, block, ROWS, r);
        heads.forward(constants, block, elements());
        return block.kl;
    }
}
