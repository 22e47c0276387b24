package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;
import java.util.List;

/**
 * What an encoder with hidden layers has between its product with the data and the activation of its heads: ReLU, and the
 * layers after the first, with their gradients and their step of adam. Of a block of rows everything is units × rows, as
 * the heads are.
 */
final class HiddenLayers {

    private final Gemm gemm;
    private final UpdateKernel kernel;
    private final int r;
    /** Units of each hidden layer. */
    private final int[] units;

    private final float firstScale;
    /** [U | b] of each layer after the first, with the moments of both, and their learning rates. */
    private final Layer[] layers;

    private final Scratch[] scratch;

    private static final class Layer {

        final int inputs;
        final int outputs;
        /** Where the sums of its gradients begin among those of all layers. */
        final int offset;

        final float[] values;
        final float[] mean;
        final float[] square;
        final float[] rates;
        final float[] gradient;

        Layer(int inputs, int outputs, int offset) {
            this.inputs = inputs;
            this.outputs = outputs;
            this.offset = offset;
            values = new float[outputs * (inputs + 1)];
            mean = new float[values.length];
            square = new float[values.length];
            rates = new float[values.length];
            gradient = new float[values.length];
        }

        int biases() {
            return inputs * outputs;
        }
    }

    /** Of one worker. */
    private static final class Scratch {

        /** What each hidden layer gives, units × rows. */
        final float[][] z;
        /** The gradient of what it gets, and at the end that of the heads, [dAλ | dAk], and H beneath it. */
        final float[][] gradients;
        /** Gradients of the weights of a layer over a block. */
        final float[] product;

        Scratch(int[] units, int r, int stride, int widest) {
            z = new float[units.length][];
            gradients = new float[units.length + 1][];
            for (int l = 0; l < units.length; l++) {
                z[l] = new float[units[l] * stride];
                gradients[l] = new float[l == 0 ? 0 : units[l] * stride]; // the first goes where S is
            }
            gradients[units.length] = new float[3 * r * stride];
            product = new float[widest];
        }
    }

    HiddenLayers(PaeProblem problem, CpuLayout layout, CpuRuntime runtime) {
        PaeParameters shape =
                new PaeParameters(1, problem.rank(), problem.configuration().hidden());
        this.gemm = runtime.gemm();
        this.kernel = runtime.updateKernel();
        this.r = problem.rank();
        this.units = problem.configuration().hidden().stream()
                .mapToInt(Integer::intValue)
                .toArray();
        this.firstScale = problem.encoderScale();
        this.layers = new Layer[units.length];
        int offset = 0;
        int widest = 0;
        for (int l = 0; l < layers.length; l++) {
            EncoderLayer of = shape.layers().get(l);
            layers[l] = new Layer(of.inputs(), of.outputs(), offset);
            Arrays.fill(layers[l].rates, problem.rates().layers()[l]);
            Arrays.fill(
                    layers[l].rates,
                    layers[l].biases(),
                    layers[l].rates.length,
                    problem.rates().bias());
            offset += layers[l].values.length;
            widest = Math.max(widest, of.inputs() * of.outputs());
        }
        int stride = HeadBlock.stride(layout.blockRows());
        this.scratch = new Scratch[layout.threads()];
        for (int t = 0; t < scratch.length; t++) {
            scratch[t] = new Scratch(units, r, stride, widest);
        }
    }

    /** How many floats this holds, for a bound on memory. */
    static double floats(PaeProblem problem, CpuLayout layout) {
        double parameters = PaeSums.layers(problem);
        double rows = 3.0 * problem.rank();
        for (int count : problem.configuration().hidden()) {
            rows += 2.0 * count;
        }
        return 8 * parameters + layout.threads() * (parameters + rows * HeadBlock.stride(layout.blockRows()));
    }

    void set(List<EncoderLayer> given) {
        for (int l = 0; l < layers.length; l++) {
            Layer layer = layers[l];
            System.arraycopy(given.get(l).weights(), 0, layer.values, 0, layer.biases());
            System.arraycopy(given.get(l).biases(), 0, layer.values, layer.biases(), layer.outputs);
            Arrays.fill(layer.mean, 0f);
            Arrays.fill(layer.square, 0f);
        }
    }

    void read(List<EncoderLayer> target) {
        for (int l = 0; l < layers.length; l++) {
            Layer layer = layers[l];
            System.arraycopy(layer.values, 0, target.get(l).weights(), 0, layer.biases());
            System.arraycopy(layer.values, layer.biases(), target.get(l).biases(), 0, layer.outputs);
        }
    }

    void visit(StateVisitor visitor) {
        for (Layer layer : layers) {
            visitor.visit(layer.values);
            visitor.visit(layer.mean);
            visitor.visit(layer.square);
        }
    }

