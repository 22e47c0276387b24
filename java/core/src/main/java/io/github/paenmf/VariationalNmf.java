package io.github.paenmf;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Replicates;
import io.github.paenmf.model.Replication;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.PartedRows;
import io.github.paenmf.train.PartedVbTrainer;
import io.github.paenmf.train.Replicator;
import io.github.paenmf.train.VbFits;
import io.github.paenmf.train.VbTrainer;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/**
 * Variational NMF: V ≈ H·basisᵀ where each coefficient of both factors has a posterior, a Weibull distribution with a
 * point mass at 0. The model is that of PAE-NMF, inferred by coordinate ascent on a closed-form bound rather than by an
 * encoder: no sampling, no learning rates, and σ is learned.
 *
 * <pre>{@code
 * VariationalModel model = VariationalNmf.builder().rank(16).build().fit(data);
 * Latent latent = model.transform(data);
 * }</pre>
 *
 * <p>Immutable and thread-safe. Equal settings, data and seed give the same bits, whatever the number of threads.
 */
public final class VariationalNmf {

    private final VbConfiguration configuration;
    /** Or null. */
    private final GivenFactors given;

    private final Scaling scaling;
    private final Execution execution;
    private final FitListener listener;
    /** Or null. */
    private final CheckpointStore checkpoints;

    private final Replication replication;
    private final WantedEncoder encoder;

    private VariationalNmf(
            VbConfiguration configuration,
            GivenFactors given,
            Scaling scaling,
            Execution execution,
            FitListener listener,
            CheckpointStore checkpoints,
            Replication replication,
            WantedEncoder encoder) {
        this.configuration = configuration;
        this.replication = replication;
        this.encoder = encoder;
        this.given = given;
        this.scaling = scaling;
        this.execution = execution;
        this.listener = listener;
        this.checkpoints = checkpoints;
    }

    /** Starts from the defaults: rank 10, 200 epochs on all rows from a short run of NMF, σ and zeros learned. */
    public static Builder builder() {
        return new Builder();
    }

    /** What was set, defaults included. */
    public VbConfiguration configuration() {
        return configuration;
    }

    /**
     * Fits a model.
     *
     * @param data n × m, one sample per row, finite; values below 0, as noise makes them where the signal is 0, are taken
     *     as they are; not written to. With {@linkplain Covariates#attach covariates}, the prior mean of a coefficient is its
     *     row's own; on the CPU, with a Gaussian likelihood, all rows in a step, and intervals other than by the rotation. With
     *     data that are not all in memory ({@link RowSource#paging}) intervals are mean-field,
     *     a start from a short run of NMF takes 10 000 of the rows, and mini-batches are shuffled within pools
     * @throws DataException if the data cannot be factorised
     * @throws CancellationException if the thread is {@linkplain Thread#interrupt interrupted}: the fit ends within an
     *     epoch, nothing of it is kept, and the thread stays interrupted
     * @throws TrainingDivergedException if the ELBO is no longer a finite number
     */
    public VariationalModel fit(RowSource data) {
        return fit(data, Weights.NONE);
    }

    /**
     * Fits a model to data whose rows and features count with weights, as if a row of weight a stood there a times; on the
     * CPU, of all rows in a step, and with mean-field intervals. A row's own posterior does not depend on its weight, nor
     * a feature's. What the model computes of rows counts features by their weights.
     *
     * @param data as for {@link #fit(RowSource)}
     * @throws DataException if the data cannot be factorised, or there are not as many weights as rows or features
     * @throws SettingException if there are weights, and a Poisson likelihood, mini-batches or intervals by another method
     *     than {@link IntervalMethod#MEAN_FIELD} ({@link IntervalMethod#AUTO} is that)
     */
    public VariationalModel fit(RowSource data, Weights weights) {
        if (!weights.isNone()) {
            VariationalRequirements.weightable(configuration);
            encoder.requireNone(true, "with weights");
        }
        if (data.paging() != null) {
            VariationalRequirements.meanField(configuration, "with data on the disk");
        }
        Setting.INIT.require(
                configuration.init(),
                given != null || configuration.init() != VbInit.GIVEN,
                "another without an initial basis");
        FittedCovariates covariates = FittedCovariates.of(data.covariates());
        if (!covariates.isNone()) {
            Setting.COVARIATES.requireEffect(weights.isNone(), "with weights");
            VariationalRequirements.covariable(configuration, encoder);
        }
        EstimatorBuilder.requireDrawable(replication, weights);
        EstimatorBuilder.requireReplicable(replication, data);
        FittedScaling fitted = scaling.fit(data);
        GivenFactors arranged = given == null ? null : given.arranged(data, configuration.rank());
        GivenFactors scaledBasis = arranged == null ? null : arranged.divided(fitted::featureScale);
        RowSource scaledData = scaled(fitted, data);
        Replicator.Outcome<VbTrainer.Result> outcome = new Replicator<>(
                        new VbFits(configuration, scaledBasis, weights, covariates, checkpoints),
                        replication,
                        configuration.rank(),
                        execution,
                        listener)
                .run(scaledData, configuration.seed());
        Matrix fixedBasis = arranged != null && arranged.fixed() ? arranged.basis() : null;
        return wrap(
                outcome.fit(),
                scaledData,
                encoder,
                fixedBasis,
                fitted.withFeatureWeights(weights),
                outcome.replicates());
    }

