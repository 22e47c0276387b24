package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.Prepared;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NoiseKind;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.train.Diagnosis;
import io.github.paenmf.vb.CountIntervals;
import io.github.paenmf.vb.FactorRows;
import io.github.paenmf.vb.Intervals;
import io.github.paenmf.vb.ModelIntervals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;

/**
 * A fitted variational NMF. Immutable and thread-safe. Data are n × m with the features it was fitted on, finite: values
 * below 0, as noise makes them, are taken as they are, except for a Poisson likelihood, which refuses them. The posterior of
 * a sample is found by sweeps over its coefficients until they no longer change, and depends on no other sample.
 */
public final class VariationalModel extends ProbabilisticModel {

    private final FittedVb fitted;
    private final Supplier<VbRowPosterior> posterior;
    /** After the encoder; or {@link VbInference#EXACT}, without it. */
    private final int sweeps;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    VariationalModel(FittedVb fitted, Execution execution, String trainedOn) {
        this(fitted, execution, trainedOn, new Prepared<>(() -> new VbRowPosterior(fitted)), VbInference.EXACT);
    }

    private VariationalModel(
            FittedVb fitted, Execution execution, String trainedOn, Supplier<VbRowPosterior> posterior, int sweeps) {
        super(fitted, execution, trainedOn);
        this.fitted = fitted;
        this.posterior = posterior;
        this.sweeps = sweeps;
    }

    /**
     * Reads a model of variational NMF.
     *
     * @throws DataException if the file is not a complete model, or one of another kind
     * @throws IOException if the file cannot be read
     */
    public static VariationalModel load(Path file) throws IOException {
        SavedModel saved = ModelFile.read(file);
        if (saved instanceof FittedVb model) {
            return new VariationalModel(model, Execution.auto(), null);
        }
        throw notOf(file, saved.algorithm(), "variational NMF");
    }

    @Override
    public VariationalModel withExecution(Execution other) {
        return new VariationalModel(fitted, other, trainedOn().orElse(null), posterior, sweeps);
    }

    /** Whether the model has an encoder of the posteriors of samples. */
    public boolean hasEncoder() {
        return fitted.encoder() != null;
    }

    /**
     * The same model that finds the posteriors of samples by its encoder, in one pass, in place of sweeps until they no longer
     * change; on the CPU. A saved model does not hold this choice.
     *
     * @param refinement sweeps over the coefficients of a sample from where the encoder puts them, each with steps of conjugate
     *     gradients before it, in [0, 500]
     * @throws IllegalStateException if the model has no encoder
     * @throws io.github.paenmf.model.SettingException if the sweeps are out of range
     */
    public VariationalModel withEncoder(int refinement) {
        if (!hasEncoder()) {
            throw new IllegalStateException("the model has no encoder; fit one with VariationalNmf.Builder.encoder");
        }
        Setting.REFINE.require(
                refinement,
                refinement >= 0 && refinement <= VbRowPosterior.MOST_SWEEPS,
                "in [0, " + VbRowPosterior.MOST_SWEEPS + "]");
        return new VariationalModel(fitted, execution(), trainedOn().orElse(null), posterior, refinement);
    }

    @Override
    public VariationalModel withMissing(Missing missing) {
        Setting.MISSING.require(
                missing,
                sweeps == VbInference.EXACT || missing == Missing.NONE,
                "none with an encoder, which reads whole rows");
        return new VariationalModel(
                fitted.withMissing(missing), execution(), trainedOn().orElse(null));
    }

    @Override
    RowSource check(RowSource data) {
        RowSource known = observed(data);
        return configuration().isPoisson() ? known.requireNonNegative() : known.requireFinite();
    }

    FittedVb fitted() {
        return fitted;
    }

    /** What the model was fitted with, defaults included. */
    public VbConfiguration configuration() {
        return fitted.configuration();
    }

    @Override
    public boolean isOfCounts() {
        return configuration().isPoisson();
    }

    @Override
    public int totalEpochs() {
        return fitted.previousEpochs() + fitted.history().epochs();
    }

    @Override
    public boolean hasKl() {
        return true;
    }

