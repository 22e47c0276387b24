package io.github.paenmf.backend;

import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.util.Arrays;

/**
 * The few numbers of variational NMF beside its factors, and their update: σ², the priors of both factors, and whether
 * coefficients may be 0 yet. A coefficient is 0 with probability 1 − π of its component, else exponential with the
 * component's mean.
 *
 * <p>With covariates the mean of a coefficient of H is that of the component times what they make of it ({@link
 * CovariatePrior}), which is to be updated, with the prior means of H, before the rest.
 *
 * <p>H·diag(c) and W·diag(1/c) are the same product, and under priors that are scaled like them as probable. So the
 * scale of a component is a convention: parameters have prior means of H of 1. In a fit both means are learned, and the
 * scale is where it happens to be; were H's held at 1 there, its scale would move towards that by small steps, and until
 * it got there, the prior would be wrong of what is 0.
 */
public final class VbPriors {

    /** Updates before coefficients may be 0: at first, means say little of what is 0. */
    private static final int UPDATES_WITHOUT_ZEROS = 20;

    /** Of the prior means. */
    public static final double LEAST_MEAN = 1e-8;
    /** Of σ². */
    public static final double LEAST_VARIANCE = VbConfiguration.SIGMA_MIN * VbConfiguration.SIGMA_MIN;

    private final VbConfiguration configuration;
    private final double features;
    /** How many components of W, the first ones, are known, and have no prior. */
    private final int fixed;

    /** Of a row whose covariates are the mean. */
    private final double[] coefficientMean;

    /** Null where rows have no covariates. */
    private final CovariatePrior covariates;

    private final double[] coefficientInclusion;
    private final double[] mean;
    private final double[] inclusion;
    private double squaredSigma;
    private boolean zeros;
    private int updates;

    /**
     * @param features m, or the total of their weights
     */
    public VbPriors(VbConfiguration configuration, double features) {
        this(configuration, features, 0, null);
    }

    /**
     * @param features m, or the total of their weights
     * @param fixedComponents how many components of W, the first ones, are known; sums of the sweep over W have 0 for them
     * @param covariates what covariates make of the prior means of H, or null where rows have none
     */
    public VbPriors(VbConfiguration configuration, double features, int fixedComponents, CovariatePrior covariates) {
        int r = configuration.rank();
        this.configuration = configuration;
        this.features = features;
        this.fixed = fixedComponents;
        this.covariates = covariates;
        this.coefficientMean = new double[r];
        this.coefficientInclusion = new double[r];
        this.mean = new double[r];
        this.inclusion = new double[r];
    }

    /** How many updates go before coefficients may be 0; −1 if they never may. */
    public static int updatesWithoutZeros(VbConfiguration configuration) {
        return configuration.zeros() == Zeros.LEARN ? UPDATES_WITHOUT_ZEROS : -1;
    }

    /** Takes over what parameters say of it, with prior means of H of 1; updates are counted afresh. */
    public void set(VbParameters parameters) {
        Arrays.fill(coefficientMean, 1);
        System.arraycopy(parameters.coefficientInclusion(), 0, coefficientInclusion, 0, mean.length);
        System.arraycopy(parameters.priorMean(), 0, mean, 0, mean.length);
        System.arraycopy(parameters.priorInclusion(), 0, inclusion, 0, mean.length);
        if (covariates != null) {
            covariates.set(parameters.effects());
        }
        squaredSigma = configuration.learnsSigma()
                ? Math.max(LEAST_VARIANCE, parameters.squaredSigma())
                : configuration.sigma() * configuration.sigma();
        zeros = parameters.zeros() && configuration.zeros() == Zeros.LEARN;
        updates = 0;
    }

    /**
     * Writes what parameters say of it, and brings W to the scale at which the prior means of H are 1.
     *
     * @param target holds W's posterior at the fit's scale
     */
    public void read(VbParameters target) {
        System.arraycopy(mean, 0, target.priorMean(), 0, mean.length);
        toUnitMeans(coefficientMean, target);
        for (int j = 0; j < mean.length && !configuration.penalties().isNone(); j++) {
            target.priorMean()[j] = coefficientMean[j] * mean[j];
        }
        if (covariates != null) {
            target.setEffects(covariates.effects().clone());
        }
        System.arraycopy(coefficientInclusion, 0, target.coefficientInclusion(), 0, mean.length);
        System.arraycopy(inclusion, 0, target.priorInclusion(), 0, mean.length);
        target.setSquaredSigma(squaredSigma);
        target.setZeros(zeros);
    }

