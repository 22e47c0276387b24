package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.PaeVariance;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeParameters;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/** PAE-NMF on the device: its row stage is {@link WeibullKernels#weibullStep}, its update a {@link PaeUpdate}. */
final class PaeCudaAlgorithm implements CudaAlgorithm<PaeParameters>, WholeStep {

    private static final int LOSS_VALUES = 4;

    private final PaeProblem problem;
    private final int m;
    private final int r;
    private final Parts parts;
    /** Of P and S as the heads have them. */
    private final Parts stacked;

    private final DeviceWorkspace device;
    private final WeibullKernels kernels;
    private final CUstream stream;
    private final WeibullConstants constants;
    private WeibullKernels.Launch stepLaunch;

    private final DeviceBuffer w;
    /** Of the heads. */
    private final DeviceBuffer biases;
    /** Null without hidden layers, as is what they need beside. */
    private final DeviceHiddenLayers hidden;

    private final HiddenLayerTraining training;
    /** [aλ | ak | C] of a chunk, in place of P. */
    private DeviceBuffer projections;
    /** [dAλ | dAk | H] of a chunk, in place of S. */
    private DeviceBuffer results;

    /** σ², where it is learned, or comes with the parameters of a part; else null. */
    private final DeviceBuffer variance;
    /** By which the noise of each row goes, where these are a part of the rows; else null. */
    private final DeviceBuffer noiseIds;
    /** Null where these are a part of the rows. */
    private final PaeUpdate update;
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
        List<Integer> units = problem.configuration().hidden();
        this.parts = Parts.of(r, units);
        this.stacked = Parts.of(r, List.of());
        this.device = device;
        this.kernels = device.kernels();
        this.stream = device.stream();
        this.hidden = units.isEmpty() ? null : new DeviceHiddenLayers(r, units, problem.encoderScale(), device);
        this.training = hidden == null ? null : new HiddenLayerTraining(problem, hidden, device);
        this.constants = WeibullConstants.of(
                problem.configuration(), problem.dataScale(), hidden == null ? problem.encoderScale() : 1f);
        boolean isPart = problem.part() != null;
        boolean learned = problem.configuration().learnsSigma();
        w = device.allocate(parts.bytes(m), "parameters");
        biases = device.allocate(8L * r, "biases");
        variance = learned || isPart ? device.allocate(8, "variance") : null;
        update = isPart ? null : new PaeUpdate(problem, device, w, biases, variance, training);
        sliced = isPart ? null : slicedSteps(problem, execution, device);
        noiseIds = isPart ? device.allocate(8L * problem.rows(), "ids of rows") : null;
        if (isPart) {
            noiseIds.upload(problem.part().noiseIds(), stream);
        }
    }

    private static SlicedSteps slicedSteps(PaeProblem problem, Execution execution, DeviceWorkspace device) {
        Shape shape = problem.shape();
        boolean possible = execution.cooperative()
                && problem.configuration().hidden().isEmpty()
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
        if (update == null) {
            return List.of(); // no step starts from another
        }
        List<DeviceBuffer> all = new ArrayList<>(List.of(w, biases));
        all.addAll(update.state());
        if (training != null) {
            all.addAll(training.state());
        }
        if (variance != null) {
            all.add(variance);
        }
        return all;
    }

    @Override
    public void set(PaeParameters parameters) {
        projected = null;
        parts.upload(parameters.weights(), w, stream);
        biases.upload(DeviceHiddenLayers.headBiases(parameters), stream);
        update.clear();
        if (hidden != null) {
            hidden.set(parameters);
            training.clear();
        }
        if (variance != null) {
            double[] value = {Math.max(PaeVariance.LEAST, parameters.squaredSigma())};
            variance.upload(value, stream);
        }
    }

    /** [bλ | bk | σ²] beside the weights. */
    @Override
    public void set(RowParameters parameters) {
        float[] ofHeads = new float[2 * r];
        for (int j = 0; j < 2 * r; j++) {
            ofHeads[j] = (float) parameters.others()[j];
        }
        double[] squaredSigma = {parameters.others()[2 * r]};
        parts.upload(parameters.weights(), w, stream);
        biases.upload(ofHeads, stream);
        variance.upload(squaredSigma, stream);
    }

    @Override
    public void read(PaeParameters target) {
        parts.download(w, target.weights(), stream);
        biases.download(DeviceHiddenLayers.headBiases(target), stream);
        if (hidden != null) {
            hidden.read(target);
        }
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
    public long chunkRowBytes() {
        return hidden == null
                ? 0
                : 2 * stacked.bytes(1)
                        + HiddenLayerTraining.rowBytes(problem.configuration().hidden());
    }

    @Override
    public void setChunkRows(int rows) {
        stepLaunch = kernels.stepLaunch(rows, r);
        if (hidden != null) {
            training.allocateRows(rows);
            projections = device.allocate(stacked.bytes(rows), "heads of " + rows + " rows");
            results = device.allocate(stacked.bytes(rows), "heads of " + rows + " rows");
        }
    }

    @Override
    public int rowSums() {
        return PaeSums.count(r);
    }

    @Override
    public int sumsOfRows() {
        return PaeSums.count(problem);
    }

    @Override
    public void readSums(DeviceBuffer partials, int partialRows, double[] ofRows, CUstream stream) {
        double[] ofHeads = hidden == null ? ofRows : new double[rowSums()];
        CudaAlgorithm.super.readSums(partials, partialRows, ofHeads, stream);
        if (hidden != null) {
            training.readSums(ofHeads, ofRows);
        }
    }

    @Override
    public void writeSums(double[] ofRows, DeviceBuffer partials, CUstream stream) {
        CudaAlgorithm.super.writeSums(hidden == null ? ofRows : training.writeSums(ofRows), partials, stream);
    }

    @Override
    public int partialRows(int rows) {
        return stepLaunch.blocks(rows);
    }

    @Override
    public void rowStage(StepBuffers buffers, RowStageChunk chunk) {
        if (hidden == null) {
            rowStage(buffers, buffers.p(), buffers.s(), chunk);
            return;
        }
        int rows = chunk.rows();
        DeviceMatrix ofHeads = DeviceMatrix.of(projections.pointer(), rows, stacked.columns());
        DeviceMatrix s = DeviceMatrix.of(results.pointer(), rows, stacked.columns());
        hidden.forward(
                buffers.blas(),
                DeviceMatrix.of(buffers.p(), rows, parts.columns()),
                stacked.first(ofHeads),
                stacked.lastWhole(ofHeads));
        rowStage(buffers, projections.pointer(), results.pointer(), chunk);
        training.backward(
                buffers,
                stacked.first(s),
                stacked.lastWhole(s),
                DeviceMatrix.of(buffers.s(), rows, parts.columns()),
                chunk.accumulate());
    }

    /** @param p [Wλ | Wk | Wf]-products, or in their place what hidden layers give; likewise {@code s} */
    private void rowStage(StepBuffers buffers, CUdeviceptr p, CUdeviceptr s, RowStageChunk chunk) {
        kernels.weibullStep(
                stepLaunch,
                p,
                s,
                biases.pointer(),
                buffers.g().pointer(),
                noiseIds == null ? null : noiseIds.pointer(8L * chunk.firstRow()),
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
        if (update == null) {
            throw new UnsupportedOperationException("the update of a fit to rows in parts is the CPU's");
        }
        update.prepare(step);
    }

    @Override
    public void update(StepBuffers buffers, int partialRows, long rows) {
        projected = null;
        update.launch(buffers, partialRows, rows);
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
        UpdateArguments arguments = update.arguments(buffers, sliced.partials(), sliced.partialRows());
        sliced.update(v, arguments, UpdateConstants.of(problem, v.rows()));
        update.launchVariance(buffers, v.rows());
    }

    @Override
    public boolean joins() {
        return sliced.joins();
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v, int steps) {
        UpdateArguments arguments = update.arguments(buffers, sliced.partials(), sliced.partialRows());
        SlicedSteps.Window window = new SlicedSteps.Window(
                steps, constants, problem.configuration().seed(), update.squaredNorm(), PaeVariance.LEAST);
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
