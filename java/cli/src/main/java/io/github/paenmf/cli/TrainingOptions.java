package io.github.paenmf.cli;

import io.github.paenmf.EstimatorBuilder;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.data.Missing;
import io.github.paenmf.io.CheckpointFile;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.Normalisation;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.Zeros;
import java.util.function.Consumer;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** How a model is trained; an option that is not given leaves its setting as it is. */
final class TrainingOptions {

    static final String FORGET_FACTOR = "--forget-factor";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description =
                    "Most passes over the data, at least 1. A new fit of vb makes 200 unless this is given, any other"
                            + " 1000.")
    private Integer epochs;

    @Option(
            names = "--optimiser",
            paramLabel = "NAME",
            completionCandidates = Names.Optimisers.class,
            description = "How gradients become steps: ${COMPLETION-CANDIDATES}. Of pae and ae.")
    private Optimiser optimiser;

    @Mixin
    private EncoderOptions encoder = new EncoderOptions();

    @Option(
            names = "--decoder-rate",
            paramLabel = "RATE",
            description = "Learning rate of the basis Wf, relative to what the data suggest, in (0, 1e6];"
                    + " 0.05 for adam, 0.3 for gd. Of pae and ae.")
    private Double decoderRate;

    @Option(
            names = "--step-clip",
            paramLabel = "NORM",
            description =
                    "Greatest norm of an encoder head's change in one gd step, in (0, 1e6]; adam does not use it. Of pae"
                            + " and ae.")
    private Double stepClip;

    @Option(
            names = "--sigma",
            paramLabel = "SIGMA",
            converter = Sigma.Converter.class,
            description = "Standard deviation of the reconstruction error, in units of the data's root mean square,"
                    + " in [1e-4, 1e4], for vb in [1e-3, 1e4]: smaller fits more closely, larger stays closer to the"
                    + " prior. vb learns it unless a number is given; pae takes 0.1, and learn, or 0, makes it the error of"
                    + " the fit, step by step, with KL, adam and --train-on sample.")
    private Sigma sigma;

    @Option(
            names = "--likelihood",
            paramLabel = "NAME",
            completionCandidates = Names.Likelihoods.class,
            description =
                    "How data of vb, pae and ae vary around the fit: ${COMPLETION-CANDIDATES}. gaussian has one standard deviation, in units"
                            + " of the data's root mean square; poisson is for counts as they were counted, neither scaled"
                            + " nor logged: its variance is its mean, no coefficient is exactly 0, and it trains on the CPU; pae and ae with"
                            + " adam, from random."
                            + " gaussian unless given.")
    private Likelihood likelihood;

    @Option(
            names = "--zeros",
            paramLabel = "NAME",
            completionCandidates = Names.ZerosNames.class,
            description = "Whether coefficients of vb may be exactly 0: ${COMPLETION-CANDIDATES}. learn gives each"
                    + " component of either factor a point mass at 0, whose share is learned from the 20th update of the"
                    + " basis on. learn unless given.")
    private Zeros zeros;

    @Option(
            names = "--lambda-min",
            paramLabel = "FLOOR",
            description = "Floor of the latents' scale lambda, in [1e-6, 1]. Of pae and ae.")
    private Double lambdaMin;

    @Option(
            names = "--shape-min",
            paramLabel = "FLOOR",
            description = "Floor of the latents' shape k, in [0.1, 1]. Of pae.")
    private Double shapeMin;

    @Option(
            names = "--prior-shape",
            paramLabel = "K0",
            description =
                    "Shape of the latents' Weibull prior, in [0.05, 20] and at most 30 times --shape-min." + " Of pae.")
    private Double priorShape;

    @Option(
            names = "--prior-scale",
            paramLabel = "LAMBDA0",
            description = "Scale of the latents' Weibull prior, in [1e-3, 1e3]. Of pae.")
    private Double priorScale;

    @Option(
            names = "--kl",
            negatable = true,
            fallbackValue = "true",
            description = "Whether the objective contains the KL divergence from the prior; --no-kl leaves it out."
                    + " Of pae.")
    private Boolean kl;

    @Option(
            names = "--train-on",
            paramLabel = "VALUE",
            completionCandidates = Names.TrainOnNames.class,
            description = "Which value of a latent a step decodes: ${COMPLETION-CANDIDATES}. Of pae.")
    private TrainOn trainOn;

    @Option(
            names = "--decoder-update",
            paramLabel = "NAME",
            completionCandidates = Names.DecoderUpdates.class,
            description = "How the basis stays non-negative: ${COMPLETION-CANDIDATES}. Of pae and ae.")
    private DecoderUpdate decoderUpdate;

    @Option(
            names = "--intervals",
            paramLabel = "NAME",
            completionCandidates = Names.IntervalMethods.class,
            description = "How intervals of vb are made: ${COMPLETION-CANDIDATES}. rotation and sampled know that the"
                    + " factors can turn against each other, by a normal distribution or by draws; joint and conditional"
                    + " are linear response with the other factor free or given; mean-field takes each coefficient by"
                    + " itself. auto is rotation where that takes 10 s at"
                    + " most and holds the weights of the fit, else joint, or with --likelihood poisson conditional"
                    + " where that takes longer, too. Default: auto.")
    private IntervalMethod intervals;

    @Option(
            names = "--noise",
            paramLabel = "NAME",
            completionCandidates = Names.NoiseVariances.class,
            description =
                    "What intervals of vb take the noise for: ${COMPLETION-CANDIDATES}. measured fits its variance"
                            + " as a function of the signal. Default: measured.")
    private NoiseVariance noise;

    @Option(
            names = "--batch-rows",
            paramLabel = "ROWS",
            description =
                    "Rows of a mini-batch, at least 0; 0 means all rows in each step. Standard NMF then makes its basis of"
                            + " means over batches, on the CPU, without weights and missing values.")
    private Integer batchRows;

    @Option(
            names = FORGET_FACTOR,
            paramLabel = "SHARE",
            description =
                    "How much rows count in the basis of standard NMF that a mini-batch saw an epoch ago, or that a"
                            + " model saw before its update, in [0, 1]: 1 forgets nothing, 0 all. "
                            + NmfConfiguration.USUAL_FORGET_FACTOR + " unless given, or the model's.")
    private Double forgetFactor;

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            description =
                    "Stop when the objective has not improved by this share for --patience epochs, in [0, 1);"
                            + " 0 means never. For vb, and for pae with --sigma learn, it is no share, but nats per entry of the data.")
    private Double tolerance;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description =
                    "Epochs to wait for an improvement by --tolerance, at least 1. A new fit of vb waits 20 unless"
                            + " this is given, any other 50.")
    private Integer patience;

    @Option(names = "--seed", paramLabel = "SEED", description = "Seed of all random numbers, any 64-bit integer.")
    private Long seed;

    @Option(
            names = "--chunk-rows",
            paramLabel = "ROWS",
            defaultValue = "0",
            description =
                    "Most rows in flight at once, a multiple of 256; 0 leaves it to the backend. Fewer take less memory."
                            + " Does not change the result, on CUDA except for rounding.")
    private int chunkRows;

    @Mixin
    private StepOptions step;

    /** Where training keeps its state; null if it does not. */
    private CheckpointFile checkpoint;

    /** What a new fit takes for missing; null leaves it as it is. */
    private Missing missing;

    /** Of a new fit; null where it is not one. */
    private PenaltyOptions penalties;

    /** Likewise, of standard NMF. */
    private Double beta;

    /** Likewise. */
    private Normalisation normalisation;

    /** Null where it is not a new fit. */
    private GivenOptions given;

    /** Likewise. */
    private ReplicationOptions replication;

    /** Says which penalties a new fit has. */
    void penalise(PenaltyOptions options) {
        penalties = options;
    }

    /** Says which beta divergence a new fit makes least; null for that of its algorithm. */
    void diverge(Double value) {
        beta = value;
    }

    /** Says what other fits a new one has beside it. */
    void replicate(ReplicationOptions options) {
        replication = options;
    }

    /** Says to what length a new fit brings its components; null leaves them. */
    void normalise(Normalisation value) {
        normalisation = value;
    }

    /** Where a new fit starts. */
    void startFrom(GivenOptions options) {
        given = options;
    }

    /** Says where training keeps its state; null if it does not. */
    void keepIn(CheckpointFile file) {
        checkpoint = file;
    }

    /** Says what a new fit takes for missing. */
    void takeForMissing(Missing value) {
        missing = value;
    }

    /**
     * @throws ParameterException if an option would make a model of another kind without a word
     */
    void requireKind(Algorithm algorithm) {
        if (trainOn == TrainOn.SCALE && algorithm == Algorithm.PAE) {
            throw new ParameterException(
                    command.commandLine(),
                    "--train-on scale leaves nothing of the distributions: that is the autoencoder without them; choose"
                            + " it with fit --algorithm ae");
        }
    }

    /**
     * Sets what was given.
     *
     * @param base what the builder is set to
     */
    void applyTo(PaeNmf.Builder builder, PaeConfiguration base) {
        if (given != null) {
            given.applyTo(builder);
        }
        if (optimiser != null && optimiser != base.optimiser()) {
            // The rates of one optimiser mean nothing to the other.
            builder.optimiser(optimiser).usualRates();
        }
        set(epochs, builder::epochs);
        encoder.applyTo(builder);
        set(decoderRate, builder::decoderRate);
        set(given("--step-clip", stepClip), builder::stepClip);
        set(sigma, given -> builder.sigma(given.value()));
        set(lambdaMin, builder::lambdaMin);
        set(shapeMin, builder::shapeMin);
        builder.prior(
                priorShape == null ? base.priorShape() : priorShape,
                priorScale == null ? base.priorScale() : priorScale);
        set(kl, builder::kl);
        set(trainOn, builder::trainOn);
        set(decoderUpdate, builder::decoderUpdate);
        set(likelihood, builder::likelihood);
        set(batchRows, builder::batchRows);
        set(tolerance, builder::tolerance);
        set(patience, builder::patience);
        set(seed, builder::seed);
        setMissing(builder);
        setExecution(builder);
    }

    /** The seed, 0 unless given. */
    long seed() {
        return seed == null ? 0 : seed;
    }

    /** Whether counts are to be fitted by a Poisson likelihood. */
    boolean isPoisson() {
        return likelihood == Likelihood.POISSON;
    }

    /**
     * @throws ParameterException if another likelihood than that of the model was given, by which it cannot go on
     */
    void requireLikelihood(Likelihood ofModel) {
        if (likelihood != null && likelihood != ofModel) {
            throw new ParameterException(
                    command.commandLine(),
                    "--likelihood must be that of the model, " + Names.of(ofModel) + ", not " + Names.of(likelihood)
                            + "; leave it out, or fit anew");
        }
    }

    /** Sets what was given and has an effect on variational NMF. */
    void applyTo(VariationalNmf.Builder builder) {
        if (given != null) {
            given.applyTo(builder);
        }
        if (replication != null) {
            replication.applyTo(builder);
        }
        if (penalties != null) {
            penalties.applyTo(command.commandLine(), builder);
        }
        encoder.applyTo(builder);
        set(likelihood, builder::likelihood);
        set(epochs, builder::epochs);
        set(sigma, given -> builder.sigma(given.value()));
        set(zeros, builder::zeros);
        set(intervals, builder::intervals);
        set(noise, builder::noise);
        set(given("--batch-rows", batchRows), builder::batchRows);
        set(given("--tolerance", tolerance), builder::tolerance);
        set(patience, builder::patience);
        set(given("--seed", seed), builder::seed);
        setMissing(builder);
        setExecution(builder);
    }

    /** Sets what was given and has an effect on standard NMF. */
    void applyTo(Nmf.Builder builder) {
        if (penalties != null) {
            penalties.applyTo(command.commandLine(), builder);
        }
        set(beta, builder::beta);
        set(normalisation, builder::normalise);
        if (given != null) {
            given.applyTo(builder);
        }
        if (replication != null) {
            replication.applyTo(builder);
        }
        set(given("--batch-rows", batchRows), builder::batchRows);
        set(forgetFactor, builder::forgetFactor);
        set(epochs, builder::epochs);
        set(tolerance, builder::tolerance);
        set(patience, builder::patience);
        set(seed, builder::seed);
        setMissing(builder);
        setExecution(builder);
    }

    private void setExecution(EstimatorBuilder<?> builder) {
        if (checkpoint != null) {
            builder.checkpoints(checkpoint);
        }
        builder.execution(step.execution());
        Settings.apply(command.commandLine(), () -> builder.chunkRows(chunkRows));
    }

    private void setMissing(EstimatorBuilder<?> builder) {
        if (missing != null) {
            builder.missing(missing == Missing.NAN).zerosMissing(missing == Missing.ZEROS);
        }
    }

    /** The value of an option that must have an effect, or null where it is the default. */
    private <T> T given(String option, T value) {
        return command.commandLine().getParseResult().hasMatchedOption(option) ? value : null;
    }

    private static <T> void set(T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    /**
     * Standard deviation of the noise.
     *
     * @param value the number, or 0 where it is learned
     */
    record Sigma(double value, boolean learned) {

        /** Reads a number, or the word learn. */
        static final class Converter implements ITypeConverter<Sigma> {

            @Override
            public Sigma convert(String text) {
                if (text.equals("learn")) {
                    return new Sigma(0, true);
                }
                try {
                    return new Sigma(Double.parseDouble(text), false);
                } catch (NumberFormatException e) {
                    throw new TypeConversionException("'" + text + "' is neither a number nor learn");
                }
            }
        }
    }

    /**
     * The library's own defaults, for the help of a command that starts from them; where algorithms differ, the
     * descriptions say so.
     */
    static final class Defaults implements IDefaultValueProvider {

        @Override
        public String defaultValue(ArgSpec argument) {
            if (!(argument instanceof OptionSpec option)) {
                return null;
            }
            PaeConfiguration c = PaeNmf.builder().build().configuration();
            return switch (option.longestName()) {
                case "--optimiser" -> Names.of(c.optimiser());
                case "--step-clip" -> String.valueOf(c.stepClip());
                case "--lambda-min" -> String.valueOf(c.lambdaMin());
                case "--shape-min" -> String.valueOf(c.shapeMin());
                case "--heads" -> Names.of(c.heads());
                case "--prior-shape" -> String.valueOf(c.priorShape());
                case "--prior-scale" -> String.valueOf(c.priorScale());
                case "--train-on" -> Names.of(c.trainOn());
                case "--decoder-update" -> Names.of(c.decoderUpdate());
                case "--batch-rows" -> String.valueOf(c.batchRows());
                case "--tolerance" -> String.valueOf(c.tolerance());
                case "--seed" -> String.valueOf(c.seed());
                default -> null;
            };
        }
    }
}
