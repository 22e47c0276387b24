// Standard NMF, V ≈ X·Yᵀ: what happens to the rows of a factor X, each by itself, once the numerator
// N = V·Y and the Gram matrix G = YᵀY are there. Where components depend on each other a warp owns rows,
// and a lane every 32nd component.
//
// A penalty l1·Σᵢ aᵢ Σⱼ xᵢⱼ + l2/2·Σ x² of X makes x·G into x·(G + l2·I) + l1·aᵢ; `roots` holds aᵢ of each
// row, or is null for 1 each.
#include "include/hals.cuh"
#include "include/reduce.cuh"

namespace paenmf {

constexpr int kRowsPerWarp = 4;     // a value of G is loaded once for all of them

__device__ __forceinline__ float root(const float* roots, long long row) {
    return roots == nullptr ? 1.0f : roots[row];
}

// Sums over the warp of four values: lanes 8q to 8q + 7 get that of values[q].
__device__ __forceinline__ float warp_sums(const float (&values)[kRowsPerWarp]) {
    const bool upper = threadIdx.x & 16u;
    float first = upper ? values[2] : values[0];
    float second = upper ? values[3] : values[1];
    first += __shfl_xor_sync(kFullWarp, upper ? values[0] : values[2], 16);
    second += __shfl_xor_sync(kFullWarp, upper ? values[1] : values[3], 16);
    const bool odd = threadIdx.x & 8u;
    float sum = odd ? second : first;
    sum += __shfl_xor_sync(kFullWarp, odd ? first : second, 8);
#pragma unroll
    for (int distance = 4; distance > 0; distance >>= 1) {
        sum += __shfl_xor_sync(kFullWarp, sum, distance);
    }
    return sum;
}

}  // namespace paenmf

extern __shared__ float dynamic_smem[];

// Multiplicative update (Lee and Seung 2001) of X from N and P = X·G, all of `count` elements, rank a row:
//   x ← x·n/(p + l1·a + l2·x)
// Of a row, the first `firstFree` elements stay as they are.
// Launch: any grid and block.
extern "C" __global__ void multiplicative_update(float* __restrict__ x,
                                                 const float* __restrict__ numerator,
                                                 const float* __restrict__ product, long long count,
                                                 int rank, int firstFree,
                                                 const float* __restrict__ roots, double l1,
                                                 double l2) {
    using namespace paenmf;
    const float first = static_cast<float>(l1);
    const float second = static_cast<float>(l2);
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        if (firstFree > 0 && i % rank < firstFree) continue;
        float p = product[i];
        if (first > 0.0f) p += first * root(roots, i / rank);
        if (second > 0.0f) p += second * x[i];
        const float value = x[i] * at_least(numerator[i], 0.0f) / at_least(p, kUsedMin);
        x[i] = value < kUsedMin ? 0.0f : value;
    }
}

// HALS update (Cichocki and Phan 2009) of X (rows × r) from N (rows × r) and G (r × r):
//   x_j ← max(0, x_j + (n_j − (x·G)_j − l1·a − l2·x_j)/(G_jj + l2)), one j after the other
// Where G_jj + l2 is 0, x_j stays, or becomes 0 if l1 is above 0; for j below `firstFree` it stays anyway.
// Launch: any grid; blockDim.x a multiple of 32. Shared memory: 16·r bytes for each warp, or none where
// the rows stay in device memory (inPlace).
extern "C" __global__ void hals_update(float* __restrict__ x, const float* __restrict__ numerator,
                                       const float* __restrict__ gram, int rows, int rank,
                                       int firstFree, int inPlace, const float* __restrict__ roots, double l1,
                                       double l2) {
    using namespace paenmf;
    const float second = static_cast<float>(l2);
    const int lane = threadIdx.x & 31;
    const int warps = blockDim.x >> 5;
    const int warp = threadIdx.x >> 5;
    const int row = lane >> 3;  // whose sums this lane gets
    for (long long first = (static_cast<long long>(blockIdx.x) * warps + warp) * kRowsPerWarp;
         first < rows; first += static_cast<long long>(gridDim.x) * warps * kRowsPerWarp) {
        const int count = static_cast<int>(min(static_cast<long long>(kRowsPerWarp), rows - first));
        const int size = count * rank;  // G has r² values, and so this is no overflow
        float* factor = x + first * rank;
        float* current = factor;
        if (!inPlace) {
            current = dynamic_smem + warp * kRowsPerWarp * rank;
            for (int i = lane; i < size; i += 32) current[i] = factor[i];
            __syncwarp();
        }
        int rowAt[kRowsPerWarp];  // the last row again where there are fewer
#pragma unroll
        for (int q = 0; q < kRowsPerWarp; ++q) rowAt[q] = min(q, count - 1) * rank;
        const float shift =
            l1 > 0.0 ? static_cast<float>(l1) * root(roots, first + min(row, count - 1)) : 0.0f;
        for (int j = firstFree; j < rank; ++j) {
            const float* g = gram + static_cast<size_t>(j) * rank;
            float sums[kRowsPerWarp] = {};
            for (int l = lane; l < rank; l += 32) {
                const float value = g[l];
#pragma unroll
                for (int q = 0; q < kRowsPerWarp; ++q) sums[q] += value * current[rowAt[q] + l];
            }
            const float product = warp_sums(sums);
            if ((lane & 7) == 0 && row < count) {
                const int at = row * rank + j;
                const float norm = g[j] + second;
                if (norm < kUsedMin) {
                    if (shift > 0.0f) current[at] = 0.0f;
                } else {
                    const float n = numerator[first * rank + at] - shift - second * current[at];
                    current[at] = hals_value(current[at], n, product, norm);
                }
            }
            __syncwarp();
        }
        if (!inPlace) {
            for (int i = lane; i < size; i += 32) factor[i] = current[i];
            __syncwarp();
        }
    }
}

