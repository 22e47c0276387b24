package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbRowPosterior;
import java.util.Arrays;

/** What follows from β of the coefficients of some rows, r × stride, component by component. Thread-safe. */
final class BetaPosteriors {

    private final VbRowPosterior posterior;
    private final PosteriorKernels kernels;
    private final int r;

    BetaPosteriors(VbRowPosterior posterior, int rank, CpuRuntime runtime) {
        this.posterior = posterior;
        this.r = rank;
        this.kernels = runtime.posteriorKernels();
        kernels.warmUp();
    }

    /**
     * The Weibull distributions of those that are not 0, in units of the scaled data.
     *
     * @param lambda receives scales, r × stride; {@code k} shapes
     */
    void distributions(float[] beta, int stride, int count, float[] lambda, float[] k) {
        PosteriorKernel kernel = kernels.current();
        for (int j = 0; j < r; j++) {
            kernel.distributions(beta, j * stride, j * stride + count, posterior.meanFactor(j), lambda, k);
        }
    }

    /** The probabilities of not being 0, r × stride. */
    void inclusions(float[] beta, int stride, int count, float[] inclusion) {
        PosteriorKernel kernel = kernels.current();
        for (int j = 0; j < r; j++) {
            int from = j * stride;
            if (posterior.odds(j) == Float.POSITIVE_INFINITY) {
                Arrays.fill(inclusion, from, from + count, 1f);
            } else {
                kernel.inclusions(beta, from, from + count, posterior.odds(j), inclusion);
            }
        }
    }

    /** The means of all, for components as long as prior means of H of 1 ask for, r × stride. */
    void means(float[] beta, int stride, int count, float[] mean) {
        float[] inclusion = new float[mean.length];
        inclusions(beta, stride, count, inclusion);
        PosteriorKernel kernel = kernels.current();
        for (int j = 0; j < r; j++) {
            kernel.standardMeans(beta, j * stride, j * stride + count, mean);
            float inverseRoot = 1 / posterior.root(j);
            for (int e = j * stride; e < j * stride + count; e++) {
                mean[e] *= inclusion[e] * inverseRoot;
            }
        }
    }

    /**
     * Means of one component where they are not 0, in units of 1/√A; in place.
     *
     * @param beta of which {@code count} are replaced
     */
    void standardMeans(float[] beta, int count) {
        kernels.current().standardMeans(beta, 0, count, beta);
    }
}
