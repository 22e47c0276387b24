package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The basis on which several fits agree, as cNMF makes it (Kotliar et al. 2019, Identifying gene expression programs of
 * cell-type identity and cellular activity with single-cell RNA-Seq, eLife 8): components of length 1; one whose mean
 * distance to its nearest neighbours, three tenths of the fits, is {@link #MOST_DISTANCE} or more is an outlier; the
 * others' median. Components are matched with those of one fit, where cNMF clusters them by k-means.
 *
 * @param basis m × r, in the lengths of the reference's components; where all of a component are outliers, the reference's
 * @param kept share of the fits whose component was no outlier, r
 */
public record Consensus(Matrix basis, double[] kept) {

    private static final double NEIGHBOURS = 0.3;
    private static final double MOST_DISTANCE = 0.5;

    /**
     * @param reference m × r
     * @param bases of the fits, m × r each
     * @param matchings of the reference with each of them
     */
    public static Consensus of(Matrix reference, List<Matrix> bases, List<ComponentMatching> matchings) {
        int m = reference.rows();
        Matrix basis = reference.copy();
        double[] kept = new double[reference.columns()];
        for (int j = 0; j < kept.length; j++) {
            double[][] matched = new double[bases.size()][];
            for (int fit = 0; fit < matched.length; fit++) {
                matched[fit] = unitColumn(bases.get(fit), matchings.get(fit).components()[j]);
            }
            double[][] dense = withoutOutliers(matched);
            kept[j] = (double) dense.length / matched.length;
            double[] median = new double[m];
            for (int f = 0; dense.length > 0 && f < m; f++) {
                int feature = f;
                median[f] = median(
                        Arrays.stream(dense).mapToDouble(fit -> fit[feature]).toArray());
            }
            double own = length(column(reference, j));
            double length = length(median);
            for (int f = 0; length > 0 && f < m; f++) {
                basis.storage(f)[basis.offset(f) + j] = (float) (median[f] * own / length);
            }
        }
        return new Consensus(basis, kept);
    }

    private static double[][] withoutOutliers(double[][] fits) {
        int neighbours = Math.max(1, (int) (NEIGHBOURS * fits.length));
        double[][] distances = new double[fits.length][fits.length];
        for (int a = 0; a < fits.length; a++) {
            for (int b = 0; b < a; b++) {
                double squares = 0;
                for (int f = 0; f < fits[a].length; f++) {
                    double difference = fits[a][f] - fits[b][f];
                    squares += difference * difference;
                }
                distances[a][b] = Math.sqrt(squares);
                distances[b][a] = distances[a][b];
            }
        }
        return IntStream.range(0, fits.length)
                .filter(a -> {
                    double[] sorted = distances[a].clone();
                    Arrays.sort(sorted); // the first is that to itself
                    return Arrays.stream(sorted, 1, 1 + Math.min(neighbours, fits.length - 1))
                                    .average()
                                    .orElse(0)
                            < MOST_DISTANCE;
                })
                .mapToObj(a -> fits[a])
                .toArray(double[][]::new);
    }

    private static double[] column(Matrix basis, int component) {
        double[] column = new double[basis.rows()];
        Arrays.setAll(column, f -> basis.get(f, component));
        return column;
    }

    private static double[] unitColumn(Matrix basis, int component) {
        double[] column = column(basis, component);
        double length = length(column);
        if (length > 0) {
            Arrays.setAll(column, f -> column[f] / length);
        }
        return column;
    }

    private static double length(double[] vector) {
        return Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        int half = values.length / 2;
        return values.length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Consensus that
                && Arrays.deepEquals(basis.toRows(), that.basis.toRows())
                && Arrays.equals(kept, that.kept);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(kept);
    }
}
