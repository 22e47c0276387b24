package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUstream;

/** Squared errors of reconstructions H·Wᵀ by their residual, summed in double, some rows at once. */
final class DeviceResiduals {

    private static final long MAX_BYTES = 64L << 20;

    private final Blas blas;
    private final WeibullKernels kernels;
    private final int m;
    private final double scale;
    private final int rowsAtOnce;
    /** V̂ of some rows in units of the raw data. */
    private final DeviceBuffer decoded;

    private final DeviceBuffer sums;

    /**
     * @param arena owns the memory: at most 64 MiB, or one row
     * @param rows how many are asked for at most
     * @param m features
     * @param scale what V is divided by
     */
    DeviceResiduals(
            CudaContext context, DeviceArena arena, Blas blas, WeibullKernels kernels, int rows, int m, double scale) {
        this.blas = blas;
        this.kernels = kernels;
        this.m = m;
        this.scale = scale;
        long most = Math.min(MAX_BYTES, context.freeMemory() / 2) / (4L * m);
        rowsAtOnce = (int) Math.max(1, Math.min(most, rows));
        decoded = arena.allocate(4L * rowsAtOnce * m, "a reconstruction");
        sums = arena.allocate(8L * kernels.blocks((long) rowsAtOnce * m), "sums of a residual");
    }

    /**
     * ‖V/scale − H·Wᵀ‖², summed run by run.
     *
     * @param v rows × m
     * @param h rows × r
     * @param w m × r
     */
    double squaredError(DeviceMatrix v, DeviceMatrix h, DeviceMatrix w, CUstream stream) {
        double total = 0;
        for (int from = 0; from < v.rows(); from += rowsAtOnce) {
            int count = Math.min(rowsAtOnce, v.rows() - from);
            DeviceMatrix target = DeviceMatrix.of(decoded.pointer(), count, m);
            blas.multiply((float) scale, h.rows(from, count), w.transpose(), 0f, target, Precision.FP32);
            kernels.squaredError(
                    v.rows(from, count).pointer(),
                    v.stride(),
                    target.pointer(),
                    count,
                    m,
                    1 / scale,
                    sums.pointer(),
                    stream);
            double[] parts = new double[kernels.blocks((long) count * m)];
            sums.download(Pointer.to(parts), 8L * parts.length, stream);
            total += Arrays.stream(parts).sum();
        }
        return total;
    }
}