    @Override
    public Map<String, String> settings() {
        VbConfiguration c = configuration();
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("Objective", "negative ELBO: expected reconstruction error + KL of both factors");
        if (c.isPoisson()) {
            settings.put("Likelihood", "Poisson, of counts");
        } else {
            settings.put(
                    "Noise's standard deviation σ",
                    String.format(Locale.ROOT, "%.4g, %s", sigma(), c.learnsSigma() ? "learned" : "given"));
        }
        settings.put("Zeros", c.zeros() == Zeros.LEARN ? "learned for each component" : "none");
        settings.put("Intervals", intervalMethod().title());
        if (intervalMethod() != IntervalMethod.MEAN_FIELD && !c.isPoisson()) {
            settings.put("Noise", noiseKind().words());
        }
        if (fixedComponents() > 0) {
            settings.put("Fixed components", String.valueOf(fixedComponents()));
        }
        settings.putAll(penaltySettings(c.penalties()));
        settings.put("Start", shown(c.init()));
        settings.put("Rows of a step", c.batchRows() == 0 ? "all" : String.valueOf(c.batchRows()));
        settings.putAll(scalingSetting());
        if (!covariates().isNone()) {
            settings.put("Covariates", String.join(", ", covariates().names()));
        }
        settings.put("Seed", String.valueOf(c.seed()));
        return settings;
    }

    /**
     * σ, standard deviation of the noise, in units of the root mean square of the training data; NaN with a Poisson
     * likelihood, which has none.
     */
    public double sigma() {
        return configuration().isPoisson() ? Double.NaN : Math.sqrt(squaredSigma());
    }

    /** How many components, the first ones, were given and kept: their weights are known, and not to be learned. */
    public int fixedComponents() {
        return fitted.fixedComponents();
    }

    /** Posterior probability of each weight of the basis of not being 0, m × r; 0 or 1 where it was given and kept. */
    public Matrix basisInclusion() {
        return Matrix.wrap(fitted.parameters().inclusion().clone(), features(), rank())
                .withNames(featureNames(), Latent.componentNames(rank()));
    }

    /**
     * What the covariates of rows do to each component, with credible intervals; empty where the model has none.
     *
     * @param level probability of each interval, in (0, 1); that of a normal approximation, with the other components given
     * @throws IllegalArgumentException if the level is out of range
     */
    public Optional<CovariateEffects> covariateEffects(double level) {
        double[] effects = fitted.parameters().effects();
        return covariates().isNone()
                ? Optional.empty()
                : Optional.of(CovariateEffects.of(fitted.effects(), effects, rank(), level));
    }

    /** How intervals are made. */
    public IntervalMethod intervalMethod() {
        return fitted.intervals().method();
    }

    /** a, b and c of the noise's variance a + b·v̂ + c·v̂² by the fitted value, in units of the scaled data. */
    public double[] noiseVariance() {
        return fitted.intervals().noise().clone();
    }

    /** Which part of it is the most. */
    public NoiseKind noiseKind() {
        return fitted.intervals().noiseKind();
    }

    /** Least effective sample size of the draws of {@link IntervalMethod#SAMPLED}; 0 for other methods. */
    public double effectiveSize() {
        return fitted.intervals().effectiveSize();
    }

    /**
     * Bounds of a coefficient or weight.
     *
     * @param lower n × r or m × r; 0 where the probability of a zero is that of the lower tail or more
     * @param upper likewise
     */
    public record Bounds(Matrix lower, Matrix upper) {}

    /**
     * Credible intervals of the coefficients of samples, each of which holds its coefficient with a probability if the
     * model is right: V is such a product and normal noise, or counts around it, and the parts are those of the data that it
     * was fitted on. Equal probabilities are left out at both ends.
     *
     * @param data n × m
     * @param level that probability, in (0, 1)
     * @return n × r each
     * @throws IllegalArgumentException if the level is out of range
     * @throws DataException if the data are not finite, or have other features
     */
    public Bounds intervals(RowSource data, double level) {
        return intervals(data, level, SampleIds.of(data));
    }

    /**
     * The same with noise by ids.
     *
     * @param ids one per row
     * @throws IllegalArgumentException if there are not as many ids as rows
     */
    public Bounds intervals(RowSource given, double level, long[] ids) {
        SampleIds.require(ids, given);
        RowSource data = check(given);
        try (VbInference inference = inference()) {
            return intervals(data, encode(data, inference), level, ids, inference);
        }
    }

