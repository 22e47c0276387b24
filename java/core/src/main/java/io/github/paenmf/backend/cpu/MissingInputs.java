package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.Mask;
import java.util.Arrays;

/**
 * Σ μ_f·w_fj over the missing entries of a row, which is what V·W lacks to be of an encoder's input: that is the mean μ of
 * the feature where an entry is missing, and data read 0 there. If observed entries are listed, it is the sum over all
 * features less that over these.
 */
final class MissingInputs {

    private final Mask mask;
    private final float[] means;
    /** Σ over all features, of each column of W. */
    private final double[] totals;

    private float[] weights;
    private int featureStride;
    private int columnStride;

    /**
     * @param means of the features; not copied
     * @param columns of W
     */
    MissingInputs(Mask mask, float[] means, int columns) {
        this.mask = mask;
        this.means = means;
        this.totals = new double[columns];
    }

    /**
     * Turns to weights, which must stay as they are from then on.
     *
     * @param newWeights w_fj at f·{@code featureStride} + j·{@code columnStride}
     */
    void open(float[] newWeights, int newFeatureStride, int newColumnStride) {
        weights = newWeights;
        featureStride = newFeatureStride;
        columnStride = newColumnStride;
        Arrays.fill(totals, 0);
        for (int j = 0; mask.listsObserved() && j < totals.length; j++) {
            for (int f = 0; f < means.length; f++) {
                totals[j] += (double) means[f] * weights[f * featureStride + j * columnStride];
            }
        }
    }

    /**
     * Adds it, times {@code factor}, to the product of a row.
     *
     * @param p of each column of W, from {@code offset} on
     * @param listed room for m values
     */
    void add(int row, float factor, float[] p, int offset, int[] listed) {
        int count = mask.copyListed(row, listed);
        for (int j = 0; j < totals.length; j++) {
            double sum = 0;
            for (int l = 0; l < count; l++) {
                int f = listed[l];
                sum += (double) means[f] * weights[f * featureStride + j * columnStride];
            }
            p[offset + j] += (float) (factor * (mask.listsObserved() ? totals[j] - sum : sum));
        }
    }
}
