package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.train.FitListener;
import java.util.Objects;

/**
 * Settings that every estimator has: how long it fits, and where and how it computes.
 *
 * @param <B> the builder of an estimator, which every setter returns
 */
public abstract class EstimatorBuilder<B extends EstimatorBuilder<B>> {

    int rank = 10;
    int epochs;
    double tolerance;
    int patience;
    long seed;
    Scaling scaling = Scaling.NONE;
    Execution execution = Execution.auto();
    FitListener listener = report -> true;
    private boolean nanMissing;
    private boolean zerosMissing;
    /** Whether it was set by itself, rather than with all of a configuration; then it must have an effect. */
    private boolean patienceSet;

    /** For this package alone, whose estimators are all there are. */
    EstimatorBuilder(int epochs, int patience) {
        this.epochs = epochs;
        this.patience = patience;
    }

    abstract B self();

    /** Number of components r; 10 unless set. */
    public B rank(int value) {
        rank = value;
        return self();
    }

    /** Most passes over the data; 1000 unless set, and 200 of {@link VariationalNmf}. */
    public B epochs(int value) {
        epochs = value;
        return self();
    }

    /**
     * Stops when the objective has not improved by so much for the patience: by this share of it, or, where σ is learned,
     * by so many nats per entry of the data; 0, never, unless set.
     */
    public B tolerance(double value) {
        tolerance = value;
        return self();
    }

    /**
     * Epochs to wait for an improvement by the tolerance, without which it has no effect; 50 unless set, and 20 of
     * {@link VariationalNmf}.
     */
    public B patience(int value) {
        patience = value;
        patienceSet = true;
        return self();
    }

    /** Seed of all random numbers; 0 unless set. */
    public B seed(long value) {
        seed = value;
        return self();
    }

    /**
     * How the data are scaled before a fit; they stay as they are unless set. The model scales new data likewise, and its
     * basis and reconstructions are in the units of the data; errors, objective and σ are of the scaled data. An update
     * keeps the scaling of its model. Counts (of a Poisson likelihood, the Kullback-Leibler divergence) stay as they are: size
     * factors, which alone they may have, multiply what the model expects of a row, s·W·h.
     */
    public B scaling(Scaling value) {
        scaling = Objects.requireNonNull(value, "scaling");
        return self();
    }

    /**
     * Whether values that are not a number (NaN) are missing: only the others are fitted. They are refused unless set. The
     * model remembers it for new data.
     */
    public B missing(boolean value) {
        nanMissing = value;
        return self();
    }

    /** Whether all zeros, stored or not, are missing, as in ratings, and NaN with them; not unless set. */
    public B zerosMissing(boolean value) {
        zerosMissing = value;
        return self();
    }

    /** What the two say. */
    final Missing missing() {
        return Missing.of(nanMissing, zerosMissing);
    }

    /** Takes over all of where and how to compute; {@link Execution#auto()} unless set. */
    public B execution(Execution value) {
        execution = Objects.requireNonNull(value, "execution");
        return self();
    }

    /** Where to train; the fastest that works here unless set. */
    public B backend(Backends.Choice value) {
        return execution(execution.withBackend(value));
    }

    /** CPU threads; one for each processor unless set. Does not change the result. */
    public B threads(int value) {
        return execution(execution.withThreads(value));
    }

    /**
     * Most rows in flight at once, a multiple of 256; the backend chooses unless set. Does not change the result on
     * the CPU, and on CUDA by no more than rounding.
     */
    public B chunkRows(int value) {
        return execution(execution.withChunkRows(value));
    }

    /** What makes the matrix products on the CPU; this library unless set. */
    public B blas(Blas value) {
        return execution(execution.withBlas(value));
    }

    /** Index of the CUDA device; 0 unless set. */
    public B device(int value) {
        return execution(execution.withDevice(value));
    }

    /** Of the two large products of a step on CUDA; FP32 unless set. */
    public B precision(Precision value) {
        return execution(execution.withPrecision(value));
    }

    /** Whether CUDA replays a recorded step; it does unless set. Does not change the result. */
    public B graph(boolean value) {
        return execution(execution.withGraph(value));
    }

    /** Hears of each epoch and may end the fit. */
    public B listener(FitListener value) {
        listener = Objects.requireNonNull(value, "listener");
        return self();
    }

    /** Takes over what configurations have in common. */
    void set(int newRank, int newEpochs, double newTolerance, int newPatience, Missing missing, long newSeed) {
        rank = newRank;
        epochs = newEpochs;
        tolerance = newTolerance;
        patience = newPatience;
        nanMissing = missing == Missing.NAN;
        zerosMissing = missing == Missing.ZEROS;
        seed = newSeed;
        patienceSet = false;
    }

    /** Refuses to scale counts, but for size factors of rows. */
    final void requireUnscaled(boolean counts, String what) {
        boolean sizesAlone = scaling.withSizeFactors(SizeFactors.NONE).isNone();
        Setting.SCALING.require(
                scaling, !counts || sizesAlone, "size factors or none for " + what + ": counts keep their unit");
    }

    /**
     * The scaling of the model that an update goes on from.
     *
     * @param set of the estimator that goes on
     * @throws SettingException if that is another one
     */
    static FittedScaling ofModel(FactorisationModel model, Scaling set) {
        FittedScaling scaling = model.scaling();
        Setting.SCALING.require(
                set, set.isNone() || set.equals(scaling.scaling()), "the model's, " + scaling.scaling());
        return scaling;
    }

    /** Refuses what was set and has no effect, here or on the backend that was chosen. */
    void requireEffect() {
        Setting.PATIENCE.requireEffect(!patienceSet || tolerance > 0, "without a tolerance above 0");
        execution.requireEffect();
    }
}