    /**
     * The same where the latents of the data are known, which are most of the work.
     *
     * @param latent what {@link #transform} makes of the data
     * @throws IllegalArgumentException if there are not as many ids, or latents of this rank, as rows
     */
    public Bounds intervals(RowSource given, Latent latent, double level, long[] ids) {
        SampleIds.require(ids, given);
        if (latent.lambda().rows() != given.rows() || latent.lambda().columns() != rank()) {
            throw new IllegalArgumentException("latents must be those of the data, " + given.rows() + " × " + rank()
                    + ", not " + latent.lambda().rows() + " × "
                    + latent.lambda().columns());
        }
        try (VbInference inference = inference()) {
            return intervals(check(given), latent, level, ids, inference);
        }
    }

    private Bounds intervals(RowSource data, Latent latent, double level, long[] ids, VbInference inference) {
        Intervals intervals = configuration().isPoisson()
                ? new CountIntervals(fitted)
                        .ofRows(CountIntervals.rows(latent.lambda(), latent.k()), data, ids, level, inference::forEach)
                : ofGaussian(data, latent, level, ids, inference);
        List<String> components = Latent.componentNames(rank());
        return new Bounds(
                matrix(intervals.lower(), data.rows(), i -> 1).withNames(data.rowNames(), components),
                matrix(intervals.upper(), data.rows(), i -> 1).withNames(data.rowNames(), components));
    }

    private Intervals ofGaussian(RowSource data, Latent latent, double level, long[] ids, VbInference inference) {
        Matrix projection = Matrix.zeros(data.rows(), rank());
        inference.project(data, projection);
        Matrix inclusion = latent.hasZeros() ? latent.inclusion() : null;
        FactorRows rows = ModelIntervals.rows(latent.lambda(), latent.k(), inclusion, projection);
        return new ModelIntervals(fitted).ofRows(rows, data.mask(), ids, level, inference::forEach);
    }

    /**
     * Credible intervals of the {@link #basis}, m × r, in units of the data; likewise. Those of components that were {@linkplain
     * #fixedComponents given and kept} have no width. Where the data leave open how the factors are turned against each
     * other, a weight of the {@link #basis}, which is a mean, may lie outside of its interval.
     *
     * @param level probability of each, in (0, 1)
     * @throws IllegalArgumentException if the level is out of range
     */
    public Bounds basisIntervals(double level) {
        try (VbInference inference = inference()) {
            Intervals intervals = new ModelIntervals(fitted).ofBasis(level, inference::forEach);
            return new Bounds(basisBound(intervals.lower()), basisBound(intervals.upper()));
        }
    }

    /** Known weights are their own bounds. */
    private Matrix basisBound(double[] values) {
        Matrix bound = matrix(values, features(), fitted::unit);
        for (int f = 0; f < features(); f++) {
            for (int j = 0; j < fixedComponents(); j++) {
                bound.storage(f)[bound.offset(f) + j] = fitted.weight(f, j);
            }
        }
        return bound.withNames(featureNames(), Latent.componentNames(rank()));
    }

    /**
     * What {@link #reconstructIntervals} gives, n × m each, in units of the data: where they are scaled, that is undone.
     *
     * @param mean V̂ from the means of the coefficients
     * @param lower lower bounds; 0 where the probability of 0 is that of the lower tail or more
     * @param upper upper bounds
     */
    public record Reconstruction(Matrix mean, Matrix lower, Matrix upper) {}

