// A step of data so small that launches and latency are most of it, in two kernels: no products by cuBLAS, and Q, once
// summed up, stays with the block that updates from it. A block owns a slice of the features. It makes their Q = VᵀS,
// updates their weights, and goes on to their share of the next step's P = V·W and G = WfᵀWf, which the blocks of the row
// stage add up, slice after slice. So all sums have an order that depends on the launch shapes alone.
//
// r4 is r rounded up to a multiple of 4. P and S have columns [λ | k | Wf or H] of r4 each, 0 beyond r.
#include "include/philox.cuh"
#include "include/reduce.cuh"
#include "include/row_tile.cuh"
#include "include/slices.cuh"
#include "include/weibull.cuh"

namespace paenmf {

constexpr int kStackedParts = 3;  // of λ, of k, and of Wf or H

// What the row stage reads and writes; see sliced_rows.
struct RowStage {
    const float* projections;
    int slices;
    const float* biases;
    int rows;
    int rank;
    int rowsPerBlock;
    int lanes;
    float* s;
    float* seconds;
    double* partials;
};

// The row stage of block `block` of the rows. `gram` is shared memory: G, which may have been written just before, and
// 3·rowsPerBlock·r4 floats for this after it.
__device__ __forceinline__ void row_stage(const RowStage& stage, const WeibullConstants& c,
                                          float inverseVariance, uint64_t seed, uint32_t step,
                                          int block, float* gram) {
    const auto [projections, slices, biases, rows, rank, rowsPerBlock, lanes, s, seconds, partials] =
        stage;
    const int paddedRank = part_width(rank);
    float* tile = gram + rank * paddedRank;              // H, rowsPerBlock × r4
    float* gradients = tile + rowsPerBlock * paddedRank;  // rowsPerBlock × [dAλ | dAk]

    const auto [tileRow, row, column, lane, active, writes] =
        TilePlace(block, rows, rank, rowsPerBlock, lanes);
    const size_t sliceStride = static_cast<size_t>(rows) * 3 * paddedRank;
    const float* p = projections + (active ? static_cast<size_t>(row) * 3 * paddedRank + column : 0);
    float sums[3];
#pragma unroll
    for (int part = 0; part < 3; ++part) {
        sums[part] = sum_of_slices(p + part * paddedRank, sliceStride, active ? slices : 0, lane, lanes);
    }

    float h = 0.0f, kl = 0.0f, slopeLambda = 0.0f, slopeK = 0.0f;
    float klByLambda = 0.0f, klByK = 0.0f;
    if (active) {
        float logE = c.logE;
        if (c.sampled) {
            const uint4 words = philox_words(seed, row, column / kWidth, step, kPurposeTraining);
            const int q = lane & 3;
            logE = log_e(to_uniform(q == 0 ? words.x : q == 1 ? words.y : q == 2 ? words.z : words.w));
        }
        const Heads heads = weibull_heads(c, c.encoderScale * sums[0] + biases[column],
                                          c.encoderScale * sums[1] + biases[rank + column]);
        const float inverseK = reciprocal(heads.k);
        const Sample sample = weibull_sample(heads.lambda, inverseK, logE);
        const Divergence divergence = weibull_kl(c, heads.lambda, heads.k, inverseK, kl);
        h = sample.h;
        slopeLambda = sample.byLambda * heads.slopeLambda;
        slopeK = sample.byK * heads.slopeK;
        klByLambda = c.klWeight * divergence.byLambda * heads.slopeLambda;
        klByK = c.klWeight * divergence.byK * heads.slopeK;
    }
    if (lane < kWidth && tileRow < rowsPerBlock) tile[tileRow * paddedRank + column] = h;
    __syncthreads();

    double klSum = 0.0, hcSum = 0.0;
    if (writes) {
        float hg = 0.0f;
        for (int l = 0; l < rank; ++l) hg += tile[tileRow * paddedRank + l] * gram[l * paddedRank + column];
        const float decoded = sums[2] * c.inverseDataScale;  // C in units of the scaled data
        const float dH = (hg - decoded) * inverseVariance;
        const float dLambda = dH * slopeLambda + klByLambda;
        const float dK = dH * slopeK + klByK;
        float* to = s + static_cast<size_t>(row) * 3 * paddedRank + column;
        to[0] = dLambda;
        to[paddedRank] = dK;
        to[2 * paddedRank] = h;
        gradients[tileRow * 2 * paddedRank + column] = dLambda;
        gradients[(tileRow * 2 + 1) * paddedRank + column] = dK;
        klSum = kl;
        hcSum = h * decoded;
    }
    __syncthreads();
    const int here = min(rowsPerBlock, rows - block * rowsPerBlock);
    double* sumsOfRows = partials + static_cast<size_t>(block) * (2 * rank + 2);
    for (int j = threadIdx.x; j < 2 * rank; j += blockDim.x) {
        const float* from = gradients + (j < rank ? j : paddedRank + j - rank);
        double sum = 0.0;
        for (int i = 0; i < here; ++i) sum += from[i * 2 * paddedRank];
        sumsOfRows[j] = sum;
    }
    write_second_moments(tile, paddedRank, here, rank, seconds + static_cast<size_t>(block) * rank * rank);
    write_scalar_sums(klSum, hcSum, sumsOfRows, rank, false);
}

// The weights of a slice by its Q and K = `k`, r × r4 in shared memory, as `weights` are, which have those before.
__device__ __forceinline__ void update_slice(const Slice& slice, const UpdateArguments& u,
                                             const UpdateConstants& c, uint32_t updates,
                                             const float* k, const float* weights) {
    const int groups = slice.paddedRank / kWidth;
    for (int e = threadIdx.x; e < slice.count * groups; e += blockDim.x) {
        const int feature = e / groups;
        const int column = (e - feature * groups) * kWidth;
        const float* decoder = weights + feature * slice.columns + 2 * slice.paddedRank;
        float product[kWidth] = {};
        for (int l = 0; l < u.rank; ++l) {
            float kRow[kWidth];
            load_group(kRow, k + l * slice.paddedRank + column);
#pragma unroll
            for (int i = 0; i < kWidth; ++i) product[i] += decoder[l] * kRow[i];
        }
        update_group(u, c, updates, slice.first + feature, column, min(kWidth, u.rank - column),
                     product);
    }
}

// The biases and losses, by block `block` of those that have no slice. k, r × r4, and dense, r × r, are shared memory.
__device__ __forceinline__ void update_others(const UpdateArguments& u, const UpdateConstants& c,
                                              uint32_t updates, const float* seconds, float* k,
                                              float* dense, int block, int blocks) {
    sum_matrices(seconds, u.partialRows, u.rank, part_width(u.rank), k, dense);
    __syncthreads();
    UpdateArguments here = u;
    here.k = dense;
    update_columns(here, c, updates, block, blocks);
}

}  // namespace paenmf

