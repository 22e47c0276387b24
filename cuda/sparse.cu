// Products with sparse rows. V has its nonzeros row by row (CSR): starts, 64-bit, of each row and where
// the last one ends; columns, ascending in each row; and values. Row i of a chunk is row order[i], or
// from + i where there is no order. Sums have an order that depends on the data and the sizes alone.
#include "include/reduce.cuh"

namespace paenmf {

constexpr int kLaneComponents = 4;  // of a lane where a warp is too narrow for all at once

__device__ __forceinline__ long long row_of(const int* order, int from, long long i) {
    return order ? order[i] : from + i;
}

// Adds value·x for the nonzeros l, l + step, ... below `to`, where x is row index[l] of a matrix: to sums
// of the components `component`, and every 32nd from there on.
template <int kComponents>
__device__ __forceinline__ void add_nonzeros(float (&sums)[kComponents],
                                             const int* __restrict__ index,
                                             const float* __restrict__ values, long long l,
                                             long long to, int step, const float* __restrict__ x,
                                             int stride, int component, int components) {
#pragma unroll 4
    for (; l < to; l += step) {
        const float value = values[l];
        const float* row = x + static_cast<long long>(index[l]) * stride;
#pragma unroll
        for (int q = 0; q < kComponents; ++q) {
            const int j = component + 32 * q;
            if (j < components) sums[q] += value * row[j];
        }
    }
}

__device__ __forceinline__ void put_component(float* target, float value, bool add) {
    *target = add ? *target + value : value;
}

// target = factor·Σ value·x over the nonzeros [from, to), all components, or that much more; by a warp.
// Lanes go along components. Where half of them or more would have none, several nonzeros go at once.
__device__ __forceinline__ void multiply_nonzeros(const int* __restrict__ index,
                                                  const float* __restrict__ values, long long from,
                                                  long long to, const float* __restrict__ x,
                                                  int stride, int components, float factor,
                                                  bool add, float* __restrict__ target) {
    const int lane = static_cast<int>(threadIdx.x & 31u);
    if (components <= 32) {
        int width = 32;
        while (width / 2 >= components) width /= 2;
        float sums[1] = {};
        add_nonzeros(sums, index, values, from + lane / width, to, 32 / width, x, stride,
                     lane % width, components);
        for (int distance = width; distance < 32; distance *= 2) {
            sums[0] += __shfl_xor_sync(kFullWarp, sums[0], distance);
        }
        if (lane < components) put_component(target + lane, factor * sums[0], add);
        return;
    }
    for (int first = 0; first < components; first += 32 * kLaneComponents) {
        float sums[kLaneComponents] = {};
        add_nonzeros(sums, index, values, from, to, 1, x, stride, first + lane, components);
#pragma unroll
        for (int q = 0; q < kLaneComponents; ++q) {
            const int j = first + lane + 32 * q;
            if (j < components) put_component(target + j, factor * sums[q], add);
        }
    }
}

__device__ __forceinline__ long long warp_index() {
    return (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) >> 5;
}

__device__ __forceinline__ long long warp_count() {
    return static_cast<long long>(gridDim.x) * blockDim.x >> 5;
}

// The first row of tile t of rows that are shared out evenly.
__device__ __forceinline__ int tile_start(int rows, int tiles, int t) {
    return static_cast<int>(static_cast<long long>(rows) * t / tiles);
}

}  // namespace paenmf

// target (rows × components, targetStride) = factor·V·X, where X is features × components, xStride.
// A warp a row. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void sparse_project(const long long* __restrict__ starts,
                                          const int* __restrict__ columns,
                                          const float* __restrict__ values,
                                          const int* __restrict__ order, int from, int rows,
                                          const float* __restrict__ x, int xStride, int components,
                                          double factor, float* __restrict__ target,
                                          int targetStride) {
    using namespace paenmf;
    for (long long i = warp_index(); i < rows; i += warp_count()) {
        const long long row = row_of(order, from, i);
        multiply_nonzeros(columns, values, starts[row], starts[row + 1], x, xStride, components,
                          static_cast<float>(factor), false, target + i * targetStride);
    }
}

