package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.PoissonPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedVb;
import java.util.Arrays;

/** Coefficients of rows of counts, each row by itself: their posteriors, or those of the least divergence. */
public final class PoissonRows {

    /** Over a row, where coefficients are numbers. */
    private static final int MOST_UPDATES = 2000;

    private final SparseKernel kernel;
    private final int m;
    private final int r;
    private final int ld;
    /** W that v̂ is made with, m × ld. */
    private final float[] w;
    /** Of each component: what counts are divided by to give the mean. */
    private final float[] rate;
    /** What is added to the counts that are allocated to a coefficient: 1 where it has a posterior, else 0. */
    private final float added;

    private final int mostSweeps;

    private PoissonRows(int m, int r, float added, int mostSweeps, SparseKernel kernel) {
        this.kernel = kernel;
        this.m = m;
        this.r = r;
        this.ld = kernel.stride(r);
        this.w = new float[Math.multiplyExact(m, ld)];
        this.rate = new float[r];
        this.added = added;
        this.mostSweeps = mostSweeps;
    }

    /** Of a fit with a Poisson likelihood. */
    static PoissonRows of(FittedVb model, SparseKernel kernel) {
        int r = model.rank();
        PoissonRows rows = new PoissonRows(model.features(), r, 1f, VbRowPosterior.MOST_SWEEPS, kernel);
        float[] mean = model.parameters().mean();
        float[] variance = model.parameters().variance();
        rows.set(
                (f, j) -> (float) Weibull.geometricMeanOfMoments(mean[f * r + j], variance[f * r + j]),
                (f, j) -> mean[f * r + j]);
        return rows;
    }

    /** Of NMF by the Kullback-Leibler divergence. */
    public static PoissonRows of(FittedNmf model, CpuRuntime runtime) {
        PoissonRows rows = new PoissonRows(model.features(), model.rank(), 0f, MOST_UPDATES, runtime.sparseKernel());
        rows.set(model::basis, model::basis);
        return rows;
    }

    private interface Weights {
        float of(int feature, int component);
    }

    private void set(Weights decoding, Weights means) {
        for (int j = 0; j < r; j++) {
            double exposure = added; // the prior's, whose mean is 1
            for (int f = 0; f < m; f++) {
                exposure += means.of(f, j);
                w[f * ld + j] = decoding.of(f, j);
            }
            rate[j] = (float) exposure;
        }
    }

    /**
     * Writes scales λ and shapes k of rows, n × r.
     *
     * @param first the first row
     */
    void encode(RowSource data, int first, int rows, Matrix lambda, Matrix k) {
        Scratch work = new Scratch();
        for (int i = first; i < first + rows; i++) {
            work.converge(data, i);
            for (int j = 0; j < r; j++) {
                float shape = PoissonPosterior.shape(PoissonPosterior.argument(work.allocated[j]));
                lambda.storage(i)[lambda.offset(i) + j] = (float) (work.mean(j) / Weibull.mean(shape, 1));
                k.storage(i)[k.offset(i) + j] = shape;
            }
        }
    }

    /**
     * Writes coefficients of rows, n × r.
     *
     * @param first the first row
     */
    public void encode(RowSource data, int first, int rows, Matrix h) {
        Scratch work = new Scratch();
        for (int i = first; i < first + rows; i++) {
            work.converge(data, i);
            for (int j = 0; j < r; j++) {
                h.storage(i)[h.offset(i) + j] = (float) work.mean(j);
            }
        }
    }

    /** Of one thread: a row, and what it is decoded to. */
    private final class Scratch {

        final int[] columns = new int[m];
        final float[] v = new float[m];
        final float[] ratios = new float[m];
        final float[] g = new float[ld];
        final float[] p = new float[ld];
        /** Counts that are allocated to each coefficient. */
        final float[] allocated = new float[ld];

        double mean(int j) {
            return rate[j] > 0 ? (allocated[j] + (double) added) / rate[j] : 0;
        }

        /** Goes on until a sweep changes no mean by more than a small share of the greatest. */
        void converge(RowSource data, int row) {
            int count = data.copyNonzeros(row, 0, m, columns, v);
            Arrays.fill(g, 0, r, 1f);
            Arrays.fill(allocated, 0f);
            for (int sweep = 0; sweep < mostSweeps; sweep++) {
                kernel.decode(count, columns, g, 0, w, ld, ratios);
                for (int l = 0; l < count; l++) {
                    ratios[l] = v[l] / Math.max(PoissonStage.LEAST, ratios[l]);
                }
                kernel.project(count, columns, ratios, w, ld, p, 0);
                double greatest = 0;
                double change = 0;
                for (int j = 0; j < r; j++) {
                    double before = mean(j);
                    allocated[j] = g[j] * p[j];
                    double mean = mean(j);
                    greatest = Math.max(greatest, mean);
                    change = Math.max(change, Math.abs(mean - before));
                    float ratio = added == 0 ? 1f : PoissonPosterior.ratio(PoissonPosterior.argument(allocated[j]));
                    g[j] = (float) mean * ratio;
                }
                if (change <= VbRowPosterior.CONVERGED * greatest) {
                    return;
                }
            }
        }
    }
}
