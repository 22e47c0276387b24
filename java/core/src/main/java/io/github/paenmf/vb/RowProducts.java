package io.github.paenmf.vb;

import java.util.Iterator;

/**
 * What a block of rows adds to the information of a rotation, as packed symmetric matrices, count × pairs.
 *
 * @param rank r
 * @param count rows of the block
 * @param squares x·xᵀ of each row
 * @param stiffness Dᵉᶠᶠ = D − D·C·D of each row
 */
record RowProducts(int rank, int count, double[] squares, double[] stiffness) {

    /** Rows for which one pass over a row of the sums is made. */
    private static final int UNROLLED = 4;

    static int pairs(int rank) {
        return rank * (rank + 1) / 2;
    }

    /** Where (a, b) lies in a packed symmetric matrix. */
    static int pair(int a, int b, int rank) {
        int low = Math.min(a, b);
        return low * rank - low * (low - 1) / 2 + Math.abs(a - b);
    }

    /** Makes those of a run of rows. */
    @FunctionalInterface
    interface Maker {
        RowProducts of(int first, int count);
    }

    /** The rows of a factor block by block; a block is made when it is asked for. */
    static Iterable<RowProducts> of(FactorRows rows, double[] information, int block, Parallel parallel) {
        return of(rows.rows(), block, (first, count) -> block(rows, first, count, information, null, null, parallel));
    }

    /**
     * The same of rows of which entries are missing.
     *
     * @param rows of some components
     * @param observed information of the rows, of all components
     * @param live which of them the rows are of, ascending
     */
    static Iterable<RowProducts> of(
            FactorRows rows, ObservedInformation observed, int[] live, int block, Parallel parallel) {
        return of(rows.rows(), block, (first, count) -> block(rows, first, count, null, observed, live, parallel));
    }

    /** Likewise, by what makes a block. */
    static Iterable<RowProducts> of(int rows, int block, Maker maker) {
        return () -> new Iterator<>() {
            private int first;

            @Override
            public boolean hasNext() {
                return first < rows;
            }

            @Override
            public RowProducts next() {
                int count = Math.min(block, rows - first);
                RowProducts products = maker.of(first, count);
                first += count;
                return products;
            }
        };
    }

    private static RowProducts block(
            FactorRows rows,
            int first,
            int count,
            double[] information,
            ObservedInformation observed,
            int[] live,
            Parallel parallel) {
        int r = rows.rank();
        int pairs = pairs(r);
        double[] squares = new double[count * pairs];
        double[] stiffness = new double[count * pairs];
        Chunks chunks = new Chunks(count, 16);
        parallel.run(chunks.count(), task -> {
            FactorResponse.RowCovariance covariance = new FactorResponse.RowCovariance(r);
            int[] entries = new int[observed == null ? 0 : observed.entries()];
            double[] ofRow = new double[observed == null ? 0 : observed.rank() * observed.rank()];
            for (int i = chunks.first(task); i < chunks.end(task); i++) {
                if (observed == null) {
                    covariance.of(rows, first + i, information);
                } else {
                    observed.of(first + i, entries, ofRow);
                    covariance.of(rows, first + i, Dense.submatrix(ofRow, observed.rank(), live));
                }
                double[] d = covariance.diagonal;
                int at = i * pairs;
                for (int a = 0; a < r; a++) {
                    double x = rows.mean()[(first + i) * r + a];
                    for (int b = a; b < r; b++, at++) {
                        squares[at] = x * rows.mean()[(first + i) * r + b];
                        stiffness[at] = (a == b ? d[a] : 0) - d[a] * covariance.inverse[b * r + a] * d[b];
                    }
                }
            }
        });
        return new RowProducts(r, count, squares, stiffness);
    }

    /** The diagonals of packed matrices, count × rank. */
    double[] diagonal(double[] packed) {
        int pairs = pairs(rank);
        double[] diagonal = new double[count * rank];
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < rank; j++) {
                diagonal[i * rank + j] = packed[i * pairs + pair(j, j, rank)];
            }
        }
        return diagonal;
    }

    /** sum += leftᵀ·right; each row of the sum is one task's. */
    static void accumulate(
            double[] left, int leftWidth, double[] right, int width, int count, double[] sum, Parallel parallel) {
        parallel.run(leftWidth, p -> {
            int to = p * width;
            int i = 0;
            for (; i + UNROLLED <= count; i += UNROLLED) {
                double a = left[i * leftWidth + p];
                double b = left[(i + 1) * leftWidth + p];
                double c = left[(i + 2) * leftWidth + p];
                double d = left[(i + 3) * leftWidth + p];
                int from = i * width;
                for (int q = 0; q < width; q++) {
                    sum[to + q] += a * right[from + q]
                            + b * right[from + width + q]
                            + c * right[from + 2 * width + q]
                            + d * right[from + 3 * width + q];
                }
            }
            for (; i < count; i++) {
                Dense.axpy(left[i * leftWidth + p], right, i * width, sum, to, width);
            }
        });
    }
}
