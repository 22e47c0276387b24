package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.Replication;
import io.github.paenmf.model.Resample;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.train.FitListener;
import java.util.Objects;

/**
 * Settings that every estimator has: how long it fits, and where and how it computes. A setter throws {@link
 * NullPointerException} for null; whether values are in range, and have an effect beside the others, is checked when the
 * estimator is built.
 *
 * @param <B> the builder of an estimator, which every setter returns
 */
public abstract class EstimatorBuilder<B extends EstimatorBuilder<B>> {

    /** Where there are rows in parts, for messages. */
    static final String IN_PARTS = "with rows in parts";

    int rank = 10;
    int epochs;
    double tolerance;
    int patience;
    long seed;
    Scaling scaling = Scaling.NONE;
    Execution execution = Execution.auto();
    FitListener listener = report -> true;
    /** Null where nothing is kept. */
    CheckpointStore checkpoints;

    private int restarts = 1;
    private Resample resample = Resample.NONE;
    private boolean consensus;
    private int bootstrap;
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

    /** Number of components r, at least 1; 10 unless set. */
    public B rank(int value) {
        rank = value;
        return self();
    }

    /** Most passes over the data, at least 1; 1000 unless set, and 200 of {@link VariationalNmf}. */
    public B epochs(int value) {
        epochs = value;
        return self();
    }

    /**
     * Stops when the objective has not improved by so much for the patience: by this share of it, or, where σ is learned,
     * by so many nats per entry of the data. In [0, 1); 0, never, unless set.
     */
    public B tolerance(double value) {
        tolerance = value;
        return self();
    }

    /**
     * Epochs to wait for an improvement by the tolerance, at least 1; 50 unless set, and 20 of {@link VariationalNmf}.
     * Without a tolerance it has no effect, and is refused.
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

    /** Sets all of where and how to compute; {@link Execution#auto()} unless set. */
    public B execution(Execution value) {
        execution = Objects.requireNonNull(value, "execution");
        return self();
    }

    /** Where to train; the fastest that works here unless set. */
    public B backend(Backends.Choice value) {
        return execution(execution.withBackend(value));
    }

    /**
     * CPU threads, in [1, 1024]; one for each processor unless set. Does not change the result.
     *
     * @throws SettingException if it is out of range
     */
    public B threads(int value) {
        return execution(execution.withThreads(value));
    }

    /**
     * Most rows in flight at once, a multiple of 256; the backend chooses unless set. Does not change the result on
     * the CPU, and on CUDA by no more than rounding.
     *
     * @throws SettingException if it is neither a multiple of 256 nor 0
     */
    public B chunkRows(int value) {
        return execution(execution.withChunkRows(value));
    }

    /** What makes the matrix products on the CPU; this library unless set. */
    public B blas(Blas value) {
        return execution(execution.withBlas(value));
    }

    /**
     * Index of the CUDA device, at least 0; 0 unless set.
     *
     * @throws SettingException if it is below 0
     */
    public B device(int value) {
        return execution(execution.withDevice(value));
    }

    /** Precision of the two large products of a step on CUDA; FP32 unless set. */
    public B precision(Precision value) {
        return execution(execution.withPrecision(value));
    }

    /** Whether CUDA replays a recorded step; it does unless set. Does not change the result. */
    public B graph(boolean value) {
        return execution(execution.withGraph(value));
    }

    /**
     * Whether on CUDA a step over small data may be taken as a whole, by blocks that each keep a slice of the features,
     * rather than stage by stage; it may unless set. Changes the order of sums, and so low-order bits.
     */
    public B cooperative(boolean value) {
        return execution(execution.withCooperative(value));
    }

    /**
     * Hears of each epoch, on the thread that fits, and may end the fit; then the model is that of the epochs so far. Nothing
     * unless set.
     */
    public B listener(FitListener value) {
        listener = Objects.requireNonNull(value, "listener");
        return self();
    }

    /**
     * Keeps the state of a fit there from time to time, or goes on from what is kept there, to the bit; nowhere unless set.
     * Not with {@link #restarts} but for one; a {@link #bootstrap} starts anew.
     *
     * @param value such as an {@link io.github.paenmf.io.CheckpointFile}
     */
    public B checkpoints(CheckpointStore value) {
        checkpoints = Objects.requireNonNull(value, "checkpoints");
        return self();
    }

    /**
     * Fits from so many seeds, at least 1, of which the first is the {@link #seed}; 1 unless set. The model is the best
     * of them by the objective, to the bit what its seed alone gives, and says how often each of its components came out
     * in the others ({@link FactorisationModel#stability}). Of standard NMF and variational NMF.
     */
    public B restarts(int value) {
        restarts = value;
        return self();
    }

