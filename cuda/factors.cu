// Standard NMF, V ≈ X·Yᵀ: what happens to the rows of a factor X, each by itself, once the numerator
// N = V·Y and the Gram matrix G = YᵀY are there. Where components depend on each other a warp owns rows,
// and a lane every 32nd component.
#include "include/float_math.cuh"
#include "include/reduce.cuh"

namespace paenmf {

constexpr int kRowsPerWarp = 4;     // a value of G is loaded once for all of them
constexpr float kUsedMin = 1e-20f;  // below, a component of Y is unused, and a factor 0

// max(0, value), where NaN stays NaN: a diverged fit is to be seen.
__device__ __forceinline__ float nonnegative(float value) { return value < 0.0f ? 0.0f : value; }

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

// Multiplicative update (Lee and Seung 2001) of X from N and P = X·G, all of `count` elements:
//   x ← x·n/p
// Launch: any grid and block.
extern "C" __global__ void multiplicative_update(float* __restrict__ x,
                                                 const float* __restrict__ numerator,
                                                 const float* __restrict__ product,
                                                 long long count) {
    using namespace paenmf;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const float p = product[i];
        const float value = x[i] * nonnegative(numerator[i]) / (p < kUsedMin ? kUsedMin : p);
        x[i] = value < kUsedMin ? 0.0f : value;
    }
}

// HALS update (Cichocki and Phan 2009) of X (rows × r) from N (rows × r) and G (r × r):
//   x_j ← max(0, x_j + (n_j − (x·G)_j)/G_jj), one j after the other
// Launch: any grid; blockDim.x a multiple of 32. Shared memory: 16·r bytes for each warp, or none where
// the rows stay in device memory (inPlace).
extern "C" __global__ void hals_update(float* __restrict__ x, const float* __restrict__ numerator,
                                       const float* __restrict__ gram, int rows, int rank,
                                       int inPlace) {
    using namespace paenmf;
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
        for (int j = 0; j < rank; ++j) {
            const float* g = gram + static_cast<size_t>(j) * rank;
            float sums[kRowsPerWarp] = {};
            for (int l = lane; l < rank; l += 32) {
                const float value = g[l];
#pragma unroll
                for (int q = 0; q < kRowsPerWarp; ++q) sums[q] += value * current[rowAt[q] + l];
            }
            const float product = warp_sums(sums);
            if ((lane & 7) == 0 && row < count && g[j] >= kUsedMin) {
                const int at = row * rank + j;
                const float n = numerator[first * rank + at];
                current[at] = nonnegative(current[at] + (n - product) * reciprocal(g[j]));
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

// The two inner products of a squared error's Gram form, from parts of both, into entry
// counters[1] % ringEntries of the ring; both counters move on. Launch: one block, a multiple of 32.
extern "C" __global__ void gram_form(const double* __restrict__ parts, int firstParts,
                                     int secondParts, int* __restrict__ counters,
                                     double* __restrict__ ring, int ringEntries) {
    using namespace paenmf;
    __shared__ double scratch[64];
    const int thread = static_cast<int>(threadIdx.x);
    const int threads = static_cast<int>(blockDim.x);
    double first = 0.0;
    for (int i = thread; i < firstParts; i += threads) first += parts[i];
    first = block_sum(first, scratch);
    double second = 0.0;
    for (int i = thread; i < secondParts; i += threads) second += parts[firstParts + i];
    second = block_sum(second, scratch + 32);
    if (thread == 0) {
        const unsigned update = static_cast<unsigned>(counters[1]);
        double* entry = ring + 2 * (update % static_cast<unsigned>(ringEntries));
        entry[0] = first;
        entry[1] = second;
        ++counters[0];
        ++counters[1];
    }
}
