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
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API's twin of {@link ScalarHeadKernel}: the same operations in the same order, so that
 * both give the same bits; keep them in step. Loaded by name, since the module may be absent.
 *
 * <p>The pass is cut into short loops, each with one logarithm or exponential: C2 keeps everything in
 * registers only while a loop body stays small. They go over a chunk of the arrays that stays in the
 * L1 cache.
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
        VectorPhilox.uniforms(seed, step, purpose, block.ids, stride, rank, block.words, block.noise);
    }

    @Override
    public void forward(HeadConstants c, HeadBlock b, int count) {
        int end = FLOATS.loopBound(count);
        for (int from = 0; from < end; from += HeadBlock.CHUNK) {
            int to = Math.min(end, from + HeadBlock.CHUNK);
            if (c.softplus()) {
                softplus(b.aLambda, b.hByLambda, from, to);
                softplus(b.aK, b.hByK, from, to);
            }
            bound(c, b, from, to);
            negatedLog(b.noise, b.kl, from, to);
            log(b.kl, b.kl, from, to);
            power(b, from, to);
            sample(b, from, to);
            log(b.aK, b.kl, from, to);
            log(b.aLambda, b.logLambda, from, to);
            logShifted(c, b, from, to);
            gamma(c, b, from, to);
            if (c.unitPrior()) {
                tail(b.aLambda, b, from, to);
            } else {
                ratio(c, b, from, to);
                tail(b.ratio, b, from, to);
            }
            divergence(c, b, from, to);
        }
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
    private static void softplus(float[] a, float[] slope, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector x = FloatVector.fromArray(FLOATS, a, i);
            FloatVector decay = exp(x.abs().neg());
            FloatVector onePlus = decay.add(1f);
            VectorMask<Float> positive = x.compare(GE, 0f);
            decay.blend(1f, positive).div(onePlus).intoArray(slope, i);
            x.max(0f).add(log(onePlus)).intoArray(a, i);
        }
    }

    /** λ and k in place of a, and the slopes in the arrays of ∂KL/∂a. */
    private static void bound(HeadConstants c, HeadBlock b, int from, int to) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector one = constant(1f);
        for (int i = from; i < to; i += LANES) {
            FloatVector aLambda = FloatVector.fromArray(FLOATS, b.aLambda, i);
            FloatVector aK = FloatVector.fromArray(FLOATS, b.aK, i);
            FloatVector slopeLambda = c.softplus() ? FloatVector.fromArray(FLOATS, b.hByLambda, i) : one;
            FloatVector slopeK = c.softplus() ? FloatVector.fromArray(FLOATS, b.hByK, i) : one;
            FloatVector lambda = aLambda.max(c.lambdaMin()).min(Configuration.LAMBDA_MAX);
            FloatVector k = aK.max(c.shapeMin());
            zero.blend(slopeLambda, lambda.compare(EQ, aLambda)).intoArray(b.klByLambda, i);
            zero.blend(slopeK, k.compare(EQ, aK)).intoArray(b.klByK, i);
            lambda.intoArray(b.aLambda, i);
            k.intoArray(b.aK, i);
        }
    }

    private static void log(float[] x, float[] target, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            log(FloatVector.fromArray(FLOATS, x, i)).intoArray(target, i);
        }
    }

    private static void negatedLog(float[] x, float[] target, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            log(FloatVector.fromArray(FLOATS, x, i)).neg().intoArray(target, i);
        }
    }

    /** E^(1/k), from ln E in the array of the KL, to that of h. */
    private static void power(HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector inverseK = constant(1f).div(FloatVector.fromArray(FLOATS, b.aK, i));
            exp(inverseK.mul(FloatVector.fromArray(FLOATS, b.kl, i))).intoArray(b.h, i);
        }
    }

    /** h and ∂h/∂a. */
    private static void sample(HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector inverseK = constant(1f).div(FloatVector.fromArray(FLOATS, b.aK, i));
            FloatVector logE = FloatVector.fromArray(FLOATS, b.kl, i);
            FloatVector power = FloatVector.fromArray(FLOATS, b.h, i);
            FloatVector h = FloatVector.fromArray(FLOATS, b.aLambda, i).mul(power);
            h.intoArray(b.h, i);
            power.mul(FloatVector.fromArray(FLOATS, b.klByLambda, i)).intoArray(b.hByLambda, i);
            h.mul(logE)
                    .mul(inverseK)
                    .mul(inverseK)
                    .neg()
                    .mul(FloatVector.fromArray(FLOATS, b.klByK, i))
                    .intoArray(b.hByK, i);
        }
    }

    /** ln w for w = k₀/k + 5. */
    private static void logShifted(HeadConstants c, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector x =
                    constant(1f).div(FloatVector.fromArray(FLOATS, b.aK, i)).mul(c.k0());
            log(x.add(5f)).intoArray(b.logW, i);
        }
    }

    /** Γ(1 + k₀/k). */
    private static void gamma(HeadConstants c, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector x =
                    constant(1f).div(FloatVector.fromArray(FLOATS, b.aK, i)).mul(c.k0());
            FloatVector w = x.add(5f);
            FloatVector p14 = x.mul(w).add(4f);
            FloatVector inverseProduct = constant(1f).div(p14.mul(p14.add(2f)));
            FloatVector inverseW = constant(1f).div(w);
            FloatVector inverseW2 = inverseW.mul(inverseW);
            FloatVector stirling = inverseW.mul(constant(8.3333333e-2f).sub(inverseW2.mul(2.7777778e-3f)));
            exp(w.sub(0.5f)
                            .mul(FloatVector.fromArray(FLOATS, b.logW, i))
                            .sub(w)
                            .add(HeadConstants.HALF_LOG_TWO_PI)
                            .add(stirling))
                    .mul(inverseProduct)
                    .intoArray(b.tail, i);
        }
    }

    /** (λ/λ₀)^k₀. */
    private static void ratio(HeadConstants c, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector logLambda = FloatVector.fromArray(FLOATS, b.logLambda, i);
            exp(logLambda.sub(c.logLambda0()).mul(c.k0())).intoArray(b.ratio, i);
        }
    }

    /** (λ/λ₀)^k₀ Γ(1 + k₀/k). */
    private static void tail(float[] ratio, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, ratio, i)
                    .mul(FloatVector.fromArray(FLOATS, b.tail, i))
                    .intoArray(b.tail, i);
        }
    }

    /** KL and ∂KL/∂a, from ln k in the array of the KL and the slopes in those of ∂KL/∂a. */
    private static void divergence(HeadConstants c, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector inverseK = constant(1f).div(FloatVector.fromArray(FLOATS, b.aK, i));
            FloatVector x = inverseK.mul(c.k0());
            FloatVector w = x.add(5f);
            FloatVector p14 = x.mul(w).add(4f);
            FloatVector p23 = p14.add(2f);
            FloatVector inverseProduct = constant(1f).div(p14.mul(p23));
            FloatVector productByX = x.add(w).mul(p14.add(p23));
            FloatVector inverseW = constant(1f).div(w);
            FloatVector inverseW2 = inverseW.mul(inverseW);
            FloatVector series = constant(8.3333333e-3f).sub(inverseW2.mul(3.9682540e-3f));
            FloatVector digamma = FloatVector.fromArray(FLOATS, b.logW, i)
                    .sub(inverseW.mul(0.5f))
                    .sub(inverseW2.mul(constant(8.3333333e-2f).sub(inverseW2.mul(series))))
                    .sub(productByX.mul(inverseProduct));
            FloatVector tail = FloatVector.fromArray(FLOATS, b.tail, i);
            FloatVector.fromArray(FLOATS, b.kl, i)
                    .sub(FloatVector.fromArray(FLOATS, b.logLambda, i).mul(c.k0()))
                    .add(x.mul(HeadConstants.EULER_GAMMA))
                    .add(tail)
                    .add(c.klOffset())
                    .intoArray(b.kl, i);
            FloatVector lambda = FloatVector.fromArray(FLOATS, b.aLambda, i);
            tail.sub(1f)
                    .mul(constant(c.k0()).div(lambda))
                    .mul(FloatVector.fromArray(FLOATS, b.klByLambda, i))
                    .intoArray(b.klByLambda, i);
            inverseK.sub(x.mul(inverseK).mul(tail.mul(digamma).add(HeadConstants.EULER_GAMMA)))
                    .mul(FloatVector.fromArray(FLOATS, b.klByK, i))
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
        // to float by way of 1.5 · 2²³, as exactly as a conversion and faster
        FloatVector e = exponent.add(0x4b400000).reinterpretAsFloats().sub(12582912f);
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
