package io.github.paenmf;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.train.FitListener;
import io.github.paenmf.train.PaeTrainer;
import io.github.paenmf.train.PartedPaeTrainer;
import io.github.paenmf.train.PartedRows;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Probabilistic non-negative matrix factorisation with a variational autoencoder (PAE-NMF): V ≈ H·Wfᵀ
 * with Wf ≥ 0, where each coefficient of H has a Weibull distribution.
 *
 * <pre>{@code
 * PaeNmfModel model = PaeNmf.builder().rank(16).epochs(500).build().fit(data);
 * Latent latent = model.transform(data);
 * }</pre>
 *
 * <p>Immutable and thread-safe. Equal settings, data and seed give the same bits, whatever the
 * number of threads.
 */
public final class PaeNmf {

    private final PaeConfiguration configuration;
    /** Or null. */
    private final GivenFactors given;

    private final Scaling scaling;
    private final Execution execution;
    private final FitListener listener;
    /** Or null. */
    private final CheckpointStore checkpoints;

    private PaeNmf(
            PaeConfiguration configuration,
            GivenFactors given,
            Scaling scaling,
            Execution execution,
            FitListener listener,
            CheckpointStore checkpoints) {
        this.configuration = configuration;
        this.given = given;
        this.scaling = scaling;
        this.execution = execution;
        this.listener = listener;
        this.checkpoints = checkpoints;
    }

    /** Starts from the defaults: rank 10, 1000 epochs of adam on all rows. */
    public static Builder builder() {
        return new Builder();
    }

    /** What was set, defaults included. */
    public PaeConfiguration configuration() {
        return configuration;
    }

    /**
     * Fits a model.
     *
     * @param data n × m, one sample per row, finite and ≥ 0; not written to. With {@linkplain
     *     io.github.paenmf.data.Covariates#attach covariates}, the encoder reads these, too, and the prior scale of a
     *     coefficient is its row's own: λ₀ times what the row's covariates make of it ({@link PaeNmfModel#covariateFactors}),
     *     learned with the rest. On the CPU
     * @throws DataException if the data cannot be factorised, or a covariate tells nothing of rows
     * @throws SettingException if there are covariates, and another optimiser than adam, no KL, or weights
     * @throws CancellationException if the thread is {@linkplain Thread#interrupt interrupted}: the fit ends within an
     *     epoch, nothing of it is kept, and the thread stays interrupted
     * @throws TrainingDivergedException if the objective is no longer a finite number
     */
    public PaeNmfModel fit(RowSource data) {
        return fit(data, Weights.NONE);
    }

    /**
     * Fits a model to data whose rows and features count with weights, on the CPU: as if a row of weight a stood there a
     * times, with the same noise, and a feature of weight b as b copies that start with equal weights, which keeps them
     * equal. What the model computes of rows counts features by their weights.
     *
     * @param data as for {@link #fit(RowSource)}
     * @throws DataException if the data cannot be factorised, values are missing, or there are not as many weights as rows
     *     or features
     * @throws SettingException if there are weights, and another {@link Init} than random or a Poisson likelihood
     */
    public PaeNmfModel fit(RowSource data, Weights weights) {
        FittedCovariates covariates = FittedCovariates.of(data.covariates());
        if (!covariates.isNone()) {
            Setting.COVARIATES.requireEffect(weights.isNone(), "with weights");
            requireCovariable(covariates);
        }
        Setting.WEIGHTS.requireEffect(weights.isNone() || !configuration.isPoisson(), "with a Poisson likelihood");
        Setting.INIT_BASIS.requireEffect(given == null || weights.isNone(), "with weights");
        Setting.INIT.require(
                configuration.init(),
                given != null || configuration.init() != Init.GIVEN,
                "another without an initial basis");
        Setting.INIT.require(
                configuration.init(), weights.isNone() || configuration.init() == Init.RANDOM, "random with weights");
        Setting.HIDDEN.require(
                configuration.hidden(),
                weights.isNone() || configuration.hidden().isEmpty(),
                "left out with weights of rows or features");
        FittedScaling fitted = scaling.fit(data);
        GivenFactors scaledBasis = given == null
                ? null
                : given.arranged(data, configuration.rank()).divided(fitted::featureScale);
        PaeTrainer.Result result = new PaeTrainer(configuration, execution, listener)
                .withCheckpoints(checkpoints)
                .withCovariates(covariates)
                .fit(fitted.apply(data), weights, scaledBasis);
        return wrap(result, fitted.withFeatureWeights(weights));
    }

