package io.github.paenmf.backend.cpu;

/**
 * The elementwise heart of updates, on runs of a few long rows: of the {@code update} stage with adam, and of the
 * factors of standard NMF.
 */
interface UpdateKernel {

    /** Keeps updates defined where a component is unused. */
    float DENOMINATOR_MIN = 1e-20f;
    /** Smaller factors become 0: products of them would be denormal, which is slow, and do not matter. */
    float FACTOR_MIN = 1e-20f;

    /**
     * (Wf·K − VᵀH) times a factor, in place of Wf·K.
     *
     * @param q holds VᵀH of the raw data from {@code offsetQ} on
     * @param product holds Wf·K from {@code offset} on
     */
    void decoderGradient(
            int count, float[] q, int offsetQ, float inverseDataScale, float[] product, int offset, float factor);

    /**
     * A step of adam for {@code count} weights from {@code offset} on, with their moments.
     *
     * @param rates a learning rate for each weight, from {@code offsetRates} on
     * @param toMean what corrects the bias of the mean; likewise {@code toSquare}
     * @param least what weights are kept at or above
     */
    void adam(
            int count,
            float[] w,
            float[] mean,
            float[] square,
            int offset,
            float[] gradients,
            int offsetGradients,
            float factor,
            float[] rates,
            int offsetRates,
            float toMean,
            float toSquare,
            float least);

    /**
     * A multiplicative update x ← x · max(0, numerator · scale) / product. What comes out below {@link
     * #FACTOR_MIN} becomes 0.
     *
     * @param x holds {@code count} values from {@code offset} on; likewise {@code numerator} and {@code product}
     */
    void multiplicative(
            int count,
            float[] x,
            int offset,
            float[] numerator,
            int offsetNumerator,
            float scale,
            float[] product,
            int offsetProduct);

    /**
     * Updates components one after the other, each in the light of the last values of all:
     * x_j ← max(0, x_j + (numerator_j · scale − product_j − Σ_l gram_jl · x_l) / gram_jj), where l goes over these
     * components. One with gram_jj below {@link #DENOMINATOR_MIN} stays.
     *
     * @param count values of each component
     * @param components how many
     * @param x one component per row, from {@code offset} on, with a stride of {@code ld}; likewise {@code numerator},
     *     {@code product} and {@code gram}
     * @param product what other components contribute to the products of x and the Gram matrix; overwritten
     */
    void hierarchical(
            int count,
            int components,
            float[] x,
            int offset,
            int ld,
            float[] numerator,
            int offsetNumerator,
            int ldNumerator,
            float scale,
            float[] product,
            int ldProduct,
            float[] gram,
            int offsetGram,
            int ldGram);
}
