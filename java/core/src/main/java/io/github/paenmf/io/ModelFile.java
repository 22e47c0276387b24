package io.github.paenmf.io;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.SavedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Models as {@code .npz}: float32 arrays that NumPy reads, beside one JSON text, {@code metadata},
 * with everything else.
 *
 * <table>
 * <caption>Arrays</caption>
 * <tr><td>{@code W_lambda}, {@code W_k}, {@code W_f}</td><td>m × r</td></tr>
 * <tr><td>{@code b_lambda}, {@code b_k}</td><td>r</td></tr>
 * <tr><td>{@code input_means}</td><td>m: what the encoder reads where a value is missing</td></tr>
 * <tr><td>{@code history_reconstruction}, {@code history_kl}</td><td>float64, one value per epoch</td></tr>
 * <tr><td>{@code feature_names}</td><td>m texts, or absent</td></tr>
 * </table>
 *
 * <p>Where data were scaled before the fit, {@code scaling} of the metadata says how, {@code feature_scales} has m float64
 * numbers where features were divided by their standard deviations, {@code feature_weights} m where features counted with
 * weights (the basis is then multiplied by their roots), and the format's version is 2, else 1. With covariates it is 3:
 * {@code covariates} of the metadata says how each becomes numbers, by {@code mean} and {@code deviation} or by {@code
 * levels} and their {@code shares} ({@link io.github.paenmf.data.FittedCovariates}), and {@code covariate_effects}, r ×
 * columns of numbers, float64, what they do to the logarithms of the coefficients' prior means, with {@code
 * covariate_covariances}, r × columns × columns, of {@code vb}, and {@code W_covariates}, columns × 2r, or × units of the first
 * hidden layer, by which they enter the encoder of {@code pae}.
 *
 * <p>Values are in units of the (scaled) data divided by {@code data_scale} of the metadata, whose {@code
 * algorithm} says what the model is of: {@code pae} if it is absent, {@code ae}, {@code nmf-mu}, {@code nmf-hals},
 * {@code nmf-kl} or {@code vb}. Only models of {@code pae} and {@code ae} have the arrays of an encoder, {@code W_lambda},
 * {@code W_k}, {@code b_lambda}, {@code b_k} and {@code input_means}. A model of standard NMF that an update can go on from
 * has {@code sums_numerator}, m × r, {@code sums_denominator}, r × r, m × r or 1 × r, and {@code sums_rows}, of how many
 * rows these are the means ({@link io.github.paenmf.model.NmfSums}). A model of standard NMF or of {@code vb} whose first
 * components were given and kept has these in {@code fixed_basis}, m × their number, in units of the data.
 * A model of standard NMF whose basis was normalised has {@code component_scales}, r, the mean coefficient of each
 * component over the rows of the fit; {@code data_scale}·{@code W_f}, times the scales of features, then has columns of
 * length 1.
 *
 * <table>
 * <caption>Arrays of a model of {@code vb}; l is the number of live components, those that take part in the
 * rotation</caption>
 * <tr><td>{@code W_f}, {@code W_variance}, {@code W_inclusion}</td><td>m × r: mean and variance of each weight, zeros
 *     counted in, and its probability not to be 0</td></tr>
 * <tr><td>{@code prior_mean}, {@code prior_inclusion}</td><td>r: λ₀ and π of the weights</td></tr>
 * <tr><td>{@code coefficient_inclusion}</td><td>r: π of the coefficients</td></tr>
 * <tr><td>{@code coefficient_mean}</td><td>r: their prior means; absent where they are 1</td></tr>
 * <tr><td>{@code noise_variance}</td><td>3: a, b and c of the variance a + b·v̂ + c·v̂² of the noise</td></tr>
 * <tr><td>{@code W_projection}, {@code coefficient_gram}</td><td>m × r, r × r: VᵀH and E[HᵀH] of the fit, of which the
 *     intervals of the basis are made</td></tr>
 * <tr><td>{@code coefficient_blocks}, {@code basis_blocks}</td><td>r × r × r, for {@code joint}: what the variance of
 *     component j of a row x of either factor gains is xᵀBⱼx</td></tr>
 * <tr><td>{@code rotation_mode}, {@code rotations}, {@code rotation_scales}</td><td>l × l, draws × l × l, draws × l, for
 *     {@code rotation} and {@code sampled}</td></tr>
 * <tr><td>{@code W_variance_shares}</td><td>m × l: by which the variance of a weight exceeds that of constant
 *     noise</td></tr>
 * <tr><td>{@code W_conditional_variance}</td><td>m × r: of counts, and where entries were missing</td></tr>
 * <tr><td>{@code W_estimates}, {@code W_estimate_covariances}, {@code W_covariances}</td><td>m × l, and m × l(l + 1)/2
 *     twice, likewise for the rotation ({@link io.github.paenmf.model.BasisEstimates})</td></tr>
 * </table>
 *
 * <p>Beside them {@code squared_sigma} of the metadata is σ², {@code zeros} whether coefficients may be 0, and {@code
 * intervals} the method. The program {@code docs/recompute.py} computes distributions, scores and intervals from a file
 * with NumPy alone.
 *
 * <p>A model with restarts has {@code stability} in the metadata, {@code restart_objectives}, one per fit, {@code
 * restart_cosines}, fits × r, of the components of each fit with those of the model, {@code consensus}, m × r, the basis on
 * which they agree, and {@code consensus_kept}, r, the share of fits in it; a model with a bootstrap {@code
 * bootstrap_errors}, m × r, the standard errors of {@code W_f}, and {@code bootstrap_cosines}, fits × r.
 */
