package io.github.paenmf.data;

import java.util.List;

/** Data as another source has them, except for what is overridden. */
abstract class ForwardingRows<S extends RowSource> implements RowSource {

    private final S source;

    ForwardingRows(S source) {
        this.source = source;
    }

    final S source() {
        return source;
    }

    @Override
    public final int rows() {
        return source.rows();
    }

    @Override
    public final int columns() {
        return source.columns();
    }

    @Override
    public final List<String> rowNames() {
        return source.rowNames();
    }

    @Override
    public final List<String> columnNames() {
        return source.columnNames();
    }

    @Override
    public Mask mask() {
        return source.mask();
    }

    @Override
    public double sizeFactor(int row) {
        return source.sizeFactor(row);
    }

    @Override
    public Covariates covariates() {
        return source.covariates();
    }

    @Override
    public final Paging paging() {
        return source.paging();
    }

    @Override
    public final void expect(int[] firstRows) {
        source.expect(firstRows);
    }

    @Override
    public RowBlock block(int first, int count) {
        return source.block(first, count);
    }

    @Override
    public void copyRow(int row, int from, int count, float[] target, int targetOffset) {
        source.copyRow(row, from, count, target, targetOffset);
    }

    @Override
    public int copyNonzeros(int row, int from, int to, int[] columns, float[] values) {
        return source.copyNonzeros(row, from, to, columns, values);
    }

    @Override
    public RowSource requireNonNegative() {
        source.requireNonNegative();
        return this;
    }

    @Override
    public RowSource requireFinite() {
        source.requireFinite();
        return this;
    }
}