// sums: gridDim.x; Σ a·b of each block, in double. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void inner_product(const float* __restrict__ a, const float* __restrict__ b,
                                         long long count, double* __restrict__ sums) {
    __shared__ double scratch[32];
    double sum = 0.0;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        sum += static_cast<double>(a[i]) * b[i];
    }
    sum = paenmf::block_sum(sum, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// sums: gridDim.x; what a penalty of X (rows × rank) adds to the objective, of each block, in double; added
// to what is there if `accumulate`. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void penalty_sums(const float* __restrict__ x, int rows, int rank,
                                        const float* __restrict__ roots, double l1, double l2,
                                        int accumulate, double* __restrict__ sums) {
    __shared__ double scratch[32];
    double sum = 0.0;
    const long long count = static_cast<long long>(rows) * rank;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const double value = x[i];
        sum += (l1 * paenmf::root(roots, i / rank) + l2 / 2 * value) * value;
    }
    sum = paenmf::block_sum(sum, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = (accumulate ? sums[blockIdx.x] : 0.0) + sum;
}

// Sums of parts, into entry counters[1] % ringEntries of the ring; both counters move on. `parts` holds the
// parts of the two inner products of a squared error's Gram form, one after the other. If `penalised`, the
// entry has three values more: sums of `rowParts` parts of the penalty of H in `ofRows`, and of
// `weightParts` each of that of W before and after the update, which follow in `parts`.
// Launch: one block, a multiple of 32.
extern "C" __global__ void gram_form(const double* __restrict__ parts, int firstParts,
                                     int secondParts, const double* __restrict__ ofRows, int rowParts,
                                     int weightParts, int penalised, int* __restrict__ counters,
                                     double* __restrict__ ring, int ringEntries) {
    using namespace paenmf;
    __shared__ double scratch[5][32];
    const double* const penalties = parts + firstParts + secondParts;
    const double* const starts[5] = {parts, parts + firstParts, ofRows, penalties,
                                     penalties + weightParts};
    const int lengths[5] = {firstParts, secondParts, rowParts, weightParts, weightParts};
    const int values = penalised ? 5 : 2;
    const unsigned update = static_cast<unsigned>(counters[1]) % static_cast<unsigned>(ringEntries);
    double sums[5] = {};
#pragma unroll
    for (int k = 0; k < 5; ++k) {
        if (k < values) {
            for (int i = static_cast<int>(threadIdx.x); i < lengths[k];
                 i += static_cast<int>(blockDim.x)) {
                sums[k] += starts[k][i];
            }
            sums[k] = block_sum(sums[k], scratch[k]);
        }
    }
    if (threadIdx.x == 0) {
#pragma unroll
        for (int k = 0; k < 5; ++k) {
            if (k < values) ring[static_cast<size_t>(values) * update + k] = sums[k];
        }
        ++counters[0];
        ++counters[1];
    }
}
