// Products of large matrices by tensor cores, as exact as in float32: "3×TF32". A factor is split in two, x = high +
// low, of 11 significant bits each, and
//   a·b ≈ high·high + high·low + low·high.
// The product of the low parts is left out, up to 2⁻²² of a·b, and what a low part loses, up to 2⁻²³ of x.
//
// Tensor cores cut sums off, where float32 rounds, so that long sums of their own would come out too small. Here they
// add up kDepth terms, the small products first; these sums are added in float32.
#include <cstddef>

#include "include/async_copy.cuh"
#include "include/tensor_core.cuh"

namespace paenmf {

constexpr int kProductBlock = 256;
// Of C, what a block computes.
constexpr int kProductRows = 128;
constexpr int kProductColumns = 64;
// Columns of A and rows of B that lie in shared memory together, and how many such parts: one is multiplied while
// others are on their way.
constexpr int kDepth = 16;
constexpr int kParts = 3;
// What a warp computes, by products of 16 × 8 by 8 × 8.
constexpr int kWarpRows = 32;
constexpr int kWarpColumns = 32;
constexpr int kProductsDown = kWarpRows / 16;
constexpr int kProductsAcross = kWarpColumns / 8;
constexpr int kProductsDeep = kDepth / 8;

// Copies to shared memory are of four values.
constexpr int kCopy = 4;
// Elements from one line in shared memory to the next, such that the lanes of a warp, of which four go along the depth
// and eight the other way, read from different banks.
constexpr int kLineOfDepth = kDepth + 4;
constexpr int kLineOfRows = kProductRows + 8;
constexpr int kLineOfColumns = kProductColumns + 8;

// A row-major matrix in global memory, of which tiles are copied.
struct Source {
    const float* values;
    int stride;
    int rows;
    int columns;

    // Begins to copy four values of a row to shared memory; those outside the matrix become 0.
    __device__ __forceinline__ void copy(float* to, int row, int column, bool vectorised) const {
        const int count = row < rows ? min(kCopy, max(0, columns - column)) : 0;
        const float* from = count > 0 ? values + static_cast<size_t>(row) * stride + column : values;
        if (vectorised) {
            __pipeline_memcpy_async(to, from, 16, 16 - 4 * count);
        } else {
#pragma unroll
            for (int i = 0; i < kCopy; ++i) {
                const bool exists = i < count;
                __pipeline_memcpy_async(to + i, exists ? from + i : values, 4, exists ? 0 : 4);
            }
        }
    }

    // The same of a tile, by all threads of a block.
    template <int Rows, int Columns, int Line>
    __device__ __forceinline__ void copy_tile(float* to, int row, int column) const {
        constexpr int copies = Columns / kCopy;  // of a row
        const bool vectorised = (stride & 3) == 0 && (reinterpret_cast<size_t>(values) & 15) == 0;
#pragma unroll
        for (int i = 0; i < Rows * copies / kProductBlock; ++i) {
            const int at = i * kProductBlock + threadIdx.x;
            const int r = at / copies;
            const int c = at % copies * kCopy;
            copy(to + r * Line + c, row + r, column + c, vectorised);
        }
    }
};

// A part of A and B in shared memory. A lies there as it does in global memory.
template <bool Transposed>
struct alignas(16) ProductPart {
    static constexpr int kLineOfA = Transposed ? kLineOfRows : kLineOfDepth;

    float a[(Transposed ? kDepth : kProductRows) * kLineOfA];
    float b[kDepth * kLineOfColumns];

    __device__ __forceinline__ void copy(const Source& of_a, const Source& of_b, int row, int column, int depth) {
        if constexpr (Transposed) {
            of_a.copy_tile<kDepth, kProductRows, kLineOfA>(a, depth, row);
        } else {
            of_a.copy_tile<kProductRows, kDepth, kLineOfA>(a, row, depth);
        }
        of_b.copy_tile<kDepth, kProductColumns, kLineOfColumns>(b, depth, column);
    }

