package io.github.paenmf.io;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.History;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Models as {@code .npz}: float32 arrays that NumPy reads, beside one JSON text, {@code metadata},
 * with everything else.
 *
 * <table>
 * <caption>Arrays</caption>
 * <tr><td>{@code W_lambda}, {@code W_k}, {@code W_f}</td><td>m × r</td></tr>
 * <tr><td>{@code b_lambda}, {@code b_k}</td><td>r</td></tr>
 * <tr><td>{@code history_reconstruction}, {@code history_kl}</td><td>float64, one value an epoch</td></tr>
 * <tr><td>{@code feature_names}</td><td>m texts, or absent</td></tr>
 * </table>
 *
 * <p>Values are in units of the data divided by {@code data_scale} of the metadata, whose {@code
 * algorithm} says what the model is of: {@code pae} if it is absent, {@code ae}, {@code nmf-mu} or
 * {@code nmf-hals}. A model of standard NMF has no arrays of an encoder, {@code W_lambda}, {@code W_k},
 * {@code b_lambda} and {@code b_k}.
 */
public final class ModelFile {

    private static final String FORMAT = "paenmf-model";
    private static final int VERSION = 1;
    /** A model of 4 million features at rank 100 is smaller. */
    private static final long MAX_BYTES = 8L << 30;
    /** A million characters, where a few hundred are usual. */
    static final long MAX_METADATA_BYTES = 4L << 20;

    private static final String METADATA = "metadata";

    private ModelFile() {}

    /**
     * Writes a model; a file that was there before is replaced once the new one is complete.
     *
     * @throws CannotWriteException if the file cannot be written; what was there is then unchanged
     */
    public static void write(SavedModel model, Path file) throws CannotWriteException {
        String metadata;
        try {
            metadata = JSON.std.asString(metadata(model));
        } catch (IOException e) {
            throw new IllegalStateException("a map of texts and numbers has a JSON form", e);
        }
        AtomicFile.write(file, out -> {
            try (NpzWriter npz = new NpzWriter(out, false)) {
                npz.write(METADATA, metadata);
                if (model instanceof FittedPae pae) {
                    writeEncoder(npz, pae.parameters());
                }
                npz.write("W_f", basis(model), model.features(), model.rank());
                npz.write(
                        "history_reconstruction",
                        model.history().reconstruction(),
                        model.history().epochs());
                npz.write("history_kl", model.history().kl(), model.history().epochs());
                if (!model.featureNames().isEmpty()) {
                    npz.write("feature_names", model.featureNames());
                }
            }
        });
    }

    private static void writeEncoder(NpzWriter npz, PaeParameters p) throws IOException {
        int m = p.features();
        int r = p.rank();
        npz.write("W_lambda", block(p, 0), m, r);
        npz.write("W_k", block(p, 1), m, r);
        npz.write("b_lambda", Arrays.copyOf(p.biases(), r), r);
        npz.write("b_k", Arrays.copyOfRange(p.biases(), r, 2 * r), r);
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

    /** One of the m × r blocks of the weights. */
    private static float[] block(PaeParameters p, int index) {
        int r = p.rank();
        float[] copy = new float[p.features() * r];
        for (int i = 0; i < p.features(); i++) {
            System.arraycopy(p.weights(), (3 * i + index) * r, copy, i * r, r);
        }
        return copy;
    }

    private static Map<String, Object> metadata(SavedModel model) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("version", VERSION);
        metadata.put("algorithm", name(model.algorithm()));
        if (model instanceof FittedPae pae) {
            metadata.put("configuration", configuration(pae.configuration()));
            metadata.put("previous_epochs", pae.previousEpochs());
        } else if (model instanceof FittedNmf nmf) {
            metadata.put("configuration", configuration(nmf.configuration()));
        }
        metadata.put("data_scale", model.dataScale());
        metadata.put("stop_reason", name(model.history().stopReason()));
        metadata.put("warnings", model.warnings());
        metadata.put("java", Runtime.version().toString());
        return metadata;
    }

    private static Map<String, Object> configuration(PaeConfiguration c) {
        Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("rank", c.rank());
        configuration.put("epochs", c.epochs());
        configuration.put("optimiser", name(c.optimiser()));
        configuration.put("encoder_rate", c.encoderRate());
        configuration.put("bias_rate", c.biasRate());
        configuration.put("decoder_rate", c.decoderRate());
        configuration.put("step_clip", c.stepClip());
        configuration.put("sigma", c.sigma());
        configuration.put("lambda_min", c.lambdaMin());
        configuration.put("shape_min", c.shapeMin());
        configuration.put("heads", name(c.heads()));
        configuration.put("prior_shape", c.priorShape());
        configuration.put("prior_scale", c.priorScale());
        configuration.put("kl", c.kl());
        configuration.put("train_on", name(c.trainOn()));
        configuration.put("decoder_update", name(c.decoderUpdate()));
        configuration.put("init", name(c.init()));
        configuration.put("batch_rows", c.batchRows());
        configuration.put("tolerance", c.tolerance());
        configuration.put("patience", c.patience());
        configuration.put("seed", c.seed());
        return configuration;
    }

