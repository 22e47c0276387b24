package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * What an algorithm keeps of each row of the data from step to step, r values: Hᵀ of each block of
 * {@link CpuLayout#BLOCK_ROWS} rows, r × rows.
 */
final class RowState {

    private static final int BLOCK = CpuLayout.BLOCK_ROWS;

    private final int rank;
    /** Stride of components. */
    private final int stride;

    private final float[][] h;

    /** All 0. */
    RowState(int rows, int rank) {
        this.rank = rank;
        this.stride = CpuLayout.stride(Math.min(BLOCK, rows));
        this.h = new float[(rows - 1) / BLOCK + 1][Math.multiplyExact(rank, stride)];
    }

    /** How many floats that of so many rows holds, for a bound on memory. */
    static double floats(int rows, int rank) {
        return (double) rank * (rows + BLOCK);
    }

    void copy(RowState other) {
        for (int block = 0; block < h.length; block++) {
            System.arraycopy(other.h[block], 0, h[block], 0, h[block].length);
        }
    }

    void visit(StateVisitor visitor) {
        for (float[] block : h) {
            visitor.visit(block);
        }
    }

    /** Takes over n × r values. */
    void set(Matrix values) {
        for (int block = 0; block < h.length; block++) {
            int first = block * BLOCK;
            int rows = Math.min(BLOCK, values.rows() - first);
            ParameterState.transpose(
                    values.storage(first), values.offset(first), rows, rank, rank, h[block], 0, stride);
        }
    }

    /** Copies all rows to n × r values. */
    void read(Matrix target) {
        for (int block = 0; block < h.length; block++) {
            int first = block * BLOCK;
            int rows = Math.min(BLOCK, target.rows() - first);
            ParameterState.transpose(
                    h[block], 0, rank, rows, stride, target.storage(first), target.offset(first), rank);
        }
    }

    /** Gives all rows the same value throughout. */
    void fill(float value) {
        for (float[] block : h) {
            Arrays.fill(block, value);
        }
    }

    /**
     * Copies rows of a chunk, all of one block, row by row.
     *
     * @param first the first of them in the chunk
     * @param target takes r values per row
     * @param ld stride of its rows
     */
    void readRows(Rows chunk, int first, int count, float[] target, int ld) {
        if (chunk.order() == null) {
            ParameterState.transpose(h[chunk.id(first) / BLOCK], 0, rank, count, stride, target, 0, ld);
            return;
        }
        for (int i = 0; i < count; i++) {
            int id = chunk.id(first + i);
            for (int j = 0; j < rank; j++) {
                target[i * ld + j] = h[id / BLOCK][j * stride + id % BLOCK];
            }
        }
    }

    /** Copies one component of the first rows. */
    void readComponent(int component, int rows, float[] target) {
        for (int first = 0; first < rows; first += BLOCK) {
            System.arraycopy(h[first / BLOCK], component * stride, target, first, Math.min(BLOCK, rows - first));
        }
    }

    /** Copies one component of some rows. */
    void copyComponent(int component, int[] rows, int count, float[] target) {
        for (int l = 0; l < count; l++) {
            target[l] = h[rows[l] / BLOCK][component * stride + rows[l] % BLOCK];
        }
    }

    /**
     * Takes over values of the rows of one block, as they are stored.
     *
     * @param first index of the block's first row in the data
     * @param values one row per component, from index 0 on
     */
    void setBlock(int first, int rows, float[] values, int valuesStride) {
        for (int j = 0; j < rank; j++) {
            setComponent(first, j, rows, values, j * valuesStride);
        }
    }

    /**
     * Takes over values of one component of the rows of one block, as they are stored.
     *
     * @param first index of the block's first row in the data
     * @param values those of the component, from {@code offset} on
     */
    void setComponent(int first, int component, int rows, float[] values, int offset) {
        System.arraycopy(values, offset, h[first / BLOCK], component * stride, rows);
    }

    /** Copies what the rows of a block have to where the row stage leaves Sᵀ, with zeros as padding. */
    void load(RowStageBlock block) {
        load(block, 0);
    }

    /**
     * The same where Sᵀ has other components before them.
     *
     * @param before how many
     */
    void load(RowStageBlock block, int before) {
        float[] s = block.values;
        for (int j = 0; j < rank; j++) {
            int row = block.offset + (before + j) * block.blockStride;
            if (block.chunk.order() == null) {
                int first = block.chunk.id(block.firstRow);
                System.arraycopy(h[first / BLOCK], j * stride, s, row, block.rows);
            } else {
                for (int i = 0; i < block.rows; i++) {
                    int id = block.chunk.id(block.firstRow + i);
                    s[row + i] = h[id / BLOCK][j * stride + id % BLOCK];
                }
            }
            Arrays.fill(s, row + block.rows, row + block.blockStride, 0f);
        }
    }

    /**
     * Keeps, for the rows of a block, what lies beyond Sᵀ as seen from {@code before}. It has the rows in order.
     */
    void keepBeyond(RowStageBlock block, RowState before, float lead, PoissonKernel kernel) {
        keep(block);
        int from = block.chunk.id(block.firstRow) / BLOCK;
        for (int j = 0; j < rank; j++) {
            kernel.goBeyond(h[from], j * stride, before.h[from], j * stride, lead, block.rows);
        }
    }

    /** Keeps Sᵀ of a block as what its rows have. */
    void keep(RowStageBlock block) {
        keep(block, 0);
    }

    /**
     * The same where Sᵀ has other components before them.
     *
     * @param before how many
     */
    void keep(RowStageBlock block, int before) {
        float[] s = block.values;
        for (int j = 0; j < rank; j++) {
            int row = block.offset + (before + j) * block.blockStride;
            if (block.chunk.order() == null) {
                int first = block.chunk.id(block.firstRow);
                System.arraycopy(s, row, h[first / BLOCK], j * stride, block.rows);
            } else {
                for (int i = 0; i < block.rows; i++) {
                    int id = block.chunk.id(block.firstRow + i);
                    h[id / BLOCK][j * stride + id % BLOCK] = s[row + i];
                }
            }
        }
    }
}
