package io.github.paenmf.io;

import static io.github.paenmf.io.ModelFields.name;

import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PAE-NMF and the autoencoder without distributions, which have the arrays of an encoder. */
final class PaeCodec implements ModelCodec<FittedPae> {

    /** Weights of the heads, m × r, or units of the last hidden layer × r. */
    private static final String W_LAMBDA = "W_lambda";

    private static final String W_K = "W_k";
    private static final String INPUT_MEANS = "input_means";
    /** By which covariates enter the first layer, columns of numbers × units. */
    private static final String W_COVARIATES = "W_covariates";

    @Override
    public Class<FittedPae> type() {
        return FittedPae.class;
    }

    @Override
    public Set<Algorithm> algorithms() {
        return Set.of(Algorithm.PAE, Algorithm.AE);
    }

    @Override
    public Map<String, Object> configuration(FittedPae model) {
        PaeConfiguration c = model.configuration();
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
        if (!c.hidden().isEmpty()) { // files without it have none, as those of earlier releases
            configuration.put("hidden", c.hidden());
        }
        configuration.put("prior_shape", c.priorShape());
        configuration.put("prior_scale", c.priorScale());
        configuration.put("kl", c.kl());
        configuration.put("train_on", name(c.trainOn()));
        configuration.put("decoder_update", name(c.decoderUpdate()));
        configuration.put("init", name(c.init()));
        configuration.put("batch_rows", c.batchRows());
        configuration.put("tolerance", c.tolerance());
        configuration.put("patience", c.patience());
        if (c.isPoisson()) { // files without it are of a Gaussian one, as those of earlier releases are
            configuration.put("likelihood", name(c.likelihood()));
        }
        ModelFields.put(c.missing(), configuration);
        configuration.put("seed", c.seed());
        return configuration;
    }

    @Override
    public void addMetadata(FittedPae model, Map<String, Object> metadata) {
        metadata.put("previous_epochs", model.previousEpochs());
        if (model.configuration().learnsSigma()) {
            metadata.put("squared_sigma", model.parameters().squaredSigma());
        }
    }

    @Override
    public void writeArrays(FittedPae model, NpzWriter npz) throws IOException {
        PaeParameters p = model.parameters();
        int m = p.features();
        int r = p.rank();
        int inputs = m;
        float[] heads = columns(p.weights(), m, p.columns(), 0, p.firstUnits());
        float[] biases = p.biases();
        for (int l = 0; l < p.layers().size(); l++) {
            EncoderLayer layer = p.layers().get(l);
            npz.write(hiddenWeights(l), heads, inputs, layer.inputs());
            npz.write(hiddenBiases(l), biases, layer.inputs());
            inputs = layer.inputs();
            heads = transposed(layer.weights(), layer.outputs(), inputs);
            biases = layer.biases();
        }
        npz.write(W_LAMBDA, columns(heads, inputs, 2 * r, 0, r), inputs, r);
        npz.write(W_K, columns(heads, inputs, 2 * r, r, r), inputs, r);
        npz.write("b_lambda", Arrays.copyOf(biases, r), r);
        npz.write("b_k", Arrays.copyOfRange(biases, r, 2 * r), r);
        npz.write(INPUT_MEANS, p.inputMeans(), m);
        StoredCovariates.write(npz, model.covariates(), p.effects(), r);
        if (!model.covariates().isNone()) {
            npz.write(W_COVARIATES, p.covariateWeights(), model.covariates().width(), p.firstUnits());
        }
    }

    /** Weights of a hidden layer, inputs × units. */
    private static String hiddenWeights(int layer) {
        return "W_hidden_" + (layer + 1);
    }

    private static String hiddenBiases(int layer) {
        return "b_hidden_" + (layer + 1);
    }

