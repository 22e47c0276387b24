// TF32: float32 with 11 significant bits.
#pragma once
#include <bit>
#include <cstdint>

namespace emulator {

// Ties go away from zero (cvt.rna.tf32.f32).
inline float toTf32(float x) {
    const auto bits = std::bit_cast<uint32_t>(x);
    if ((bits & 0x7f800000u) == 0x7f800000u) return x + x;  // infinities and quiet NaN
    return std::bit_cast<float>((bits + 0x1000u) & ~0x1fffu);
}

}  // namespace emulator
