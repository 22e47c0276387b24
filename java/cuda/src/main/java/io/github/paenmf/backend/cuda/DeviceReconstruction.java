package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.Matrix;
import java.util.Arrays;

/**
 * Reconstructions V̂ = H·Wᵀ in units of the raw data, some rows at once, and their squared errors, summed in double.
 */
final class DeviceReconstruction {

    private static final long MAX_BYTES = 64L << 20;

    private final DeviceWorkspace device;
    private final Blas blas;
    private final double scale;
    private final DeviceBuffer decoded;
    private final DeviceBuffer sums;

    /**
     * In memory that others may use between the calls.
     *
     * @param decoded room for at least one row of V̂
     * @param sums double, {@link WeibullKernels#blocks} of the elements of decoded
     * @param scale what V is divided by
     */
    DeviceReconstruction(DeviceWorkspace device, Blas blas, DeviceBuffer decoded, DeviceBuffer sums, double scale) {
        this.device = device;
        this.blas = blas;
        this.decoded = decoded;
        this.sums = sums;
        this.scale = scale;
    }

    /**
     * In memory of its own: at most 64 MiB, or one row.
     *
     * @param rows how many are asked for at most
     * @param m features
     * @param scale what V is divided by
     */
    static DeviceReconstruction allocate(DeviceWorkspace device, Blas blas, int rows, int m, double scale) {
        long most = Math.min(MAX_BYTES, device.context().freeMemory() / 2) / (4L * m);
        long elements = Math.max(1, Math.min(most, rows)) * m;
        DeviceBuffer decoded = device.allocate(4 * elements, "a reconstruction");
        DeviceBuffer sums = device.allocate(8L * device.kernels().blocks(elements), "sums of a residual");
        return new DeviceReconstruction(device, blas, decoded, sums, scale);
    }

    /** How many rows of m features there is room for. */
    int rowsAtOnce(int m) {
        return (int) Math.min(Integer.MAX_VALUE, decoded.bytes() / (4L * m));
    }

    /**
     * V̂ of at most {@link #rowsAtOnce} rows, until the next call.
     *
     * @param h rows × r
     * @param w m × r
     */
    private DeviceMatrix decode(DeviceMatrix h, DeviceMatrix w) {
        DeviceMatrix target = DeviceMatrix.of(decoded.pointer(), h.rows(), w.rows());
        blas.multiply((float) scale, h, w.transpose(), 0f, target, Precision.FP32);
        return target;
    }

    /**
     * V̂ into rows of a matrix.
     *
     * @param h rows × r
     * @param w m × r
     * @param from the first row of the target
     */
    void decode(DeviceMatrix h, DeviceMatrix w, Matrix target, int from) {
        int atOnce = rowsAtOnce(w.rows());
        for (int done = 0; done < h.rows(); done += atOnce) {
            int count = Math.min(atOnce, h.rows() - done);
            decode(h.rows(done, count), w);
            MatrixTransfer.download(decoded, target, from + done, count, device.stream());
        }
    }

    /**
     * ‖V/scale − H·Wᵀ‖².
     *
     * @param v rows × m
     * @param h rows × r
     * @param w m × r
     */
    double squaredError(DeviceMatrix v, DeviceMatrix h, DeviceMatrix w) {
        double total = 0;
        int atOnce = rowsAtOnce(w.rows());
        for (int from = 0; from < v.rows(); from += atOnce) {
            int count = Math.min(atOnce, v.rows() - from);
            total += Arrays.stream(squaredErrors(v.rows(from, count), h.rows(from, count), w))
                    .sum();
        }
        return total;
    }

    /**
     * ‖V/scale − H·Wᵀ‖² of at most {@link #rowsAtOnce} rows, in parts.
     *
     * @param v rows × m
     * @param h rows × r
     * @param w m × r
     */
    double[] squaredErrors(DeviceMatrix v, DeviceMatrix h, DeviceMatrix w) {
        DeviceMatrix target = decode(h, w);
        int m = v.columns();
        device.kernels()
                .squaredError(
                        v.pointer(),
                        v.stride(),
                        target.pointer(),
                        v.rows(),
                        m,
                        1 / scale,
                        sums.pointer(),
                        device.stream());
        double[] parts = new double[device.kernels().blocks((long) v.rows() * m)];
        sums.download(parts, device.stream());
        return parts;
    }
}
