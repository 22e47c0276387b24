package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowBlock;
import io.github.paenmf.data.RowSource;

/** Products of all rows of data with other matrices: blocks of rows, or slices of features, on the threads of a session. */
final class CpuProducts implements DataProducts {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;

    private final RowSource v;
    private final BlockProducts products;
    private final Workers workers;
    private final int n;
    private final int m;
    private final int sliceFeatures;
    private final int slices;
    private final float inverseScale;

    CpuProducts(RowSource data, CpuLayout layout, BlockProducts products, Workers workers) {
        this.v = data;
        this.products = products;
        this.workers = workers;
        this.n = data.rows();
        this.m = data.columns();
        this.sliceFeatures = layout.sliceFeatures();
        this.slices = layout.slices();
        this.inverseScale = (float) (1 / layout.shape().dataScale());
    }

    private RowBlock block(int first) {
        return v.block(first, Math.min(BLOCK_ROWS, n - first));
    }

    @Override
    public Matrix project(Matrix x) {
        int columns = x.columns();
        Matrix result = Matrix.zeros(n, columns);
        float[] right = contiguous(x);
        workers.run((n - 1) / BLOCK_ROWS + 1, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            RowBlock rows = block(first);
            float[] target = result.storage(first);
            int at = result.offset(first);
            products.project(rows, columns, right, 0, columns, target, at, columns);
            scale(target, at, rows.rows() * columns);
        });
        return result;
    }

    private void scale(float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            values[i] *= inverseScale;
        }
    }

    /** All rows one after the other. */
    static float[] contiguous(Matrix matrix) {
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
                products.accumulate(
                        true,
                        columns,
                        y.storage(first),
                        y.offset(first),
                        columns,
                        block(first),
                        feature,
                        width,
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
