// Stacked matrices, which are P, S, the weights, Q and adam's moments, have three parts side by side: of λ, of k, and of
// Wf or H. On the device each takes r4 columns, r rounded up to a multiple of 4, of which those beyond r are 0. So every
// part of every row begins at a multiple of 16 bytes, which cuBLAS likes best, and groups of four components are one access.
// A product of matrices whose pad columns are 0 has such columns; the kernels write 0 there, or leave it.
#pragma once

namespace paenmf {

__device__ __forceinline__ int part_width(int rank) { return (rank + 3) & ~3; }

}  // namespace paenmf
