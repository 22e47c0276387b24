package io.github.paenmf.data;

import java.util.List;

/** Data with covariates of each row. */
class CovariateRows extends ForwardingRows<RowSource> {

    private final Covariates covariates;

    private CovariateRows(RowSource source, Covariates covariates) {
        super(source);
        this.covariates = covariates;
    }

    /**
     * @param covariates of the same rows in the same order, which take the place of those that the data have, if any
     */
    static RowSource of(RowSource data, Covariates covariates) {
        if (data instanceof SizedRows sized) {
            return SizedRows.of(of(sized.source(), covariates), sized.factors());
        }
        RowSource source = data instanceof CovariateRows with ? with.source() : data;
        return source instanceof SparseSource sparse
                ? new Sparse(sparse, covariates)
                : new CovariateRows(source, covariates);
    }

    @Override
    public final Covariates covariates() {
        return covariates;
    }

    @Override
    public final RowSource withNames(List<String> newRowNames, List<String> newColumnNames) {
        return of(source().withNames(newRowNames, newColumnNames), covariates);
    }

    @Override
    public final RowSource selectRows(int[] rowIndices) {
        return of(source().selectRows(rowIndices), covariates.selectRows(rowIndices));
    }

    @Override
    public final RowSource selectColumns(int[] columnIndices) {
        return of(source().selectColumns(columnIndices), covariates);
    }

    /** The same of sparse data. */
    private static final class Sparse extends CovariateRows implements ForwardingSparse {

        private final SparseSource sparse;

        Sparse(SparseSource source, Covariates covariates) {
            super(source, covariates);
            this.sparse = source;
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
