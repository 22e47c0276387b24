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
    float decoderGradientScale;  // 1/(σ²·rows); 1/rows where σ² is learned
    float inverseDataScale;      // 1/rms
    float encoderRate;           // of Wλ and Wk
    float biasRate;              // of bλ and bk
    float stepClip;              // greatest norm of a head's change (gd)
    uint32_t adam;               // else gd
    uint32_t multiplicative;     // update of Wf
};

// What an update reads and writes, see update_project; passed by value, UpdateArguments.java packs it.
struct UpdateArguments {
    float* w;
    float* biases;
    const float* q;
    const float* k;
    const float* g;
    float* means;
    float* squares;
    double* biasMoments;
    const double* partials;
    int partialRows;
    const float* scales;
    const float* decoderRates;
    unsigned int* counters;
    double* losses;
    double* gramSums;
    const double* variance;
    int ringSize;
    int features;
    int rank;
    int hiddenWidth;
};

namespace paenmf {

// Columns of w, q and the moments: three parts, or those of the first hidden layer beside Wf.
__device__ __forceinline__ int stacked_width(const UpdateArguments& u) {
    const int width = part_width(u.rank);
    return u.hiddenWidth == 0 ? 3 * width : u.hiddenWidth + width;
}

// 1 − β₁ and 1 − β₂, not by a float32 subtraction, which would be off by 1e-5.
constexpr float kRate1 = 0.1f;
constexpr float kRate2 = 0.001f;
constexpr float kLogBeta1 = -1.0536051566e-1f;
constexpr float kLogBeta2 = -1.0005003336e-3f;
constexpr float kAdamEpsilon = 1e-8f;
// Keeps the multiplicative update defined where a component is unused.
constexpr float kDenominatorMin = 1e-20f;

constexpr int kLosses = 4;       // of an update: Σ KL, ⟨H, C⟩, ⟨K, G⟩, and σ² where it is learned
// Columns of the partial sums that a block of the service part takes: 64 bytes of each row, and few,
// so that many threads share a column's rows.
constexpr int kSumColumns = 8;

// Where the counters of a training run live in device memory; one array of three.
constexpr int kCounterStep = 0;       // selects the noise
constexpr int kCounterOptimiser = 1;  // updates since the parameters were set
constexpr int kCounterTicket = 2;     // blocks of this launch that are done; 0 between launches

// Where the losses of an update go.
__device__ __forceinline__ double* loss_entry(const UpdateArguments& u, uint32_t updates) {
    return u.losses + static_cast<size_t>(updates % u.ringSize) * kLosses;
}

// 1/(1 − βᵗ), exact to float32 for small t too.
__device__ __forceinline__ float moment_correction(float logBeta, uint32_t t) {
    return reciprocal(-expm1f(logBeta * static_cast<float>(t)));
}

// Adam's step for one parameter; advances its moments.
__device__ __forceinline__ float adam_step(float& mean, float& square, float gradient, float rate,
                                           float meanCorrection, float squareCorrection) {
    mean += kRate1 * (gradient - mean);
    square += kRate2 * (gradient * gradient - square);
    return rate * mean * meanCorrection *
           reciprocal(square_root(square * squareCorrection) + kAdamEpsilon);
}

// Sum of one column, of which value(row) is that of a row: by a block whose threads go along the
// columns first. All of them call it; the first kSumColumns get the sums of their columns.
template <class Value>
__device__ __forceinline__ double column_sum(int rows, bool exists, double* scratch, Value value) {
    const int lane = threadIdx.x & 31;
    const int warp = threadIdx.x >> 5;
    const int step = blockDim.x / kSumColumns;
    double sum = 0.0;
    if (exists) {
#pragma unroll 4  // loads on their way at once; they are added in order
        for (int row = threadIdx.x / kSumColumns; row < rows; row += step) sum += value(row);
    }
#pragma unroll
    for (int distance = 16; distance >= kSumColumns; distance >>= 1) {
        sum += __shfl_down_sync(kFullWarp, sum, distance);
    }
    if (lane < kSumColumns) scratch[warp * kSumColumns + lane] = sum;
    __syncthreads();
    if (threadIdx.x < kSumColumns) {
        const int warps = blockDim.x >> 5;
        for (int w = 1; w < warps; ++w) sum += scratch[w * kSumColumns + lane];
    }
    return sum;
}

// Updates the three parts of one group of components of a feature, of an encoder with hidden layers the last; `product` is
// that of Wf·K. Only the `count` that exist change, so that the columns beyond the rank stay 0.
__device__ __forceinline__ void update_group(const UpdateArguments& u, const UpdateConstants& c,
                                             uint32_t updates, int feature, int column, int count,
                                             const float (&product)[kWidth]) {
    const float meanCorrection = moment_correction(kLogBeta1, updates + 1);
    const float squareCorrection = moment_correction(kLogBeta2, updates + 1);
    const float decoderRate = u.decoderRates[feature];
    const float decoderScale =
        u.variance == nullptr
            ? c.decoderGradientScale
            : c.decoderGradientScale * static_cast<float>(1.0 / *u.variance);
    const int width = part_width(u.rank);
    size_t at = static_cast<size_t>(feature) * stacked_width(u) + u.hiddenWidth + column;
#pragma unroll 1  // fewer registers, more warps
    for (int part = u.hiddenWidth == 0 ? 0 : 2; part < 3; ++part, at += width) {
        const bool head = part < 2;
        float weights[kWidth], gradients[kWidth], mean[kWidth], square[kWidth];
        load_group(weights, u.w + at);
        load_group(gradients, u.q + at);
        if (c.adam) {
            load_group(mean, u.means + at);
            load_group(square, u.squares + at);
        }
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
            if (i >= count) continue;
            const float vh = gradients[i] * c.inverseDataScale;
            if (!head && c.multiplicative) {
                weights[i] *= at_least(vh, 0.0f) * reciprocal(at_least(product[i], kDenominatorMin));
                continue;
            }
            const float gradient = head ? gradients[i] * c.encoderGradientScale
                                        : (product[i] - vh) * decoderScale;
            const float rate = head ? c.encoderRate : decoderRate;
            if (c.adam) {
                weights[i] -= adam_step(mean[i], square[i], gradient, rate, meanCorrection,
                                        squareCorrection);
            } else {
                const float scale = head ? u.scales[part * u.rank + column + i] : 1.0f;
                weights[i] -= rate * scale * gradient;
            }
            if (!head && weights[i] < 0.0f) weights[i] = 0.0f;  // NaN stays, and is reported
        }
        store_group(u.w + at, weights);
        if (c.adam) {
            store_group(u.means + at, mean);
            store_group(u.squares + at, square);
        }
    }
}

