package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeParameters;

/** What a fitted PAE-NMF computes on data, on an NVIDIA GPU: run after run of rows. */
public final class CudaPaeInference extends CudaInference implements PaeInference {

    private final int m;
    private final int r;
    private final Parts parts;
    private final float inverseDataScale;
    private final WeibullConstants constants;
    private final DeviceBuffer w;
    private final DeviceBuffer biases;
    private final DeviceBuffer p;
    private final DeviceBuffer lambda;
    private final DeviceBuffer k;
    /** Null where latents are the encoder's. */
    private final DeviceRefinement refinement;

    /**
     * Opens the device and copies the parameters to it.
     *
     * @param refinement sweeps over the encoder's latents, at least 0
     * @param host threads of the CPU for what is not computed on the device; closed with this
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if a run of rows does not fit
     */
    public static CudaPaeInference open(FittedPae model, int refinement, Execution execution, RowBlocks host) {
        return DeviceWorkspace.open(
                execution.device(), host, device -> new CudaPaeInference(model, refinement, execution, device));
    }

    private CudaPaeInference(FittedPae model, int sweeps, Execution execution, DeviceWorkspace device) {
        super(device, model.features(), model.dataScale(), execution.chunkRows(), rowBytes(model, sweeps));
        PaeParameters parameters = model.parameters();
        this.m = parameters.features();
        this.r = parameters.rank();
        this.parts = Parts.padded(3, r);
        this.constants = WeibullConstants.of(
                model.configuration(), model.dataScale(), (float) (1 / (model.dataScale() * Math.sqrt(m))));
        w = device.allocate(parts.bytes(m), "parameters");
        biases = device.allocate(8L * r, "biases");
        p = device.allocate(8L * parts.width() * runRows, "the encoder's products");
        lambda = device.allocate(4L * r * runRows, "λ");
        k = device.allocate(4L * r * runRows, "k");
        parts.upload(parameters.weights(), w, stream);
        refinement = sweeps == 0 ? null : new DeviceRefinement(model, sweeps, runRows, device);
        inverseDataScale = (float) (1 / model.dataScale());
        biases.upload(parameters.biases(), stream);
    }

    private static long rowBytes(FittedPae model, int sweeps) {
        long refinement = sweeps == 0 ? 0 : DeviceRefinement.rowBytes(model.rank());
        return 4L
                        * (DeviceData.stride(model.features())
                                + 2L * WeibullKernels.partWidth(model.rank())
                                + 2L * model.rank())
                + refinement;
    }

    /** [Wλ | Wk | Wf]. */
    private DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, parts.columns());
    }

    @Override
    public void encode(RowSource v, Matrix lambdas, Matrix ks) {
        device.context()
                .run(() -> forRuns(v, (run, from) -> {
                    int count = run.rows();
                    DeviceMatrix heads = parts.first(2, weights());
                    DeviceMatrix products = DeviceMatrix.of(p.pointer(), count, heads.columns());
                    run.multiply(1f, heads, products);
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
                    if (refinement != null) {
                        project(run);
                        refinement.run(count, from, lambdas, ks);
                    }
                }));
    }

    /** V·Wf of some rows of the scaled data. */
    private void project(DeviceRun run) {
        DeviceMatrix products = DeviceMatrix.of(refinement.numerators().pointer(), run.rows(), r);
        run.multiply(inverseDataScale, basis(), products);
    }

    @Override
    DeviceMatrix basis() {
        return parts.last(weights());
    }

    @Override
    DeviceBuffer coefficients() {
        return lambda;
    }
}