    /**
     * V̂ with a credible interval of each entry, of those that are missing in the data, too: of w·h, the data without noise,
     * given the posterior of both factors. Where w·h is not 0, its distribution is taken for a Weibull distribution with its
     * mean and variance. What is measured varies around that by σ.
     *
     * @param level probability of each interval, in (0, 1)
     * @throws IllegalArgumentException if the level is out of range, or the likelihood is Poisson
     * @throws DataException as {@link #transform} does
     */
    public Reconstruction reconstructIntervals(RowSource given, double level) {
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("level must be in (0, 1), not " + level);
        }
        if (configuration().isPoisson()) {
            throw new IllegalArgumentException("intervals of reconstructions are of models with a Gaussian likelihood");
        }
        RowSource data = check(given);
        try (VbInference inference = inference()) {
            Latent latent = encode(data, inference);
            Matrix mean = decode(latent.mean(inference), inference);
            Matrix lower = Matrix.zeros(mean.rows(), features());
            Matrix upper = Matrix.zeros(mean.rows(), features());
            ReconstructionVariance.of(fitted, latent).bounds(mean, level, lower, upper, inference);
            RowSource ordered = inFeatureOrder(given); // what undoes a scaling rises, so that bounds stay bounds
            return new Reconstruction(
                    restored(mean, ordered),
                    restored(lower.withNames(mean.rowNames(), featureNames()), ordered),
                    restored(upper.withNames(mean.rowNames(), featureNames()), ordered));
        }
    }

    /**
     * @param unit what the values of a row are multiplied by
     */
    private Matrix matrix(double[] values, int rows, IntToDoubleFunction unit) {
        Matrix matrix = Matrix.zeros(rows, rank());
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rank(); j++) {
                matrix.storage(i)[matrix.offset(i) + j] = (float) (values[i * rank() + j] * unit.applyAsDouble(i));
            }
        }
        return matrix;
    }

    @Override
    boolean hasZeros() {
        return fitted.parameters().zeros();
    }

    @Override
    VbInference inference() {
        return Backends.openInference(execution(), fitted, posterior, sweeps);
    }

    @Override
    Latent prior(Covariates table, int count) {
        CovariatePrior rows = covariatePrior(table);
        double[] means = fitted.parameters().coefficientMean();
        Matrix lambda = Matrix.zeros(count, rank());
        Matrix k = Matrix.zeros(count, rank());
        Matrix inclusion = hasZeros() ? Matrix.zeros(count, rank()) : null;
        for (int i = 0; i < count; i++) {
            int offset = lambda.offset(i);
            double[] ofRow = rows == null ? means : rows.means(i % table.rows(), means);
            for (int j = 0; j < rank(); j++) {
                lambda.storage(i)[offset + j] = (float) ofRow[j];
            }
            Arrays.fill(k.storage(i), offset, offset + rank(), 1f);
            for (int j = 0; inclusion != null && j < rank(); j++) {
                inclusion.storage(i)[offset + j] = (float) fitted.parameters().coefficientInclusion()[j];
            }
        }
        return new Latent(lambda, k, inclusion, List.of());
    }

    @Override
    long seed() {
        return configuration().seed();
    }

    @Override
    double squaredSigma() {
        return fitted.parameters().squaredSigma();
    }

    /** As for standard NMF: a column of the basis is 0, or all medians of a component are. */
    @Override
    List<Integer> dead(Latent latent) {
        return Diagnosis.deadComponents(basis(), latent.median());
    }

    /**
     * The ELBO is that of the rows, given the posterior of the basis: −E ln p(v | H, W) − KL(H), without the KL of the
     * basis, which is the model's.
     */
    @Override
    Score score(RowSource data, Latent latent, Errors errors, Inference inference) {
        VbParameters p = fitted.parameters();
        double[] inclusion = hasZeros() ? p.coefficientInclusion() : ones();
        double[] means = p.coefficientMean();
        CovariatePrior rows = covariatePrior(data.covariates());
        double kl = latent.kl(i -> rows == null ? means : rows.means(i, means), inclusion, inference) / data.rows();
        double observed = data.mask() == null ? 1 : (double) data.mask().observed() / data.size();
        double entries = observed * scaling().featureWeights().totalOfFeatures(features());
        double reconstruction;
        double deviance = Double.NaN;
        if (configuration().isPoisson()) {
            Latent sized = sized(latent, data);
            reconstruction = PoissonScore.negativeLogLikelihood(data, sized, p, inference) / data.rows();
            deviance = Deviance.ofPoisson(data, sized.mean(inference), basis(), inference);
        } else {
            double expected = errors.squaredMean()
                    + (data.mask() == null
                            ? ReconstructionVariance.total(p, latent, inference)
                            : ReconstructionVariance.of(fitted, latent).total(data.mask(), inference));
            reconstruction = expected / (2 * squaredSigma() * data.rows())
                    + entries / 2.0 * Math.log(2 * Math.PI * squaredSigma());
        }
        return new Score(
                errors.median(),
                errors.mean(),
                errors.sampled(),
                reconstruction,
                kl,
                reconstruction + kl,
                hoyerSparsity(),
                dead(latent),
                -(reconstruction + kl) / entries,
                sigma(),
                deviance);
    }

    /** What covariates of rows make of their prior; null of a model without. */
    private CovariatePrior covariatePrior(Covariates table) {
        return CovariatePrior.of(covariates(), table, fitted.parameters().effects());
    }

    private double[] ones() {
        double[] ones = new double[rank()];
        Arrays.fill(ones, 1);
        return ones;
    }
}
