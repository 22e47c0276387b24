package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/** Room of one worker for a run of coefficients of one component, with a Poisson likelihood or its divergence. */
final class PoissonScratch {

    /** Coefficients at once: all of the arrays stay in the L1 cache. A multiple of a vector's lanes. */
    static final int CHUNK = 128;

    /** Coefficients before: geometric means, or numbers. 1 beyond the run. */
    final float[] before = new float[CHUNK];
    /** The other factor times V ⊘ V̂. 0 beyond the run. */
    final float[] product = new float[CHUNK];
    /**
     * Of posteriors what allocated counts + 1 are divided by to give the mean, the exposure and 1 over the prior's mean; of
     * numbers 1 over the exposure. 1 beyond the run.
     */
    final float[] rate = new float[CHUNK];
    /** Counts that are allocated to them, and 1/√(those + 1). */
    final float[] allocated = new float[CHUNK];

    final float[] argument = new float[CHUNK];
    /** Coefficients after it, and the logarithms of their growth. */
    final float[] now = new float[CHUNK];

    final float[] logGrowth = new float[CHUNK];
    /** Of posteriors: means, those over the prior's, variances and KL divergences. */
    final float[] mean = new float[CHUNK];

    final float[] relative = new float[CHUNK];
    final float[] variance = new float[CHUNK];
    final float[] divergence = new float[CHUNK];

    /** Takes over a run of at most {@link #CHUNK}. */
    void load(float[] coefficients, int from, float[] products, int fromProducts, int count) {
        System.arraycopy(coefficients, from, before, 0, count);
        System.arraycopy(products, fromProducts, product, 0, count);
        Arrays.fill(before, count, CHUNK, 1f);
        Arrays.fill(product, count, CHUNK, 0f);
    }

    /** Takes over the exposures of a run with posteriors. */
    void loadRates(double[] exposures, int from, int count, double inversePrior) {
        for (int i = 0; i < count; i++) {
            rate[i] = (float) (exposures[from + i] + inversePrior);
        }
        Arrays.fill(rate, count, CHUNK, 1f);
    }

    /** Takes over the exposures of a run of numbers. */
    void loadInverses(double[] exposures, int from, int count) {
        double last = 0;
        float lastInverse = 0;
        for (int i = 0; i < count; i++) {
            if (exposures[from + i] != last) { // mostly all are the same, and a division takes long
                last = exposures[from + i];
                lastInverse = inverse(last);
            }
            rate[i] = lastInverse;
        }
        Arrays.fill(rate, count, CHUNK, 1f);
    }

    /**
     * Σ of allocated counts times the logarithms of growth of a run of numbers; in four sums, since an addition waits for
     * the one before it.
     */
    double gain(int count) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            sum0 += gainOf(i);
            sum1 += gainOf(i + 1);
            sum2 += gainOf(i + 2);
            sum3 += gainOf(i + 3);
        }
        for (; i < count; i++) {
            sum0 += gainOf(i);
        }
        return sum0 + sum1 + (sum2 + sum3);
    }

    private double gainOf(int i) {
        return (double) (before[i] * product[i]) * logGrowth[i];
    }

    /** 1 over an exposure, or 0 where there is none. */
    static float inverse(double exposure) {
        return exposure > 0 ? (float) (1 / exposure) : 0f;
    }
}