    /**
     * Fits a model to rows that lie in parts elsewhere, by their sums alone. Each epoch starts the posteriors of all rows
     * afresh, which a fit of rows that are here need not; intervals are mean-field.
     *
     * @throws DataException if the data cannot be factorised
     * @throws SettingException if there are mini-batches, restarts, a bootstrap, an initial basis, a scaling, checkpoints or
     *     a rule for missing values, or intervals by another method than {@link IntervalMethod#MEAN_FIELD} ({@link IntervalMethod#AUTO}
     *     is that)
     * @throws CancellationException as {@link #fit(RowSource)} does
     * @throws TrainingDivergedException if the ELBO is no longer a finite number
     */
    public VariationalModel fit(PartedRows rows) {
        VariationalRequirements.meanField(configuration, EstimatorBuilder.IN_PARTS);
        Setting.INIT.requireEffect(given == null, EstimatorBuilder.IN_PARTS);
        encoder.requireNone(true, EstimatorBuilder.IN_PARTS);
        Setting.RESTARTS.requireEffect(replication.restarts() == 1, EstimatorBuilder.IN_PARTS);
        Setting.BOOTSTRAP.requireEffect(replication.bootstrap() == 0, EstimatorBuilder.IN_PARTS);
        EstimatorBuilder.requirePartable(configuration.batchRows(), configuration.missing(), scaling, checkpoints);
        return wrap(
                new PartedVbTrainer(configuration, execution, listener).fit(rows),
                null,
                WantedEncoder.NONE,
                null,
                FittedScaling.NONE,
                Replicates.NONE);
    }

    /**
     * {@link #fit(RowSource)} and then {@link VariationalModel#transform} of the same data.
     *
     * @throws DataException as they do
     */
    public Latent fitTransform(RowSource data) {
        return fit(data).transform(data);
    }

    /**
     * Goes on fitting a model on the same or other data with the same features, by this estimator's settings; the model
     * itself does not change.
     *
     * @throws DataException if the data cannot be factorised or have other features, or the model was fitted with weights
     *     of features
     * @throws SettingException if the rank or likelihood is not the model's, or a scaling was set that is not, or the model
     *     has a fixed basis, and penalties or intervals were set that it cannot have
     * @throws CancellationException as {@link #fit} does
     * @throws TrainingDivergedException if the ELBO is no longer a finite number
     */
    public VariationalModel update(VariationalModel model, RowSource data) {
        Setting.RANK.require(
                configuration.rank(), model.rank() == configuration.rank(), "the model's, " + model.rank());
        Likelihood likelihood = model.configuration().likelihood();
        Setting.LIKELIHOOD.require(
                configuration.likelihood(), configuration.likelihood() == likelihood, "the model's, " + likelihood);
        Setting.RESTARTS.requireEffect(replication.restarts() == 1, "on an update");
        Setting.BOOTSTRAP.requireEffect(replication.bootstrap() == 0, "on an update");
        VariationalRequirements.learnable(
                configuration.intervals(), configuration.penalties(), model.fixedComponents(), model.rank());
        if (data.paging() != null) {
            VariationalRequirements.meanField(configuration, "with data on the disk");
        }
        model.fitted().covariates().requireOf(data);
        WantedEncoder wanted = encoder.orThatOf(model.fitted());
        if (data.covariates() != null) {
            VariationalRequirements.covariable(configuration, wanted);
        }
        FittedScaling fitted = EstimatorBuilder.ofModel(model, scaling);
        RowSource scaled = scaled(fitted, model.inFeatureOrder(data));
        VbTrainer.Result result = new VbTrainer(configuration, execution, listener)
                .withCheckpoints(checkpoints)
                .update(model.fitted(), scaled);
        return wrap(result, scaled, wanted, model.fitted().fixedBasis(), fitted, Replicates.NONE);
    }

