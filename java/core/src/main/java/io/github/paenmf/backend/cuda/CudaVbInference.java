package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedVb;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUstream;

/**
 * What a fitted variational NMF computes on data, on an NVIDIA GPU: run after run of rows. Means come from sweeps on the
 * device; what makes posteriors of them, and is done once, is the CPU's.
 */
public final class CudaVbInference implements VbInference {

    private static final long RUN_BYTES = 64L << 20;
    private static final long WORKSPACE_BYTES = 8L << 20;

    private final FittedVb model;
    private final VbRowPosterior posterior;
    private final int m;
    private final int r;
    private final int runRows;
    private final DeviceWorkspace device;
    private final CUstream stream;
    private final Blas blas;
    private final DeviceData data;
    private final DeviceBuffer w;
    private final DeviceBuffer numerators;
    private final DeviceReconstruction reconstruction;
    private final RowSweeps sweeps;
    private final RowBlocks host;
    private boolean closed;

    /**
     * Opens the device and copies the parameters to it.
     *
     * @param host threads of the CPU for what is not computed on the device; closed with this
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if a run of rows does not fit
     */
    public static CudaVbInference open(FittedVb model, Execution execution, RowBlocks host) {
        return DeviceWorkspace.open(execution.device(), device -> new CudaVbInference(model, execution, host, device));
    }

    private CudaVbInference(FittedVb model, Execution execution, RowBlocks host, DeviceWorkspace device) {
        this.model = model;
        this.posterior = new VbRowPosterior(model);
        this.host = host;
        this.device = device;
        this.m = model.features();
        this.r = model.rank();
        this.stream = device.stream();
        long free = device.context().freeMemory();
        long rowBytes = 4L * (2 * DeviceData.stride(m) + m + r) + RowSweeps.rowBytes(r);
        long most = Math.max(1, Math.min(RUN_BYTES, free / 8) / rowBytes);
        runRows = (int) (execution.chunkRows() > 0 ? Math.min(execution.chunkRows(), most) : most);
        blas = device.newBlas(stream, Math.min(WORKSPACE_BYTES, free / 16));
        w = device.allocate(4L * m * r, "W");
        numerators = device.allocate(4L * r * runRows, "products of " + runRows + " rows");
        DeviceBuffer decoded = device.allocate(4L * m * runRows, "a reconstruction");
        DeviceBuffer sums = device.allocate(8L * device.kernels().blocks((long) m * runRows), "sums");
        reconstruction = new DeviceReconstruction(device, blas, decoded, sums, model.dataScale());
        data = new DeviceData(device, runRows, m, false);
        w.upload(Pointer.to(model.parameters().mean()), w.bytes(), stream);
        sweeps = new RowSweeps(model, posterior.gram(), runRows, device);
    }

    private DeviceMatrix basis() {
        return DeviceMatrix.of(w.pointer(), m, r);
    }

    /** V·W of some rows of the scaled data. */
    private DeviceMatrix project(DeviceMatrix run) {
        DeviceMatrix products = DeviceMatrix.of(numerators.pointer(), run.rows(), r);
        blas.multiply((float) (1 / model.dataScale()), run, basis(), 0f, products, Precision.FP32);
        return products;
    }

    @Override
    public void project(Matrix v, Matrix target) {
        device.context()
                .run(() -> data.forRuns(v, (run, from) -> {
                    project(run);
                    MatrixTransfer.download(numerators, target, from, run.rows(), stream);
                }));
    }

    @Override
    public void encode(Matrix v, Matrix lambda, Matrix k, Matrix inclusion) {
        float[] c = new float[Math.min(runRows, v.rows()) * r];
        float[] means = new float[c.length];
        device.context()
                .run(() -> data.forRuns(v, (run, from) -> {
                    int count = run.rows();
                    project(run);
                    numerators.download(Pointer.to(c), 4L * count * r, stream);
                    sweeps.means(numerators.pointer(), count, means);
                    host.forBlocks(count, (first, rows) -> {
                        for (int i = first; i < first + rows; i++) {
                            posterior.put(c, means, i * r, from + i, lambda, k, inclusion);
                        }
                    });
                }));
    }

    @Override
    public void decode(Matrix h, Matrix target) {
        device.context().run(() -> {
            for (int from = 0; from < h.rows(); from += runRows) {
                int count = Math.min(runRows, h.rows() - from);
                reconstruction.decode(coefficients(h, from, count), basis(), target, from);
            }
        });
    }

    /** Some rows of H, in the place of the products. */
    private DeviceMatrix coefficients(Matrix h, int from, int count) {
        MatrixTransfer.upload(h, from, count, numerators, stream);
        return DeviceMatrix.of(numerators.pointer(), count, r);
    }

    @Override
    public double squaredError(Matrix v, Matrix h) {
        double[] total = new double[1];
        device.context()
                .run(() -> data.forRuns(v, (run, from) -> {
                    DeviceMatrix coefficients = coefficients(h, from, run.rows());
                    total[0] += Arrays.stream(reconstruction.squaredErrors(run, coefficients, basis()))
                            .sum();
                }));
        return total[0];
    }

    @Override
    public void forBlocks(int rows, Task task) {
        host.forBlocks(rows, task);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        host.close();
        device.close();
    }
}