    /**
     * Fits a model to rows that lie in parts elsewhere, by their sums alone. With the index of each row as its id, it is the
     * fit of all rows, but for the order of sums.
     *
     * @throws DataException if the data cannot be factorised
     * @throws SettingException if there are mini-batches, hidden layers, another {@link Init} than random, a scaling, checkpoints or a rule
     *     for missing values
     * @throws CancellationException as {@link #fit(RowSource)} does
     * @throws TrainingDivergedException if the objective is no longer a finite number
     */
    public PaeNmfModel fit(PartedRows rows) {
        Setting.INIT.require(
                configuration.init(), configuration.init() == Init.RANDOM, "random " + EstimatorBuilder.IN_PARTS);
        Setting.HIDDEN.require(
                configuration.hidden(), configuration.hidden().isEmpty(), "left out " + EstimatorBuilder.IN_PARTS);
        EstimatorBuilder.requirePartable(configuration.batchRows(), configuration.missing(), scaling, checkpoints);
        return wrap(new PartedPaeTrainer(configuration, execution, listener).fit(rows), FittedScaling.NONE);
    }

    /**
     * {@link #fit(RowSource)} and then {@link PaeNmfModel#transform} of the same data.
     *
     * @throws DataException as they do
     */
    public Latent fitTransform(RowSource data) {
        return fit(data).transform(data);
    }

    /**
     * Goes on training a fitted model on the same or other data with the same features, by this
     * estimator's settings; the model itself does not change.
     *
     * @throws DataException if the data cannot be factorised or have other features, or the model was fitted with weights
     *     of features
     * @throws SettingException if the rank, the hidden layers or the likelihood are not the model's, a scaling was set that is not the model's, or
     *     {@link TrainOn#SCALE} would make a probabilistic model a deterministic one, or its absence the reverse
     * @throws CancellationException as {@link #fit} does
     * @throws TrainingDivergedException if the objective is no longer a finite number
     */
    public PaeNmfModel update(PaeNmfModel model, RowSource data) {
        model.covariates().requireOf(data);
        if (data.covariates() != null) {
            requireCovariable(model.covariates());
        }
        Setting.RANK.require(
                configuration.rank(), model.rank() == configuration.rank(), "the model's, " + model.rank());
        Likelihood likelihood = model.configuration().likelihood();
        Setting.LIKELIHOOD.require(
                configuration.likelihood(), configuration.likelihood() == likelihood, "the model's, " + likelihood);
        List<Integer> hidden = model.configuration().hidden();
        Setting.HIDDEN.require(configuration.hidden(), configuration.hidden().equals(hidden), "the model's, " + hidden);
        boolean deterministic = configuration.trainOn() == TrainOn.SCALE;
        if (deterministic == model.algorithm().isProbabilistic()) {
            throw new SettingException(
                    Setting.TRAIN_ON,
                    "must be " + (deterministic ? "a sample or the median" : "the scale")
                            + " as for the model, which an update does not make one of another kind; fit a new one");
        }
        FittedScaling fitted = EstimatorBuilder.ofModel(model, scaling);
        RowSource scaled = fitted.apply(model.inFeatureOrder(data));
        return wrap(
                new PaeTrainer(configuration, execution, listener)
                        .withCheckpoints(checkpoints)
                        .update(model.fitted(), scaled),
                fitted);
    }

    /** Refuses settings that leave covariates nothing to do, or that have no way to learn what they do. */
    private void requireCovariable(FittedCovariates covariates) {
        boolean deterministic = configuration.trainOn() == TrainOn.SCALE;
        Setting.COVARIATES.requireEffect(!deterministic, "with ae, whose coefficients have no prior");
        Setting.COVARIATES.requireEffect(configuration.kl(), "without KL, since the objective then has no prior");
        Setting.COVARIATES.require(
                covariates.names(),
                configuration.optimiser() == Optimiser.ADAM,
                "left out with gd, whose learning rates are made for an encoder of the data alone; or use adam");
    }

    private PaeNmfModel wrap(PaeTrainer.Result result, FittedScaling fitted) {
        PaeNmfModel model = new PaeNmfModel(result.model().withScaling(fitted), execution, result.backend());
        if (model.history().stopReason() == StopReason.DIVERGED) {
            throw new TrainingDivergedException(model);
        }
        return model;
    }

