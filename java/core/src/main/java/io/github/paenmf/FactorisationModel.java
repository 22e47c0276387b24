package io.github.paenmf;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Bootstrap;
import io.github.paenmf.model.FeatureOrder;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.History;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Stability;
import io.github.paenmf.model.Warning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A fitted factorisation V ≈ H·basisᵀ, whatever made it. Immutable and thread-safe. Data are n × m with the
 * features it was fitted on: columns with the same names in another order are put in order, others are refused, and
 * without names columns go by position. What comes back is in the order of the model.
 */
public abstract sealed class FactorisationModel permits ProbabilisticModel, NmfModel {

    private final SavedModel saved;
    private final Execution execution;
    private final String trainedOn;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    FactorisationModel(SavedModel saved, Execution execution, String trainedOn) {
        this.saved = saved;
        this.execution = Objects.requireNonNull(execution, "execution");
        this.trainedOn = trainedOn;
    }

    /**
     * Reads a model of any kind.
     *
     * @throws DataException if the file is not a complete model, with the reason
     * @throws IOException if the file cannot be read
     */
    public static FactorisationModel load(Path file) throws IOException {
        SavedModel saved = ModelFile.read(file);
        if (saved instanceof FittedNmf nmf) {
            return new NmfModel(nmf, Execution.auto(), null, null);
        }
        if (saved instanceof FittedVb vb) {
            return new VariationalModel(vb, Execution.auto(), null);
        }
        return new PaeNmfModel((FittedPae) saved, Execution.auto(), null);
    }

    /** Refuses to read a model of another kind. */
    static DataException notOf(Path file, Algorithm algorithm, String wanted) {
        return new DataException(file + " is a model of "
                + algorithm.name().toLowerCase(Locale.ROOT).replace('_', '-') + ", not of " + wanted
                + "; FactorisationModel.load reads every kind");
    }

    /**
     * Writes the model; a file that was there before is replaced only once the new one is complete.
     *
     * @throws IOException if the file cannot be written; what was there before is then unchanged
     */
    public final void save(Path file) throws IOException {
        ModelFile.write(saved, file);
    }

    /** The same model, computing elsewhere or in another way; a backend that cannot be had is refused when it is used. */
    public abstract FactorisationModel withExecution(Execution other);

    /**
     * The model held ready for many small calls; the caller closes it.
     *
     * @throws io.github.paenmf.backend.BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public abstract FactorisationSession openSession();

    final Execution execution() {
        return execution;
    }

    /** What the model is of. */
    public final Algorithm algorithm() {
        return saved.algorithm();
    }

    /** Number of components, r. */
    public final int rank() {
        return saved.rank();
    }

    /** Number of features, m. */
    public final int features() {
        return saved.features();
    }

    /** Names of the features, or an empty list. */
    public final List<String> featureNames() {
        return saved.featureNames();
    }

    /**
     * How data are scaled before everything else, and by what; {@link FittedScaling#NONE} where they stay as they are.
     * Where size factors are given, every method that takes data asks for those of its rows
     * ({@link io.github.paenmf.data.SizeFactors#attach}).
     */
    public final FittedScaling scaling() {
        return saved.scaling();
    }

    /**
     * How the covariates of rows become numbers; {@link FittedCovariates#NONE} where the model was fitted without. Else every
     * method that takes data asks for those of its rows ({@link io.github.paenmf.data.Covariates#attach}).
     */
    public final FittedCovariates covariates() {
        return saved.covariates();
    }

    /** The device, libraries and precision of the last fit or update; empty for a model that was loaded. */
    public final Optional<String> trainedOn() {
        return Optional.ofNullable(trainedOn);
    }

    /** The objective over the epochs of the last fit or update. */
    public final History history() {
        return saved.history();
    }

    /** Epochs of all fits and updates. */
    public abstract int totalEpochs();

    /** Whether the objective contains a KL divergence, the second part of the {@link #history}. */
    public abstract boolean hasKl();

    /** How the model was fitted, beside rank and epochs, for people: each setting's name and value, in their order. */
    public abstract Map<String, String> settings();

    /** A number as {@link #settings} show it, without a fraction where it is whole. */
    static String shown(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.valueOf((long) value)
                : String.valueOf(value);
    }

