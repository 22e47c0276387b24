package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Mask;
import java.util.Arrays;

/**
 * What makes of the decoder's Q = VᵀH a sum over observed entries, where data read 0 for what is missing. With
 * K = HᵀH the gradient Wf·K − Q is that of the squared error over all entries. If missing entries are listed, Σ v̂·h over
 * these is added to Q, as if they were what the factors make of them. If observed entries are listed, Σ v̂·h over these is
 * subtracted, and K is to be 0: Q is then minus the gradient itself. Both need time for the listed entries times r.
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
    /** r × m, in units of the scaled data. */
    private final float[] sums;

    private final int[][] columns;
    private final float[][] fitted;
    private boolean isZero = true;

    MissingSums(Mask mask, CpuLayout layout) {
        this.mask = mask;
        this.layout = layout;
        this.m = layout.shape().features();
        this.r = layout.shape().rank();
        this.stride = layout.featureStride();
        this.decoder = layout.shape().columns() - r;
        this.sums = new float[Math.multiplyExact(r, stride)];
        this.columns = new int[layout.threads()][m];
        this.fitted = new float[layout.threads()][m];
    }

    /** How many floats this holds, for a bound on memory. */
    static double floats(CpuLayout layout) {
        return (double) layout.shape().rank() * layout.featureStride()
                + 2.0 * layout.threads() * layout.shape().features();
    }

    /** Whether K is to be 0. */
    boolean replacesGram() {
        return mask.listsObserved();
    }

    void clear() {
        isZero = true;
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
            for (int j = 0; j < r; j++) {
                Arrays.fill(sums, j * stride + from, j * stride + to, 0f);
            }
        }
        int[] at = columns[worker];
        float[] fit = fitted[worker];
        float sign = mask.listsObserved() ? -1f : 1f;
        for (int i = 0; i < chunk.count(); i++) {
            int count = mask.copyListed(chunk.id(i), from, to, at);
            if (count == 0) {
                continue;
            }
            int h = (i / BLOCK_ROWS) * layout.blockFloats() + decoder * layout.blockStride() + i % BLOCK_ROWS;
            fit(ps, h, layout.blockStride(), weights, at, count, fit);
            for (int j = 0; j < r; j++) {
                float coefficient = sign * ps[h + j * layout.blockStride()];
                int row = j * stride;
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
        for (int j = 0; j < r; j++) {
            int to = (decoder + j) * stride;
            for (int f = 0; f < m; f++) {
                q[to + f] += scale * sums[j * stride + f];
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
