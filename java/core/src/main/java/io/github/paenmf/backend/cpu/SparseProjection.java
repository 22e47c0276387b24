package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.RowBlock;
import io.github.paenmf.data.SparseRows;

/** C = V·B of sparse rows. */
final class SparseProjection implements Projection {

    private final SparseKernel kernel;
    private final int columns;
    /** Stride of rows of B. */
    private final int ld;

    private final float[] b;

    /** Takes a copy of B with rows of whole vectors. */
    SparseProjection(int m, int columns, float[] values, int offset, int stride, SparseKernel kernel) {
        this.kernel = kernel;
        this.columns = columns;
        this.ld = kernel.stride(columns);
        this.b = new float[Math.multiplyExact(m, ld)];
        for (int f = 0; f < m; f++) {
            System.arraycopy(values, offset + f * stride, b, f * ld, columns);
        }
    }

    @Override
    public void project(RowBlock v, float[] c, int offset, int stride) {
        SparseRows rows = (SparseRows) v;
        int[] at = new int[v.columns()];
        float[] values = new float[v.columns()];
        float[] row = new float[ld];
        for (int i = 0; i < rows.rows(); i++) {
            int count = rows.source().copyNonzeros(rows.first() + i, 0, v.columns(), at, values);
            kernel.project(count, at, values, b, ld, row, 0);
            System.arraycopy(row, 0, c, offset + i * stride, columns);
        }
    }
}
