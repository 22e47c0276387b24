package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Matrix;

/** Products of all rows of data with other matrices: blocks of rows, or slices of features, on the threads of a session. */
final class CpuProducts implements DataProducts {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;

    private final Matrix v;
    private final Gemm gemm;
    private final Workers workers;
    private final int n;
    private final int m;
    private final int sliceFeatures;
    private final int slices;
    private final float inverseScale;

    CpuProducts(Matrix data, CpuLayout layout, Gemm gemm, Workers workers) {
        this.v = data;
        this.gemm = gemm;
        this.workers = workers;
        this.n = data.rows();
        this.m = data.columns();
        this.sliceFeatures = layout.sliceFeatures();
        this.slices = layout.slices();
        this.inverseScale = (float) (1 / layout.shape().dataScale());
    }

    private int blockRows(int block) {
        return Math.min(BLOCK_ROWS, n - block * BLOCK_ROWS);
    }

    @Override
    public Matrix project(Matrix x) {
        int columns = x.columns();
        Matrix result = Matrix.zeros(n, columns);
        float[] right = contiguous(x);
        workers.run((n - 1) / BLOCK_ROWS + 1, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            int rows = blockRows(block);
            float[] target = result.storage(first);
            int at = result.offset(first);
            gemm.multiply(
                    false,
                    false,
                    rows,
                    columns,
                    m,
                    v.storage(first),
                    v.offset(first),
                    m,
                    right,
                    0,
                    columns,
                    false,
                    target,
                    at,
                    columns);
            scale(target, at, rows * columns);
        });
        return result;
    }

    private void scale(float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            values[i] *= inverseScale;
        }
    }

    private static float[] contiguous(Matrix matrix) {
        float[] values = new float[Math.toIntExact(matrix.size())];
        for (int i = 0; i < matrix.rows(); i++) {
            matrix.copyRow(i, values, i * matrix.columns());
        }
        return values;
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        int columns = y.columns();
        float[] transposed = new float[Math.multiplyExact(columns, m)];
        workers.run(slices, (worker, slice) -> {
            int feature = slice * sliceFeatures;
            int width = Math.min(sliceFeatures, m - feature);
            for (int first = 0; first < n; first += BLOCK_ROWS) {
                gemm.multiply(
                        true,
                        false,
                        columns,
                        width,
                        blockRows(first / BLOCK_ROWS),
                        y.storage(first),
                        y.offset(first),
                        columns,
                        v.storage(first),
                        v.offset(first) + feature,
                        m,
                        first > 0,
                        transposed,
                        feature,
                        m);
            }
        });
        float[] result = new float[transposed.length];
        ParameterState.transpose(transposed, columns, m, m, result, columns);
        scale(result, 0, result.length);
        return Matrix.wrap(result, m, columns);
    }
}
