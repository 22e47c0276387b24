package io.github.paenmf.benchmarks;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.ComponentMatching;

/**
 * Which component of a model is which planted one: the assignment with the greatest sum of cosines of the columns of W.
 *
 * @param components of the model, one for each planted component
 * @param leastCosine of a pair
 */
record Matching(int[] components, double leastCosine) {

    /**
     * Matches a basis with the planted one.
     *
     * @param truth m × r
     * @param basis m × r
     */
    static Matching of(double[][] truth, Matrix basis) {
        Matrix planted = Matrix.zeros(truth.length, basis.columns());
        for (int f = 0; f < truth.length; f++) {
            for (int j = 0; j < planted.columns(); j++) {
                planted.storage(f)[planted.offset(f) + j] = (float) truth[f][j];
            }
        }
        ComponentMatching matching = ComponentMatching.of(planted, basis);
        return new Matching(matching.components(), matching.leastCosine());
    }

    /**
     * What each planted component is multiplied by for the scale of the model's: t·c / t·t, with c the middle of the
     * interval, which is what a model states in place of a draws' mean.
     *
     * @param truth one row an entry of the model
     */
    double[] scales(double[][] truth, Matrix lower, Matrix upper) {
        double[] scales = new double[components.length];
        for (int planted = 0; planted < scales.length; planted++) {
            double product = 0;
            double square = 0;
            for (int i = 0; i < truth.length; i++) {
                double t = truth[i][planted];
                product += t * (lower.get(i, components[planted]) + upper.get(i, components[planted])) / 2;
                square += t * t;
            }
            scales[planted] = square > 0 ? product / square : 0;
        }
        return scales;
    }

    /** Shares of the intervals that hold the truth: of all entries, and of those whose truth is not 0. */
    double[] held(double[][] truth, double[] scales, Matrix lower, Matrix upper) {
        long[] held = new long[2];
        long[] entries = new long[2];
        for (int i = 0; i < truth.length; i++) {
            for (int planted = 0; planted < scales.length; planted++) {
                // Bounds are float; a component of scale 0 was not found and holds no truth but 0.
                float value = (float) (truth[i][planted] * scales[planted]);
                int j = components[planted];
                boolean in = value >= lower.get(i, j)
                        && value <= upper.get(i, j)
                        && (truth[i][planted] == 0 || scales[planted] > 0);
                for (int which = 0; which < (truth[i][planted] > 0 ? 2 : 1); which++) {
                    entries[which]++;
                    held[which] += in ? 1 : 0;
                }
            }
        }
        return new double[] {(double) held[0] / entries[0], (double) held[1] / entries[1]};
    }

    /** Mean probability of not being 0 where the truth is 0 (NaN if it never is), and where it is not. */
    double[] inclusion(double[][] truth, Matrix inclusion) {
        double[] sums = new double[2];
        long[] entries = new long[2];
        for (int i = 0; i < truth.length; i++) {
            for (int planted = 0; planted < components.length; planted++) {
                int which = truth[i][planted] > 0 ? 1 : 0;
                sums[which] += inclusion.get(i, components[planted]);
                entries[which]++;
            }
        }
        return new double[] {sums[0] / entries[0], sums[1] / entries[1]};
    }
}