    /** Some columns of a matrix. */
    private static float[] columns(float[] matrix, int rows, int columns, int from, int count) {
        float[] copy = new float[rows * count];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(matrix, i * columns + from, copy, i * count, count);
        }
        return copy;
    }

    private static float[] transposed(float[] matrix, int rows, int columns) {
        float[] copy = new float[matrix.length];
        for (int e = 0; e < copy.length; e++) {
            copy[e % columns * rows + e / columns] = matrix[e];
        }
        return copy;
    }

    @Override
    public FittedPae read(StoredModel stored) {
        PaeConfiguration c = configuration(stored.configuration());
        PaeParameters parameters = parameters(stored, c.rank(), c.hidden());
        if (c.learnsSigma()) {
            parameters.setSquaredSigma(stored.squaredSigma());
        }
        return new FittedPae(
                c,
                parameters,
                stored.dataScale(),
                stored.featureNames(),
                stored.history(),
                stored.metadata().integer("previous_epochs"),
                stored.warnings(),
                FittedScaling.NONE,
                StoredCovariates.read(stored.metadata()));
    }

    private static PaeConfiguration configuration(ModelFields f) {
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
                f.has("hidden") ? f.integers("hidden") : List.of(),
                f.number("prior_shape"),
                f.number("prior_scale"),
                f.get("kl", Boolean.class),
                f.choice("train_on", TrainOn.class),
                f.choice("decoder_update", DecoderUpdate.class),
                f.has("init") ? f.choice("init", Init.class) : Init.RANDOM,
                f.integer("batch_rows"),
                f.number("tolerance"),
                f.integer("patience"),
                f.has("likelihood") ? f.choice("likelihood", Likelihood.class) : Likelihood.GAUSSIAN,
                f.missing(),
                f.longInteger("seed"));
    }

    private static PaeParameters parameters(StoredModel stored, int r, List<Integer> hidden) {
        int m = stored.features(r);
        PaeParameters p = new PaeParameters(m, r, hidden);
        int first = p.firstUnits();
        putColumns(stored.nonNegative(ModelFile.BASIS, m, r), p.weights(), m, first, r, p.columns());
        if (hidden.isEmpty()) {
            putColumns(stored.finite(W_LAMBDA, m, r), p.weights(), m, 0, r, p.columns());
            putColumns(stored.finite(W_K, m, r), p.weights(), m, r, r, p.columns());
            putBiases(stored, p.biases(), r);
        } else {
            putColumns(stored.finite(hiddenWeights(0), m, first), p.weights(), m, 0, first, p.columns());
            System.arraycopy(stored.finite(hiddenBiases(0), first), 0, p.biases(), 0, first);
        }
        for (int l = 0; l < p.layers().size(); l++) {
            EncoderLayer layer = p.layers().get(l);
            int inputs = layer.inputs();
            int outputs = layer.outputs();
            float[] weights = new float[inputs * outputs];
            if (l + 1 < hidden.size()) {
                weights = stored.finite(hiddenWeights(l + 1), inputs, outputs);
                System.arraycopy(stored.finite(hiddenBiases(l + 1), outputs), 0, layer.biases(), 0, outputs);
            } else {
                putColumns(stored.finite(W_LAMBDA, inputs, r), weights, inputs, 0, r, outputs);
                putColumns(stored.finite(W_K, inputs, r), weights, inputs, r, r, outputs);
                putBiases(stored, layer.biases(), r);
            }
            System.arraycopy(transposed(weights, inputs, outputs), 0, layer.weights(), 0, weights.length);
        }
        if (stored.has(INPUT_MEANS)) { // older files have none
            System.arraycopy(stored.nonNegative(INPUT_MEANS, m), 0, p.inputMeans(), 0, m);
        }
        int width = StoredCovariates.read(stored.metadata()).width();
        if (width > 0) {
            p.setCovariates(stored.finite(W_COVARIATES, width, first), StoredCovariates.effects(stored, r));
        }
        return p;
    }

    private static void putColumns(float[] values, float[] matrix, int rows, int from, int count, int columns) {
        for (int i = 0; i < rows; i++) {
            System.arraycopy(values, i * count, matrix, i * columns + from, count);
        }
    }

    private static void putBiases(StoredModel stored, float[] biases, int r) {
        System.arraycopy(stored.finite("b_lambda", r), 0, biases, 0, r);
        System.arraycopy(stored.finite("b_k", r), 0, biases, r, r);
    }
}
