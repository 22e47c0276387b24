package io.github.paenmf.vb;

import io.github.paenmf.data.RowSource;
import java.util.Arrays;

/**
 * How the counts of each row of a factor are shared out to components: B = Σ v·φφᵀ over the row's nonzeros, with the
 * shares φⱼ = gⱼ·g′ⱼ/v̂ of the geometric means of both factors, v̂ = Σⱼ gⱼ·g′ⱼ. B/(hhᵀ) is the information Σ (v/v̂²)·wwᵀ
 * that the row has of its coefficients h given W.
 */
abstract class AllocatedCounts {

    /** Features that one thread goes through the data for. */
    private static final int SLICE = 64;

    private final int rows;
    private final int rank;
    private final double[] own;
    private final double[] other;

    private AllocatedCounts(int rows, int rank, double[] own, double[] other) {
        this.rows = rows;
        this.rank = rank;
        this.own = own;
        this.other = other;
    }

    /**
     * Of the rows of H.
     *
     * @param h geometric means of H, n × r
     * @param w geometric means of W, m × r
     */
    static AllocatedCounts ofRows(RowSource data, double[] h, double[] w, int rank) {
        return new AllocatedCounts(data.rows(), rank, h, w) {
            @Override
            double[] of(int first, int count, Parallel parallel) {
                double[] sums = new double[count * RowProducts.pairs(rank)];
                int m = data.columns();
                Chunks chunks = new Chunks(count, 16);
                parallel.run(chunks.count(), task -> {
                    int[] columns = new int[m];
                    float[] values = new float[m];
                    double[] shares = new double[rank];
                    for (int i = chunks.first(task); i < chunks.end(task); i++) {
                        int nonzeros = data.copyNonzeros(first + i, 0, m, columns, values);
                        for (int l = 0; l < nonzeros; l++) {
                            add(values[l], first + i, columns[l], shares, sums, i);
                        }
                    }
                });
                return sums;
            }
        };
    }

    /**
     * Of the rows of W, that is of features: each thread has features of its own, and goes through the samples in order.
     *
     * @param h geometric means of H, n × r
     * @param w geometric means of W, m × r
     */
    static AllocatedCounts ofFeatures(RowSource data, double[] h, double[] w, int rank) {
        return new AllocatedCounts(data.columns(), rank, w, h) {
            @Override
            double[] of(int first, int count, Parallel parallel) {
                double[] sums = new double[count * RowProducts.pairs(rank)];
                parallel.run((count - 1) / SLICE + 1, slice -> {
                    int from = first + slice * SLICE;
                    int end = Math.min(first + count, from + SLICE);
                    int[] columns = new int[end - from];
                    float[] values = new float[end - from];
                    double[] shares = new double[rank];
                    for (int i = 0; i < data.rows(); i++) {
                        int nonzeros = data.copyNonzeros(i, from, end, columns, values);
                        for (int l = 0; l < nonzeros; l++) {
                            add(values[l], columns[l], i, shares, sums, columns[l] - first);
                        }
                    }
                });
                return sums;
            }
        };
    }

    int rows() {
        return rows;
    }

    /** B of a run of rows, at least one, as packed symmetric matrices, count × pairs. */
    abstract double[] of(int first, int count, Parallel parallel);

    /**
     * Adds v·φφᵀ of one entry.
     *
     * @param row of the factor
     * @param entry row of the other factor
     * @param at which of the matrices
     */
    void add(double v, int row, int entry, double[] shares, double[] sums, int at) {
        double decoded = 0;
        for (int j = 0; j < rank; j++) {
            shares[j] = own[row * rank + j] * other[entry * rank + j];
            decoded += shares[j];
        }
        if (!(decoded > 0)) { // too small for a float: no component explains it
            Arrays.fill(shares, 0);
            return;
        }
        int to = at * RowProducts.pairs(rank);
        double each = v / decoded / decoded;
        for (int j = 0; j < rank; j++) {
            double factor = each * shares[j];
            for (int l = j; l < rank; l++) {
                sums[to++] += factor * shares[l];
            }
        }
    }
}
