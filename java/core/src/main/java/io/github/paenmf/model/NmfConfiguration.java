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
        Penalties penalties) {

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
        Setting.PENALTY.requireEffect(
                penalties.isNone() || algorithm != NmfAlgorithm.KL, "with the Kullback-Leibler divergence");
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

    /** The same but for what is taken for missing. */
    public NmfConfiguration withMissing(Missing value) {
        return new NmfConfiguration(rank, algorithm, init, epochs, tolerance, patience, value, seed, penalties);
    }
}