    /**
     * Makes aλ and ak from the first columns of P.
     *
     * @param biases of the first layer
     * @param length stride of the heads
     */
    void forward(int worker, RowStageBlock block, int length, float[] biases, HeadBlock heads) {
        float[][] z = scratch[worker].z;
        for (int i = 0; i < length; i += HeadBlock.TILE) {
            int from = block.offset + i * block.projectionStride;
            for (int j = 0; j < units[0]; j++) {
                for (int e = 0; e < HeadBlock.TILE; e++) {
                    float a = firstScale * block.values[from + e * block.projectionStride + j] + biases[j];
                    z[0][j * length + i + e] = Math.max(a, 0f);
                }
            }
        }
        for (int l = 0; l + 1 < layers.length; l++) {
            apply(layers[l], 0, layers[l].outputs, z[l], length, z[l + 1]);
            rectify(z[l + 1], layers[l].outputs * length);
        }
        Layer last = layers[layers.length - 1];
        apply(last, 0, r, z[layers.length - 1], length, heads.aLambda);
        apply(last, r, r, z[layers.length - 1], length, heads.aK);
    }

    /** a = U·z + b of some units of a layer. */
    private void apply(Layer layer, int first, int count, float[] z, int length, float[] a) {
        int from = first * layer.inputs;
        gemm.multiply(
                false,
                false,
                count,
                length,
                layer.inputs,
                layer.values,
                from,
                layer.inputs,
                z,
                0,
                length,
                false,
                a,
                0,
                length);
        for (int j = 0; j < count; j++) {
            float bias = layer.values[layer.biases() + first + j];
            for (int e = j * length; e < (j + 1) * length; e++) {
                a[e] += bias;
            }
        }
    }

    private static void rectify(float[] values, int count) {
        for (int e = 0; e < count; e++) {
            values[e] = Math.max(values[e], 0f);
        }
    }

    /** Where the heads' gradients and H go: [dAλ | dAk | H], 3r rows with the stride of the heads. */
    float[] headGradients(int worker) {
        return scratch[worker].gradients[layers.length];
    }

    /**
     * Goes back from {@link #headGradients} to S = [dA₁ | H], and adds the gradients of all layers to the block's sums.
     *
     * @param firstBiases where the gradients of the biases of the first layer begin among the sums; likewise
     *     {@code ofLayers} those of the layers after it
     */
    void backward(int worker, RowStageBlock block, int length, int firstBiases, int ofLayers) {
        Scratch s = scratch[worker];
        for (int l = layers.length - 1; l >= 0; l--) {
            Layer layer = layers[l];
            float[] gradient = s.gradients[l + 1];
            sum(layer, gradient, s.z[l], length, block, ofLayers + layer.offset, s.product);
            float[] target = l == 0 ? block.values : s.gradients[l];
            int offset = l == 0 ? block.offset : 0;
            int stride = l == 0 ? block.blockStride : length;
            gemm.multiply(
                    true,
                    false,
                    layer.inputs,
                    block.rows,
                    layer.outputs,
                    layer.values,
                    0,
                    layer.inputs,
                    gradient,
                    0,
                    length,
                    false,
                    target,
                    offset,
                    stride);
            for (int j = 0; j < layer.inputs; j++) {
                mask(s.z[l], j * length, target, offset + j * stride, block.rows);
            }
        }
        for (int j = 0; j < units[0]; j++) {
            block.sums[firstBiases + j] = sum(block.values, block.offset + j * block.blockStride, block.rows);
        }
        float[] h = s.gradients[layers.length];
        for (int j = 0; j < r; j++) {
            int to = block.offset + (units[0] + j) * block.blockStride;
            System.arraycopy(h, (2 * r + j) * length, block.values, to, block.rows);
        }
    }

    /** Lets through what goes back to units that were above 0. */
    private static void mask(float[] z, int at, float[] gradient, int to, int count) {
        for (int i = 0; i < count; i++) {
            gradient[to + i] = z[at + i] > 0 ? gradient[to + i] : 0f;
        }
    }

    /** Gradients of a layer over a block: dA·zᵀ, and Σ dA. */
    private void sum(
            Layer layer, float[] gradient, float[] z, int length, RowStageBlock block, int at, float[] product) {
        gemm.multiply(
                false,
                true,
                layer.outputs,
                layer.inputs,
                block.rows,
                gradient,
                0,
                length,
                z,
                0,
                length,
                false,
                product,
                0,
                layer.inputs);
        for (int e = 0; e < layer.biases(); e++) {
            block.sums[at + e] = product[e];
        }
        for (int j = 0; j < layer.outputs; j++) {
            block.sums[at + layer.biases() + j] = sum(gradient, j * length, block.rows);
        }
    }

    private static double sum(float[] values, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += values[i];
        }
        return sum;
    }

    /**
     * A step of adam.
     *
     * @param at where the gradients of these layers begin among the sums
     * @param toMean what corrects the bias of the mean; likewise {@code toSquare}
     */
    void update(double[] sums, int at, double rows, float toMean, float toSquare) {
        for (Layer layer : layers) {
            for (int e = 0; e < layer.gradient.length; e++) {
                layer.gradient[e] = (float) (sums[at + layer.offset + e] / rows);
            }
            kernel.adam(
                    layer.values.length,
                    layer.values,
                    layer.mean,
                    layer.square,
                    0,
                    layer.gradient,
                    0,
                    1f,
                    layer.rates,
                    0,
                    toMean,
                    toSquare,
                    Float.NEGATIVE_INFINITY);
        }
    }
}
