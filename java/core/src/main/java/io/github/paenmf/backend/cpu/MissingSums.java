package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Mask;
import java.util.Arrays;

/**
 * What products with data that read 0 for what is missing lack. Everything here needs time for the listed entries times r.
 *
 * <p>The decoder's Q = VᵀH becomes a sum over observed entries. With K = HᵀH the gradient Wf·K − Q is that of the squared
 * error over all entries. If missing entries are listed, Σ v̂·h over these is added to Q, as if they were what the factors
 * make of them. If observed entries are listed, Σ v̂·h over these is subtracted, and K is to be 0: Q is then minus the
 * gradient itself.
 *
 * <p>The encoder reads the mean μ of the feature where an entry is missing: its P is completed by Σ μ·w
 * ({@link MissingInputs}), and its Q by Σ μ·y over the missing entries, or that over all entries less that over the observed
 * ones.
 */
final class MissingSums {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;

    private final Mask mask;
    private final CpuLayout layout;
    private final int m;
    private final int r;
    private final int stride;
    /** Where the decoder begins in Wᵀ and Sᵀ: how many components come before. */
    private final int decoder;

    private final float[] inputMeans;
    private final MissingInputs inputs;
    /** 3r × m, as Qᵀ, in units of the scaled data. */
    private final float[] sums;
    /** Of each slice of features: Σ y of each of the encoder's columns, where observed entries are listed. */
    private final double[][] totals;

    private final int[][] columns;
    private final float[][] fitted;
    private boolean isZero = true;

    /**
     * @param inputMeans what the encoder reads where an entry is missing, m values; not copied
     */
    MissingSums(Mask mask, CpuLayout layout, float[] inputMeans) {
        this.mask = mask;
        this.layout = layout;
        this.m = layout.shape().features();
        this.r = layout.shape().rank();
        this.stride = layout.featureStride();
        this.decoder = layout.shape().columns() - r;
        this.inputMeans = inputMeans;
        this.inputs = new MissingInputs(mask, inputMeans, decoder);
        this.sums = new float[Math.multiplyExact(layout.shape().columns(), stride)];
        this.totals = new double[layout.slices()][decoder];
        this.columns = new int[layout.threads()][m];
        this.fitted = new float[layout.threads()][m];
    }

    /** How many floats this holds, for a bound on memory. */
    static double floats(CpuLayout layout) {
        return (double) layout.shape().columns() * layout.featureStride()
                + 2.0 * layout.threads() * layout.shape().features();
    }

    /** Whether K is to be 0. */
    boolean replacesGram() {
        return mask.listsObserved();
    }

    void clear() {
        isZero = true;
    }

    /** Turns to the weights of a step, Wᵀ. */
    void open(float[] weights) {
        inputs.open(weights, 1, stride);
    }

    /**
     * Makes the encoder's part of the P of a row that of its input.
     *
     * @param p in units of the data, from {@code offset} on
     */
    void completeInput(int worker, int row, float[] p, int offset) {
        inputs.add(row, (float) layout.shape().dataScale(), p, offset, columns[worker]);
    }

    /**
     * Adds what rows of a chunk contribute to some features, row after row: so how features are shared out changes no bit.
     *
     * @param ps Sᵀ of each block of rows
     * @param weights Wᵀ
     */
    void accumulate(int worker, int slice, Rows chunk, float[] ps, float[] weights) {
        int from = slice * layout.sliceFeatures();
        int to = Math.min(m, from + layout.sliceFeatures());
        if (isZero) {
            for (int j = 0; j < decoder + r; j++) {
                Arrays.fill(sums, j * stride + from, j * stride + to, 0f);
            }
            Arrays.fill(totals[slice], 0);
        }
        int[] at = columns[worker];
        float[] fit = fitted[worker];
        float sign = mask.listsObserved() ? -1f : 1f;
        for (int i = 0; i < chunk.count(); i++) {
            int count = mask.copyListed(chunk.id(i), from, to, at);
            int y = (i / BLOCK_ROWS) * layout.blockFloats() + i % BLOCK_ROWS;
            for (int j = 0; mask.listsObserved() && j < decoder; j++) {
                totals[slice][j] += ps[y + j * layout.blockStride()];
            }
            if (count == 0) {
                continue;
            }
            for (int j = 0; j < decoder; j++) {
                float gradient = sign * ps[y + j * layout.blockStride()];
                int row = j * stride;
                for (int l = 0; l < count; l++) {
                    sums[row + at[l]] += gradient * inputMeans[at[l]];
                }
            }
            int h = y + decoder * layout.blockStride();
            fit(ps, h, layout.blockStride(), weights, at, count, fit);
            for (int j = 0; j < r; j++) {
                float coefficient = sign * ps[h + j * layout.blockStride()];
                int row = (decoder + j) * stride;
                for (int l = 0; l < count; l++) {
                    sums[row + at[l]] += coefficient * fit[l];
                }
            }
        }
    }

    /** To be called when all features have been through a chunk. */
    void accumulated() {
        isZero = false;
    }

    /** v̂ at some entries of a row whose coefficients lie with a stride. */
    private void fit(float[] h, int offset, int hStride, float[] weights, int[] at, int count, float[] fit) {
        Arrays.fill(fit, 0, count, 0f);
        for (int j = 0; j < r; j++) {
            float coefficient = h[offset + j * hStride];
            int row = (decoder + j) * stride;
            for (int l = 0; l < count; l++) {
                fit[l] += coefficient * weights[row + at[l]];
            }
        }
    }

    /**
     * Adds all of it to Qᵀ of raw data, and starts anew.
     *
     * @param scale what the data are divided by
     */
    void moveTo(float[] q, float scale) {
        if (isZero) {
            return;
        }
        for (int j = 0; j < decoder + r; j++) {
            for (int f = 0; f < m; f++) {
                double all =
                        j < decoder && mask.listsObserved() ? inputMeans[f] * totals[f / layout.sliceFeatures()][j] : 0;
                q[j * stride + f] += (float) (scale * (all + sums[j * stride + f]));
            }
        }
        isZero = true;
    }

    /**
     * The same for C = V·Wf of a row: adds Σ v̂·w over its missing entries, or subtracts that over its observed ones, where
     * H·G is to be 0.
     *
     * @param row of the data
     * @param h its coefficients, from {@code offset} on with a stride, and in the same places C
     * @return what is to be added to ⟨h, C⟩ so that ‖v‖² − 2⟨h, C⟩ + h·G·h is the squared error over observed entries
     */
    double correct(int worker, int row, float[] h, float[] c, int offset, int hStride, float[] weights) {
        int[] at = columns[worker];
        float[] fit = fitted[worker];
        int count = mask.copyListed(row, at);
        fit(h, offset, hStride, weights, at, count, fit);
        double squares = 0;
        for (int l = 0; l < count; l++) {
            squares += (double) fit[l] * fit[l];
        }
        float sign = mask.listsObserved() ? -1f : 1f;
        for (int j = 0; j < r; j++) {
            int component = (decoder + j) * stride;
            float sum = 0;
            for (int l = 0; l < count; l++) {
                sum += fit[l] * weights[component + at[l]];
            }
            c[offset + j * hStride] += sign * sum;
        }
        return -sign * squares / 2;
    }
}