    private RowSource scaled(FittedScaling fitted, RowSource data) {
        return configuration.isPoisson() ? fitted.expose(data) : fitted.apply(data);
    }

    /**
     * @param scaled what it was fitted to; not needed without an encoder
     */
    private VariationalModel wrap(
            VbTrainer.Result fit,
            RowSource scaled,
            WantedEncoder wanted,
            Matrix fixedBasis,
            FittedScaling fitted,
            Replicates replicates) {
        boolean diverged = fit.model().history().stopReason() == StopReason.DIVERGED;
        VbTrainer.Result result = wanted.addTo(fit, diverged, scaled, execution);
        FittedVb saved = result.model()
                .withFixedBasis(fixedBasis)
                .withScaling(fitted)
                .withReplicates(replicates.inUnitsOf(result.model().dataScale()));
        VariationalModel model = new VariationalModel(saved, execution, result.backend());
        if (diverged) {
            throw new TrainingDivergedException(model);
        }
        return model;
    }

    /** Collects settings; {@link #build()} checks them. Ranges are those of {@link VbConfiguration}. */
    public static final class Builder extends EstimatorBuilder<Builder> {

        private int batchRows;
        private Likelihood likelihood = Likelihood.GAUSSIAN;
        private WantedEncoder encoder = WantedEncoder.NONE;
        private Zeros zeros;
        private double sigma;
        private VbInit init;
        /** Whether it was set by itself, rather than with all of a configuration. */
        private boolean initSet;

        private Matrix initialBasis;
        private boolean fixedBasis;
        private IntervalMethod intervals;
        private Penalties penalties = Penalties.NONE;
        private NoiseVariance noise = NoiseVariance.MEASURED;
        private boolean noiseSet;

        private Builder() {
            super(200, 20);
        }

        @Override
        Builder self() {
            return this;
        }

        /** Rows of a mini-batch; 0, all rows in each step, unless set. */
        public Builder batchRows(int value) {
            batchRows = value;
            return this;
        }

        /**
         * How data vary around the fit; as a normal distribution unless set. {@link Likelihood#POISSON} is for counts, in
         * their own unit: no coefficient may be 0, a step takes all rows, there is no σ, and W starts at random unless
         * set.
         */
        public Builder likelihood(Likelihood value) {
            likelihood = value;
            return this;
        }

        /**
         * Whether coefficients may be exactly 0; they may, and how many are is learned, unless set or the likelihood is
         * Poisson.
         */
        public Builder zeros(Zeros value) {
            zeros = Objects.requireNonNull(value, "zeros");
            return this;
        }

        /** Standard deviation of the noise, in units of the data's root mean square; 0, it is learned, unless set. */
        public Builder sigma(double value) {
            sigma = value;
            return this;
        }

        /** Where W starts; from a short run of NMF unless set. */
        public Builder init(VbInit value) {
            init = Objects.requireNonNull(value, "init");
            initSet = true;
            return this;
        }

        /**
         * Starts from a basis, as {@link FactorisationModel#basis()} gives one, for the means of W; each component as long as
         * its coefficients ask for, whose prior mean is 1. Components that it lacks start at random.
         *
         * @param basis m × at most rank, finite and ≥ 0, in units of the data, or of ln(1 + x) where the {@link #scaling} takes
         *     that; rows go by name where they and the columns of the data have names; copied
         */
        public Builder initialBasis(Matrix basis) {
            initialBasis = basis.copy();
            return this;
        }

        /**
         * Whether the components of the {@link #initialBasis} are known, as those of a catalogue: their weights stay as they
         * are, to the bit, and have neither variance nor prior, and coefficients are in the units of the catalogue. What is
         * learned are the coefficients, their prior, σ, and all of components beyond them. With as many components as the
         * rank, intervals are those of coefficients given the basis. They are not unless set.
         */
        public Builder fixBasis(boolean value) {
            fixedBasis = value;
            return this;
        }

