package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.EncoderTraining;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PosteriorEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The training of an encoder of posteriors on the CPU. Rows go in blocks whose gradients are added up in order, so that
 * threads change no bit.
 *
 * <p>While it learns, β of a component is in units of its size, which goes into the weights of what it gives; and the gradients
 * of a row are divided by the square of its length, so that long rows do not rule.
 */
public final class CpuEncoderTraining implements EncoderTraining {

    private static final int BLOCK_ROWS = 128;
    private static final int BLOCKS = 4;
    private static final int ROWS = BLOCK_ROWS * BLOCKS;
    /** Of β in units of 1 + |β|, for differences: where the error of the mean, 2e-6, is 1e-4 of them. */
    private static final float DIFFERENCE = 1e-2f;
    /** What goes from u to β directly is near its place from the start. */
    private static final float SKIP_RATE = 0.3f;

    private final VbRowPosterior posterior;
    private final BetaPosteriors posteriors;
    private final Gemm gemm;
    private final UpdateKernel kernel;
    private final Workers workers;
    private final int r;
    private final int[] units;
    private final float[] unitMoments;
    private final float[] whitening;
    private final float[] outputScale;
    private final List<Weights> all = new ArrayList<>();
    private final Weights[] layers;
    /** U of the last hidden layer to β. */
    private final Weights output;
    /** From u to β. */
    private final Weights skip;

    private final Scratch[] scratch;
    private final double[] gaps = new double[BLOCKS];
    private final Workers.Task task = this::block;
    private Rows source;
    private int steps;

    /** Weights and biases, with their moments and gradients. */
    private static final class Weights {

        final int inputs;
        final int outputs;
        final float[] values;
        final float[] mean;
        final float[] square;
        final float[] rates;
        final float[] gradient;
        final float[][] ofBlocks;

        Weights(EncoderLayer start) {
            inputs = start.inputs();
            outputs = start.outputs();
            values = Arrays.copyOf(start.weights(), outputs * (inputs + 1));
            System.arraycopy(start.biases(), 0, values, inputs * outputs, outputs);
            mean = new float[values.length];
            square = new float[values.length];
            rates = new float[values.length];
            gradient = new float[values.length];
            ofBlocks = new float[BLOCKS][values.length];
            Arrays.fill(rates, 1f);
        }

        EncoderLayer read() {
            return new EncoderLayer(
                    inputs,
                    outputs,
                    Arrays.copyOf(values, biases()),
                    Arrays.copyOfRange(values, biases(), values.length));
        }

        int biases() {
            return inputs * outputs;
        }
    }

    /** Of one worker, everything × {@link #BLOCK_ROWS}. */
    private static final class Scratch {
        final float[] h;
        final float[] c;
        final float[] u;
        final float[] input;
        final float[] size;
        final float[][] z;
        final float[][] dz;
        final float[] beta;
        final float[] part;
        final float[] x;
        final float[] slope;
        final float[] gx;
        final float[] inclusion;
        /** Of one component: means, and those of β that are a little more and less. */
        final float[] mean = new float[BLOCK_ROWS];

        final float[] above = new float[BLOCK_ROWS];
        final float[] below = new float[BLOCK_ROWS];

        Scratch(int r, int[] units) {
            h = new float[r * BLOCK_ROWS];
            c = new float[r * BLOCK_ROWS];
            u = new float[r * BLOCK_ROWS];
            input = new float[(r + 1) * BLOCK_ROWS];
            size = new float[BLOCK_ROWS];
            beta = new float[r * BLOCK_ROWS];
            part = new float[r * BLOCK_ROWS];
            x = new float[r * BLOCK_ROWS];
            slope = new float[r * BLOCK_ROWS];
            gx = new float[r * BLOCK_ROWS];
            inclusion = new float[r * BLOCK_ROWS];
            z = new float[units.length][];
            dz = new float[units.length][];
            for (int l = 0; l < units.length; l++) {
                z[l] = new float[units[l] * BLOCK_ROWS];
                dz[l] = new float[units[l] * BLOCK_ROWS];
            }
        }
    }

