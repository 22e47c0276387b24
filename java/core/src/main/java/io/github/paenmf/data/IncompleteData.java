package io.github.paenmf.data;

/** Makes data with missing values into such as have 0 in their place and a {@link Mask} that says where. */
public final class IncompleteData {

    private IncompleteData() {}

    /**
     * Data with a mask. Dense data stay dense: a copy where there is NaN, else the same. Sparse data stay sparse: a copy
     * without what is NaN where there is any, else the same; where zeros are missing the mask is the data's own pattern.
     * What a mask hides already stays hidden, and rows keep their size factors and covariates.
     *
     * @return n × m: {@code data} itself if nothing is missing
     * @throws DataException if something is missing in data that are not all in memory
     */
    public static RowSource of(RowSource data, Missing policy) {
        if (policy == Missing.NONE) {
            return data;
        }
        if (data instanceof SizedRows sized) {
            return SizedRows.of(of(sized.source(), policy), sized.factors());
        }
        if (data instanceof CovariateRows with) {
            return CovariateRows.of(of(with.source(), policy), with.covariates());
        }
        long nan = 0;
        long observed = 0;
        int[] columns = new int[data.columns()];
        float[] values = new float[columns.length];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            observed += count;
            for (int l = 0; l < count; l++) {
                if (Float.isNaN(values[l])) {
                    nan++;
                }
            }
        }
        observed -= nan;
        if (policy == Missing.NAN && nan == 0 || observed == data.size()) {
            return data;
        }
        if (data.paging() != null) {
            throw new DataException(
                    "values are missing, which data on the disk cannot leave out; read them into memory,"
                            + " or fill the values in");
        }
        RowSource known = nan == 0 ? data : withoutNan(data);
        if (policy == Missing.NAN) {
            return MaskedRows.of(known, nan(data, 2 * nan > data.size()));
        }
        boolean listsObserved = 2 * observed <= data.size();
        boolean isPattern = listsObserved && known instanceof SparseSource;
        return MaskedRows.of(known, isPattern ? Mask.ofObserved((SparseSource) known) : zeros(known, listsObserved));
    }

    /** A copy with 0 in place of NaN, as sparse as the data. */
    private static RowSource withoutNan(RowSource data) {
        int m = data.columns();
        if (data instanceof SparseSource) {
            SparseMatrix.Builder builder = SparseMatrix.builder(m);
            int[] columns = new int[m];
            float[] values = new float[m];
            for (int i = 0; i < data.rows(); i++) {
                int count = data.copyNonzeros(i, 0, m, columns, values);
                clearNan(values, 0, count);
                builder.addRow(columns, values, count);
            }
            return builder.build().withNames(data.rowNames(), data.columnNames());
        }
        Matrix copy = Matrix.zeros(data.rows(), m);
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, copy.storage(i), copy.offset(i));
            clearNan(copy.storage(i), copy.offset(i), m);
        }
        return copy.withNames(data.rowNames(), data.columnNames());
    }

    private static void clearNan(float[] values, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (Float.isNaN(values[i])) {
                values[i] = 0;
            }
        }
    }

    /** Which entries are NaN. */
    private static Mask nan(RowSource data, boolean listsObserved) {
        int m = data.columns();
        Mask.Builder builder = Mask.builder(m, listsObserved);
        int[] columns = new int[m];
        float[] values = new float[m];
        for (int i = 0; i < data.rows(); i++) {
            int listed = 0;
            if (listsObserved) {
                data.copyRow(i, values, 0);
                for (int j = 0; j < m; j++) {
                    if (!Float.isNaN(values[j])) {
                        columns[listed++] = j;
                    }
                }
            } else {
                int count = data.copyNonzeros(i, 0, m, columns, values);
                for (int l = 0; l < count; l++) {
                    if (Float.isNaN(values[l])) {
                        columns[listed++] = columns[l];
                    }
                }
            }
            builder.addRow(columns, listed);
        }
        return builder.build();
    }

    /** Which entries are 0. */
    private static Mask zeros(RowSource data, boolean listsObserved) {
        int m = data.columns();
        Mask.Builder builder = Mask.builder(m, listsObserved);
        int[] columns = new int[m];
        float[] values = new float[m];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, m, columns, values);
            builder.addRow(columns, listsObserved ? count : Mask.complement(columns, count, m));
        }
        return builder.build();
    }
}
