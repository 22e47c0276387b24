package io.github.paenmf.model;

import io.github.paenmf.data.Missing;
import java.util.List;
import java.util.Objects;

/**
 * What defines a fit besides the data: two fits with equal configurations and data give the same
 * model. Everything is in units of the data divided by its root mean square.
 *
 * @param rank r, number of components, at least 1
 * @param epochs most passes over the data, at least 1
 * @param optimiser how gradients become steps
 * @param encoderRate encoder learning rate, &gt; 0: times 1/mean‖x‖₁ for adam, σ²r/m for gd
 * @param biasRate bias learning rate, &gt; 0: as it is for adam, times σ²r/m for gd
 * @param decoderRate learning rate of Wf, &gt; 0: times mean_j(V)/r for adam, σ²/(r + 1) for gd
 * @param stepClip greatest Euclidean norm of a head's change in one gd step, &gt; 0
 * @param sigma σ, standard deviation of the reconstruction error, in [1e-4, 1e4], or 0 to learn it, which adam can with
 *     KL and samples
 * @param lambdaMin floor of λ, in [1e-6, 1]
 * @param shapeMin floor of k, in [0.1, 1]
 * @param heads activation of the encoder heads
 * @param hidden units of each hidden layer of the encoder, each in [1, 65536], at most 8 layers; none unless there is more
 *     than one product between the data and the heads. With adam, from random parameters
 * @param priorShape k₀ of the Weibull prior, in [0.05, 20] and at most 30 · shapeMin
 * @param priorScale λ₀ of the Weibull prior, in [1e-3, 1e3]
 * @param kl whether the objective contains the KL term
 * @param trainOn which latent value a step decodes; {@link TrainOn#SCALE} only where KL is off
 * @param decoderUpdate how Wf is kept non-negative
 * @param init where training starts
 * @param batchRows rows of a mini-batch, or 0 for the whole data in each step
 * @param tolerance least relative improvement of the objective that counts, ≥ 0; 0 never stops early
 * @param patience epochs without such an improvement after which training stops, at least 1
 * @param likelihood how data vary around the fit. {@link Likelihood#POISSON} is for counts in their own unit, with adam, from
 *     random parameters, without missing values; σ is 1 then, and has no effect
 * @param missing which entries are taken for missing
 * @param seed seed of all random numbers
 */
