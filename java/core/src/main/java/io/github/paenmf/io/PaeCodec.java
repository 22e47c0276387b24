package io.github.paenmf.io;

import static io.github.paenmf.io.ModelFields.name;

import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.DecoderUpdate;
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
import java.util.Map;
import java.util.Set;

/** PAE-NMF and the autoencoder without distributions, which have the arrays of an encoder. */
final class PaeCodec implements ModelCodec<FittedPae> {

    /** The m × r blocks of the weights, in their order there; the last is the basis. */
    private static final String[] WEIGHTS = {"W_lambda", "W_k", ModelFile.BASIS};

    private static final String INPUT_MEANS = "input_means";

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
        npz.write("W_lambda", block(p, 0), m, r);
        npz.write("W_k", block(p, 1), m, r);
        npz.write("b_lambda", Arrays.copyOf(p.biases(), r), r);
        npz.write("b_k", Arrays.copyOfRange(p.biases(), r, 2 * r), r);
        npz.write(INPUT_MEANS, p.inputMeans(), m);
    }

    private static float[] block(PaeParameters p, int index) {
        int r = p.rank();
        float[] copy = new float[p.features() * r];
        for (int i = 0; i < p.features(); i++) {
            System.arraycopy(p.weights(), (3 * i + index) * r, copy, i * r, r);
        }
        return copy;
    }

    @Override
    public FittedPae read(StoredModel stored) {
        PaeConfiguration c = configuration(stored.configuration());
        PaeParameters parameters = parameters(stored, c.rank());
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
                stored.warnings());
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

    private static PaeParameters parameters(StoredModel stored, int r) {
        int m = stored.features(r);
        PaeParameters parameters = new PaeParameters(m, r);
        for (int index = 0; index < WEIGHTS.length; index++) {
            String name = WEIGHTS[index];
            float[] values = name.equals(ModelFile.BASIS) ? stored.nonNegative(name, m, r) : stored.finite(name, m, r);
            for (int i = 0; i < m; i++) {
                System.arraycopy(values, i * r, parameters.weights(), (3 * i + index) * r, r);
            }
        }
        System.arraycopy(stored.finite("b_lambda", r), 0, parameters.biases(), 0, r);
        System.arraycopy(stored.finite("b_k", r), 0, parameters.biases(), r, r);
        if (stored.has(INPUT_MEANS)) { // older files have none
            System.arraycopy(stored.nonNegative(INPUT_MEANS, m), 0, parameters.inputMeans(), 0, m);
        }
        return parameters;
    }
}
