package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.LatentInference;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.train.Diagnosis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A fitted PAE-NMF. Immutable and thread-safe. Data are n × m with the features it was fitted on.
 *
 * <p>A deterministic autoencoder ({@link TrainOn#SCALE}) has coefficients, but no distribution of them: what needs
 * one throws {@link IllegalStateException}.
 */
public final class PaeNmfModel extends ProbabilisticModel {

    /** Most sweeps of {@link #withRefinement}: variational NMF makes no more over a row. */
    private static final int MOST_SWEEPS = 500;

    private final FittedPae fitted;
    private final int refinement;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    PaeNmfModel(FittedPae fitted, Execution execution, String trainedOn) {
        this(fitted, 0, execution, trainedOn);
    }

    private PaeNmfModel(FittedPae fitted, int refinement, Execution execution, String trainedOn) {
        super(fitted, execution, trainedOn);
        this.fitted = fitted;
        this.refinement = refinement;
    }

    /**
     * Reads a model of PAE-NMF.
     *
     * @throws DataException if the file is not a complete model, or one of another kind
     * @throws IOException if the file cannot be read
     */
    public static PaeNmfModel load(Path file) throws IOException {
        SavedModel saved = ModelFile.read(file);
        if (saved instanceof FittedPae model) {
            return new PaeNmfModel(model, Execution.auto(), null);
        }
        throw notOf(file, saved.algorithm(), "PAE-NMF");
    }

    /** The same model on another number of threads, which does not change its results. */
    public PaeNmfModel withThreads(int threads) {
        return withExecution(execution().withThreads(threads));
    }

    /** The same model on another backend. */
    public PaeNmfModel withBackend(Backends.Choice backend) {
        return withExecution(execution().withBackend(backend));
    }

    /** The same model on another CUDA device, by its index. */
    public PaeNmfModel withDevice(int device) {
        return withExecution(execution().withDevice(device));
    }

    @Override
    public PaeNmfModel withExecution(Execution other) {
        return new PaeNmfModel(fitted, refinement, other, trainedOn().orElse(null));
    }

    private static void requireComplete(int sweeps, Missing missing) {
        Setting.REFINE.require(
                sweeps,
                sweeps == 0 || missing == Missing.NONE,
                "0 where values may be missing; vb's posteriors are exact");
    }

    @Override
    public PaeNmfModel withMissing(Missing missing) {
        requireComplete(refinement, missing);
        return new PaeNmfModel(
                fitted.withMissing(missing),
                refinement,
                execution(),
                trainedOn().orElse(null));
    }

    /**
     * The same model whose latents are nearer to the exact posterior, wherever they are asked for: from the encoder's
     * means, coordinate ascent on the evidence lower bound of each row by itself, given the basis, the prior and σ. A
     * coefficient's best Weibull posterior given the means of the others is a closed form, and so a sweep takes about as
     * long as the encoder. A saved model does not hold it.
     *
     * @param sweeps over the coefficients of a row, in [0, 500]; 0 leaves the latents to the encoder
     * @throws SettingException if it is out of range, or above 0 without KL, with a Poisson likelihood or where the prior's
     *     shape is not 1: exact
     *     posteriors are those of an exponential prior
     */
    public PaeNmfModel withRefinement(int sweeps) {
        Setting.REFINE.require(sweeps, sweeps >= 0 && sweeps <= MOST_SWEEPS, "in [0, " + MOST_SWEEPS + "]");
        PaeConfiguration c = configuration();
        requireComplete(sweeps, c.missing());
        Setting.REFINE.require(
                sweeps,
                sweeps == 0 || !c.isPoisson(),
                "0 for a model with a Poisson likelihood: its sweeps are those of squared errors");
        Setting.REFINE.require(sweeps, sweeps == 0 || c.kl(), "0 for a model without KL, which has no prior");
        Setting.REFINE.require(
                sweeps,
                sweeps == 0 || c.priorShape() == 1,
                "0 for a model whose prior has shape " + c.priorShape()
                        + ": exact posteriors are those of an exponential prior, of shape 1");
        return new PaeNmfModel(fitted, sweeps, execution(), trainedOn().orElse(null));
    }

    FittedPae fitted() {
        return fitted;
    }

    /** What the model was fitted with, defaults included. */
    public PaeConfiguration configuration() {
        return fitted.configuration();
    }

    @Override
    public int totalEpochs() {
        return fitted.previousEpochs() + fitted.history().epochs();
    }

    @Override
    public boolean hasKl() {
        return configuration().kl();
    }

    @Override
    public Map<String, String> settings() {
        PaeConfiguration c = configuration();
        Map<String, String> settings = new LinkedHashMap<>();
        if (algorithm().isProbabilistic()) {
            settings.put("Objective", c.kl() ? "reconstruction error + KL" : "reconstruction error, without KL");
            if (!c.isPoisson()) {
                settings.put("Error's standard deviation σ", sigmaInWords());
            }
            settings.put("Prior", "Weibull, shape " + shown(c.priorShape()) + ", scale " + shown(c.priorScale()));
            settings.put("Trained on", shown(c.trainOn()) + "s of the coefficients");
            settings.put("Floors of λ and k", shown(c.lambdaMin()) + " and " + shown(c.shapeMin()));
        }
        if (c.isPoisson()) {
            settings.put("Likelihood", "Poisson, of counts");
        }
        settings.put("Heads", shown(c.heads()));
        settings.put("Basis kept non-negative", shown(c.decoderUpdate()));
        settings.put("Optimiser", shown(c.optimiser()));
        settings.put("Rows of a step", c.batchRows() == 0 ? "all" : String.valueOf(c.batchRows()));
        settings.putAll(scalingSetting());
        if (!covariates().isNone()) {
            settings.put("Covariates", String.join(", ", covariates().names()));
        }
        settings.put("Seed", String.valueOf(c.seed()));
        return settings;
    }

    private String sigmaInWords() {
        return configuration().learnsSigma() ? String.format(Locale.ROOT, "%.4g, learned", sigma()) : shown(sigma());
    }

    /**
     * σ, learned or given: standard deviation of the noise, in units of the root mean square of the training data; NaN
     * with a Poisson likelihood, which has none.
     */
    public double sigma() {
        return configuration().isPoisson() ? Double.NaN : Math.sqrt(squaredSigma());
    }

    /**
     * What the covariates of rows do to each component: the factor by which each multiplies the prior scale, and so the prior
     * mean, of a coefficient, as {@link CovariateEffects#factor} says it; empty where the model has none. Point estimates,
     * of which nothing says how certain they are.
     */
    public Optional<Matrix> covariateFactors() {
        return covariates().isNone()
                ? Optional.empty()
                : Optional.of(CovariateEffects.factors(
                        covariates(), fitted.parameters().effects(), rank()));
    }

    @Override
    RowSource check(RowSource data) {
        RowSource known = super.check(data);
        if (known.mask() != null && configuration().isPoisson()) {
            throw SettingException.noneMissing("with a Poisson likelihood");
        }
        return known;
    }

    @Override
    double reconstruction(RowSource data, Matrix h, double squaredError, Inference inference) {
        return configuration().isPoisson()
                ? PoissonScore.negativeLogLikelihood(data, h, basis(), inference) / data.rows()
                : super.reconstruction(data, h, squaredError, inference);
    }

    @Override
    double deviance(RowSource data, Matrix h, Inference inference) {
        return configuration().isPoisson() ? Deviance.ofPoisson(data, h, basis(), inference) : Double.NaN;
    }

    @Override
    boolean hasDistribution() {
        return algorithm().isProbabilistic();
    }

    @Override
    boolean hasZeros() {
        return false;
    }

    @Override
    LatentInference inference() {
        return Backends.openInference(execution(), fitted, refinement);
    }

    @Override
    Latent prior(Covariates table, int count) {
        CovariatePrior rows = covariatePrior(table);
        double[] scales = scales();
        Matrix lambda = Matrix.zeros(count, rank());
        Matrix k = Matrix.zeros(count, rank());
        for (int i = 0; i < count; i++) {
            int offset = lambda.offset(i);
            double[] ofRow = rows == null ? scales : rows.means(i % table.rows(), scales);
            for (int j = 0; j < rank(); j++) {
                lambda.storage(i)[offset + j] = (float) ofRow[j];
            }
            Arrays.fill(k.storage(i), offset, offset + rank(), (float)
                    configuration().priorShape());
        }
        return new Latent(lambda, k, List.of());
    }

    /** What covariates of rows make of their prior; null of a model without. */
    private CovariatePrior covariatePrior(Covariates table) {
        return CovariatePrior.of(covariates(), table, fitted.parameters().effects());
    }

    /** λ₀ of each component. */
    private double[] scales() {
        double[] scales = new double[rank()];
        Arrays.fill(scales, configuration().priorScale());
        return scales;
    }

    @Override
    long seed() {
        return configuration().seed();
    }

    @Override
    double squaredSigma() {
        return fitted.squaredSigma();
    }

    @Override
    List<Integer> dead(Latent latent) {
        return Diagnosis.of(fitted, latent.lambda(), latent.k()).deadComponents();
    }

    @Override
    Score score(RowSource data, Latent latent, Errors errors, Inference inference) {
        PaeConfiguration c = configuration();
        CovariatePrior rows = covariatePrior(data.covariates());
        double[] scales = scales();
        double kl =
                latent.kl(c.priorShape(), i -> rows == null ? scales : rows.means(i, scales), inference) / data.rows();
        double reconstruction = errors.reconstruction();
        if (c.learnsSigma()) { // then the objective is −ELBO
            reconstruction += scaling().featureWeights().totalOfFeatures(features())
                    / 2.0
                    * Math.log(2 * Math.PI * squaredSigma());
        }
        return new Score(
                errors.median(),
                errors.mean(),
                errors.sampled(),
                reconstruction,
                kl,
                c.kl() ? reconstruction + kl : reconstruction,
                hoyerSparsity(),
                dead(latent),
                Double.NaN,
                c.learnsSigma() ? sigma() : Double.NaN,
                deviance(data, latent.mean(inference), inference));
    }
}
