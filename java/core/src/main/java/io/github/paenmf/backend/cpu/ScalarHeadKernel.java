package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;

/**
 * Plain loops. {@link VectorHeadKernel} does the same operations in the same order, so that both
 * give the same bits; keep them in step.
 */
final class ScalarHeadKernel implements HeadKernel {

    @Override
    public String description() {
        return "plain loops";
    }

    @Override
    public void noise(long seed, int step, Purpose purpose, HeadBlock block, int stride, int rank) {
        int[] words = block.words;
        for (int i = 0; i < stride; i++) {
            long id = block.upperIds == null
                    ? block.ids[i]
                    : (long) block.upperIds[i] << Integer.SIZE | Integer.toUnsignedLong(block.ids[i]);
            for (int j = 0; j < rank; j += Philox.WORDS) {
                Philox.words(seed, id, j / Philox.WORDS, step, purpose, words);
                for (int w = 0; w < Math.min(Philox.WORDS, rank - j); w++) {
                    block.noise[(j + w) * stride + i] = Philox.toUniform(words[w]);
                }
            }
        }
    }

    @Override
    public void forward(HeadConstants constants, HeadBlock block, int count) {
        forward(constants, block, 0, count);
    }

    @Override
    public void backward(
            HeadBlock block,
            int from,
            int rows,
            float inverseVariance,
            float klWeight,
            float[] s,
            int offset,
            int part,
            HeadSums sums) {
        sums.lambdaGradient = 0;
        sums.kGradient = 0;
        backward(block, from, rows, inverseVariance, klWeight, s, offset, part, sums, 0);
    }

    /** From row {@code first} on. */
    static void backward(
            HeadBlock b,
            int from,
            int rows,
            float inverseVariance,
            float klWeight,
            float[] s,
            int offset,
            int part,
            HeadSums sums,
            int first) {
        double kl = 0;
        double hc = 0;
        double lambdaGradient = 0;
        double kGradient = 0;
        for (int i = first; i < rows; i++) {
            int e = from + i;
            float dH = (b.hg[e] - b.c[e]) * inverseVariance;
            float dLambda = dH * b.hByLambda[e] + klWeight * b.klByLambda[e];
            float dK = dH * b.hByK[e] + klWeight * b.klByK[e];
            s[offset + i] = dLambda;
            s[offset + part + i] = dK;
            s[offset + 2 * part + i] = b.h[e];
            lambdaGradient += dLambda;
            kGradient += dK;
            kl += b.kl[e];
            hc += (double) b.h[e] * b.c[e];
        }
        sums.kl += kl;
        sums.hc += hc;
        sums.lambdaGradient += lambdaGradient;
        sums.kGradient += kGradient;
    }

    /**
     * The elements from one on up to another. Loop after loop, as C2 compiles only short loops to vector
     * instructions; what one passes on to the next is in the arrays of the results and in those for that purpose.
     */
    static void forward(HeadConstants c, HeadBlock b, int first, int end) {
        for (int from = first; from < end; from += HeadBlock.CHUNK) {
            int to = Math.min(end, from + HeadBlock.CHUNK);
            if (c.softplus()) {
                softplus(b.aLambda, b.hByLambda, b, from, to);
                softplus(b.aK, b.hByK, b, from, to);
            }
            bound(c, b, from, to);
            log(b.noise, b.kl, b, from, to);
            negate(b.kl, from, to);
            log(b.kl, b.kl, b, from, to);
            power(b, from, to);
            exp(b.h, b, from, to);
            sample(b, from, to);
            log(b.aK, b.kl, b, from, to);
            log(b.aLambda, b.logLambda, b, from, to);
            shift(c, b, from, to);
            log(b.logW, b.logW, b, from, to);
            gamma(c, b, from, to);
            exp(b.tail, b, from, to);
            if (!c.unitPrior()) {
                ratio(c, b, from, to);
                exp(b.ratio, b, from, to);
            }
            float[] ratio = c.unitPrior() ? b.aLambda : b.ratio;
            if (b.inverseRatio != null) {
                exp(b.inverseRatio, b, from, to);
                ofRows(ratio, b, from, to);
                ratio = b.ratio;
            }
            divergence(c, ratio, b, from, to);
        }
    }

    /** Replaces {@code a} by its softplus and stores its derivative. */
    private static void softplus(float[] a, float[] slope, HeadBlock b, int from, int to) {
        float[] decay = b.logW;
        for (int i = from; i < to; i++) {
            decay[i] = -Math.abs(a[i]);
        }
        exp(decay, b, from, to);
        for (int i = from; i < to; i++) {
            slope[i] = (a[i] >= 0 ? 1 : decay[i]) / (1 + decay[i]);
            decay[i] = 1 + decay[i];
        }
        log(decay, decay, b, from, to);
        for (int i = from; i < to; i++) {
            a[i] = Math.max(a[i], 0) + decay[i];
        }
    }

