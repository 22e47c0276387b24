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
 * @param penalties L1 of both factors, as the scale of their priors; or {@link Penalties#NONE}, and it is learned. With
 *     precision 1/σ², ½‖V − H·Wᵀ‖² + m·l1·ΣH + n·l1·ΣW is −ln of the likelihood and of exponential priors with means
 *     σ²/(m·l1) and σ²/(n·l1), that of each factor
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
        long seed,
        Penalties penalties) {

    /** The least σ: below it ‖V − V̂‖² is nothing but the rounding of float32. */
    public static final double SIGMA_MIN = 1e-3;

    /**
     * @throws SettingException that names the parameter, its value and its range
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
        Setting.L2.require(
                Math.max(penalties.coefficients().l2(), penalties.basis().l2()),
                penalties.coefficients().l2() == 0 && penalties.basis().l2() == 0,
                "0 for vb, whose priors are exponential");
        Setting.L1.require(
                penalties.coefficients().l1() + " and " + penalties.basis().l1(),
                !penalties.isOneSided(),
                "above 0 of both factors for vb, or of neither: the other's prior would make up for it");
        if (likelihood == Likelihood.POISSON) {
            Setting.L1.requireEffect(penalties.isNone(), "with a Poisson likelihood");
            Setting.ZEROS.require(zeros, zeros == Zeros.OFF, "off with a Poisson likelihood: no count comes from 0");
            Setting.BATCH_ROWS.require(batchRows, batchRows == 0, "0, all rows, with a Poisson likelihood");
            Setting.SIGMA.require(sigma, sigma == 0, "left out with a Poisson likelihood, which has none");
        }
    }

    /** Without penalties. */
    public VbConfiguration(
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
        this(
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
                missing,
                seed,
                Penalties.NONE);
    }

    /** Whether counts are fitted, by a Poisson likelihood. */
    public boolean isPoisson() {
        return likelihood == Likelihood.POISSON;
    }

    /** Whether σ is learned. */
    public boolean learnsSigma() {
        return sigma == 0;
    }

    /** The same except for what is taken for missing. */
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
                seed,
                penalties);
    }

    /** The same except for its length, start, intervals and seed. */
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
                newSeed,
                penalties);
    }
}
