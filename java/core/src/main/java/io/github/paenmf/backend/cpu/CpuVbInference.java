package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullPosterior;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;

/** What a fitted variational NMF computes on data, on the CPU. */
public final class CpuVbInference extends CpuInference implements VbInference {

    /** Sweeps over rows at once; a row leaves them once it has converged. */
    private static final int MOST_SWEEPS = 500;
    /** Of a row's greatest mean: a sweep that changes no mean by more ends the row's. */
    private static final float CONVERGED = 1e-6f;

    private final FittedVb model;
    private final Gemm gemm;
    private final PosteriorSweep sweep;
    private final int m;
    private final int r;
    private final float scale;
    /** E[WᵀW], r × r. */
    private final float[] gram;

    private final PosteriorParameters prior;

    /**
     * @param execution gives the threads
     */
    public CpuVbInference(FittedVb model, CpuRuntime runtime, Execution execution) {
        super(model, runtime, execution);
        this.model = model;
        this.gemm = runtime.gemm();
        this.m = model.features();
        this.r = model.rank();
        this.scale = (float) (1 / model.dataScale());
        this.sweep = new PosteriorSweep(runtime, r);
        this.gram = gram(model.parameters());
        VbPriors priors = new VbPriors(model.configuration(), m);
        priors.set(model.parameters());
        this.prior = PosteriorParameters.ofCoefficients(priors, scale);
    }

    private static float[] gram(VbParameters p) {
        int r = p.rank();
        double[] sums = new double[r * r];
        for (int f = 0; f < p.features(); f++) {
            for (int j = 0; j < r; j++) {
                double w = p.mean()[f * r + j];
                for (int l = 0; l < r; l++) {
                    sums[j * r + l] += w * p.mean()[f * r + l];
                }
                sums[j * r + j] += p.variance()[f * r + j];
            }
        }
        float[] gram = new float[r * r];
        for (int i = 0; i < gram.length; i++) {
            gram[i] = (float) sums[i];
        }
        return gram;
    }

    @Override
    public void project(Matrix data, Matrix target) {
        forBlocks(data.rows(), threads(data.rows(), r), (worker, first, rows) -> {
            float[] values = target.storage(first);
            int offset = target.offset(first);
            project(data, first, rows, values, offset);
            for (int i = offset; i < offset + rows * r; i++) {
                values[i] *= scale;
            }
        });
    }

    /** V·W of some rows of the raw data. */
    private void project(Matrix data, int first, int rows, float[] target, int offset) {
        float[] w = model.parameters().mean();
        gemm.multiply(
                false,
                false,
                rows,
                r,
                m,
                data.storage(first),
                data.offset(first),
                m,
                w,
                0,
                r,
                false,
                target,
                offset,
                r);
    }

    @Override
    public void encode(Matrix data, Matrix lambda, Matrix k, Matrix inclusion) {
        // A sweep is as much work as r features are.
        int threads = threads(data.rows(), r * (1 + r / m));
        forBlocks(data.rows(), threads, (worker, first, rows) -> {
            float[] c = new float[rows * r];
            project(data, first, rows, c, 0);
            float[] means = means(c, rows);
            for (int i = 0; i < rows; i++) {
                int offset = lambda.offset(first + i);
                float[] p = inclusion == null ? null : inclusion.storage(first + i);
                for (int j = 0; j < r; j++) {
                    put(
                            c[i * r + j] * scale,
                            means,
                            i * r,
                            j,
                            lambda.storage(first + i),
                            k.storage(first + i),
                            p,
                            offset + j);
                }
            }
        });
    }

