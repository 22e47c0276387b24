package io.github.paenmf.backend.cpu;

/** G = WᵀW of the decoder, the last r columns of W. */
final class GramStage {

    private static final int STRIP_ROWS = 16;

    private final CpuAlgorithm<?> algorithm;
    private final Gemm gemm;
    private final Workers workers;
    private final int m;
    private final int r;
    private final int stride;
    /** Where the decoder begins in Wᵀ. */
    private final int decoder;
    /** G, r × r. */
    private final float[] g;
    /** W as it lies ready to be multiplied with; null where G is a product of its own. */
    private final Gemm.RightFactor factor;
    /** For each worker a strip of rows of G, as long as the factor makes them. */
    private final float[][] strips;

    private final Workers.Task task = this::strip;
    private final Workers.Task factorTask = this::stripByFactor;

    /**
     * @param ready W as the session has it ready for P, or null
     */
    GramStage(CpuLayout layout, CpuAlgorithm<?> algorithm, Gemm gemm, Gemm.RightFactor ready, Workers workers) {
        this.algorithm = algorithm;
        this.gemm = gemm;
        this.workers = workers;
        this.m = layout.shape().features();
        this.r = layout.shape().rank();
        this.stride = layout.featureStride();
        this.decoder = (layout.shape().columns() - r) * stride;
        this.g = new float[r * r];
        this.factor = algorithm.gramByFactor() ? ready : null;
        this.strips = new float[factor == null ? 0 : layout.threads()][];
        for (int i = 0; i < strips.length; i++) {
            strips[i] = new float[STRIP_ROWS * factor.columns()];
        }
    }

    /** G, always the same array. */
    float[] g() {
        return g;
    }

    /** All of G on the caller's thread. */
    void make() {
        float[] w = algorithm.weights();
        gemm.multiply(false, true, r, r, m, w, decoder, stride, w, decoder, stride, false, g, 0, r);
    }

    /** All of G on all threads, which may sum in another order. */
    void shareOut() {
        if (factor == null) {
            workers.run(tasks(), task);
        } else {
            workers.run((r - 1) / STRIP_ROWS + 1, factorTask);
        }
    }

    /** Strips of at least {@link #STRIP_ROWS} rows: no fewer, since few rows are multiplied in another way. */
    private int tasks() {
        return Math.max(1, r / STRIP_ROWS);
    }

    private void strip(int worker, int index) {
        int first = index * STRIP_ROWS;
        int rows = index == tasks() - 1 ? r - first : STRIP_ROWS;
        float[] w = algorithm.weights();
        gemm.multiply(
                false,
                true,
                rows,
                r,
                m,
                w,
                decoder + first * stride,
                stride,
                w,
                decoder,
                stride,
                false,
                g,
                first * r,
                r);
    }

    private void stripByFactor(int worker, int index) {
        int first = index * STRIP_ROWS;
        int rows = Math.min(STRIP_ROWS, r - first);
        float[] made = strips[worker];
        int length = factor.columns();
        factor.multiply(rows, algorithm.weights(), first * stride, stride, made, 0, length);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(made, i * length, g, (first + i) * r, r);
        }
    }
}