    /**
     * Which rows each of the {@link #restarts} sees; all unless set. Objectives of other rows cannot be compared: the model
     * is then that of the {@link #seed} and all rows.
     */
    public B resample(Resample value) {
        resample = Objects.requireNonNull(value, "resample");
        return self();
    }

    /**
     * Whether the model is that of the consensus of the {@link #restarts}, as cNMF makes it
     * ({@link io.github.paenmf.model.Consensus}), rather than the best of them; not unless set. Standard NMF keeps that basis
     * and fits the coefficients; variational NMF, whose basis has a posterior, fits from there.
     */
    public B consensus(boolean value) {
        consensus = value;
        return self();
    }

    /**
     * So many fits that go on from the model on rows drawn anew, at least 2, tell how its parts would differ had other
     * samples been drawn ({@link FactorisationModel#bootstrapIntervals}); 0, none, unless set. Of standard NMF and
     * variational NMF.
     */
    public B bootstrap(int value) {
        bootstrap = value;
        return self();
    }

    /** What the four say. */
    final Replication replication() {
        return new Replication(restarts, resample, consensus, bootstrap);
    }

    /** Refuses fits that would all be alike, or a consensus of components that are given. */
    static void requireReplicable(Replication replication, GivenFactors given, int rank) {
        if (given == null) {
            return;
        }
        boolean vary = given.components() < rank || replication.resample() != Resample.NONE;
        Setting.RESTARTS.requireEffect(
                replication.restarts() == 1 || vary,
                "with an initial basis of all components: every seed starts from it");
        Setting.CONSENSUS.requireEffect(!replication.consensus(), "with an initial basis");
        Setting.BOOTSTRAP.requireEffect(replication.bootstrap() == 0 || !given.fixed(), "on components that are fixed");
    }

    /** Refuses what a fit to rows in parts cannot do, of any algorithm. */
    static void requirePartable(int batchRows, Missing missing, Scaling scaling, CheckpointStore checkpoints) {
        Setting.BATCH_ROWS.require(batchRows, batchRows == 0, "0 " + IN_PARTS);
        Setting.MISSING.requireEffect(missing == Missing.NONE, IN_PARTS);
        Setting.SCALING.requireEffect(scaling.equals(Scaling.NONE), IN_PARTS);
        Setting.CHECKPOINT.requireEffect(checkpoints == null, IN_PARTS);
    }

    /** Refuses fits beside each other, and on rows that are drawn anew, of data that are not all in memory. */
    static void requireReplicable(Replication replication, RowSource data) {
        boolean inMemory = data.paging() == null;
        Setting.RESTARTS.require(
                replication.restarts(), inMemory || replication.restarts() == 1, "1 with data on the disk");
        Setting.BOOTSTRAP.requireEffect(inMemory || replication.bootstrap() == 0, "with data on the disk");
    }

    /** Refuses covariates where no prior takes them into account. */
    static void requireWithoutCovariates(RowSource data, String where) {
        Setting.COVARIATES.requireEffect(data.covariates() == null, where);
    }

    /** Refuses weights of rows where rows are drawn anew, and in a bootstrap those of features, too. */
    static void requireDrawable(Replication replication, Weights weights) {
        Setting.RESAMPLE.requireEffect(replication.resample() == Resample.NONE || weights.isNone(), "with weights");
        Setting.BOOTSTRAP.requireEffect(replication.bootstrap() == 0 || weights.isNone(), "with weights");
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

    /** Refuses to scale counts, except for size factors of rows. */
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
     * @throws DataException if the model was fitted with weights of features
     */
    static FittedScaling ofModel(FactorisationModel model, Scaling set) {
        FittedScaling scaling = model.scaling();
        if (scaling.featureWeights().hasFeatures()) {
            throw new DataException(
                    "a model that was fitted with weights of features does not go on training; fit a new one");
        }
        Setting.SCALING.require(
                set, set.isNone() || set.equals(scaling.scaling()), "the model's, " + scaling.scaling());
        return scaling;
    }

    /** Refuses what was set and has no effect, here or on the backend that was chosen. */
    void requireEffect() {
        Setting.PATIENCE.requireEffect(!patienceSet || tolerance > 0, "without a tolerance above 0");
        Setting.CHECKPOINT.requireEffect(checkpoints == null || restarts == 1, "with restarts");
        execution.requireEffect();
    }
}
