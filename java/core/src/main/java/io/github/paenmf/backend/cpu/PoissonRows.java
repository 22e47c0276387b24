package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.PoissonPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbParameters;

/** Posteriors of the coefficients of rows, each by itself, of a fit with a Poisson likelihood. */
final class PoissonRows {

    private final SparseKernel kernel;
    private final int m;
    private final int r;
    private final int ld;
    /** Geometric means of W, m × ld. */
    private final float[] w;
    /** Of each component: what a + 1 is divided by to give the mean. */
    private final float[] rate;

    PoissonRows(FittedVb model, SparseKernel kernel) {
        this.kernel = kernel;
        this.m = model.features();
        this.r = model.rank();
        this.ld = kernel.stride(r);
        this.w = new float[Math.multiplyExact(m, ld)];
        this.rate = new float[r];
        VbParameters p = model.parameters();
        for (int j = 0; j < r; j++) {
            double exposure = 1; // that of the prior, whose mean is 1
            for (int f = 0; f < m; f++) {
                int at = f * r + j;
                exposure += p.mean()[at];
                w[f * ld + j] = (float) Weibull.geometricMeanOfMoments(p.mean()[at], p.variance()[at]);
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
        int[] columns = new int[m];
        float[] v = new float[m];
        float[] ratios = new float[m];
        float[] allocated = new float[ld];
        float[] g = new float[ld];
        for (int i = first; i < first + rows; i++) {
            int count = data.copyNonzeros(i, 0, m, columns, v);
            converge(count, columns, v, ratios, g, allocated);
            for (int j = 0; j < r; j++) {
                float shape = PoissonPosterior.shape(PoissonPosterior.argument(allocated[j]));
                double mean = (allocated[j] + 1.0) / rate[j];
                lambda.storage(i)[lambda.offset(i) + j] = (float) (mean / Weibull.mean(shape, 1));
                k.storage(i)[k.offset(i) + j] = shape;
            }
        }
    }

    /**
     * Goes on until a sweep changes no mean by more than a small share of the greatest.
     *
     * @param allocated receives a
     */
    private void converge(int count, int[] columns, float[] v, float[] ratios, float[] g, float[] allocated) {
        for (int j = 0; j < r; j++) {
            g[j] = 1f;
            allocated[j] = 0f;
        }
        float[] p = new float[ld];
        for (int sweep = 0; sweep < VbRowPosterior.MOST_SWEEPS; sweep++) {
            kernel.decode(count, columns, g, 0, w, ld, ratios);
            for (int l = 0; l < count; l++) {
                ratios[l] = v[l] / Math.max(PoissonStage.LEAST, ratios[l]);
            }
            kernel.project(count, columns, ratios, w, ld, p, 0);
            float greatest = 0;
            float change = 0;
            for (int j = 0; j < r; j++) {
                float a = g[j] * p[j];
                greatest = Math.max(greatest, (a + 1f) / rate[j]);
                change = Math.max(change, Math.abs(a - allocated[j]) / rate[j]);
                allocated[j] = a;
                g[j] = (a + 1f) / rate[j] * PoissonPosterior.ratio(PoissonPosterior.argument(a));
            }
            if (change <= VbRowPosterior.CONVERGED * greatest) {
                return;
            }
        }
    }
}