public record PaeConfiguration(
        int rank,
        int epochs,
        Optimiser optimiser,
        double encoderRate,
        double biasRate,
        double decoderRate,
        double stepClip,
        double sigma,
        double lambdaMin,
        double shapeMin,
        Heads heads,
        List<Integer> hidden,
        double priorShape,
        double priorScale,
        boolean kl,
        TrainOn trainOn,
        DecoderUpdate decoderUpdate,
        Init init,
        int batchRows,
        double tolerance,
        int patience,
        Likelihood likelihood,
        Missing missing,
        long seed) {

    /** Largest λ: beyond it h·h no longer fits the float32 sums of a step. */
    public static final float LAMBDA_MAX = 1e3f;

    /**
     * Of v̂ of a count, in the objective of a Poisson likelihood: where all weights of a feature have come to 0, the ratio
     * v/v̂ still calls them back, and its square, as adam takes it, is far within float32.
     */
    public static final float DECODED_MIN = 1e-9f;

    /** The least σ that is learned: below it ‖V − V̂‖² is nothing but the rounding of float32. */
    public static final double LEARNED_SIGMA_MIN = 1e-3;

    private static final int MAX_HIDDEN = 8;
    private static final int MAX_UNITS = 1 << 16;

    /** Γ(1 + k₀/k) and its square as Adam sees it stay finite in float32 up to about this k₀/k. */
    private static final double MAX_SHAPE_RATIO = 30;

    /**
     * @throws SettingException that names the parameter, its value and its range
     */
    public PaeConfiguration {
        Objects.requireNonNull(optimiser, "optimiser");
        Objects.requireNonNull(heads, "heads");
        hidden = List.copyOf(hidden);
        Objects.requireNonNull(trainOn, "train on");
        Objects.requireNonNull(decoderUpdate, "decoder update");
        Objects.requireNonNull(init, "init");
        Objects.requireNonNull(likelihood, "likelihood");
        Objects.requireNonNull(missing, "missing");
        Setting.RANK.require(rank, rank >= 1, "at least 1");
        Setting.EPOCHS.require(epochs, epochs >= 1, "at least 1");
        requirePositive(Setting.ENCODER_RATE, encoderRate);
        requirePositive(Setting.BIAS_RATE, biasRate);
        requirePositive(Setting.DECODER_RATE, decoderRate);
        requirePositive(Setting.STEP_CLIP, stepClip);
        Setting.SIGMA.require(sigma, sigma == 0 || sigma >= 1e-4 && sigma <= 1e4, "in [1e-4, 1e4], or 0 to learn it");
        Setting.LAMBDA_MIN.require(lambdaMin, lambdaMin >= 1e-6 && lambdaMin <= 1, "in [1e-6, 1]");
        Setting.SHAPE_MIN.require(shapeMin, shapeMin >= 0.1 && shapeMin <= 1, "in [0.1, 1]");
        Setting.PRIOR_SHAPE.require(priorShape, priorShape >= 0.05 && priorShape <= 20, "in [0.05, 20]");
        Setting.PRIOR_SHAPE.require(
                priorShape,
                priorShape <= MAX_SHAPE_RATIO * shapeMin,
                "at most " + MAX_SHAPE_RATIO + " times the shape floor, which is " + shapeMin);
        Setting.PRIOR_SCALE.require(priorScale, priorScale >= 1e-3 && priorScale <= 1e3, "in [1e-3, 1e3]");
        Setting.TRAIN_ON.require(trainOn, trainOn != TrainOn.SCALE || !kl, "a sample or the median where KL is on");
        if (sigma == 0) {
            Setting.SIGMA.require(
                    "learned", kl, "a number in [1e-4, 1e4] without KL, where it only scales the objective");
            Setting.SIGMA.require(
                    "learned",
                    trainOn == TrainOn.SAMPLE,
                    "a number in [1e-4, 1e4] where medians are decoded: it is learned from the error of samples");
            Setting.SIGMA.require(
                    "learned",
                    optimiser == Optimiser.ADAM,
                    "a number in [1e-4, 1e4] with gd, whose learning rates are made for it; or use adam");
        }
        if (!hidden.isEmpty()) {
            requireOfHidden(hidden, optimiser, init);
        }
        if (init == Init.VB) {
            Setting.INIT.require(
                    "vb", kl, "random or nmf without KL, since posteriors of vb are those of a model with it");
            Setting.INIT.require(
                    "vb",
                    priorShape == 1,
                    "random or nmf with a prior of shape " + priorShape
                            + ", since posteriors of vb are those of an exponential prior, of shape 1");
        }
        Setting.BATCH_ROWS.require(batchRows, batchRows >= 0, "at least 0, where 0 means all rows");
        Setting.TOLERANCE.require(tolerance, tolerance >= 0 && tolerance < 1, "in [0, 1)");
        Setting.PATIENCE.require(patience, patience >= 1, "at least 1");
        if (likelihood == Likelihood.POISSON) {
            requireOfCounts(optimiser, sigma, decoderUpdate, init, batchRows, missing);
        }
    }

    private static void requireOfHidden(List<Integer> hidden, Optimiser optimiser, Init init) {
        requireUnits(hidden);
        Setting.HIDDEN.require(
                hidden,
                optimiser == Optimiser.ADAM,
                "left out with gd, whose learning rates are made for an encoder without hidden layers; or use adam");
        Setting.INIT.require(
                init,
                init == Init.RANDOM,
                "random with hidden layers: other starts set heads that are linear maps of the data");
    }

    /**
     * Checks the units of hidden layers, of which there may be none.
     *
     * @throws SettingException if there are too many of either
     */
    public static void requireUnits(List<Integer> hidden) {
        Setting.HIDDEN.require(hidden, hidden.size() <= MAX_HIDDEN, "at most " + MAX_HIDDEN + " layers");
        for (int units : hidden) {
            Setting.HIDDEN.require(units, units >= 1 && units <= MAX_UNITS, "layers of 1 to " + MAX_UNITS + " units");
        }
    }

    private static void requireOfCounts(
            Optimiser optimiser, double sigma, DecoderUpdate decoderUpdate, Init init, int batchRows, Missing missing) {
        if (missing != Missing.NONE) {
            throw SettingException.noneMissing("with a Poisson likelihood");
        }
        Setting.LIKELIHOOD.require(
                "poisson",
                optimiser == Optimiser.ADAM,
                "gaussian with gd, whose learning rates are made for its σ; or use adam");
        Setting.SIGMA.require(sigma, sigma == 1, "left out with a Poisson likelihood, which has none");
        Setting.INIT.require(init, init == Init.RANDOM, "random with a Poisson likelihood");
        Setting.BATCH_ROWS.require(
                batchRows,
                batchRows == 0 || decoderUpdate == DecoderUpdate.PROJECTED,
                "0, all rows, with multiplicative updates and a Poisson likelihood: what a batch has no counts of would"
                        + " become 0 for good");
    }

    /** Whether counts are fitted, by a Poisson likelihood. */
    public boolean isPoisson() {
        return likelihood == Likelihood.POISSON;
    }

    /** Whether σ is learned. */
    public boolean learnsSigma() {
        return sigma == 0;
    }

    private static void requirePositive(Setting rate, double value) {
        rate.require(value, value > 0 && value <= 1e6, "in (0, 1e6]");
    }

    /** The same except for what is taken for missing. */
    public PaeConfiguration withMissing(Missing value) {
        return new PaeConfiguration(
                rank,
                epochs,
                optimiser,
                encoderRate,
                biasRate,
                decoderRate,
                stepClip,
                sigma,
                lambdaMin,
                shapeMin,
                heads,
                hidden,
                priorShape,
                priorScale,
                kl,
                trainOn,
                decoderUpdate,
                init,
                batchRows,
                tolerance,
                patience,
                likelihood,
                value,
                seed);
    }
}
