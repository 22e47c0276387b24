package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.PaeVariance;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeParameters;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * PAE-NMF on the device: its row stage is {@link WeibullKernels#weibullStep}, its update
 * {@link WeibullKernels#updateProject}, which leaves [Σ KL | ⟨H, C⟩ | ⟨K, G⟩] in the ring, and where σ is learned
 * {@link VarianceKernel}, which leaves σ² after them.
 */
final class PaeCudaAlgorithm implements CudaAlgorithm<PaeParameters>, WholeStep {

    private static final int LOSS_VALUES = 4;

    private final PaeProblem problem;
    private final int m;
    private final int r;
    private final Parts parts;
    private final boolean adam;
    private final WeibullKernels kernels;
    private final CUstream stream;
    private final WeibullConstants constants;
    private final WeibullKernels.Launch updateLaunch;
    private WeibullKernels.Launch stepLaunch;

    private final DeviceBuffer w;
    private final DeviceBuffer biases;
    /** Of adam; null for gd. */
    private final DeviceBuffer means;

    private final DeviceBuffer squares;
    private final DeviceBuffer biasMoments;
    /** Of gd; null for adam. */
    private final DeviceBuffer scales;

    private final DeviceBuffer decoderRates;
    private final DeviceBuffer gramSums;
    /** Where σ is learned: σ², and what its update takes; else null. */
    private final DeviceBuffer variance;

    private final DeviceSquaredNorm squaredNorm;
    private final VarianceKernel varianceKernel;
    /** Null where stages are run by themselves. */
    private final SlicedSteps sliced;
    /** The data of which {@link #sliced} has what the next step starts from; null if of none. */
    private RowSource projected;

    /**
     * Allocates.
     *
     * @param execution says whether steps may be taken as a whole
     */
    PaeCudaAlgorithm(PaeProblem problem, Execution execution, DeviceWorkspace device) {
        this.problem = problem;
        this.m = problem.features();
        this.r = problem.rank();
        this.parts = Parts.padded(3, r);
        this.adam = problem.configuration().optimiser() == Optimiser.ADAM;
        this.kernels = device.kernels();
        this.stream = device.stream();
        this.constants = WeibullConstants.of(problem.configuration(), problem.dataScale(), problem.encoderScale());
        this.updateLaunch = kernels.updateLaunch(m, r);
        long parameterBytes = parts.bytes(m);
        w = device.allocate(parameterBytes, "parameters");
        biases = device.allocate(8L * r, "biases");
        means = adam ? device.allocate(parameterBytes, "moments of adam") : null;
        squares = adam ? device.allocate(parameterBytes, "moments of adam") : null;
        biasMoments = adam ? device.allocate(32L * r, "moments of adam") : null;
        scales = adam ? null : device.allocate(8L * r, "step lengths of gd");
        decoderRates = device.allocate(4L * m, "learning rates");
        gramSums = device.allocate(8L * kernels.gramSums(r), "sums of an update");
        boolean learned = problem.configuration().learnsSigma();
        variance = learned ? device.allocate(8, "variance") : null;
        squaredNorm = learned ? new DeviceSquaredNorm(device) : null;
        varianceKernel = learned ? new VarianceKernel(device.context().module()) : null;
        sliced = slicedSteps(problem, execution, device);
        decoderRates.upload(problem.rates().decoder(), stream);
    }

    private static SlicedSteps slicedSteps(PaeProblem problem, Execution execution, DeviceWorkspace device) {
        Shape shape = problem.shape();
        boolean possible = execution.cooperative()
                && execution.precision() == Precision.FP32
                && problem.configuration().optimiser() == Optimiser.ADAM
                && !shape.sparse()
                && !shape.hasMiniBatches();
        if (!possible) {
            return null;
        }
        int multiprocessors = device.context().device().multiprocessors();
        SlicePlan plan = SlicePlan.ofSteps(shape.rows(), shape.features(), shape.rank(), multiprocessors);
        return plan == null ? null : new SlicedSteps(plan, shape.rows(), shape.features(), shape.rank(), device);
    }

    @Override
    public Parts parts() {
        return parts;
    }

    @Override
    public DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, parts.columns());
    }

    @Override
    public List<DeviceBuffer> state() {
        if (variance != null) {
            return List.of(w, biases, means, squares, biasMoments, variance);
        }
        return adam ? List.of(w, biases, means, squares, biasMoments) : List.of(w, biases);
    }

    @Override
    public void set(PaeParameters parameters) {
        projected = null;
        parts.upload(parameters.weights(), w, stream);
        biases.upload(parameters.biases(), stream);
        if (adam) {
            means.clear(stream);
            squares.clear(stream);
            biasMoments.clear(stream);
        }
        if (variance != null) {
            double[] value = {Math.max(PaeVariance.LEAST, parameters.squaredSigma())};
            variance.upload(value, stream);
        }
    }

    @Override
    public void read(PaeParameters target) {
        parts.download(w, target.weights(), stream);
        biases.download(target.biases(), stream);
        if (variance != null) {
            double[] value = new double[1];
            variance.download(value, stream);
            target.setSquaredSigma(value[0]);
        }
    }

    @Override
    public void stateReplaced() {
        projected = null;
    }

    @Override
    public void setChunkRows(int rows) {
        stepLaunch = kernels.stepLaunch(rows, r);
    }

    @Override
    public int rowSums() {
        return PaeSums.count(r);
    }

    @Override
    public int partialRows(int rows) {
        return stepLaunch.blocks(rows);
    }

    @Override
    public void rowStage(StepBuffers buffers, RowStageChunk chunk) {
        kernels.weibullStep(
                stepLaunch,
                buffers.p(),
                buffers.s(),
                biases.pointer(),
                buffers.g().pointer(),
                chunk.order(),
                chunk.firstRow(),
                chunk.rows(),
                r,
                constants,
                problem.configuration().seed(),
                buffers.counters(),
                chunk.accumulate(),
                buffers.partials(),
                variancePointer(),
                buffers.stream());
    }

    private CUdeviceptr variancePointer() {
        return variance == null ? null : variance.pointer();
    }

    @Override
    public void beforeUpdate(Sums step) {
        if (squaredNorm != null) {
            squaredNorm.set(step.squaredNorm());
        }
    }

    @Override
    public void update(StepBuffers buffers, int partialRows, long rows) {
        projected = null;
        UpdateConstants constantsOfUpdate = UpdateConstants.of(problem, rows);
        if (!adam) {
            kernels.headNorms(
                    buffers.q().pointer(),
                    buffers.partials(),
                    partialRows,
                    m,
                    r,
                    constantsOfUpdate,
                    scales.pointer(),
                    buffers.stream());
        }
        kernels.updateProject(
                updateLaunch, arguments(buffers, buffers.partials(), partialRows), constantsOfUpdate, buffers.stream());
        updateVariance(buffers, rows);
    }

    private UpdateArguments arguments(StepBuffers buffers, CUdeviceptr partials, int partialRows) {
        return new UpdateArguments(
                w.pointer(),
                biases.pointer(),
                buffers.q().pointer(),
                buffers.k().pointer(),
                buffers.g().pointer(),
                adam ? means.pointer() : null,
                adam ? squares.pointer() : null,
                adam ? biasMoments.pointer() : null,
                partials,
                partialRows,
                adam ? null : scales.pointer(),
                decoderRates.pointer(),
                buffers.counters(),
                buffers.ring(),
                gramSums.pointer(),
                variancePointer(),
                buffers.ringEntries(),
                m,
                r);
    }

    private void updateVariance(StepBuffers buffers, long rows) {
        if (variance != null) {
            varianceKernel.update(
                    squaredNorm.pointer(),
                    buffers,
                    (double) rows * m,
                    problem.hasMiniBatches(),
                    PaeVariance.LEAST,
                    variance.pointer());
        }
    }

    @Override
    public WholeStep wholeStep() {
        return sliced == null ? null : this;
    }

    @Override
    public void prepare(DeviceMatrix v, RowSource data) {
        if (projected != data) {
            sliced.project(v, w.pointer());
            projected = data;
        }
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v) {
        sliced.rowStage(
                buffers, biases.pointer(), constants, problem.configuration().seed(), variancePointer());
        UpdateArguments arguments = arguments(buffers, sliced.partials(), sliced.partialRows());
        sliced.update(v, arguments, UpdateConstants.of(problem, v.rows()));
        updateVariance(buffers, v.rows());
    }

    @Override
    public boolean joins() {
        return sliced.joins();
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v, int steps) {
        UpdateArguments arguments = arguments(buffers, sliced.partials(), sliced.partialRows());
        SlicedSteps.Window window = new SlicedSteps.Window(
                steps,
                constants,
                problem.configuration().seed(),
                squaredNorm == null ? null : squaredNorm.pointer(),
                PaeVariance.LEAST);
        sliced.launch(v, arguments, UpdateConstants.of(problem, v.rows()), window);
    }

    @Override
    public int objectiveValues() {
        return LOSS_VALUES;
    }

    @Override
    public Objective objective(double[] values, Sums step) {
        double gramForm = Objective.gramForm(step.squaredNorm(), values[1], values[2]);
        if (variance != null) {
            return Objective.ofElbo(gramForm, values[3], m, values[0], (double) step.rows());
        }
        double squaredError = step.hasResidual() ? step.residual() : gramForm;
        return Objective.of(
                squaredError,
                values[0],
                (double) step.rows(),
                problem.configuration().sigma());
    }
}
