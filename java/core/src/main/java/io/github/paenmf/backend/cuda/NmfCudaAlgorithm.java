package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Standard NMF on the device: its row stage is one update of each row of H, which stays on the device, its update the same
 * of each row of W. The equations and their order are the CPU's (NmfCpuAlgorithm), and so is what the objective is of.
 */
final class NmfCudaAlgorithm implements CudaAlgorithm<NmfParameters> {

    /** [⟨W, Q⟩ | ⟨K, G⟩]. */
    private static final int OBJECTIVE_VALUES = 2;

    private final NmfProblem problem;
    private final int n;
    private final int m;
    private final int r;
    private final boolean multiplicative;
    private final CUstream stream;
    private final WeibullKernels kernels;
    private final NmfKernels stepKernels;
    private final DeviceBuffer w;
    /** H of all rows, n × r. */
    private final DeviceBuffer h;
    /** Q of the scaled data, m × r. */
    private final DeviceBuffer numerator;
    /** W·K, m × r; null for HALS. */
    private final DeviceBuffer product;
    /** Parts of ⟨W, Q⟩, and after them of ⟨K, G⟩. */
    private final DeviceBuffer products;

    /** Allocates. */
    NmfCudaAlgorithm(NmfProblem problem, DeviceWorkspace device) {
        this.problem = problem;
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.multiplicative = problem.algorithm() == NmfAlgorithm.MU;
        this.stream = device.stream();
        this.kernels = device.kernels();
        this.stepKernels = new NmfKernels(device.context().module(), kernels);
        long weightBytes = 4L * m * r;
        w = device.allocate(weightBytes, "W");
        h = device.allocate(4L * n * r, "H");
        numerator = device.allocate(weightBytes, "numerator of W");
        product = multiplicative ? device.allocate(weightBytes, "W·HᵀH") : null;
        products = device.allocate(8L * (weightBlocks() + gramBlocks()), "partial sums");
    }

    private int weightBlocks() {
        return kernels.blocks((long) m * r);
    }

    private int gramBlocks() {
        return kernels.blocks((long) r * r);
    }

    @Override
    public DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, r);
    }

    @Override
    public List<DeviceBuffer> state() {
        return List.of(w, h);
    }

    @Override
    public void set(NmfParameters parameters) {
        MatrixTransfer.upload(parameters.w(), w, stream);
        MatrixTransfer.upload(parameters.h(), h, stream);
    }

    @Override
    public void read(NmfParameters target) {
        MatrixTransfer.download(w, target.w(), stream);
        MatrixTransfer.download(h, target.h(), stream);
    }

    @Override
    public void setChunkRows(int rows) {
        // H of all rows is there, and P and S are the session's
    }

    @Override
    public int rowSums() {
        return 0;
    }

    @Override
    public int partialRows(int rows) {
        return 0;
    }

    @Override
    public void rowStage(StepBuffers buffers, RowStageChunk chunk) {
        int rows = chunk.rows();
        long count = (long) rows * r;
        CUdeviceptr x = h.pointer(4L * chunk.firstRow() * r);
        stepKernels.scale(buffers.p(), buffers.p(), 1 / problem.dataScale(), count, stream);
        updateFactor(DeviceMatrix.of(x, rows, r), buffers.p(), buffers.g(), buffers.s(), buffers.blas());
        CudaContext.check(JCudaDriver.cuMemcpyDtoDAsync(buffers.s(), x, 4 * count, stream), "cuMemcpyDtoDAsync");
    }

    /**
     * One update of a factor X of V ≈ X·Yᵀ.
     *
     * @param n V·Y of the scaled data
     * @param gram YᵀY
     * @param scratch as large as X; not used by HALS
     */
    private void updateFactor(DeviceMatrix x, CUdeviceptr n, DeviceMatrix gram, CUdeviceptr scratch, Blas blas) {
        if (!multiplicative) {
            kernels.halsUpdate(x.pointer(), n, gram.pointer(), x.rows(), r, stream);
            return;
        }
        blas.multiply(1f, x, gram, 0f, DeviceMatrix.of(scratch, x.rows(), r), Precision.FP32);
        kernels.multiplicativeUpdate(x.pointer(), n, scratch, (long) x.rows() * r, stream);
    }

    @Override
    public void beforeUpdate(Sums step) {
        // The update needs Q and K alone.
    }

    @Override
    public void update(StepBuffers buffers, int partialRows, long rows) {
        DeviceMatrix k = buffers.k();
        DeviceMatrix g = buffers.g();
        long weights = (long) m * r;
        stepKernels.scale(buffers.q().pointer(), numerator.pointer(), 1 / problem.dataScale(), weights, stream);
        CUdeviceptr scratch = multiplicative ? product.pointer() : null;
        updateFactor(weights(), numerator.pointer(), k, scratch, buffers.blas());
        buffers.blas().multiply(1f, weights().transpose(), weights(), 0f, g, Precision.FP32);
        CUdeviceptr gramProducts = products.pointer(8L * weightBlocks());
        kernels.innerProduct(w.pointer(), numerator.pointer(), weights, products.pointer(), stream);
        kernels.innerProduct(k.pointer(), g.pointer(), (long) r * r, gramProducts, stream);
        stepKernels.gramForm(products.pointer(), weightBlocks(), gramBlocks(), buffers);
    }

    @Override
    public int objectiveValues() {
        return OBJECTIVE_VALUES;
    }

    @Override
    public Objective objective(double[] values, Sums step) {
        double squaredError =
                step.hasResidual() ? step.residual() : Objective.gramForm(step.squaredNorm(), values[0], values[1]);
        return new Objective(squaredError / (2.0 * step.rows()), 0);
    }
}
