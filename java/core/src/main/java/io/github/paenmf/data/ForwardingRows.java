package io.github.paenmf.data;

import java.util.List;

/** Data as another source has them, but for what is overridden. */
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
    public final Mask mask() {
        return source.mask();
    }
}
