package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Coefficients;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfInference;
import io.github.paenmf.backend.Prepared;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.PositiveData;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.History;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.train.Diagnosis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A fitted standard NMF, V ≈ H·basisᵀ with H, basis ≥ 0. Immutable and thread-safe. Its {@link #history} is of
 * ‖v − v̂‖²/2 per sample, in units of the data's root mean square, and of the fit's penalties; with {@link NmfAlgorithm#KL}
 * of the Kullback-Leibler divergence Σ v ln(v/v̂) − v + v̂ per sample, in units of the data; with another β its divergence
 * per sample, in units of the data's root mean square. There is no KL of distributions beside it.
 */
public final class NmfModel extends FactorisationModel {

    private final FittedNmf fitted;
    private final Matrix trainingCoefficients;
    private final Supplier<Coefficients> coefficients;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     * @param trainingCoefficients H of the training rows, or null if another program trained it
     */
    NmfModel(FittedNmf fitted, Execution execution, String trainedOn, Matrix trainingCoefficients) {
        this(fitted, execution, trainedOn, trainingCoefficients, new Prepared<>(() -> Coefficients.of(fitted)));
    }

    private NmfModel(
            FittedNmf fitted,
            Execution execution,
            String trainedOn,
            Matrix trainingCoefficients,
            Supplier<Coefficients> coefficients) {
        super(fitted, execution, trainedOn);
        this.fitted = fitted;
        this.trainingCoefficients = trainingCoefficients;
        this.coefficients = coefficients;
    }

    /**
     * Reads a model of standard NMF.
     *
     * @throws DataException if the file is not a complete model, or one of another kind
     * @throws IOException if the file cannot be read
     */
    public static NmfModel load(Path file) throws IOException {
        SavedModel saved = ModelFile.read(file);
        if (saved instanceof FittedNmf nmf) {
            return new NmfModel(nmf, Execution.auto(), null, null);
        }
        throw notOf(file, saved.algorithm(), "standard NMF");
    }

    /**
     * A model with a given basis, without a fit: what it makes of rows are their coefficients by these parts.
     *
     * @param basis m × r, finite and ≥ 0, in units of the data, which are not scaled; names of rows are those of the features
     * @param algorithm {@link NmfAlgorithm#KL} for coefficients of the least Kullback-Leibler divergence, any other for those of
     *     least squares
     * @throws DataException if a value is negative or not finite
     */
    public static NmfModel ofBasis(Matrix basis, NmfAlgorithm algorithm) {
        Matrix w = new GivenFactors(basis, null, true).basis().copy();
        NmfConfiguration configuration =
                new NmfConfiguration(w.columns(), algorithm, NmfInit.GIVEN, 1, 0, 1, Missing.NONE, 0);
        History none = new History(new double[0], new double[0], History.StopReason.EPOCHS);
        FittedNmf fitted = new FittedNmf(configuration, w, 1, w.rowNames(), none, List.of());
        return new NmfModel(fitted.withFixedBasis(w), Execution.auto(), null, null);
    }

    @Override
    public NmfModel withExecution(Execution other) {
        return new NmfModel(fitted, other, trainedOn().orElse(null), trainingCoefficients, coefficients);
    }

    @Override
    public NmfModel withMissing(Missing missing) {
        return new NmfModel(
                fitted.withMissing(missing), execution(), trainedOn().orElse(null), trainingCoefficients);
    }

    @Override
    public NmfSession openSession() {
        return new NmfSession(this, inference());
    }

    /** What the model was fitted with, defaults included. */
    public NmfConfiguration configuration() {
        return fitted.configuration();
    }

    @Override
    public boolean isOfCounts() {
        return configuration().algorithm() == NmfAlgorithm.KL;
    }

    @Override
    public int totalEpochs() {
        return fitted.previousEpochs() + history().epochs();
    }

    FittedNmf fitted() {
        return fitted;
    }

    @Override
    public boolean hasKl() {
        return false;
    }

    @Override
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("Start", shown(configuration().init()));
        if (configuration().hasOtherBeta()) {
            settings.put("Beta of the divergence", shown(configuration().beta()));
        }
        if (fitted.fixedComponents() > 0) {
            settings.put("Fixed components", String.valueOf(fitted.fixedComponents()));
        }
        settings.putAll(penaltySettings(configuration().penalties()));
        if (configuration().batchRows() > 0) {
            settings.put("Rows of a step", String.valueOf(configuration().batchRows()));
            settings.put("Forget factor", shown(configuration().forgetFactor()));
        }
        if (!scales().isEmpty()) {
            settings.put("Normalised basis", shown(configuration().normalisation()));
            settings.put(
                    "Scales of the components",
                    scales().stream()
                            .map(scale -> String.format(Locale.ROOT, "%.4g", scale))
                            .collect(Collectors.joining(", ")));
        }
        settings.putAll(scalingSetting());
        settings.put("Seed", String.valueOf(configuration().seed()));
        return settings;
    }

    /** How many components, the first ones, kept the basis that was given ({@link Nmf.Builder#fixBasis}). */
    public int fixedComponents() {
        return fitted.fixedComponents();
    }

    /**
     * A copy of H of the training rows as the last epoch left it, n × r; empty for a model that was loaded.
     * {@link #transform} of the same rows explains them at least as well.
     */
    public Optional<Matrix> trainingCoefficients() {
        return Optional.ofNullable(trainingCoefficients).map(Matrix::copy);
    }

    /**
     * Of a {@linkplain Nmf.Builder#normalise normalised} basis how much there is of each component: the mean of its
     * coefficients over the rows of the fit, by their weights, in units of the data over those of the basis, r values. So
     * with d for these V ≈ H·diag(1/d)·diag(d)·basisᵀ, where the columns of H·diag(1/d) have the mean 1. After updates rows
     * that were seen before count in them as in the basis. Empty unless normalised.
     */
    public List<Double> scales() {
        return fitted.scales();
    }

    /**
     * H of samples, n × r: argmin ‖V − H·basisᵀ‖² with H ≥ 0, exactly, with the penalty of coefficients where the fit had
     * one; with {@link NmfAlgorithm#KL} or another β of the least divergence, by updates until they change next to nothing.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features; with β at most 0, if one is 0
     */
    public Matrix transform(RowSource data) {
        try (NmfInference inference = inference()) {
            return coefficients(check(data), inference);
        }
    }

    /** H of data in feature order, with names. */
    Matrix coefficients(RowSource data, NmfInference inference) {
        if (configuration().beta() <= 0) {
            PositiveData.require(data, configuration().divergence());
        }
        Matrix h = Matrix.zeros(data.rows(), rank());
        inference.encode(data, h);
        return h.withNames(data.rowNames(), Latent.componentNames(rank()));
    }

    @Override
    public Matrix coefficients(RowSource data) {
        return transform(data);
    }

    @Override
    public Matrix reconstruct(RowSource data) {
        try (NmfInference inference = inference()) {
            return restored(reconstruct(check(data), inference), data);
        }
    }

    /** V̂ of data in feature order, in their units once they are scaled, with names. */
    Matrix reconstruct(RowSource data, NmfInference inference) {
        Matrix h = coefficients(data, inference);
        Matrix decoded = Matrix.zeros(h.rows(), features());
        inference.decode(h, decoded);
        requireFinite(decoded, "reconstruction");
        return decoded.withNames(h.rowNames(), featureNames());
    }

    @Override
    public Score score(RowSource given) {
        try (NmfInference inference = inference()) {
            return ScoredRows.of(check(given), (data, first) -> {
                Matrix h = coefficients(data, inference);
                double squaredNorm = squaredNorm(data);
                double squaredError = inference.squaredError(data, sized(h, data));
                Score score = score(data, h, squaredError, relativeError(squaredError, squaredNorm), inference);
                return ScoredRows.ofNumbers(score, data.rows(), squaredNorm, squaredError);
            });
        }
    }

    private Score score(RowSource data, Matrix h, double squaredError, double error, NmfInference inference) {
        List<Integer> dead = Diagnosis.deadComponents(fitted.w(), h);
        if (isOfCounts()) {
            double deviance = Deviance.ofPoisson(data, sized(h, data), fitted.w(), inference);
            double divergence = deviance / 2 * Deviance.observed(data) / data.rows();
            return Score.ofNumbers(error, divergence, hoyerSparsity(), dead, deviance);
        }
        if (configuration().hasOtherBeta()) {
            double divergence = inference.divergence(data, h) / data.rows();
            return Score.ofNumbers(error, divergence, hoyerSparsity(), dead, Double.NaN);
        }
        return Score.ofNumbers(error, squaredError / (2 * data.rows()), hoyerSparsity(), dead, Double.NaN);
    }

    /** What the model computes on its device; the caller closes it. */
    private NmfInference inference() {
        return Backends.openInference(execution(), fitted, coefficients);
    }
}
