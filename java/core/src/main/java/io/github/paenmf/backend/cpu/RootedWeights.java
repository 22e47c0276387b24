package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.Weights;
import java.util.Arrays;

/**
 * Weights of rows and features, a and b, and their roots. A session has √a·V·√b for data, so that products of factors
 * with the same roots are weighted sums: of H the rows of S have them, of W a copy. Posteriors are those of the factors
 * themselves.
 */
final class RootedWeights {

    private final float[] rows;
    private final float[] rowRoots;
    private final float[] features;
    private final float[] featureRoots;

    private RootedWeights(Weights weights, int n, int m) {
        rows = new float[n];
        features = new float[m];
        for (int i = 0; i < n; i++) {
            rows[i] = (float) weights.row(i);
        }
        for (int f = 0; f < m; f++) {
            features[f] = (float) weights.feature(f);
        }
        rowRoots = floats(weights.rootsOfRows(n));
        featureRoots = floats(weights.rootsOfFeatures(m));
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** Null where every row and feature counts once. */
    static RootedWeights of(Weights weights, int n, int m) {
        return weights.isNone() ? null : new RootedWeights(weights, n, m);
    }

    /** Of the features, m; the array itself. */
    float[] features() {
        return features;
    }

    /** The weights of the rows of a block, and Cᵀ of them without their roots. */
    void ofBlock(RowStageBlock block, float[] weights, float[] numerator, int rank, int length) {
        for (int i = 0; i < block.rows; i++) {
            int row = block.chunk.id(block.firstRow + i);
            weights[i] = rows[row];
            for (int j = 0; j < rank; j++) {
                numerator[j * length + i] /= rowRoots[row];
            }
        }
    }

    /** Takes the roots off the rows of P of a block. */
    void divideRows(RowStageBlock block, int columns) {
        for (int i = 0; i < block.rows; i++) {
            float root = rowRoots[block.chunk.id(block.firstRow + i)];
            int from = block.offset + i * block.projectionStride;
            for (int j = from; j < from + columns; j++) {
                block.values[j] /= root;
            }
        }
    }

    /**
     * Sums of one component over the rows of a block, each as often as it counts.
     *
     * @param s dAλ of the component at {@code offset}, and dAk after {@code part} more
     * @param from where the component begins in the block of heads
     * @param sums takes the gradients, and to its others those of this component are added
     */
    void sum(RowStageBlock block, float[] s, int offset, int part, HeadBlock heads, int from, HeadSums sums) {
        sums.lambdaGradient = 0;
        sums.kGradient = 0;
        for (int i = 0; i < block.rows; i++) {
            double times = rows[block.chunk.id(block.firstRow + i)];
            sums.lambdaGradient += times * s[offset + i];
            sums.kGradient += times * s[offset + part + i];
            sums.kl += times * heads.kl[from + i];
            sums.hc += times * heads.h[from + i] * heads.c[from + i];
        }
    }

    /** Gives the rows of Sᵀ of a block their roots. */
    void multiplyRows(RowStageBlock block, int rank) {
        for (int i = 0; i < block.rows; i++) {
            float root = rowRoots[block.chunk.id(block.firstRow + i)];
            for (int j = 0; j < rank; j++) {
                block.values[block.offset + j * block.blockStride + i] *= root;
            }
        }
    }

    /** Writes Qᵀ of features without their roots, with {@code length} numbers per component. */
    void divideFeatures(float[] q, int from, int count, int stride, int rank, float[] target, int length) {
        for (int j = 0; j < rank; j++) {
            for (int i = 0; i < count; i++) {
                target[j * length + i] = q[j * stride + from + i] / featureRoots[from + i];
            }
            Arrays.fill(target, j * length + count, (j + 1) * length, 0f);
        }
    }

    /** Takes the roots off features of Qᵀ, or of any others of so many columns. */
    void divideFeatures(float[] q, int from, int count, int stride, int columns) {
        for (int j = 0; j < columns; j++) {
            for (int f = from; f < from + count; f++) {
                q[j * stride + f] /= featureRoots[f];
            }
        }
    }

    /** Writes Wᵀ of features with their roots. */
    void multiplyFeatures(float[] w, int from, int count, int stride, int rank, float[] target) {
        for (int j = 0; j < rank; j++) {
            for (int f = from; f < from + count; f++) {
                target[j * stride + f] = w[j * stride + f] * featureRoots[f];
            }
        }
    }
}
