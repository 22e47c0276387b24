package io.github.paenmf.data;

import java.util.Arrays;
import java.util.List;

/** Data with a size factor for each row, by which they are not yet divided. */
class SizedRows extends ForwardingRows<RowSource> {

    private final double[] factors;

    private SizedRows(RowSource source, double[] factors) {
        super(source);
        this.factors = factors;
    }

    /**
     * @param factors n numbers above 0; kept
     */
    static SizedRows of(RowSource source, double[] factors) {
        return source instanceof SparseSource ? new Sparse(source, factors) : new SizedRows(source, factors);
    }

    /** n numbers; not to be written to. */
    final double[] factors() {
        return factors;
    }

    @Override
    public final double sizeFactor(int row) {
        return factors[row];
    }

    @Override
    public final RowSource withNames(List<String> newRowNames, List<String> newColumnNames) {
        return of(source().withNames(newRowNames, newColumnNames), factors);
    }

    @Override
    public final RowSource selectRows(int[] rowIndices) {
        double[] selected =
                Arrays.stream(rowIndices).mapToDouble(i -> factors[i]).toArray();
        return of(source().selectRows(rowIndices), selected);
    }

    @Override
    public final RowSource selectColumns(int[] columnIndices) {
        return of(source().selectColumns(columnIndices), factors);
    }

    /** The same of sparse data. */
    private static final class Sparse extends SizedRows implements ForwardingSparse {

        Sparse(RowSource source, double[] factors) {
            super(source, factors);
        }

        @Override
        public SparseSource sparse() {
            return (SparseSource) source();
        }

        @Override
        public SparseRows block(int first, int count) {
            return sparse().block(first, count);
        }
    }
}
