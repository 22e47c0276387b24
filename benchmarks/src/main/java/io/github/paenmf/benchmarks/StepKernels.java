package io.github.paenmf.benchmarks;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.cuda.WeibullConstants;
import io.github.paenmf.backend.cuda.WeibullKernels;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * P → S by the fused kernel, and by the kernels that one would write without it: noise from cuRAND, heads, samples,
 * KL, H·G and the bias gradients by cuBLAS, and the backward pass. P and S rotate; what lies between the unfused
 * kernels does not, since each reads what the one before has just written.
 */
final class StepKernels implements AutoCloseable {

    /** Bytes that the fused kernel moves for each element of H, as cuda/README.md states them. */
    static final int BYTES = 24;

    private static final int P = 0;
    private static final int S = 1;
    private static final long SEED = 7;

    private final int rows;
    private final int rank;
    /** Columns of each part of P and S. */
    private final int width;

    private final Device device;
    private final WeibullKernels kernels;
    private final WeibullKernels.Launch launch;
    private final WeibullConstants constants;
    private final Rotation rotation;
    private final CUdeviceptr biases;
    private final CUdeviceptr g;
    private final CUdeviceptr step;
    private final Device.Buffer partials;
    private final Unfused unfused;

    /** What only the unfused sequence needs. */
    private final class Unfused {
        private final Curand random = device.own(new Curand(device.stream()));
        private final DeviceProducts products = device.own(new DeviceProducts(device));
        private final CUdeviceptr epsilon = matrix();
        private final CUdeviceptr lambda = matrix();
        private final CUdeviceptr k = matrix();
        private final CUdeviceptr h = matrix();
        private final CUdeviceptr hg = matrix();
        private final CUdeviceptr ones = device.filled(rows, 1f);
        private final CUdeviceptr biasSums = device.filled(2L * width, 0f);
        private final int blocks = kernels.blocks((long) rows * rank);
        private final Device.Buffer klSums = device.allocate(8L * blocks);
        private final CUdeviceptr backwardSums = device.allocate(16L * blocks).pointer();

        private CUdeviceptr matrix() {
            return device.allocate(4L * rows * rank).pointer();
        }

        private Map<String, IntConsumer> parts() {
            Map<String, IntConsumer> parts = new LinkedHashMap<>();
            parts.put("curandGenerateUniform", i -> random.uniforms(epsilon, (long) rows * rank));
            parts.put(
                    "weibull_heads",
                    i -> kernels.heads(
                            rotation.buffer(i, P),
                            3 * width,
                            biases,
                            lambda,
                            k,
                            rows,
                            rank,
                            constants,
                            device.stream()));
            parts.put(
                    "weibull_sample",
                    i -> kernels.sample(lambda, k, epsilon, h, null, 0, rows, rank, SEED, 0, 0, device.stream()));
            parts.put(
                    "weibull_kl",
                    i -> kernels.kl(lambda, k, null, klSums.pointer(), (long) rows * rank, constants, device.stream()));
            parts.put("H·G", i -> products.multiply(rows, rank, rank, h, rank, g, rank, hg));
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
                            device.stream()));
            parts.put(
                    "bias gradients",
                    i -> products.multiply(1, 2 * width, rows, ones, rows, rotation.buffer(i, S), 3 * width, biasSums));
            return parts;
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
        return Device.open(device -> new StepKernels(rows, rank, device));
    }

    private StepKernels(int rows, int rank, Device device) {
        this.rows = rows;
        this.rank = rank;
        this.width = WeibullKernels.partWidth(rank);
        this.device = device;
        kernels = device.kernels();
        launch = kernels.stepLaunch(rows, rank);
        constants = WeibullConstants.of(PaeNmf.builder().rank(rank).build().configuration(), 1, 1f);
        rotation = new Rotation(device, 12L * rows * width, 12L * rows * width);
        biases = device.filled(2L * rank, 0f);
        g = device.filled((long) rank * rank, 0.01f);
        step = device.filled(1, 0f);
        partials = device.allocate(8L * launch.blocks(rows) * (2 * rank + 2));
        unfused = Curand.unavailable().isEmpty() ? new Unfused() : null;
        unfusedParts = unfused == null ? Map.of() : unfused.parts();
        fillP();
    }

    /** Between ½ and 1½, about where λ and k are in training. */
    private void fillP() {
        int atOnce = Math.max(1, (1 << 20) / (3 * width));
        float[] values = new float[Math.min(rows, atOnce) * 3 * width];
        int[] words = new int[Philox.WORDS];
        for (int from = 0; from < rows; from += atOnce) {
            int count = Math.min(atOnce, rows - from);
            for (int i = 0; i < count; i++) {
                Philox.uniforms(SEED, from + i, 0, Purpose.GENERATION, words, values, i * 3 * width, 3 * width);
            }
            for (int i = 0; i < count * 3 * width; i++) {
                values[i] += 0.5f;
            }
            Device.check(
                    JCudaDriver.cuMemcpyHtoDAsync(
                            rotation.buffer(0, P).withByteOffset(12L * from * width),
                            Pointer.to(values),
                            12L * count * width,
                            device.stream()),
                    "cuMemcpyHtoDAsync");
        }
        rotation.copyFirst();
        device.await();
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
                device.stream());
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
        partials.download(Pointer.to(sums));
        double fusedKl = 0;
        for (int at = 2 * rank; at < sums.length; at += 2 * rank + 2) {
            fusedKl += sums[at];
        }
        double[] unfusedSums = new double[unfused.blocks];
        unfused.klSums.download(Pointer.to(unfusedSums));
        double unfusedKl = Arrays.stream(unfusedSums).sum();
        return Math.abs(fusedKl - unfusedKl) / Math.abs(unfusedKl);
    }

    DeviceTimer timer(double blockMilliseconds) {
        return new DeviceTimer(device, blockMilliseconds);
    }

    void addTo(Map<String, Object> report) {
        rotation.addTo(report);
    }

    /** Waits for all launches. */
    public void await() {
        device.await();
    }

    @Override
    public void close() {
        device.close();
    }
}