    __device__ __forceinline__ float value_of_a(int row, int depth) const {
        return Transposed ? a[depth * kLineOfA + row] : a[row * kLineOfA + depth];
    }

    __device__ __forceinline__ float value_of_b(int depth, int column) const {
        return b[depth * kLineOfColumns + column];
    }
};

// high: ties away from zero; low: cut off. By integers, which are quicker than conversions to TF32. NaN stays in low,
// also the one that overflows here.
__device__ __forceinline__ void split(float& high, float& low, float value) {
    constexpr unsigned kKept = 0xffffe000u;
    high = __uint_as_float((__float_as_uint(value) + 0x1000u) & kKept);
    low = __uint_as_float(__float_as_uint(value - high) & kKept);
}

// What a warp adds to its sums from one part. row, column: of the warp's first element within the block's.
template <bool Transposed>
__device__ __forceinline__ void multiply_part(float (&sums)[kProductsDown][kProductsAcross][4],
                                              const ProductPart<Transposed>& part, int row, int column) {
    const int g = (threadIdx.x & 31) / 4;
    const int t = threadIdx.x & 3;
    float terms[kProductsDown][kProductsAcross][4] = {};
    float highA[kProductsDeep][kProductsDown][4];
    float highB[kProductsDeep][kProductsAcross][2];
#pragma unroll
    for (int k = 0; k < kProductsDeep; ++k) {
        float lowA[kProductsDown][4];
        float lowB[kProductsAcross][2];
#pragma unroll
        for (int y = 0; y < kProductsDown; ++y) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const float value = part.value_of_a(row + 16 * y + g + i % 2 * 8, 8 * k + t + i / 2 * 4);
                split(highA[k][y][i], lowA[y][i], value);
            }
        }
#pragma unroll
        for (int x = 0; x < kProductsAcross; ++x) {
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                split(highB[k][x][i], lowB[x][i], part.value_of_b(8 * k + t + i * 4, column + 8 * x + g));
            }
        }
#pragma unroll
        for (int y = 0; y < kProductsDown; ++y) {
#pragma unroll
            for (int x = 0; x < kProductsAcross; ++x) {
                multiply_tf32(terms[y][x], lowA[y], highB[k][x]);
                multiply_tf32(terms[y][x], highA[k][y], lowB[x]);
            }
        }
    }
#pragma unroll
    for (int k = 0; k < kProductsDeep; ++k) {
#pragma unroll
        for (int y = 0; y < kProductsDown; ++y) {
#pragma unroll
            for (int x = 0; x < kProductsAcross; ++x) multiply_tf32(terms[y][x], highA[k][y], highB[k][x]);
        }
    }
#pragma unroll
    for (int y = 0; y < kProductsDown; ++y) {
#pragma unroll
        for (int x = 0; x < kProductsAcross; ++x) {
#pragma unroll
            for (int i = 0; i < 4; ++i) sums[y][x][i] += terms[y][x][i];
        }
    }
}

