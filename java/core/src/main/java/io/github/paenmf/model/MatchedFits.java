package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;

/**
 * How like the components of a model those of other fits are, once they are matched ({@link ComponentMatching}).
 *
 * @param cosines of each fit's components with the model's, fits × r, in [0, 1]; must not be written to
 */
public record MatchedFits(Matrix cosines) {

    /** A component is found in a fit whose matched one has at least this cosine with it. */
    public static final double FOUND = 0.9;

    /** How many fits. */
    public int fits() {
        return cosines.rows();
    }

    /**
     * Share of the fits in which a component is found, in [0, 1].
     *
     * @param component from 0
     */
    public double found(int component) {
        return Arrays.stream(sorted(component))
                        .filter(cosine -> cosine >= FOUND)
                        .count()
                / (double) fits();
    }

    /** The mean cosine of a component, from 0, over the fits. */
    public double mean(int component) {
        return Arrays.stream(sorted(component)).average().orElseThrow();
    }

    /**
     * The cosine of a component that a share of the fits does not exceed, between fits by linear interpolation.
     *
     * @param component from 0
     * @param share in [0, 1]
     */
    public double quantile(int component, double share) {
        double[] sorted = sorted(component);
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    private double[] sorted(int component) {
        double[] sorted = new double[fits()];
        Arrays.setAll(sorted, fit -> cosines.get(fit, component));
        Arrays.sort(sorted);
        return sorted;
    }
}
