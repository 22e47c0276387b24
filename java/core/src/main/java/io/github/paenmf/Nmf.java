package io.github.paenmf;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Normalisation;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.Replication;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.NmfFits;
import io.github.paenmf.train.NmfTrainer;
import io.github.paenmf.train.NormalisedFactors;
import io.github.paenmf.train.Replicator;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/**
 * Standard non-negative matrix factorisation, V ≈ H·basisᵀ with H, basis ≥ 0 and least ‖V − H·basisᵀ‖², or
 * Kullback-Leibler or other β divergence: what PAE-NMF is compared with, and can start from. All but that of Kullback and
 * Leibler may have {@link Penalties} beside it.
 *
 * <pre>{@code
 * NmfModel model = Nmf.builder().rank(16).algorithm(NmfAlgorithm.HALS).build().fit(data);
 * Matrix h = model.transform(data);
 * }</pre>
 *
 * <p>Immutable and thread-safe. Equal settings, data and seed give the same bits, whatever the number of threads.
 */
public final class Nmf {

    private final NmfConfiguration configuration;
    /** Or null. */
    private final GivenFactors given;

    private final Scaling scaling;
    private final Execution execution;
    private final FitListener listener;
    /** Or null. */
    private final CheckpointStore checkpoints;

    private final Replication replication;

    private Nmf(
            NmfConfiguration configuration,
            GivenFactors given,
            Scaling scaling,
            Execution execution,
            FitListener listener,
            CheckpointStore checkpoints,
            Replication replication) {
        this.configuration = configuration;
        this.replication = replication;
        this.given = given;
        this.scaling = scaling;
        this.execution = execution;
        this.listener = listener;
        this.checkpoints = checkpoints;
    }

    /** Starts from the defaults: rank 10, 1000 epochs of HALS from NNDSVD. */
    public static Builder builder() {
        return new Builder();
    }

    /** What was set, defaults included. */
    public NmfConfiguration configuration() {
        return configuration;
    }

    /**
     * Fits a model.
     *
     * @param data n × m, one sample per row, finite and ≥ 0; not written to
     * @throws DataException if the data cannot be factorised
     * @throws CancellationException if the thread is {@linkplain Thread#interrupt interrupted}: the fit ends within an
     *     epoch, nothing of it is kept, and the thread stays interrupted
     */
    public NmfModel fit(RowSource data) {
        return fit(data, Weights.NONE);
    }

    /**
     * Fits a model to data whose rows and features count with weights: least Σ a_i b_f (v_if − v̂_if)². The history is of
     * the mean over rows by their weights, and what the model computes of rows counts features by theirs.
     *
     * @param data as for {@link #fit(RowSource)}
     * @throws DataException if the data cannot be factorised, or there are not as many weights as rows or features
     * @throws SettingException if there are weights for another divergence than the squared error
     */
    public NmfModel fit(RowSource data, Weights weights) {
        EstimatorBuilder.requireWithoutCovariates(data, "with standard NMF");
        boolean isKl = configuration.algorithm() == NmfAlgorithm.KL;
        Setting.WEIGHTS.requireEffect(weights.isNone() || !isKl, "with the Kullback-Leibler divergence");
        Setting.WEIGHTS.requireEffect(
                weights.isNone() || !configuration.hasOtherBeta(), "with " + configuration.divergence());
        EstimatorBuilder.requireDrawable(replication, weights);
        EstimatorBuilder.requireReplicable(replication, data);
        Setting.BATCH_ROWS.require(
                configuration.batchRows(),
                weights.isNone() || configuration.batchRows() == 0,
                "0, all rows in a step, with weights");
        Setting.INIT.require(
                configuration.init(),
                given != null || configuration.init() != NmfInit.GIVEN,
                "another without an initial basis");
        FittedScaling fitted = scaling.fit(data);
        GivenFactors arranged = given == null ? null : given.arranged(data, configuration.rank());
        GivenFactors start = arranged == null ? null : arranged.divided(fitted::featureScale);
        Replicator.Outcome<NmfTrainer.Result> outcome = new Replicator<>(
                        new NmfFits(configuration, start, weights, checkpoints),
                        replication,
                        configuration.rank(),
                        execution,
                        listener)
                .run(isKl ? fitted.expose(data) : fitted.apply(data), configuration.seed());
        NmfTrainer.Result result = outcome.fit();
        fitted = fitted.withFeatureWeights(weights);
        Matrix h = result.h();
        FittedNmf model = result.model()
                .withScaling(fitted)
                .withReplicates(outcome.replicates().inUnitsOf(result.model().dataScale()));
        if (configuration.normalisation() != Normalisation.NONE) {
            NormalisedFactors factors = NormalisedFactors.ofFit(model, h, weights);
            model = factors.model();
            h = factors.h();
        }
        return new NmfModel(
                arranged != null && arranged.fixed() ? model.withFixedBasis(arranged.basis()) : model,
                execution,
                result.backend(),
                named(h, data));
    }

