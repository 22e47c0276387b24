package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeParameters;
import jcuda.Pointer;
import jcuda.driver.CUstream;

/** What a fitted model computes on data, on an NVIDIA GPU: run after run of rows. */
public final class CudaInference implements PaeInference {

    private static final long RUN_BYTES = 64L << 20;
    private static final long WORKSPACE_BYTES = 8L << 20;

    private final int m;
    private final int r;
    private final int runRows;
    private final DeviceWorkspace device;
    private final CUstream stream;
    private final Blas blas;
    private final WeibullConstants constants;
    private final DeviceData data;
    private final DeviceBuffer w;
    private final DeviceBuffer biases;
    private final DeviceBuffer p;
    private final DeviceBuffer lambda;
    private final DeviceBuffer k;
    private final DeviceReconstruction reconstruction;
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
        return DeviceWorkspace.open(execution.device(), device -> new CudaInference(model, execution, host, device));
    }

    private CudaInference(FittedPae model, Execution execution, RowBlocks host, DeviceWorkspace device) {
        this.host = host;
        this.device = device;
        this.stream = device.stream();
        PaeParameters parameters = model.parameters();
        this.m = parameters.features();
        this.r = parameters.rank();
        this.constants = WeibullConstants.of(
                model.configuration(), model.dataScale(), (float) (1 / (model.dataScale() * Math.sqrt(m))));
        CudaContext context = device.context();
        long rowBytes = 4L * (DeviceData.stride(m) + 4L * r);
        long most = Math.max(1, Math.min(RUN_BYTES, context.freeMemory() / 8) / rowBytes);
        runRows = (int) (execution.chunkRows() > 0 ? Math.min(execution.chunkRows(), most) : most);
        blas = device.newBlas(stream, Math.min(WORKSPACE_BYTES, context.freeMemory() / 16));
        w = device.allocate(12L * m * r, "parameters");
        biases = device.allocate(8L * r, "biases");
        p = device.allocate(8L * r * runRows, "the encoder's products");
        lambda = device.allocate(4L * r * runRows, "λ");
        k = device.allocate(4L * r * runRows, "k");
        DeviceBuffer decoded = device.allocate(4L * m * runRows, "a reconstruction");
        DeviceBuffer sums = device.allocate(8L * device.kernels().blocks((long) m * runRows), "sums");
        reconstruction = new DeviceReconstruction(device, blas, decoded, sums, model.dataScale());
        data = new DeviceData(device, runRows, m, false);
        w.upload(Pointer.to(parameters.weights()), w.bytes(), stream);
        biases.upload(Pointer.to(parameters.biases()), biases.bytes(), stream);
    }

    /** [Wλ | Wk | Wf]. */
    private DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, 3 * r);
    }

    private DeviceMatrix decoder() {
        return weights().columns(2 * r, r);
    }

    @Override
    public void encode(Matrix v, Matrix lambdas, Matrix ks) {
        device.context()
                .run(() -> data.forRuns(v, (run, from) -> {
                    int count = run.rows();
                    DeviceMatrix products = DeviceMatrix.of(p.pointer(), count, 2 * r);
                    blas.multiply(1f, run, weights().columns(0, 2 * r), 0f, products, Precision.FP32);
                    device.kernels()
                            .heads(
                                    products.pointer(),
                                    products.stride(),
                                    biases.pointer(),
                                    lambda.pointer(),
                                    k.pointer(),
                                    count,
                                    r,
                                    constants,
                                    stream);
                    MatrixTransfer.download(lambda, lambdas, from, count, stream);
                    MatrixTransfer.download(k, ks, from, count, stream);
                }));
    }

    @Override
    public void decode(Matrix h, Matrix target) {
        device.context().run(() -> {
            for (int from = 0; from < h.rows(); from += runRows) {
                int count = Math.min(runRows, h.rows() - from);
                reconstruction.decode(coefficients(h, from, count), decoder(), target, from);
            }
        });
    }

    /** Some rows of H, in the place of λ. */
    private DeviceMatrix coefficients(Matrix h, int from, int count) {
        MatrixTransfer.upload(h, from, count, lambda, stream);
        return DeviceMatrix.of(lambda.pointer(), count, r);
    }

    @Override
    public double squaredError(Matrix v, Matrix h) {
        double[] total = new double[1];
        device.context()
                .run(() -> data.forRuns(v, (run, from) -> {
                    DeviceMatrix coefficients = coefficients(h, from, run.rows());
                    for (double part : reconstruction.squaredErrors(run, coefficients, decoder())) {
                        total[0] += part;
                    }
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
