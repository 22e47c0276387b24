package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The Vector API's twin of {@link ScalarUpdateKernel}: the same operations in the same order; keep them in step. */
final class VectorUpdateKernel implements UpdateKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    private static final FloatVector MEAN_RATE = FloatVector.broadcast(FLOATS, ScalarUpdateKernel.MEAN_RATE);
    private static final FloatVector SQUARE_RATE = FloatVector.broadcast(FLOATS, ScalarUpdateKernel.SQUARE_RATE);
    private static final FloatVector EPSILON = FloatVector.broadcast(FLOATS, ParameterState.ADAM_EPSILON);
    private static final FloatVector ZERO = FloatVector.zero(FLOATS);
    private static final FloatVector FACTOR_MIN = FloatVector.broadcast(FLOATS, UpdateKernel.FACTOR_MIN);
    private static final FloatVector DENOMINATOR_MIN = FloatVector.broadcast(FLOATS, UpdateKernel.DENOMINATOR_MIN);

    @Override
    public void decoderGradient(
            int count, float[] q, int offsetQ, float inverseDataScale, float[] product, int offset, float factor) {
        int end = FLOATS.loopBound(count);
        FloatVector inverseScales = FloatVector.broadcast(FLOATS, inverseDataScale);
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        for (int i = 0; i < end; i += LANES) {
            FloatVector vh = FloatVector.fromArray(FLOATS, q, offsetQ + i).mul(inverseScales);
            FloatVector.fromArray(FLOATS, product, offset + i)
                    .sub(vh)
                    .mul(factors)
                    .intoArray(product, offset + i);
        }
        ScalarUpdateKernel.decoderGradient(end, count, q, offsetQ, inverseDataScale, product, offset, factor);
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
        int end = FLOATS.loopBound(count);
        FloatVector factors = FloatVector.broadcast(FLOATS, factor);
        FloatVector toMeans = FloatVector.broadcast(FLOATS, toMean);
        FloatVector toSquares = FloatVector.broadcast(FLOATS, toSquare);
        FloatVector lowest = FloatVector.broadcast(FLOATS, least);
        for (int i = 0; i < end; i += LANES) {
            int at = offset + i;
            FloatVector gradient = FloatVector.fromArray(FLOATS, gradients, offsetGradients + i)
                    .mul(factors);
            FloatVector oldMean = FloatVector.fromArray(FLOATS, mean, at);
            FloatVector oldSquare = FloatVector.fromArray(FLOATS, square, at);
            FloatVector newMean = oldMean.add(gradient.sub(oldMean).mul(MEAN_RATE));
            FloatVector newSquare =
                    oldSquare.add(gradient.mul(gradient).sub(oldSquare).mul(SQUARE_RATE));
            newMean.intoArray(mean, at);
            newSquare.intoArray(square, at);
            FloatVector step = FloatVector.fromArray(FLOATS, rates, offsetRates + i)
                    .mul(newMean)
                    .mul(toMeans)
                    .div(newSquare.mul(toSquares).sqrt().add(EPSILON));
            FloatVector.fromArray(FLOATS, w, at).sub(step).max(lowest).intoArray(w, at);
        }
        ScalarUpdateKernel.adam(
                end,
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
        int end = FLOATS.loopBound(count);
        FloatVector scales = FloatVector.broadcast(FLOATS, scale);
        for (int i = 0; i < end; i += LANES) {
            FloatVector positive = FloatVector.fromArray(FLOATS, numerator, offsetNumerator + i)
                    .mul(scales)
                    .max(ZERO);
            FloatVector denominator =
                    FloatVector.fromArray(FLOATS, product, offsetProduct + i).max(DENOMINATOR_MIN);
            FloatVector value =
                    FloatVector.fromArray(FLOATS, x, offset + i).mul(positive).div(denominator);
            value.blend(ZERO, value.compare(LT, FACTOR_MIN)).intoArray(x, offset + i);
        }
        ScalarUpdateKernel.multiplicative(
                end, count, x, offset, numerator, offsetNumerator, scale, product, offsetProduct);
    }

    /** Four vectors at a time: each sum is a chain of additions, and four of them keep the units busy. */
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
        FloatVector scales = FloatVector.broadcast(FLOATS, scale);
        int end = count / (4 * LANES) * (4 * LANES);
        for (int i = 0; i < end; i += 4 * LANES) {
            for (int j = 0; j < components; j++) {
                int row = offsetGram + j * ldGram;
                float norm = gram[row + j];
                if (norm < UpdateKernel.DENOMINATOR_MIN) {
                    continue;
                }
                int sums = j * ldProduct + i;
                FloatVector s0 = FloatVector.fromArray(FLOATS, product, sums);
                FloatVector s1 = FloatVector.fromArray(FLOATS, product, sums + LANES);
                FloatVector s2 = FloatVector.fromArray(FLOATS, product, sums + 2 * LANES);
                FloatVector s3 = FloatVector.fromArray(FLOATS, product, sums + 3 * LANES);
                for (int l = 0, at = offset + i; l < components; l++, at += ld) {
                    FloatVector times = FloatVector.broadcast(FLOATS, gram[row + l]);
                    s0 = FloatVector.fromArray(FLOATS, x, at).mul(times).add(s0);
                    s1 = FloatVector.fromArray(FLOATS, x, at + LANES).mul(times).add(s1);
                    s2 = FloatVector.fromArray(FLOATS, x, at + 2 * LANES)
                            .mul(times)
                            .add(s2);
                    s3 = FloatVector.fromArray(FLOATS, x, at + 3 * LANES)
                            .mul(times)
                            .add(s3);
                }
                FloatVector inverseNorms = FloatVector.broadcast(FLOATS, 1 / norm);
                int from = offsetNumerator + j * ldNumerator + i;
                int to = offset + j * ld + i;
                FloatVector.fromArray(FLOATS, numerator, from)
                        .mul(scales)
                        .sub(s0)
                        .mul(inverseNorms)
                        .add(FloatVector.fromArray(FLOATS, x, to))
                        .max(ZERO)
                        .intoArray(x, to);
                FloatVector.fromArray(FLOATS, numerator, from + LANES)
                        .mul(scales)
                        .sub(s1)
                        .mul(inverseNorms)
                        .add(FloatVector.fromArray(FLOATS, x, to + LANES))
                        .max(ZERO)
                        .intoArray(x, to + LANES);
                FloatVector.fromArray(FLOATS, numerator, from + 2 * LANES)
                        .mul(scales)
                        .sub(s2)
                        .mul(inverseNorms)
                        .add(FloatVector.fromArray(FLOATS, x, to + 2 * LANES))
                        .max(ZERO)
                        .intoArray(x, to + 2 * LANES);
                FloatVector.fromArray(FLOATS, numerator, from + 3 * LANES)
                        .mul(scales)
                        .sub(s3)
                        .mul(inverseNorms)
                        .add(FloatVector.fromArray(FLOATS, x, to + 3 * LANES))
                        .max(ZERO)
                        .intoArray(x, to + 3 * LANES);
            }
        }
        ScalarUpdateKernel.hierarchical(
                end,
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
}