    private Matrix named(Matrix h, RowSource data) {
        return h.withNames(data.rowNames(), Latent.componentNames(configuration.rank()));
    }

    /**
     * Goes on fitting a model with rows of the same features, by this estimator's settings, on the CPU; the model itself
     * does not change. What it was made of counts beside the rows, times the {@link Builder#forgetFactor}: with 1 as if
     * all rows had been fitted together, except that coefficients of the earlier ones stay as they were. The history is of the
     * rows, each epoch's with the basis before it.
     *
     * @param data n × m, finite and ≥ 0; not written to
     * @throws DataException if the data cannot be factorised or have other features, values are missing, or the model does
     *     not know what it was made of, as where values were missing or features had weights
     * @throws SettingException if rank, algorithm or divergence are not the model's, or a scaling was set that is not
     * @throws CancellationException as {@link #fit} does
     */
    public NmfModel update(NmfModel model, RowSource data) {
        EstimatorBuilder.requireWithoutCovariates(data, "with standard NMF");
        NmfConfiguration c = model.configuration();
        Setting.RANK.require(configuration.rank(), configuration.rank() == c.rank(), "the model's, " + c.rank());
        Setting.ALGORITHM.require(
                configuration.algorithm(), configuration.algorithm() == c.algorithm(), "the model's, " + c.algorithm());
        Setting.BETA.require(configuration.beta(), configuration.beta() == c.beta(), "the model's, " + c.beta());
        Setting.NORMALISE.require(
                configuration.normalisation(),
                configuration.normalisation() == c.normalisation(),
                "the model's, " + c.normalisation().name().toLowerCase(Locale.ROOT));
        FittedScaling fitted = EstimatorBuilder.ofModel(model, scaling);
        RowSource ordered = model.inFeatureOrder(data);
        boolean normalises = configuration.normalisation() != Normalisation.NONE;
        FittedNmf before = normalises ? NormalisedFactors.balanced(model.fitted()) : model.fitted();
        NmfTrainer.Result result = new NmfTrainer(configuration, execution, listener)
                .withCheckpoints(checkpoints)
                .update(before, model.isOfCounts() ? fitted.expose(ordered) : fitted.apply(ordered));
        FittedNmf updated = result.model().withScaling(fitted);
        Matrix h = result.h();
        if (normalises) {
            NormalisedFactors factors = NormalisedFactors.ofUpdate(updated, h, model.fitted());
            updated = factors.model();
            h = factors.h();
        }
        return new NmfModel(updated, execution, result.backend(), named(h, data));
    }

    /**
     * {@link #fit(RowSource)} and then {@link NmfModel#transform} of the same data.
     *
     * @return H, n × r
     * @throws DataException as they do
     */
    public Matrix fitTransform(RowSource data) {
        return fit(data).transform(data);
    }

    /** Collects settings; {@link #build()} checks them. Ranges are those of {@link NmfConfiguration}. */
    public static final class Builder extends EstimatorBuilder<Builder> {

        private NmfAlgorithm algorithm = NmfAlgorithm.HALS;
        /** Null unless set. */
        private NmfInit init;

        private Matrix initialBasis;
        private Matrix initialCoefficients;
        private boolean fixedBasis;
        private Penalty coefficientPenalty = Penalty.NONE;
        private Penalty basisPenalty = Penalty.NONE;
        /** NaN for that of the algorithm. */
        private double beta = Double.NaN;