    /** Collects settings; {@link #build()} checks them. Ranges are those of {@link PaeConfiguration}. */
    public static final class Builder extends EstimatorBuilder<Builder> {

        private Optimiser optimiser = Optimiser.ADAM;
        private Double encoderRate;
        private Double biasRate;
        private Double decoderRate;
        private double stepClip = 0.03;
        private Double sigma;
        private double lambdaMin = 1e-3;
        private double shapeMin = 0.3;
        private Heads heads = Heads.RELU;
        private List<Integer> hidden = List.of();
        private double priorShape = 1;
        private double priorScale = 1;
        private boolean kl = true;
        private TrainOn trainOn = TrainOn.SAMPLE;
        private DecoderUpdate decoderUpdate = DecoderUpdate.PROJECTED;
        private Init init = Init.RANDOM;
        private boolean initSet;
        private Matrix initialBasis;
        private Likelihood likelihood = Likelihood.GAUSSIAN;
        private int batchRows;
        /** Whether it was set by itself, rather than with all of a configuration; then it must have an effect. */
        private boolean stepClipSet;

        private boolean decoderRateSet;
        private boolean sigmaSet;

        private Builder() {
            super(1000, 50);
        }

        @Override
        Builder self() {
            return this;
        }

        /** How gradients become steps; adam unless set. */
        public Builder optimiser(Optimiser value) {
            optimiser = value;
            return this;
        }

        /** Learning rate of the encoder weights, relative to what the data suggest; 0.1 for adam, 1 for gd. */
        public Builder encoderRate(double value) {
            encoderRate = value;
            return this;
        }

        /** Learning rate of the biases; 0.02 for adam, 1 (relative to what the data suggest) for gd. */
        public Builder biasRate(double value) {
            biasRate = value;
            return this;
        }

        /** Learning rate of Wf, relative to what the data suggest; 0.05 for adam, 0.3 for gd. */
        public Builder decoderRate(double value) {
            decoderRate = value;
            decoderRateSet = true;
            return this;
        }

        /** The learning rates that are usual for the optimiser, in place of those set before. */
        public Builder usualRates() {
            encoderRate = null;
            biasRate = null;
            decoderRate = null;
            decoderRateSet = false;
            return this;
        }

        /** Greatest norm of a head's change in one gd step; 0.03 unless set. Adam does not use it. */
        public Builder stepClip(double value) {
            stepClip = value;
            stepClipSet = true;
            return this;
        }

        /**
         * Standard deviation of the reconstruction error, in units of the data's root mean square, or 0 to learn it; 0.1
         * unless set. A Poisson likelihood has none.
         */
        public Builder sigma(double value) {
            sigma = value;
            sigmaSet = true;
            return this;
        }

        /** Floor of λ; 0.001 unless set. */
        public Builder lambdaMin(double value) {
            lambdaMin = value;
            return this;
        }

        /** Floor of k; 0.3 unless set. */
        public Builder shapeMin(double value) {
            shapeMin = value;
            return this;
        }

        /** Activation of the encoder heads; ReLU unless set. */
        public Builder heads(Heads value) {
            heads = value;
            return this;
        }

        /**
         * Units of each hidden layer between the data and the heads, with ReLU; none unless set. Not with gd, with another
         * start than random, or with weights.
         */
        public Builder hidden(int... units) {
            hidden = Arrays.stream(units).boxed().toList();
            return this;
        }

        /** The Weibull prior of every latent: shape k₀ and scale λ₀; 1 and 1 unless set. */
        public Builder prior(double shape, double scale) {
            priorShape = shape;
            priorScale = scale;
            return this;
        }

        /** Whether the objective contains the KL term; it does unless set. */
        public Builder kl(boolean value) {
            kl = value;
            return this;
        }

        /** What a step decodes; a sample unless set. */
        public Builder trainOn(TrainOn value) {
            trainOn = value;
            return this;
        }

        /** How Wf stays non-negative; projected unless set. */
        public Builder decoderUpdate(DecoderUpdate value) {
            decoderUpdate = value;
            return this;
        }

        /** Where training starts; random unless set. */
        public Builder init(Init value) {
            init = value;
            initSet = true;
            return this;
        }

