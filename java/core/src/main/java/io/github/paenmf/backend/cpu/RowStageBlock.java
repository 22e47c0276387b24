package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import java.util.Arrays;

/** A block of rows as the row stage finds it, one for each worker: what it reads, and where it writes. */
final class RowStageBlock {

    /** The chunk, the block's first row in it, and how many it has. */
    Rows chunk;

    int firstRow;
    int rows;
    /** Index of the step. */
    int step;
    /** P, rows × columns from {@link #offset} on with a stride of {@link #projectionStride}: what is there is V·W. */
    float[] values;

    int offset;
    int projectionStride;
    /** {@link DataStage#projectionSum} of the block. */
    double projectionSum;
    /**
     * Sᵀ, columns × rows, in place of P: in the same array from {@link #offset} on, with a stride of
     * {@link #blockStride}.
     */
    int blockStride;
    /** G, r × r. */
    float[] g;
    /** Receives what the block adds to the sums, from {@link #sumsOffset} on. */
    double[] sums;

    int sumsOffset;

    /**
     * Writes the first columns of P, transposed, with zeros as padding.
     *
     * @param target receives {@code count} rows of {@code length} values
     */
    void transposeProjection(int count, float[] target, int length) {
        ParameterState.transpose(values, offset, rows, count, projectionStride, target, 0, length);
        for (int j = 0; j < count; j++) {
            Arrays.fill(target, j * length + rows, (j + 1) * length, 0f);
        }
    }
}
