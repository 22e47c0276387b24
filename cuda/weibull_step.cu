// The fused stage P → S: bias, heads, noise, inverse CDF, KL (equations 3 and 4 of the paper),
// dH = (H·G − C)/σ², and back through sampling, KL and heads.
//
// Reads P once and writes S once; λ, k, ε, H·G and the gradients stay in registers. Sums over rows
// go to one row of `partials` for each block, in an order that depends on the launch shape alone.
#include "include/philox.cuh"
#include "include/reduce.cuh"
#include "include/row_tile.cuh"
#include "include/weibull.cuh"

namespace paenmf {

// What the backward pass of four components needs of the forward pass.
struct StepElements {
    float h[kWidth];
    float c[kWidth];  // C = V·Wf in units of the scaled data
    float hByLambda[kWidth], hByK[kWidth];
    float klByLambda[kWidth], klByK[kWidth];
    float kl;  // sum of the four
};

// `p` and `biases` point at the first of `count` components; the rest of the four become 0. All four go
// through each stage together, so that their chains of operations overlap: what differs between
// configurations is asked once for all of them. vectorised: of the biases.
__device__ __forceinline__ StepElements step_forward(const WeibullConstants& c, const float* p,
                                                     const float* biases, int rank, bool vectorised,
                                                     int count, uint64_t seed, uint64_t row,
                                                     uint32_t componentBlock, uint32_t step) {
    float aLambda[kWidth], aK[kWidth], wf[kWidth], bias[kWidth];
    load_group(aLambda, p);
    load_group(aK, p + part_width(rank));
    load_group(wf, p + 2 * part_width(rank));
    load_group(bias, biases, vectorised, count);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) aLambda[i] = c.encoderScale * aLambda[i] + bias[i];
    load_group(bias, biases + rank, vectorised, count);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) aK[i] = c.encoderScale * aK[i] + bias[i];
    float slopeLambda[kWidth] = {1.0f, 1.0f, 1.0f, 1.0f};
    float slopeK[kWidth] = {1.0f, 1.0f, 1.0f, 1.0f};
    if (c.softplus) {
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
            aLambda[i] = softplus_head(aLambda[i], slopeLambda[i]);
            aK[i] = softplus_head(aK[i], slopeK[i]);
        }
    }
    float logE[kWidth] = {c.logE, c.logE, c.logE, c.logE};
    if (c.sampled) {
        const uint4 words = philox_words(seed, row, componentBlock, step, kPurposeTraining);
        logE[0] = log_e(to_uniform(words.x));
        logE[1] = log_e(to_uniform(words.y));
        logE[2] = log_e(to_uniform(words.z));
        logE[3] = log_e(to_uniform(words.w));
    }
    float lambda[kWidth], k[kWidth], ratio[kWidth];
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
        const Heads heads = bounded_heads(c, aLambda[i], aK[i], slopeLambda[i], slopeK[i]);
        const bool exists = i < count;  // else KL is that of λ = k = 1, but for what is added below
        lambda[i] = exists ? heads.lambda : 1.0f;
        k[i] = exists ? heads.k : 1.0f;
        slopeLambda[i] = heads.slopeLambda;
        slopeK[i] = heads.slopeK;
    }
    StepElements e;
    e.kl = sum_of_logs(k);
    if (c.unitPrior) {
        e.kl -= sum_of_logs(lambda);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) ratio[i] = lambda[i];
    } else {
#pragma unroll
        for (int i = 0; i < kWidth; ++i) {
            const float logLambda = log_normal(lambda[i]);
            e.kl -= c.k0 * logLambda;
            ratio[i] = power_of_scale(c, logLambda);
        }
    }
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
        const bool exists = i < count;
        const float inverseK = reciprocal(k[i]);
        const Sample sample = weibull_sample(lambda[i], inverseK, logE[i]);
        const Divergence divergence = weibull_divergence(c, lambda[i], inverseK, ratio[i]);
        e.h[i] = exists ? sample.h : 0.0f;
        e.c[i] = wf[i] * c.inverseDataScale;
        e.hByLambda[i] = sample.byLambda * slopeLambda[i];
        e.hByK[i] = sample.byK * slopeK[i];
        e.klByLambda[i] = c.klWeight * divergence.byLambda * slopeLambda[i];
        e.klByK[i] = c.klWeight * divergence.byK * slopeK[i];
        e.kl += exists ? divergence.withoutLogs : 0.0f;
    }
    return e;
}

