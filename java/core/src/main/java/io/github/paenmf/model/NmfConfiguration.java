package io.github.paenmf.model;

import io.github.paenmf.data.Missing;
import java.util.Objects;

/**
 * What defines a fit of standard NMF besides the data: two fits with equal configurations and data
 * give the same model.
 *
 * @param rank r, number of components, at least 1
 * @param algorithm how the factors change
 * @param init where they start
 * @param epochs most updates of both factors, at least 1
 * @param tolerance least relative improvement of the objective that counts, in [0, 1); 0 never
 *     stops early
 * @param patience epochs without such an improvement after which training stops, at least 1
 * @param missing which entries are taken for missing
 * @param seed seed of all random numbers
 * @param penalties of both factors; none with the Kullback-Leibler divergence
 * @param beta which β divergence is least: 2, half the squared error; 1 with {@link NmfAlgorithm#KL}, and with it alone;
 *     with {@link NmfAlgorithm#MU} others in [−1, 3], 0 of which is that of Itakura and Saito
 * @param batchRows rows of a mini-batch, at least 0; 0, and as many as there are or more, for the whole data in each step
 * @param forgetFactor how much rows count that were seen an epoch ago, or before an update of the model, beside those of
 *     now, in [0, 1]
 * @param normalisation of the basis when the fit has ended; not with penalties, which would be others
 */
public record NmfConfiguration(
        int rank,
        NmfAlgorithm algorithm,
        NmfInit init,
        int epochs,
        double tolerance,
        int patience,
        Missing missing,
        long seed,
        Penalties penalties,
        double beta,
        int batchRows,
        double forgetFactor,
        Normalisation normalisation) {

    /** That of scikit-learn's MiniBatchNMF. */
    public static final double USUAL_FORGET_FACTOR = 0.7;

    /** Of half the squared error. */
    public static final double SQUARED_ERROR = 2;

    private static final double KULLBACK_LEIBLER = 1;
    private static final double MIN_BETA = -1;
    private static final double MAX_BETA = 3;

    /**
     * @throws SettingException that names the parameter, its value and its range
     */
    public NmfConfiguration {
        Objects.requireNonNull(algorithm, "algorithm");
        Objects.requireNonNull(init, "init");
        Objects.requireNonNull(missing, "missing");
        Objects.requireNonNull(penalties, "penalties");
        Setting.RANK.require(rank, rank >= 1, "at least 1");
        Setting.EPOCHS.require(epochs, epochs >= 1, "at least 1");
        Setting.TOLERANCE.require(tolerance, tolerance >= 0 && tolerance < 1, "in [0, 1)");
        Setting.PATIENCE.require(patience, patience >= 1, "at least 1");
        Setting.BATCH_ROWS.require(batchRows, batchRows >= 0, "at least 0, where 0 means all rows");
        Objects.requireNonNull(normalisation, "normalisation");
        Setting.NORMALISE.require(
                normalisation,
                normalisation == Normalisation.NONE || penalties.isNone(),
                "none with penalties, which depend on the length of components");
        Setting.FORGET_FACTOR.require(forgetFactor, forgetFactor >= 0 && forgetFactor <= 1, "in [0, 1]");
        Setting.PENALTY.requireEffect(
                penalties.isNone() || algorithm != NmfAlgorithm.KL, "with the Kullback-Leibler divergence");
        Setting.BETA.require(beta, beta >= MIN_BETA && beta <= MAX_BETA, "in [-1, 3]");
        switch (algorithm) {
            case HALS ->
                Setting.BETA.require(beta, beta == SQUARED_ERROR, "2 with HALS; multiplicative updates take others");
            case KL -> Setting.BETA.require(beta, beta == KULLBACK_LEIBLER, "1 with the Kullback-Leibler divergence");
            case MU ->
                Setting.BETA.require(
                        beta,
                        beta != KULLBACK_LEIBLER,
                        "other than 1, which is the algorithm of the Kullback-Leibler divergence");
        }
    }

    /** Of steps that take all rows. */
    public NmfConfiguration(
            int rank,
            NmfAlgorithm algorithm,
            NmfInit init,
            int epochs,
            double tolerance,
            int patience,
            Missing missing,
            long seed,
            Penalties penalties,
            double beta) {
        this(
                rank,
                algorithm,
                init,
                epochs,
                tolerance,
                patience,
                missing,
                seed,
                penalties,
                beta,
                0,
                USUAL_FORGET_FACTOR,
                Normalisation.NONE);
    }

    /** Of the divergence that the algorithm has unless another is asked for. */
    public NmfConfiguration(
            int rank,
            NmfAlgorithm algorithm,
            NmfInit init,
            int epochs,
            double tolerance,
            int patience,
            Missing missing,
            long seed,
            Penalties penalties) {
        this(rank, algorithm, init, epochs, tolerance, patience, missing, seed, penalties, usualBeta(algorithm));
    }

    /** Without penalties. */
    public NmfConfiguration(
            int rank,
            NmfAlgorithm algorithm,
            NmfInit init,
            int epochs,
            double tolerance,
            int patience,
            Missing missing,
            long seed) {
        this(rank, algorithm, init, epochs, tolerance, patience, missing, seed, Penalties.NONE);
    }

    /**
     * @param incomplete whether entries of the data may be missing
     * @throws SettingException if there are mini-batches of data that may be incomplete
     */
    public void requireBatchable(boolean incomplete) {
        Setting.BATCH_ROWS.require(
                batchRows,
                batchRows == 0 || !incomplete,
                "0, all rows, with missing values: means over batches would need a Gram matrix for each feature");
    }

    /** β of an algorithm unless another is asked for: 1 of the Kullback-Leibler divergence, else 2. */
    public static double usualBeta(NmfAlgorithm algorithm) {
        return algorithm == NmfAlgorithm.KL ? KULLBACK_LEIBLER : SQUARED_ERROR;
    }

    /**
     * γ of a multiplicative update by a β divergence (Févotte and Idier 2011): with it what is minimised in place of the
     * objective, and touches it where the update starts, is least.
     *
     * @param squared whether the factor has a penalty of its squares: where β is below 2 it bends more than the divergence
     */
    public static float exponent(float beta, boolean squared) {
        if (beta > 2) {
            return 1 / (beta - 1);
        }
        if (squared) {
            return 1 / (3 - beta);
        }
        return beta < 1 ? 1 / (2 - beta) : 1;
    }

    /** Whether another β divergence is asked for than the algorithm has of itself. */
    public boolean hasOtherBeta() {
        return beta != usualBeta(algorithm);
    }

    /** What is least, for messages. */
    public String divergence() {
        return beta == 0 ? "the divergence of Itakura and Saito (beta 0)" : "the divergence of beta " + (float) beta;
    }

    /** The same except for what is taken for missing. */
    public NmfConfiguration withMissing(Missing value) {
        return new NmfConfiguration(
                rank,
                algorithm,
                init,
                epochs,
                tolerance,
                patience,
                value,
                seed,
                penalties,
                beta,
                batchRows,
                forgetFactor,
                normalisation);
    }

    /** The same except for its length, start and seed. */
    public NmfConfiguration with(int newEpochs, NmfInit newInit, long newSeed) {
        return new NmfConfiguration(
                rank,
                algorithm,
                newInit,
                newEpochs,
                tolerance,
                patience,
                missing,
                newSeed,
                penalties,
                beta,
                batchRows,
                forgetFactor,
                normalisation);
    }
}
