package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullPosterior;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;

/**
 * The posterior of the coefficients of rows, from the means of all of a row: of a fitted variational NMF, which a device
 * finds by sweeps from a cold start, or of a PAE-NMF, whose basis is a point estimate.
 * Immutable and thread-safe.
 */
public final class VbRowPosterior {

    /** Sweeps over a row. */
    public static final int MOST_SWEEPS = 500;
    /**
     * Of a row's greatest mean: a sweep that changes no mean by more ends the row's. Rounding alone changes means by about
     * a third of it where there are 81 components, so that with less most rows of them would never end.
     */
    public static final float CONVERGED = 3e-6f;

    /** Null of PAE-NMF. */
    private final VbParameters unit;

    private final int r;
    private final float[] gram;
    private final float precision;
    /** Of every coefficient of a component as long as {@link VbParameters#atUnitMeans} has it; with covariates at their mean. */
    private final double priorMean;
    /** What coefficients are multiplied by then, r. */
    private final double[] units;
    /** Of each component ln(π/(1 − π)); null where no coefficient is 0. */
    private final float[] logit;
    /** Of each component √A, and the log odds of not being 0 but for the least cost. */
    private final float[] roots;

    private final float[] odds;

    /** What covariates make of the prior means of some rows; null where they are the same for all. */
    private final CovariatePrior covariates;

    public VbRowPosterior(FittedVb model) {
        this.unit = model.parameters().atUnitMeans();
        this.r = model.rank();
        this.gram = rounded(unit.secondMoments());
        this.priorMean = 1;
        this.units = model.parameters().coefficientMean();
        VbPriors priors = new VbPriors(model.configuration(), model.features());
        priors.set(unit);
        this.precision = (float) (1 / priors.squaredSigma());
        this.logit = priors.zeros() ? new float[r] : null;
        for (int j = 0; logit != null && j < r; j++) {
            double share = priors.coefficientInclusion()[j];
            logit[j] = (float) Math.log(share / (1 - share));
        }
        this.roots = new float[r];
        this.odds = new float[r];
        setConstants();
        this.covariates = null;
    }

    private VbRowPosterior(VbRowPosterior other, CovariatePrior covariates) {
        this.unit = other.unit;
        this.r = other.r;
        this.gram = other.gram;
        this.precision = other.precision;
        this.priorMean = other.priorMean;
        this.units = other.units;
        this.logit = other.logit;
        this.roots = other.roots;
        this.odds = other.odds;
        this.covariates = covariates;
    }

    /**
     * The same for some rows, by their covariates.
     *
     * @param ofRows what these make of the prior means; null where there are none
     */
    public VbRowPosterior ofRows(CovariatePrior ofRows) {
        return ofRows == null ? this : new VbRowPosterior(this, ofRows);
    }

    /** Of a model with an exponential prior, no coefficient of which is 0. */
    public VbRowPosterior(FittedPae model) {
        this.unit = null;
        this.r = model.rank();
        this.gram = rounded(gram(model));
        this.priorMean = model.configuration().priorScale();
        this.units = new double[r];
        Arrays.fill(units, 1);
        this.precision = (float) (1 / model.squaredSigma());
        this.logit = null;
        this.roots = new float[r];
        this.odds = new float[r];
        setConstants();
        this.covariates = null;
    }

    private void setConstants() {
        for (int j = 0; j < r; j++) {
            double root = Math.sqrt((double) gram[j * r + j] * precision);
            roots[j] = (float) root;
            double least = Math.log(root * priorMean) - Weibull.EULER_GAMMA - 1;
            odds[j] = logit == null ? Float.POSITIVE_INFINITY : (float) (logit[j] - least);
        }
    }

    private static double[] gram(FittedPae model) {
        int r = model.rank();
        double[] sums = new double[r * r];
        for (int f = 0; f < model.features(); f++) {
            for (int j = 0; j < r; j++) {
                for (int l = 0; l < r; l++) {
                    sums[j * r + l] += (double) model.basis(f, j) * model.basis(f, l);
                }
            }
        }
        return sums;
    }

