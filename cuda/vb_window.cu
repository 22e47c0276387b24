// Many epochs of variational NMF over small data in one cooperative launch, cut as those of HALS are in hals_window.cu, of
// parts of posterior_sweep.cu and variational.cu. Beside what blocks exchange there, slices and row blocks leave the sums
// of their sweeps. Each block makes σ² and the priors of them for itself: all have the same, and need no third barrier.
#include "include/grid_barrier.cuh"
#include "include/reduce.cuh"
#include "include/row_tile.cuh"
#include "include/slices.cuh"
#include "include/weibull_posterior.cuh"

namespace paenmf {

constexpr int kSumLanes = 8;  // threads that add up one sum of posteriors

// target, in shared memory, = the sum of `count` rows of `stride` values, of each the first `columns`. All threads of the
// block call it; a barrier must follow.
__device__ __forceinline__ void sum_rows(const double* rows, int count, int stride, int columns,
                                         double* target) {
    const int lane = threadIdx.x % kSumLanes;
    const int atOnce = blockDim.x / kSumLanes;
    for (int base = 0; base < columns; base += atOnce) {  // all threads go round equally often
        const int column = base + threadIdx.x / kSumLanes;
        const bool exists = column < columns;
        const double sum = strided_sum<double>(rows + (exists ? column : 0), stride,
                                               exists ? count : 0, lane, kSumLanes);
        if (lane == 0 && exists) target[column] = sum;
    }
}

// Posteriors of some rows of a factor in shared memory, each at factor_stride.
struct PosteriorRows {
    float* mean;
    float* variance;
    float* inclusion;
};

// The sweep over `count` rows, a thread each, and what it sums up, to `sums`, 3r + 2, as posterior_sweep has it. gram: second
// moments of the other factor, r × r4; numerators: rows of numeratorStride, times `scale`; parameters: as in posterior_sweep;
// components: scratch, r. All in shared memory but `sums`, and what was written there behind a barrier.
__device__ __forceinline__ void sweep_rows(const PosteriorRows& x, int count, int rank,
                                           const float* numerators, int numeratorStride, float scale,
                                           const float* gram, const float* parameters,
                                           PosteriorComponent* components, double* sums) {
    const int stride = factor_stride(rank);
    const int paddedRank = part_width(rank);
    const int thread = static_cast<int>(threadIdx.x);
    const bool pointMass = parameters[1 + 2 * rank] != 0.0f;
    if (thread < rank) {
        components[thread] = posterior_component(parameters, rank, thread,
                                                 gram[thread * paddedRank + thread], pointMass);
    }
    __syncthreads();
    double kl = 0.0, inner = 0.0;
    if (thread < count) {
        const int own = thread * stride;
        const float* n = numerators + thread * numeratorStride;
        sweep_row(
            x.mean + own, gram, paddedRank, rank, components, pointMass,
            [&](int j) { return scale * n[j]; },
            [&](int j, float numerator, const PosteriorMoments& m) {
                x.variance[own + j] = m.variance;
                x.inclusion[own + j] = m.inclusion;
                kl += m.kl;
                inner += static_cast<double>(m.mean) * numerator;
            });
    }
    __syncthreads();
    const int lane = thread % kSumLanes;
    const int column = thread / kSumLanes;  // 3r of them are no more than the threads are for
    const int part = column / rank;
    const float* from = part == 0 ? x.variance : part == 1 ? x.inclusion : x.mean;
    const bool exists = column < 3 * rank;
    const double sum = strided_sum<double>(from + (exists ? column - part * rank : 0), stride,
                                           exists ? count : 0, lane, kSumLanes);
    if (lane == 0 && exists) sums[column] = sum;
    write_posterior_sums(kl, inner, sums, rank);
}

// Where rows and shares of sums are; see vb_window.
struct VbRows {
    const float* projections;
    int slices;
    float scale;
    int rows;
    int rank;
    int rowsPerBlock;
    int lanes;
    float* h;
    float* s;
    float* seconds;
    double* sums;
};

// The row stage of block `block` of the rows: the posteriors of their H, and their shares of K and of the sums. gram: second
// moments of W; tile: 4·rowsPerBlock rows of factor_stride floats.
__device__ __forceinline__ void vb_rows(const VbRows& stage, int block, const float* gram,
                                        const float* parameters, PosteriorComponent* components,
                                        float* tile) {
    const auto [projections, slices, scale, rows, rank, rowsPerBlock, lanes, h, s, seconds, sums] = stage;
    const int paddedRank = part_width(rank);
    const int rowStride = factor_stride(rank);
    const int tileFloats = rowsPerBlock * rowStride;
    const PosteriorRows x{tile, tile + tileFloats, tile + 2 * tileFloats};
    float* numerators = tile + 3 * tileFloats;

    const auto [tileRow, row, column, lane, exists, writes] =
        TilePlace(block, rows, rank, rowsPerBlock, lanes);
    const size_t at = static_cast<size_t>(row) * rank + column;
    const float before = writes ? h[at] : 0.0f;
    const size_t sliceStride = static_cast<size_t>(rows) * paddedRank;
    const float* p = projections + (exists ? static_cast<size_t>(row) * paddedRank + column : 0);
    const float sum = sum_of_slices(p, sliceStride, exists ? slices : 0, lane, lanes);
    if (writes) {
        x.mean[tileRow * rowStride + column] = before;
        numerators[tileRow * rowStride + column] = sum;
    }
    __syncthreads();
    const int here = min(rowsPerBlock, rows - block * rowsPerBlock);
    sweep_rows(x, here, rank, numerators, rowStride, scale, gram, parameters, components,
               sums + static_cast<size_t>(block) * (3 * rank + 2));
    if (writes) {
        const float value = x.mean[tileRow * rowStride + column];
        h[at] = value;
        s[static_cast<size_t>(row) * paddedRank + column] = value;
    }
    write_second_moments(x.mean, rowStride, here, rank, seconds + static_cast<size_t>(block) * rank * rank);
}

// gram + diag(variances), r × r4 in shared memory, in place, as add_variances; a barrier before and after it.
__device__ __forceinline__ void add_diagonal(float* gram, int rank, int paddedRank,
                                             const double* variances) {
    const int j = static_cast<int>(threadIdx.x);
    if (j < rank) gram[j * paddedRank + j] += static_cast<float>(variances[j]);
}

}  // namespace paenmf

