package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeParameters;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/** What a fitted model computes on data, on an NVIDIA GPU: run after run of rows. */
public final class CudaInference implements PaeInference {

    private static final long RUN_BYTES = 64L << 20;
    private static final long WORKSPACE_BYTES = 8L << 20;

    private final FittedPae model;
    private final int m;
    private final int r;
    private final int runRows;
    private final DeviceArena arena;
    private final CudaContext context;
    private final CUstream stream;
    private final Blas blas;
    private final WeibullKernels kernels;
    private final WeibullConstants constants;
    private final DeviceData data;
    private final DeviceBuffer w;
    private final DeviceBuffer biases;
    private final DeviceBuffer p;
    private final DeviceBuffer lambda;
    private final DeviceBuffer k;
    private final DeviceBuffer decoded;
    private final DeviceBuffer sums;
    private final RowBlocks host;
    private boolean closed;

    /**
     * Opens the device and copies the parameters to it.
     *
     * @param host threads of the CPU for what is not computed on the device; closed with this
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if a run of rows does not fit
     */
    public static CudaInference open(FittedPae model, Execution execution, RowBlocks host) {
        CudaContext context = CudaContext.open(execution.device());
        DeviceArena arena = new DeviceArena(context);
        arena.own(context);
        return arena.construct(() -> new CudaInference(model, execution, host, context, arena));
    }

    private CudaInference(
            FittedPae model, Execution execution, RowBlocks host, CudaContext context, DeviceArena arena) {
        this.model = model;
        this.host = host;
        this.context = context;
        this.arena = arena;
        PaeParameters parameters = model.parameters();
        this.m = parameters.features();
        this.r = parameters.rank();
        this.stream = context.newStream();
        this.kernels = new WeibullKernels(context.module(), context.device());
        this.constants = WeibullConstants.of(
                model.configuration(), model.dataScale(), (float) (1 / (model.dataScale() * Math.sqrt(m))));
        long rowBytes = 4L * (DeviceData.stride(m) + 4L * r);
        long most = Math.max(1, Math.min(RUN_BYTES, context.freeMemory() / 8) / rowBytes);
        runRows = (int) (execution.chunkRows() > 0 ? Math.min(execution.chunkRows(), most) : most);
        blas = arena.own(new Blas(
                stream, arena.allocate(Math.min(WORKSPACE_BYTES, context.freeMemory() / 16), "cuBLAS")));
        w = arena.allocate(12L * m * r, "parameters");
        biases = arena.allocate(8L * r, "biases");
        p = arena.allocate(8L * r * runRows, "the encoder's products");
        lambda = arena.allocate(4L * r * runRows, "λ");
        k = arena.allocate(4L * r * runRows, "k");
        decoded = arena.allocate(4L * m * runRows, "a reconstruction");
        sums = arena.allocate(8L * kernels.blocks((long) m * runRows), "sums");
        data = new DeviceData(context, arena, runRows, m, false);
        w.upload(Pointer.to(parameters.weights()), w.bytes(), stream);
        biases.upload(Pointer.to(parameters.biases()), biases.bytes(), stream);
    }

    /** [Wλ | Wk | Wf]. */
    private DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, 3 * r);
    }

    private interface Run {
        void accept(int from, int count);
    }

    private void forRuns(int rows, Run run) {
        context.run(() -> {
            for (int from = 0; from < rows; from += runRows) {
                run.accept(from, Math.min(runRows, rows - from));
            }
        });
    }

    @Override
    public void encode(Matrix v, Matrix lambdas, Matrix ks) {
        float[] rows = new float[Math.min(runRows, v.rows()) * r];
        forRuns(v.rows(), (from, count) -> {
            CUdeviceptr run = data.stream(new Rows(v, null, from, count), stream);
            blas.multiply(
                    1f,
                    DeviceMatrix.of(run, count, m, data.stride()),
                    weights().columns(0, 2 * r),
                    0f,
                    DeviceMatrix.of(p.pointer(), count, 2 * r),
                    Precision.FP32);
            data.release(stream);
            kernels.heads(
                    p.pointer(), 2 * r, biases.pointer(), lambda.pointer(), k.pointer(), count, r, constants, stream);
            read(lambda, rows, lambdas, from, count);
            read(k, rows, ks, from, count);
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

    /** Rows of V̂ = H·Wfᵀ in units of the raw data. */
    private void decode(Matrix h, int from, int count) {
        float[] rows = new float[count * r];
        for (int i = 0; i < count; i++) {
            h.copyRow(from + i, rows, i * r);
        }
        lambda.upload(Pointer.to(rows), 4L * rows.length, stream);
        blas.multiply(
                (float) model.dataScale(),
                DeviceMatrix.of(lambda.pointer(), count, r),
                weights().columns(2 * r, r).transpose(),
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
            kernels.squaredError(
                    run, data.stride(), decoded.pointer(), count, m, 1 / model.dataScale(), sums.pointer(), stream);
            data.release(stream);
            double[] parts = new double[kernels.blocks((long) count * m)];
            sums.download(Pointer.to(parts), 8L * parts.length, stream);
            for (double part : parts) {
                total[0] += part;
            }
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
        arena.close();
    }
}
