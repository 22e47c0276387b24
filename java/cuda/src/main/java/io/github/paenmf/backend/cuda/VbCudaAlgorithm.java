package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.model.VbParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Variational NMF on the device: its row stage is {@link PosteriorKernels#sweep} over H, its update the same over W, and
 * then σ² and the priors, on the device too, so that no step waits for the host. H of all rows stays on the device. The
 * equations and their order are the CPU's (VbCpuAlgorithm); a chunk with a row that was not met before starts afresh. Of rows
 * that are a part of the data it makes sums alone, and nothing stays of H.
 */
final class VbCudaAlgorithm implements CudaAlgorithm<VbParameters> {

    /** [−E ln p(v | H, W) | KL], per sample. */
    private static final int OBJECTIVE_VALUES = 2;

    private final VbProblem problem;
    private final int n;
    private final int m;
    private final int r;
    private final boolean miniBatches;
    private final DeviceWorkspace device;
    private final CUstream stream;
    private final PosteriorKernels sweeps;
    private final VbKernels kernels;

    /** Posterior of W, m × r each. */
    private final DeviceBuffer w;

    private final DeviceBuffer variance;
    private final DeviceBuffer inclusion;
    /** Sums of the last sweep over W, of which G takes the variances. */
    private final DeviceBuffer wSums;
    /** Means of all rows, n × r; null where these are a part of the rows, which keeps none. */
    private final DeviceBuffer h;

    private final DeviceBuffer priors;
    private final DeviceBuffer hParameters;
    private final DeviceBuffer wParameters;
    /** Averages over rows of mini-batches: Q, E[HᵀH] and the sums of the row stage; else null. */
    private final DeviceBuffer qAverage;

    private final DeviceBuffer kAverage;
    private final DeviceBuffer sumAverages;
    /** Work space: Q of all rows, scaled, m × r; E[WᵀW] or E[HᵀH]; sums over all rows; parts of sums. */
    private final DeviceBuffer numerator;

    private final DeviceBuffer gram;
    private final DeviceBuffer hSums;
    private final DeviceSquaredNorm squaredNorm;
    private final DeviceBuffer sweepSums;
    private final DeviceBuffer gramProducts;
    /** Of the rows of a chunk. */
    private DeviceBuffer rowVariance;

    private DeviceBuffer rowInclusion;

    /** Null where stages are run by themselves. */
    private final VbWindows windows;
    /** Rows that have means. */
    private final BitSet met = new BitSet();

    private int metRows;

    /**
     * Allocates.
     *
     * @param execution says whether epochs may be taken as a whole
     */
    VbCudaAlgorithm(VbProblem problem, Execution execution, DeviceWorkspace device) {
        this.problem = problem;
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.miniBatches = problem.shape().hasMiniBatches();
        this.device = device;
        this.stream = device.stream();
        this.sweeps =
                new PosteriorKernels(device.context().module(), device.context().device());
        this.kernels = new VbKernels(device.context().module(), device.context().device());
        long weightBytes = 4L * m * r;
        long sumBytes = 8L * VbKernels.sums(r);
        w = device.allocate(weightBytes, "W");
        variance = device.allocate(weightBytes, "variances of W");
        inclusion = device.allocate(weightBytes, "inclusion of W");
        wSums = device.allocate(sumBytes, "sums");
        h = problem.isPart() ? null : device.allocate(4L * n * r, "H");
        priors = device.allocate(8L * VbKernels.priors(r), "priors");
        hParameters = device.allocate(4L * VbKernels.parameters(r), "priors");
        wParameters = device.allocate(4L * VbKernels.parameters(r), "priors");
        qAverage = miniBatches ? device.allocate(weightBytes, "averages over mini-batches") : null;
        kAverage = miniBatches ? device.allocate(4L * r * r, "averages over mini-batches") : null;
        sumAverages = miniBatches ? device.allocate(sumBytes, "averages over mini-batches") : null;
        numerator = device.allocate(weightBytes, "numerator of W");
        gram = device.allocate(4L * r * r, "second moments");
        hSums = device.allocate(sumBytes, "sums");
        squaredNorm = new DeviceSquaredNorm(device);
        int mostBlocks = sweeps.launch(Integer.MAX_VALUE, r).blocks();
        sweepSums = device.allocate(sumBytes * mostBlocks, "partial sums");
        gramProducts = device.allocate(8L * device.kernels().blocks((long) r * r), "partial sums");
        windows = problem.isPart() ? null : windows(execution);
    }

    private VbWindows windows(Execution execution) {
        List<DeviceBuffer> ofWindows = List.of(w, variance, inclusion, h, wSums, priors, hParameters, wParameters);
        return VbWindows.of(problem, execution, ofWindows, squaredNorm.pointer(), device);
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
        if (problem.isPart()) {
            return List.of(); // no step starts from another
        }
        List<DeviceBuffer> all =
                new ArrayList<>(List.of(w, variance, inclusion, wSums, h, priors, hParameters, wParameters));
        if (miniBatches) {
            all.addAll(List.of(qAverage, kAverage, sumAverages));
        }
        return all;
    }

    @Override
    public void visit(StateVisitor visitor) {
        if (problem.isPart()) {
            return;
        }
        boolean[] flags = new boolean[n];
        for (int i = 0; i < n; i++) {
            flags[i] = met.get(i);
        }
        visitor.visit(flags);
        for (int i = 0; i < n; i++) {
            met.set(i, flags[i]);
        }
        metRows = met.cardinality();
    }

    @Override
    public void set(VbParameters parameters) {
        w.upload(parameters.mean(), stream);
        variance.upload(parameters.variance(), stream);
        inclusion.upload(parameters.inclusion(), stream);
        double[] sums = new double[VbKernels.sums(r)];
        for (int i = 0; i < m * r; i++) {
            sums[i % r] += parameters.variance()[i];
        }
        wSums.upload(sums, stream);
        VbDevicePriors.upload(problem.configuration(), parameters, priors, stream);
        kernels.posteriorParameters(priors.pointer(), hParameters.pointer(), wParameters.pointer(), r, stream);
        if (miniBatches) {
            qAverage.clear(stream);
            kAverage.clear(stream);
            sumAverages.clear(stream);
        }
        met.clear();
        metRows = 0;
    }

    /** [Σ variance of W | priors]: what W's own sweep takes is left as it is. */
    @Override
    public void set(RowParameters parameters) {
        double[] others = parameters.others();
        w.upload(parameters.weights(), stream);
        wSums.upload(Arrays.copyOf(others, VbKernels.sums(r)), stream);
        VbPriors ofRows = new VbPriors(problem.configuration(), m);
        ofRows.setOfRows(others, r);
        VbDevicePriors.upload(ofRows, priors, stream);
        kernels.posteriorParameters(priors.pointer(), hParameters.pointer(), wParameters.pointer(), r, stream);
    }

    @Override
    public void read(VbParameters target) {
        w.download(target.mean(), stream);
        variance.download(target.variance(), stream);
        inclusion.download(target.inclusion(), stream);
        VbDevicePriors.download(priors, target, stream);
    }

    @Override
    public long chunkRowBytes() {
        return 8L * r;
    }

    @Override
    public void setChunkRows(int rows) {
        rowVariance = device.allocate(4L * rows * r, "posteriors of " + rows + " rows");
        rowInclusion = device.allocate(4L * rows * r, "posteriors of " + rows + " rows");
    }

    @Override
    public int rowSums() {
        return VbSums.count(r);
    }

    /** The blocks of a sweep are added up at once. */
    @Override
    public int partialRows(int rows) {
        return 1;
    }

    @Override
    public boolean meets(Rows chunk) {
        if (problem.isPart() || metRows == n) {
            return problem.isPart();
        }
        int before = metRows;
        for (int i = 0; i < chunk.count(); i++) {
            int id = chunk.id(i);
            metRows += met.get(id) ? 0 : 1;
            met.set(id);
        }
        return metRows > before;
    }

    @Override
    public void rowStage(StepBuffers buffers, RowStageChunk chunk) {
        int rows = chunk.rows();
        CUdeviceptr means = buffers.s();
        CUdeviceptr numerators = buffers.p();
        kernels.scale(numerators, numerators, 1 / problem.dataScale(), (long) rows * r, stream);
        kernels.addVariances(buffers.g().pointer(), wSums.pointer(), gram.pointer(), r, stream);
        if (chunk.fresh()) {
            kernels.coldStart(numerators, gram.pointer(), means, rows, r, stream);
        } else if (chunk.order() == null) {
            copy(rowsOfH(chunk), means, rows);
        } else {
            device.kernels().gatherRows(h.pointer(), chunk.order(), means, r, rows, stream);
        }
        PosteriorKernels.Launch launch = sweeps.launch(rows, r);
        for (int sweepsLeft = problem.sweeps(chunk.fresh()); sweepsLeft > 0; sweepsLeft--) {
            sweeps.sweep(
                    launch,
                    means,
                    numerators,
                    gram.pointer(),
                    hParameters.pointer(),
                    rowVariance.pointer(),
                    rowInclusion.pointer(),
                    sweepSums.pointer(),
                    rows,
                    r,
                    stream);
        }
        kernels.addSums(
                sweepSums.pointer(),
                launch.blocks(),
                r,
                VbSums.count(r),
                buffers.partials(),
                chunk.accumulate(),
                stream);
        if (problem.isPart()) {
            return;
        }
        if (chunk.order() == null) {
            copy(means, rowsOfH(chunk), rows);
        } else {
            kernels.scatterRows(means, chunk.order(), h.pointer(), r, rows, stream);
        }
    }

    private CUdeviceptr rowsOfH(RowStageChunk chunk) {
        return h.pointer(4L * chunk.firstRow() * r);
    }

    private void copy(CUdeviceptr from, CUdeviceptr to, int rows) {
        CudaContext.check(JCudaDriver.cuMemcpyDtoDAsync(to, from, 4L * rows * r, stream), "cuMemcpyDtoDAsync");
    }

    @Override
    public void beforeUpdate(Sums step) {
        if (problem.isPart()) {
            throw new UnsupportedOperationException("the update of a fit to rows in parts is the CPU's");
        }
        squaredNorm.set(step.squaredNorm());
    }

    @Override
    public void update(StepBuffers buffers, int partialRows, long rows) {
        CUdeviceptr counters = buffers.counters();
        CUdeviceptr q = buffers.q().pointer();
        long weights = (long) m * r;
        kernels.addVariances(buffers.k().pointer(), buffers.partials(), gram.pointer(), r, stream);
        if (miniBatches) {
            double scale = n / problem.dataScale();
            kernels.average(qAverage.pointer(), q, numerator.pointer(), scale, weights, counters, rows, stream);
            kernels.average(
                    kAverage.pointer(), gram.pointer(), gram.pointer(), n, (long) r * r, counters, rows, stream);
        } else {
            kernels.scale(q, numerator.pointer(), 1 / problem.dataScale(), weights, stream);
        }
        kernels.stepSums(
                buffers.partials(),
                squaredNorm.pointer(),
                miniBatches ? sumAverages.pointer() : null,
                hSums.pointer(),
                r,
                counters,
                rows,
                n,
                stream);
        PosteriorKernels.Launch launch = sweeps.launch(m, r);
        sweeps.sweep(
                launch,
                w.pointer(),
                numerator.pointer(),
                gram.pointer(),
                wParameters.pointer(),
                variance.pointer(),
                inclusion.pointer(),
                sweepSums.pointer(),
                m,
                r,
                stream);
        kernels.addSums(sweepSums.pointer(), launch.blocks(), r, VbKernels.sums(r), wSums.pointer(), false, stream);
        updatePriors(buffers);
    }

    /** σ² and the priors, which need E[WᵀW] of the new W. */
    private void updatePriors(StepBuffers buffers) {
        CUdeviceptr g = buffers.g().pointer();
        buffers.blas().multiply(1f, weights().transpose(), weights(), 0f, buffers.g(), Precision.FP32);
        kernels.addVariances(g, wSums.pointer(), g, r, stream);
        long count = (long) r * r;
        device.kernels().innerProduct(gram.pointer(), g, count, gramProducts.pointer(), stream);
        kernels.updatePriors(
                problem,
                hSums.pointer(),
                wSums.pointer(),
                gramProducts.pointer(),
                device.kernels().blocks(count),
                priors.pointer(),
                buffers);
        kernels.posteriorParameters(priors.pointer(), hParameters.pointer(), wParameters.pointer(), r, stream);
    }

    @Override
    public WholeStep wholeStep() {
        return windows;
    }

    @Override
    public int objectiveValues() {
        return OBJECTIVE_VALUES;
    }

    @Override
    public Objective objective(double[] values, Sums step) {
        return new Objective(values[0], values[1]);
    }
}
