package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;

/**
 * The products of a step of PAE-NMF with a Poisson likelihood: P = V·[Wλ | Wk], or V·W₁, for the encoder, and after the row stage
 * Q = [Vᵀ·dA | (V ⊘ V̂)ᵀ·H], where V̂ = H·Wfᵀ is made at the nonzeros alone.
 */
final class CountStage implements DataStage {

    private final SparseStage encoder;
    private final RatioStage decoder;

    CountStage(
            CpuLayout layout,
            CpuAlgorithm<?> algorithm,
            CpuRuntime runtime,
            Workers workers,
            float[] ps,
            float[] q,
            CountDecoder counts) {
        int firstUnits = layout.shape().columns() - layout.shape().rank();
        encoder = new SparseStage(layout, algorithm, runtime, workers, ps, q, 0, firstUnits);
        decoder = new RatioStage(layout, algorithm, runtime, workers, ps, q, firstUnits);
        counts.use(decoder.factor(), decoder.projectionStride());
    }

    /** What of Q is of ratios. */
    private static final class RatioStage extends SparseStage {

        private final SparseKernel kernel;
        /** Of each worker: v̂ of nonzeros. */
        private final float[][] decoded;

        RatioStage(
                CpuLayout layout,
                CpuAlgorithm<?> algorithm,
                CpuRuntime runtime,
                Workers workers,
                float[] ps,
                float[] q,
                int first) {
            super(
                    layout,
                    algorithm,
                    runtime,
                    workers,
                    ps,
                    q,
                    first,
                    layout.shape().rank());
            kernel = runtime.sparseKernel();
            decoded = new float[layout.threads()][layout.shape().features()];
        }

        @Override
        void columnsAreCopied(int longest) {
            for (int worker = 0; worker < decoded.length; worker++) {
                decoded[worker] = new float[Math.max(decoded[worker].length, longest)];
            }
        }

        @Override
        void weighAgain(int worker, int count, int[] at, float[] nonzeros, float[] x, int offset, float[] others) {
            kernel.decode(count, at, x, offset, others, projectionStride(), decoded[worker]);
            CountDecoder.toRatios(count, nonzeros, decoded[worker]);
        }
    }

    @Override
    public int projectionStride() {
        return encoder.projectionStride();
    }

    @Override
    public Gemm.RightFactor rightFactor() {
        return null;
    }

    @Override
    public void weightsChanged(int from, int to) {
        encoder.weightsChanged(from, to);
        decoder.weightsChanged(from, to);
    }

    @Override
    public void open(Rows chunk) {
        encoder.open(chunk);
        decoder.open(encoder);
    }

    @Override
    public int beginProject() {
        return encoder.beginProject();
    }

    @Override
    public void project(int worker, int task) {
        encoder.project(worker, task);
    }

    @Override
    public void completeProjection(int block) {
        encoder.completeProjection(block);
    }

    @Override
    public int beginAccumulate() {
        encoder.beginAccumulate();
        return decoder.beginAccumulate();
    }

    @Override
    public void accumulate(int worker, int task, boolean add) {
        encoder.accumulate(worker, task, add);
        decoder.accumulate(worker, task, add);
    }

    /** Neither this nor {@link #squaredError} comes up in training, whose loss is no squared error. */
    @Override
    public void beginResidual() {
        decoder.beginResidual();
    }

    @Override
    public double squaredError(int worker, int block) {
        return decoder.squaredError(worker, block);
    }
}