        private int batchRows;
        private double forgetFactor = NmfConfiguration.USUAL_FORGET_FACTOR;
        /** Whether it was set by itself, rather than with all of a configuration. */
        private boolean forgetFactorSet;

        private Normalisation normalisation = Normalisation.NONE;

        /** Whether a model's configuration was taken over, to go on from it. */
        private boolean goesOn;

        private Builder() {
            super(1000, 50);
        }

        @Override
        Builder self() {
            return this;
        }

        /** How the factors change; HALS unless set. */
        public Builder algorithm(NmfAlgorithm value) {
            algorithm = value;
            return this;
        }

        /**
         * Where the factors start; {@link NmfInit#NNDSVD}, or {@link NmfInit#GIVEN} with a basis, or {@link NmfInit#RANDOM} with
         * {@link #restarts}, unless set.
         */
        public Builder init(NmfInit value) {
            init = value;
            return this;
        }

        /**
         * Starts from a basis, as {@link FactorisationModel#basis()} gives one. Coefficients start as those that explain the
         * data best by it, components that it lacks at random. What is 0 stays 0 with multiplicative updates; the model then
         * has a warning.
         *
         * @param basis m × at most rank, finite and ≥ 0, in units of the data, or of ln(1 + x) where the {@link #scaling} takes
         *     that; rows go by name where they and the columns of the data have names; copied
         */
        public Builder initialBasis(Matrix basis) {
            initialBasis = basis.copy();
            return this;
        }

        /**
         * Starts from coefficients too, as {@link NmfModel#trainingCoefficients()} gives them; without an {@link
         * #initialBasis} they have no effect, since the first update makes coefficients of the basis.
         *
         * @param coefficients n × rank, finite and ≥ 0; rows go by name where they and those of the data have names; copied
         */
        public Builder initialCoefficients(Matrix coefficients) {
            initialCoefficients = coefficients.copy();
            return this;
        }

        /**
         * Whether the components of the {@link #initialBasis} keep their weights to the bit, as those of a catalogue; they do
         * not unless set. Their coefficients, and all of components beyond them, are learned.
         */
        public Builder fixBasis(boolean value) {
            fixedBasis = value;
            return this;
        }

        /**
         * Penalty of the coefficients H, in training and of new rows; none unless set. A penalty of one factor alone does little,
         * since the other grows instead, and the model has a warning. {@link Penalties} has the objective and its units.
         */
        public Builder coefficientPenalty(Penalty value) {
            coefficientPenalty = value;
            return this;
        }

        /** Penalty of the basis W, likewise. */
        public Builder basisPenalty(Penalty value) {
            basisPenalty = value;
            return this;
        }

        /**
         * Which β divergence is least, Σ (v^β + (β − 1)v̂^β − βv·v̂^(β−1))/(β(β − 1)) of the data divided by their root mean
         * square, in [−1, 3]; that of the algorithm unless set. 2 is half the squared error; 1, the Kullback-Leibler
         * divergence, makes {@link NmfAlgorithm#MU} the same as {@link NmfAlgorithm#KL}; 0 is that of Itakura and Saito,
         * for data that vary by factors, such as power spectra. The least is {@link NmfAlgorithm#MU}'s alone to find where
         * it is another than 2 and 1, on the CPU and without weights. Zeros are data like others: they count for v̂^β/β, and
         * where β is at most 0 there must be none.
         */
        public Builder beta(double value) {
            beta = value;
            return this;
        }

        /**
         * Rows of a mini-batch; 0, all rows in each step, unless set. The basis then goes by means over batches, of which
         * earlier ones are forgotten by the {@link #forgetFactor} (Mairal, Bach, Ponce and Sapiro 2010; Lefèvre, Bach and
         * Févotte 2011), and the history is of each batch with the basis before its step, averaged over the batches of an
         * epoch. On the CPU, without weights and missing values.
         */
        public Builder batchRows(int value) {
            batchRows = value;
            return this;
        }

