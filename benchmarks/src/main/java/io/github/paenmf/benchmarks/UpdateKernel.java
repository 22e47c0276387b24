package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.cuda.UpdateArguments;
import io.github.paenmf.backend.cuda.UpdateConstants;
import io.github.paenmf.backend.cuda.WeibullKernels;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** The fused update by adam; weights, gradients and moments rotate. */
final class UpdateKernel implements AutoCloseable {

    /** Bytes that it moves for each element of Wf, as cuda/README.md states them. */
    static final int BYTES = 84;

    private static final int WEIGHTS = 0;
    private static final int GRADIENTS = 1;
    private static final int MEANS = 2;
    private static final int SQUARES = 3;

    private final int features;
    private final int rank;
    private final Device device;
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
    private final CUdeviceptr gramSums;

    /**
     * Opens device 0 and allocates.
     *
     * @param features m
     * @param rank r
     */
    public static UpdateKernel open(int features, int rank) {
        return Device.open(device -> new UpdateKernel(features, rank, device));
    }

    private UpdateKernel(int features, int rank, Device device) {
        this.features = features;
        this.rank = rank;
        this.device = device;
        kernels = device.kernels();
        launch = kernels.updateLaunch(features, rank);
        long bytes = 12L * features * WeibullKernels.partWidth(rank);
        rotation = new Rotation(device, bytes, bytes, bytes, bytes);
        fill(rotation.buffer(0, WEIGHTS), bytes, 0.5f);
        fill(rotation.buffer(0, GRADIENTS), bytes, 0.01f);
        fill(rotation.buffer(0, MEANS), bytes, 0f);
        fill(rotation.buffer(0, SQUARES), bytes, 0f);
        rotation.copyFirst();
        biases = device.filled(2L * rank, 0f);
        biasMoments = device.filled(8L * rank, 0f);
        k = device.filled((long) rank * rank, 0.01f);
        partialRows = kernels.stepLaunch(features, rank).blocks(features);
        partials = device.filled(2L * partialRows * (2 * rank + 2), 0f);
        decoderRates = device.filled(features, 1e-3f);
        counters = device.filled(3, 0f);
        losses = device.filled(8, 0f);
        gramSums = device.filled(2L * kernels.gramSums(rank), 0f);
        device.await();
    }

    private void fill(CUdeviceptr target, long bytes, float value) {
        Device.check(
                JCudaDriver.cuMemsetD32Async(target, Float.floatToIntBits(value), bytes / 4, device.stream()),
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
                gramSums,
                null,
                1,
                features,
                rank,
                0);
        kernels.updateProject(launch, arguments, constants, device.stream());
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
