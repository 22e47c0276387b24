package io.github.paenmf.vb;

/**
 * The prior of one factor: a coefficient of component j is 0 with probability 1 − πⱼ, else exponential.
 *
 * @param mean mean of the exponential of each component; r values above 0
 * @param inclusion πⱼ; r values in (0, 1), or all 1 for a prior without a point mass
 */
public record FactorPrior(double[] mean, double[] inclusion) {

    private static final double LEAST = 1e-12;

    /** @throws IllegalArgumentException if the lengths differ, or a value is out of range */
    public FactorPrior {
        Require.atLeast("the rank", mean.length, 1);
        Require.length("the prior's inclusion probabilities", inclusion, mean.length);
        Require.range("prior mean", mean, Double.MIN_NORMAL, Double.MAX_VALUE);
        Require.range("prior inclusion", inclusion, LEAST, 1);
    }

    FactorPrior select(int[] components) {
        return new FactorPrior(values(mean, components), values(inclusion, components));
    }

    private static double[] values(double[] all, int[] components) {
        double[] selected = new double[components.length];
        for (int j = 0; j < components.length; j++) {
            selected[j] = all[components[j]];
        }
        return selected;
    }
}
