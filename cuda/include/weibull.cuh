// The mathematics of one coefficient: heads, inverse CDF, KL divergence and all their derivatives.
// Equations 3 and 4 of the paper; ScalarHeadKernel.java is the same computation on the CPU, with
// the same polynomials, so that both backends have the same error bounds.
#pragma once
#include <cstdint>

#include "float_math.cuh"

// What a configuration means to the kernels; passed by value, WeibullConstants.java packs it.
struct WeibullConstants {
    float encoderScale;      // 1/(rms·√m): aλ = encoderScale·(V·Wλ) + bλ
    float inverseDataScale;  // 1/rms: C in units of the scaled data
    float inverseVariance;   // 1/σ²
    float klWeight;          // 1, or 0 where the objective has no KL term
    float lambdaMin;         // floor of λ
    float lambdaMax;         // ceiling of λ
    float shapeMin;          // floor of k
    float k0;                // prior shape
    float logLambda0;        // ln λ₀
    float klOffset;          // k₀ ln λ₀ − ln k₀ − γ − 1
    uint32_t unitPrior;      // k₀ = λ₀ = 1, which needs no power
    uint32_t softplus;       // heads are softplus instead of ReLU
    uint32_t sampled;        // ε is noise; otherwise the same everywhere
    float logE;              // ln E of a coefficient that is not sampled
};

namespace paenmf {

constexpr float kEulerGamma = 0.57721566f;
constexpr float kHalfLogTwoPi = 0.91893853f;

// λ and k of one coefficient with their slopes by the encoder's outputs, 0 at a bound.
struct Heads {
    float lambda, k;
    float slopeLambda, slopeK;
};

// aλ and ak include the biases.
__device__ __forceinline__ Heads weibull_heads(const WeibullConstants& c, float aLambda, float aK) {
    Heads heads{0.0f, 0.0f, 1.0f, 1.0f};
    if (c.softplus) {
        const float decayLambda = exp_clamped(-fabsf(aLambda));
        const float decayK = exp_clamped(-fabsf(aK));
        heads.slopeLambda = (aLambda >= 0.0f ? 1.0f : decayLambda) * reciprocal(1.0f + decayLambda);
        heads.slopeK = (aK >= 0.0f ? 1.0f : decayK) * reciprocal(1.0f + decayK);
        aLambda = at_least(aLambda, 0.0f) + log_normal(1.0f + decayLambda);
        aK = at_least(aK, 0.0f) + log_normal(1.0f + decayK);
    }
    // The floors of ReLU heads are above 0, and so make max(a, 0) unnecessary.
    heads.lambda = at_most(at_least(aLambda, c.lambdaMin), c.lambdaMax);
    heads.k = at_least(aK, c.shapeMin);
    if (heads.lambda != aLambda) heads.slopeLambda = 0.0f;
    if (heads.k != aK) heads.slopeK = 0.0f;
    return heads;
}

// ln E of E = −ln ε.
__device__ __forceinline__ float log_e(float epsilon) { return log_normal(-log_normal(epsilon)); }

// h = λ E^(1/k) and its derivatives by λ and k.
struct Sample {
    float h, byLambda, byK;
};

__device__ __forceinline__ Sample weibull_sample(float lambda, float inverseK, float logE) {
    const float power = exp_clamped(inverseK * logE);
    const float h = lambda * power;
    return {h, power, -(h * logE * inverseK * inverseK)};
}

// KL(Weibull(k, λ) ‖ Weibull(k₀, λ₀)) in nats and its derivatives by λ and k.
struct Divergence {
    float kl, byLambda, byK;
};

__device__ __forceinline__ Divergence weibull_kl(const WeibullConstants& c, float lambda, float k,
                                                 float inverseK) {
    // Γ(1 + x) and ψ(1 + x) for x = k₀/k, shifted by 4: products (x+1)(x+4) and (x+2)(x+3)
    const float x = c.k0 * inverseK;
    const float w = x + 5.0f;
    const float p14 = x * w + 4.0f;
    const float p23 = p14 + 2.0f;
    const float inverseProduct = reciprocal(p14 * p23);
    const float productByX = (x + w) * (p14 + p23);
    const float inverseW = reciprocal(w);
    const float inverseW2 = inverseW * inverseW;
    const float logW = log_normal(w);
    const float gamma = exp_clamped((w - 0.5f) * logW - w + kHalfLogTwoPi +
                                    inverseW * (8.3333333e-2f - inverseW2 * 2.7777778e-3f)) *
                        inverseProduct;
    const float digamma =
        logW - 0.5f * inverseW -
        inverseW2 * (8.3333333e-2f - inverseW2 * (8.3333333e-3f - inverseW2 * 3.9682540e-3f)) -
        productByX * inverseProduct;

    // KL = ln k − k₀ ln λ + k₀γ/k + (λ/λ₀)^k₀ Γ(1 + x) + terms of the prior alone
    const float logLambda = log_normal(lambda);
    const float ratio = c.unitPrior ? lambda : exp_clamped(c.k0 * (logLambda - c.logLambda0));
    const float tail = ratio * gamma;
    return {log_normal(k) - c.k0 * logLambda + kEulerGamma * x + tail + c.klOffset,
            (tail - 1.0f) * (c.k0 * reciprocal(lambda)),
            inverseK - x * inverseK * (kEulerGamma + tail * digamma)};
}

}  // namespace paenmf