    /** A constant as {@link #settings} show it. */
    static String shown(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** What the user should know about the fit, one sentence each. */
    public final List<String> warnings() {
        return saved.warnings().stream().map(Warning::text).toList();
    }

    /** The {@link #warnings} with codes, for programs. */
    public final List<Warning> codedWarnings() {
        return saved.warnings();
    }

    /**
     * The NMF basis in units of the data, m × r: V ≈ H·basisᵀ, and where data are scaled what is equal up to the size
     * factor of the row; in units of ln(1 + x) where a scaling takes that.
     *
     * @throws DataException if a value is more than a float holds
     */
    public final Matrix basis() {
        Matrix basis = Matrix.zeros(features(), rank());
        for (int i = 0; i < features(); i++) {
            for (int j = 0; j < rank(); j++) {
                basis.storage(i)[basis.offset(i) + j] = saved.weight(i, j);
            }
        }
        requireFinite(basis, "basis");
        return basis.withNames(featureNames(), Latent.componentNames(rank()));
    }

    /** Which components came out again in restarts; empty where the model was fitted once. */
    public final Optional<Stability> stability() {
        return Optional.ofNullable(saved.replicates().stability());
    }

    /**
     * The basis on which restarts agree, m × r, as {@link #basis} in units of the data; empty where the model was fitted
     * once.
     */
    public final Optional<Matrix> consensusBasis() {
        return stability()
                .map(stability -> inUnits((f, j) -> stability.consensus().get(f, j), "consensus"));
    }

    /** What fits on rows drawn anew say of the parts; empty where none were asked for. */
    public final Optional<Bootstrap> bootstrap() {
        return Optional.ofNullable(saved.replicates().bootstrap());
    }

    /**
     * Confidence intervals of the {@link #basis}, m × r, in units of the data, which say how the parts would differ had other
     * samples been drawn, whether or not the model holds: as many standard errors of the bootstrap to either side of each
     * weight as a normal distribution has, cut off at 0. Components are as long as their mean coefficient tells.
     *
     * @param level probability of each, in (0, 1)
     * @return empty where no bootstrap was asked for
     * @throws IllegalArgumentException if the level is out of range
     */
    public final Optional<VariationalModel.Bounds> bootstrapIntervals(double level) {
        double reach = Bootstrap.reach(level);
        return bootstrap().map(bootstrap -> {
            Matrix errors = bootstrap.errors();
            return new VariationalModel.Bounds(
                    inUnits((f, j) -> Math.max(0, saved.basis(f, j) - reach * errors.get(f, j)), "interval"),
                    inUnits((f, j) -> saved.basis(f, j) + reach * errors.get(f, j), "interval"));
        });
    }

    /** What the model is of, its rank, features and epochs, in one line. */
    @Override
    public final String toString() {
        return algorithm().title() + " of rank " + rank() + ", " + features() + " features, " + totalEpochs()
                + " epochs";
    }

    private interface Weight {
        double of(int feature, int component);
    }

    /** What is in units of the saved basis, in those of the data. */
    private Matrix inUnits(Weight weight, String what) {
        Matrix matrix = Matrix.zeros(features(), rank());
        for (int f = 0; f < features(); f++) {
            for (int j = 0; j < rank(); j++) {
                matrix.storage(f)[matrix.offset(f) + j] = (float) (weight.of(f, j) * saved.unit(f));
            }
        }
        requireFinite(matrix, what);
        return matrix.withNames(featureNames(), Latent.componentNames(rank()));
    }

    /** Refuses a result that left the range of floats, instead of passing infinities on. */
    static void requireFinite(Matrix result, String what) {
        for (int i = 0; i < result.rows(); i++) {
            float[] values = result.storage(i);
            int offset = result.offset(i);
            for (int j = 0; j < result.columns(); j++) {
                if (!Float.isFinite(values[offset + j])) {
                    throw new DataException("the " + what + " is " + values[offset + j] + " in row " + (i + 1)
                            + ", column " + (j + 1) + ": 32-bit floats end at 3.4e38;"
                            + " scale the data down and fit again");
                }
            }
        }
    }

    /**
     * H, n × r: one number for each coefficient, which is what {@link #reconstruct} decodes. The median where
     * coefficients have a distribution.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    public abstract Matrix coefficients(RowSource data);

    /**
     * V̂ = H·basisᵀ from the {@link #coefficients}, n × m, in units of the data: where they are scaled, that is undone.
     *
     * @throws DataException as {@link #coefficients} does
     */
    public abstract Matrix reconstruct(RowSource data);

    /**
     * How well the model explains data; where they are scaled, the scaled data.
     *
     * @throws DataException as {@link #coefficients} does
     */
    public abstract Score score(RowSource data);

    /**
     * Data with their columns in the order of {@link #featureNames()}, as every method that takes data puts them. A
     * program that hands in the same data more than once, or compares them with what it gets back, calls this first.
     * Columns go by position where the data or the model have no names: to ignore names, take
     * {@code data.withNames(data.rowNames(), List.of())}.
     *
     * @return n × m: {@code data} itself if it is in order, else a copy
     * @throws FeatureNamesException if both have names and these are not the same; the message names the first that
     *     differs
     * @throws DataException if the data have another number of columns than the model has features
     */
    public final RowSource inFeatureOrder(RowSource data) {
        return FeatureOrder.arrange(saved, data);
    }

    /**
     * A decoded matrix in units of the data.
     *
     * @param decoded of scaled data; changed in place
     * @param data those, not scaled, whose rows are used in turn
     */
    final Matrix restored(Matrix decoded, RowSource data) {
        return restored(decoded, scaling().sizeFactors(data));
    }

    final Matrix restored(Matrix decoded, double... sizeFactors) {
        scaling().restore(decoded, sizeFactors);
        requireFinite(decoded, "result");
        return decoded;
    }

    /** Penalties as {@link #settings} show them; nothing where there are none. */
    static Map<String, String> penaltySettings(Penalties penalties) {
        Map<String, String> settings = new LinkedHashMap<>();
        if (!penalties.isNone()) {
            settings.put("Penalty of the coefficients", shown(penalties.coefficients()));
            settings.put("Penalty of the basis", shown(penalties.basis()));
        }
        return settings;
    }

    private static String shown(Penalty penalty) {
        return penalty.isNone() ? "none" : "L1 " + shown(penalty.l1()) + ", L2 " + shown(penalty.l2());
    }

    /** How data are scaled, as {@link #settings} show it; nothing where they are not. */
    final Map<String, String> scalingSetting() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (isOfCounts() && !scaling().isNone()) {
            boolean given = scaling().scaling().sizeFactors() == SizeFactors.GIVEN;
            settings.put("Size factors of rows", given ? "given" : "their totals over the mean total");
        } else if (!scaling().scaling().isNone()) {
            settings.put("Scaling of the data", scaling().scaling().toString());
        }
        if (scaling().featureWeights().hasFeatures()) {
            settings.put("Weights of features", "given");
        }
        return settings;
    }

