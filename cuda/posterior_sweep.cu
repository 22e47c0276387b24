// Variational NMF: one step of coordinate ascent on the evidence lower bound for each
// coefficient of a factor X, one component after the other, each in the light of the last means
// of all. A row's components depend on each other, its rows do not: where rank is small a thread
// owns a row, else a warp owns rows, as in factors.cu.
//
// Sums over rows go to one row of `partials` for each block, in an order that depends on the
// launch shape alone.
#include "include/async_copy.cuh"
#include "include/reduce.cuh"
#include "include/weibull_posterior.cuh"

namespace paenmf {

// visit(row, column, i) for the values i of so many rows that a thread of the block has; consecutive
// threads have consecutive values.
template <class Visit>
__device__ __forceinline__ void each_value(int rows, int rank, Visit visit) {
    const int threads = static_cast<int>(blockDim.x);
    const int rowStep = threads / rank;
    const int columnStep = threads - rowStep * rank;
    int row = static_cast<int>(threadIdx.x) / rank;
    int column = static_cast<int>(threadIdx.x) - row * rank;
    for (int i = static_cast<int>(threadIdx.x); i < rows * rank; i += threads) {
        visit(row, column, i);
        row += rowStep;
        column += columnStep;
        if (column >= rank) {
            column -= rank;
            ++row;
        }
    }
}

// Adds to a block's row of partials the sums over `count` rows from `first` on of variances,
// probabilities and means. A column has one thread, always the same. All threads of the
// block call it, after a barrier.
__device__ __forceinline__ void add_columns(const float* x, const float* variance,
                                            const float* inclusion, long long first, int count,
                                            int rank, bool start, double* sums) {
    for (int j = static_cast<int>(threadIdx.x); j < rank; j += static_cast<int>(blockDim.x)) {
        double mean = 0.0, spread = 0.0, included = 0.0;
        for (int i = 0; i < count; ++i) {
            const long long at = (first + i) * rank + j;
            mean += x[at];
            spread += variance[at];
            included += inclusion[at];
        }
        sums[j] = start ? spread : sums[j] + spread;
        sums[rank + j] = start ? included : sums[rank + j] + included;
        sums[2 * rank + j] = start ? mean : sums[2 * rank + j] + mean;
    }
}

// The posteriors of a row by one thread, one component after the other. row: means, in place; gram: rows of `stride`;
// numerator(j) is that of component j, and keep(j, numerator, moments) gets what there is of it beside the mean.
template <class Numerator, class Keep>
__device__ __forceinline__ void sweep_row(float* row, const float* gram, int stride, int rank,
                                          const PosteriorComponent* components, bool pointMass,
                                          Numerator numerator, Keep keep) {
    for (int j = 0; j < rank; ++j) {
        const float* g = gram + j * stride;
        float product = 0.0f;
        for (int l = 0; l < j; ++l) product += g[l] * row[l];
        for (int l = j + 1; l < rank; ++l) product += g[l] * row[l];
        const float n = numerator(j);
        const PosteriorMoments m = posterior_moments(components[j], n - product, pointMass);
        row[j] = m.mean;
        keep(j, n, m);
    }
}

// Σ KL and ⟨X, N⟩ of a block to its row of partials.
__device__ __forceinline__ void write_posterior_sums(double kl, double inner, double* sums, int rank) {
    __shared__ double scratch[2][32];
    kl = block_sum(kl, scratch[0]);
    inner = block_sum(inner, scratch[1]);
    if (threadIdx.x == 0) {
        sums[3 * rank] = kl;
        sums[3 * rank + 1] = inner;
    }
}

}  // namespace paenmf

extern __shared__ float dynamic_smem[];

