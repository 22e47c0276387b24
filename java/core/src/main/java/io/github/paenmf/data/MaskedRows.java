package io.github.paenmf.data;

import java.util.List;

/** Data of which some entries are missing. */
class MaskedRows extends ForwardingRows<RowSource> {

    private final Mask mask;

    private MaskedRows(RowSource values, Mask mask) {
        super(values);
        this.mask = mask;
    }

    /**
     * Values with a mask.
     *
     * @param values 0 where they are missing; shared
     * @return the values themselves if nothing is missing
     */
    static RowSource of(RowSource values, Mask mask) {
        if (mask.missing() == 0) {
            return values;
        }
        return values instanceof SparseSource sparse ? new Sparse(sparse, mask) : new MaskedRows(values, mask);
    }

    @Override
    public Mask mask() {
        return mask;
    }

    @Override
    public RowSource withNames(List<String> newRowNames, List<String> newColumnNames) {
        return of(source().withNames(newRowNames, newColumnNames), mask);
    }

    @Override
    public RowSource selectRows(int[] rowIndices) {
        return of(source().selectRows(rowIndices), mask.selectRows(rowIndices));
    }

    @Override
    public RowSource selectColumns(int[] columnIndices) {
        return of(source().selectColumns(columnIndices), mask.selectColumns(columnIndices));
    }

    @Override
    public String toString() {
        return source() + ", of which " + mask.missing() + " are missing";
    }

    /** The same of sparse data. */
    private static final class Sparse extends MaskedRows implements ForwardingSparse {

        private final SparseSource sparse;

        Sparse(SparseSource values, Mask mask) {
            super(values, mask);
            this.sparse = values;
        }

        @Override
        public SparseSource sparse() {
            return sparse;
        }

        @Override
        public SparseRows block(int first, int count) {
            return sparse.block(first, count);
        }
    }
}