        /**
         * How much rows count in the basis that a batch saw an epoch ago, or that a model saw before an {@link #update},
         * in [0, 1]; 0.7 unless set. It is that of scikit-learn's MiniBatchNMF: where a batch has a share p of the rows,
         * what was seen before it is multiplied by this to the power of p.
         */
        public Builder forgetFactor(double value) {
            forgetFactor = value;
            forgetFactorSet = true;
            return this;
        }

        /**
         * Brings each component of the basis to length 1 when the fit has ended, and puts them in the order of their {@link
         * NmfModel#scales}, the greatest first; they stay as the fit left them unless set. Coefficients take what the basis
         * loses, so that reconstructions are the same. Not with penalties, nor a fixed basis. An update keeps the order.
         */
        public Builder normalise(Normalisation value) {
            normalisation = Objects.requireNonNull(value, "normalisation");
            return this;
        }

        /** Takes over every setting of a configuration, as an {@link #update} of its model needs them. */
        public Builder configuration(NmfConfiguration value) {
            set(value.rank(), value.epochs(), value.tolerance(), value.patience(), value.missing(), value.seed());
            algorithm = value.algorithm();
            init = value.init();
            coefficientPenalty = value.penalties().coefficients();
            basisPenalty = value.penalties().basis();
            beta = value.beta();
            batchRows = value.batchRows();
            forgetFactor = value.forgetFactor();
            normalisation = value.normalisation();
            forgetFactorSet = false;
            goesOn = true;
            return this;
        }

        /** With β = 1 multiplicative updates are those of the Kullback-Leibler divergence. */
        private NmfAlgorithm chosen() {
            return algorithm == NmfAlgorithm.MU && beta == 1 ? NmfAlgorithm.KL : algorithm;
        }

        /**
         * Checks all settings.
         *
         * @throws SettingException that names a setting out of range, and the range, or one that has no effect
         *     on the backend that was chosen or beside the other settings
         * @throws DataException if a value of a given factor is negative or not finite
         */
        public Nmf build() {
            requireGiven();
            Replication replication = replication();
            boolean restarts = replication.restarts() > 1;
            Setting.INIT.require(
                    init,
                    !restarts || init != NmfInit.NNDSVD && init != NmfInit.NNDSVDA,
                    "random with restarts: every seed gives the same nndsvd and nndsvda");
            NmfInit withoutBasis = restarts ? NmfInit.RANDOM : NmfInit.NNDSVD;
            NmfInit usual = initialBasis == null ? withoutBasis : NmfInit.GIVEN;
            NmfConfiguration configuration = new NmfConfiguration(
                    rank,
                    chosen(),
                    init == null ? usual : init,
                    epochs,
                    tolerance,
                    patience,
                    missing(),
                    seed,
                    new Penalties(coefficientPenalty, basisPenalty),
                    Double.isNaN(beta) ? NmfConfiguration.usualBeta(chosen()) : beta,
                    batchRows,
                    forgetFactor,
                    normalisation);
            Setting.NORMALISE.require(
                    normalisation,
                    normalisation == Normalisation.NONE || !fixedBasis,
                    "none with a fixed basis, which keeps its weights");
            configuration.requireBatchable(missing() != Missing.NONE);
            Setting.FORGET_FACTOR.requireEffect(
                    !forgetFactorSet || batchRows > 0 || goesOn, "on steps that take all rows, but in an update");
            requireEffect();
            requireUnscaled(chosen() == NmfAlgorithm.KL, "the Kullback-Leibler divergence");
            GivenFactors given = initialBasis == null
                    ? null
                    : new GivenFactors(initialBasis, initialCoefficients, fixedBasis).requireRank(rank);
            requireReplicable(replication, given, rank);
            return new Nmf(configuration, given, scaling, execution, listener, checkpoints, replication);
        }

        private void requireGiven() {
            if (initialBasis == null) {
                Setting.INIT_COEFFICIENTS.requireEffect(initialCoefficients == null, "without an initial basis");
                Setting.FIX_BASIS.requireEffect(!fixedBasis, "without an initial basis");
                Setting.INIT.require(init, goesOn || init != NmfInit.GIVEN, "another without an initial basis");
            } else {
                Setting.INIT.requireEffect(init == null || init == NmfInit.GIVEN, "with an initial basis");
            }
        }
    }
}
