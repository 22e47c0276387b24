package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedPae;
import java.util.Arrays;
import jcuda.driver.CUstream;

/**
 * Sweeps towards the exact posterior of the coefficients of rows under a PAE-NMF, from the encoder's means: all but the
 * last, of which λ and k are made, on the device.
 */
final class DeviceRefinement {

    private final int sweeps;
    private final int r;
    private final VbRowPosterior posterior;
    private final RowBlocks host;
    private final CUstream stream;
    private final PosteriorKernels kernels;
    private final DeviceBuffer numerators;
    private final DeviceBuffer means;
    private final DeviceBuffer variance;
    private final DeviceBuffer inclusion;
    private final DeviceBuffer gram;
    private final DeviceBuffer parameters;
    private final DeviceBuffer sums;

    /** Bytes of the device's memory for each row of a run. */
    static long rowBytes(int rank) {
        return 16L * rank;
    }

    /**
     * Allocates.
     *
     * @param model whose prior is exponential
     * @param sweeps how many, at least 1
     * @param mostRows of a run
     */
    DeviceRefinement(FittedPae model, int sweeps, int mostRows, DeviceWorkspace device) {
        this.sweeps = sweeps;
        this.r = model.rank();
        this.posterior = new VbRowPosterior(model);
        this.host = device.host();
        this.stream = device.stream();
        this.kernels =
                new PosteriorKernels(device.context().module(), device.context().device());
        String what = "posteriors of " + mostRows + " rows";
        long bytes = 4L * r * mostRows;
        numerators = device.allocate(bytes, what);
        means = device.allocate(bytes, what);
        variance = device.allocate(bytes, what);
        inclusion = device.allocate(bytes, what);
        gram = device.allocate(4L * r * r, "second moments");
        parameters = device.allocate(4L * VbKernels.parameters(r), "priors");
        int mostBlocks = kernels.launch(Integer.MAX_VALUE, r).blocks();
        sums = device.allocate(8L * VbKernels.sums(r) * mostBlocks, "partial sums");
        gram.upload(posterior.gram(), stream);
        float[] prior = new float[VbKernels.parameters(r)]; // without a point mass at 0
        prior[0] = posterior.precision();
        Arrays.fill(prior, 1, 1 + r, (float) model.configuration().priorScale());
        parameters.upload(prior, stream);
    }

    /** Room for V·Wf of the scaled data of a run, rows × r. */
    DeviceBuffer numerators() {
        return numerators;
    }

    /**
     * Replaces λ and k of some rows, whose {@link #numerators} are there.
     *
     * @param first which row is the first of them
     */
    void run(int count, int first, Matrix lambda, Matrix k) {
        float[] c = new float[count * r];
        float[] values = new float[count * r];
        numerators.download(c, stream);
        host.forBlocks(count, (from, rows) -> {
            for (int i = from; i < from + rows; i++) {
                for (int j = 0; j < r; j++) {
                    values[i * r + j] = (float) Weibull.mean(k.get(first + i, j), lambda.get(first + i, j));
                }
            }
        });
        if (sweeps > 1) {
            sweep(count, values);
        }
        host.forBlocks(count, (from, rows) -> {
            for (int i = from; i < from + rows; i++) {
                posterior.sweep(c, values, i * r, first + i, lambda, k, null);
            }
        });
    }

    private void sweep(int count, float[] values) {
        means.upload(values, stream);
        for (int left = sweeps - 1; left > 0; left--) {
            kernels.sweep(
                    kernels.launch(count, r),
                    means.pointer(),
                    numerators.pointer(),
                    gram.pointer(),
                    parameters.pointer(),
                    variance.pointer(),
                    inclusion.pointer(),
                    sums.pointer(),
                    count,
                    r,
                    stream);
        }
        means.download(values, stream);
    }
}