// x: means, rows × r, in place. numerator: rows × r, of the scaled data. gram: r × r, second
// moments of the other factor.
// parameters: [1/σ² | prior means, r | ln(π/(1 − π)), r | 1 with a point mass, else 0], in
// device memory, since a replayed graph keeps its arguments. variance, inclusion: receive rows ×
// r.
// partials: gridDim.x × (3r + 2) = [Σ variance | Σ inclusion | Σ mean | Σ KL | ⟨X, N⟩] of each
// block's rows.
// Launch: at most ⌈rows/blockDim.x⌉ blocks, blockDim.x a multiple of 32.
// Shared memory: 4·r·(r + 11) + 4·blockDim.x·(r | 1) bytes.
extern "C" __global__ void posterior_sweep(float* __restrict__ x,
                                           const float* __restrict__ numerator,
                                           const float* __restrict__ gram,
                                           const float* __restrict__ parameters,
                                           float* __restrict__ variance,
                                           float* __restrict__ inclusion,
                                           double* __restrict__ partials, int rows, int rank) {
    using namespace paenmf;
    const bool pointMass = parameters[1 + 2 * rank] != 0.0f;
    const int thread = static_cast<int>(threadIdx.x);
    const int threads = static_cast<int>(blockDim.x);
    const int stride = rank | 1;  // odd, so that a warp's rows lie in different banks
    auto* components = reinterpret_cast<PosteriorComponent*>(dynamic_smem);
    float* weights = dynamic_smem + rank * (sizeof(PosteriorComponent) / sizeof(float));
    float* tile = weights + rank * rank;
    double* sums = partials + static_cast<long long>(blockIdx.x) * (3 * rank + 2);
    for (int j = thread; j < rank; j += threads) {
        components[j] = posterior_component(parameters, rank, j, gram[j * rank + j], pointMass);
    }
    for (int i = thread; i < rank * rank; i += threads) {
        __pipeline_memcpy_async(weights + i, gram + i, 4);
    }
    double kl = 0.0, inner = 0.0;
    bool start = true;
    for (long long first = static_cast<long long>(blockIdx.x) * threads; first < rows;
         first += static_cast<long long>(gridDim.x) * threads) {
        const int count = static_cast<int>(min(static_cast<long long>(threads), rows - first));
        each_value(count, rank, [&](int row, int column, int i) {
            __pipeline_memcpy_async(tile + row * stride + column, x + first * rank + i, 4);
        });
        __pipeline_commit();
        __pipeline_wait_prior(0);
        __syncthreads();
        if (thread < count) {
            const long long at = (first + thread) * rank;
            sweep_row(
                tile + thread * stride, weights, rank, rank, components, pointMass,
                [&](int j) { return numerator[at + j]; },
                [&](int j, float n, const PosteriorMoments& m) {
                    variance[at + j] = m.variance;
                    inclusion[at + j] = m.inclusion;
                    kl += m.kl;
                    inner += static_cast<double>(m.mean) * n;
                });
        }
        __syncthreads();
        each_value(count, rank, [&](int row, int column, int i) {
            x[first * rank + i] = tile[row * stride + column];
        });
        __syncthreads();
        add_columns(x, variance, inclusion, first, count, rank, start, sums);
        start = false;
    }
    write_posterior_sums(kl, inner, sums, rank);
}

// The same for any rank. Launch: at most ⌈rows/(4·warps)⌉ blocks; blockDim.x a multiple of 32.
// Shared memory: 16·r bytes for each warp, or none where the rows stay in device memory (inPlace).
extern "C" __global__ void posterior_sweep_wide(float* __restrict__ x,
                                                const float* __restrict__ numerator,
                                                const float* __restrict__ gram,
                                                const float* __restrict__ parameters,
                                                float* __restrict__ variance,
                                                float* __restrict__ inclusion,
                                                double* __restrict__ partials, int rows, int rank,
                                                int inPlace) {
    using namespace paenmf;
    const bool pointMass = parameters[1 + 2 * rank] != 0.0f;
    const int lane = threadIdx.x & 31;
    const int warps = blockDim.x >> 5;
    const int warp = threadIdx.x >> 5;
    const int row = lane >> 3;  // whose sums this lane gets
    const int tileRows = warps * kRowsPerWarp;
    double* sums = partials + static_cast<long long>(blockIdx.x) * (3 * rank + 2);
    double kl = 0.0, inner = 0.0;
    bool start = true;
    for (long long tile = static_cast<long long>(blockIdx.x) * tileRows; tile < rows;
         tile += static_cast<long long>(gridDim.x) * tileRows) {
        const long long first = tile + warp * kRowsPerWarp;
        const int count = static_cast<int>(min(static_cast<long long>(kRowsPerWarp), rows - first));
        if (count > 0) {
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
                float products[kRowsPerWarp] = {};
                for (int l = lane; l < rank; l += 32) {
                    const float value = l == j ? 0.0f : g[l];
#pragma unroll
                    for (int q = 0; q < kRowsPerWarp; ++q) products[q] += value * current[rowAt[q] + l];
                }
                const float product = warp_sums(products);
                if ((lane & 7) == 0 && row < count) {
                    const PosteriorComponent c =
                        posterior_component(parameters, rank, j, g[j], pointMass);
                    const long long at = (first + row) * rank + j;
                    const float n = numerator[at];
                    const PosteriorMoments m = posterior_moments(c, n - product, pointMass);
                    current[row * rank + j] = m.mean;
                    variance[at] = m.variance;
                    inclusion[at] = m.inclusion;
                    kl += m.kl;
                    inner += static_cast<double>(m.mean) * n;
                }
                __syncwarp();
            }
            if (!inPlace) {
                for (int i = lane; i < size; i += 32) factor[i] = current[i];
            }
        }
        __syncthreads();
        add_columns(x, variance, inclusion, tile,
                    static_cast<int>(min(static_cast<long long>(tileRows), rows - tile)), rank, start,
                    sums);
        start = false;
    }
    write_posterior_sums(kl, inner, sums, rank);
}
