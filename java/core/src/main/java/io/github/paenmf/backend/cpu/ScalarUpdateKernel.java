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

    @Override
    public void multiplicative(
            int count,
            float[] x,
            int offset,
            float[] numerator,
            int offsetNumerator,
            float scale,
            float[] product,
            int offsetProduct) {
        multiplicative(0, count, x, offset, numerator, offsetNumerator, scale, product, offsetProduct);
    }

    static void multiplicative(
            int from,
            int to,
            float[] x,
            int offset,
            float[] numerator,
            int offsetNumerator,
            float scale,
            float[] product,
            int offsetProduct) {
        for (int i = from; i < to; i++) {
            float value = x[offset + i]
                    * Math.max(numerator[offsetNumerator + i] * scale, 0f)
                    / Math.max(product[offsetProduct + i], UpdateKernel.DENOMINATOR_MIN);
            x[offset + i] = value < UpdateKernel.FACTOR_MIN ? 0f : value;
        }
    }

    @Override
    public void hierarchical(
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
            int ldGram) {
        hierarchical(
                0,
                count,
                components,
                x,
                offset,
                ld,
                numerator,
                offsetNumerator,
                ldNumerator,
                scale,
                product,
                ldProduct,
                gram,
                offsetGram,
                ldGram);
    }

    static void hierarchical(
            int from,
            int to,
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
            int ldGram) {
        for (int j = 0; j < components; j++) {
            int row = offsetGram + j * ldGram;
            float norm = gram[row + j];
            if (norm < UpdateKernel.DENOMINATOR_MIN) {
                continue;
            }
            int sums = j * ldProduct;
            for (int l = 0; l < components; l++) {
                addMultiple(from, to, product, sums, x, offset + l * ld, gram[row + l]);
            }
            step(
                    from,
                    to,
                    x,
                    offset + j * ld,
                    numerator,
                    offsetNumerator + j * ldNumerator,
                    scale,
                    product,
                    sums,
                    1 / norm);
        }
    }

    private static void addMultiple(
            int from, int to, float[] sums, int offsetSums, float[] x, int offset, float times) {
        for (int i = from; i < to; i++) {
            sums[offsetSums + i] += x[offset + i] * times;
        }
    }

    private static void step(
            int from,
            int to,
            float[] x,
            int offset,
            float[] numerator,
            int offsetNumerator,
            float scale,
            float[] product,
            int offsetProduct,
            float inverseNorm) {
        for (int i = from; i < to; i++) {
            float difference = numerator[offsetNumerator + i] * scale - product[offsetProduct + i];
            x[offset + i] = Math.max(0f, x[offset + i] + difference * inverseNorm);
        }
    }
}
