package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeParameters;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * PAE-NMF on the device: its row stage is {@link WeibullKernels#weibullStep}, its update
 * {@link WeibullKernels#updateProject}, which leaves [Σ KL | ⟨H, C⟩ | ⟨K, G⟩] in the ring.
 */
final class PaeCudaAlgorithm implements CudaAlgorithm<PaeParameters> {

    private static final int LOSS_VALUES = 3;

    private final PaeProblem problem;
    private final int m;
    private final int r;
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

    /** Allocates. */
    PaeCudaAlgorithm(PaeProblem problem, DeviceWorkspace device) {
        this.problem = problem;
        this.m = problem.features();
        this.r = problem.rank();
        this.adam = problem.configuration().optimiser() == Optimiser.ADAM;
        this.kernels = device.kernels();
        this.stream = device.stream();
        this.constants = WeibullConstants.of(problem.configuration(), problem.dataScale(), problem.encoderScale());
        this.updateLaunch = kernels.updateLaunch(m, r);
        long parameterBytes = 4L * m * 3 * r;
        w = device.allocate(parameterBytes, "parameters");
        biases = device.allocate(8L * r, "biases");
        means = adam ? device.allocate(parameterBytes, "moments of adam") : null;
        squares = adam ? device.allocate(parameterBytes, "moments of adam") : null;
        biasMoments = adam ? device.allocate(32L * r, "moments of adam") : null;
        scales = adam ? null : device.allocate(8L * r, "step lengths of gd");
        decoderRates = device.allocate(4L * m, "learning rates");
        decoderRates.upload(Pointer.to(problem.rates().decoder()), decoderRates.bytes(), stream);
    }

    @Override
    public DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, 3 * r);
    }

    @Override
    public List<DeviceBuffer> state() {
        return adam ? List.of(w, biases, means, squares, biasMoments) : List.of(w, biases);
    }

    @Override
    public void set(PaeParameters parameters) {
        w.upload(Pointer.to(parameters.weights()), w.bytes(), stream);
        biases.upload(Pointer.to(parameters.biases()), biases.bytes(), stream);
        if (adam) {
            means.clear(stream);
            squares.clear(stream);
            biasMoments.clear(stream);
        }
    }

    @Override
    public void read(PaeParameters target) {
        w.download(Pointer.to(target.weights()), w.bytes(), stream);
        biases.download(Pointer.to(target.biases()), biases.bytes(), stream);
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
                buffers.stream());
    }

    @Override
    public void beforeUpdate(Sums step) {
        // The update needs the number of rows alone, which it is given.
    }

    @Override
    public void update(StepBuffers buffers, int partialRows, long rows) {
        UpdateConstants update = UpdateConstants.of(problem, rows);
        CUdeviceptr q = buffers.q().pointer();
        if (!adam) {
            kernels.headNorms(q, buffers.partials(), partialRows, m, r, update, scales.pointer(), buffers.stream());
        }
        UpdateArguments arguments = new UpdateArguments(
                w.pointer(),
                biases.pointer(),
                q,
                buffers.k().pointer(),
                buffers.g().pointer(),
                adam ? means.pointer() : null,
                adam ? squares.pointer() : null,
                adam ? biasMoments.pointer() : null,
                buffers.partials(),
                partialRows,
                adam ? null : scales.pointer(),
                decoderRates.pointer(),
                buffers.counters(),
                buffers.ring(),
                buffers.ringEntries(),
                m,
                r);
        kernels.updateProject(updateLaunch, arguments, update, buffers.stream());
    }

    @Override
    public int objectiveValues() {
        return LOSS_VALUES;
    }

    @Override
    public Objective objective(double[] values, Sums step) {
        double squaredError =
                step.hasResidual() ? step.residual() : Objective.gramForm(step.squaredNorm(), values[1], values[2]);
        return Objective.of(
                squaredError, values[0], step.rows(), problem.configuration().sigma());
    }
}