    private static Map<String, Object> configuration(NmfConfiguration c) {
        Map<String, Object> configuration = new LinkedHashMap<>();
        configuration.put("rank", c.rank());
        configuration.put("init", name(c.init()));
        configuration.put("epochs", c.epochs());
        configuration.put("tolerance", c.tolerance());
        configuration.put("patience", c.patience());
        configuration.put("seed", c.seed());
        return configuration;
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

    @SuppressWarnings("unchecked")
    private static SavedModel model(Path file, Map<String, NpyArray> arrays) {
        NpyArray metadataArray = arrays.get(METADATA);
        if (metadataArray == null || !metadataArray.isText()) {
            throw new DataException(file + " is not a paenmf model: it has no metadata");
        }
        Fields metadata;
        try {
            Object json = JSON.std.anyFrom(metadataArray.string());
            if (!(json instanceof Map)) {
                throw new DataException(file + " is not a paenmf model: its metadata are no JSON object");
            }
            metadata = new Fields(file, (Map<String, Object>) json);
        } catch (IOException e) {
            throw new DataException(file + " is not a paenmf model: its metadata are not JSON", e);
        }
        if (!FORMAT.equals(metadata.values.get("format"))) {
            throw new DataException(file + " is not a paenmf model: its metadata are those of something else");
        }
        int version = metadata.integer("version");
        if (version != VERSION) {
            throw new DataException(file + " is a model of format version " + version
                    + ", but this paenmf reads version " + VERSION + "; use a matching release");
        }
        Algorithm algorithm = metadata.values.containsKey("algorithm")
                ? metadata.choice("algorithm", Algorithm.class)
                : Algorithm.PAE;
        Fields configuration = new Fields(file, (Map<String, Object>) metadata.get("configuration", Map.class));
        double dataScale = metadata.number("data_scale");
        List<String> featureNames = arrays.containsKey("feature_names")
                ? arrays.get("feature_names").strings()
                : List.of();
        History history = new History(
                array(file, arrays, "history_reconstruction").doubles(),
                array(file, arrays, "history_kl").doubles(),
                metadata.choice("stop_reason", History.StopReason.class));
        List<String> warnings = metadata.texts("warnings");
        if (algorithm == Algorithm.NMF_MU || algorithm == Algorithm.NMF_HALS) {
            NmfConfiguration c = nmfConfiguration(configuration, algorithm);
            int m = features(file, arrays, c.rank());
            Matrix w = Matrix.wrap(finite(file, arrays, "W_f", true, m, c.rank()), m, c.rank());
            return new FittedNmf(c, w, dataScale, featureNames, history, warnings);
        }
        PaeConfiguration c = configuration(configuration);
        FittedPae model = new FittedPae(
                c,
                parameters(file, arrays, c.rank()),
                dataScale,
                featureNames,
                history,
                metadata.integer("previous_epochs"),
                warnings);
        if (model.algorithm() != algorithm) {
            throw new DataException(file + " is damaged: algorithm is " + name(algorithm)
                    + ", but its configuration is one of " + name(model.algorithm()));
        }
        return model;
    }

    private static NmfConfiguration nmfConfiguration(Fields f, Algorithm algorithm) {
        return new NmfConfiguration(
                f.integer("rank"),
                algorithm == Algorithm.NMF_MU ? NmfAlgorithm.MU : NmfAlgorithm.HALS,
                f.choice("init", NmfInit.class),
                f.integer("epochs"),
                f.number("tolerance"),
                f.integer("patience"),
                f.longInteger("seed"));
    }

    private static PaeConfiguration configuration(Fields f) {
        return new PaeConfiguration(
                f.integer("rank"),
                f.integer("epochs"),
                f.choice("optimiser", Optimiser.class),
                f.number("encoder_rate"),
                f.number("bias_rate"),
                f.number("decoder_rate"),
                f.number("step_clip"),
                f.number("sigma"),
                f.number("lambda_min"),
                f.number("shape_min"),
                f.choice("heads", Heads.class),
                f.number("prior_shape"),
                f.number("prior_scale"),
                f.get("kl", Boolean.class),
                f.choice("train_on", TrainOn.class),
                f.choice("decoder_update", DecoderUpdate.class),
                f.values.containsKey("init") ? f.choice("init", Init.class) : Init.RANDOM,
                f.integer("batch_rows"),
                f.number("tolerance"),
                f.integer("patience"),
                f.longInteger("seed"));
    }

    /** m, by the shape of W_f. */
    private static int features(Path file, Map<String, NpyArray> arrays, int r) {
        int[] shape = array(file, arrays, "W_f").shape();
        if (shape.length != 2 || shape[0] < 1 || shape[1] != r) {
            throw new DataException(
                    file + " is damaged: W_f has shape " + Arrays.toString(shape) + ", not (features, " + r + ")");
        }
        return shape[0];
    }

    private static PaeParameters parameters(Path file, Map<String, NpyArray> arrays, int r) {
        int m = features(file, arrays, r);
        PaeParameters parameters = new PaeParameters(m, r);
        String[] names = {"W_lambda", "W_k", "W_f"};
        for (int index = 0; index < names.length; index++) {
            boolean decoder = index == 2;
            float[] values = finite(file, arrays, names[index], decoder, m, r);
            for (int i = 0; i < m; i++) {
                System.arraycopy(values, i * r, parameters.weights(), (3 * i + index) * r, r);
            }
        }
        System.arraycopy(finite(file, arrays, "b_lambda", false, r), 0, parameters.biases(), 0, r);
        System.arraycopy(finite(file, arrays, "b_k", false, r), 0, parameters.biases(), r, r);
        return parameters;
    }

    private static float[] finite(
            Path file, Map<String, NpyArray> arrays, String name, boolean nonNegative, int... shape) {
        NpyArray array = array(file, arrays, name);
        if (!Arrays.equals(array.shape(), shape)) {
            throw new DataException(file + " is damaged: " + name + " has shape " + Arrays.toString(array.shape())
                    + ", not " + Arrays.toString(shape));
        }
        float[] values = array.floats();
        for (float value : values) {
            if (!Float.isFinite(value) || (nonNegative && value < 0)) {
                throw new DataException(file + " is damaged: " + name + " contains " + value);
            }
        }
        return values;
    }

    /** Weights may be finite, but not the basis in units of the data. */
    private static void requireFiniteBasis(Path file, SavedModel model) {
        for (int i = 0; i < model.features(); i++) {
            for (int j = 0; j < model.rank(); j++) {
                if (!Float.isFinite((float) (model.basis(i, j) * model.dataScale()))) {
                    throw new DataException(file + " is damaged: W_f at feature " + (i + 1) + ", component " + (j + 1)
                            + " is " + model.basis(i, j) + ", which times data_scale, " + model.dataScale()
                            + ", is more than a 32-bit float holds");
                }
            }
        }
    }

    private static NpyArray array(Path file, Map<String, NpyArray> arrays, String name) {
        NpyArray array = arrays.get(name);
        if (array == null) {
            throw new DataException(file + " is damaged: the array " + name + " is missing");
        }
        return array;
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Typed access to a JSON object. */
    private record Fields(Path file, Map<String, Object> values) {

        <T> T get(String name, Class<T> type) {
            Object value = values.get(name);
            if (!type.isInstance(value)) {
                throw new DataException(file + " is damaged: its metadata have no valid " + name);
            }
            return type.cast(value);
        }

        int integer(String name) {
            Number number = get(name, Number.class);
            if (number.longValue() != number.doubleValue() || number.intValue() != number.longValue()) {
                throw new DataException(file + " is damaged: " + name + " is " + number + ", not a whole number");
            }
            return number.intValue();
        }

        long longInteger(String name) {
            Number number = get(name, Number.class);
            if (!(number instanceof Integer || number instanceof Long)) {
                throw new DataException(file + " is damaged: " + name + " is " + number + ", not a whole number");
            }
            return number.longValue();
        }

        List<String> texts(String name) {
            List<String> texts = new ArrayList<>();
            for (Object element : get(name, List.class)) {
                if (!(element instanceof String text)) {
                    throw new DataException(file + " is damaged: " + name + " contains " + element + ", not a text");
                }
                texts.add(text);
            }
            return texts;
        }

        double number(String name) {
            return get(name, Number.class).doubleValue();
        }

        <E extends Enum<E>> E choice(String name, Class<E> type) {
            String value = get(name, String.class);
            for (E constant : type.getEnumConstants()) {
                if (name(constant).equals(value)) {
                    return constant;
                }
            }
            throw new DataException(file + " is damaged: " + name + " is " + value);
        }
    }
}
