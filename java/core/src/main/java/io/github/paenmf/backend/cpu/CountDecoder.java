package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.PaeConfiguration;
import java.util.Arrays;

/**
 * The decoder of PAE-NMF with a Poisson likelihood: −ln p(v | h) = Σ v̂ − v ln v̂ + ln v! with v̂ = Wf·h, so that
 * dH = Σ_f w_f − C, where C = (V ⊘ V̂)·Wf takes the place of V·Wf, after H is sampled. It takes time for the nonzeros.
 */
final class CountDecoder {

    private static final float LEAST = PaeConfiguration.DECODED_MIN;

    private final SparseKernel kernel;
    private final int m;
    private final int r;
    /** Wf, m × ld; that of the data's stage. */
    private float[] w;

    private int ld;
    /** Of each worker: the nonzeros of a row, what they are decoded to, and h or C of the row. */
    private final int[][] at;

    private final float[][] values;
    private final float[][] decoded;
    private final float[][] row;
    /** Σ_f w of each component. */
    private final double[] totals;

    CountDecoder(CpuLayout layout, SparseKernel kernel) {
        this.kernel = kernel;
        this.m = layout.shape().features();
        this.r = layout.shape().rank();
        this.at = new int[layout.threads()][m];
        this.values = new float[layout.threads()][m];
        this.decoded = new float[layout.threads()][m];
        this.row = new float[layout.threads()][kernel.stride(r)];
        this.totals = new double[r];
    }

    /** How many floats this holds, for a bound on memory. */
    static double floats(CpuLayout layout) {
        return 3.0 * layout.threads() * layout.shape().features();
    }

    /**
     * Takes over the decoder's weights, which stay those of the stage.
     *
     * @param weights m × {@code stride}, with zeros after the components
     */
    void use(float[] weights, int stride) {
        w = weights;
        ld = stride;
    }

    /**
     * Sums up the weights of each component.
     *
     * @param transposed Wfᵀ from {@code from} on
     */
    void addUp(float[] transposed, int from, int stride) {
        for (int j = 0; j < r; j++) {
            double sum = 0;
            for (int f = 0; f < m; f++) {
                sum += transposed[from + j * stride + f];
            }
            totals[j] = sum;
        }
    }

    /** Σ_f w of a component, as they were last summed up. */
    double total(int component) {
        return totals[component];
    }

    /**
     * Writes C of a row, and Σ_f w where H·G would be.
     *
     * @param index of the row in the data
     * @param i of the row in the block, of {@code length} rows
     * @return −Σ v ln v̂
     */
    double run(int worker, RowSource data, int index, HeadBlock heads, int i, int length) {
        float[] x = row[worker];
        Arrays.fill(x, r, ld, 0f);
        for (int j = 0; j < r; j++) {
            x[j] = heads.h[j * length + i];
        }
        float[] v = values[worker];
        float[] fit = decoded[worker];
        int count = data.copyNonzeros(index, 0, m, at[worker], v);
        kernel.decode(count, at[worker], x, 0, w, ld, fit);
        double sum = 0;
        for (int l = 0; l < count; l++) {
            float value = Math.max(LEAST, fit[l]);
            sum -= (double) v[l] * FloatMath.log(value);
            v[l] /= value;
        }
        kernel.project(count, at[worker], v, w, ld, x, 0);
        for (int j = 0; j < r; j++) {
            heads.c[j * length + i] = x[j];
            heads.hg[j * length + i] = (float) totals[j];
        }
        return sum;
    }

    /** Divides nonzeros by what they were decoded to. */
    static void toRatios(int count, float[] nonzeros, float[] decoded) {
        for (int l = 0; l < count; l++) {
            nonzeros[l] /= Math.max(LEAST, decoded[l]);
        }
    }
}
