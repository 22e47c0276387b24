package io.github.paenmf.backend.cuda;

import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** The fused update by adam; weights, gradients and moments rotate. */
public final class UpdateKernel implements AutoCloseable {

    /** Bytes that it moves for each element of Wf, as cuda/README.md states them. */
    static final int BYTES = 84;

    private static final int WEIGHTS = 0;
    private static final int GRADIENTS = 1;
    private static final int MEANS = 2;
    private static final int SQUARES = 3;

    private final int features;
    private final int rank;
    private final CudaContext context;
    private final DeviceArena arena;
    private final CUstream stream;
    private final WeibullKernels kernels;
    private final WeibullKernels.Launch launch;
    private final UpdateConstants constants =
            new UpdateConstants(1000, 1e-3f, 1e-3f, 1f, 1e-3f, 1e-3f, 1f, true, false);
    private final Rotation rotation;
    private final CUdeviceptr biases;
    private final CUdeviceptr biasMoments;
    private final CUdeviceptr k;
    private final CUdeviceptr partials;
    private final int partialRows;
    private final CUdeviceptr decoderRates;
    private final CUdeviceptr counters;
    private final CUdeviceptr losses;

    /**
     * Opens device 0 and allocates.
     *
     * @param features m
     * @param rank r
     */
    public static UpdateKernel open(int features, int rank) {
        CudaContext context = CudaContext.open(0);
        context.push();
        DeviceArena arena = new DeviceArena(context);
        arena.own(context);
        return arena.construct(() -> new UpdateKernel(features, rank, context, arena));
    }

    private UpdateKernel(int features, int rank, CudaContext context, DeviceArena arena) {
        this.features = features;
        this.rank = rank;
        this.context = context;
        this.arena = arena;
        stream = context.newStream();
        kernels = new WeibullKernels(context.module(), context.device());
        launch = kernels.updateLaunch(features, rank);
        long bytes = 12L * features * rank;
        rotation = new Rotation(context, arena, bytes, bytes, bytes, bytes);
        fill(rotation.buffer(0, WEIGHTS), bytes, 0.5f);
        fill(rotation.buffer(0, GRADIENTS), bytes, 0.01f);
        fill(rotation.buffer(0, MEANS), bytes, 0f);
        fill(rotation.buffer(0, SQUARES), bytes, 0f);
        rotation.copyFirst(stream);
        biases = filled(8L * rank, 0f);
        biasMoments = filled(32L * rank, 0f);
        k = filled(4L * rank * rank, 0.01f);
        partialRows = kernels.stepLaunch(features, rank).blocks(features);
        partials = filled(8L * partialRows * (2 * rank + 2), 0f);
        decoderRates = filled(4L * features, 1e-3f);
        counters = filled(12, 0f);
        losses = filled(32, 0f);
        await();
    }

    private CUdeviceptr filled(long bytes, float value) {
        CUdeviceptr pointer = arena.allocate(bytes, "an argument of a kernel").pointer();
        fill(pointer, bytes, value);
        return pointer;
    }

    private void fill(CUdeviceptr target, long bytes, float value) {
        CudaContext.check(
                JCudaDriver.cuMemsetD32Async(target, Float.floatToIntBits(value), bytes / 4, stream),
                "cuMemsetD32Async");
    }

    /** Launches. */
    public void update(int number) {
        UpdateArguments arguments = new UpdateArguments(
                rotation.buffer(number, WEIGHTS),
                biases,
                rotation.buffer(number, GRADIENTS),
                k,
                k,
                rotation.buffer(number, MEANS),
                rotation.buffer(number, SQUARES),
                biasMoments,
                partials,
                partialRows,
                null,
                decoderRates,
                counters,
                losses,
                null,
                1,
                features,
                rank);
        kernels.updateProject(launch, arguments, constants, stream);
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