// Writes S of four components, `count` of which exist, the H part only if `writeH`; returns their ⟨H, C⟩.
__device__ __forceinline__ float step_backward(const StepElements& e,
                                              const float (&hg)[kWidth], float* s, int rank,
                                              int count, bool writeH, float inverseVariance,
                                              float (&dLambda)[kWidth], float (&dK)[kWidth]) {
    float product = 0.0f;
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
        const float dH = (hg[i] - e.c[i]) * inverseVariance;
        const bool exists = i < count;
        dLambda[i] = exists ? dH * e.hByLambda[i] + e.klByLambda[i] : 0.0f;
        dK[i] = exists ? dH * e.hByK[i] + e.klByK[i] : 0.0f;
        product += e.h[i] * e.c[i];
    }
    store_group(s, dLambda);
    store_group(s + part_width(rank), dK);
    if (writeH) store_group(s + 2 * part_width(rank), e.h);
    return product;
}

// 1/σ²: of the constants, or where it is learned what the last update has left.
__device__ __forceinline__ float inverse_variance(const WeibullConstants& c,
                                                  const double* variance) {
    return variance == nullptr ? c.inverseVariance : static_cast<float>(1.0 / *variance);
}

// By which the noise of a row goes: its id, or where there are none its index in the data, which is
// that of the order, or where there is none firstRow + row.
__device__ __forceinline__ uint64_t noise_id(const unsigned long long* ids, const int* order,
                                             long long firstRow, long long row) {
    return ids ? ids[row] : order ? order[row] : firstRow + row;
}

// KL and ⟨H, C⟩ of a block to columns 2r and 2r + 1 of its row of partials.
__device__ __forceinline__ void write_scalar_sums(double kl, double hc, double* partials, int rank,
                                                  bool accumulate) {
    __shared__ double scratch[2][32];
    kl = block_sum(kl, scratch[0]);
    hc = block_sum(hc, scratch[1]);
    if (threadIdx.x == 0) {
        double* to = partials + 2 * rank;
        to[0] = accumulate ? to[0] + kl : kl;
        to[1] = accumulate ? to[1] + hc : hc;
    }
}

}  // namespace paenmf

extern __shared__ float dynamic_smem[];

// p, s: rows × 3r4 on 16 bytes. biases: [bλ | bk], 2r. g: r × r. ids, order: by which the noise of each row goes, see noise_id.
// step: one value, in device memory, since a replayed graph keeps its arguments.
// partials: gridDim.x × (2r + 2) = [Σ dAλ | Σ dAk | Σ KL | ⟨H, C⟩] of each block's rows, added to
// what is there if `accumulate`. variance: σ² where it is learned, else null. Launch: row_tile.cuh, r ≤ 4·blockDim.x; panelRows: r or more, or a
// multiple of 4. Shared memory: 4·(4·tileRows + min(panelRows, r4))·r4 bytes.
extern "C" __global__ void __maxnreg__(96)
weibull_step(const float* __restrict__ p, float* __restrict__ s, const float* __restrict__ biases,
             const float* __restrict__ g, const unsigned long long* __restrict__ ids,
             const int* __restrict__ order, long long firstRow, int rows, int rank, int panelRows,
             WeibullConstants c, unsigned long long seed, const unsigned int* __restrict__ step,
             int accumulate, double* __restrict__ partials, const double* __restrict__ variance) {
    using namespace paenmf;
    const float inverseVariance = inverse_variance(c, variance);
    const RowTile tile(rank);
    const bool vectorised = is_vectorised(biases, rank);
    // Shared memory: bias gradients of this thread's components over its rows (in registers they
    // would cost warps), two buffers for a tile's rows of H, and G.
    const int tileFloats = tile.tileRows * tile.paddedRank;
    float* biasSums = dynamic_smem + tile.tileRow * 2 * tile.paddedRank + tile.column;
    float* tileBuffers = dynamic_smem + 2 * tileFloats;
    float* panel = dynamic_smem + 4 * tileFloats;
    if (panelRows >= rank) load_panel(panel, g, tile, 0, tile.paddedRank);
    const float zeros[kWidth] = {};
    if (tile.active()) {
        store_group(biasSums, zeros);
        store_group(biasSums + tile.paddedRank, zeros);
    }
    double kl = 0.0, hc = 0.0;
    int buffer = 0;
    // Every thread goes through all tiles of its block, since they meet at barriers.
    for (unsigned first = blockIdx.x * tile.tileRows; first < static_cast<unsigned>(rows);
         first += gridDim.x * tile.tileRows) {
        const unsigned row = first + tile.tileRow;
        const bool active = tile.active() && row < static_cast<unsigned>(rows);
        const size_t at = static_cast<size_t>(row) * 3 * tile.paddedRank + tile.column;
        float* tileRows = tileBuffers + buffer;
        buffer = tileFloats - buffer;
        float* products = tileBuffers + buffer;
        StepElements e = {};
        if (active) {
            const uint64_t id = noise_id(ids, order, firstRow, row);
            e = step_forward(c, p + at, biases + tile.column, rank, vectorised, tile.count, seed,
                             id, tile.column / kWidth, *step);
            kl += e.kl;
        }
        if (tile.active()) {
            store_group(tileRows + tile.tileRow * tile.paddedRank + tile.column, e.h);
        }
        float hg[kWidth];
        multiply_tile(hg, tile, tileRows, products, panel, g, panelRows);
        if (active) {
            float dLambda[kWidth], dK[kWidth];
            hc += step_backward(e, hg, s + at, rank, tile.count, true, inverseVariance, dLambda, dK);
            add_group(biasSums, dLambda);
            add_group(biasSums + tile.paddedRank, dK);
        }
    }

    // Bias gradients: over the rows of the tile pairwise.
    int width = tile.tileRows;
    while (width > 1) {
        const int half = (width + 1) / 2;
        __syncthreads();
        if (tile.tileRow < width - half) {
            float other[kWidth];
            const float* from = biasSums + half * 2 * tile.paddedRank;
            load_group(other, from);
            add_group(biasSums, other);
            load_group(other, from + tile.paddedRank);
            add_group(biasSums + tile.paddedRank, other);
        }
        width = half;
    }
    __syncthreads();
    double* to = partials + static_cast<size_t>(blockIdx.x) * (2 * rank + 2);
    for (int j = threadIdx.x; j < 2 * rank; j += blockDim.x) {
        const double sum = dynamic_smem[j < rank ? j : tile.paddedRank + j - rank];
        to[j] = accumulate ? to[j] + sum : sum;
    }
    write_scalar_sums(kl, hc, to, rank, accumulate);
}

