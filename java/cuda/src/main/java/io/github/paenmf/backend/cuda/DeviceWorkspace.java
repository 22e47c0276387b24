package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import java.util.Locale;
import java.util.function.Function;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * A device as one backend has it: its context, a stream, the kernels, and an arena that owns whatever else the backend
 * takes. All of it is given back together.
 */
final class DeviceWorkspace implements AutoCloseable {

    /** The rest is left to the driver and to others. */
    private static final double USABLE_MEMORY = 0.92;

    private final CudaContext context;
    private final RowBlocks host;
    private final DeviceArena arena;
    private final CUstream stream;
    private final WeibullKernels kernels;

    private DeviceWorkspace(CudaContext context, RowBlocks host, DeviceArena arena) {
        this.context = context;
        this.host = host;
        this.arena = arena;
        this.stream = context.newStream();
        context.copies(); // if the host has no memory for them, that shows now
        this.kernels = new WeibullKernels(context.module(), context.device());
    }

    /**
     * Opens a device and makes from it what then owns it; if that fails half-way, all of it is given back.
     *
     * @param device index of the device
     * @param host threads of the CPU for its share of the work; closed with the workspace
     * @param construction runs with the device's context current
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     */
    static <T> T open(int device, RowBlocks host, Function<DeviceWorkspace, T> construction) {
        CudaContext context = CudaContext.open(device);
        DeviceArena arena = new DeviceArena(context);
        arena.own(context);
        arena.own(host);
        return arena.construct(() -> construction.apply(new DeviceWorkspace(context, host, arena)));
    }

    /** The device and the arithmetic of its large products, for logs and reports. */
    String description(Precision precision) {
        CudaDevice properties = context.device();
        return String.format(
                Locale.ROOT,
                "CUDA, %s (compute capability %s), %s",
                properties.name(),
                properties.computeCapability(),
                precision == Precision.FP32 ? precision : precision + " products");
    }

    CudaContext context() {
        return context;
    }

    /** Threads of the CPU. */
    RowBlocks host() {
        return host;
    }

    /** Owns what is allocated from it until the workspace is closed. */
    DeviceArena arena() {
        return arena;
    }

    /** What the backend does goes here, one after the other. */
    CUstream stream() {
        return stream;
    }

    WeibullKernels kernels() {
        return kernels;
    }

    /** Device memory that lasts as long as the workspace. */
    DeviceBuffer allocate(long bytes, String what) {
        return arena.allocate(bytes, what);
    }

    /** How many bytes that are free now may be taken. */
    long usableMemory() {
        return (long) (context.freeMemory() * USABLE_MEMORY);
    }

    /** cuBLAS on a stream, with a workspace of so many bytes. */
    Blas newBlas(CUstream on, long workspaceBytes) {
        return arena.own(new Blas(on, arena.allocate(workspaceBytes, "cuBLAS")));
    }

    /** An event that orders streams. */
    CUevent newEvent() {
        CUevent event = CudaContext.newEvent();
        arena.own(() -> JCudaDriver.cuEventDestroy(event));
        return event;
    }

    /** Waits for all that the stream does. */
    void synchronise() {
        CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    /** Harmless when that has been done. */
    @Override
    public void close() {
        arena.close();
    }
}
