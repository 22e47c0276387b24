package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedVb;

/**
 * What a fitted variational NMF computes on data, on an NVIDIA GPU: run after run of rows. Means come from sweeps on the
 * device; what makes posteriors of them, and is done once, is the CPU's.
 */
public final class CudaVbInference extends CudaInference implements VbInference {

    private final FittedVb model;
    private final VbRowPosterior posterior;
    private final int m;
    private final int r;
    private final DeviceBuffer w;
    private final DeviceBuffer numerators;
    private final RowSweeps sweeps;

    /**
     * Opens the device and copies the parameters to it.
     *
     * @param posterior of the model
     * @param host threads of the CPU for what is not computed on the device; closed with this
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if a run of rows does not fit
     */
    public static CudaVbInference open(FittedVb model, VbRowPosterior posterior, Execution execution, RowBlocks host) {
        return DeviceWorkspace.open(
                execution.device(), host, device -> new CudaVbInference(model, posterior, execution, device));
    }

    private CudaVbInference(FittedVb model, VbRowPosterior posterior, Execution execution, DeviceWorkspace device) {
        super(device, model.features(), model.dataScale(), execution.chunkRows(), rowBytes(model));
        this.model = model;
        this.posterior = posterior;
        this.m = model.features();
        this.r = model.rank();
        w = device.allocate(4L * m * r, "W");
        numerators = device.allocate(4L * r * runRows, "products of " + runRows + " rows");
        w.upload(model.parameters().mean(), stream);
        sweeps = new RowSweeps(model, posterior.gram(), runRows, device);
    }

    private static long rowBytes(FittedVb model) {
        int m = model.features();
        int r = model.rank();
        return 4L * (2 * DeviceData.stride(m) + m + r) + RowSweeps.rowBytes(r);
    }

    @Override
    DeviceBuffer coefficients() {
        return numerators;
    }

    @Override
    DeviceMatrix basis() {
        return DeviceMatrix.of(w.pointer(), m, r);
    }

    /** V·W of some rows of the scaled data. */
    private DeviceMatrix project(DeviceRun run) {
        DeviceMatrix products = DeviceMatrix.of(numerators.pointer(), run.rows(), r);
        run.multiply((float) (1 / model.dataScale()), basis(), products);
        return products;
    }

    @Override
    public void project(RowSource v, Matrix target) {
        device.context()
                .run(() -> forRuns(v, (run, from) -> {
                    project(run);
                    MatrixTransfer.download(numerators, target, from, run.rows(), stream);
                }));
    }

    @Override
    public void encode(RowSource v, Matrix lambda, Matrix k, Matrix inclusion) {
        float[] c = new float[Math.min(runRows, v.rows()) * r];
        float[] means = new float[c.length];
        device.context()
                .run(() -> forRuns(v, (run, from) -> {
                    int count = run.rows();
                    project(run);
                    numerators.download(0, c, 0, count * r, stream);
                    sweeps.means(numerators.pointer(), count, means);
                    device.host().forBlocks(count, (first, rows) -> {
                        for (int i = first; i < first + rows; i++) {
                            posterior.put(c, means, i * r, from + i, lambda, k, inclusion);
                        }
                    });
                }));
    }
}