        /**
         * How intervals are made; chosen by size unless set. With a {@linkplain #fixBasis fixed basis} there is no rotation:
         * {@link IntervalMethod#AUTO} is {@link IntervalMethod#JOINT}, or {@link IntervalMethod#CONDITIONAL} where no other
         * component is free.
         */
        public Builder intervals(IntervalMethod value) {
            intervals = Objects.requireNonNull(value, "intervals");
            return this;
        }

        /**
         * What intervals by the rotation take the variance of the noise for; measured unless set. The others take it for
         * constant.
         */
        public Builder noise(NoiseVariance value) {
            noise = value;
            noiseSet = true;
            return this;
        }

        /**
         * L1 penalties of both factors, with the meaning and units that they have for standard NMF ({@link Penalties}), as
         * the scale of the priors: exponential ones with means σ²/(m·l1) of coefficients and σ²/(n·l1) of weights, where else
         * both are learned. The greater, the smaller both factors, and no more of them 0: a narrow prior is near 0 itself. L2
         * must be 0, and neither L1, or both; there are none unless set. On the CPU, with a Gaussian likelihood, and not with a
         * {@linkplain #fixBasis fixed basis}.
         */
        public Builder penalties(Penalties value) {
            penalties = Objects.requireNonNull(value, "penalties");
            return this;
        }

        /**
         * Has an encoder learn the posteriors after the fit, for {@link VariationalModel#withEncoder}; none unless set. It learns
         * on the CPU. Not with a Poisson likelihood, missing values or weights.
         *
         * @param hidden units of each hidden layer, each in [1, 65536]; one layer of eight times the rank, from 128 to 512, if
         *     there are none
         */
        public Builder encoder(int... hidden) {
            encoder = new WantedEncoder(Arrays.stream(hidden).boxed().toList());
            return this;
        }

        /** Takes over every setting of a configuration. */
        public Builder configuration(VbConfiguration value) {
            set(value.rank(), value.epochs(), value.tolerance(), value.patience(), value.missing(), value.seed());
            batchRows = value.batchRows();
            likelihood = value.likelihood();
            zeros = value.zeros();
            sigma = value.sigma();
            init = value.init();
            initSet = false;
            intervals = value.intervals();
            noise = value.noise();
            noiseSet = false;
            penalties = value.penalties();
            return this;
        }

        /**
         * Checks all settings.
         *
         * @throws SettingException that names a setting out of range, and the range, or one that has no effect
         *     on the backend that was chosen or beside the other settings
         */
        public VariationalNmf build() {
            boolean poisson = likelihood == Likelihood.POISSON;
            Zeros zerosOrDefault = orElse(zeros, poisson ? Zeros.OFF : Zeros.LEARN);
            Setting.INIT.requireEffect(
                    initialBasis == null || !initSet || init == VbInit.GIVEN, "with an initial basis");
            VbInit usual = orElse(init, poisson ? VbInit.RANDOM : VbInit.NMF);
            VbInit initOrDefault = initialBasis == null ? usual : VbInit.GIVEN;
            Setting.FIX_BASIS.requireEffect(initialBasis != null || !fixedBasis, "without an initial basis");
            IntervalMethod method = orElse(intervals, IntervalMethod.AUTO);
            VariationalRequirements.learnable(method, penalties, fixedBasis ? initialBasis.columns() : 0, rank);
            VbConfiguration configuration = new VbConfiguration(
                    rank,
                    epochs,
                    batchRows,
                    zerosOrDefault,
                    sigma,
                    initOrDefault,
                    tolerance,
                    patience,
                    method,
                    noise,
                    likelihood,
                    missing(),
                    seed,
                    penalties);
            requireEffect();
            Setting.NOISE.requireEffect(
                    !noiseSet || method.usesNoise() && !poisson && !fixedBasis,
                    "on intervals other than by the rotation");
            requireUnscaled(poisson, "a Poisson likelihood");
            GivenFactors given =
                    initialBasis == null ? null : new GivenFactors(initialBasis, null, fixedBasis).requireRank(rank);
            requireReplicable(replication(), given, rank);
            encoder.requireOf(configuration);
            return new VariationalNmf(
                    configuration, given, scaling, execution, listener, checkpoints, replication(), encoder);
        }

        private static <T> T orElse(T value, T other) {
            return value == null ? other : value;
        }
    }
}
