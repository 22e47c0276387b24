// Products of slices of the features, each a block's: a slice's Q = VᵀS, and its shares of P = V·W and G = WᵀW, which
// others add up, slice after slice. So all sums have an order that depends on the launch shapes alone.
//
// r4 is r rounded up to a multiple of 4. P, S, W and Q have one or three parts of r4 columns, 0 beyond r; the last part of
// W is the decoder.
#pragma once
#include "reduce.cuh"
#include "row_tile.cuh"

namespace paenmf {

constexpr int kMatrixLanes = 8;  // threads that add up one element of G or K

// Where features and columns are.
struct Slice {
    int first;  // feature
    int count;  // of features
    int rank;
    int paddedRank;  // r4
    int columns;     // parts·r4

    __device__ __forceinline__ Slice(int features, int perSlice, int r, int parts)
        : first(static_cast<int>(blockIdx.x) * perSlice),
          count(min(perSlice, features - first)),
          rank(r),
          paddedRank(part_width(r)),
          columns(parts * paddedRank) {}
};

// Sum of `count` values `stride` apart over `lanes` neighbouring threads, a power of two up to 32; all of them get it, as
// Sum. Every thread of the warp calls it.
template <class Sum, class Value>
__device__ __forceinline__ Sum strided_sum(const Value* from, size_t stride, int count, int lane,
                                           int lanes) {
    Sum sum = 0;
#pragma unroll 4  // as many loads at once
    for (int i = lane; i < count; i += lanes) sum += from[i * stride];
    for (int distance = lanes >> 1; distance > 0; distance >>= 1) {
        sum += __shfl_xor_sync(kFullWarp, sum, distance);
    }
    return sum;
}

// target, r × r4 in shared memory, = the sum of `count` r × r matrices, padded with 0; a copy without padding to `copy`,
// if there is one. Every thread of the block calls it; a barrier must follow.
__device__ __forceinline__ void sum_matrices(const float* matrices, int count, int rank,
                                             int paddedRank, float* target, float* copy) {
    const int lane = threadIdx.x % kMatrixLanes;
    const int size = rank * paddedRank;
    const int atOnce = blockDim.x / kMatrixLanes;
    for (int base = 0; base < size; base += atOnce) {  // all threads go round equally often
        const int element = base + threadIdx.x / kMatrixLanes;
        const int row = element / paddedRank;
        const int column = element - row * paddedRank;
        const bool exists = element < size && column < rank;
        const int at = exists ? row * rank + column : 0;
        const float sum = strided_sum<float>(matrices + at, static_cast<size_t>(rank) * rank,
                                             exists ? count : 0, lane, kMatrixLanes);
        if (lane == 0 && element < size) {
            target[element] = sum;
            if (exists && copy != nullptr) copy[at] = sum;
        }
    }
}

// The slice's rows of W to shared memory, count × columns; a barrier must follow.
__device__ __forceinline__ void load_weights(const Slice& slice, const float* w, float* weights) {
    const float* from = w + static_cast<size_t>(slice.first) * slice.columns;
    const int quads = slice.count * (slice.columns / kWidth);
    for (int e = threadIdx.x; e < quads; e += blockDim.x) {
        float values[kWidth];
        load_group(values, from + e * kWidth);
        store_group(weights + e * kWidth, values);
    }
}

// This slice's share of P and of G, of its `weights` in shared memory; a barrier must be behind what was written there.
__device__ __forceinline__ void project_slice(const Slice& slice, const float* __restrict__ v,
                                              int stride, int rows, const float* weights,
                                              float* projections, float* grams) {
    const int quads = slice.columns / kWidth;
    float* p = projections + static_cast<size_t>(blockIdx.x) * rows * slice.columns;
    for (int e = threadIdx.x; e < rows * quads; e += blockDim.x) {
        const int row = e / quads;
        const int column = (e - row * quads) * kWidth;
        const float* values = v + static_cast<size_t>(row) * stride + slice.first;
        float sum[kWidth] = {};
#pragma unroll 4
        for (int f = 0; f < slice.count; ++f) {
            float weight[kWidth];
            load_group(weight, weights + f * slice.columns + column);
            const float value = values[f];
#pragma unroll
            for (int i = 0; i < kWidth; ++i) sum[i] += value * weight[i];
        }
        store_group(p + static_cast<size_t>(row) * slice.columns + column, sum);
    }
    const int size = slice.rank * slice.rank;
    const float* decoder = weights + slice.columns - slice.paddedRank;  // the last part
    for (int e = threadIdx.x; e < size; e += blockDim.x) {
        const int j = e / slice.rank;
        const int l = e - j * slice.rank;
        float sum = 0.0f;
        for (int f = 0; f < slice.count; ++f) {
            sum += decoder[f * slice.columns + j] * decoder[f * slice.columns + l];
        }
        grams[static_cast<size_t>(blockIdx.x) * size + e] = sum;
    }
}

// Sum of what `slices` slices have, `stride` apart, over `lanes` neighbouring threads, 4 to 32 and a power of two, every
// fourth of which takes part in the same sum, and gets it. Every thread of the warp calls it.
__device__ __forceinline__ float sum_of_slices(const float* from, size_t stride, int slices, int lane,
                                               int lanes) {
    float sum = 0.0f;
#pragma unroll 4
    for (int slice = lane >> 2; slice < slices; slice += lanes >> 2) sum += from[slice * stride];
    for (int distance = kWidth; distance < lanes; distance <<= 1) {
        sum += __shfl_xor_sync(kFullWarp, sum, distance);
    }
    return sum;
}

// A thread's place in a tile of rows: `lanes` threads have four components of a row, and add up what the slices have of them.
struct TilePlace {
    int tileRow, row, column, lane;
    bool exists;  // beyond rows and rank there is nothing to add, but the warp's sums need all its threads
    bool writes;  // one thread a component

