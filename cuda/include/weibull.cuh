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

// An encoder's output after softplus, and its slope.
__device__ __forceinline__ float softplus_head(float a, float& slope) {
    const float decay = exp_clamped(-fabsf(a));
    slope = (a >= 0.0f ? 1.0f : decay) * reciprocal(1.0f + decay);
    return at_least(a, 0.0f) + log_normal(1.0f + decay);
}

// aλ and ak after softplus, or as they are where heads are ReLU, with their slopes.
__device__ __forceinline__ Heads bounded_heads(const WeibullConstants& c, float aLambda, float aK,
                                               float slopeLambda, float slopeK) {
    Heads heads{0.0f, 0.0f, slopeLambda, slopeK};
    // The floors of ReLU heads are above 0, and so make max(a, 0) unnecessary.
    heads.lambda = at_most(at_least(aLambda, c.lambdaMin), c.lambdaMax);
    heads.k = at_least(aK, c.shapeMin);
    if (heads.lambda != aLambda) heads.slopeLambda = 0.0f;
    if (heads.k != aK) heads.slopeK = 0.0f;
    return heads;
}

// aλ and ak include the biases.
__device__ __forceinline__ Heads weibull_heads(const WeibullConstants& c, float aLambda, float aK) {
    float slopeLambda = 1.0f, slopeK = 1.0f;
    if (c.softplus) {
        aLambda = softplus_head(aLambda, slopeLambda);
        aK = softplus_head(aK, slopeK);
    }
    return bounded_heads(c, aLambda, aK, slopeLambda, slopeK);
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

// (λ/λ₀)^k₀, which is λ where k₀ = λ₀ = 1.
__device__ __forceinline__ float power_of_scale(const WeibullConstants& c, float logLambda) {
    return exp_clamped(c.k0 * (logLambda - c.logLambda0));
}

// KL(Weibull(k, λ) ‖ Weibull(k₀, λ₀)) in nats, less ln k − k₀ ln λ, and its derivatives by λ and k.
struct Divergence {
    float withoutLogs, byLambda, byK;
};

// ratio: (λ/λ₀)^k₀.
__device__ __forceinline__ Divergence weibull_divergence(const WeibullConstants& c, float lambda,
                                                         float inverseK, float ratio) {
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
    const float tail = ratio * gamma;
    return {kEulerGamma * x + tail + c.klOffset,
            (tail - 1.0f) * (c.k0 * reciprocal(lambda)),
            inverseK - x * inverseK * (kEulerGamma + tail * digamma)};
}

// The same of one coefficient, and KL itself.
__device__ __forceinline__ Divergence weibull_kl(const WeibullConstants& c, float lambda, float k,
                                                 float inverseK, float& kl) {
    const float logLambda = log_normal(lambda);
    const float ratio = c.unitPrior ? lambda : power_of_scale(c, logLambda);
    const Divergence divergence = weibull_divergence(c, lambda, inverseK, ratio);
    kl = log_normal(k) - c.k0 * logLambda + divergence.withoutLogs;
    return divergence;
}

}  // namespace paenmf
