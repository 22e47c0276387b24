package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import java.util.Arrays;
import jcuda.driver.CUstream;

/** What every fitted model computes on data, on an NVIDIA GPU, run after run of rows: reconstructions and their errors. */
abstract class CudaInference implements Inference {

    private static final long RUN_BYTES = 64L << 20;
    private static final long WORKSPACE_BYTES = 8L << 20;

    final DeviceWorkspace device;
    final CUstream stream;
    final Blas blas;
    final int runRows;
    private final DeviceReconstruction reconstruction;
    private final DeviceData data;
    private final int m;
    private final double scale;
    /** Null until data are sparse. */
    private SparseRuns sparse;

    /**
     * @param m features
     * @param scale what V is divided by
     * @param asked most rows of a run, or 0
     * @param rowBytes of the device's memory for each row of a run, all that the subclass allocates included
     */
    CudaInference(DeviceWorkspace device, int m, double scale, int asked, long rowBytes) {
        this.device = device;
        this.stream = device.stream();
        this.m = m;
        this.scale = scale;
        long free = device.context().freeMemory();
        long most = Math.max(1, Math.min(RUN_BYTES, free / 8) / rowBytes);
        runRows = (int) (asked > 0 ? Math.min(asked, most) : most);
        blas = device.newBlas(stream, Math.min(WORKSPACE_BYTES, free / 16));
        DeviceBuffer decoded = device.allocate(4L * m * runRows, "a reconstruction");
        DeviceBuffer sums = device.allocate(8L * device.kernels().blocks((long) m * runRows), "sums");
        reconstruction = new DeviceReconstruction(device, blas, decoded, sums, scale);
        data = new DeviceData(device, runRows, m, false, false);
    }

    /** W, m × r. */
    abstract DeviceMatrix basis();

    /** Room for coefficients of a run of rows. */
    abstract DeviceBuffer coefficients();

    private record DenseRun(DeviceMatrix v, CudaInference of) implements DeviceRun {

        @Override
        public int rows() {
            return v.rows();
        }

        @Override
        public void multiply(float factor, DeviceMatrix x, DeviceMatrix target) {
            of.blas.multiply(factor, v, x, 0f, target, Precision.FP32);
        }

        @Override
        public double squaredError(DeviceMatrix h, DeviceMatrix w) {
            return Arrays.stream(of.reconstruction.squaredErrors(v, h, w)).sum();
        }
    }

    /** Goes through data in order, in runs of at most {@link #runRows} rows. */
    final void forRuns(RowSource v, DeviceRun.Task task) {
        if (v.mask() != null) {
            throw new BackendUnavailableException(
                    "data with missing values are read on the CPU only; choose backend cpu, or missing(true), of which"
                            + " auto takes the CPU");
        }
        if (!(v instanceof SparseSource nonzeros)) {
            data.forRuns(v, (run, from) -> task.accept(new DenseRun(run, this), from));
            return;
        }
        if (sparse == null) {
            sparse = new SparseRuns(device, m, scale, basis().columns(), runRows);
        }
        sparse.forRuns(nonzeros, task);
    }

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
                .run(() ->
                        forRuns(v, (run, from) -> total[0] += run.squaredError(upload(h, from, run.rows()), basis())));
        return total[0];
    }

    @Override
    public final void forBlocks(int rows, Task task) {
        device.host().forBlocks(rows, task);
    }

    @Override
    public final void close() {
        device.close();
    }
}
