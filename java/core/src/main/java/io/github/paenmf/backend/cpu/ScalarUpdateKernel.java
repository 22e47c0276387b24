package io.github.paenmf.backend.cpu;

/** Plain loops. {@code VectorUpdateKernel} does the same operations in the same order; keep them in step. */
final class ScalarUpdateKernel implements UpdateKernel {

    /** 1 − β₁ and 1 − β₂. */
    static final float MEAN_RATE = (float) (1 - ParameterState.BETA_1);

    static final float SQUARE_RATE = (float) (1 - ParameterState.BETA_2);

    @Override
    public void decoderGradient(
            int count, float[] q, int offsetQ, float inverseDataScale, float[] product, int offset, float factor) {
        decoderGradient(0, count, q, offsetQ, inverseDataScale, product, offset, factor);
    }

    static void decoderGradient(
            int from,
            int to,
            float[] q,
            int offsetQ,
            float inverseDataScale,
            float[] product,
            int offset,
            float factor) {
        for (int i = from; i < to; i++) {
            product[offset + i] = (product[offset + i] - q[offsetQ + i] * inverseDataScale) * factor;
        }
    }

    @Override
    public void adam(
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
            float least) {
        adam(
                0,
                count,
                w,
                mean,
                square,
                offset,
                gradients,
                offsetGradients,
                factor,
                rates,
                offsetRates,
                toMean,
                toSquare,
                least);
    }

    static void adam(
            int from,
            int to,
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
            float least) {
        for (int i = from; i < to; i++) {
            int at = offset + i;
            float gradient = gradients[offsetGradients + i] * factor;
            float newMean = mean[at] + MEAN_RATE * (gradient - mean[at]);
            float newSquare = square[at] + SQUARE_RATE * (gradient * gradient - square[at]);
            mean[at] = newMean;
            square[at] = newSquare;
            float step = rates[offsetRates + i]
                    * newMean
                    * toMean
                    / ((float) Math.sqrt(newSquare * toSquare) + ParameterState.ADAM_EPSILON);
            w[at] = Math.max(least, w[at] - step);
        }
    }
}
