package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/** Room of one worker for a run of coefficients of one component. */
final class PosteriorScratch {

    /** Coefficients at once: all of the arrays stay in the L1 cache. A multiple of a vector's lanes. */
    static final int CHUNK = 128;

    /** Partial sums, so that vectors of up to so many lanes add up in the order in which plain loops do. */
    static final int LANES = 16;

    /** One for each component that was met, since what they hold takes as long to make as a chunk's posteriors. */
    private PosteriorComponent[] components = {};

    final float[] beta = new float[CHUNK];
    /** Of {@code WeibullPosterior}: w and its logarithm, and the polynomials' values; then functions of β. */
    final float[] w = new float[CHUNK];

    final float[] logW = new float[CHUNK];
    final float[] term = new float[CHUNK];
    final float[] polynomial = new float[CHUNK];
    final float[] mean = new float[CHUNK];
    final float[] variance = new float[CHUNK];
    final float[] cost = new float[CHUNK];
    final float[] divergence = new float[CHUNK];
    /** ln((1 − p)/p), the exponential of minus its magnitude and 1 + that, its logarithm, and 1 − p. */
    final float[] logOdds = new float[CHUNK];

    final float[] odds = new float[CHUNK];
    final float[] total = new float[CHUNK];
    final float[] rest = new float[CHUNK];
    /** Results. */
    final float[] x = new float[CHUNK];

    final float[] spread = new float[CHUNK];
    final float[] inclusion = new float[CHUNK];
    final float[] kl = new float[CHUNK];

    /** Of {@link RowPriors}, where {@link #ofRows} says that prior means are those of rows. */
    final float[] logRatio = new float[CHUNK];

    final float[] excess = new float[CHUNK];
    /** What other components contribute, with the rates of rows. */
    final float[] product = new float[CHUNK];

    boolean ofRows;

    /** Partial sums of x, spread, inclusion and kl. */
    final float[] lanes = new float[4 * LANES];

    /** That of component j, to be set. */
    PosteriorComponent component(int j) {
        int known = components.length;
        if (j >= known) {
            components = Arrays.copyOf(components, Math.max(j + 1, 2 * known));
            for (int l = known; l < components.length; l++) {
                components[l] = new PosteriorComponent();
            }
        }
        return components[j];
    }
}
