package io.github.paenmf;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbParameters;

/**
 * Variances of the entries of V̂ = H·Wᵀ under the posterior of both factors, in units of the scaled data:
 * Var(h·w) = Σⱼ (s_hj·E[w_j²] + μ_hj²·s_wj), since coefficients are independent under it.
 */
final class ReconstructionVariance {

    private final int m;
    private final int r;
    private final VbParameters weights;
    private final Latent latent;
    private final double scale;

    private ReconstructionVariance(VbParameters weights, Latent latent, double scale) {
        this.m = weights.features();
        this.r = weights.rank();
        this.weights = weights;
        this.latent = latent;
        this.scale = scale;
    }

    /**
     * Of some samples.
     *
     * @param latent their coefficients
     */
    static ReconstructionVariance of(FittedVb model, Latent latent) {
        return new ReconstructionVariance(model.parameters(), latent, model.dataScale());
    }

    /** Σ of all entries, E‖H·Wᵀ − E[H]·E[W]ᵀ‖² = Σ (s_ij E[w_j²] + μ_ij² Σ_f s_fj), without making any. */
    static double total(VbParameters p, Latent latent, RowBlocks blocks) {
        int r = p.rank();
        double[] squares = new double[r];
        double[] variances = new double[r];
        for (int i = 0; i < p.mean().length; i++) {
            variances[i % r] += p.variance()[i];
            squares[i % r] += (double) p.mean()[i] * p.mean()[i] + p.variance()[i];
        }
        Matrix lambda = latent.lambda();
        Matrix k = latent.k();
        return blocks.sum(lambda.rows(), (first, rows) -> {
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                for (int j = 0; j < r; j++) {
                    double included = latent.inclusion(i, j);
                    double mean = MixedWeibull.mean(k.get(i, j), lambda.get(i, j), included);
                    double variance = MixedWeibull.variance(k.get(i, j), lambda.get(i, j), included);
                    sum += variance * squares[j] + mean * mean * variances[j];
                }
            }
            return sum;
        });
    }

    /** Reads the coefficients of a row: means squared, and variances. */
    void row(int row, double[] squares, double[] variances) {
        for (int j = 0; j < r; j++) {
            double k = latent.k().get(row, j);
            double lambda = latent.lambda().get(row, j);
            double included = latent.inclusion(row, j);
            double mean = MixedWeibull.mean(k, lambda, included);
            squares[j] = mean * mean;
            variances[j] = MixedWeibull.variance(k, lambda, included);
        }
    }

    /** Of the entry of a feature, from what {@link #row} has read. */
    double entry(int feature, double[] squares, double[] variances) {
        double sum = 0;
        for (int j = 0; j < r; j++) {
            double mean = weights.mean()[feature * r + j];
            double variance = weights.variance()[feature * r + j];
            sum += variances[j] * (mean * mean + variance) + squares[j] * variance;
        }
        return sum;
    }

    /**
     * Intervals of all entries, in units of the data.
     *
     * @param mean V̂, n × m
     * @param level probability that an interval holds
     * @param lower receives lower bounds, n × m; likewise {@code upper}
     */
    void bounds(Matrix mean, double level, Matrix lower, Matrix upper, RowBlocks blocks) {
        double tail = (1 - level) / 2;
        blocks.forBlocks(mean.rows(), (first, rows) -> {
            double[] squares = new double[r];
            double[] variances = new double[r];
            for (int i = first; i < first + rows; i++) {
                row(i, squares, variances);
                for (int f = 0; f < m; f++) {
                    double centre = mean.get(i, f) / scale;
                    double variance = entry(f, squares, variances);
                    double positive = 1 - zero(i, f);
                    lower.storage(i)[lower.offset(i) + f] = quantile(centre, variance, positive, tail);
                    upper.storage(i)[upper.offset(i) + f] = quantile(centre, variance, positive, 1 - tail);
                }
            }
        });
    }

    /** Probability that an entry is 0: every product of a coefficient and a weight is. */
    private double zero(int row, int feature) {
        double all = 1;
        for (int j = 0; j < r; j++) {
            all *= 1 - latent.inclusion(row, j) * weights.inclusion()[feature * r + j];
        }
        return all;
    }

    /** Of what is 0 with a probability, else Weibull, with a mean and a variance; in units of the data. */
    private float quantile(double mean, double variance, double positive, double probability) {
        if (probability <= 1 - positive || mean <= 0) {
            return 0;
        }
        double slab = mean / positive;
        double spread = Math.max(0, (variance + mean * mean) / positive - slab * slab);
        if (spread == 0) {
            return (float) (scale * slab);
        }
        double k = WeibullShape.ofCoefficientOfVariation(Math.sqrt(spread) / slab);
        return (float) (scale * MixedWeibull.quantile(k, slab / Weibull.mean(k, 1), positive, probability));
    }

    /** Σ over the entries that are observed. */
    double total(Mask mask, RowBlocks blocks) {
        return blocks.sum(mask.rows(), (first, rows) -> {
            double[] squares = new double[r];
            double[] variances = new double[r];
            int[] entries = new int[m];
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                row(i, squares, variances);
                int count = mask.listsObserved() ? mask.copyListed(i, entries) : mask.copyUnlisted(i, entries);
                for (int l = 0; l < count; l++) {
                    sum += entry(entries[l], squares, variances);
                }
            }
            return sum;
        });
    }
}
