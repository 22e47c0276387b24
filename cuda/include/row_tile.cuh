// How the fused kernels divide a matrix of rows × 3r (P, S or the weights): a thread owns four
// consecutive components of one row, which is one Philox counter and one 16-byte access; a block
// owns a tile of rows, and multiplies an r-wide part of it with a symmetric r × r matrix (G or K)
// from shared memory.
//
// Shared memory of a block, in floats, with r4 = r rounded up to a multiple of 4:
//   two buffers of tileRows × r4   the rows to be multiplied, so that one barrier a tile is enough
//   panelRows × r4                 rows of the r × r matrix: all of them where they fit
#pragma once
#include "async_copy.cuh"

namespace paenmf {

constexpr int kWidth = 4;  // components of a thread

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

    __device__ __forceinline__ explicit RowTile(int r) : rank(r), paddedRank((r + 3) & ~3) {
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

// product[c] += Σ_l row[l]·panel[l][column + c]; `depth` is a multiple of 4.
__device__ __forceinline__ void multiply_panel(float (&product)[kWidth], const float* row,
                                               const float* panel, int depth, int paddedRank,
                                               int column) {
    for (int l = 0; l < depth; l += kWidth) {
        const float4 h = *reinterpret_cast<const float4*>(row + l);
        const float values[kWidth] = {h.x, h.y, h.z, h.w};
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
            const float4 g = *reinterpret_cast<const float4*>(panel + (l + i) * paddedRank + column);
            product[0] += values[i] * g.x;
            product[1] += values[i] * g.y;
            product[2] += values[i] * g.z;
            product[3] += values[i] * g.w;
        }
    }
}

// product = (this thread's row of the tile) · matrix. Every thread of the block calls it, after it
// has written its components to `rows` (this tile's buffer). With panelRows ≥ r the panel's copies have
// begun before, once for all tiles; else it is loaded part by part.
__device__ __forceinline__ void multiply_tile(float (&product)[kWidth], const RowTile& tile,
                                              const float* rows, float* panel,
                                              const float* __restrict__ matrix, int panelRows) {
#pragma unroll
    for (int i = 0; i < kWidth; ++i) product[i] = 0.0f;
    const float* row = rows + tile.tileRow * tile.paddedRank;
    __pipeline_wait_prior(0);
    __syncthreads();
    if (panelRows >= tile.rank) {
        if (tile.active()) {
            multiply_panel(product, row, panel, tile.paddedRank, tile.paddedRank, tile.column);
        }
        return;
    }
    for (int first = 0; first < tile.rank; first += panelRows) {
        const int depth = min(panelRows, tile.paddedRank - first);
        load_panel(panel, matrix, tile, first, depth);
        __pipeline_wait_prior(0);
        __syncthreads();
        if (tile.active()) {
            multiply_panel(product, row + first, panel, depth, tile.paddedRank, tile.column);
        }
        __syncthreads();
    }
}

}  // namespace paenmf
