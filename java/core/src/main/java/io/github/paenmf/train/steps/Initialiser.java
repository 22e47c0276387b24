package io.github.paenmf.train.steps;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;

/**
 * First parameters and learning rates by the data's statistics. Biases of 1 start every latent at
 * the default prior; from biases of 0 plain gradient descent diverges or its heads die.
 */
public final class Initialiser {

    private static final double HEAD_DEVIATION = 0.1;

    /** Of the encoder's input: samples that hardly differ are not blown up to what they are not. */
    private static final double LEAST_VARIANCE = 1e-4;

    /** E max(z, 0) of a standard normal number: what a unit gives on average. */
    private static final double MEAN_OF_RELU = 1 / Math.sqrt(2 * Math.PI);

    private Initialiser() {}

    /**
     * Wλ, Wk ~ N(0, 0.1²); Wf ~ U(0, 2)·mean_j(V)/r; bλ = bk = 1.
     *
     * <p>With hidden layers W₁ ~ N(0, 1) times what makes the variance of a unit's input that of a standard normal number, and b₁
     * such that its mean over samples is 0: samples are ≥ 0, and a unit would otherwise be on or off for all of them, by the sign
     * of what it makes of their mean. Layers after it ~ N(0, 2/inputs) (He et al. 2015), with biases of 0, and the heads ~ N(0,
     * 0.1²·2/inputs), with biases of 1.
     */
    public static PaeParameters parameters(PaeConfiguration c, DataStatistics statistics) {
        int m = statistics.featureMeans().length;
        int r = c.rank();
        PaeParameters parameters = new PaeParameters(m, r, c.hidden());
        float[] weights = parameters.weights();
        int first = parameters.firstUnits();
        boolean isHidden = !c.hidden().isEmpty();
        double toInput = statistics.scale() / (statistics.rootMeanSquare() * Math.sqrt(m));
        double deviation = isHidden ? 1 / inputDeviation(statistics, toInput) : HEAD_DEVIATION;
        int[] words = new int[Philox.WORDS];
        // two uniforms for each normal of the first layer, then one for each value of Wf
        float[] uniforms = new float[2 * first + r];
        double[] centre = new double[first];
        for (int i = 0; i < m; i++) {
            Philox.uniforms(c.seed(), i, 0, Purpose.INITIALISATION, words, uniforms, 0, uniforms.length);
            double mean = statistics.featureMeans()[i] * toInput;
            for (int j = 0; j < first; j++) {
                float weight = (float) (deviation * normal(uniforms, 2 * j));
                weights[(first + r) * i + j] = weight;
                centre[j] += weight * mean;
            }
            for (int j = 0; j < r; j++) {
                weights[(first + r) * i + first + j] =
                        (float) (2 * uniforms[2 * first + j] * statistics.featureMeans()[i] / r);
            }
        }
        for (int j = 0; j < first; j++) {
            parameters.biases()[j] = isHidden ? (float) -centre[j] : 1f;
        }
        for (int l = 0; l < parameters.layers().size(); l++) {
            set(parameters.layers().get(l), l, l + 1 == parameters.layers().size(), c.seed());
        }
        setInputMeans(parameters, statistics);
        return parameters;
    }

    /** √(mean‖x − x̄‖²) of the encoder's input x, of which mean‖x‖² = 1; not less than what rounding makes of it. */
    private static double inputDeviation(DataStatistics statistics, double toInput) {
        double meanNorm = 0;
        for (double mean : statistics.featureMeans()) {
            meanNorm += mean * toInput * mean * toInput;
        }
        return Math.sqrt(Math.max(LEAST_VARIANCE, 1 - meanNorm));
    }

    private static void set(EncoderLayer layer, int index, boolean areHeads, long seed) {
        fill(layer, (areHeads ? HEAD_DEVIATION : 1) * Math.sqrt(2.0 / layer.inputs()), index + 1, seed);
        Arrays.fill(layer.biases(), areHeads ? 1f : 0f);
    }

    /**
     * Normal numbers for the weights of a layer.
     *
     * @param index of the layer, from 1 on: features draw those of the first layer as 0
     */
    public static void fill(EncoderLayer layer, double deviation, int index, long seed) {
        int[] words = new int[Philox.WORDS];
        float[] uniforms = new float[2 * layer.inputs()];
        for (int unit = 0; unit < layer.outputs(); unit++) {
            Philox.uniforms(seed, unit, index, Purpose.INITIALISATION, words, uniforms, 0, uniforms.length);
            for (int e = 0; e < layer.inputs(); e++) {
                layer.weights()[unit * layer.inputs() + e] = (float) (deviation * normal(uniforms, 2 * e));
            }
        }
    }

    /** Lets the encoder read the mean of a feature where a value is missing. */
    public static void setInputMeans(PaeParameters parameters, DataStatistics statistics) {
        for (int f = 0; f < parameters.features(); f++) {
            parameters.inputMeans()[f] = (float) statistics.featureMeans()[f];
        }
    }

    /** A standard normal number from two uniform ones (Box and Muller 1958). */
    public static double normal(float[] uniforms, int offset) {
        double radius = Math.sqrt(-2 * Math.log(uniforms[offset]));
        return radius * Math.cos(2 * Math.PI * uniforms[offset + 1]);
    }

    /** What a backend needs to know to train on data of these statistics. */
    public static PaeProblem problem(PaeConfiguration c, RowSource data, DataStatistics statistics) {
        double inputScale = c.isPoisson() ? statistics.rootMeanSquare() : statistics.scale();
        return new PaeProblem(
                c,
                data.rows(),
                data.columns(),
                statistics.scale(),
                inputScale,
                rates(c, statistics),
                data instanceof SparseSource,
                data.mask(),
                statistics.weights());
    }

    /** Learning rates on data of these statistics. */
    public static StepRates rates(PaeConfiguration c, DataStatistics statistics) {
        int m = statistics.featureMeans().length;
        int r = c.rank();
        double variance = c.sigma() * c.sigma();
        float[] decoder = new float[m];
        if (c.optimiser() == Optimiser.ADAM) {
            for (int i = 0; i < m; i++) {
                decoder[i] = (float) (c.decoderRate() * statistics.featureMeans()[i] / r);
            }
            return new StepRates(
                    (float) (c.encoderRate() / inputNorm(c, statistics)), (float) c.biasRate(), decoder, layerRates(c));
        }
        Arrays.fill(decoder, (float) (c.decoderRate() * variance / (r + 1)));
        double unit = variance * r / statistics.weights().totalOfFeatures(m);
        return new StepRates((float) (c.encoderRate() * unit), (float) (c.biasRate() * unit), decoder);
    }

    /** As of the first layer by the mean ‖z‖₁ of what a layer gets, which is that of units with standard normal input. */
    private static float[] layerRates(PaeConfiguration c) {
        float[] rates = new float[c.hidden().size()];
        for (int l = 0; l < rates.length; l++) {
            rates[l] = (float) (c.encoderRate() / (MEAN_OF_RELU * c.hidden().get(l)));
        }
        return rates;
    }

    /** Mean ‖x‖₁ of the encoder's input, which is that of data divided by their root mean square, whatever the fit's are. */
    private static double inputNorm(PaeConfiguration c, DataStatistics statistics) {
        return c.isPoisson()
                ? statistics.meanInputNorm() * statistics.scale() / statistics.rootMeanSquare()
                : statistics.meanInputNorm();
    }
}
