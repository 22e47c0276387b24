// A product by the tensor cores of a warp, of factors with 11 significant bits (TF32): C += A·B, A 16 × 8, B 8 × 8.
// A lane holds, with g = lane/4 and t = lane%4:
//   a[0] A(g, t)   a[1] A(g + 8, t)   a[2] A(g, t + 4)   a[3] A(g + 8, t + 4)
//   b[0] B(t, g)   b[1] B(t + 4, g)
//   c[0] C(g, 2t)  c[1] C(g, 2t + 1)  c[2] C(g + 8, 2t)  c[3] C(g + 8, 2t + 1)
#pragma once

namespace paenmf {

#ifdef __CUDACC__
// All lanes of a warp call it.
__device__ __forceinline__ void multiply_tf32(float (&c)[4], const float (&a)[4], const float (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(__float_as_uint(a[0])), "r"(__float_as_uint(a[1])), "r"(__float_as_uint(a[2])),
          "r"(__float_as_uint(a[3])), "r"(__float_as_uint(b[0])), "r"(__float_as_uint(b[1])));
}
#endif

}  // namespace paenmf