// How the rows of a chunk are put in the order of their columns, without atomics: a warp owns a tile of
// rows and goes through them one by one. The columns of a row are distinct, so its lanes never meet.
//
// counts: tiles × features, receives how many nonzeros of a column each tile has.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void count_columns(const long long* __restrict__ starts,
                                         const int* __restrict__ columns,
                                         const int* __restrict__ order, int from, int rows,
                                         int features, int tiles, int* __restrict__ counts) {
    using namespace paenmf;
    const int lane = static_cast<int>(threadIdx.x & 31u);
    for (long long tile = warp_index(); tile < tiles; tile += warp_count()) {
        int* count = counts + tile * features;
        for (int f = lane; f < features; f += 32) count[f] = 0;
        __syncwarp();
        const int end = tile_start(rows, tiles, static_cast<int>(tile) + 1);
        for (int i = tile_start(rows, tiles, static_cast<int>(tile)); i < end; ++i) {
            const long long row = row_of(order, from, i);
            for (long long l = starts[row] + lane; l < starts[row + 1]; l += 32) {
                ++count[columns[l]];
            }
            __syncwarp();
        }
    }
}

// counts of each tile become those of all tiles before it; columnStarts[f + 1] receives that of all.
// Launch: any grid and block.
extern "C" __global__ void count_before(int* __restrict__ counts, int features, int tiles,
                                        long long* __restrict__ columnStarts) {
    const int threads = static_cast<int>(gridDim.x * blockDim.x);
    for (int f = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); f < features;
         f += threads) {
        int before = 0;
        for (int tile = 0; tile < tiles; ++tile) {
            int* at = counts + static_cast<long long>(tile) * features + f;
            const int count = *at;
            *at = before;
            before += count;
        }
        columnStarts[f + 1] = before;
    }
}

// columnStarts[f + 1], the length of column f, becomes where it ends. Launch: one block of at most 1024.
extern "C" __global__ void column_starts(long long* __restrict__ columnStarts, int features) {
    __shared__ long long ends[1024];
    const int thread = static_cast<int>(threadIdx.x);
    const int threads = static_cast<int>(blockDim.x);
    const int first = paenmf::tile_start(features, threads, thread);
    const int last = paenmf::tile_start(features, threads, thread + 1);
    long long sum = 0;
    for (int f = first; f < last; ++f) sum += columnStarts[f + 1];
    ends[thread] = sum;
    __syncthreads();
    for (int distance = 1; distance < threads; distance *= 2) {
        const long long before = thread < distance ? 0 : ends[thread - distance];
        __syncthreads();
        ends[thread] += before;
        __syncthreads();
    }
    long long end = ends[thread] - sum;
    for (int f = first; f < last; ++f) {
        end += columnStarts[f + 1];
        columnStarts[f + 1] = end;
    }
    if (thread == 0) columnStarts[0] = 0;
}

// rowsOf, valuesOf: the nonzeros of each column, by ascending row of the chunk. next: of count_before;
// changes. Launch: as count_columns.
extern "C" __global__ void order_columns(const long long* __restrict__ starts,
                                         const int* __restrict__ columns,
                                         const float* __restrict__ values,
                                         const int* __restrict__ order, int from, int rows,
                                         int features, int tiles,
                                         const long long* __restrict__ columnStarts,
                                         int* __restrict__ next, int* __restrict__ rowsOf,
                                         float* __restrict__ valuesOf) {
    using namespace paenmf;
    const int lane = static_cast<int>(threadIdx.x & 31u);
    for (long long tile = warp_index(); tile < tiles; tile += warp_count()) {
        int* nextOf = next + tile * features;
        const int end = tile_start(rows, tiles, static_cast<int>(tile) + 1);
        for (int i = tile_start(rows, tiles, static_cast<int>(tile)); i < end; ++i) {
            const long long row = row_of(order, from, i);
            for (long long l = starts[row] + lane; l < starts[row + 1]; l += 32) {
                const int f = columns[l];
                const long long at = columnStarts[f] + nextOf[f]++;
                rowsOf[at] = i;
                valuesOf[at] = values[l];
            }
            __syncwarp();
        }
    }
}

