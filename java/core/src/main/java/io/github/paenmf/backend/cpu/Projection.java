package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.RowBlock;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;

/** C = V·B for blocks of rows of some data and one matrix B, m × columns. Thread-safe. */
interface Projection {

    /**
     * C = V·B of a block.
     *
     * @param c rows × columns from {@code offset} on, rows of it {@code ld} apart
     */
    void project(RowBlock v, float[] c, int offset, int ld);

    /**
     * Of data in whatever form they have.
     *
     * @param b B from {@code offset} on, rows of it {@code ld} apart; not written to while the projection is in use
     */
    static Projection of(RowSource data, int columns, float[] b, int offset, int ld, CpuRuntime runtime) {
        if (data instanceof SparseSource) {
            return new SparseProjection(data.columns(), columns, b, offset, ld, runtime.sparseKernel());
        }
        BlockProducts products = new BlockProducts(runtime.gemm());
        return (v, c, offsetC, ldC) -> products.project(v, columns, b, offset, ld, c, offsetC, ldC);
    }
}
