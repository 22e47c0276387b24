package io.github.paenmf.backend;

import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.util.Arrays;

/**
 * The few numbers of variational NMF beside its factors, and their update: σ², the priors of both factors, and whether
 * coefficients may be 0 yet. A coefficient is 0 with probability 1 − π of its component, else exponential with the
 * component's mean, which is 1 for H.
 */
public final class VbPriors {

    /** Updates before coefficients may be 0: at first, means say little of what is 0. */
    private static final int UPDATES_WITHOUT_ZEROS = 20;

    /** Of the prior means of W. */
    public static final double LEAST_MEAN = 1e-8;
    /** Of σ². */
    public static final double LEAST_VARIANCE = VbConfiguration.SIGMA_MIN * VbConfiguration.SIGMA_MIN;

    private final VbConfiguration configuration;
    private final int features;
    private final double[] coefficientMean;
    private final double[] coefficientInclusion;
    private final double[] mean;
    private final double[] inclusion;
    private double squaredSigma;
    private boolean zeros;
    private int updates;

    /**
     * @param features m
     */
    public VbPriors(VbConfiguration configuration, int features) {
        int r = configuration.rank();
        this.configuration = configuration;
        this.features = features;
        this.coefficientMean = new double[r];
        Arrays.fill(coefficientMean, 1);
        this.coefficientInclusion = new double[r];
        this.mean = new double[r];
        this.inclusion = new double[r];
    }

    /** How many updates go before coefficients may be 0; −1 if they never may. */
    public static int updatesWithoutZeros(VbConfiguration configuration) {
        return configuration.zeros() == Zeros.LEARN ? UPDATES_WITHOUT_ZEROS : -1;
    }

    /** Takes over what parameters say of it; updates are counted afresh. */
    public void set(VbParameters parameters) {
        System.arraycopy(parameters.coefficientInclusion(), 0, coefficientInclusion, 0, mean.length);
        System.arraycopy(parameters.priorMean(), 0, mean, 0, mean.length);
        System.arraycopy(parameters.priorInclusion(), 0, inclusion, 0, mean.length);
        squaredSigma = configuration.learnsSigma()
                ? Math.max(LEAST_VARIANCE, parameters.squaredSigma())
                : configuration.sigma() * configuration.sigma();
        zeros = parameters.zeros() && configuration.zeros() == Zeros.LEARN;
        updates = 0;
    }

    public void read(VbParameters target) {
        System.arraycopy(coefficientInclusion, 0, target.coefficientInclusion(), 0, mean.length);
        System.arraycopy(mean, 0, target.priorMean(), 0, mean.length);
        System.arraycopy(inclusion, 0, target.priorInclusion(), 0, mean.length);
        target.setSquaredSigma(squaredSigma);
        target.setZeros(zeros);
    }

    /** Overwrites these with others of the same fit. */
    public void copy(VbPriors other) {
        System.arraycopy(other.coefficientInclusion, 0, coefficientInclusion, 0, mean.length);
        System.arraycopy(other.mean, 0, mean, 0, mean.length);
        System.arraycopy(other.inclusion, 0, inclusion, 0, mean.length);
        squaredSigma = other.squaredSigma;
        zeros = other.zeros;
        updates = other.updates;
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

    /** Prior means of H, r: all 1. */
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
     * @param rows n of all the data
     * @param hSums of the sweep over H, as {@link VbSums} lays them out, for n rows
     * @param wSums of the sweep over W
     * @param squaredError E‖V − H·Wᵀ‖² for n rows, in units of the scaled data
     * @return −ELBO per sample after it: −E ln p(v | H, W) and the KL of both factors
     */
    public Objective update(int rows, double[] hSums, double[] wSums, double squaredError) {
        double entries = (double) rows * features;
        if (configuration.learnsSigma()) {
            squaredSigma = Math.max(LEAST_VARIANCE, squaredError / entries);
        }
        double kl = hSums[3 * mean.length] + wSums[3 * mean.length];
        for (int j = 0; j < mean.length; j++) {
            double included = wSums[mean.length + j];
            double total = wSums[2 * mean.length + j];
            double best = included > 0 ? Math.max(LEAST_MEAN, total / included) : mean[j];
            kl += included * Math.log(best / mean[j]) + total * (1 / best - 1 / mean[j]);
            mean[j] = best;
        }
        if (zeros) {
            kl += updateInclusion(coefficientInclusion, hSums, rows) + updateInclusion(inclusion, wSums, features);
        }
        updates++;
        zeros |= configuration.zeros() == Zeros.LEARN && updates >= UPDATES_WITHOUT_ZEROS;
        double reconstruction = squaredError / (2 * squaredSigma) + entries / 2 * Math.log(2 * Math.PI * squaredSigma);
        return new Objective(reconstruction / rows, kl / rows);
    }

    /**
     * @return what it changes in the KL
     */
    private double updateInclusion(double[] shares, double[] sums, int count) {
        double change = 0;
        for (int j = 0; j < shares.length; j++) {
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
