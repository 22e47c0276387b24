package io.github.paenmf.backend.cpu;

import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PosteriorEncoder;
import java.util.Arrays;

/** An encoder of posteriors at work. Thread-safe. */
final class EncoderNetwork {

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

    /**
     * β of some rows.
     *
     * @param c V·W in units of the scaled data, r × stride
     * @return r × stride
     */
    float[] betas(float[] c, int stride) {
        float[] u = new float[r * stride];
        multiply(r, r, encoder.whitening(), c, stride, false, u);
        float[] z = new float[(r + 1) * stride];
        float[] size = new float[stride];
        normalise(u, r, stride, z, size);
        for (EncoderLayer layer : encoder.hidden()) {
            float[] a = new float[layer.outputs() * stride];
            multiply(layer.outputs(), layer.inputs(), layer.weights(), z, stride, false, a);
            rectify(a, layer.biases(), stride);
            z = a;
        }
        float[] beta = new float[r * stride];
        EncoderLayer output = encoder.output();
        multiply(r, output.inputs(), output.weights(), z, stride, false, beta);
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < stride; i++) {
                beta[j * stride + i] = size[i] * beta[j * stride + i] + output.biases()[j];
            }
        }
        multiply(r, r, encoder.skip(), u, stride, true, beta);
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

    private void multiply(int outputs, int inputs, float[] a, float[] b, int stride, boolean add, float[] c) {
        gemm.multiply(false, false, outputs, stride, inputs, a, 0, inputs, b, 0, stride, add, c, 0, stride);
    }
}