public final class ModelFile {

    private static final String FORMAT = "paenmf-model";
    private static final int VERSION = 1;
    /** Of models of data that were scaled, which earlier releases would take as they are. */
    private static final int SCALED_VERSION = 2;
    /** Of models with covariates, which earlier releases would do without. */
    private static final int COVARIATE_VERSION = 3;
    /** A model of 4 million features at rank 100 is smaller. */
    private static final long MAX_BYTES = 8L << 30;
    /** A million characters, where a few hundred are usual. */
    static final long MAX_METADATA_BYTES = 4L << 20;

    private static final String METADATA = "metadata";

    /** W, m × r. */
    static final String BASIS = "W_f";

    /** Who knows each kind of model; what makes a kind of model adds its codec here. */
    private static final List<ModelCodec<?>> CODECS = List.of(new VbCodec(), new PaeCodec(), new NmfCodec());

    private ModelFile() {}

    /**
     * Writes a model; a file that was there before is replaced once the new one is complete.
     *
     * @throws CannotWriteException if the file cannot be written; what was there is then unchanged
     */
    public static void write(SavedModel model, Path file) throws CannotWriteException {
        write(model, codec(model.algorithm()), file);
    }

    private static <M extends SavedModel> void write(SavedModel saved, ModelCodec<M> codec, Path file)
            throws CannotWriteException {
        M model = codec.type().cast(saved);
        String metadata;
        try {
            metadata = JSON.std.asString(metadata(model, codec));
        } catch (IOException e) {
            throw new IllegalStateException("a map of texts and numbers has a JSON form", e);
        }
        AtomicFile.write(file, out -> {
            try (NpzWriter npz = new NpzWriter(out, false)) {
                npz.write(METADATA, metadata);
                codec.writeArrays(model, npz);
                npz.write(BASIS, basis(model), model.features(), model.rank());
                npz.write(
                        "history_reconstruction",
                        model.history().reconstruction(),
                        model.history().epochs());
                npz.write("history_kl", model.history().kl(), model.history().epochs());
                StoredScaling.write(model.scaling(), npz);
                StoredReplicates.write(model.replicates(), npz);
                if (!model.featureNames().isEmpty()) {
                    npz.write("feature_names", model.featureNames());
                }
            }
        });
    }

    private static ModelCodec<?> codec(Algorithm algorithm) {
        return CODECS.stream()
                .filter(codec -> codec.algorithms().contains(algorithm))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no codec is for models of " + algorithm));
    }

    private static float[] basis(SavedModel model) {
        int r = model.rank();
        float[] basis = new float[Math.multiplyExact(model.features(), r)];
        for (int i = 0; i < model.features(); i++) {
            for (int j = 0; j < r; j++) {
                basis[i * r + j] = model.basis(i, j);
            }
        }
        return basis;
    }

