package io.github.paenmf.model;

import io.github.paenmf.data.Missing;
import java.util.Objects;

/**
 * What defines a fit of variational NMF besides the data: two fits with equal configurations and data give the same
 * model. Everything is in units of the data divided by its root mean square; with a Poisson likelihood, of the data.
 *
 * @param rank r, number of components, at least 1
 * @param epochs most passes over the data, at least 1
 * @param batchRows rows of a mini-batch, or 0 for the whole data in each step
 * @param zeros whether coefficients may be exactly 0
 * @param sigma σ, standard deviation of the noise, in [1e-3, 1e4], or 0 to learn it
 * @param init where W starts
 * @param tolerance least rise of the ELBO per entry that counts, in nats, in [0, 1); 0 never stops early
 * @param patience epochs without such a rise after which the fit stops, at least 1
 * @param intervals how intervals are made
 * @param noise what they take the variance of the noise for
 * @param likelihood how data vary around the fit. With {@link Likelihood#POISSON} no coefficient may be 0, a step takes all
 *     rows, and there is no σ
 * @param missing which entries are taken for missing
 * @param seed seed of all random numbers
 */
public record VbConfiguration(
        int rank,
        int epochs,
        int batchRows,
        Zeros zeros,
        double sigma,
        VbInit init,
        double tolerance,
        int patience,
        IntervalMethod intervals,
        NoiseVariance noise,
        Likelihood likelihood,
        Missing missing,
        long seed) {

    /** The least σ: below it ‖V − V̂‖² is nothing but the rounding of float32. */
    public static final double SIGMA_MIN = 1e-3;

    /**
     * @throws IllegalArgumentException that names the parameter, its value and its range
     */
    public VbConfiguration {
        Objects.requireNonNull(zeros, "zeros");
        Objects.requireNonNull(init, "init");
        Objects.requireNonNull(intervals, "intervals");
        Objects.requireNonNull(noise, "noise");
        Objects.requireNonNull(likelihood, "likelihood");
        Objects.requireNonNull(missing, "missing");
        Setting.RANK.require(rank, rank >= 1, "at least 1");
        Setting.EPOCHS.require(epochs, epochs >= 1, "at least 1");
        Setting.BATCH_ROWS.require(batchRows, batchRows >= 0, "at least 0, where 0 means all rows");
        Setting.SIGMA.require(
                sigma, sigma == 0 || sigma >= SIGMA_MIN && sigma <= 1e4, "in [1e-3, 1e4], or 0 to learn it");
        Setting.TOLERANCE.require(tolerance, tolerance >= 0 && tolerance < 1, "in [0, 1)");
        Setting.PATIENCE.require(patience, patience >= 1, "at least 1");
        if (missing != Missing.NONE) {
            Setting.BATCH_ROWS.require(
                    batchRows,
                    batchRows == 0,
                    "0, all rows, with missing values: means over batches would need a Gram matrix for each feature");
        }
        if (likelihood == Likelihood.POISSON) {
            Setting.ZEROS.require(zeros, zeros == Zeros.OFF, "off with a Poisson likelihood: no count comes from 0");
            Setting.BATCH_ROWS.require(batchRows, batchRows == 0, "0, all rows, with a Poisson likelihood");
            Setting.SIGMA.require(sigma, sigma == 0, "left out with a Poisson likelihood, which has none");
        }
    }

    /** Whether counts are fitted, by a Poisson likelihood. */
    public boolean isPoisson() {
        return likelihood == Likelihood.POISSON;
    }

    /** Whether σ is learned. */
    public boolean learnsSigma() {
        return sigma == 0;
    }

    /** The same but for what is taken for missing. */
    public VbConfiguration withMissing(Missing value) {
        return new VbConfiguration(
                rank,
                epochs,
                batchRows,
                zeros,
                sigma,
                init,
                tolerance,
                patience,
                intervals,
                noise,
                likelihood,
                value,
                seed);
    }

    /** The same but for its length, start, intervals and seed. */
    public VbConfiguration with(int newEpochs, VbInit newInit, IntervalMethod newIntervals, long newSeed) {
        return new VbConfiguration(
                rank,
                newEpochs,
                batchRows,
                zeros,
                sigma,
                newInit,
                tolerance,
                patience,
                newIntervals,
                noise,
                likelihood,
                missing,
                newSeed);
    }
}