// The biases and losses of kSumColumns columns of the partial sums, by one block, and its part of
// ⟨K, G⟩.
__device__ __forceinline__ void update_columns(const UpdateArguments& u, const UpdateConstants& c,
                                               uint32_t updates, int block, int blocks) {
    __shared__ double scratch[32 * kSumColumns];
    const int sums = 2 * u.rank + 2;
    const int column = block * kSumColumns + threadIdx.x % kSumColumns;
    const double sum = column_sum(u.partialRows, column < sums, scratch, [&](int row) {
        return u.partials[static_cast<size_t>(row) * sums + column];
    });
    if (threadIdx.x < kSumColumns && column < 2 * u.rank) {
        const double gradient = sum * c.inverseRows;
        if (c.adam) {
            double* mean = u.biasMoments + column;
            double* square = u.biasMoments + 2 * u.rank + column;
            *mean = 0.9 * *mean + 0.1 * gradient;
            *square = 0.999 * *square + 0.001 * gradient * gradient;
            const float meanCorrection = moment_correction(kLogBeta1, updates + 1);
            const float squareCorrection = moment_correction(kLogBeta2, updates + 1);
            u.biases[column] -=
                c.biasRate * static_cast<float>(*mean) * meanCorrection *
                reciprocal(square_root(static_cast<float>(*square) * squareCorrection) +
                           kAdamEpsilon);
        } else {
            u.biases[column] -= static_cast<float>(c.biasRate * u.scales[column] * gradient);
        }
    } else if (threadIdx.x < kSumColumns && column < sums) {
        loss_entry(u, updates)[column - 2 * u.rank] = sum;
    }
    double kg = 0.0;
    const size_t size = static_cast<size_t>(u.rank) * u.rank;
#pragma unroll 4
    for (size_t i = static_cast<size_t>(block) * blockDim.x + threadIdx.x; i < size;
         i += static_cast<size_t>(blocks) * blockDim.x) {
        kg += static_cast<double>(u.k[i]) * u.g[i];
    }
    __syncthreads();
    kg = block_sum(kg, scratch);
    if (threadIdx.x == 0) u.gramSums[block] = kg;
}

