package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.model.FittedNmf;

/** Reconstructions of a fitted standard NMF, and their errors, on an NVIDIA GPU: run after run of rows. */
public final class CudaNmfInference extends CudaInference {

    private final int m;
    private final int r;
    private final DeviceBuffer w;
    private final DeviceBuffer h;

    /**
     * Opens the device and copies the basis to it.
     *
     * @param host threads of the CPU for what is not computed on the device; closed with this
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if a run of rows does not fit
     */
    public static CudaNmfInference open(FittedNmf model, Execution execution, RowBlocks host) {
        return DeviceWorkspace.open(execution.device(), host, device -> new CudaNmfInference(model, execution, device));
    }

    private CudaNmfInference(FittedNmf model, Execution execution, DeviceWorkspace device) {
        super(device, model.features(), model.dataScale(), execution.chunkRows(), rowBytes(model));
        this.m = model.features();
        this.r = model.rank();
        w = device.allocate(4L * m * r, "the basis");
        h = device.allocate(4L * r * runRows, "coefficients");
        MatrixTransfer.upload(model.w(), w, stream);
    }

    private static long rowBytes(FittedNmf model) {
        return 4L * (DeviceData.stride(model.features()) + (long) model.rank());
    }

    @Override
    DeviceMatrix basis() {
        return DeviceMatrix.of(w.pointer(), m, r);
    }

    @Override
    DeviceBuffer coefficients() {
        return h;
    }
}
