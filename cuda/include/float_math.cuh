// Elementary functions in float32. log and exp are those of FloatMath.java, to the operation, so that
// the error bounds of the CPU hold here too. reciprocal and square_root round as division and sqrtf do,
// except for the last bit in rare cases, and without those functions' slow paths, which cost registers.
#pragma once
#include <cstdint>

namespace paenmf {

// max(value, least) and min(value, most) as those of Java: NaN stays NaN, so that a diverged fit is to
// be seen. fmaxf and fminf return their other argument; CUDA has no name for the instructions that do not.
__device__ __forceinline__ double at_least(double value, double least) {
    return value < least ? least : value;
}
__device__ __forceinline__ double at_most(double value, double most) {
    return value > most ? most : value;
}
__device__ __forceinline__ float at_least(float value, float least) {
#ifdef __CUDA_ARCH__
    float result;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(value), "f"(least));
    return result;
#else
    return value < least ? least : value;
#endif
}
__device__ __forceinline__ float at_most(float value, float most) {
#ifdef __CUDA_ARCH__
    float result;
    asm("min.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(value), "f"(most));
    return result;
#else
    return value > most ? most : value;
#endif
}

// The mantissa, in [√½, √2), of a positive normal float; its exponent is added to `exponent`.
__device__ __forceinline__ float split_exponent(float x, int& exponent) {
    const uint32_t bits = static_cast<uint32_t>(__float_as_int(x));
    const int own = static_cast<int>(bits - 0x3f3504f3u) >> 23;
    exponent += own;
    return __int_as_float(static_cast<int>(bits - (static_cast<uint32_t>(own) << 23)));
}

// ln(x·2ⁿ) for a positive normal float x; relative error 1e-7. Polynomial of Cephes.
__device__ __forceinline__ float log_scaled(float x, int n) {
    const float f = split_exponent(x, n) - 1.0f;
    const float e = static_cast<float>(n);
    const float z = f * f;
    float p = 7.0376836292e-2f * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    p = p * f * z;
    p = p + e * -2.12194440e-4f;  // ln 2 in two parts
    p = p - 0.5f * z;
    return f + p + e * 0.693359375f;
}

// Natural logarithm of a positive normal float.
__device__ __forceinline__ float log_normal(float x) { return log_scaled(x, 0); }

// Σ ln xᵢ of positive normal floats, by one logarithm: the product of their mantissas is in [¼, 4). Its
// three roundings are absolute errors of the sum.
__device__ __forceinline__ float sum_of_logs(const float (&x)[4]) {
    int exponent = 0;
    float product = split_exponent(x[0], exponent);
#pragma unroll
    for (int i = 1; i < 4; ++i) product *= split_exponent(x[i], exponent);
    return log_scaled(product, exponent);
}

// e^x with x clamped to [−87, 88]; relative error 1.2e-7. Polynomial of Cephes. NaN stays NaN: the
// power of two is a factor, since NaN does not survive an addition to its bits, as all are set where a
// GPU makes it. The product is exact: 2ⁿ is a normal float, and so is the result.
__device__ __forceinline__ float exp_clamped(float x) {
    x = at_least(at_most(x, 88.0f), -87.0f);
    const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5·2²³: rounds to an integer
    const float n = shifted - 12582912.0f;
    const float f = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f * f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * f * f + f + 1.0f;
    const uint32_t power = (static_cast<uint32_t>(__float_as_int(shifted)) << 23) + 0x3f800000u;
    return p * __int_as_float(static_cast<int>(power));
}

// 1/x for normal x and 1/x; error at most 1 unit in the last place.
__device__ __forceinline__ float reciprocal(float x) {
#ifdef __CUDA_ARCH__  // __fdividef takes care of numbers that are not normal
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
#else
    const float y = __fdividef(1.0f, x);
#endif
    return fmaf(y, fmaf(-x, y, 1.0f), y);
}

// √x for normal x, and 0 for less; error at most 1 unit in the last place.
__device__ __forceinline__ float square_root(float x) {
    if (x < 1.1754944e-38f) return 0.0f;
#ifdef __CUDA_ARCH__
    float y;
    asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
#else
    const float y = rsqrtf(x);
#endif
    const float root = x * y;
    return fmaf(0.5f * y, fmaf(-root, root, x), root);
}

}  // namespace paenmf
