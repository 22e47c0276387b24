// The last stage of a step: gradients from Q, K and the partial sums, adam or gd, Wf ← max(Wf, 0)
// (or Wf ⊙ VᵀH / (Wf·K), the multiplicative update), biases, losses and counters, in one launch.
#include <cstdint>

#include "include/float_math.cuh"
#include "include/reduce.cuh"
#include "include/row_tile.cuh"

// What a configuration and a batch mean to the update; passed by value, UpdateConstants.java packs it.
struct UpdateConstants {
    double inverseRows;          // of the batch
    float encoderGradientScale;  // encoderScale/rows: from Vᵀ·dA to the mean gradient
    float decoderGradientScale;  // 1/(σ²·rows)
    float inverseDataScale;      // 1/rms
    float encoderRate;           // of Wλ and Wk
    float biasRate;              // of bλ and bk
    float stepClip;              // greatest norm of a head's change (gd)
    uint32_t adam;               // else gd
    uint32_t multiplicative;     // update of Wf
};

namespace paenmf {

constexpr float kBeta1 = 0.9f;
constexpr float kBeta2 = 0.999f;
constexpr float kLogBeta1 = -1.0536051566e-1f;
constexpr float kLogBeta2 = -1.0005003336e-3f;
constexpr float kAdamEpsilon = 1e-8f;
// Keeps the multiplicative update defined where a component is unused.
constexpr float kDenominatorMin = 1e-20f;

constexpr int kSumColumns = 32;  // columns of the partial sums that a block of the service part takes

// Where the counters of a training run live in device memory; one array of three.
constexpr int kCounterStep = 0;       // selects the noise
constexpr int kCounterOptimiser = 1;  // updates since the parameters were set
constexpr int kCounterTicket = 2;     // blocks of this launch that are done; 0 between launches

// 1/(1 − βᵗ), exact to float32 for small t too.
__device__ __forceinline__ float moment_correction(float logBeta, uint32_t t) {
    return reciprocal(-expm1f(logBeta * static_cast<float>(t)));
}

// Adam's step for one parameter; advances its moments.
__device__ __forceinline__ float adam_step(float& mean, float& square, float gradient, float rate,
                                           float meanCorrection, float squareCorrection) {
    mean += (1.0f - kBeta1) * (gradient - mean);
    square += (1.0f - kBeta2) * (gradient * gradient - square);
    return rate * mean * meanCorrection *
           reciprocal(square_root(square * squareCorrection) + kAdamEpsilon);
}

// Sum of one column of the partials, by a block of 32 × warps threads of which each warp takes every
// warps-th row; every thread of the first warp returns its column's sum, the others 0.
__device__ __forceinline__ double column_sum(const double* __restrict__ partials, int partialRows,
                                             int columns, int column, double* scratch) {
    const int lane = threadIdx.x & 31;
    const int warp = threadIdx.x >> 5;
    const int warps = blockDim.x >> 5;
    double sum = 0.0;
    if (column < columns) {
        for (int row = warp; row < partialRows; row += warps) {
            sum += partials[static_cast<size_t>(row) * columns + column];
        }
    }
    scratch[warp * kSumColumns + lane] = sum;
    __syncthreads();
    if (warp > 0) return 0.0;
    for (int w = 1; w < warps; ++w) sum += scratch[w * kSumColumns + lane];
    return sum;
}

}  // namespace paenmf

