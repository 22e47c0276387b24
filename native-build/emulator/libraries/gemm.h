// Single-precision matrix product on the CPU, column-major as in BLAS.
#pragma once
#include <cstddef>

namespace emulator {

struct Operand {
    const float* data;
    size_t leading;
    bool transposed;
};

// C = alpha op(A) op(B) + beta C, with op(A) m x k and op(B) k x n. Where beta is 0, C is not read.
// roundToTf32: A and B lose the bits of their mantissas that the tensor cores do not take.
void gemm(size_t m, size_t n, size_t k, float alpha, Operand a, Operand b, float beta, float* c,
          size_t ldc, bool roundToTf32);

// To 10 bits of mantissa, to the nearest, ties away from zero, as cvt.rna.tf32.f32 does.
float toTf32(float x);

}  // namespace emulator