    /** What new data may have for missing values, as those of the fit had. */
    public final Missing missing() {
        return saved.missing();
    }

    /**
     * The same model for new data with other missing values: one that was fitted on complete data takes incomplete ones,
     * too.
     *
     * @throws SettingException if models of this kind take none
     */
    public abstract FactorisationModel withMissing(Missing missing);

    /**
     * Whether data are counts, by a Poisson likelihood or the Kullback-Leibler divergence: they stay as they are, and size
     * factors multiply what is expected of a row.
     */
    public boolean isOfCounts() {
        return false;
    }

    /** Coefficients, or λ, times the size factors of the rows of counts: what is expected of the rows is made of these. */
    static Matrix sized(Matrix coefficients, RowSource counts) {
        if (!SizeFactors.areAttached(counts)) {
            return coefficients;
        }
        Matrix sized = coefficients.copy();
        for (int i = 0; i < sized.rows(); i++) {
            for (int j = 0; j < sized.columns(); j++) {
                sized.storage(i)[sized.offset(i) + j] *= (float) counts.sizeFactor(i);
            }
        }
        return sized;
    }

    /** {@link #inFeatureOrder}, of data that can be factorised, scaled. */
    RowSource check(RowSource data) {
        return observed(data).requireNonNegative();
    }

    /** {@link #inFeatureOrder}, scaled, with what is missing by the model's rule; every row has something that is not. */
    final RowSource observed(RowSource data) {
        RowSource ordered = inFeatureOrder(data);
        covariates().requireOf(ordered);
        RowSource scaled = isOfCounts() ? scaling().expose(ordered) : scaling().apply(ordered);
        RowSource known = IncompleteData.of(scaled, saved.missing());
        if (known.mask() != null) {
            known.mask().requireUsableRows(known);
        }
        return known;
    }

    /** ‖V‖² in units of the scaled data. */
    final double squaredNorm(RowSource data) {
        double sum = 0;
        int[] columns = new int[data.columns()];
        float[] values = new float[columns.length];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                double value = values[l] / saved.dataScale();
                sum += value * value;
            }
        }
        return sum;
    }

    /** ‖V − V̂‖/‖V‖ from the squares; NaN, not defined, if all data are 0. */
    static double relativeError(double squaredError, double squaredNorm) {
        return squaredNorm == 0 ? Double.NaN : Math.sqrt(squaredError / squaredNorm);
    }

    final double hoyerSparsity() {
        double sum = 0;
        for (int j = 0; j < rank(); j++) {
            double l1 = 0;
            double squares = 0;
            for (int i = 0; i < features(); i++) {
                double w = saved.basis(i, j);
                l1 += w;
                squares += w * w;
            }
            double root = Math.sqrt(features());
            // a column of zeros, or of one feature, has no spread to measure
            sum += squares == 0 || features() == 1 ? 1 : (root - l1 / Math.sqrt(squares)) / (root - 1);
        }
        return sum / rank();
    }
}
