package io.github.paenmf.backend.cpu;

/** The elementwise heart of the {@code update} stage with adam, on runs of a few long rows. */
interface UpdateKernel {

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
}
