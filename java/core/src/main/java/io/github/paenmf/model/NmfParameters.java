package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;

/**
 * What standard NMF learns: both factors, in units of the data divided by their root mean square.
 *
 * @param w W, m × r, ≥ 0
 * @param h H, n × r, ≥ 0
 * @param sums what W is made of beside the rows of a step, where it goes by means over mini-batches or on from a model; else
 *     null
 */
public record NmfParameters(Matrix w, Matrix h, NmfSums sums) implements Parameters<NmfParameters> {

    public NmfParameters {
        if (w.columns() != h.columns()) {
            throw new IllegalArgumentException("factors of ranks " + w.columns() + " and " + h.columns());
        }
    }

    /** Of a fit whose steps take all rows. */
    public NmfParameters(Matrix w, Matrix h) {
        this(w, h, null);
    }

    /** Factors that are 0. */
    public static NmfParameters zeros(int rows, int features, int rank) {
        return new NmfParameters(Matrix.zeros(features, rank), Matrix.zeros(rows, rank));
    }

    /** r. */
    public int rank() {
        return w.columns();
    }

    @Override
    public boolean isFinite() {
        return isFinite(w) && isFinite(h) && (sums == null || sums.isFinite());
    }

    private static boolean isFinite(Matrix factor) {
        for (int i = 0; i < factor.rows(); i++) {
            float[] values = factor.storage(i);
            int offset = factor.offset(i);
            for (int j = offset; j < offset + factor.columns(); j++) {
                if (!Float.isFinite(values[j])) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public void visit(StateVisitor visitor) {
        visit(w, visitor);
        visit(h, visitor);
        if (sums != null) {
            visitor.visit(sums.numerators());
            visitor.visit(sums.denominators());
            sums.setRows(visitor.visit(sums.rows()));
        }
    }

    private static void visit(Matrix factor, StateVisitor visitor) {
        for (int row = 0; row < factor.rows(); row += factor.rowsPerBlock()) {
            visitor.visit(factor.storage(row));
        }
    }

    @Override
    public NmfParameters copy() {
        return new NmfParameters(w.copy(), h.copy(), sums == null ? null : sums.copy());
    }
}
