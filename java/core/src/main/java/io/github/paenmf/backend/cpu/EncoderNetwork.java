package io.github.paenmf.backend.cpu;

import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PosteriorEncoder;
import java.util.Arrays;

/** An encoder of posteriors at work. Thread-safe. */
final class EncoderNetwork {

    /** Rows at once: what they make of a hidden layer stays in an L2 cache. */
    static final int ROWS = 128;

    private static final int CACHE_LINE = 16;

    private final PosteriorEncoder encoder;
    private final int r;
    private final Gemm gemm;

    EncoderNetwork(PosteriorEncoder encoder, Gemm gemm) {
        this.encoder = encoder;
        this.r = encoder.rank();
        this.gemm = gemm;
    }

    /**
     * What the hidden layers get of u.
     *
     * @param u r × stride
     * @param z receives (r + 1) × stride
     * @param size receives s of each row
     */
    static void normalise(float[] u, int r, int stride, float[] z, float[] size) {
        Arrays.fill(size, 0, stride, 0f);
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < stride; i++) {
                size[i] += u[j * stride + i] * u[j * stride + i];
            }
        }
        for (int i = 0; i < stride; i++) {
            size[i] = (float) Math.sqrt(size[i] / r) + PosteriorEncoder.LEAST_SIZE;
            z[r * stride + i] = PosteriorEncoder.LENGTH / size[i];
        }
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < stride; i++) {
                z[j * stride + i] = u[j * stride + i] / size[i];
            }
        }
    }

    /** Stride of so many rows: a cache line more than they need, so that not all units fall into the same cache sets. */
    static int stride(int rows) {
        return CpuLayout.stride(rows) + CACHE_LINE;
    }

    /**
     * β of some rows, at most {@link #ROWS} of them.
     *
     * @param c V·W in units of the scaled data, r × stride
     * @param count how many rows
     * @return r × stride
     */
    float[] betas(float[] c, int stride, int count) {
        float[] u = new float[r * stride];
        multiply(r, r, encoder.whitening(), c, stride, count, false, u);
        float[] z = new float[(r + 1) * stride];
        float[] size = new float[stride];
        normalise(u, r, stride, z, size);
        for (EncoderLayer layer : encoder.hidden()) {
            float[] a = new float[layer.outputs() * stride];
            multiply(layer.outputs(), layer.inputs(), layer.weights(), z, stride, count, false, a);
            rectify(a, layer.biases(), stride);
            z = a;
        }
        float[] beta = new float[r * stride];
        EncoderLayer output = encoder.output();
        multiply(r, output.inputs(), output.weights(), z, stride, count, false, beta);
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < stride; i++) {
                beta[j * stride + i] = size[i] * beta[j * stride + i] + output.biases()[j];
            }
        }
        multiply(r, r, encoder.skip(), u, stride, count, true, beta);
        return beta;
    }

    /** z = max(a + b, 0). */
    static void rectify(float[] a, float[] biases, int stride) {
        for (int j = 0; j < a.length / stride; j++) {
            for (int e = j * stride; e < (j + 1) * stride; e++) {
                a[e] = Math.max(a[e] + biases[j], 0f);
            }
        }
    }

    private void multiply(
            int outputs, int inputs, float[] a, float[] b, int stride, int count, boolean add, float[] c) {
        gemm.multiply(false, false, outputs, count, inputs, a, 0, inputs, b, 0, stride, add, c, 0, stride);
    }
}