        /**
         * Starts from a basis, as {@link FactorisationModel#basis()} gives one, and heads that come closest to the coefficients
         * by which it explains the data best; on the way of {@link Init#NMF}. Components that it lacks start at random. Not
         * with weights or a Poisson likelihood.
         *
         * @param basis m × at most rank, finite and ≥ 0, in units of the data, or of ln(1 + x) where the {@link #scaling} takes
         *     that; rows go by name where they and the columns of the data have names; copied
         */
        public Builder initialBasis(Matrix basis) {
            initialBasis = basis.copy();
            return this;
        }

        /**
         * How data vary around the fit; as a normal distribution unless set. {@link Likelihood#POISSON} is for counts, in
         * their own unit, neither scaled nor logged; it trains on the CPU, by the nonzeros.
         */
        public Builder likelihood(Likelihood value) {
            likelihood = value;
            return this;
        }

        /** Rows of a mini-batch; 0, all rows in each step, unless set. */
        public Builder batchRows(int value) {
            batchRows = value;
            return this;
        }

        /** Takes over every setting of a configuration. */
        public Builder configuration(PaeConfiguration value) {
            set(value.rank(), value.epochs(), value.tolerance(), value.patience(), value.missing(), value.seed());
            optimiser = value.optimiser();
            encoderRate = value.encoderRate();
            biasRate = value.biasRate();
            decoderRate = value.decoderRate();
            stepClip = value.stepClip();
            sigma = value.sigma();
            lambdaMin = value.lambdaMin();
            shapeMin = value.shapeMin();
            heads = value.heads();
            hidden = value.hidden();
            priorShape = value.priorShape();
            priorScale = value.priorScale();
            kl = value.kl();
            trainOn = value.trainOn();
            decoderUpdate = value.decoderUpdate();
            init = value.init();
            batchRows = value.batchRows();
            likelihood = value.likelihood();
            initSet = false;
            sigmaSet = false;
            stepClipSet = false;
            decoderRateSet = false;
            return this;
        }

        /**
         * Checks all settings.
         *
         * @throws SettingException that names a setting out of range, and the range, or one that has no effect
         *     on the backend that was chosen or beside the other settings
         */
        public PaeNmf build() {
            boolean adam = optimiser == Optimiser.ADAM;
            boolean poisson = likelihood == Likelihood.POISSON;
            Setting.SIGMA.requireEffect(!sigmaSet || !poisson, "with a Poisson likelihood, which has none");
            Setting.INIT.requireEffect(initialBasis == null || !initSet || init == Init.GIVEN, "with an initial basis");
            Setting.INIT_BASIS.requireEffect(initialBasis == null || !poisson, "with a Poisson likelihood");
            PaeConfiguration configuration = new PaeConfiguration(
                    rank,
                    epochs,
                    optimiser,
                    encoderRate != null ? encoderRate : adam ? 0.1 : 1,
                    biasRate != null ? biasRate : adam ? 0.02 : 1,
                    decoderRate != null ? decoderRate : adam ? 0.05 : 0.3,
                    stepClip,
                    sigma != null ? sigma : poisson ? 1 : 0.1,
                    lambdaMin,
                    shapeMin,
                    heads,
                    hidden,
                    priorShape,
                    priorScale,
                    kl,
                    trainOn,
                    decoderUpdate,
                    initialBasis == null ? init : Init.GIVEN,
                    batchRows,
                    tolerance,
                    patience,
                    likelihood,
                    missing(),
                    seed);
            requireEffect();
            Setting.RESTARTS.require(replication().restarts(), replication().restarts() == 1, "1 for PAE-NMF");
            Setting.BOOTSTRAP.require(replication().bootstrap(), replication().bootstrap() == 0, "0 for PAE-NMF");
            Setting.STEP_CLIP.requireEffect(!stepClipSet || !adam, "with the optimiser adam");
            Setting.DECODER_RATE.requireEffect(
                    !decoderRateSet || decoderUpdate != DecoderUpdate.MULTIPLICATIVE,
                    "with multiplicative updates of the decoder");
            Setting.SCALING.require(
                    scaling,
                    !poisson || scaling.isNone(),
                    "none for pae and ae with a Poisson likelihood: counts keep their unit; vb takes size factors");
            GivenFactors given =
                    initialBasis == null ? null : new GivenFactors(initialBasis, null, false).requireRank(rank);
            return new PaeNmf(configuration, given, scaling, execution, listener, checkpoints);
        }
    }
}