// ⟨K, G⟩ from its parts, in order, by a warp; its first thread gets it.
__device__ __forceinline__ double gram_product(const UpdateArguments& u, int gramBlocks) {
    double kg = 0.0;
    for (int i = threadIdx.x; i < gramBlocks; i += 32) kg += __ldcg(u.gramSums + i);
    return warp_sum(kg);
}

// The mean squared residual of an update's losses, at least `least`.
__device__ __forceinline__ double mean_squared_residual(double squaredNorm, double hc, double kg,
                                                        double entries, double least) {
    double error = squaredNorm - 2.0 * hc + kg;
    // below 0 by rounding; what is not finite stays, and is not 0 less itself
    if (error < 0.0 && error - error == 0.0) error = 0.0;
    const double mean = error / entries;
    return mean < least ? least : mean;
}

// The last block to get here adds up the parts of ⟨K, G⟩, in order, and advances the counters, which
// all others have read by then.
__device__ __forceinline__ void finish_update(const UpdateArguments& u, uint32_t updates,
                                              int gramBlocks) {
    __syncthreads();
    if (threadIdx.x >= 32) return;
    bool last = false;
    if (threadIdx.x == 0) {
        __threadfence();
        last = atomicAdd(u.counters + kCounterTicket, 1u) == gridDim.x - 1;
        __threadfence();
    }
    if (!__any_sync(kFullWarp, last)) return;
    __syncwarp();  // after what thread 0 has seen
    const double kg = gram_product(u, gramBlocks);
    if (threadIdx.x == 0) {
        loss_entry(u, updates)[2] = kg;
        ++u.counters[kCounterStep];
        ++u.counters[kCounterOptimiser];
        atomicExch(u.counters + kCounterTicket, 0u);  // as it was written, by an atomic
    }
}

}  // namespace paenmf

// scales: 2r, by how much a gd step of each head shrinks so that its norm, bias included, stays
// within the clip. q: m × 3r4. Launch: ⌈2r/8⌉ blocks of 1024 threads.
extern "C" __global__ void __launch_bounds__(1024)
head_norms(const float* __restrict__ q, const double* __restrict__ partials, int partialRows,
           int features, int rank, UpdateConstants c, float* __restrict__ scales) {
    using namespace paenmf;
    __shared__ double scratch[32 * kSumColumns];
    const int column = blockIdx.x * kSumColumns + threadIdx.x % kSumColumns;
    const bool exists = column < 2 * rank;
    const int width = part_width(rank);
    const int stacked = column < rank ? column : width + column - rank;  // where the parts have it
    const double squares = column_sum(features, exists, scratch, [&](int feature) {
        const double gradient =
            static_cast<double>(q[static_cast<size_t>(feature) * 3 * width + stacked]) *
            c.encoderGradientScale;
        return gradient * gradient;
    });
    __syncthreads();
    const double sum = column_sum(partialRows, exists, scratch, [&](int row) {
        return partials[static_cast<size_t>(row) * (2 * rank + 2) + column];
    });
    const double bias = sum * c.inverseRows * c.biasRate;
    if (threadIdx.x < kSumColumns && exists) {
        const double rate = c.encoderRate;
        const double norm = sqrt(squares * rate * rate + bias * bias);
        scales[column] = static_cast<float>(at_most(c.stepClip / norm, 1.0));
    }
}

// σ² where it is learned, after update_project: the mean squared residual of the step's entries, of
// which a mini-batch moves it by (1 + t)^−0.55 (PaeVariance.java). Leaves it in the ring, too.
// squaredNorm: ‖V‖² of the step's rows. Launch: one thread.
extern "C" __global__ void update_variance(const double* __restrict__ squaredNorm,
                                           const unsigned int* __restrict__ counters,
                                           double* __restrict__ losses, int ringSize,
                                           double entries, int miniBatches, double least,
                                           double* __restrict__ variance) {
    using namespace paenmf;
    const unsigned updates = counters[kCounterOptimiser] - 1u;  // before the one that has just been
    double* loss = losses + static_cast<size_t>(updates % ringSize) * kLosses;
    const double best = mean_squared_residual(*squaredNorm, loss[1], loss[2], entries, least);
    const double rate = miniBatches && updates > 0 ? pow(1.0 + updates, -0.55) : 1.0;
    *variance = (1.0 - rate) * *variance + rate * best;
    loss[3] = *variance;
}

extern __shared__ float dynamic_smem[];

