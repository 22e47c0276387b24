package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
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
    /** After them the penalties of H, and of W before and after an update. */
    private static final int PENALISED_VALUES = 5;

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
    /** Parts of ⟨W, Q⟩, after them of ⟨K, G⟩, and of the penalty of W before and after an update. */
    private final DeviceBuffer products;

    private final DevicePenalty ofH;
    private final DevicePenalty ofW;
    /** Null where stages are run by themselves. */
    private final HalsWindows windows;

    /**
     * Allocates.
     *
     * @param execution says whether epochs may be taken as a whole
     */
    NmfCudaAlgorithm(NmfProblem problem, Execution execution, DeviceWorkspace device) {
        this.problem = problem;
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.multiplicative = problem.algorithm() == NmfAlgorithm.MU;
        this.stream = device.stream();
        this.kernels = device.kernels();
        this.stepKernels =
                new NmfKernels(device.context().module(), device.context().device());
        long weightBytes = 4L * m * r;
        w = device.allocate(weightBytes, "W");
        h = device.allocate(4L * n * r, "H");
        numerator = device.allocate(weightBytes, "numerator of W");
        product = multiplicative ? device.allocate(weightBytes, "W·HᵀH") : null;
        ofH = DevicePenalty.of(problem.ofCoefficients(), device);
        ofW = DevicePenalty.of(problem.ofBasis(), device);
        products = device.allocate(8L * (weightBlocks() + gramBlocks() + 2 * penaltyBlocks()), "partial sums");
        windows = HalsWindows.of(problem, execution, w, h, device);
    }

    private int penaltyBlocks() {
        return ofW.isNone() ? 0 : weightBlocks();
    }

    private int weightBlocks() {
        return kernels.blocks((long) m * r);
    }

    private int gramBlocks() {
        return kernels.blocks((long) r * r);
    }

    @Override
    public Parts parts() {
        return Parts.single(r);
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

    /** What the penalty of H adds to the objective. */
    @Override
    public int rowSums() {
        return ofH.isNone() ? 0 : 1;
    }

    @Override
    public int partialRows(int rows) {
        return ofH.isNone() ? 0 : kernels.blocks((long) rows * r);
    }

    @Override
    public void rowStage(StepBuffers buffers, RowStageChunk chunk) {
        int rows = chunk.rows();
        long count = (long) rows * r;
        CUdeviceptr x = h.pointer(4L * chunk.firstRow() * r);
        stepKernels.scale(buffers.p(), buffers.p(), 1 / problem.dataScale(), count, stream);
        DeviceMatrix factor = DeviceMatrix.of(x, rows, r);
        updateFactor(factor, buffers.p(), buffers.g(), buffers.s(), 0, ofH, chunk.firstRow(), buffers.blas());
        if (!ofH.isNone()) {
            stepKernels.penalty(
                    factor, ofH, chunk.firstRow(), partialRows(rows), chunk.accumulate(), buffers.partials(), stream);
        }
        CudaContext.check(JCudaDriver.cuMemcpyDtoDAsync(buffers.s(), x, 4 * count, stream), "cuMemcpyDtoDAsync");
    }

    /**
     * One update of a factor X of V ≈ X·Yᵀ.
     *
     * @param n V·Y of the scaled data
     * @param gram YᵀY
     * @param scratch as large as X; not used by HALS
     * @param firstFree the first component that changes
     * @param penalty of the factor
     * @param firstRow the row of the factor that is the first of X
     */
    private void updateFactor(
            DeviceMatrix x,
            CUdeviceptr n,
            DeviceMatrix gram,
            CUdeviceptr scratch,
            int firstFree,
            DevicePenalty penalty,
            long firstRow,
            Blas blas) {
        if (!multiplicative) {
            stepKernels.halsUpdate(x.pointer(), n, gram.pointer(), x.rows(), r, firstFree, penalty, firstRow, stream);
            return;
        }
        blas.multiply(1f, x, gram, 0f, DeviceMatrix.of(scratch, x.rows(), r), Precision.FP32);
        long count = (long) x.rows() * r;
        stepKernels.multiplicativeUpdate(x.pointer(), n, scratch, count, r, firstFree, penalty, firstRow, stream);
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
        sumPenaltyOfW(0);
        updateFactor(weights(), numerator.pointer(), k, scratch, problem.fixedComponents(), ofW, 0, buffers.blas());
        sumPenaltyOfW(1);
        buffers.blas().multiply(1f, weights().transpose(), weights(), 0f, g, Precision.FP32);
        CUdeviceptr gramProducts = products.pointer(8L * weightBlocks());
        kernels.innerProduct(w.pointer(), numerator.pointer(), weights, products.pointer(), stream);
        kernels.innerProduct(k.pointer(), g.pointer(), (long) r * r, gramProducts, stream);
        int rowParts = ofH.isNone() ? 0 : partialRows;
        stepKernels.gramForm(
                products.pointer(),
                weightBlocks(),
                gramBlocks(),
                rowParts,
                penaltyBlocks(),
                problem.isPenalised(),
                buffers);
    }

    /**
     * @param place 0 before the update, 1 after it
     */
    private void sumPenaltyOfW(int place) {
        if (!ofW.isNone()) {
            CUdeviceptr sums = products.pointer(8L * (weightBlocks() + gramBlocks() + place * penaltyBlocks()));
            stepKernels.penalty(weights(), ofW, 0, penaltyBlocks(), false, sums, stream);
        }
    }

    @Override
    public WholeStep wholeStep() {
        return windows;
    }

    @Override
    public int objectiveValues() {
        return problem.isPenalised() ? PENALISED_VALUES : OBJECTIVE_VALUES;
    }

    @Override
    public Objective objective(double[] values, Sums step) {
        double squaredError =
                step.hasResidual() ? step.residual() : Objective.gramForm(step.squaredNorm(), values[0], values[1]);
        double penalties = problem.isPenalised() ? values[2] + values[step.hasResidual() ? 3 : 4] : 0;
        return new Objective((squaredError / 2 + penalties) / step.rows(), 0);
    }
}
