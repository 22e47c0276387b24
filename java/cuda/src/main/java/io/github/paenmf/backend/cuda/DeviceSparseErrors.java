package io.github.paenmf.backend.cuda;

import java.util.Arrays;

/** Squared errors of reconstructions of sparse rows, in double, without making what is 0 dense. */
final class DeviceSparseErrors {

    private final SparseKernels kernels;
    private final DeviceWorkspace device;
    private final double inverseScale;
    private final DeviceBuffer gram;
    private final DeviceBuffer sums;

    /**
     * Allocates.
     *
     * @param scale what V is divided by
     * @param rows most at once
     * @param r rank
     */
    DeviceSparseErrors(DeviceWorkspace device, SparseKernels kernels, double scale, int rows, int r) {
        this.device = device;
        this.kernels = kernels;
        this.inverseScale = 1 / scale;
        gram = device.allocate(8L * r * r, "WᵀW");
        sums = device.allocate(8L * kernels.squaredErrorBlocks(rows), "sums of a residual");
    }

    /**
     * ‖V/scale − H·Wᵀ‖²; waits.
     *
     * @param h rows × r
     * @param w m × r
     */
    double squaredError(DeviceSparseRows v, DeviceMatrix h, DeviceMatrix w) {
        kernels.exactGram(w, gram.pointer(), device.stream());
        kernels.squaredError(v, inverseScale, w, gram.pointer(), h, sums.pointer(), device.stream());
        double[] parts = new double[kernels.squaredErrorBlocks(v.rows())];
        sums.download(parts, device.stream());
        return Arrays.stream(parts).sum();
    }
}
