package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.ObservedSums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.PoissonPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbParameters;

/**
 * Coefficients of rows of counts, each row by itself: their posteriors, or those of the least divergence ({@link
 * CountDescent}). Entries of a row that are missing do not count, and its size factor does.
 */
public final class PoissonRows {

    private final int m;
    private final int r;
    /** W that v̂ is made with, m × r. */
    private final float[] w;
    /** Means of W, by feature and component. */
    private final Weights means;
    /** Their sums over all features, of each component. */
    private final double[] totals;
    /** What coefficients, whose prior mean is 1 here, are multiplied by, r; null where they have no posteriors. */
    private final double[] units;

    private PoissonRows(int m, int r, double[] units, Weights decoding, Weights means) {
        this.m = m;
        this.r = r;
        this.w = new float[Math.multiplyExact(m, r)];
        this.means = means;
        this.totals = new double[r];
        this.units = units;
        for (int j = 0; j < r; j++) {
            for (int f = 0; f < m; f++) {
                totals[j] += means.of(f, j);
                w[f * r + j] = decoding.of(f, j);
            }
        }
    }

    /** Of a fit with a Poisson likelihood. */
    static PoissonRows of(FittedVb model) {
        int r = model.rank();
        VbParameters unit = model.parameters().atUnitMeans();
        float[] mean = unit.mean();
        float[] variance = unit.variance();
        return new PoissonRows(
                model.features(),
                r,
                model.parameters().coefficientMean(),
                (f, j) -> (float) Weibull.geometricMeanOfMoments(mean[f * r + j], variance[f * r + j]),
                (f, j) -> mean[f * r + j]);
    }

    /** Of NMF by the Kullback-Leibler divergence. */
    public static PoissonRows of(FittedNmf model) {
        return new PoissonRows(model.features(), model.rank(), null, model::basis, model::basis);
    }

    private interface Weights {
        float of(int feature, int component);
    }

    /** Finds the coefficients of one row after the other. */
    private final class Descent {

        private final CountDescent descent;
        private final ObservedSums observed = new ObservedSums(m);
        private final double[] rate = new double[r];

        Descent() {
            descent = new CountDescent(m, r, w, rate, units != null);
        }

        CountDescent converge(RowSource data, int row) {
            observed.of(data.mask(), row, this::copyMeans, totals, rate);
            for (int j = 0; j < r; j++) {
                rate[j] = data.sizeFactor(row) * rate[j] + (units != null ? 1 : 0); // the prior's, whose mean is 1
            }
            descent.converge(data, row);
            return descent;
        }

        private void copyMeans(int component, int[] features, int count, float[] target) {
            for (int l = 0; l < count; l++) {
                target[l] = means.of(features[l], component);
            }
        }
    }

    /**
     * Writes scales λ and shapes k of rows, n × r.
     *
     * @param first the first row
     */
    void encode(RowSource data, int first, int rows, Matrix lambda, Matrix k) {
        Descent descent = new Descent();
        for (int i = first; i < first + rows; i++) {
            CountDescent work = descent.converge(data, i);
            for (int j = 0; j < r; j++) {
                float shape = PoissonPosterior.shape(PoissonPosterior.argument((float) work.allocated(j)));
                lambda.storage(i)[lambda.offset(i) + j] = (float) (units[j] * work.mean(j) / Weibull.mean(shape, 1));
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
        Descent descent = new Descent();
        for (int i = first; i < first + rows; i++) {
            CountDescent work = descent.converge(data, i);
            for (int j = 0; j < r; j++) {
                h.storage(i)[h.offset(i) + j] = (float) work.mean(j);
            }
        }
    }
}
