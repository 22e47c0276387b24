package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Assignment;
import java.util.Arrays;

/**
 * Which components of one basis are those of another: the assignment with the greatest sum of cosines. The length of a
 * component does not matter. Arrays are not copied and must not be written to.
 *
 * @param components of the other basis, from 0, one for each component of the reference
 * @param cosines of these pairs, in [−1, 1], of bases ≥ 0 in [0, 1]; 0 where a component is 0 throughout
 */
public record ComponentMatching(int[] components, double[] cosines) {

    /**
     * Matches two bases with the same features.
     *
     * @param reference m × r
     * @param other m × at least r
     * @throws IllegalArgumentException if the features differ in number, or the other basis has fewer components
     */
    public static ComponentMatching of(Matrix reference, Matrix other) {
        if (reference.rows() != other.rows()) {
            throw new IllegalArgumentException(
                    "bases of " + reference.rows() + " and of " + other.rows() + " features cannot be matched");
        }
        double[][] cosines = cosines(unitColumns(reference), unitColumns(other));
        int[] components = Assignment.best(cosines);
        double[] matched = new double[components.length];
        Arrays.setAll(matched, j -> cosines[j][components[j]]);
        return new ComponentMatching(components, matched);
    }

    /** The least cosine of a pair. */
    public double leastCosine() {
        return Arrays.stream(cosines).min().orElse(1);
    }

    /** Columns of length 1, r × m; of 0 where a column is 0. */
    static double[][] unitColumns(Matrix basis) {
        double[][] columns = new double[basis.columns()][basis.rows()];
        for (int j = 0; j < columns.length; j++) {
            double squares = 0;
            for (int f = 0; f < basis.rows(); f++) {
                columns[j][f] = basis.get(f, j);
                squares += columns[j][f] * columns[j][f];
            }
            double length = Math.sqrt(squares);
            for (int f = 0; length > 0 && f < basis.rows(); f++) {
                columns[j][f] /= length;
            }
        }
        return columns;
    }

    private static double[][] cosines(double[][] reference, double[][] other) {
        double[][] cosines = new double[reference.length][other.length];
        for (int j = 0; j < reference.length; j++) {
            for (int l = 0; l < other.length; l++) {
                cosines[j][l] = product(reference[j], other[l]);
            }
        }
        return cosines;
    }

    static double product(double[] x, double[] y) {
        double sum = 0;
        for (int f = 0; f < x.length; f++) {
            sum += x[f] * y[f];
        }
        return sum;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ComponentMatching that
                && Arrays.equals(components, that.components)
                && Arrays.equals(cosines, that.cosines);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(components) + Arrays.hashCode(cosines);
    }

    @Override
    public String toString() {
        return Arrays.toString(components) + ", cosines " + Arrays.toString(cosines);
    }
}
