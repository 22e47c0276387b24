package io.github.paenmf.backend;

import io.github.paenmf.model.Penalty;

/**
 * What the objective of standard NMF adds for a factor X, in units of the scaled data: l1·Σᵢ aᵢ Σⱼ xᵢⱼ + l2/2·Σ x², where
 * aᵢ is the root of the weight of row i of X, with which X is stored. Immutable.
 */
public final class FactorPenalty {

    /** Adds nothing. */
    public static final FactorPenalty NONE = new FactorPenalty(0, 0, null);

    private final double l1;
    private final double l2;
    private final float[] roots;

    private FactorPenalty(double l1, double l2, float[] roots) {
        this.l1 = l1;
        this.l2 = l2;
        this.roots = roots;
    }

    /**
     * Of a factor X of V ≈ X·Yᵀ. A row of weight a counts as a rows, whose values are those of X over √a: so l2 stays as it
     * is, and l1 has the factor √a.
     *
     * @param count how many values of V belong to a row of X, each as often as it counts
     * @param roots √a of each row of X; null where rows have no weights
     */
    public static FactorPenalty of(Penalty penalty, double count, double[] roots) {
        if (penalty.isNone()) {
            return NONE;
        }
        float[] rounded = roots == null ? null : new float[roots.length];
        for (int i = 0; i < (roots == null ? 0 : roots.length); i++) {
            rounded[i] = (float) roots[i];
        }
        return new FactorPenalty(count * penalty.l1(), count * penalty.l2(), rounded);
    }

    /** Whether it adds nothing. */
    public boolean isNone() {
        return l1 == 0 && l2 == 0;
    }

    public double l1() {
        return l1;
    }

    public double l2() {
        return l2;
    }

    /** What l1 is multiplied by for a row. */
    public float root(int row) {
        return roots == null ? 1 : roots[row];
    }

    /** A copy of the roots; null where they are 1. */
    public float[] roots() {
        return roots == null ? null : roots.clone();
    }

    /** What one value of a row adds. */
    public double of(int row, float x) {
        return (l1 * root(row) + l2 / 2 * x) * x;
    }
}
