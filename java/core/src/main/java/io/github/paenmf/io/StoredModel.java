package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.History;
import io.github.paenmf.model.Warning;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a model file holds: that of every kind of model as it is, and the rest for a {@link ModelCodec} to read.
 *
 * @param arrays by name
 * @param metadata all of them
 * @param configuration an object within the metadata
 */
record StoredModel(
        Path file,
        Map<String, NpyArray> arrays,
        ModelFields metadata,
        Algorithm algorithm,
        ModelFields configuration,
        double dataScale,
        List<String> featureNames,
        History history,
        List<Warning> warnings) {

    /**
     * Takes apart the content of a file.
     *
     * @throws DataException if something that every model has is missing or not of its type
     */
    static StoredModel of(Path file, Map<String, NpyArray> arrays, ModelFields metadata) {
        return new StoredModel(
                file,
                arrays,
                metadata,
                metadata.has("algorithm") ? metadata.choice("algorithm", Algorithm.class) : Algorithm.PAE,
                metadata.object("configuration"),
                metadata.number("data_scale"),
                arrays.containsKey("feature_names")
                        ? arrays.get("feature_names").strings()
                        : List.of(),
                new History(
                        array(file, arrays, "history_reconstruction").doubles(),
                        array(file, arrays, "history_kl").doubles(),
                        metadata.choice("stop_reason", History.StopReason.class)),
                StoredWarnings.read(metadata));
    }

    /** σ², where it is learned. */
    double squaredSigma() {
        double value = metadata.number("squared_sigma");
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new DataException(file + " is damaged: squared_sigma is " + value);
        }
        return value;
    }

    /** m, by the shape of W_f, which is m × r. */
    int features(int rank) {
        int[] shape = array(file, arrays, ModelFile.BASIS).shape();
        if (shape.length != 2 || shape[0] < 1 || shape[1] != rank) {
            throw new DataException(
                    file + " is damaged: W_f has shape " + Arrays.toString(shape) + ", not (features, " + rank + ")");
        }
        return shape[0];
    }

    /** The values of an array of that shape, of finite numbers. */
    float[] finite(String name, int... shape) {
        return within(name, -Float.MAX_VALUE, Float.MAX_VALUE, shape);
    }

    /** The values of an array of that shape, of finite numbers that are not negative. */
    float[] nonNegative(String name, int... shape) {
        return within(name, 0, Float.MAX_VALUE, shape);
    }

    /** The values of an array of that shape, of numbers in a range. */
    float[] within(String name, float least, float most, int... shape) {
        float[] values = array(name, shape).floats();
        for (float value : values) {
            if (!(value >= least && value <= most)) {
                throw new DataException(file + " is damaged: " + name + " contains " + value);
            }
        }
        return values;
    }

    /** The values of an array of that shape, of double numbers in a range. */
    double[] doubles(String name, double least, double most, int... shape) {
        double[] values = array(name, shape).doubles();
        for (double value : values) {
            if (!(value >= least && value <= most)) {
                throw new DataException(file + " is damaged: " + name + " contains " + value);
            }
        }
        return values;
    }

    boolean has(String name) {
        return arrays.containsKey(name);
    }

    /** Rows of an array with so many columns. */
    int count(String name, int columns) {
        int[] shape = array(file, arrays, name).shape();
        if (shape.length != 2 || shape[1] != columns) {
            throw new DataException(file + " is damaged: " + name + " has shape " + Arrays.toString(shape)
                    + ", not (draws, " + columns + ")");
        }
        return shape[0];
    }

    /** How many values an array of one dimension has. */
    int length(String name) {
        int[] shape = array(file, arrays, name).shape();
        if (shape.length != 1) {
            throw new DataException(
                    file + " is damaged: " + name + " has shape " + Arrays.toString(shape) + ", not (length,)");
        }
        return shape[0];
    }

    /** Columns of an array with so many rows. */
    int columns(String name, int rows) {
        int[] shape = array(file, arrays, name).shape();
        if (shape.length != 2 || shape[0] != rows || shape[1] < 1) {
            throw new DataException(file + " is damaged: " + name + " has shape " + Arrays.toString(shape) + ", not ("
                    + rows + ", columns)");
        }
        return shape[1];
    }

    private NpyArray array(String name, int... shape) {
        NpyArray array = array(file, arrays, name);
        if (!Arrays.equals(array.shape(), shape)) {
            throw new DataException(file + " is damaged: " + name + " has shape " + Arrays.toString(array.shape())
                    + ", not " + Arrays.toString(shape));
        }
        return array;
    }

    private static NpyArray array(Path file, Map<String, NpyArray> arrays, String name) {
        NpyArray array = arrays.get(name);
        if (array == null) {
            throw new DataException(file + " is damaged: the array " + name + " is missing");
        }
        return array;
    }
}