    private static float[] rounded(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** The parameters of a variational NMF with components as long as prior means of H of 1 ask for; not to be written to. */
    public VbParameters unit() {
        return unit;
    }

    /** E[WᵀW] of components as long as prior means of H of 1 ask for, r × r; the array itself. */
    public float[] gram() {
        return gram;
    }

    /** 1/σ². */
    public float precision() {
        return precision;
    }

    /** √A of a component: what its coefficients are multiplied by to have a curvature of 1. */
    public float root(int j) {
        return roots[j];
    }

    /** 1/λ₀ of all coefficients. */
    public float rate() {
        return (float) (1 / priorMean);
    }

    /** ln(p/(1 − p)) of a coefficient, p the probability of not being 0, less its least cost; infinite where p is 1. */
    public float odds(int j) {
        return odds[j];
    }

    /**
     * The best posterior of each coefficient of a row, given the means of all: 0 with probability 1 − p, else Weibull.
     *
     * @param numerators V·W of the scaled data and components of that length, from {@code at} on
     * @param means likewise, from {@code at} on
     * @param row which row receives scales λ, shapes k and p, n × r each; with covariates, of these, too
     * @param inclusion null if it is not asked for
     */
    public void put(float[] numerators, float[] means, int at, int row, Matrix lambda, Matrix k, Matrix inclusion) {
        for (int j = 0; j < r; j++) {
            putInclusion(put(numerators, means, at, j, row, lambda, k), j, row, inclusion);
        }
    }

    /**
     * The same of a single coefficient, whatever its row has in place of the Gram matrix.
     *
     * @param product v·w_j of the scaled data less what the other coefficients contribute to it
     * @param norm E[w_j·w_j]
     */
    public void put(double product, double norm, int j, int row, Matrix lambda, Matrix k, Matrix inclusion) {
        putInclusion(put(product, norm, j, row, lambda, k), j, row, inclusion);
    }

    private void putInclusion(double cost, int j, int row, Matrix inclusion) {
        if (inclusion != null) {
            double logOdds = logit == null ? Double.POSITIVE_INFINITY : logit[j] - cost;
            inclusion.storage(row)[inclusion.offset(row) + j] = (float) (1 / (1 + Math.exp(-logOdds)));
        }
    }

    /**
     * A sweep over a row: each coefficient has the posterior that is best given all others, one after the other.
     *
     * @param means from {@code at} on, of components as long as prior means of H of 1 ask for; those of the posteriors
     *     afterwards
     * @param inclusion null where no coefficient is 0
     * @see #put
     */
    public void sweep(float[] numerators, float[] means, int at, int row, Matrix lambda, Matrix k, Matrix inclusion) {
        for (int j = 0; j < r; j++) {
            putInclusion(put(numerators, means, at, j, row, lambda, k), j, row, inclusion);
            double p = inclusion == null ? 1 : inclusion.get(row, j);
            means[at + j] = (float) (p * Weibull.mean(k.get(row, j), lambda.get(row, j)) / units[j]);
        }
    }

    /** What the standardised mean of a coefficient that is not 0 is multiplied by, in units of the scaled data. */
    public float meanFactor(int j) {
        return (float) (units[j] / roots[j]);
    }

    /**
     * @return what it costs, against a coefficient of 0
     */
    private double put(float[] numerators, float[] means, int at, int j, int row, Matrix lambda, Matrix k) {
        double b = numerators[at + j];
        for (int l = 0; l < r; l++) {
            if (l != j) {
                b -= (double) gram[j * r + l] * means[at + l];
            }
        }
        return put(b, gram[j * r + j], j, row, lambda, k);
    }

    /**
     * @return what it costs, against a coefficient of 0
     */
    private double put(double b, double norm, int j, int row, Matrix lambda, Matrix k) {
        double root = Math.sqrt(norm * precision);
        double ofRow = covariates == null ? priorMean : priorMean * Math.exp(covariates.logRatio(row, j));
        double scale = ofRow; // where the data say nothing
        double shape = 1;
        double cost = 0;
        if (root > 0) {
            float beta = (float) ((b * precision - 1 / ofRow) / root);
            shape = WeibullPosterior.shape(beta);
            scale = WeibullPosterior.mean(beta) / root / Weibull.mean(shape, 1);
            cost = WeibullPosterior.leastCost(beta) + Math.log(root * ofRow) - Weibull.EULER_GAMMA - 1;
        }
        lambda.storage(row)[lambda.offset(row) + j] = (float) (units[j] * scale);
        k.storage(row)[k.offset(row) + j] = (float) shape;
        return cost;
    }
}
