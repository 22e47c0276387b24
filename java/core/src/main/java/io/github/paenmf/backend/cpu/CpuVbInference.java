package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedVb;
import java.util.Arrays;

/** What a fitted variational NMF computes on data, on the CPU. */
public final class CpuVbInference extends CpuInference implements VbInference {

    private final FittedVb model;
    private final Gemm gemm;
    private final PosteriorSweep sweep;
    private final int m;
    private final int r;
    private final float scale;
    private final VbRowPosterior posterior;
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
        this.posterior = new VbRowPosterior(model);
        this.gram = posterior.gram();
        VbPriors priors = new VbPriors(model.configuration(), m);
        priors.set(model.parameters());
        this.prior = PosteriorParameters.ofCoefficients(priors, scale);
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
            for (int i = 0; i < c.length; i++) {
                c[i] *= scale;
            }
            for (int i = 0; i < rows; i++) {
                posterior.put(c, means, i * r, first + i, lambda, k, inclusion);
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
            boolean last = sweeps == VbRowPosterior.MOST_SWEEPS;
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
            return change <= VbRowPosterior.CONVERGED * greatest;
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
}
