// How the fused kernels divide a matrix of rows × 3r4 (P, S or the weights): a thread owns four
// consecutive components of one row, which is one Philox counter and one 16-byte access; a block
// owns a tile of rows, and multiplies an r-wide part of it with a symmetric r × r matrix (G or K)
// from shared memory.
//
// Shared memory of a block, in floats, with r4 = r rounded up to a multiple of 4:
//   two buffers of tileRows × r4   the rows to be multiplied; of the next tile, so that one barrier a
//                                  tile is enough, or where rows are long the products
//   panelRows × r4                 rows of the r × r matrix: all of them where they fit
#pragma once
#include "async_copy.cuh"
#include "part_width.cuh"

namespace paenmf {

constexpr int kWidth = 4;          // components of a thread
constexpr int kRowsOfProduct = 2;  // that a thread multiplies together where rows are long
constexpr int kLongRow = 32;       // components from which on they are

// 16-byte access works for every group of components of every row, or for none.
__device__ __forceinline__ bool is_vectorised(const void* matrix, int rank) {
    return (rank & 3) == 0 && (reinterpret_cast<size_t>(matrix) & 15) == 0;
}

// `count` is how many of the four components exist; the others read as 0.
__device__ __forceinline__ void load_group(float (&to)[kWidth], const float* from, bool vectorised,
                                           int count) {
    if (vectorised) {
        const float4 v = *reinterpret_cast<const float4*>(from);
        to[0] = v.x;
        to[1] = v.y;
        to[2] = v.z;
        to[3] = v.w;
    } else {
#pragma unroll
        for (int i = 0; i < kWidth; ++i) to[i] = i < count ? from[i] : 0.0f;
    }
}

__device__ __forceinline__ void store_group(float* to, const float (&from)[kWidth], bool vectorised,
                                            int count) {
    if (vectorised) {
        *reinterpret_cast<float4*>(to) = make_float4(from[0], from[1], from[2], from[3]);
    } else {
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
            if (i < count) to[i] = from[i];
        }
    }
}

// Adds to four values in shared memory.
__device__ __forceinline__ void add_group(float* to, const float (&values)[kWidth]) {
    float sum[kWidth];
    load_group(sum, to, true, kWidth);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) sum[i] += values[i];
    store_group(to, sum, true, kWidth);
}

// The part of a tile that a thread owns.
struct RowTile {
    int rank;
    int paddedRank;  // r4
    int tileRows;
    int tileRow;  // of this thread; tileRows or more: the thread owns nothing
    int column;   // first component of this thread
    int count;    // components of this thread that exist

    __device__ __forceinline__ explicit RowTile(int r) : rank(r), paddedRank(part_width(r)) {
        const int groups = paddedRank / kWidth;
        tileRows = blockDim.x / groups;
        tileRow = threadIdx.x / groups;
        column = (threadIdx.x - tileRow * groups) * kWidth;
        count = min(kWidth, rank - column);
    }

    __device__ __forceinline__ bool active() const { return tileRow < tileRows; }
};

// Begins to copy `rows` rows of the r × r matrix, from row `first` on, to shared memory, padded with
// 0. A thread takes its four columns of every tileRows-th row. The copies are
// all on their way at once; __pipeline_wait_prior(0) and a barrier end them.
__device__ __forceinline__ void load_panel(float* panel, const float* __restrict__ matrix,
                                           const RowTile& tile, int first, int rows) {
    const bool vectorised = is_vectorised(matrix, tile.rank);
    if (tile.active()) {
#pragma unroll 1
        for (int row = tile.tileRow; row < rows; row += tile.tileRows) {
            float* to = panel + row * tile.paddedRank + tile.column;
            const bool exists = first + row < tile.rank;
            const float* from =
                matrix + (exists ? static_cast<size_t>(first + row) * tile.rank + tile.column : 0);
            if (vectorised) {
                __pipeline_memcpy_async(to, from, 16, exists ? 0 : 16);
            } else {
#pragma unroll
                for (int i = 0; i < kWidth; ++i) {
                    const bool zero = !exists || i >= tile.count;
                    __pipeline_memcpy_async(to + i, zero ? matrix : from + i, 4, zero ? 4 : 0);
                }
            }
        }
    }
    __pipeline_commit();
}

