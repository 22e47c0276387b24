package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeVariance;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.Optimiser;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * The update of PAE-NMF on the device, with what it takes beside the parameters: {@link WeibullKernels#updateProject}, which
 * leaves [Σ KL | ⟨H, C⟩ | ⟨K, G⟩] in the ring, and where σ is learned {@link VarianceKernel}, which leaves σ² after them.
 */
final class PaeUpdate {

    private final PaeProblem problem;
    private final int m;
    private final int r;
    private final WeibullKernels kernels;
    private final CUstream stream;
    private final WeibullKernels.Launch launch;

    private final DeviceBuffer w;
    private final DeviceBuffer biases;
    /** σ², where it is learned; else null, as is what its update takes. */
    private final DeviceBuffer variance;

    private final DeviceSquaredNorm squaredNorm;
    private final VarianceKernel varianceKernel;
    /** Of adam; null for gd. */
    private final DeviceBuffer means;

    private final DeviceBuffer squares;
    private final DeviceBuffer biasMoments;
    /** Of gd; null for adam. */
    private final DeviceBuffer scales;

    private final DeviceBuffer decoderRates;
    private final DeviceBuffer gramSums;
    /** Null without hidden layers. */
    private final HiddenLayerTraining hidden;

    /**
     * Allocates.
     *
     * @param w of the parameters, as are the others
     * @param biases of the heads
     * @param variance σ², where it is learned; else null
     * @param hidden null without hidden layers
     */
    PaeUpdate(
            PaeProblem problem,
            DeviceWorkspace device,
            DeviceBuffer w,
            DeviceBuffer biases,
            DeviceBuffer variance,
            HiddenLayerTraining hidden) {
        this.problem = problem;
        this.m = problem.features();
        this.r = problem.rank();
        this.kernels = device.kernels();
        this.stream = device.stream();
        this.launch = kernels.updateLaunch(m, r);
        this.w = w;
        this.biases = biases;
        this.variance = variance;
        this.hidden = hidden;
        boolean adam = problem.configuration().optimiser() == Optimiser.ADAM;
        means = adam ? device.allocate(w.bytes(), "moments of adam") : null;
        squares = adam ? device.allocate(w.bytes(), "moments of adam") : null;
        biasMoments = adam ? device.allocate(32L * r, "moments of adam") : null;
        scales = adam ? null : device.allocate(8L * r, "step lengths of gd");
        decoderRates = device.allocate(4L * m, "learning rates");
        gramSums = device.allocate(8L * kernels.gramSums(r), "sums of an update");
        squaredNorm = variance == null ? null : new DeviceSquaredNorm(device);
        varianceKernel =
                variance == null ? null : new VarianceKernel(device.context().module());
        decoderRates.upload(problem.rates().decoder(), stream);
    }

    /** What it changes beside the parameters, and later steps start from. */
    List<DeviceBuffer> state() {
        return means == null ? List.of() : List.of(means, squares, biasMoments);
    }

    /** Starts afresh. */
    void clear() {
        state().forEach(buffer -> buffer.clear(stream));
    }

    /** {@link CudaAlgorithm#beforeUpdate}. */
    void prepare(Sums step) {
        if (squaredNorm != null) {
            squaredNorm.set(step.squaredNorm());
        }
    }

    /** {@link CudaAlgorithm#update}. */
    void launch(StepBuffers buffers, int partialRows, long rows) {
        UpdateConstants constants = UpdateConstants.of(problem, rows);
        if (scales != null) {
            kernels.headNorms(
                    buffers.q().pointer(),
                    buffers.partials(),
                    partialRows,
                    m,
                    r,
                    constants,
                    scales.pointer(),
                    buffers.stream());
        }
        UpdateArguments arguments = arguments(buffers, buffers.partials(), partialRows);
        if (hidden != null) {
            hidden.update(buffers, arguments, constants);
        }
        kernels.updateProject(launch, arguments, constants, buffers.stream());
        launchVariance(buffers, rows);
    }

    /** Of a step whose partial sums these are. */
    UpdateArguments arguments(StepBuffers buffers, CUdeviceptr partials, int partialRows) {
        return new UpdateArguments(
                w.pointer(),
                biases.pointer(),
                buffers.q().pointer(),
                buffers.k().pointer(),
                buffers.g().pointer(),
                pointer(means),
                pointer(squares),
                pointer(biasMoments),
                partials,
                partialRows,
                pointer(scales),
                decoderRates.pointer(),
                buffers.counters(),
                buffers.ring(),
                gramSums.pointer(),
                pointer(variance),
                buffers.ringEntries(),
                m,
                r,
                hidden == null ? 0 : hidden.firstWidth());
    }

    private static CUdeviceptr pointer(DeviceBuffer buffer) {
        return buffer == null ? null : buffer.pointer();
    }

    /** New σ², where it is learned, after the other parameters. */
    void launchVariance(StepBuffers buffers, long rows) {
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

    /** ‖V‖² of the step, where σ is learned; else null. */
    CUdeviceptr squaredNorm() {
        return squaredNorm == null ? null : squaredNorm.pointer();
    }
}