    /**
     * The means of the coefficients of some rows. Each is that after the first sweep that changed none of the row's by
     * more than the bound, which depends on no other row.
     *
     * @param c V·W of the raw data, rows × r
     * @return rows × r
     */
    private float[] means(float[] c, int rows) {
        Sweeping work = new Sweeping(rows);
        ParameterState.transpose(c, rows, r, r, work.numerator, work.stride);
        sweep.coldStart(work.view(work.h), rows, work.view(work.numerator), scale, gram);
        float[] means = new float[rows * r];
        int sweeps = 0;
        while (work.count > 0) {
            work.run();
            sweeps++;
            boolean last = sweeps == MOST_SWEEPS;
            int left = 0;
            for (int i = 0; i < work.count; i++) {
                boolean isNew = !work.done[i] && (last || work.hasConverged(i));
                work.done[i] |= isNew;
                left += work.done[i] ? 0 : 1;
                for (int j = 0; isNew && j < r; j++) {
                    means[work.rows[i] * r + j] = work.h[j * work.stride + i];
                }
            }
            if (left <= work.count / 2) {
                work.dropDone();
            }
        }
        return means;
    }

    /** Rows that sweeps still go over; those that are done are dropped now and then. */
    private final class Sweeping {

        final int stride;
        /** Which rows they are. */
        final int[] rows;

        final boolean[] done;
        final float[] numerator;
        final float[] h;
        int count;
        private final float[] before;
        private final float[] variance;
        private final float[] inclusion;
        private final PosteriorSweep.Scratch scratch;
        private final double[] sums = new double[VbSums.count(r)];

        Sweeping(int rowCount) {
            stride = CpuLayout.stride(rowCount);
            rows = new int[rowCount];
            Arrays.setAll(rows, i -> i);
            done = new boolean[rowCount];
            numerator = new float[r * stride];
            h = new float[r * stride];
            before = new float[h.length];
            variance = new float[h.length];
            inclusion = new float[h.length];
            scratch = new PosteriorSweep.Scratch(r, stride);
            count = rowCount;
        }

        MatrixView view(float[] values) {
            return new MatrixView(values, 0, stride);
        }

        void run() {
            System.arraycopy(h, 0, before, 0, h.length);
            MatrixView gramView = new MatrixView(gram, 0, r);
            sweep.run(
                    prior,
                    view(h),
                    view(numerator),
                    gramView,
                    count,
                    view(variance),
                    view(inclusion),
                    scratch,
                    sums,
                    0);
        }

        boolean hasConverged(int row) {
            float greatest = 0;
            float change = 0;
            for (int j = 0; j < r; j++) {
                greatest = Math.max(greatest, h[j * stride + row]);
                change = Math.max(change, Math.abs(h[j * stride + row] - before[j * stride + row]));
            }
            return change <= CONVERGED * greatest;
        }

        void dropDone() {
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (done[i]) {
                    continue;
                }
                rows[kept] = rows[i];
                done[kept] = false;
                for (int j = 0; j < r; j++) {
                    numerator[j * stride + kept] = numerator[j * stride + i];
                    h[j * stride + kept] = h[j * stride + i];
                }
                kept++;
            }
            count = kept;
        }
    }

    /** The best posterior of one coefficient, given the means of all. */
    private void put(float c, float[] means, int row, int j, float[] lambda, float[] k, float[] inclusion, int target) {
        double b = c;
        for (int l = 0; l < r; l++) {
            if (l != j) {
                b -= (double) gram[j * r + l] * means[row + l];
            }
        }
        double root = Math.sqrt((double) gram[j * r + j] * prior.precision());
        double priorMean = prior.priorMean()[j];
        double logOdds = Double.POSITIVE_INFINITY;
        if (root > 0) {
            float beta = (float) ((b * prior.precision() - 1 / priorMean) / root);
            double shape = WeibullPosterior.shape(beta);
            k[target] = (float) shape;
            lambda[target] = (float) (WeibullPosterior.mean(beta) / root / Weibull.mean(shape, 1));
            if (prior.pointMass()) {
                double cost = WeibullPosterior.leastCost(beta) + Math.log(root * priorMean) - Weibull.EULER_GAMMA - 1;
                logOdds = prior.logit()[j] - cost;
            }
        } else { // the data say nothing
            k[target] = 1;
            lambda[target] = (float) priorMean;
            logOdds = prior.pointMass() ? prior.logit()[j] : logOdds;
        }
        if (inclusion != null) {
            inclusion[target] = (float) (1 / (1 + Math.exp(-logOdds)));
        }
    }
}
