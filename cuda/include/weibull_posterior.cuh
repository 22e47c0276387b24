// The best Weibull posterior of one coefficient, given the others: Gaussian likelihood,
// exponential prior, with a point mass at 0 or without. WeibullPosterior.java says what is
// computed, ScalarPosteriorKernel.java is the same computation on the CPU, with the same
// polynomials, so that both backends have the same error bounds.
#pragma once
#include "float_math.cuh"
#include "posterior_coefficients.cuh"

namespace paenmf {

constexpr int kPosteriorDegree = 9;
constexpr int kPosteriorTerms = kPosteriorDegree + 1;
constexpr float kPosteriorLimit = 1e18f;
constexpr float kPosteriorMiddle = 0.5f;
constexpr float kPosteriorFar = 2.5f;
constexpr float kPosteriorCentre = 1.5f;
constexpr float kPosteriorCurve = 12.0f;
constexpr float kRootOfPosteriorCurve = 3.4641016f;
constexpr float kLogOddsMax = 40.0f;
constexpr float kLeastWeight = 1e-15f;
constexpr float kMinNormal = 1.1754944e-38f;

// What the posteriors of all coefficients of a component share: PosteriorComponent.java.
struct PosteriorComponent {
    float precision, rate, priorMean;
    float inverseRoot, inverseCurvature;
    float divergenceOffset, oddsOffset;
    float inclusion, logInclusion, logExclusion;
    bool isPrior;
};

// A coefficient's mean and variance, point mass included, the probability that it is not 0, and
// KL from its prior.
struct PosteriorMoments {
    float mean, variance, inclusion, kl;
};

__device__ __forceinline__ float clamp(float value, float limit) {
    return at_least(at_most(value, limit), -limit);
}

// ln(1 + eˣ).
__device__ __forceinline__ float softplus(float x) {
    return at_least(x, 0.0f) + log_normal(1.0f + exp_clamped(-fabsf(x)));
}

// parameters: [1/σ² | prior means, r | ln(π/(1 − π)), r]; norm: the component's element on the
// Gram matrix's diagonal.
__device__ __forceinline__ PosteriorComponent posterior_component(const float* parameters, int rank,
                                                                  int j, float norm,
                                                                  bool pointMass) {
    PosteriorComponent c;
    c.precision = parameters[0];
    c.priorMean = parameters[1 + j];
    c.rate = reciprocal(c.priorMean);
    const float curvature = norm * c.precision;
    const float root = square_root(curvature);
    const float weight = root * c.priorMean;
    c.isPrior = curvature < kMinNormal || weight < kLeastWeight;
    c.inverseRoot = reciprocal(root);
    c.inverseCurvature = reciprocal(curvature);
    c.divergenceOffset = log_normal(root) + log_normal(c.priorMean) - 1.57721566f;  // γ + 1
    const float logit = pointMass ? parameters[1 + rank + j] : 0.0f;
    c.oddsOffset = c.divergenceOffset - logit;
    c.inclusion = pointMass ? reciprocal(1.0f + exp_clamped(-logit)) : 1.0f;
    c.logInclusion = -softplus(-logit);
    c.logExclusion = -softplus(logit);
    return c;
}

// The polynomial of the piece, of the three whose coefficients follow each other.
__device__ __forceinline__ float posterior_polynomial(const float* coefficients, bool middle,
                                                      bool far, float z) {
    float sum = 0.0f;
#pragma unroll
    for (int i = kPosteriorDegree; i >= 0; --i) {
        const float inner = middle ? coefficients[kPosteriorTerms + i] : coefficients[i];
        sum = sum * z + (far ? coefficients[2 * kPosteriorTerms + i] : inner);
    }
    return sum;
}

// b: numerator less what the other components contribute.
__device__ __forceinline__ PosteriorMoments posterior_moments(const PosteriorComponent& c, float b,
                                                              bool pointMass) {
    if (c.isPrior) {
        const float p = c.inclusion;
        const float variance = p * (2.0f - p) * c.priorMean * c.priorMean;
        return {p * c.priorMean, variance < kMinNormal ? kMinNormal : variance, p, 0.0f};
    }
    const float beta = clamp((b * c.precision - c.rate) * c.inverseRoot, kPosteriorLimit);
    const bool middle = beta > kPosteriorMiddle;
    const bool far = beta > kPosteriorFar;
    const float w = kRootOfPosteriorCurve *
                    reciprocal(square_root(beta * beta + kPosteriorCurve) + (middle ? beta : -beta));
    const float z = middle && !far ? beta - kPosteriorCentre : w;
    const float term =
        posterior_polynomial(kPosteriorMean, middle, far, z) * (middle && !far ? 1.0f : w);
    const float polynomial = posterior_polynomial(kPosteriorCost, middle, far, z);
    const float half = 0.5f * (beta * term);
    float mean = term, cost = polynomial - 0.5f * beta * beta, divergence = polynomial - half - 0.5f;
    float variance;
    if (middle) {
        mean = beta - term;
        variance = mean * term + 1.0f;
    } else {
        variance = kPosteriorVariance[kPosteriorDegree];
#pragma unroll
        for (int i = kPosteriorDegree - 1; i >= 0; --i) variance = variance * w + kPosteriorVariance[i];
        variance = variance * w * w;
        cost = polynomial - log_normal(w);
        divergence = cost + half - 0.5f;
    }
    mean *= c.inverseRoot;
    variance *= c.inverseCurvature;
    const float slab = divergence + c.divergenceOffset + mean * c.rate;
    PosteriorMoments result{mean, variance, 1.0f, slab};
    if (pointMass) {
        const float odds = clamp(cost + c.oddsOffset, kLogOddsMax);
        const float e = exp_clamped(-fabsf(odds));
        const float larger = reciprocal(1.0f + e);
        const float smaller = e * larger;
        const float logTotal = log_normal(1.0f + e);
        const float p = odds > 0.0f ? smaller : larger;
        const float rest = odds > 0.0f ? larger : smaller;
        result.mean = p * mean;
        result.variance = p * variance + result.mean * (rest * mean);
        result.inclusion = p;
        const float included = slab - (at_least(odds, 0.0f) + logTotal) - c.logInclusion;
        const float excluded = at_least(-odds, 0.0f) + logTotal + c.logExclusion;
        result.kl = p * included - rest * excluded;
    }
    if (result.variance < kMinNormal) result.variance = kMinNormal;
    return result;
}

}  // namespace paenmf
