package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeVariance;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * The parameters and the optimiser's state, and the update of both.
 *
 * <p>Weights are kept transposed, 3r × m, or with hidden layers as many rows as the first one has units, and r more: the
 * features of one component side by side, each such row
 * padded with zeros. So every pass over a slice of features is one over a few long rows, whatever the
 * rank; and as their gradients are 0, the padding stays 0.
 */
final class ParameterState {

    static final double BETA_1 = 0.9;
    static final double BETA_2 = 0.999;
    static final float ADAM_EPSILON = 1e-8f;
    /** Keeps the multiplicative update defined where a component is unused. */
    private static final float DENOMINATOR_MIN = 1e-20f;

    private final PaeProblem problem;
    private final UpdateKernel kernel;
    private final PaeConfiguration configuration;
    private final boolean adam;
    private final float encoderScale;
    private final int m;
    private final int r;
    private final int stride;
    /** Units of the first layer of the encoder: both heads, unless there are hidden layers. */
    private final int firstUnits;

    /** [Wλ | Wk | Wf]ᵀ or [W₁ | Wf]ᵀ. */
    private final float[] weights;
    /** [bλ | bk] or b₁. */
    private final float[] biases;

    private final float[] inputMeans;

    /** Learning rate of each feature of Wf, padded like a row. */
    private final float[] decoderRates;

    /** That of the first layer, as often as a row has features. */
    private final float[] encoderRates;

    private final PaeVariance variance;
    private final float[] mean;
    private final float[] square;
    private final double[] biasMean;
    private final double[] biasSquare;
    private int adamStep;
    private float meanCorrection;
    private float squareCorrection;
    /** What a gd step of each head is multiplied with, to stay within the clip. */
    private final float[] headScales;

    ParameterState(PaeProblem problem, UpdateKernel kernel) {
        this.problem = problem;
        this.kernel = kernel;
        this.configuration = problem.configuration();
        this.encoderScale = problem.encoderScale();
        this.adam = configuration.optimiser() == Optimiser.ADAM;
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = CpuLayout.stride(m);
        this.firstUnits = problem.firstUnits();
        this.weights = new float[Math.multiplyExact(firstUnits + r, stride)];
        this.biases = new float[firstUnits];
        this.inputMeans = new float[m];
        this.decoderRates = Arrays.copyOf(problem.rates().decoder(), stride);
        this.encoderRates = new float[stride];
        Arrays.fill(encoderRates, problem.rates().encoder());
        this.variance = new PaeVariance(problem);
        this.mean = new float[adam ? weights.length : 0];
        this.square = new float[adam ? weights.length : 0];
        this.biasMean = new double[firstUnits];
        this.biasSquare = new double[firstUnits];
        this.headScales = new float[firstUnits];
    }

    /** Arrays of one value for each weight, that of a saved state included. */
    static int copies(PaeConfiguration configuration) {
        return configuration.optimiser() == Optimiser.ADAM ? 6 : 2;
    }

    float[] weights() {
        return weights;
    }

    /** σ². */
    PaeVariance variance() {
        return variance;
    }

    float[] biases() {
        return biases;
    }

    /** What the encoder reads where an entry is missing, in units of the scaled data; training leaves it as it is. */
    float[] inputMeans() {
        return inputMeans;
    }

    /** Where Wfᵀ begins in the weights. */
    int decoder() {
        return firstUnits * stride;
    }

    /** Replaces the parameters; the optimiser starts afresh. */
    void set(PaeParameters parameters) {
        int columns = firstUnits + r;
        transpose(parameters.weights(), m, columns, columns, weights, stride);
        System.arraycopy(parameters.biases(), 0, biases, 0, firstUnits);
        System.arraycopy(parameters.inputMeans(), 0, inputMeans, 0, m);
        Arrays.fill(mean, 0f);
        Arrays.fill(square, 0f);
        Arrays.fill(biasMean, 0.0);
        Arrays.fill(biasSquare, 0.0);
        adamStep = 0;
        variance.set(parameters);
    }

    void read(PaeParameters target) {
        transpose(weights, firstUnits + r, m, stride, target.weights(), firstUnits + r);
        System.arraycopy(biases, 0, target.biases(), 0, firstUnits);
        System.arraycopy(inputMeans, 0, target.inputMeans(), 0, m);
        variance.read(target);
    }

    /** Writes the transpose of a matrix. */
    static void transpose(float[] matrix, int rows, int columns, int ld, float[] target, int targetLd) {
        transpose(matrix, 0, rows, columns, ld, target, 0, targetLd);
    }

    /** Writes the transpose of a matrix, a few rows at a time, so that both sides stay in cache. */
    static void transpose(
            float[] matrix, int offset, int rows, int columns, int ld, float[] target, int targetOffset, int targetLd) {
        int tile = 16;
        for (int i0 = 0; i0 < rows; i0 += tile) {
            int end = Math.min(rows, i0 + tile);
            for (int j = 0; j < columns; j++) {
                for (int i = i0; i < end; i++) {
                    target[targetOffset + j * targetLd + i] = matrix[offset + i * ld + j];
                }
            }
        }
    }

    /** Takes a visitor through what an update changes. */
    void visit(StateVisitor visitor) {
        visitor.visit(weights);
        visitor.visit(biases);
        visitor.visit(mean);
        visitor.visit(square);
        visitor.visit(biasMean);
        visitor.visit(biasSquare);
        adamStep = visitor.visit(adamStep);
        variance.visit(visitor);
    }

