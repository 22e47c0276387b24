package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedPae;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Sweeps towards the exact posterior of the coefficients of rows under a PAE-NMF, from the encoder's means. */
final class RowRefinement {

    private final int sweeps;
    private final int r;
    private final float scale;
    private final VbRowPosterior posterior;
    private final PosteriorParameters prior;
    private final PosteriorSweep sweep;

    /**
     * @param model whose prior is exponential
     * @param sweeps how many, at least 1
     */
    RowRefinement(FittedPae model, CpuRuntime runtime, int sweeps) {
        this.sweeps = sweeps;
        this.r = model.rank();
        this.scale = (float) (1 / model.dataScale());
        this.posterior = new VbRowPosterior(model);
        float[] priorMean = new float[r];
        Arrays.fill(priorMean, (float) model.configuration().priorScale());
        this.prior = new PosteriorParameters(posterior.precision(), scale, priorMean, null);
        this.sweep = new PosteriorSweep(runtime, r);
    }

    /**
     * @param c V·Wf of some rows of the raw data, rows × r; not what it was afterwards
     * @param covariates what those of the rows of data make of their priors, or null
     * @param first which row of {@code lambda} and {@code k} is the first of them: the encoder's, and then the posteriors'
     */
    void run(float[] c, int rows, int first, CovariatePrior covariates, Matrix lambda, Matrix k) {
        float[] means = new float[rows * r];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < r; j++) {
                means[i * r + j] = (float) Weibull.mean(k.get(first + i, j), lambda.get(first + i, j));
            }
        }
        if (sweeps > 1) {
            sweepBlock(c, rows, means, priors(first, rows, covariates));
        }
        for (int i = 0; i < c.length; i++) {
            c[i] *= scale;
        }
        VbRowPosterior ofRows = posterior.ofRows(covariates);
        for (int i = 0; i < rows; i++) {
            ofRows.sweep(c, means, i * r, first + i, lambda, k, null);
        }
    }

    private PosteriorParameters priors(int first, int rows, CovariatePrior covariates) {
        if (covariates == null) {
            return prior;
        }
        RowPriors ofRows = RowPriors.of(r, CpuLayout.stride(rows));
        int[] settings =
                IntStream.range(first, first + rows).map(covariates::setting).toArray();
        ofRows.set(prior.priorMean(), covariates, settings, rows);
        return prior.withRows(ofRows);
    }

    /** All sweeps but the last, of which λ and k are made. */
    private void sweepBlock(float[] c, int rows, float[] means, PosteriorParameters priors) {
        int stride = CpuLayout.stride(rows);
        MatrixView numerator = new MatrixView(new float[r * stride], 0, stride);
        MatrixView x = new MatrixView(new float[r * stride], 0, stride);
        MatrixView variance = new MatrixView(new float[r * stride], 0, stride);
        MatrixView inclusion = new MatrixView(new float[r * stride], 0, stride);
        MatrixView gram = new MatrixView(posterior.gram(), 0, r);
        PosteriorSweep.Scratch scratch = new PosteriorSweep.Scratch(r, stride);
        double[] sums = new double[VbSums.count(r)];
        ParameterState.transpose(c, rows, r, r, numerator.data(), stride);
        ParameterState.transpose(means, rows, r, r, x.data(), stride);
        for (int left = sweeps - 1; left > 0; left--) {
            sweep.run(priors, x, numerator, gram, rows, variance, inclusion, scratch, sums, 0);
        }
        ParameterState.transpose(x.data(), r, rows, stride, means, r);
    }
}
