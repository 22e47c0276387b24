// Philox4x32-10 (Salmon et al., SC 2011), indexed by what a number is for: the same counters as
// io.github.paenmf.random.Philox, so that every backend draws the same noise.
#pragma once
#include <cstdint>

namespace paenmf {

// What a stream of numbers is for; the codes of Philox.Purpose.
constexpr uint32_t kPurposeTraining = 0;

// Four words for a 128-bit counter and a 64-bit key.
__device__ __forceinline__ uint4 philox4x32(uint4 counter, uint2 key) {
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        asm volatile("" : "+r"(key.x), "+r"(key.y));
        const uint32_t high0 = __umulhi(0xD2511F53u, counter.x);
        const uint32_t low0 = 0xD2511F53u * counter.x;
        const uint32_t high1 = __umulhi(0xCD9E8D57u, counter.z);
        const uint32_t low1 = 0xCD9E8D57u * counter.z;
        counter = make_uint4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
        key.x += 0x9E3779B9u;
        key.y += 0xBB67AE85u;
    }
    return counter;
}

// The words of components 4·componentBlock … 4·componentBlock + 3 of one row. The upper half of the row
// lies in bits of the words of purpose and block that are 0 otherwise.
__device__ __forceinline__ uint4 philox_words(uint64_t seed, uint64_t row, uint32_t componentBlock,
                                              uint32_t step, uint32_t purpose) {
    const uint32_t upper = static_cast<uint32_t>(row >> 32);
    return philox4x32(make_uint4(static_cast<uint32_t>(row), componentBlock | (upper & 0xFF000000u),
                                 step, purpose | upper << 8),
                      make_uint2(static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)));
}

// Uniform in the open interval (0, 1): with more than 23 bits the largest would round to 1, whose
// logarithm the sampler divides by.
__device__ __forceinline__ float to_uniform(uint32_t word) {
    return (static_cast<float>(word >> 9) + 0.5f) * 0x1p-23f;
}

}  // namespace paenmf
