// One coefficient of standard NMF by HALS.
#pragma once
#include "float_math.cuh"

namespace paenmf {

constexpr float kUsedMin = 1e-20f;  // below, a component of Y is unused, and a factor 0

// xⱼ that fits V ≈ X·Yᵀ best, the others being as they are, of a component that is used: `numerator` is (V·Y)ⱼ, `product`
// (x·YᵀY)ⱼ, and `norm` the component's element on the diagonal of YᵀY.
__device__ __forceinline__ float hals_value(float x, float numerator, float product, float norm) {
    return at_least(x + (numerator - product) * reciprocal(norm), 0.0f);
}

}  // namespace paenmf
