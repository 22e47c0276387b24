package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.PoissonPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedVb;

/** Coefficients of rows of counts, each row by itself: their posteriors, or those of the least divergence ({@link CountDescent}). */
public final class PoissonRows {

    private final int m;
    private final int r;
    /** W that v̂ is made with, m × r. */
    private final float[] w;
    /** Of each component: what counts are divided by to give the mean. */
    private final double[] rate;
    /** Whether coefficients have posteriors. */
    private final boolean posterior;

    private PoissonRows(int m, int r, boolean posterior) {
        this.m = m;
        this.r = r;
        this.w = new float[Math.multiplyExact(m, r)];
        this.rate = new double[r];
        this.posterior = posterior;
    }

    /** Of a fit with a Poisson likelihood. */
    static PoissonRows of(FittedVb model) {
        int r = model.rank();
        PoissonRows rows = new PoissonRows(model.features(), r, true);
        float[] mean = model.parameters().mean();
        float[] variance = model.parameters().variance();
        rows.set(
                (f, j) -> (float) Weibull.geometricMeanOfMoments(mean[f * r + j], variance[f * r + j]),
                (f, j) -> mean[f * r + j]);
        return rows;
    }

    /** Of NMF by the Kullback-Leibler divergence. */
    public static PoissonRows of(FittedNmf model) {
        PoissonRows rows = new PoissonRows(model.features(), model.rank(), false);
        rows.set(model::basis, model::basis);
        return rows;
    }

    private interface Weights {
        float of(int feature, int component);
    }

    private void set(Weights decoding, Weights means) {
        for (int j = 0; j < r; j++) {
            double exposure = posterior ? 1 : 0; // the prior's, whose mean is 1
            for (int f = 0; f < m; f++) {
                exposure += means.of(f, j);
                w[f * r + j] = decoding.of(f, j);
            }
            rate[j] = exposure;
        }
    }

    /**
     * Writes scales λ and shapes k of rows, n × r.
     *
     * @param first the first row
     */
    void encode(RowSource data, int first, int rows, Matrix lambda, Matrix k) {
        CountDescent work = new CountDescent(m, r, w, rate, posterior);
        for (int i = first; i < first + rows; i++) {
            work.converge(data, i);
            for (int j = 0; j < r; j++) {
                float shape = PoissonPosterior.shape(PoissonPosterior.argument((float) work.allocated(j)));
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
        CountDescent work = new CountDescent(m, r, w, rate, posterior);
        for (int i = first; i < first + rows; i++) {
            work.converge(data, i);
            for (int j = 0; j < r; j++) {
                h.storage(i)[h.offset(i) + j] = (float) work.mean(j);
            }
        }
    }
}