// product[q][c] += Σ_l row q[l]·panel[l][column + c]; `depth` is a multiple of 4. at: where row q begins.
template <int Rows>
__device__ __forceinline__ void multiply_panel(float (&product)[Rows][kWidth], const float* rows,
                                               const int (&at)[Rows], const float* panel, int depth,
                                               int paddedRank, int column) {
#pragma unroll(Rows == 1 ? 4 : 1)  // more registers would spill
    for (int l = 0; l < depth; l += kWidth) {
        float values[Rows][kWidth];
#pragma unroll
        for (int q = 0; q < Rows; ++q) load_group(values[q], rows + at[q] + l, true, kWidth);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
            float g[kWidth];
            load_group(g, panel + (l + i) * paddedRank + column, true, kWidth);
#pragma unroll
            for (int q = 0; q < Rows; ++q) {
#pragma unroll
                for (int c = 0; c < kWidth; ++c) product[q][c] += values[q][i] * g[c];
            }
        }
    }
}

// The products of the rows that begin at `at`, by those threads that have `works`. With panelRows ≥ r
// the panel's copies have begun before, once for all tiles; else it is loaded part by part.
template <int Rows>
__device__ __forceinline__ void multiply_rows(float (&product)[Rows][kWidth], const RowTile& tile,
                                              bool works, const float* rows, const int (&at)[Rows],
                                              float* panel, const float* __restrict__ matrix,
                                              int panelRows) {
    __pipeline_wait_prior(0);
    __syncthreads();
    if (panelRows >= tile.rank) {
        if (works) {
            multiply_panel(product, rows, at, panel, tile.paddedRank, tile.paddedRank, tile.column);
        }
        return;
    }
    for (int first = 0; first < tile.rank; first += panelRows) {
        const int depth = min(panelRows, tile.paddedRank - first);
        load_panel(panel, matrix, tile, first, depth);
        __pipeline_wait_prior(0);
        __syncthreads();
        if (works) {
            multiply_panel(product, rows + first, at, panel, depth, tile.paddedRank, tile.column);
        }
        __syncthreads();
    }
}

// product = (this thread's row of the tile) · matrix. Every thread of the block calls it, after it
// has written its components to `rows`. Where rows are long a thread multiplies several of them, so that it
// loads a value of the matrix once for all, and leaves what belongs to other threads in `products`.
// Both hold tileRows × r4, and may change places from tile to tile.
__device__ __forceinline__ void multiply_tile(float (&product)[kWidth], const RowTile& tile,
                                              const float* rows, float* products, float* panel,
                                              const float* __restrict__ matrix, int panelRows) {
    if (tile.paddedRank < kLongRow) {
        float own[1][kWidth] = {};
        const int at[1] = {tile.tileRow * tile.paddedRank};
        multiply_rows(own, tile, tile.active(), rows, at, panel, matrix, panelRows);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) product[i] = own[0][i];
        return;
    }
    const int first = tile.tileRow * kRowsOfProduct;
    const bool works = first < tile.tileRows;
    float sums[kRowsOfProduct][kWidth] = {};
    int at[kRowsOfProduct];  // the last row again where there are fewer
#pragma unroll
    for (int q = 0; q < kRowsOfProduct; ++q) {
        at[q] = min(first + q, tile.tileRows - 1) * tile.paddedRank;
    }
    multiply_rows(sums, tile, works, rows, at, panel, matrix, panelRows);
    if (works) {
#pragma unroll
        for (int q = 0; q < kRowsOfProduct; ++q) {
            if (first + q < tile.tileRows) {
                store_group(products + at[q] + tile.column, sums[q], true, kWidth);
            }
        }
    }
    __syncthreads();
    if (tile.active()) {
        load_group(product, products + tile.tileRow * tile.paddedRank + tile.column, true, kWidth);
    }
}

}  // namespace paenmf