// The same for a row of more components than a block can hold: a block goes through its rows one by
// one and computes the forward pass twice, with H in between in S, so that nothing is bound by the
// rank. Slow, since G is read from global memory for each row. Launch: any grid, blockDim.x a
// multiple of 32.
extern "C" __global__ void __maxnreg__(96)
weibull_step_wide(const float* __restrict__ p, float* s, const float* __restrict__ biases,
                  const float* __restrict__ g, const unsigned long long* __restrict__ ids,
                  const int* __restrict__ order, long long firstRow, int rows, int rank,
                  WeibullConstants c, unsigned long long seed, const unsigned int* __restrict__ step,
                  int accumulate, double* partials, const double* __restrict__ variance) {
    using namespace paenmf;
    const float inverseVariance = inverse_variance(c, variance);
    double* to = partials + static_cast<size_t>(blockIdx.x) * (2 * rank + 2);
    if (!accumulate) {
        for (int j = threadIdx.x; j < 2 * rank; j += blockDim.x) to[j] = 0.0;
        __syncthreads();
    }
    double kl = 0.0, hc = 0.0;
    for (long long row = blockIdx.x; row < rows; row += gridDim.x) {
        const uint64_t id = noise_id(ids, order, firstRow, row);
        const size_t at = static_cast<size_t>(row) * 3 * part_width(rank);
        float* h = s + at + 2 * part_width(rank);
        for (int j = threadIdx.x * kWidth; j < rank; j += blockDim.x * kWidth) {
            const int count = min(kWidth, rank - j);
            const StepElements e = step_forward(c, p + at + j, biases + j, rank, false, count, seed,
                                                id, j / kWidth, *step);
            store_group(h + j, e.h);
        }
        __syncthreads();
        for (int j = threadIdx.x * kWidth; j < rank; j += blockDim.x * kWidth) {
            const int count = min(kWidth, rank - j);
            const StepElements e = step_forward(c, p + at + j, biases + j, rank, false, count, seed,
                                                id, j / kWidth, *step);
            float hg[kWidth] = {};
            for (int l = 0; l < rank; ++l) {
                float gRow[kWidth];
                load_group(gRow, g + static_cast<size_t>(l) * rank + j, false, count);
#pragma unroll
                for (int i = 0; i < kWidth; ++i) hg[i] += h[l] * gRow[i];
            }
            float dLambda[kWidth], dK[kWidth];
            hc += step_backward(e, hg, s + at + j, rank, count, false, inverseVariance, dLambda, dK);
            kl += e.kl;
            for (int i = 0; i < count; ++i) {
                to[j + i] += dLambda[i];
                to[rank + j + i] += dK[i];
            }
        }
        __syncthreads();
    }
    write_scalar_sums(kl, hc, to, rank, accumulate);
}
