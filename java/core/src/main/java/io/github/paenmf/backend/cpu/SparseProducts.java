package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseSource;

/** Products of all rows of sparse data with other matrices, on the threads of a session. */
final class SparseProducts implements DataProducts {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;

    private final SparseSource v;
    private final float inverseScale;
    private final SparseKernel kernel;
    private final Workers workers;

    /**
     * @param scale what V is divided by
     */
    SparseProducts(SparseSource data, double scale, SparseKernel kernel, Workers workers) {
        this.v = data;
        this.inverseScale = (float) (1 / scale);
        this.kernel = kernel;
        this.workers = workers;
    }

    @Override
    public Matrix project(Matrix x) {
        SparseProjection projection =
                new SparseProjection(v.columns(), x.columns(), CpuProducts.contiguous(x), 0, x.columns(), kernel);
        Matrix result = Matrix.zeros(v.rows(), x.columns());
        workers.run((v.rows() - 1) / BLOCK_ROWS + 1, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            int rows = Math.min(BLOCK_ROWS, v.rows() - first);
            float[] target = result.storage(first);
            int offset = result.offset(first);
            projection.project(v.block(first, rows), target, offset, x.columns());
            scale(target, offset, rows * x.columns());
        });
        return result;
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        int m = v.columns();
        int columns = y.columns();
        int ld = kernel.stride(columns);
        int[] slices = FeatureSlices.of(v, workers.threads());
        float[] sums = new float[Math.multiplyExact(m, ld)];
        workers.run(slices.length - 1, (worker, slice) -> {
            int from = slices[slice];
            int to = slices[slice + 1];
            int[] at = new int[to - from];
            float[] values = new float[to - from];
            float[] row = new float[ld];
            for (int i = 0; i < v.rows(); i++) {
                y.copyRow(i, row, 0);
                kernel.accumulate(v.copyNonzeros(i, from, to, at, values), at, values, row, 0, sums, ld);
            }
        });
        Matrix result = Matrix.zeros(m, columns);
        for (int f = 0; f < m; f++) {
            System.arraycopy(sums, f * ld, result.storage(f), result.offset(f), columns);
            scale(result.storage(f), result.offset(f), columns);
        }
        return result;
    }

    private void scale(float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            values[i] *= inverseScale;
        }
    }
}