extern __shared__ float dynamic_smem[];

// `epochs` epochs of posterior_sweep over all rows, first of H, then of W, and of update_priors. v, scale, s, projections,
// grams, seconds, rowsPerBlock, lanes, counters, ringEntries: as in hals_window. w, variance, inclusion: m × r, posterior of W;
// h: n × r, means. wSums: 3r + 2, of the last sweep over W, and then of this launch's last. priors: 4r + 2, see variational.cu;
// ofH, ofW: 2r + 2, parameters of the sweeps, written. sums: (slices + row blocks + 1) × (3r + 2); scratch. squaredNorm: ‖V‖². ring: ringEntries × 2, the parts of −ELBO. The rest: as in update_priors. Launch: as
// hals_window. Shared memory: 8·(10r + 6) + 4·(2·(r + perSlice)·r4 + 2048 + 3·perSlice·(r | 1) + rows·(perSlice + 1) + 15r + 4)
// bytes.
extern "C" __global__ void __launch_bounds__(512)
vb_window(const float* __restrict__ v, int stride, int rows, int features, int perSlice, int rank,
          double scale, float* w, float* variance, float* inclusion, float* h, double* wSums,
          double* priors, float* ofH, float* ofW, int rowsPerBlock, int lanes, float* projections,
          float* grams, float* s, float* seconds, double* sums,
          const double* __restrict__ squaredNorm, unsigned int* counters, double* ring,
          int ringEntries, int learnSigma, int updatesWithoutZeros, double leastVariance,
          double leastMean, int epochs) {
    using namespace paenmf;
    __shared__ double scratchOfSum[2][32];
    const float factor = static_cast<float>(scale);
    const uint32_t updates = counters[kCounterOptimiser];
    const int slices = gridDim.x;
    const int rowBlocks = (rows - 1) / rowsPerBlock + 1;
    const bool reports = blockIdx.x == gridDim.x - 1;  // which has no rows where there are few
    const int sumCount = 3 * rank + 2;
    const int parameterCount = 2 * rank + 2;
    double* sliceSums = sums;
    double* rowSums = sliceSums + static_cast<size_t>(slices) * sumCount;
    double* hSums = rowSums + static_cast<size_t>(rowBlocks) * sumCount;  // rowSums added up, and ‖V‖²
    const Slice slice(features, perSlice, rank, 1);
    Slice own = slice;
    own.first = 0;
    const int matrix = rank * slice.paddedRank;
    const int sliceFloats = perSlice * factor_stride(rank);
    double* ownPriors = reinterpret_cast<double*>(dynamic_smem);     // 4r + 2, and so the following: 16 bytes
    double* ofRows = ownPriors + 4 * rank + 2;                       // sums of the sweep over H
    double* ofSlices = ofRows + sumCount;                            // and over W
    float* k = reinterpret_cast<float*>(ofSlices + sumCount);        // E[HᵀH], r × r4
    float* gram = k + matrix;                                        // E[WᵀW], r × r4
    float* weights = gram + matrix;                                  // perSlice × r4, W as project_slice takes it
    float* ownQ = weights + perSlice * slice.paddedRank;             // perSlice × r4
    float* scratch = ownQ + perSlice * slice.paddedRank;             // 4 a thread; the rows' in the row stage
    const PosteriorRows ownW{scratch + kWidth * blockDim.x, scratch + kWidth * blockDim.x + sliceFloats,
                             scratch + kWidth * blockDim.x + 2 * sliceFloats};
    float* ownV = ownW.inclusion + sliceFloats;                      // rows × data_stride
    float* parametersOfH = ownV + rows * data_stride(perSlice);
    float* parametersOfW = parametersOfH + parameterCount;
    auto* components = reinterpret_cast<PosteriorComponent*>(parametersOfW + parameterCount);  // r
    const VbRows rowStage{projections, slices, factor, rows, rank, rowsPerBlock, lanes, h, s, seconds,
                          rowSums};
    const PriorsUpdate step{rank,
                            static_cast<double>(rows),
                            static_cast<double>(features),
                            learnSigma != 0,
                            updatesWithoutZeros,
                            leastVariance,
                            leastMean};
    const auto makeParameters = [&] {
        const int first = static_cast<int>(threadIdx.x);
        const int all = static_cast<int>(blockDim.x);
        write_parameters(parametersOfH, ownPriors, ownPriors + 2 + 3 * rank, ownPriors + 2, rank, first,
                         all);
        write_parameters(parametersOfW, ownPriors, ownPriors + 2 + rank, ownPriors + 2 + 2 * rank, rank,
                         first, all);
    };

    load_data(slice, v, stride, rows, perSlice, ownV);
    load_factor(slice, w, weights, ownW.mean);
    for (int i = threadIdx.x; i < 4 * rank + 2; i += blockDim.x) ownPriors[i] = priors[i];
    for (int i = threadIdx.x; i < sumCount; i += blockDim.x) ofSlices[i] = wSums[i];
    __syncthreads();
    makeParameters();
    project_slice(own, ownV, data_stride(perSlice), rows, weights, projections, grams);
    grid_barrier(counters + kCounterTicket);
    sum_matrices(grams, slices, rank, slice.paddedRank, gram, nullptr);
    __syncthreads();
    add_diagonal(gram, rank, slice.paddedRank, ofSlices);
    __syncthreads();

    for (int i = 0; i < epochs; ++i) {
        for (int block = blockIdx.x; block < rowBlocks; block += gridDim.x) {
            vb_rows(rowStage, block, gram, parametersOfH, components, scratch);
            __syncthreads();
        }
        grid_barrier(counters + kCounterTicket);

        sum_matrices(seconds, rowBlocks, rank, slice.paddedRank, k, nullptr);
        sum_rows(rowSums, rowBlocks, sumCount, reports ? sumCount : rank, ofRows);
        accumulate_slice(own, ownV, data_stride(perSlice), rows, s, scratch, ownQ);
        __syncthreads();
        add_diagonal(k, rank, slice.paddedRank, ofRows);
        __syncthreads();
        sweep_rows(ownW, slice.count, rank, ownQ, slice.paddedRank, factor, k, parametersOfW,
                   components, sliceSums + static_cast<size_t>(blockIdx.x) * sumCount);
        if (static_cast<int>(threadIdx.x) < slice.count) {
            const float* mean = ownW.mean + threadIdx.x * factor_stride(rank);
            for (int j = 0; j < rank; ++j) weights[threadIdx.x * slice.paddedRank + j] = mean[j];
        }
        if (reports) {
            for (int e = threadIdx.x; e < sumCount; e += blockDim.x) {
                hSums[e] = e < sumCount - 1 ? ofRows[e] : *squaredNorm;
            }
        }
        __syncthreads();
        project_slice(own, ownV, data_stride(perSlice), rows, weights, projections, grams);
        grid_barrier(counters + kCounterTicket);

        sum_matrices(grams, slices, rank, slice.paddedRank, gram, nullptr);
        sum_rows(sliceSums, slices, sumCount, sumCount, ofSlices);
        for (int e = threadIdx.x; e < sumCount; e += blockDim.x) ofRows[e] = hSums[e];
        __syncthreads();
        add_diagonal(gram, rank, slice.paddedRank, ofSlices);
        __syncthreads();
        double product = 0.0;
        for (int e = threadIdx.x; e < matrix; e += blockDim.x) product += static_cast<double>(k[e]) * gram[e];
        product = block_sum(product, scratchOfSum[0]);
        const BoundParts bound =
            revise_priors(step, ofRows, ofSlices, product, updates + i, ownPriors, scratchOfSum[1]);
        if (reports && threadIdx.x == 0) {
            double* entry = ring + 2 * ((updates + i) % static_cast<unsigned>(ringEntries));
            entry[0] = bound.reconstruction;
            entry[1] = bound.kl;
        }
        __syncthreads();
        makeParameters();
        __syncthreads();
    }

    if (static_cast<int>(threadIdx.x) < slice.count) {
        const int from = threadIdx.x * factor_stride(rank);
        const size_t to = static_cast<size_t>(slice.first + threadIdx.x) * rank;
        for (int j = 0; j < rank; ++j) {
            w[to + j] = ownW.mean[from + j];
            variance[to + j] = ownW.variance[from + j];
            inclusion[to + j] = ownW.inclusion[from + j];
        }
    }
    grid_barrier(counters + kCounterTicket);  // an even number of them leaves 0
    if (reports) {
        for (int i = threadIdx.x; i < 4 * rank + 2; i += blockDim.x) priors[i] = ownPriors[i];
        for (int i = threadIdx.x; i < sumCount; i += blockDim.x) wSums[i] = ofSlices[i];
        for (int i = threadIdx.x; i < parameterCount; i += blockDim.x) {
            ofH[i] = parametersOfH[i];
            ofW[i] = parametersOfW[i];
        }
        if (threadIdx.x == 0) {
            counters[kCounterOptimiser] = updates + epochs;
            counters[kCounterStep] += epochs;
        }
    }
}
