package io.github.paenmf.backend.cuda;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * P → S by the fused kernel, and by the kernels that one would write without it: noise from cuRAND, heads, samples,
 * KL, H·G and the bias gradients by cuBLAS, and the backward pass. P and S rotate; what lies between the unfused
 * kernels does not, since each reads what the one before has just written.
 */
public final class StepKernels implements AutoCloseable {

    /** Bytes that the fused kernel moves for each element of H, as cuda/README.md states them. */
    static final int BYTES = 24;

    private static final int P = 0;
    private static final int S = 1;
    private static final long SEED = 7;

    private final int rows;
    private final int rank;
    private final CudaContext context;
    private final DeviceArena arena;
    private final CUstream stream;
    private final WeibullKernels kernels;
    private final WeibullKernels.Launch launch;
    private final WeibullConstants constants;
    private final Rotation rotation;
    private final CUdeviceptr biases;
    private final CUdeviceptr g;
    private final CUdeviceptr step;
    private final DeviceBuffer partials;
    private final Unfused unfused;

    /** What only the unfused sequence needs. */
    private final class Unfused {
        private final Curand random = arena.own(new Curand(stream));
        private final Blas blas = arena.own(new Blas(stream, arena.allocate(32L << 20, "cuBLAS")));
        private final CUdeviceptr epsilon = matrix();
        private final CUdeviceptr lambda = matrix();
        private final CUdeviceptr k = matrix();
        private final CUdeviceptr h = matrix();
        private final CUdeviceptr hg = matrix();
        private final CUdeviceptr ones = filled(rows, 1f);
        private final CUdeviceptr biasSums = filled(2 * rank, 0f);
        private final int blocks = kernels.blocks((long) rows * rank);
        private final DeviceBuffer klSums = arena.allocate(8L * blocks, "sums of KL");
        private final CUdeviceptr backwardSums =
                arena.allocate(16L * blocks, "sums of the backward pass").pointer();

        private CUdeviceptr matrix() {
            return arena.allocate(4L * rows * rank, "what lies between unfused kernels")
                    .pointer();
        }

        private Map<String, IntConsumer> parts() {
            Map<String, IntConsumer> parts = new LinkedHashMap<>();
            parts.put("curandGenerateUniform", i -> random.uniforms(epsilon, (long) rows * rank));
            parts.put(
                    "weibull_heads",
                    i -> kernels.heads(
                            rotation.buffer(i, P), 3 * rank, biases, lambda, k, rows, rank, constants, stream));
            parts.put(
                    "weibull_sample",
                    i -> kernels.sample(lambda, k, epsilon, h, null, 0, rows, rank, SEED, 0, 0, stream));
            parts.put(
                    "weibull_kl",
                    i -> kernels.kl(lambda, k, null, klSums.pointer(), (long) rows * rank, constants, stream));
            parts.put("H·G", i -> multiply(rows, rank, rank, h, rank, g, rank, hg));
            parts.put(
                    "weibull_backward",
                    i -> kernels.backward(
                            rotation.buffer(i, P),
                            biases,
                            epsilon,
                            hg,
                            rotation.buffer(i, S),
                            backwardSums,
                            rows,
                            rank,
                            constants,
                            stream));
            parts.put(
                    "bias gradients",
                    i -> multiply(1, 2 * rank, rows, ones, rows, rotation.buffer(i, S), 3 * rank, biasSums));
            return parts;
        }

        private void multiply(
                int height, int width, int depth, CUdeviceptr a, int lda, CUdeviceptr b, int ldb, CUdeviceptr c) {
            blas.multiply(
                    1f,
                    DeviceMatrix.of(a, height, depth, lda),
                    DeviceMatrix.of(b, depth, width, ldb),
                    0f,
                    DeviceMatrix.of(c, height, width),
                    Precision.FP32);
        }
    }

    private final Map<String, IntConsumer> unfusedParts;

    /**
     * Opens device 0 and allocates.
     *
     * @param rows n
     * @param rank r
     */
    public static StepKernels open(int rows, int rank) {
        CudaContext context = CudaContext.open(0);
        context.push();
        DeviceArena arena = new DeviceArena(context);
        arena.own(context);
        return arena.construct(() -> new StepKernels(rows, rank, context, arena));
    }