    /**
     * Brings W to the scale at which the prior means of H are 1.
     *
     * @param coefficientMean prior means of H at the scale of {@code target}, r
     */
    public static void toUnitMeans(double[] coefficientMean, VbParameters target) {
        int r = coefficientMean.length;
        for (int e = 0; e < target.mean().length; e++) {
            double scale = coefficientMean[e % r];
            target.mean()[e] = (float) (scale * target.mean()[e]);
            target.variance()[e] = (float) (scale * scale * target.variance()[e]);
        }
        for (int j = 0; j < r; j++) {
            target.priorMean()[j] = Math.max(LEAST_MEAN, coefficientMean[j] * target.priorMean()[j]);
        }
    }

    /** What the sweep over H takes of these: [prior means of H | π of H | σ² | 1 where coefficients may be 0, else 0]. */
    public double[] ofRows() {
        int r = mean.length;
        double[] values = new double[2 * r + 2];
        System.arraycopy(coefficientMean, 0, values, 0, r);
        System.arraycopy(coefficientInclusion, 0, values, r, r);
        values[2 * r] = squaredSigma;
        values[2 * r + 1] = zeros ? 1 : 0;
        return values;
    }

    /**
     * Takes over what {@link #ofRows} says, which is enough for sweeps over H.
     *
     * @param offset from where on
     */
    public void setOfRows(double[] values, int offset) {
        int r = mean.length;
        System.arraycopy(values, offset, coefficientMean, 0, r);
        System.arraycopy(values, offset + r, coefficientInclusion, 0, r);
        squaredSigma = values[offset + 2 * r];
        zeros = values[offset + 2 * r + 1] > 0;
    }

    /** Takes a visitor through what an update changes. */
    public void visit(StateVisitor visitor) {
        visitor.visit(coefficientMean);
        visitor.visit(coefficientInclusion);
        visitor.visit(mean);
        visitor.visit(inclusion);
        squaredSigma = visitor.visit(squaredSigma);
        zeros = visitor.visit(zeros);
        updates = visitor.visit(updates);
        if (covariates != null) {
            covariates.visit(visitor);
        }
    }

    /** σ². */
    public double squaredSigma() {
        return squaredSigma;
    }

    /** Whether coefficients may be 0. */
    public boolean zeros() {
        return zeros;
    }

    /** How many updates went before. */
    public int updates() {
        return updates;
    }

    /** Prior means of H, r; with covariates those of a row that has their mean. */
    public double[] coefficientMean() {
        return coefficientMean;
    }

    /** π of H, r. */
    public double[] coefficientInclusion() {
        return coefficientInclusion;
    }

    /** Prior means of W, r. */
    public double[] mean() {
        return mean;
    }

    /** π of W, r. */
    public double[] inclusion() {
        return inclusion;
    }

    /**
     * The best σ² and priors for the posteriors, in closed form.
     *
     * @param rows n of all the data, or the total of their weights
     * @param hSums of the sweep over H, as {@link VbSums} lays them out, for n rows
     * @param wSums of the sweep over W
     * @param squaredError E‖V − H·Wᵀ‖² for n rows, in units of the scaled data
     * @return −ELBO per sample after it: −E ln p(v | H, W) and the KL of both factors
     */
    public Objective update(double rows, double[] hSums, double[] wSums, double squaredError) {
        return update(rows, rows * features, hSums, wSums, squaredError);
    }

    /**
     * The same where entries are missing.
     *
     * @param entries how many are observed, over which the squared error is
     */
    public Objective update(double rows, double entries, double[] hSums, double[] wSums, double squaredError) {
        double kl = hSums[3 * mean.length] + wSums[3 * mean.length];
        if (!configuration.penalties().isNone()) {
            kl += updatePenalised(rows, entries, hSums, wSums, squaredError);
        } else {
            if (configuration.learnsSigma()) {
                squaredSigma = Math.max(LEAST_VARIANCE, squaredError / entries);
            }
            double ofRows = covariates == null
                    ? updateMeans(coefficientMean, hSums)
                    : covariates.change() + covariates.penalty();
            kl += ofRows + updateMeans(mean, wSums);
        }
        if (zeros) {
            kl += updateInclusion(coefficientInclusion, hSums, rows, 0);
            kl += updateInclusion(inclusion, wSums, features, fixed);
        }
        updates++;
        zeros |= configuration.zeros() == Zeros.LEARN && updates >= UPDATES_WITHOUT_ZEROS;
        double reconstruction = squaredError / (2 * squaredSigma) + entries / 2 * Math.log(2 * Math.PI * squaredSigma);
        return new Objective(reconstruction / rows, kl / rows);
    }

