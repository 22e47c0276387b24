package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import jcuda.driver.CUstream;

/** What every fitted model computes on data, on an NVIDIA GPU, run after run of rows: reconstructions and their errors. */
abstract class CudaInference implements Inference {

    private static final long RUN_BYTES = 64L << 20;
    private static final long WORKSPACE_BYTES = 8L << 20;

    final DeviceWorkspace device;
    final CUstream stream;
    final Blas blas;
    final DeviceData data;
    final int runRows;
    private final RowBlocks host;
    private final DeviceReconstruction reconstruction;
    private boolean closed;

    /**
     * @param m features
     * @param scale what V is divided by
     * @param asked most rows of a run, or 0
     * @param rowBytes of the device's memory for each row of a run, all that the subclass allocates included
     * @param host threads of the CPU for what is not computed on the device; closed with this
     */
    CudaInference(DeviceWorkspace device, int m, double scale, int asked, long rowBytes, RowBlocks host) {
        this.device = device;
        this.stream = device.stream();
        this.host = host;
        long free = device.context().freeMemory();
        long most = Math.max(1, Math.min(RUN_BYTES, free / 8) / rowBytes);
        runRows = (int) (asked > 0 ? Math.min(asked, most) : most);
        blas = device.newBlas(stream, Math.min(WORKSPACE_BYTES, free / 16));
        DeviceBuffer decoded = device.allocate(4L * m * runRows, "a reconstruction");
        DeviceBuffer sums = device.allocate(8L * device.kernels().blocks((long) m * runRows), "sums");
        reconstruction = new DeviceReconstruction(device, blas, decoded, sums, scale);
        data = new DeviceData(device, runRows, m, false);
    }

    /** W, m × r. */
    abstract DeviceMatrix basis();

    /** Room for coefficients of a run of rows. */
    abstract DeviceBuffer coefficients();

    private DeviceMatrix upload(Matrix h, int from, int count) {
        MatrixTransfer.upload(h, from, count, coefficients(), stream);
        return DeviceMatrix.of(coefficients().pointer(), count, h.columns());
    }

    @Override
    public final void decode(Matrix h, Matrix target) {
        device.context().run(() -> {
            for (int from = 0; from < h.rows(); from += runRows) {
                int count = Math.min(runRows, h.rows() - from);
                reconstruction.decode(upload(h, from, count), basis(), target, from);
            }
        });
    }

    @Override
    public final double squaredError(RowSource v, Matrix h) {
        double[] total = new double[1];
        device.context()
                .run(() -> data.forRuns(v, (run, from) -> {
                    DeviceMatrix rows = upload(h, from, run.rows());
                    for (double part : reconstruction.squaredErrors(run, rows, basis())) {
                        total[0] += part;
                    }
                }));
        return total[0];
    }

    @Override
    public final void forBlocks(int rows, Task task) {
        host.forBlocks(rows, task);
    }

    @Override
    public final void close() {
        if (closed) {
            return;
        }
        closed = true;
        host.close();
        device.close();
    }
}