// scales: 2r, by how much a gd step of each head shrinks so that its norm, bias included, stays
// within the clip. q: m × 3r. Launch: ⌈2r/32⌉ blocks of 1024 threads.
extern "C" __global__ void __launch_bounds__(1024)
head_norms(const float* __restrict__ q, const double* __restrict__ partials, int partialRows,
           int features, int rank, UpdateConstants c, float* __restrict__ scales) {
    using namespace paenmf;
    __shared__ double scratch[32 * kSumColumns];
    const int lane = threadIdx.x & 31;
    const int warp = threadIdx.x >> 5;
    const int warps = blockDim.x >> 5;
    const int column = blockIdx.x * kSumColumns + lane;
    double squares = 0.0;
    if (column < 2 * rank) {
        for (int feature = warp; feature < features; feature += warps) {
            const double gradient = static_cast<double>(q[static_cast<size_t>(feature) * 3 * rank +
                                                          column]) *
                                    c.encoderGradientScale;
            squares += gradient * gradient;
        }
    }
    scratch[warp * kSumColumns + lane] = squares;
    __syncthreads();
    if (warp == 0) {
        for (int w = 1; w < warps; ++w) squares += scratch[w * kSumColumns + lane];
    }
    __syncthreads();
    const double bias = column_sum(partials, partialRows, 2 * rank + 2, column, scratch) *
                        c.inverseRows * c.biasRate;
    if (warp == 0 && column < 2 * rank) {
        const double rate = c.encoderRate;
        const double norm = sqrt(squares * rate * rate + bias * bias);
        scales[column] = static_cast<float>(fmin(1.0, c.stepClip / norm));
    }
}

extern __shared__ float dynamic_smem[];

