package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedVb;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
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
    private final DeviceBuffer decoded;
    private final DeviceBuffer sums;
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
        decoded = device.allocate(4L * m * runRows, "a reconstruction");
        sums = device.allocate(8L * device.kernels().blocks((long) m * runRows), "sums");
        data = new DeviceData(device.context(), device.arena(), runRows, m, false);
        w.upload(Pointer.to(model.parameters().mean()), w.bytes(), stream);
        sweeps = new RowSweeps(model, posterior.gram(), runRows, device);
    }

    private interface Run {
        void accept(int from, int count);
    }

    private void forRuns(int rows, Run run) {
        device.context().run(() -> {
            for (int from = 0; from < rows; from += runRows) {
                run.accept(from, Math.min(runRows, rows - from));
            }
        });
    }

    /** V·W of some rows of the scaled data. */
    private void project(Matrix v, int from, int count) {
        CUdeviceptr run = data.stream(new Rows(v, null, from, count), stream);
        blas.multiply(
                (float) (1 / model.dataScale()),
                DeviceMatrix.of(run, count, m, data.stride()),
                DeviceMatrix.of(w.pointer(), m, r),
                0f,
                DeviceMatrix.of(numerators.pointer(), count, r),
                Precision.FP32);
        data.release(stream);
    }

    @Override
    public void project(Matrix v, Matrix target) {
        float[] rows = new float[Math.min(runRows, v.rows()) * r];
        forRuns(v.rows(), (from, count) -> {
            project(v, from, count);
            read(numerators, rows, target, from, count);
        });
    }

    @Override
    public void encode(Matrix v, Matrix lambda, Matrix k, Matrix inclusion) {
        float[] c = new float[Math.min(runRows, v.rows()) * r];
        float[] means = new float[c.length];
        forRuns(v.rows(), (from, count) -> {
            project(v, from, count);
            numerators.download(Pointer.to(c), 4L * count * r, stream);
            sweeps.means(numerators.pointer(), count, means);
            host.forBlocks(count, (first, rows) -> {
                for (int i = first; i < first + rows; i++) {
                    posterior.put(c, means, i * r, from + i, lambda, k, inclusion);
                }
            });
        });
    }

    private void read(DeviceBuffer source, float[] rows, Matrix target, int from, int count) {
        source.download(Pointer.to(rows), 4L * count * target.columns(), stream);
        for (int i = 0; i < count; i++) {
            System.arraycopy(
                    rows, i * target.columns(), target.storage(from + i), target.offset(from + i), target.columns());
        }
    }

    @Override
    public void decode(Matrix h, Matrix target) {
        float[] rows = new float[Math.toIntExact((long) Math.min(runRows, h.rows()) * m)];
        forRuns(h.rows(), (from, count) -> {
            decode(h, from, count);
            read(decoded, rows, target, from, count);
        });
    }

    /** Rows of V̂ = H·Wᵀ in units of the raw data. */
    private void decode(Matrix h, int from, int count) {
        float[] rows = new float[count * r];
        for (int i = 0; i < count; i++) {
            h.copyRow(from + i, rows, i * r);
        }
        numerators.upload(Pointer.to(rows), 4L * rows.length, stream);
        blas.multiply(
                (float) model.dataScale(),
                DeviceMatrix.of(numerators.pointer(), count, r),
                DeviceMatrix.of(w.pointer(), m, r).transpose(),
                0f,
                DeviceMatrix.of(decoded.pointer(), count, m),
                Precision.FP32);
    }

    @Override
    public double squaredError(Matrix v, Matrix h) {
        double[] total = new double[1];
        forRuns(v.rows(), (from, count) -> {
            decode(h, from, count);
            CUdeviceptr run = data.stream(new Rows(v, null, from, count), stream);
            device.kernels()
                    .squaredError(
                            run,
                            data.stride(),
                            decoded.pointer(),
                            count,
                            m,
                            1 / model.dataScale(),
                            sums.pointer(),
                            stream);
            data.release(stream);
            double[] parts = new double[device.kernels().blocks((long) count * m)];
            sums.download(Pointer.to(parts), 8L * parts.length, stream);
            total[0] += Arrays.stream(parts).sum();
        });
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
