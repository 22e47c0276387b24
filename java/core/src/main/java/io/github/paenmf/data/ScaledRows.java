package io.github.paenmf.data;

import java.util.Arrays;
import java.util.List;

/** Sparse data that are scaled as they are read: beside them there is one number per row, and one per feature. */
final class ScaledRows extends ForwardingRows<SparseSource> implements ForwardingSparse {

    private final FittedScaling scaling;
    private final double[] sizeFactors;

    /**
     * @param sizeFactors n numbers; kept
     */
    ScaledRows(SparseSource source, FittedScaling scaling, double[] sizeFactors) {
        super(source);
        this.scaling = scaling;
        this.sizeFactors = sizeFactors;
    }

    @Override
    public SparseSource sparse() {
        return source();
    }

    @Override
    public RowSource withNames(List<String> newRowNames, List<String> newColumnNames) {
        return new ScaledRows((SparseSource) source().withNames(newRowNames, newColumnNames), scaling, sizeFactors);
    }

    @Override
    public RowSource selectRows(int[] rowIndices) {
        double[] selected =
                Arrays.stream(rowIndices).mapToDouble(i -> sizeFactors[i]).toArray();
        return new ScaledRows((SparseSource) source().selectRows(rowIndices), scaling, selected);
    }

    @Override
    public RowSource selectColumns(int[] columnIndices) {
        return new ScaledRows(
                (SparseSource) source().selectColumns(columnIndices),
                scaling.selectFeatures(columnIndices),
                sizeFactors);
    }

    @Override
    public SparseRows block(int first, int count) {
        Checks.block(first, count, rows());
        return new SparseRows(this, first, count);
    }

    @Override
    public int copyNonzeros(int row, int from, int to, int[] columns, float[] values) {
        int count = source().copyNonzeros(row, from, to, columns, values);
        scaling.scaleNonzeros(sizeFactors[row], columns, values, count);
        return count;
    }

    @Override
    public void copyRow(int row, int from, int count, float[] target, int targetOffset) {
        source().copyRow(row, from, count, target, targetOffset);
        scaling.scaleRow(sizeFactors[row], from, count, target, targetOffset);
    }

    /** By the values before they are scaled, which have the same signs. */
    @Override
    public RowSource requireNonNegative() {
        source().requireNonNegative();
        return requireFinite();
    }

    @Override
    public RowSource requireFinite() {
        source().requireFinite();
        int[] at = new int[columns()];
        float[] values = new float[columns()];
        for (int i = 0; i < rows(); i++) {
            int count = copyNonzeros(i, 0, columns(), at, values);
            for (int l = 0; l < count; l++) {
                if (!Float.isFinite(values[l])) {
                    throw Checks.refusal(this, i, at[l], values[l], Checks.FINITE + ", after scaling too");
                }
            }
        }
        return this;
    }
}