    /**
     * The best prior means of H for its posteriors.
     *
     * @return the KL of H under them, without inclusion
     */
    public double updateCoefficientMeans(double[] hSums) {
        return hSums[3 * mean.length] + updateMeans(coefficientMean, hSums);
    }

    /**
     * The best prior means of W for its posteriors.
     *
     * @return the KL of W under them, without inclusion
     */
    public double updateMeans(double[] wSums) {
        return wSums[3 * mean.length] + updateMeans(mean, wSums);
    }

    /**
     * @return what it changes in the KL
     */
    private double updateMeans(double[] means, double[] sums) {
        double change = 0;
        for (int j = 0; j < means.length; j++) {
            double included = sums[means.length + j];
            double total = sums[2 * means.length + j];
            change += setMean(means, sums, j, included > 0 ? Math.max(LEAST_MEAN, total / included) : means[j]);
        }
        return change;
    }

    /**
     * @return what it changes in the KL
     */
    private static double setMean(double[] means, double[] sums, int j, double value) {
        double included = sums[means.length + j];
        double total = sums[2 * means.length + j];
        double before = means[j];
        means[j] = value;
        return included * Math.log(value / before) + total * (1 / value - 1 / before);
    }

    /**
     * The best σ², and then the best scale of each component, where penalties say what the prior means of both factors come
     * to: σ²/(m·l1) and σ²/(n·l1). As the scale of a component is where it happens to be, that is their product, P = σ⁴/κ.
     *
     * <p>With S the squared error, N entries, and I and T the sums of inclusion and means, what depends on x = σ² is
     * S/2x + N/2·ln x + 2·ΣI_W·ln x + κ·Σ λ_H·T_W/x², and on λ = λ_H of a component (I_H − I_W)·ln λ + T_H/λ + λ·T_W/P.
     *
     * @return what it changes in the KL
     */
    private double updatePenalised(double rows, double entries, double[] hSums, double[] wSums, double squaredError) {
        int r = mean.length;
        Penalties penalties = configuration.penalties();
        double kappa = rows
                * penalties.basis().l1()
                * features
                * penalties.coefficients().l1();
        if (configuration.learnsSigma()) {
            double slabs = entries / 2;
            double weights = 0;
            for (int j = 0; j < r; j++) {
                slabs += 2 * wSums[r + j];
                weights += kappa * coefficientMean[j] * wSums[2 * r + j];
            }
            double half = squaredError / 4;
            squaredSigma = Math.max(LEAST_VARIANCE, (half + Math.sqrt(half * half + 2 * slabs * weights)) / slabs);
        }
        double product = squaredSigma * squaredSigma / kappa;
        double change = 0;
        for (int j = 0; j < r; j++) {
            double slope = wSums[2 * r + j] / product;
            double difference = hSums[r + j] - wSums[r + j];
            double total = hSums[2 * r + j];
            double root = Math.sqrt(difference * difference + 4 * slope * total);
            double best = difference > 0 ? 2 * total / (difference + root) : (root - difference) / (2 * slope);
            double usual = Math.sqrt(product);
            double scale = best > 0 ? Math.min(Math.max(best, LEAST_MEAN * usual), usual / LEAST_MEAN) : usual;
            change += setMean(coefficientMean, hSums, j, scale);
            change += setMean(mean, wSums, j, product / scale);
        }
        return change;
    }

    /**
     * @param first the first component that has a prior
     * @return what it changes in the KL
     */
    private static double updateInclusion(double[] shares, double[] sums, double count, int first) {
        double change = 0;
        for (int j = first; j < shares.length; j++) {
            double included = sums[shares.length + j];
            double least = 1.0 / count;
            double best = Math.min(Math.max(included / count, least), Math.max(1 - least, 0.5));
            change +=
                    included * Math.log(shares[j] / best) + (count - included) * Math.log((1 - shares[j]) / (1 - best));
            shares[j] = best;
        }
        return change;
    }
}
