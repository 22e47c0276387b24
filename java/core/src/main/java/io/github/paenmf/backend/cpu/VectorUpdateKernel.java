package io.github.paenmf.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The Vector API's twin of {@link ScalarUpdateKernel}: the same operations in the same order; keep them in step. */
final class VectorUpdateKernel implements UpdateKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    private static final FloatVector MEAN_RATE = FloatVector.broadcast(FLOATS, ScalarUpdateKernel.MEAN_RATE);
    private static final FloatVector SQUARE_RATE = FloatVector.broadcast(FLOATS, ScalarUpdateKernel.SQUARE_RATE);
    private static final FloatVector EPSILON = FloatVector.broadcast(FLOATS, ParameterState.ADAM_EPSILON);

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
}
