package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.random.Philox.Purpose;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API's twin of {@link ScalarHeadKernel}: the same operations in the same order, so that
 * both give the same bits; keep them in step. Loaded by name, since the module may be absent.
 *
 * <p>The pass is cut into short loops over the block's arrays: C2 keeps everything in registers only
 * while a loop body stays small.
 */
final class VectorHeadKernel implements HeadKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();

    @Override
    public String description() {
        return FLOATS.vectorBitSize() + "-bit (Vector API)";
    }

    @Override
    public void noise(long seed, int step, Purpose purpose, HeadBlock block, int stride, int rank) {
        VectorPhilox.uniforms(seed, step, purpose, block.ids, stride, rank, block.noise);
    }

    @Override
    public void forward(HeadConstants c, HeadBlock b, int count) {
        int end = FLOATS.loopBound(count);
        if (c.softplus()) {
            softplus(b.aLambda, b.hByLambda, end);
            softplus(b.aK, b.hByK, end);
        }
        sample(c, b, end);
        divergence(c, b, end);
        for (int i = end; i < count; i++) {
            ScalarHeadKernel.element(c, b, i);
        }
    }

    /** Each lane adds up its rows in float32, at most a block's rows divided by the lanes; the rest is in double. */
    @Override
    public void backward(
            HeadBlock b,
            int from,
            int rows,
            float inverseVariance,
            float klWeight,
            float[] s,
            int offset,
            int part,
            HeadSums sums) {
        FloatVector kl = FloatVector.zero(FLOATS);
        FloatVector hc = FloatVector.zero(FLOATS);
        FloatVector lambdaGradient = FloatVector.zero(FLOATS);
        FloatVector kGradient = FloatVector.zero(FLOATS);
        int end = FLOATS.loopBound(rows);
        for (int i = 0; i < end; i += LANES) {
            int e = from + i;
            FloatVector h = FloatVector.fromArray(FLOATS, b.h, e);
            FloatVector c = FloatVector.fromArray(FLOATS, b.c, e);
            FloatVector dH = FloatVector.fromArray(FLOATS, b.hg, e).sub(c).mul(inverseVariance);
            FloatVector dLambda = dH.mul(FloatVector.fromArray(FLOATS, b.hByLambda, e))
                    .add(FloatVector.fromArray(FLOATS, b.klByLambda, e).mul(klWeight));
            FloatVector dK = dH.mul(FloatVector.fromArray(FLOATS, b.hByK, e))
                    .add(FloatVector.fromArray(FLOATS, b.klByK, e).mul(klWeight));
            dLambda.intoArray(s, offset + i);
            dK.intoArray(s, offset + part + i);
            h.intoArray(s, offset + 2 * part + i);
            kl = kl.add(FloatVector.fromArray(FLOATS, b.kl, e));
            hc = hc.add(h.mul(c));
            lambdaGradient = lambdaGradient.add(dLambda);
            kGradient = kGradient.add(dK);
        }
        float[] lanes = b.lanes;
        sums.kl += sum(kl, lanes);
        sums.hc += sum(hc, lanes);
        sums.lambdaGradient = sum(lambdaGradient, lanes);
        sums.kGradient = sum(kGradient, lanes);
        ScalarHeadKernel.backward(b, from, rows, inverseVariance, klWeight, s, offset, part, sums, end);
    }

    /** Of all lanes, one after another: the Vector API's own reduction leaves the order open. */
    private static double sum(FloatVector vector, float[] lanes) {
        vector.intoArray(lanes, 0);
        double sum = 0;
        for (int i = 0; i < LANES; i++) {
            sum += lanes[i];
        }
        return sum;
    }

    /** Replaces {@code a} by its softplus and stores its derivative. */
    private static void softplus(float[] a, float[] slope, int end) {
        for (int i = 0; i < end; i += LANES) {
            FloatVector x = FloatVector.fromArray(FLOATS, a, i);
            FloatVector decay = exp(x.abs().neg());
            FloatVector onePlus = decay.add(1f);
            VectorMask<Float> positive = x.compare(GE, 0f);
            decay.blend(1f, positive).div(onePlus).intoArray(slope, i);
            x.max(0f).add(log(onePlus)).intoArray(a, i);
        }
    }

    /** h, ∂h/∂a and, for {@link #divergence}, the slopes in the arrays of ∂KL/∂a. */
    private static void sample(HeadConstants c, HeadBlock b, int end) {
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < end; i += LANES) {
            FloatVector aLambda = FloatVector.fromArray(FLOATS, b.aLambda, i);
            FloatVector aK = FloatVector.fromArray(FLOATS, b.aK, i);
            FloatVector one = FloatVector.broadcast(FLOATS, 1f);
            FloatVector slopeLambda = c.softplus() ? FloatVector.fromArray(FLOATS, b.hByLambda, i) : one;
            FloatVector slopeK = c.softplus() ? FloatVector.fromArray(FLOATS, b.hByK, i) : one;
            FloatVector lambda = aLambda.max(c.lambdaMin()).min(Configuration.LAMBDA_MAX);
            FloatVector k = aK.max(c.shapeMin());
            slopeLambda = zero.blend(slopeLambda, lambda.compare(EQ, aLambda));
            slopeK = zero.blend(slopeK, k.compare(EQ, aK));
            lambda.intoArray(b.aLambda, i);
            k.intoArray(b.aK, i);
            slopeLambda.intoArray(b.klByLambda, i);
            slopeK.intoArray(b.klByK, i);

            FloatVector inverseK = one.div(k);
            FloatVector logE =
                    log(log(FloatVector.fromArray(FLOATS, b.noise, i)).neg());
            FloatVector power = exp(inverseK.mul(logE));
            FloatVector h = lambda.mul(power);
            h.intoArray(b.h, i);
            power.mul(slopeLambda).intoArray(b.hByLambda, i);
            h.mul(logE).mul(inverseK).mul(inverseK).neg().mul(slopeK).intoArray(b.hByK, i);
        }
    }

    /** KL and ∂KL/∂a from the λ, k and slopes that {@link #sample} left. */
    private static void divergence(HeadConstants c, HeadBlock b, int end) {
        for (int i = 0; i < end; i += LANES) {
            FloatVector lambda = FloatVector.fromArray(FLOATS, b.aLambda, i);
            FloatVector k = FloatVector.fromArray(FLOATS, b.aK, i);
            FloatVector one = FloatVector.broadcast(FLOATS, 1f);
            FloatVector inverseK = one.div(k);
            FloatVector x = inverseK.mul(c.k0());
            FloatVector w = x.add(5f);
            FloatVector p14 = x.mul(w).add(4f);
            FloatVector p23 = p14.add(2f);
            FloatVector inverseProduct = one.div(p14.mul(p23));
            FloatVector productByX = x.add(w).mul(p14.add(p23));
            FloatVector inverseW = one.div(w);
            FloatVector inverseW2 = inverseW.mul(inverseW);
            FloatVector logW = log(w);
            FloatVector stirling = inverseW.mul(constant(8.3333333e-2f).sub(inverseW2.mul(2.7777778e-3f)));
            FloatVector gamma = exp(w.sub(0.5f)
                            .mul(logW)
                            .sub(w)
                            .add(HeadConstants.HALF_LOG_TWO_PI)
                            .add(stirling))
                    .mul(inverseProduct);
            FloatVector series = constant(8.3333333e-3f).sub(inverseW2.mul(3.9682540e-3f));
            FloatVector digamma = logW.sub(inverseW.mul(0.5f))
                    .sub(inverseW2.mul(constant(8.3333333e-2f).sub(inverseW2.mul(series))))
                    .sub(productByX.mul(inverseProduct));

            FloatVector logLambda = log(lambda);
            FloatVector ratio =
                    c.unitPrior() ? lambda : exp(logLambda.sub(c.logLambda0()).mul(c.k0()));
            FloatVector tail = ratio.mul(gamma);
            log(k).sub(logLambda.mul(c.k0()))
                    .add(x.mul(HeadConstants.EULER_GAMMA))
                    .add(tail)
                    .add(c.klOffset())
                    .intoArray(b.kl, i);
            FloatVector slopeLambda = FloatVector.fromArray(FLOATS, b.klByLambda, i);
            FloatVector slopeK = FloatVector.fromArray(FLOATS, b.klByK, i);
            tail.sub(1f).mul(constant(c.k0()).div(lambda)).mul(slopeLambda).intoArray(b.klByLambda, i);
            inverseK.sub(x.mul(inverseK).mul(tail.mul(digamma).add(HeadConstants.EULER_GAMMA)))
                    .mul(slopeK)
                    .intoArray(b.klByK, i);
        }
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    /** {@link FloatMath#log(float)} in lanes. */
    static FloatVector log(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        IntVector exponent = bits.sub(0x3f3504f3).lanewise(ASHR, 23);
        FloatVector f =
                bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats().sub(1f);
        FloatVector e = (FloatVector) exponent.convertShape(VectorOperators.I2F, FLOATS, 0);
        FloatVector z = f.mul(f);
        FloatVector p = f.mul(7.0376836292e-2f).sub(1.1514610310e-1f);
        p = p.mul(f).add(1.1676998740e-1f);
        p = p.mul(f).sub(1.2420140846e-1f);
        p = p.mul(f).add(1.4249322787e-1f);
        p = p.mul(f).sub(1.6668057665e-1f);
        p = p.mul(f).add(2.0000714765e-1f);
        p = p.mul(f).sub(2.4999993993e-1f);
        p = p.mul(f).add(3.3333331174e-1f);
        p = p.mul(f).mul(z);
        p = p.add(e.mul(-2.12194440e-4f));
        p = p.sub(z.mul(0.5f));
        return f.add(p).add(e.mul(0.693359375f));
    }

    /** {@link FloatMath#exp(float)} in lanes. */
    static FloatVector exp(FloatVector x) {
        FloatVector clamped = x.min(FloatMath.EXP_MAX).max(FloatMath.EXP_MIN);
        FloatVector shifted = clamped.mul(1.44269504f).add(12582912f);
        FloatVector n = shifted.sub(12582912f);
        FloatVector f = clamped.sub(n.mul(0.693359375f)).add(n.mul(2.12194440e-4f));
        FloatVector p = f.mul(1.9875691500e-4f).add(1.3981999507e-3f);
        p = p.mul(f).add(8.3334519073e-3f);
        p = p.mul(f).add(4.1665795894e-2f);
        p = p.mul(f).add(1.6666665459e-1f);
        p = p.mul(f).add(5.0000001201e-1f);
        p = p.mul(f).mul(f).add(f).add(1f);
        IntVector exponent = shifted.reinterpretAsInts().lanewise(LSHL, 23);
        return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    }
}