    /**
     * @param unitMoments WᵀW without variances, r × r
     * @param start what it starts from, with its output in units of {@code outputScale}
     * @param outputScale size of β of each component
     */
    public CpuEncoderTraining(
            VbRowPosterior posterior,
            float[] unitMoments,
            PosteriorEncoder start,
            float[] outputScale,
            CpuRuntime runtime,
            int threads) {
        this.posterior = posterior;
        this.gemm = runtime.gemm();
        this.kernel = runtime.updateKernel();
        this.workers = new Workers(Math.min(threads, BLOCKS));
        this.r = start.rank();
        this.units = start.units().stream().mapToInt(Integer::intValue).toArray();
        this.posteriors = new BetaPosteriors(posterior, r, runtime);
        this.unitMoments = unitMoments;
        this.whitening = start.whitening();
        this.outputScale = outputScale;
        this.layers = new Weights[units.length];
        for (int l = 0; l < units.length; l++) {
            layers[l] = new Weights(start.hidden().get(l));
            all.add(layers[l]);
        }
        output = new Weights(start.output());
        skip = new Weights(new EncoderLayer(r, r, start.skip(), new float[r]));
        for (int j = 0; j < r; j++) {
            output.rates[output.biases() + j] = outputScale[j];
            Arrays.fill(skip.rates, j * r, (j + 1) * r, outputScale[j] * SKIP_RATE);
        }
        Arrays.fill(skip.rates, skip.biases(), skip.rates.length, 0f); // those of the output are enough
        all.add(output);
        all.add(skip);
        this.scratch = new Scratch[workers.threads()];
        Arrays.setAll(scratch, t -> new Scratch(r, units));
    }

    @Override
    public double step(Rows rows, double rate) {
        source = rows;
        workers.run(BLOCKS, task);
        steps++;
        float toMean = (float) (1 / (1 - Math.pow(ParameterState.BETA_1, steps)));
        float toSquare = (float) (1 / (1 - Math.pow(ParameterState.BETA_2, steps)));
        for (Weights weights : all) {
            update(weights, (float) rate, toMean, toSquare);
        }
        return Arrays.stream(gaps).sum() / ROWS;
    }

    private void update(Weights weights, float rate, float toMean, float toSquare) {
        Arrays.fill(weights.gradient, 0f);
        for (float[] block : weights.ofBlocks) {
            for (int e = 0; e < block.length; e++) {
                weights.gradient[e] += block[e];
            }
        }
        // a rate times the corrected mean: the rate of the step goes with the correction
        kernel.adam(
                weights.values.length,
                weights.values,
                weights.mean,
                weights.square,
                0,
                weights.gradient,
                0,
                1f / ROWS,
                weights.rates,
                0,
                rate * toMean,
                toSquare,
                Float.NEGATIVE_INFINITY);
    }

    private void block(int worker, int index) {
        Scratch s = scratch[worker];
        for (int i = 0; i < BLOCK_ROWS; i++) {
            source.put(steps, index * BLOCK_ROWS + i, s.h, s.c, i, BLOCK_ROWS);
        }
        multiply(r, r, unitMoments, s.h, true, s.c);
        multiply(r, r, whitening, s.c, false, s.u);
        EncoderNetwork.normalise(s.u, r, BLOCK_ROWS, s.input, s.size);
        float[] z = s.input;
        for (int l = 0; l < layers.length; l++) {
            multiply(units[l], layers[l].inputs, layers[l].values, z, false, s.z[l]);
            rectify(layers[l], s.z[l]);
            z = s.z[l];
        }
        multiply(r, output.inputs, output.values, z, false, s.part);
        multiply(r, r, skip.values, s.u, false, s.beta);
        posteriors(s);
        multiply(r, r, posterior.gram(), s.x, false, s.gx);
        gaps[index] = gradients(s);
        backward(s, index);
    }

    /** C = A·B of row-major A, and B and C a block wide. */
    private void multiply(int outputs, int inputs, float[] a, float[] b, boolean add, float[] c) {
        gemm.multiply(false, false, outputs, BLOCK_ROWS, inputs, a, 0, inputs, b, 0, BLOCK_ROWS, add, c, 0, BLOCK_ROWS);
    }

    private static void rectify(Weights layer, float[] z) {
        for (int j = 0; j < layer.outputs; j++) {
            float bias = layer.values[layer.biases() + j];
            for (int e = j * BLOCK_ROWS; e < (j + 1) * BLOCK_ROWS; e++) {
                z[e] = Math.max(z[e] + bias, 0f);
            }
        }
    }

    /** β, means x of the coefficients, and dx/dβ of x in units of 1/√A. */
    private void posteriors(Scratch s) {
        for (int j = 0; j < r; j++) {
            float bias = output.values[output.biases() + j];
            float scale = outputScale[j];
            int at = j * BLOCK_ROWS;
            for (int i = 0; i < BLOCK_ROWS; i++) {
                s.beta[at + i] += s.size[i] * scale * s.part[at + i] + bias;
            }
        }
        posteriors.inclusions(s.beta, BLOCK_ROWS, BLOCK_ROWS, s.inclusion);
        for (int j = 0; j < r; j++) {
            posteriors(j, s);
        }
    }