    __device__ __forceinline__ TilePlace(int block, int rows, int rank, int rowsPerBlock, int lanes) {
        const int groups = part_width(rank) / kWidth;
        const int item = threadIdx.x / lanes;
        tileRow = item / groups;
        row = block * rowsPerBlock + tileRow;
        lane = threadIdx.x - item * lanes;
        column = (item - tileRow * groups) * kWidth + (lane & 3);
        exists = tileRow < rowsPerBlock && row < rows && column < rank;
        writes = lane < kWidth && exists;
    }
};

// XᵀX of `count` rows of X in shared memory, rowStride apart, r × r.
__device__ __forceinline__ void write_second_moments(const float* x, int rowStride, int count, int rank,
                                                     float* to) {
    for (int e = threadIdx.x; e < rank * rank; e += blockDim.x) {
        const int j = e / rank;
        const int l = e - j * rank;
        float sum = 0.0f;
        for (int i = 0; i < count; ++i) sum += x[i * rowStride + j] * x[i * rowStride + l];
        to[e] = sum;
    }
}

// Of a row of a factor in shared memory that one thread has to itself: odd, so that rows lie in different banks.
__device__ __forceinline__ int factor_stride(int rank) { return rank | 1; }

// The slice's rows of W, m × r, to shared memory: count × r4 as project_slice takes them, and at factor_stride. A barrier
// must follow.
__device__ __forceinline__ void load_factor(const Slice& slice, const float* w, float* weights,
                                            float* rows) {
    const float* from = w + static_cast<size_t>(slice.first) * slice.rank;
    for (int e = threadIdx.x; e < slice.count * slice.paddedRank; e += blockDim.x) {
        const int feature = e / slice.paddedRank;
        const int column = e - feature * slice.paddedRank;
        const bool exists = column < slice.rank;
        const float value = exists ? from[feature * slice.rank + column] : 0.0f;
        weights[e] = value;
        if (exists) rows[feature * factor_stride(slice.rank) + column] = value;
    }
}

// Q of the slice, count × columns from its first feature on. `scratch` is shared memory, 4 floats a thread.
__device__ __forceinline__ void accumulate_slice(const Slice& slice, const float* __restrict__ v,
                                                 int stride, int rows, const float* __restrict__ s,
                                                 float* scratch, float* q) {
    const int pairs = slice.count * (slice.columns / kWidth);  // no more than threads
    const int shares = blockDim.x / pairs;                     // of the rows
    const int share = threadIdx.x / pairs;
    const int pair = threadIdx.x - share * pairs;
    const int quad = pair / slice.count;
    const int feature = pair - quad * slice.count;  // neighbours read neighbouring values of V
    if (share < shares) {
        float sum[kWidth] = {};
#pragma unroll 4
        for (int row = share; row < rows; row += shares) {
            float value[kWidth];
            load_group(value, s + static_cast<size_t>(row) * slice.columns + quad * kWidth);
            const float x = v[static_cast<size_t>(row) * stride + slice.first + feature];
#pragma unroll
            for (int i = 0; i < kWidth; ++i) sum[i] += x * value[i];
        }
        store_group(scratch + threadIdx.x * kWidth, sum);
    }
    __syncthreads();
    if (share > 0) return;
    float sum[kWidth];
    load_group(sum, scratch + pair * kWidth);
    for (int other = 1; other < shares; ++other) {
        float more[kWidth];
        load_group(more, scratch + (other * pairs + pair) * kWidth);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) sum[i] += more[i];
    }
    const size_t at = static_cast<size_t>(slice.first + feature) * slice.columns + quad * kWidth;
    store_group(q + at, sum);
}

// Of a row of V in shared memory: odd, so that a column's values are in different banks.
__device__ __forceinline__ int data_stride(int perSlice) { return perSlice | 1; }

// The slice's columns of V to shared memory, rows × data_stride; a barrier must follow.
__device__ __forceinline__ void load_data(const Slice& slice, const float* __restrict__ v, int stride,
                                          int rows, int perSlice, float* to) {
    for (int e = threadIdx.x; e < rows * slice.count; e += blockDim.x) {
        const int row = e / slice.count;
        const int feature = e - row * slice.count;
        to[row * data_stride(perSlice) + feature] =
            v[static_cast<size_t>(row) * stride + slice.first + feature];
    }
}

}  // namespace paenmf