    private StepKernels(int rows, int rank, CudaContext context, DeviceArena arena) {
        this.rows = rows;
        this.rank = rank;
        this.context = context;
        this.arena = arena;
        stream = context.newStream();
        kernels = new WeibullKernels(context.module(), context.device());
        launch = kernels.stepLaunch(rows, rank);
        constants = WeibullConstants.of(PaeNmf.builder().rank(rank).build().configuration(), 1, 1f);
        rotation = new Rotation(context, arena, 12L * rows * rank, 12L * rows * rank);
        biases = filled(2 * rank, 0f);
        g = filled(rank * rank, 0.01f);
        step = filled(1, 0f);
        partials = arena.allocate(8L * launch.blocks(rows) * (2 * rank + 2), "partial sums");
        unfused = Curand.unavailable().isEmpty() ? new Unfused() : null;
        unfusedParts = unfused == null ? Map.of() : unfused.parts();
        fillP();
    }

    private CUdeviceptr filled(int count, float value) {
        DeviceBuffer buffer = arena.allocate(4L * count, "an argument of a kernel");
        CudaContext.check(
                JCudaDriver.cuMemsetD32Async(buffer.pointer(), Float.floatToIntBits(value), count, stream),
                "cuMemsetD32Async");
        return buffer.pointer();
    }

    /** Between ½ and 1½, about where λ and k are in training. */
    private void fillP() {
        int atOnce = Math.max(1, (1 << 20) / (3 * rank));
        float[] values = new float[Math.min(rows, atOnce) * 3 * rank];
        int[] words = new int[Philox.WORDS];
        for (int from = 0; from < rows; from += atOnce) {
            int count = Math.min(atOnce, rows - from);
            for (int i = 0; i < count; i++) {
                Philox.uniforms(SEED, from + i, 0, Purpose.GENERATION, words, values, i * 3 * rank, 3 * rank);
            }
            for (int i = 0; i < count * 3 * rank; i++) {
                values[i] += 0.5f;
            }
            CudaContext.check(
                    JCudaDriver.cuMemcpyHtoDAsync(
                            rotation.buffer(0, P).withByteOffset(12L * from * rank),
                            Pointer.to(values),
                            12L * count * rank,
                            stream),
                    "cuMemcpyHtoDAsync");
        }
        rotation.copyFirst(stream);
        await();
    }

    /** The fused kernel. */
    public void fused(int number) {
        kernels.weibullStep(
                launch,
                rotation.buffer(number, P),
                rotation.buffer(number, S),
                biases,
                g,
                null,
                0,
                rows,
                rank,
                constants,
                SEED,
                step,
                false,
                partials.pointer(),
                null,
                stream);
    }

    /**
     * The same without fusion.
     *
     * @throws IllegalStateException without cuRAND
     */
    public void unfused(int number) {
        Curand.unavailable().ifPresent(reason -> {
            throw new IllegalStateException(reason);
        });
        unfusedParts.values().forEach(part -> part.accept(number));
    }

    /** The unfused sequence in its order; empty without cuRAND. */
    Map<String, IntConsumer> unfusedParts() {
        return unfusedParts;
    }

    /** Σ KL of both ways after each has run; it does not depend on the noise. */
    double klDifference() {
        double[] sums = new double[(int) (partials.bytes() / 8)];
        partials.download(Pointer.to(sums), partials.bytes(), stream);
        double fusedKl = 0;
        for (int at = 2 * rank; at < sums.length; at += 2 * rank + 2) {
            fusedKl += sums[at];
        }
        double[] unfusedSums = new double[unfused.blocks];
        unfused.klSums.download(Pointer.to(unfusedSums), unfused.klSums.bytes(), stream);
        double unfusedKl = Arrays.stream(unfusedSums).sum();
        return Math.abs(fusedKl - unfusedKl) / Math.abs(unfusedKl);
    }

    DeviceTimer timer(double blockMilliseconds) {
        return new DeviceTimer(context, stream, blockMilliseconds);
    }

    void addTo(Map<String, Object> report) {
        rotation.addTo(report);
    }

    /** Waits for all launches. */
    public void await() {
        CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    @Override
    public void close() {
        arena.close();
        context.pop();
    }
}
