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

    /** Gives the rows of Sᵀ of a block their roots. */
    void multiplyRows(RowStageBlock block, int rank) {
        for (int i = 0; i < block.rows; i++) {
            float root = rowRoots[block.chunk.id(block.firstRow + i)];
            for (int j = 0; j < rank; j++) {
                block.values[block.offset + j * block.blockStride + i] *= root;
            }
        }
    }

    /** Writes Qᵀ of features without their roots, with {@code length} numbers a component. */
    void divideFeatures(float[] q, int from, int count, int stride, int rank, float[] target, int length) {
        for (int j = 0; j < rank; j++) {
            for (int i = 0; i < count; i++) {
                target[j * length + i] = q[j * stride + from + i] / featureRoots[from + i];
            }
            Arrays.fill(target, j * length + count, (j + 1) * length, 0f);
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
