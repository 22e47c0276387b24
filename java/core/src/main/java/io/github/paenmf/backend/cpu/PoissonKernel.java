package io.github.paenmf.backend.cpu;

/**
 * The elementwise parts of a sweep with a Poisson likelihood, and of a multiplicative update by its divergence.
 * Implementations are stateless and give the same bits.
 */
interface PoissonKernel {

    /**
     * Posteriors of the run in {@code s}, all of them by {@code PoissonPosterior}: geometric means and the logarithms of
     * their growth, means and KL divergences.
     *
     * @param count length of the run; what lies beyond is undefined afterwards
     * @param inversePrior 1 over the prior's mean
     * @param variances whether to give those, too
     */
    void posteriors(PoissonScratch s, int count, float inversePrior, boolean variances);

    /**
     * Coefficients times the products over their exposures, as {@link #normal} has them, and the logarithms of their growth,
     * which is taken to be no less than the least normal number; 0 for what is 0 afterwards.
     */
    void multiply(PoissonScratch s, int count);

    /**
     * A coefficient, or 0 where it is below the normal numbers: what fades away for hundreds of steps gets there, and
     * arithmetic with subnormal numbers takes many times as long.
     */
    static float normal(float coefficient) {
        return coefficient < Float.MIN_NORMAL ? 0f : coefficient;
    }

    /**
     * Natural logarithms of positive normal numbers.
     *
     * @param x {@code count} of them, with room for a whole vector after the last
     * @param target as long
     */
    void log(float[] x, float[] target, int count);

    /**
     * Replaces values by what lies beyond them, seen from others ({@link Momentum#beyond}).
     *
     * @param values {@code count} of them from {@code at} on
     * @param before as many from {@code atBefore} on
     */
    void goBeyond(float[] values, int at, float[] before, int atBefore, float lead, int count);
}
