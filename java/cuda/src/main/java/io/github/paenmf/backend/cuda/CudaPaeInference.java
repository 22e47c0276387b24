package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeParameters;
import java.util.List;

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
    /** Null without hidden layers. */
    private final DeviceHiddenLayers hidden;
    /** What the hidden layers give the heads; p without them. */
    private final DeviceBuffer heads;

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
        List<Integer> units = model.configuration().hidden();
        this.parts = Parts.of(r, units);
        float encoderScale = (float) (1 / (model.dataScale() * Math.sqrt(m)));
        this.constants =
                WeibullConstants.of(model.configuration(), model.dataScale(), units.isEmpty() ? encoderScale : 1f);
        w = device.allocate(parts.bytes(m), "parameters");
        biases = device.allocate(8L * r, "biases");
        p = device.allocate(4L * parts.firstColumns() * runRows, "the encoder's products");
        hidden = units.isEmpty() ? null : new DeviceHiddenLayers(r, units, encoderScale, device);
        heads = units.isEmpty() ? p : device.allocate(8L * WeibullKernels.partWidth(r) * runRows, "heads");
        if (hidden != null) {
            hidden.allocateRows(runRows, device);
            hidden.set(parameters);
        }
        lambda = device.allocate(4L * r * runRows, "λ");
        k = device.allocate(4L * r * runRows, "k");
        parts.upload(parameters.weights(), w, stream);
        refinement = sweeps == 0 ? null : new DeviceRefinement(model, sweeps, runRows, device);
        inverseDataScale = (float) (1 / model.dataScale());
        biases.upload(DeviceHiddenLayers.headBiases(parameters), stream);
    }

    private static long rowBytes(FittedPae model, int sweeps) {
        long refinement = sweeps == 0 ? 0 : DeviceRefinement.rowBytes(model.rank());
        List<Integer> units = model.configuration().hidden();
        long encoder = 8L * WeibullKernels.partWidth(model.rank());
        if (!units.isEmpty()) {
            encoder += 4L * Parts.of(model.rank(), units).firstColumns() + DeviceHiddenLayers.rowBytes(units);
        }
        return 4L * (DeviceData.stride(model.features()) + 2L * model.rank()) + encoder + refinement;
    }

    /** [Wλ | Wk | Wf], or with hidden layers [W₁ | Wf]. */
    private DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, parts.columns());
    }

    @Override
    public void encode(RowSource v, Matrix lambdas, Matrix ks) {
        device.context()
                .run(() -> forRuns(v, (run, from) -> {
                    int count = run.rows();
                    DeviceMatrix encoder = parts.first(weights());
                    DeviceMatrix products = DeviceMatrix.of(p.pointer(), count, encoder.columns());
                    run.multiply(1f, encoder, products);
                    if (hidden != null) {
                        DeviceMatrix ofHeads = DeviceMatrix.of(heads.pointer(), count, 2 * WeibullKernels.partWidth(r));
                        hidden.forward(blas, products, ofHeads, null);
                        products = ofHeads;
                    }
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
