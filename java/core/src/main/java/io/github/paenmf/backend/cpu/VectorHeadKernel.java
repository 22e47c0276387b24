package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.random.Philox.Purpose;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API's twin of {@link ScalarHeadKernel}: the same operations in the same order, so that
 * both give the same bits; keep them in step. Loaded by name, since the module may be absent.
 *
 * <p>The pass is cut into short loops over arrays, without calls from inside a loop, and each operation is one of a
 * vector whose class the compiler sees, with another vector: C2, above all of Java 17, may else leave a call or an
 * object for each vector, at several times the cost, in one process but not in the next. The loops go over a chunk of
 * the arrays that stays in the L1 cache.
 */
final class VectorHeadKernel implements HeadKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();

    private static final FloatVector ZERO = constant(0f);
    private static final FloatVector ONE = constant(1f);
    private static final FloatVector TWO = constant(2f);
    private static final FloatVector FOUR = constant(4f);
    private static final FloatVector FIVE = constant(5f);
    private static final FloatVector HALF = constant(0.5f);
    private static final FloatVector LAMBDA_MAX = constant(PaeConfiguration.LAMBDA_MAX);
    private static final FloatVector EULER_GAMMA = constant(HeadConstants.EULER_GAMMA);
    private static final FloatVector HALF_LOG_TWO_PI = constant(HeadConstants.HALF_LOG_TWO_PI);

    private static final FloatVector STIRLING_1 = constant(8.3333333e-2f);
    private static final FloatVector STIRLING_2 = constant(2.7777778e-3f);
    private static final FloatVector DIGAMMA_1 = constant(8.3333333e-2f);
    private static final FloatVector DIGAMMA_2 = constant(8.3333333e-3f);
    private static final FloatVector DIGAMMA_3 = constant(3.9682540e-3f);

    /** 1.5 · 2²³: adding it rounds to a whole number, in the lowest bits. */
    private static final FloatVector TO_INT = constant(12582912f);

    private static final IntVector TO_INT_BITS = constant(0x4b400000);
    private static final IntVector SQRT_HALF_BITS = constant(0x3f3504f3);
    /** ln 2 = high − low. */
    private static final FloatVector LN_2_HIGH = constant(0.693359375f);

    private static final FloatVector LN_2_LOW = constant(2.12194440e-4f);
    private static final FloatVector LOG_2_E = constant(1.44269504f);
    private static final FloatVector LOG_1 = constant(3.3333331174e-1f);
    private static final FloatVector LOG_2 = constant(2.4999993993e-1f);
    private static final FloatVector LOG_3 = constant(2.0000714765e-1f);
    private static final FloatVector LOG_4 = constant(1.6668057665e-1f);
    private static final FloatVector LOG_5 = constant(1.4249322787e-1f);
    private static final FloatVector LOG_6 = constant(1.2420140846e-1f);
    private static final FloatVector LOG_7 = constant(1.1676998740e-1f);
    private static final FloatVector LOG_8 = constant(1.1514610310e-1f);
    private static final FloatVector LOG_9 = constant(7.0376836292e-2f);
    private static final FloatVector EXP_MAX = constant(FloatMath.EXP_MAX);
    private static final FloatVector EXP_MIN = constant(FloatMath.EXP_MIN);
    private static final FloatVector EXP_2 = constant(5.0000001201e-1f);
    private static final FloatVector EXP_3 = constant(1.6666665459e-1f);
    private static final FloatVector EXP_4 = constant(4.1665795894e-2f);
    private static final FloatVector EXP_5 = constant(8.3334519073e-3f);
    private static final FloatVector EXP_6 = constant(1.3981999507e-3f);
    private static final FloatVector EXP_7 = constant(1.9875691500e-4f);

    @Override
    public String description() {
        return FLOATS.vectorBitSize() + "-bit (Vector API)";
    }

    @Override
    public void noise(long seed, int step, Purpose purpose, HeadBlock block, int stride, int rank) {
        VectorPhilox.uniforms(seed, step, purpose, block.ids, block.upperIds, stride, rank, block.words, block.noise);
    }

    @Override
    public void forward(HeadConstants c, HeadBlock b, int count) {
        int end = FLOATS.loopBound(count);
        for (int from = 0; from < end; from += HeadBlock.CHUNK) {
            int to = Math.min(end, from + HeadBlock.CHUNK);
            if (c.softplus()) {
                softplus(b.aLambda, b.hByLambda, b.logW, from, to);
                softplus(b.aK, b.hByK, b.logW, from, to);
            }
            bound(c, b, from, to);
            log(b.noise, b.kl, from, to);
            log(b.kl, b.kl, from, to);
            power(b, from, to);
            exp(b.h, from, to);
            sample(b, from, to);
            log(b.aK, b.kl, from, to);
            log(b.aLambda, b.logLambda, from, to);
            shift(c, b, from, to);
            log(b.logW, b.logW, from, to);
            gamma(c, b, from, to);
            exp(b.tail, from, to);
            if (!c.unitPrior()) {
                ratio(c, b, from, to);
                exp(b.ratio, from, to);
            }
            float[] ratio = c.unitPrior() ? b.aLambda : b.ratio;
            if (b.inverseRatio != null) {
                exp(b.inverseRatio, from, to);
                ofRows(ratio, b, from, to);
                ratio = b.ratio;
            }
            divergence(c, ratio, b, from, to);
        }
        ScalarHeadKernel.forward(c, b, end, count);
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
        FloatVector inverseVariances = constant(inverseVariance);
        FloatVector klWeights = constant(klWeight);
        int end = FLOATS.loopBound(rows);
        for (int i = 0; i < end; i += LANES) {
            int e = from + i;
            FloatVector h = FloatVector.fromArray(FLOATS, b.h, e);
            FloatVector c = FloatVector.fromArray(FLOATS, b.c, e);
            FloatVector dH = FloatVector.fromArray(FLOATS, b.hg, e).sub(c).mul(inverseVariances);
            FloatVector dLambda = dH.mul(FloatVector.fromArray(FLOATS, b.hByLambda, e))
                    .add(FloatVector.fromArray(FLOATS, b.klByLambda, e).mul(klWeights));
            FloatVector dK = dH.mul(FloatVector.fromArray(FLOATS, b.hByK, e))
                    .add(FloatVector.fromArray(FLOATS, b.klByK, e).mul(klWeights));
            dLambda.intoArray(s, offset + i);
            dK.intoArray(s, offset + part + i);
            h.intoArray(s, offset + 2 * part + i);
            kl = FloatVector.fromArray(FLOATS, b.kl, e).add(kl);
            hc = h.mul(c).add(hc);
            lambdaGradient = dLambda.add(lambdaGradient);
            kGradient = dK.add(kGradient);
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
        ZERO.add(vector).intoArray(lanes, 0);
        double sum = 0;
        for (int i = 0; i < LANES; i++) {
            sum += lanes[i];
        }
        return sum;
    }

    /** Replaces {@code a} by its softplus and stores its derivative. */
    private static void softplus(float[] a, float[] slope, float[] scratch, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, a, i).abs().neg().intoArray(scratch, i);
        }
        exp(scratch, from, to);
        for (int i = from; i < to; i += LANES) {
            FloatVector decay = FloatVector.fromArray(FLOATS, scratch, i);
            FloatVector onePlus = decay.add(ONE);
            VectorMask<Float> positive = FloatVector.fromArray(FLOATS, a, i).compare(GE, ZERO);
            decay.blend(ONE, positive).div(onePlus).intoArray(slope, i);
            onePlus.intoArray(scratch, i);
        }
        log(scratch, scratch, from, to);
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, a, i)
                    .max(ZERO)
                    .add(FloatVector.fromArray(FLOATS, scratch, i))
                    .intoArray(a, i);
        }
    }

    /** λ and k in place of a, 1/k, and the slopes in the arrays of ∂KL/∂a. */
    private static void bound(HeadConstants c, HeadBlock b, int from, int to) {
        FloatVector lambdaMin = constant(c.lambdaMin());
        FloatVector shapeMin = constant(c.shapeMin());
        for (int i = from; i < to; i += LANES) {
            FloatVector aLambda = FloatVector.fromArray(FLOATS, b.aLambda, i);
            FloatVector aK = FloatVector.fromArray(FLOATS, b.aK, i);
            FloatVector slopeLambda = c.softplus() ? FloatVector.fromArray(FLOATS, b.hByLambda, i) : ONE;
            FloatVector slopeK = c.softplus() ? FloatVector.fromArray(FLOATS, b.hByK, i) : ONE;
            FloatVector lambda = aLambda.max(lambdaMin).min(LAMBDA_MAX);
            FloatVector k = aK.max(shapeMin);
            ZERO.blend(slopeLambda, lambda.compare(EQ, aLambda)).intoArray(b.klByLambda, i);
            ZERO.blend(slopeK, k.compare(EQ, aK)).intoArray(b.klByK, i);
            lambda.intoArray(b.aLambda, i);
            k.intoArray(b.aK, i);
            ONE.div(k).intoArray(b.inverseK, i);
        }
    }

    /** ln E / k, with ln E from the array of the KL, in that of h. */
    private static void power(HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, b.inverseK, i)
                    .mul(FloatVector.fromArray(FLOATS, b.kl, i))
                    .intoArray(b.h, i);
        }
    }

    /** h and ∂h/∂a from E^(1/k) in the array of h. */
    private static void sample(HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector inverseK = FloatVector.fromArray(FLOATS, b.inverseK, i);
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

    /** w = k₀/k + 5 in the array of its logarithm. */
    private static void shift(HeadConstants c, HeadBlock b, int from, int to) {
        FloatVector k0 = constant(c.k0());
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, b.inverseK, i).mul(k0).add(FIVE).intoArray(b.logW, i);
        }
    }

    /** ln Γ(w) in the array of the tail. */
    private static void gamma(HeadConstants c, HeadBlock b, int from, int to) {
        FloatVector k0 = constant(c.k0());
        for (int i = from; i < to; i += LANES) {
            FloatVector w = FloatVector.fromArray(FLOATS, b.inverseK, i).mul(k0).add(FIVE);
            FloatVector inverseW = ONE.div(w);
            FloatVector inverseW2 = inverseW.mul(inverseW);
            FloatVector stirling = inverseW.mul(STIRLING_1.sub(inverseW2.mul(STIRLING_2)));
            w.sub(HALF)
                    .mul(FloatVector.fromArray(FLOATS, b.logW, i))
                    .sub(w)
                    .add(HALF_LOG_TWO_PI)
                    .add(stirling)
                    .intoArray(b.tail, i);
        }
    }

    /** ln (λ/λ₀)^k₀. */
    private static void ratio(HeadConstants c, HeadBlock b, int from, int to) {
        FloatVector k0 = constant(c.k0());
        FloatVector logLambda0 = constant(c.logLambda0());
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, b.logLambda, i)
                    .sub(logLambda0)
                    .mul(k0)
                    .intoArray(b.ratio, i);
        }
    }

    /** (λ/λ₀ᵢⱼ)^k₀ from (λ/λ₀)^k₀. */
    private static void ofRows(float[] ratio, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, ratio, i)
                    .mul(FloatVector.fromArray(FLOATS, b.inverseRatio, i))
                    .intoArray(b.ratio, i);
        }
    }

    /**
     * KL and ∂KL/∂a, from ln k in the array of the KL, Γ(w) in that of the tail, and the slopes in those of ∂KL/∂a.
     *
     * @param ratio (λ/λ₀)^k₀
     */
    private static void divergence(HeadConstants c, float[] ratio, HeadBlock b, int from, int to) {
        FloatVector k0 = constant(c.k0());
        FloatVector klOffset = constant(c.klOffset());
        for (int i = from; i < to; i += LANES) {
            FloatVector inverseK = FloatVector.fromArray(FLOATS, b.inverseK, i);
            FloatVector x = inverseK.mul(k0);
            FloatVector w = x.add(FIVE);
            FloatVector p14 = x.mul(w).add(FOUR);
            FloatVector p23 = p14.add(TWO);
            FloatVector inverseProduct = ONE.div(p14.mul(p23));
            FloatVector productByX = x.add(w).mul(p14.add(p23));
            FloatVector inverseW = ONE.div(w);
            FloatVector inverseW2 = inverseW.mul(inverseW);
            FloatVector series = DIGAMMA_2.sub(inverseW2.mul(DIGAMMA_3));
            FloatVector digamma = FloatVector.fromArray(FLOATS, b.logW, i)
                    .sub(inverseW.mul(HALF))
                    .sub(inverseW2.mul(DIGAMMA_1.sub(inverseW2.mul(series))))
                    .sub(productByX.mul(inverseProduct));
            FloatVector gamma = FloatVector.fromArray(FLOATS, b.tail, i).mul(inverseProduct);
            FloatVector tail = FloatVector.fromArray(FLOATS, ratio, i).mul(gamma);
            tail.intoArray(b.tail, i);
            FloatVector.fromArray(FLOATS, b.kl, i)
                    .sub(FloatVector.fromArray(FLOATS, b.logLambda, i).mul(k0))
                    .add(x.mul(EULER_GAMMA))
                    .add(tail)
                    .add(klOffset)
                    .intoArray(b.kl, i);
            FloatVector lambda = FloatVector.fromArray(FLOATS, b.aLambda, i);
            tail.sub(ONE)
                    .mul(k0.div(lambda))
                    .mul(FloatVector.fromArray(FLOATS, b.klByLambda, i))
                    .intoArray(b.klByLambda, i);
            inverseK.sub(x.mul(inverseK).mul(tail.mul(digamma).add(EULER_GAMMA)))
                    .mul(FloatVector.fromArray(FLOATS, b.klByK, i))
                    .intoArray(b.klByK, i);
        }
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }

    private static IntVector constant(int value) {
        return IntVector.broadcast(INTS, value);
    }

    /** {@link FloatMath#log(float)} of magnitudes. */
    static void log(float[] x, float[] target, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            IntVector bits = FloatVector.fromArray(FLOATS, x, i).abs().reinterpretAsInts();
            IntVector exponent = bits.sub(SQRT_HALF_BITS).lanewise(ASHR, 23);
            FloatVector f =
                    bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats().sub(ONE);
            // to float by way of 1.5 · 2²³, as exactly as a conversion and faster
            FloatVector e = exponent.add(TO_INT_BITS).reinterpretAsFloats().sub(TO_INT);
            FloatVector z = f.mul(f);
            FloatVector p = f.mul(LOG_9).sub(LOG_8);
            p = p.mul(f).add(LOG_7);
            p = p.mul(f).sub(LOG_6);
            p = p.mul(f).add(LOG_5);
            p = p.mul(f).sub(LOG_4);
            p = p.mul(f).add(LOG_3);
            p = p.mul(f).sub(LOG_2);
            p = p.mul(f).add(LOG_1);
            p = p.mul(f).mul(z);
            p = p.sub(e.mul(LN_2_LOW));
            p = p.sub(z.mul(HALF));
            f.add(p).add(e.mul(LN_2_HIGH)).intoArray(target, i);
        }
    }

    /** {@link FloatMath#exp(float)}, in place. */
    static void exp(float[] x, int from, int to) {
        for (int i = from; i < to; i += LANES) {
            FloatVector clamped =
                    FloatVector.fromArray(FLOATS, x, i).min(EXP_MAX).max(EXP_MIN);
            FloatVector shifted = clamped.mul(LOG_2_E).add(TO_INT);
            FloatVector n = shifted.sub(TO_INT);
            FloatVector f = clamped.sub(n.mul(LN_2_HIGH)).add(n.mul(LN_2_LOW));
            FloatVector p = f.mul(EXP_7).add(EXP_6);
            p = p.mul(f).add(EXP_5);
            p = p.mul(f).add(EXP_4);
            p = p.mul(f).add(EXP_3);
            p = p.mul(f).add(EXP_2);
            p = p.mul(f).mul(f).add(f).add(ONE);
            IntVector exponent = shifted.reinterpretAsInts().lanewise(LSHL, 23);
            p.reinterpretAsInts().add(exponent).reinterpretAsFloats().intoArray(x, i);
        }
    }
}
