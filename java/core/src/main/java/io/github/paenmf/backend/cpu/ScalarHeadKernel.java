package io.github.paenmf.backend.cpu;

import static io.github.paenmf.math.FloatMath.exp;
import static io.github.paenmf.math.FloatMath.log;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.model.Configuration;
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
            for (int j = 0; j < rank; j += Philox.WORDS) {
                Philox.words(seed, block.ids[i], j / Philox.WORDS, step, purpose, words);
                for (int w = 0; w < Math.min(Philox.WORDS, rank - j); w++) {
                    block.noise[(j + w) * stride + i] = Philox.toUniform(words[w]);
                }
            }
        }
    }

    @Override
    public void forward(HeadConstants constants, HeadBlock block, int count) {
        for (int i = 0; i < count; i++) {
            element(constants, block, i);
        }
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

    static void element(HeadConstants c, HeadBlock b, int i) {
        float aLambda = b.aLambda[i];
        float aK = b.aK[i];
        float slopeLambda = 1;
        float slopeK = 1;
        if (c.softplus()) {
            float decayLambda = exp(-Math.abs(aLambda));
            float decayK = exp(-Math.abs(aK));
            slopeLambda = (aLambda >= 0 ? 1 : decayLambda) / (1 + decayLambda);
            slopeK = (aK >= 0 ? 1 : decayK) / (1 + decayK);
            aLambda = Math.max(aLambda, 0) + log(1 + decayLambda);
            aK = Math.max(aK, 0) + log(1 + decayK);
        }
        float lambda = Math.min(Math.max(aLambda, c.lambdaMin()), Configuration.LAMBDA_MAX);
        float k = Math.max(aK, c.shapeMin());
        slopeLambda = lambda == aLambda ? slopeLambda : 0;
        slopeK = k == aK ? slopeK : 0;

        // h = λ E^(1/k), E = −ln ε
        float inverseK = 1 / k;
        float logE = log(-log(b.noise[i]));
        float power = exp(inverseK * logE);
        float h = lambda * power;
        b.h[i] = h;
        b.hByLambda[i] = power * slopeLambda;
        b.hByK[i] = -(h * logE * inverseK * inverseK) * slopeK;

        // Γ(1 + x) and ψ(1 + x) for x = k₀/k, shifted by 4: products (x+1)(x+4) and (x+2)(x+3)
        float x = c.k0() * inverseK;
        float w = x + 5;
        float p14 = x * w + 4;
        float p23 = p14 + 2;
        float product = p14 * p23;
        float productByX = (x + w) * (p14 + p23);
        float inverseProduct = 1 / product;
        float inverseW = 1 / w;
        float inverseW2 = inverseW * inverseW;
        float logW = log(w);
        float gamma = exp((w - 0.5f) * logW
                        - w
                        + HeadConstants.HALF_LOG_TWO_PI
                        + inverseW * (8.3333333e-2f - inverseW2 * 2.7777778e-3f))
                * inverseProduct;
        float digamma = logW
                - 0.5f * inverseW
                - inverseW2 * (8.3333333e-2f - inverseW2 * (8.3333333e-3f - inverseW2 * 3.9682540e-3f))
                - productByX * inverseProduct;

        // KL = ln k − k₀ ln λ + k₀γ/k + (λ/λ₀)^k₀ Γ(1 + x) + terms of the prior alone
        float logLambda = log(lambda);
        float ratio = c.unitPrior() ? lambda : exp(c.k0() * (logLambda - c.logLambda0()));
        float tail = ratio * gamma;
        b.kl[i] = log(k) - c.k0() * logLambda + HeadConstants.EULER_GAMMA * x + tail + c.klOffset();
        b.klByLambda[i] = (tail - 1) * (c.k0() / lambda) * slopeLambda;
        b.klByK[i] = (inverseK - x * inverseK * (HeadConstants.EULER_GAMMA + tail * digamma)) * slopeK;
    }
}