    private static <M extends SavedModel> Map<String, Object> metadata(M model, ModelCodec<M> codec) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("version", version(model));
        metadata.put("algorithm", ModelFields.name(model.algorithm()));
        metadata.put("configuration", codec.configuration(model));
        codec.addMetadata(model, metadata);
        metadata.put("data_scale", model.dataScale());
        StoredScaling.write(model.scaling(), metadata);
        StoredCovariates.write(model.covariates(), metadata);
        StoredReplicates.write(model.replicates(), metadata);
        metadata.put("stop_reason", ModelFields.name(model.history().stopReason()));
        StoredWarnings.write(model.warnings(), metadata);
        metadata.put("java", Runtime.version().toString());
        return metadata;
    }

    private static int version(SavedModel model) {
        if (!model.covariates().isNone()) {
            return COVARIATE_VERSION;
        }
        return model.scaling().isNone() ? VERSION : SCALED_VERSION;
    }

    /**
     * Reads a model.
     *
     * @throws DataException if the file is truncated, corrupt, too large, of a newer version or not a
     *     model; the message says which
     * @throws IOException if the file does not exist or cannot be read
     */
    public static SavedModel read(Path file) throws IOException {
        Map<String, NpyArray> arrays = Npz.readAll(file, MAX_BYTES, Map.of(METADATA, MAX_METADATA_BYTES));
        try {
            SavedModel model = model(file, arrays);
            requireFiniteBasis(file, model);
            return model;
        } catch (IllegalArgumentException e) {
            String message = e.getMessage();
            throw e instanceof DataException damage && message.startsWith(file.toString())
                    ? damage
                    : new DataException(file + " is damaged: " + message, e);
        }
    }

    /**
     * Whether a file is a model, complete or not; none of its arrays is read.
     *
     * @throws IOException if the file cannot be read
     */
    public static boolean isModel(Path file) throws IOException {
        try (Npz npz = Npz.open(file)) {
            return npz.names().contains(METADATA);
        } catch (DataException notNpz) {
            return false;
        }
    }

    private static SavedModel model(Path file, Map<String, NpyArray> arrays) {
        ModelFields metadata = ModelFields.of(file, arrays.get(METADATA), "a paenmf model");
        if (!FORMAT.equals(metadata.values().get("format"))) {
            throw new DataException(file + " is not a paenmf model: its metadata are those of something else");
        }
        int version = metadata.integer("version");
        if (version < VERSION || version > COVARIATE_VERSION) {
            throw new DataException(
                    file + " is a model of format version " + version + ", but this paenmf reads versions " + VERSION
                            + " to " + COVARIATE_VERSION + "; use a matching release");
        }
        if (StoredCovariates.areThere(metadata) != (version == COVARIATE_VERSION)) {
            throw new DataException(file + " is damaged: format version " + COVARIATE_VERSION
                    + " is for models with covariates, and only for these, but this one is of version " + version);
        }
        boolean scaled = StoredScaling.isThere(metadata);
        if (version != COVARIATE_VERSION && scaled != (version == SCALED_VERSION)) {
            throw new DataException(file + " is damaged: format version " + SCALED_VERSION
                    + " is for models of scaled data, and only for these, but this one is of version " + version);
        }
        StoredModel stored = StoredModel.of(file, arrays, metadata);
        SavedModel unscaled = codec(stored.algorithm()).read(stored);
        SavedModel model = unscaled.withScaling(StoredScaling.read(stored, unscaled.features()));
        if (model.algorithm() != stored.algorithm()) {
            throw new DataException(file + " is damaged: algorithm is " + ModelFields.name(stored.algorithm())
                    + ", but its configuration is one of " + ModelFields.name(model.algorithm()));
        }
        return model;
    }

    /** Weights may be finite, but not the basis in units of the data. */
    private static void requireFiniteBasis(Path file, SavedModel model) {
        for (int i = 0; i < model.features(); i++) {
            for (int j = 0; j < model.rank(); j++) {
                if (!Float.isFinite(model.weight(i, j))) {
                    throw new DataException(file + " is damaged: W_f at feature " + (i + 1) + ", component " + (j + 1)
                            + " is " + model.basis(i, j) + ", which times data_scale, " + model.dataScale()
                            + ", is more than a 32-bit float holds");
                }
            }
        }
    }
}