    /** λ and k in place of a, 1/k, and the slopes in the arrays of ∂KL/∂a. */
    private static void bound(HeadConstants c, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i++) {
            float aLambda = b.aLambda[i];
            float aK = b.aK[i];
            float slopeLambda = c.softplus() ? b.hByLambda[i] : 1;
            float slopeK = c.softplus() ? b.hByK[i] : 1;
            float lambda = Math.min(Math.max(aLambda, c.lambdaMin()), PaeConfiguration.LAMBDA_MAX);
            float k = Math.max(aK, c.shapeMin());
            b.klByLambda[i] = lambda == aLambda ? slopeLambda : 0;
            b.klByK[i] = k == aK ? slopeK : 0;
            b.aLambda[i] = lambda;
            b.aK[i] = k;
            b.inverseK[i] = 1 / k;
        }
    }

    private static void negate(float[] x, int from, int to) {
        for (int i = from; i < to; i++) {
            x[i] = -x[i];
        }
    }

    /** ln E / k, E = −ln ε, with ln E from the array of the KL, in that of h = λ E^(1/k). */
    private static void power(HeadBlock b, int from, int to) {
        for (int i = from; i < to; i++) {
            b.h[i] = b.inverseK[i] * b.kl[i];
        }
    }

    /** h and ∂h/∂a from E^(1/k) in the array of h. */
    private static void sample(HeadBlock b, int from, int to) {
        for (int i = from; i < to; i++) {
            float inverseK = b.inverseK[i];
            float power = b.h[i];
            float h = b.aLambda[i] * power;
            b.h[i] = h;
            b.hByLambda[i] = power * b.klByLambda[i];
            b.hByK[i] = -(h * b.kl[i] * inverseK * inverseK) * b.klByK[i];
        }
    }

    /** w = x + 5, x = k₀/k, in the array of its logarithm. */
    private static void shift(HeadConstants c, HeadBlock b, int from, int to) {
        float k0 = c.k0();
        for (int i = from; i < to; i++) {
            b.logW[i] = k0 * b.inverseK[i] + 5;
        }
    }

    /** ln Γ(w) in the array of the tail. */
    private static void gamma(HeadConstants c, HeadBlock b, int from, int to) {
        float k0 = c.k0();
        for (int i = from; i < to; i++) {
            float w = k0 * b.inverseK[i] + 5;
            float inverseW = 1 / w;
            float inverseW2 = inverseW * inverseW;
            b.tail[i] = (w - 0.5f) * b.logW[i]
                    - w
                    + HeadConstants.HALF_LOG_TWO_PI
                    + inverseW * (8.3333333e-2f - inverseW2 * 2.7777778e-3f);
        }
    }

    /** ln (λ/λ₀)^k₀. */
    private static void ratio(HeadConstants c, HeadBlock b, int from, int to) {
        float k0 = c.k0();
        float logLambda0 = c.logLambda0();
        for (int i = from; i < to; i++) {
            b.ratio[i] = k0 * (b.logLambda[i] - logLambda0);
        }
    }

    /** (λ/λ₀ᵢⱼ)^k₀ from (λ/λ₀)^k₀. */
    private static void ofRows(float[] ratio, HeadBlock b, int from, int to) {
        for (int i = from; i < to; i++) {
            b.ratio[i] = ratio[i] * b.inverseRatio[i];
        }
    }

    /**
     * KL = ln k − k₀ ln λ + k₀γ/k + (λ/λ₀)^k₀ Γ(1 + x) + terms of the prior alone, and ∂KL/∂a, from ln k in the
     * array of the KL, Γ(w) in that of the tail, and the slopes in those of ∂KL/∂a.
     *
     * @param ratio (λ/λ₀)^k₀
     */
    private static void divergence(HeadConstants c, float[] ratio, HeadBlock b, int from, int to) {
        float k0 = c.k0();
        float klOffset = c.klOffset();
        for (int i = from; i < to; i++) {
            // Γ(1 + x) and ψ(1 + x), shifted by 4: products (x+1)(x+4) and (x+2)(x+3)
            float inverseK = b.inverseK[i];
            float x = k0 * inverseK;
            float w = x + 5;
            float p14 = x * w + 4;
            float p23 = p14 + 2;
            float inverseProduct = 1 / (p14 * p23);
            float productByX = (x + w) * (p14 + p23);
            float inverseW = 1 / w;
            float inverseW2 = inverseW * inverseW;
            float digamma = b.logW[i]
                    - 0.5f * inverseW
                    - inverseW2 * (8.3333333e-2f - inverseW2 * (8.3333333e-3f - inverseW2 * 3.9682540e-3f))
                    - productByX * inverseProduct;
            float tail = ratio[i] * (b.tail[i] * inverseProduct);
            b.tail[i] = tail;
            b.kl[i] = b.kl[i] - k0 * b.logLambda[i] + HeadConstants.EULER_GAMMA * x + tail + klOffset;
            b.klByLambda[i] = (tail - 1) * (k0 / b.aLambda[i]) * b.klByLambda[i];
            b.klByK[i] = (inverseK - x * inverseK * (HeadConstants.EULER_GAMMA + tail * digamma)) * b.klByK[i];
        }
    }

    /**
     * {@link FloatMath#log(float)}. No version of C2 up to 25 makes vector instructions of a loop that takes floats
     * for their bits, so that has loops of its own, and what comes between them is compiled to such instructions.
     */
    private static void log(float[] x, float[] target, HeadBlock b, int from, int to) {
        int count = to - from;
        toBits(count, x, from, b.bits);
        splitBits(count, b.bits, b.exponents);
        toFloats(count, b.bits, b.mantissa);
        toFloats(count, b.exponents, b.shifted);
        logOfParts(count, b.mantissa, b.shifted);
        System.arraycopy(b.mantissa, 0, target, from, count);
    }

    /** Into a mantissa in [√½, √2) and the exponent, as the bits of 1.5 · 2²³ + exponent. */
    private static void splitBits(int count, int[] bits, int[] exponents) {
        for (int i = 0; i < count; i++) {
            int exponent = (bits[i] - 0x3f3504f3) >> 23;
            bits[i] = bits[i] - (exponent << 23);
            exponents[i] = exponent + 0x4b400000;
        }
    }

    private static void logOfParts(int count, float[] mantissa, float[] shifted) {
        for (int i = 0; i < count; i++) {
            float exponent = shifted[i] - 12582912f;
            float f = mantissa[i] - 1f;
            float z = f * f;
            float p = 7.0376836292e-2f * f - 1.1514610310e-1f;
            p = p * f + 1.1676998740e-1f;
            p = p * f - 1.2420140846e-1f;
            p = p * f + 1.4249322787e-1f;
            p = p * f - 1.6668057665e-1f;
            p = p * f + 2.0000714765e-1f;
            p = p * f - 2.4999993993e-1f;
            p = p * f + 3.3333331174e-1f;
            p = p * f * z;
            p = p + exponent * -2.12194440e-4f;
            p = p - 0.5f * z;
            mantissa[i] = f + p + exponent * 0.693359375f;
        }
    }

    /** {@link FloatMath#exp(float)}, in place; in loops for the same reason. */
    private static void exp(float[] x, HeadBlock b, int from, int to) {
        int count = to - from;
        System.arraycopy(x, from, b.mantissa, 0, count);
        clamp(count, b.mantissa);
        expOfFraction(count, b.mantissa, b.shifted);
        toBits(count, b.mantissa, 0, b.bits);
        toBits(count, b.shifted, 0, b.exponents);
        joinBits(count, b.bits, b.exponents);
        toFloats(count, b.bits, b.mantissa);
        System.arraycopy(b.mantissa, 0, x, from, count);
    }

    private static void clamp(int count, float[] x) {
        for (int i = 0; i < count; i++) {
            x[i] = Math.max(FloatMath.EXP_MIN, Math.min(FloatMath.EXP_MAX, x[i]));
        }
    }

    /** Replaces x by the mantissa of its exponential, and stores the exponent added to 1.5 · 2²³. */
    private static void expOfFraction(int count, float[] x, float[] shifted) {
        for (int i = 0; i < count; i++) {
            float clamped = x[i];
            float sum = clamped * 1.44269504f + 12582912f;
            shifted[i] = sum;
            float n = sum - 12582912f;
            float f = clamped - n * 0.693359375f + n * 2.12194440e-4f;
            float p = 1.9875691500e-4f * f + 1.3981999507e-3f;
            p = p * f + 8.3334519073e-3f;
            p = p * f + 4.1665795894e-2f;
            p = p * f + 1.6666665459e-1f;
            p = p * f + 5.0000001201e-1f;
            x[i] = p * f * f + f + 1f;
        }
    }

    private static void joinBits(int count, int[] bits, int[] exponents) {
        for (int i = 0; i < count; i++) {
            bits[i] = bits[i] + (exponents[i] << 23);
        }
    }

    private static void toBits(int count, float[] x, int from, int[] bits) {
        for (int i = 0; i < count; i++) {
            bits[i] = Float.floatToRawIntBits(x[from + i]);
        }
    }

    private static void toFloats(int count, int[] bits, float[] x) {
        for (int i = 0; i < count; i++) {
            x[i] = Float.intBitsToFloat(bits[i]);
        }
    }
}
