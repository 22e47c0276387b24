package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.List;

/**
 * How well the components of several fits are told apart: their silhouettes (Rousseeuw 1987, Silhouettes: a graphical aid to
 * the interpretation and validation of cluster analysis, J. Comput. Appl. Math. 20), by the distance 1 − cosine. The
 * components of all fits are clusters, one for each of the reference's. With a, the mean distance of a component to the others
 * of its cluster, and b, the least of those to other clusters, its silhouette is (b − a)/max(a, b): 1 where fits agree, below
 * 0 where it is nearer to other components than to its own.
 *
 * @param values the mean silhouette of each cluster, in [−1, 1]; 1 of a single component; a component that is 0 throughout
 *     has 0. Not copied, and must not be written to
 */
public record Silhouettes(double[] values) {

    /**
     * Compares fits.
     *
     * @param bases of at least two fits, m × r each
     * @param matchings of the reference with each of them
     */
    public static Silhouettes of(List<Matrix> bases, List<ComponentMatching> matchings) {
        int fits = bases.size();
        int r = matchings.get(0).components().length;
        double[][][] clusters = new double[r][fits][];
        for (int i = 0; i < fits; i++) {
            double[][] columns = ComponentMatching.unitColumns(bases.get(i));
            for (int j = 0; j < r; j++) {
                clusters[j][i] = columns[matchings.get(i).components()[j]];
            }
        }
        double[][] sums = Arrays.stream(clusters).map(Silhouettes::sum).toArray(double[][]::new);
        double[] values = new double[r];
        for (int j = 0; j < r; j++) {
            for (double[] component : clusters[j]) {
                values[j] += (r == 1 ? 1 : silhouette(component, j, sums, fits)) / fits;
            }
        }
        return new Silhouettes(values);
    }

    /** The mean of 1 − cosine over unit vectors is 1 − that with their mean. */
    private static double silhouette(double[] component, int own, double[][] sums, int fits) {
        double itself = ComponentMatching.product(component, component);
        double within =
                Math.max(0, 1 - (ComponentMatching.product(component, sums[own]) - itself) / (fits - 1)); // rounding
        double nearest = Double.POSITIVE_INFINITY;
        for (int other = 0; other < sums.length; other++) {
            if (other != own) {
                nearest = Math.min(nearest, 1 - ComponentMatching.product(component, sums[other]) / fits);
            }
        }
        double greater = Math.max(within, nearest);
        return greater > 0 ? (nearest - within) / greater : 0;
    }

    private static double[] sum(double[][] cluster) {
        double[] sum = new double[cluster[0].length];
        for (double[] component : cluster) {
            for (int f = 0; f < sum.length; f++) {
                sum[f] += component[f];
            }
        }
        return sum;
    }

    /** Over the components. */
    public double mean() {
        return Arrays.stream(values).average().orElseThrow();
    }

    /** That of the least stable component. */
    public double least() {
        return Arrays.stream(values).min().orElseThrow();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Silhouettes that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