extern __shared__ float dynamic_smem[];

// P and G of parameters that no sliced_update has left. v: rows × stride, m of it used. w: m × 3r4. projections: slices ×
// rows × 3r4. grams: slices × r × r. Launch: ⌈m/perSlice⌉ blocks; shared memory: 4·perSlice·3r4 bytes.
extern "C" __global__ void __maxnreg__(96)
sliced_project(const float* __restrict__ v, int stride, int rows, int features, int perSlice,
               int rank, const float* w, float* projections, float* grams) {
    using namespace paenmf;
    const Slice slice(features, perSlice, rank, kStackedParts);
    load_weights(slice, w, dynamic_smem);
    __syncthreads();
    project_slice(slice, v, stride, rows, dynamic_smem, projections, grams);
}

// The row stage: P → S as in weibull_step, from the slices' shares of P and G. A row has r4/4 groups of `lanes` threads,
// 4 to 32 and a power of two; of each, every fourth has the same component, and adds up other slices.
// s: rows × 3r4. seconds: blocks × r × r, each HᵀH of its rows. partials: blocks × (2r + 2), as in weibull_step. g: r × r,
// receives G. step: one value. variance: σ² where it is learned, else null. Launch: ⌈rows/rowsPerBlock⌉ blocks of
// rowsPerBlock·(r4/4)·lanes threads, rounded up to a multiple of 32; shared memory: 4·(r + 3·rowsPerBlock)·r4 bytes.
extern "C" __global__ void __maxnreg__(96)
sliced_rows(const float* __restrict__ projections, const float* __restrict__ grams, int slices,
            const float* __restrict__ biases, int rows, int rank, int rowsPerBlock, int lanes,
            WeibullConstants c, unsigned long long seed, const unsigned int* __restrict__ step,
            float* s, float* seconds, double* partials, float* g,
            const double* __restrict__ variance) {
    using namespace paenmf;
    sum_matrices(grams, slices, rank, part_width(rank), dynamic_smem, blockIdx.x == 0 ? g : nullptr);
    row_stage({projections, slices, biases, rows, rank, rowsPerBlock, lanes, s, seconds, partials}, c,
              inverse_variance(c, variance), seed, *step, blockIdx.x, dynamic_smem);
}

// Q = VᵀS, the update of a slice's weights by it, and the slice's share of the next step's P and G; more blocks have
// the biases and losses. u as in update_project, of adam: q receives Q, k is not used; partials and `seconds` are those of
// sliced_rows, of as many blocks as the partials have rows. Launch: ⌈m/perSlice⌉ blocks and ⌈(2r + 2)/8⌉ more, of at least
// perSlice·3r4/4 threads, r² or more; shared memory: 4·(r·r4 + perSlice·3r4 + 4·threads) bytes.
extern "C" __global__ void __maxnreg__(96)
sliced_update(UpdateArguments u, UpdateConstants c, const float* __restrict__ v, int stride,
              int rows, int perSlice, const float* __restrict__ s,
              const float* __restrict__ seconds, float* projections, float* grams) {
    using namespace paenmf;
    const uint32_t updates = u.counters[kCounterOptimiser];
    const Slice slice(u.features, perSlice, u.rank, kStackedParts);
    float* k = dynamic_smem;                             // r × r4
    float* weights = k + u.rank * slice.paddedRank;      // perSlice × 3r4
    float* scratch = weights + perSlice * slice.columns;  // 4 a thread
    const int slices = (u.features - 1) / perSlice + 1;
    const int serviceBlock = static_cast<int>(blockIdx.x) - slices;
    const int serviceBlocks = gridDim.x - slices;
    if (serviceBlock >= 0) {
        update_others(u, c, updates, seconds, k, scratch, serviceBlock, serviceBlocks);
    } else {
        sum_matrices(seconds, u.partialRows, u.rank, slice.paddedRank, k, nullptr);
        load_weights(slice, u.w, weights);
        accumulate_slice(slice, v, stride, rows, s, scratch, const_cast<float*>(u.q));
        __syncthreads();
        update_slice(slice, u, c, updates, k, weights);
        __syncthreads();
        load_weights(slice, u.w, weights);
        __syncthreads();
        project_slice(slice, v, stride, rows, weights, projections, grams);
    }
    finish_update(u, updates, serviceBlocks);
}