    private void posteriors(int j, Scratch s) {
        int at = j * BLOCK_ROWS;
        for (int i = 0; i < BLOCK_ROWS; i++) {
            float beta = s.beta[at + i];
            float difference = DIFFERENCE * (1 + Math.abs(beta));
            s.mean[i] = beta;
            s.above[i] = beta + difference;
            s.below[i] = beta - difference;
        }
        posteriors.standardMeans(s.mean, BLOCK_ROWS);
        posteriors.standardMeans(s.above, BLOCK_ROWS);
        posteriors.standardMeans(s.below, BLOCK_ROWS);
        float inverseRoot = 1 / posterior.root(j);
        for (int i = 0; i < BLOCK_ROWS; i++) {
            float slope = (s.above[i] - s.below[i]) / (2 * DIFFERENCE * (1 + Math.abs(s.beta[at + i])));
            float p = s.inclusion[at + i];
            s.x[at + i] = p * s.mean[i] * inverseRoot;
            s.slope[at + i] = p * slope + p * (1 - p) * s.mean[i] * s.mean[i];
        }
    }

    /**
     * The gradients of β, in its place.
     *
     * @return Σ (β − β̂)²·dx/dβ
     */
    private double gradients(Scratch s) {
        double gap = 0;
        float precision = posterior.precision();
        float rate = posterior.rate();
        for (int j = 0; j < r; j++) {
            float own = posterior.gram()[j * r + j];
            float inverseRoot = 1 / posterior.root(j);
            int at = j * BLOCK_ROWS;
            for (int i = 0; i < BLOCK_ROWS; i++) {
                float product = s.c[at + i] - s.gx[at + i] + own * s.x[at + i];
                float excess = s.beta[at + i] - (product * precision - rate) * inverseRoot;
                float gradient = excess * s.slope[at + i];
                s.part[at + i] = excess * gradient;
                s.beta[at + i] = gradient / (s.size[i] * s.size[i]);
            }
            gap += sum(s.part, j);
        }
        return gap;
    }

    private void backward(Scratch s, int index) {
        float[] last = s.z[layers.length - 1];
        product(skip, s.beta, s.u, index);
        for (int j = 0; j < r; j++) {
            output.ofBlocks[index][output.biases() + j] = sum(s.beta, j);
            int at = j * BLOCK_ROWS;
            for (int i = 0; i < BLOCK_ROWS; i++) {
                s.part[at + i] = s.size[i] * outputScale[j] * s.beta[at + i];
            }
        }
        product(output, s.part, last, index);
        back(output, s.part, s.dz[layers.length - 1]);
        for (int l = layers.length - 1; l >= 0; l--) {
            float[] gradient = s.dz[l];
            for (int e = 0; e < gradient.length; e++) {
                gradient[e] = s.z[l][e] > 0 ? gradient[e] : 0f;
            }
            product(layers[l], gradient, l == 0 ? s.input : s.z[l - 1], index);
            for (int j = 0; j < units[l]; j++) {
                layers[l].ofBlocks[index][layers[l].biases() + j] = sum(gradient, j);
            }
            if (l > 0) {
                back(layers[l], gradient, s.dz[l - 1]);
            }
        }
    }

    private static float sum(float[] values, int row) {
        double sum = 0;
        for (int e = row * BLOCK_ROWS; e < (row + 1) * BLOCK_ROWS; e++) {
            sum += values[e];
        }
        return (float) sum;
    }

    /** Gradients of weights: dA·zᵀ. */
    private void product(Weights weights, float[] gradient, float[] z, int index) {
        gemm.multiply(
                false,
                true,
                weights.outputs,
                weights.inputs,
                BLOCK_ROWS,
                gradient,
                0,
                BLOCK_ROWS,
                z,
                0,
                BLOCK_ROWS,
                false,
                weights.ofBlocks[index],
                0,
                weights.inputs);
    }

    /** Uᵀ·dA. */
    private void back(Weights weights, float[] gradient, float[] target) {
        gemm.multiply(
                true,
                false,
                weights.inputs,
                BLOCK_ROWS,
                weights.outputs,
                weights.values,
                0,
                weights.inputs,
                gradient,
                0,
                BLOCK_ROWS,
                false,
                target,
                0,
                BLOCK_ROWS);
    }

    @Override
    public PosteriorEncoder encoder() {
        EncoderLayer last = output.read();
        for (int e = 0; e < last.weights().length; e++) {
            last.weights()[e] *= outputScale[e / last.inputs()];
        }
        return new PosteriorEncoder(
                whitening,
                Arrays.stream(layers).map(Weights::read).toList(),
                last,
                skip.read().weights());
    }

    @Override
    public void close() {
        workers.close();
    }
}