// w, q, means, squares: m × 3r, [λ | k | Wf] parts side by side; means and squares: adam's moments,
// null for gd. k = HᵀH, g = WfᵀWf: r × r. biases: 2r; biasMoments: 2 × 2r (adam). partials: of
// weibull_step. scales: of head_norms (gd). decoderRates: m. counters: above. losses: a ring of
// ringSize × [Σ KL | ⟨H, C⟩ | ⟨K, G⟩], entry (updates before this one) mod ringSize.
// Launch: row_tile.cuh, tileBlocks blocks for the weights and ⌈(2r + 2)/32⌉ more for the rest;
// shared memory: 4·max(2·tileRows·r4 + panelRows·r4, 2·blockDim.x) bytes.
extern "C" __global__ void __maxnreg__(96)
update_project(float* __restrict__ w, float* __restrict__ biases, const float* __restrict__ q,
               const float* __restrict__ k, const float* __restrict__ g,
               float* __restrict__ means, float* __restrict__ squares,
               double* __restrict__ biasMoments, const double* __restrict__ partials,
               int partialRows, const float* __restrict__ scales,
               const float* __restrict__ decoderRates, unsigned int* counters,
               double* __restrict__ losses, int ringSize, int features, int rank, int panelRows,
               int tileBlocks, UpdateConstants c) {
    using namespace paenmf;
    const uint32_t updates = counters[kCounterOptimiser];
    const float meanCorrection = moment_correction(kLogBeta1, updates + 1);
    const float squareCorrection = moment_correction(kLogBeta2, updates + 1);

    if (static_cast<int>(blockIdx.x) < tileBlocks) {
        const RowTile tile(rank);
        const bool vectorised = is_vectorised(w, rank) && is_vectorised(q, rank) &&
                                is_vectorised(means, rank) && is_vectorised(squares, rank);
        const int tileFloats = tile.tileRows * tile.paddedRank;
        float* panel = dynamic_smem + 2 * tileFloats;
        if (panelRows >= rank) load_panel(panel, k, 0, tile.paddedRank, rank, tile.paddedRank);
        float* tileRows = dynamic_smem;
        float* otherTileRows = dynamic_smem + tileFloats;
        const int tiles = (features + tile.tileRows - 1) / tile.tileRows;
        for (int t = blockIdx.x; t < tiles; t += tileBlocks) {
            const int feature = t * tile.tileRows + tile.tileRow;
            const bool active = tile.active() && feature < features;
            size_t at = static_cast<size_t>(feature) * 3 * rank + tile.column;
            float decoder[kWidth] = {};
            if (active) load_group(decoder, w + at + 2 * rank, vectorised, tile.count);
            if (tile.active()) {
                store_group(tileRows + tile.tileRow * tile.paddedRank + tile.column, decoder, true,
                            kWidth);
            }
            float product[kWidth];  // Wf·K
            multiply_tile(product, tile, tileRows, panel, k, panelRows);
            if (active) {
                const float decoderRate = decoderRates[feature];
#pragma unroll 1  // fewer registers, more warps
                for (int part = 0; part < 3; ++part, at += rank) {
                    float weights[kWidth], gradients[kWidth], mean[kWidth], square[kWidth];
                    load_group(weights, w + at, vectorised, tile.count);
                    load_group(gradients, q + at, vectorised, tile.count);
                    if (c.adam) {
                        load_group(mean, means + at, vectorised, tile.count);
                        load_group(square, squares + at, vectorised, tile.count);
                    }
                    const float rate = part < 2 ? c.encoderRate : decoderRate;
#pragma unroll
                    for (int i = 0; i < kWidth; ++i) {
                        const bool head = part < 2;
                        const float vh = gradients[i] * c.inverseDataScale;
                        if (!head && c.multiplicative) {
                            weights[i] *= fmaxf(vh, 0.0f) * reciprocal(fmaxf(product[i], kDenominatorMin));
                            continue;
                        }
                        const float gradient = head ? gradients[i] * c.encoderGradientScale
                                                    : (product[i] - vh) * c.decoderGradientScale;
                        float step;
                        if (c.adam) {
                            step = adam_step(mean[i], square[i], gradient, rate, meanCorrection,
                                             squareCorrection);
                        } else {
                            const int column = min(tile.column + i, rank - 1);
                            step = rate * gradient * (head ? scales[part * rank + column] : 1.0f);
                        }
                        weights[i] -= step;
                        if (!head) weights[i] = weights[i] < 0.0f ? 0.0f : weights[i];  // NaN stays
                    }
                    store_group(w + at, weights, vectorised, tile.count);
                    if (c.adam) {
                        store_group(means + at, mean, vectorised, tile.count);
                        store_group(squares + at, square, vectorised, tile.count);
                    }
                }
            }
            float* swap = tileRows;
            tileRows = otherTileRows;
            otherTileRows = swap;
        }
    } else {
        __shared__ double scratch[32 * kSumColumns];
        const int service = blockIdx.x - tileBlocks;
        const int column = service * kSumColumns + (threadIdx.x & 31);
        const double sum = column_sum(partials, partialRows, 2 * rank + 2, column, scratch);
        if (threadIdx.x < kSumColumns && column < 2 * rank) {
            const double gradient = sum * c.inverseRows;
            if (c.adam) {
                double* mean = biasMoments + column;
                double* square = biasMoments + 2 * rank + column;
                *mean = 0.9 * *mean + 0.1 * gradient;
                *square = 0.999 * *square + 0.001 * gradient * gradient;
                biases[column] -=
                    c.biasRate * static_cast<float>(*mean) * meanCorrection *
                    reciprocal(square_root(static_cast<float>(*square) * squareCorrection) +
                               kAdamEpsilon);
            } else {
                biases[column] -= static_cast<float>(c.biasRate * scales[column] * gradient);
            }
        }
        if ((service + 1) * kSumColumns >= 2 * rank + 2) {  // the block of the last two columns
            double* loss = losses + static_cast<size_t>(updates % ringSize) * 3;
            if (threadIdx.x < kSumColumns && column >= 2 * rank && column < 2 * rank + 2) {
                loss[column - 2 * rank] = sum;
            }
            double kg = 0.0;
            const size_t size = static_cast<size_t>(rank) * rank;
            for (size_t i = threadIdx.x; i < size; i += blockDim.x) {
                kg += static_cast<double>(k[i]) * g[i];
            }
            __syncthreads();
            kg = block_sum(kg, scratch);
            if (threadIdx.x == 0) loss[2] = kg;
        }
    }

    // The last block to get here advances the counters, which the others have read.
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        if (atomicAdd(counters + kCounterTicket, 1u) == gridDim.x - 1) {
            ++counters[kCounterStep];
            ++counters[kCounterOptimiser];
            atomicExch(counters + kCounterTicket, 0u);  // other blocks reach it by atomics, too
        }
    }
}