// w, q, means, squares: m × 3r4 on 16 bytes, [λ | k | Wf] parts side by side; means and squares: adam's
// moments, null for gd. k = HᵀH, g = WfᵀWf: r × r. biases: 2r; biasMoments: 2 × 2r (adam). partials: of
// weibull_step. scales: of head_norms (gd). decoderRates: m. counters: above. losses: a ring of
// ringSize × [Σ KL | ⟨H, C⟩ | ⟨K, G⟩ | σ²], entry (updates before this one) mod ringSize; σ² is left
// to update_variance. gramSums: ⌈(2r + 2)/8⌉, for parts of ⟨K, G⟩. variance: σ² where it is learned,
// else null. hiddenWidth: 0; or h, where w, q, means and squares are m × (h + r4), [first hidden layer | Wf], and
// update_layer has the first; biases are those of the heads still.
// Launch: row_tile.cuh, r ≤ 4·blockDim.x; tileBlocks blocks for the weights and ⌈(2r + 2)/8⌉ more
// for the rest; panelRows: r or more, or a multiple of 4. Shared memory:
// 4·(2·tileRows + min(panelRows, r4))·r4 bytes.
extern "C" __global__ void __maxnreg__(96)
update_project(UpdateArguments u, UpdateConstants c, int panelRows, int tileBlocks) {
    using namespace paenmf;
    const uint32_t updates = u.counters[kCounterOptimiser];
    const int block = blockIdx.x;
    if (block < tileBlocks) {
        const RowTile tile(u.rank);
        const int tileFloats = tile.tileRows * tile.paddedRank;
        float* panel = dynamic_smem + 2 * tileFloats;
        if (panelRows >= u.rank) load_panel(panel, u.k, tile, 0, tile.paddedRank);
        int buffer = 0;
        for (int first = block * tile.tileRows; first < u.features;
             first += tileBlocks * tile.tileRows) {
            const int feature = first + tile.tileRow;
            const bool active = tile.active() && feature < u.features;
            float* tileRows = dynamic_smem + buffer;
            buffer = tileFloats - buffer;
            float* products = dynamic_smem + buffer;
            float decoder[kWidth] = {};
            if (active) {
                const size_t at =
                    static_cast<size_t>(feature + 1) * stacked_width(u) - tile.paddedRank + tile.column;
                load_group(decoder, u.w + at);
            }
            if (tile.active()) {
                store_group(tileRows + tile.tileRow * tile.paddedRank + tile.column, decoder);
            }
            float product[kWidth];
            multiply_tile(product, tile, tileRows, products, panel, u.k, panelRows);
            if (active) {
                update_group(u, c, updates, feature, tile.column, tile.count, product);
            }
        }
    } else {
        update_columns(u, c, updates, block - tileBlocks, gridDim.x - tileBlocks);
    }
    finish_update(u, updates, gridDim.x - tileBlocks);
}

// The same for more components than a block can hold: a block takes one feature at a time, with its
// row of Wf in shared memory and K read from global memory. Launch: tileBlocks + ⌈(2r + 2)/8⌉
// blocks of a multiple of 32 threads; shared memory: 4·r bytes.
extern "C" __global__ void __maxnreg__(96)
update_project_wide(UpdateArguments u, UpdateConstants c, int tileBlocks) {
    using namespace paenmf;
    const uint32_t updates = u.counters[kCounterOptimiser];
    const int block = blockIdx.x;
    if (block < tileBlocks) {
        for (int feature = block; feature < u.features; feature += tileBlocks) {
            const float* decoder =
                u.w + static_cast<size_t>(feature + 1) * stacked_width(u) - part_width(u.rank);
            for (int j = threadIdx.x; j < u.rank; j += blockDim.x) dynamic_smem[j] = decoder[j];
            __syncthreads();
            for (int j = threadIdx.x * kWidth; j < u.rank; j += blockDim.x * kWidth) {
                const int count = min(kWidth, u.rank - j);
                float product[kWidth] = {};
                for (int l = 0; l < u.rank; ++l) {
                    float kRow[kWidth];
                    load_group(kRow, u.k + static_cast<size_t>(l) * u.rank + j, false, count);
#pragma unroll
                    for (int i = 0; i < kWidth; ++i) product[i] += dynamic_smem[l] * kRow[i];
                }
                update_group(u, c, updates, feature, j, count, product);
            }
            __syncthreads();
        }
    } else {
        update_columns(u, c, updates, block - tileBlocks, gridDim.x - tileBlocks);
    }
    finish_update(u, updates, gridDim.x - tileBlocks);
}
