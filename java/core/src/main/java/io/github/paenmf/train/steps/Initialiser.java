package io.github.paenmf.train.steps;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
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

    private Initialiser() {}

    /** Wλ, Wk ~ N(0, 0.1²); Wf ~ U(0, 2)·mean_j(V)/r; bλ = bk = 1. */
    public static PaeParameters parameters(PaeConfiguration c, DataStatistics statistics) {
        int m = statistics.featureMeans().length;
        int r = c.rank();
        PaeParameters parameters = new PaeParameters(m, r);
        float[] weights = parameters.weights();
        int[] words = new int[Philox.WORDS];
        // two uniforms for each normal of the heads, then one for each value of Wf
        float[] uniforms = new float[5 * r];
        for (int i = 0; i < m; i++) {
            Philox.uniforms(c.seed(), i, 0, Purpose.INITIALISATION, words, uniforms, 0, uniforms.length);
            for (int j = 0; j < 2 * r; j++) {
                weights[3 * r * i + j] = (float) (HEAD_DEVIATION * normal(uniforms, 2 * j));
            }
            for (int j = 0; j < r; j++) {
                weights[3 * r * i + 2 * r + j] =
                        (float) (2 * uniforms[4 * r + j] * statistics.featureMeans()[i] / r);
            }
        }
        Arrays.fill(parameters.biases(), 1f);
        setInputMeans(parameters, statistics);
        return parameters;
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
            return new StepRates((float) (c.encoderRate() / inputNorm(c, statistics)), (float) c.biasRate(), decoder);
        }
        Arrays.fill(decoder, (float) (c.decoderRate() * variance / (r + 1)));
        double unit = variance * r / statistics.weights().totalOfFeatures(m);
        return new StepRates((float) (c.encoderRate() * unit), (float) (c.biasRate() * unit), decoder);
    }

    /** Mean ‖x‖₁ of the encoder's input, which is that of data divided by their root mean square, whatever the fit's are. */
    private static double inputNorm(PaeConfiguration c, DataStatistics statistics) {
        return c.isPoisson()
                ? statistics.meanInputNorm() * statistics.scale() / statistics.rootMeanSquare()
                : statistics.meanInputNorm();
    }
}