// Q (features × components, qStride) = factor·VᵀS, or that much more where add; columns without nonzeros
// and those that cross the border of a piece are left to join_pieces. S is rows × components, sStride.
// A warp goes through a piece of `piece` nonzeros in the order of columns, whatever these are, so that
// one long column is shared out too. parts: 2·pieces × components, receives what a piece has of a column
// that began before it, and of one that ends after it. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void sparse_accumulate(const long long* __restrict__ columnStarts,
                                             const int* __restrict__ rowsOf,
                                             const float* __restrict__ valuesOf, int features,
                                             int piece, const float* __restrict__ s, int sStride,
                                             int components, double factor, int add,
                                             float* __restrict__ q, int qStride,
                                             float* __restrict__ parts) {
    using namespace paenmf;
    const long long count = columnStarts[features];
    for (long long p = warp_index(); p * piece < count; p += warp_count()) {
        const long long from = p * piece;
        const long long to = min(from + piece, count);
        int f = 0;  // the last column that begins at `from` or before
        for (int high = features; high - f > 1;) {
            const int middle = f + (high - f) / 2;
            if (columnStarts[middle] <= from) {
                f = middle;
            } else {
                high = middle;
            }
        }
        for (long long l = from; l < to; ++f) {
            const long long begin = columnStarts[f];
            const long long end = columnStarts[f + 1];
            if (end <= l) continue;  // no nonzeros
            const bool whole = begin >= from && end <= to;
            float* target = whole ? q + static_cast<long long>(f) * qStride
                                  : parts + (2 * p + (begin < from ? 0 : 1)) * components;
            const long long last = min(end, to);
            multiply_nonzeros(rowsOf, valuesOf, l, last, s, sStride, components,
                              static_cast<float>(factor), whole && add, target);
            l = last;
        }
    }
}

// Q of the columns that sparse_accumulate leaves: their parts, in order, or 0. A warp a column.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void join_pieces(const long long* __restrict__ columnStarts, int features,
                                       int piece, const float* __restrict__ parts, int components,
                                       int add, float* __restrict__ q, int qStride) {
    using namespace paenmf;
    const int lane = static_cast<int>(threadIdx.x & 31u);
    for (long long f = warp_index(); f < features; f += warp_count()) {
        const long long begin = columnStarts[f];
        const long long end = columnStarts[f + 1];
        const long long first = begin / piece;
        const long long last = end == begin ? first : (end - 1) / piece;
        if (end > begin && first == last) continue;
        for (int j = lane; j < components; j += 32) {
            float sum = end == begin ? 0.0f : parts[(2 * first + 1) * components + j];
            for (long long p = first + 1; p <= last; ++p) sum += parts[2 * p * components + j];
            put_component(q + f * qStride + j, sum, add);
        }
    }
}

// gram (rank × rank) = WᵀW in double; W is features × rank, wStride. A warp a row of it.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void exact_gram(const float* __restrict__ w, int wStride, int features,
                                      int rank, double* __restrict__ gram) {
    using namespace paenmf;
    const int lane = static_cast<int>(threadIdx.x & 31u);
    for (long long j = warp_index(); j < rank; j += warp_count()) {
        for (int l = lane; l < rank; l += 32) {
            double sum = 0.0;
            for (int f = 0; f < features; ++f) {
                const float* row = w + static_cast<long long>(f) * wStride;
                sum += static_cast<double>(row[j]) * row[l];
            }
            gram[j * rank + l] = sum;
        }
    }
}

// sums: gridDim.x; Σ ‖v·scale − W·h‖² of the rows of each block, as ‖v‖² + h·(G·h − 2·Wᵀv) in double,
// which has as many more digits as cancel; G is that of exact_gram. H is rows × rank, hStride. A warp a
// row. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void sparse_squared_error(const long long* __restrict__ starts,
                                                const int* __restrict__ columns,
                                                const float* __restrict__ values,
                                                const int* __restrict__ order, int from, int rows,
                                                double scale, const float* __restrict__ w,
                                                int wStride, const double* __restrict__ gram,
                                                const float* __restrict__ h, int hStride, int rank,
                                                double* __restrict__ sums) {
    using namespace paenmf;
    __shared__ double scratch[32];
    const int lane = static_cast<int>(threadIdx.x & 31u);
    double total = 0.0;
    for (long long i = warp_index(); i < rows; i += warp_count()) {
        const long long row = row_of(order, from, i);
        const long long begin = starts[row];
        const long long end = starts[row + 1];
        const float* coefficients = h + i * hStride;
        double sum = 0.0;
        for (long long l = begin + lane; l < end; l += 32) {
            const double value = values[l] * scale;
            sum += value * value;
        }
        for (int j = lane; j < rank; j += 32) {
            double product = 0.0;
            for (long long l = begin; l < end; ++l) {
                product += values[l] * scale * w[static_cast<long long>(columns[l]) * wStride + j];
            }
            double image = 0.0;
            for (int k = 0; k < rank; ++k) {
                image += coefficients[k] * gram[static_cast<long long>(k) * rank + j];
            }
            sum += coefficients[j] * (image - 2.0 * product);
        }
        sum = warp_sum(sum);
        if (lane == 0) total += sum < 0.0 ? 0.0 : sum;  // what is not a number stays
    }
    total = block_sum(total, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = total;
}