// A block computes kProductRows × kProductColumns of alpha·A·B, from depthOfBlock terms, a multiple of kDepth. Blocks go
// along the columns first, so that those which run together read the same rows of A; then along the rows, then the terms.
template <bool Transposed>
__device__ __forceinline__ void multiply(ProductPart<Transposed> (&parts)[kParts], const float* a,
                                         int strideOfA, const float* b, int strideOfB, float* c,
                                         int strideOfC, int rows, int columns, int depth,
                                         int depthOfBlock, float alpha, bool add) {
    const Source sourceOfA = {a, strideOfA, Transposed ? depth : rows, Transposed ? rows : depth};
    const Source sourceOfB = {b, strideOfB, depth, columns};
    const int across = (columns + kProductColumns - 1) / kProductColumns;
    const int down = (rows + kProductRows - 1) / kProductRows;
    const int tile = blockIdx.x / across;
    const int slice = tile / down;
    const int row = (tile - slice * down) * kProductRows;
    const int column = (blockIdx.x - tile * across) * kProductColumns;
    const int first = slice * depthOfBlock;
    const int count = (min(depthOfBlock, depth - first) + kDepth - 1) / kDepth;
    const int warp = threadIdx.x / 32;
    const int warpRow = warp % (kProductRows / kWarpRows) * kWarpRows;
    const int warpColumn = warp / (kProductRows / kWarpRows) * kWarpColumns;

    for (int i = 0; i < kParts - 1; ++i) {
        if (i < count) parts[i].copy(sourceOfA, sourceOfB, row, column, first + i * kDepth);
        __pipeline_commit();
    }
    float sums[kProductsDown][kProductsAcross][4] = {};
    for (int i = 0; i < count; ++i) {
        __pipeline_wait_prior(kParts - 2);
        __syncthreads();  // and the part that is copied next has been multiplied by all
        const int next = i + kParts - 1;
        if (next < count) parts[next % kParts].copy(sourceOfA, sourceOfB, row, column, first + next * kDepth);
        __pipeline_commit();
        multiply_part(sums, parts[i % kParts], warpRow, warpColumn);
    }

    const int g = (threadIdx.x & 31) / 4;
    const int t = threadIdx.x & 3;
    c += static_cast<size_t>(slice) * rows * strideOfC;
#pragma unroll
    for (int y = 0; y < kProductsDown; ++y) {
#pragma unroll
        for (int x = 0; x < kProductsAcross; ++x) {
#pragma unroll
            for (int i = 0; i < 4; ++i) {
                const int r = row + warpRow + 16 * y + g + i / 2 * 8;
                const int q = column + warpColumn + 8 * x + 2 * t + i % 2;
                if (r < rows && q < columns) {
                    float* to = c + static_cast<size_t>(r) * strideOfC + q;
                    *to = alpha * sums[y][x][i] + (add ? *to : 0.0f);
                }
            }
        }
    }
}

}  // namespace paenmf

// C = alpha·A·B, or C += alpha·A·B. A rows × depth, B depth × columns, C rows × columns, row-major with strides. Where
// blocks take fewer terms than there are, there is a C of each slice of terms, one after another, see sum_products.
extern "C" __global__ void __launch_bounds__(256, 2)
    multiply_3xtf32(const float* __restrict__ a, int strideOfA, const float* __restrict__ b, int strideOfB,
                    float* __restrict__ c, int strideOfC, int rows, int columns, int depth,
                    int depthOfBlock, double alpha, int add) {
    __shared__ paenmf::ProductPart<false> parts[paenmf::kParts];
    paenmf::multiply(parts, a, strideOfA, b, strideOfB, c, strideOfC, rows, columns, depth, depthOfBlock,
                     static_cast<float>(alpha), add != 0);
}

// The same of Aᵀ·B, of an A of depth × rows.
extern "C" __global__ void __launch_bounds__(256, 2)
    multiply_transpose_3xtf32(const float* __restrict__ a, int strideOfA, const float* __restrict__ b,
                              int strideOfB, float* __restrict__ c, int strideOfC, int rows, int columns,
                              int depth, int depthOfBlock, double alpha, int add) {
    __shared__ paenmf::ProductPart<true> parts[paenmf::kParts];
    paenmf::multiply(parts, a, strideOfA, b, strideOfB, c, strideOfC, rows, columns, depth, depthOfBlock,
                     static_cast<float>(alpha), add != 0);
}

// C = Σ_z of the count matrices in `products`, each rows × columns without gaps, in their order; or C += it.
extern "C" __global__ void __launch_bounds__(256)
    sum_products(const float* __restrict__ products, int count, float* __restrict__ c, int strideOfC, int rows,
                 int columns, int add) {
    const int size = rows * columns;  // of a few hundred blocks' tiles
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x) {
        const int row = i / columns;
        float* to = c + static_cast<size_t>(row) * strideOfC + (i - row * columns);
        float sum = add ? *to : 0.0f;
        for (int z = 0; z < count; ++z) sum += products[static_cast<size_t>(z) * size + i];
        *to = sum;
    }
}