    /** Begins an update; for gd, {@link #clip} has to follow before any slice. */
    void beginUpdate() {
        adamStep++;
        meanCorrection = (float) (1 / (1 - Math.pow(BETA_1, adamStep)));
        squareCorrection = (float) (1 / (1 - Math.pow(BETA_2, adamStep)));
    }

    /** Whether {@link #clip} is needed. */
    boolean clips() {
        return !adam;
    }

    /** What corrects the bias of adam's means in this update, also of what it moves beside these parameters. */
    float meanCorrection() {
        return meanCorrection;
    }

    /** The same of its squares. */
    float squareCorrection() {
        return squareCorrection;
    }

    /** Σ gradient² of a head's weights. */
    double squaredNorm(int head, float[] q, double rows) {
        double toGradient = headGradientScale(rows);
        double sum = 0;
        for (int i = head * stride; i < head * stride + m; i++) {
            double gradient = q[i] * toGradient;
            sum += gradient * gradient;
        }
        return sum;
    }

    /** Scales each head's step so that its norm, bias included, stays within the clip. */
    void clip(double[] squaredNorms, double[] biasGradients, double rows) {
        for (int j = 0; j < firstUnits; j++) {
            double bias = biasGradients[j] / rows * problem.rates().bias();
            double encoder = problem.rates().encoder();
            double norm = Math.sqrt(squaredNorms[j] * encoder * encoder + bias * bias);
            headScales[j] = (float) Math.min(1, configuration.stepClip() / norm);
        }
    }

    /**
     * Updates the weights of a slice of features.
     *
     * @param q Qᵀ, in rows like the weights
     * @param product (Wf·K)ᵀ of the slice, r × {@code productStride}; overwritten
     * @param rows how many, each as often as it counts
     */
    void updateSlice(int from, int to, float[] q, float[] product, int productStride, double rows) {
        int count = to - from;
        float toGradient = headGradientScale(rows);
        for (int j = 0; j < firstUnits; j++) {
            int row = j * stride + from;
            if (adam) {
                adam(count, row, q, row, toGradient, encoderRates, from, Float.NEGATIVE_INFINITY);
            } else {
                descendHead(count, row, q, toGradient, problem.rates().encoder() * headScales[j]);
            }
        }
        float inverseDataScale = (float) (1 / problem.dataScale());
        toGradient = (float) (1 / (variance.value() * rows));
        for (int j = 0; j < r; j++) {
            int row = decoder() + j * stride + from;
            int at = j * productStride;
            if (configuration.decoderUpdate() == DecoderUpdate.MULTIPLICATIVE) {
                multiplyDecoder(count, row, q, inverseDataScale, product, at);
                continue;
            }
            kernel.decoderGradient(count, q, row, inverseDataScale, product, at, toGradient);
            if (adam) {
                adam(count, row, product, at, 1f, decoderRates, from, 0f);
            } else {
                descendDecoder(count, row, product, at, from);
            }
        }
    }

    private void adam(
            int count, int row, float[] gradients, int at, float toGradient, float[] rates, int feature, float least) {
        kernel.adam(
                count,
                weights,
                mean,
                square,
                row,
                gradients,
                at,
                toGradient,
                rates,
                feature,
                meanCorrection,
                squareCorrection,
                least);
    }

    private void descendHead(int count, int row, float[] q, float toGradient, float rate) {
        for (int i = row; i < row + count; i++) {
            weights[i] -= rate * (q[i] * toGradient);
        }
    }

    private void descendDecoder(int count, int row, float[] gradients, int at, int feature) {
        for (int f = 0; f < count; f++) {
            weights[row + f] = Math.max(0f, weights[row + f] - decoderRates[feature + f] * gradients[at + f]);
        }
    }

    private void multiplyDecoder(int count, int row, float[] q, float inverseDataScale, float[] product, int at) {
        float[] w = weights;
        for (int f = 0; f < count; f++) {
            int i = row + f;
            w[i] *= Math.max(q[i] * inverseDataScale, 0f) / Math.max(product[at + f], DENOMINATOR_MIN);
        }
    }

    void updateBiases(double[] gradients, double rows) {
        float rate = problem.rates().bias();
        for (int j = 0; j < firstUnits; j++) {
            double gradient = gradients[j] / rows;
            if (adam) {
                biases[j] -= (float) adamStep(biasMean, biasSquare, j, gradient, rate);
            } else {
                biases[j] -= (float) (rate * headScales[j] * gradient);
            }
        }
    }

    /**
     * What adam takes off a number in this update.
     *
     * @param means of gradients, of which that at {@code e} takes in this one; likewise {@code squares}
     */
    double adamStep(double[] means, double[] squares, int e, double gradient, float rate) {
        means[e] = BETA_1 * means[e] + (1 - BETA_1) * gradient;
        squares[e] = BETA_2 * squares[e] + (1 - BETA_2) * gradient * gradient;
        double unbiasedMean = means[e] * meanCorrection;
        double unbiasedSquare = squares[e] * squareCorrection;
        return rate * unbiasedMean / (Math.sqrt(unbiasedSquare) + ADAM_EPSILON);
    }

    /** From Vᵀ·dA of the raw data to the mean gradient of the first layer's weights. */
    private float headGradientScale(double rows) {
        return (float) (encoderScale / rows);
    }
}
