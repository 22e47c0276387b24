// Many epochs of HALS over small data in one cooperative launch, cut as steps of PAE-NMF are in sliced_window.cu. A block
// owns a slice of the features, whose V and W stay in its shared memory from the first epoch to the last, and some of the
// rows. What blocks exchange in an epoch goes through L2: shares of P = V·W and G = WᵀW, which are added up slice after
// slice, then H and shares of K = HᵀH.
#include "include/grid_barrier.cuh"
#include "include/hals.cuh"
#include "include/reduce.cuh"
#include "include/row_tile.cuh"
#include "include/slices.cuh"

namespace paenmf {

// HALS update of a row by one thread, one component after the other: x from scale·numerator and gram, r × r4.
__device__ __forceinline__ void hals_sweep(float* x, const float* numerator, float scale,
                                           const float* gram, int paddedRank, int rank,
                                           int firstFree) {
    for (int j = firstFree; j < rank; ++j) {
        const float* g = gram + j * paddedRank;
        float product = 0.0f;
#pragma unroll 4
        for (int l = 0; l < rank; ++l) product += g[l] * x[l];
        const float norm = g[j];
        if (!(norm < kUsedMin)) x[j] = hals_value(x[j], scale * numerator[j], product, norm);
    }
}

// Where rows and shares of sums are; see hals_window.
struct HalsRows {
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
};

// The row stage of block `block` of the rows: their H, and their share of K. gram: G, r × r4; tile: 2·rowsPerBlock rows of
// factor_stride floats; both are shared memory.
__device__ __forceinline__ void hals_rows(const HalsRows& stage, int block, const float* gram,
                                          float* tile) {
    const auto [projections, slices, scale, rows, rank, rowsPerBlock, lanes, h, s, seconds] = stage;
    const int paddedRank = part_width(rank);
    const int rowStride = factor_stride(rank);
    float* numerators = tile + rowsPerBlock * rowStride;

    const auto [tileRow, row, column, lane, exists, writes] =
        TilePlace(block, rows, rank, rowsPerBlock, lanes);
    const size_t at = static_cast<size_t>(row) * rank + column;
    const float before = writes ? h[at] : 0.0f;
    const size_t sliceStride = static_cast<size_t>(rows) * paddedRank;
    const float* p = projections + (exists ? static_cast<size_t>(row) * paddedRank + column : 0);
    const float sum = sum_of_slices(p, sliceStride, exists ? slices : 0, lane, lanes);
    if (writes) {
        tile[tileRow * rowStride + column] = before;
        numerators[tileRow * rowStride + column] = sum;
    }
    __syncthreads();
    const int here = min(rowsPerBlock, rows - block * rowsPerBlock);
    if (static_cast<int>(threadIdx.x) < here) {
        const int own = threadIdx.x * rowStride;
        hals_sweep(tile + own, numerators + own, scale, gram, paddedRank, rank, 0);
    }
    __syncthreads();
    if (writes) {
        const float value = tile[tileRow * rowStride + column];
        h[at] = value;
        s[static_cast<size_t>(row) * paddedRank + column] = value;
    }
    write_second_moments(tile, rowStride, here, rank, seconds + static_cast<size_t>(block) * rank * rank);
}

// ⟨K, G⟩, both r × r4 in shared memory, and the sum of what each slice has of ⟨W, N⟩, to the ring. All threads of the
// block call it.
__device__ __forceinline__ void write_gram_form(const float* k, const float* gram, int size,
                                                const double* products, int slices,
                                                double* entry) {
    __shared__ double scratch[2][32];
    double kg = 0.0, wn = 0.0;
    for (int e = threadIdx.x; e < size; e += blockDim.x) kg += static_cast<double>(k[e]) * gram[e];
    for (int slice = threadIdx.x; slice < slices; slice += blockDim.x) wn += products[slice];
    kg = block_sum(kg, scratch[0]);
    wn = block_sum(wn, scratch[1]);
    if (threadIdx.x == 0) {
        entry[0] = wn;
        entry[1] = kg;
    }
}

}  // namespace paenmf

extern __shared__ float dynamic_smem[];

// `epochs` epochs of hals_update over all rows, first of H, then of W, without penalties. v: rows × stride, m of it used.
// scale: of V. w: m × r, of whose rows the first firstFree components stay; h: n × r. projections: slices × rows × r4, grams:
// slices × r × r, seconds: row blocks × r × r, products: slices, s: rows × r4, 0 beyond the rank; scratch, all of them.
// counters: [the step | updates so far | 0], advanced; ring: ringEntries × [⟨W, N⟩ | ⟨K, G⟩], of which the entry "updates
// so far" of each epoch modulo ringEntries is written. rowsPerBlock, lanes: as in sliced_rows. Launch: cooperative, ⌈m/perSlice⌉
// blocks of 512 threads, perSlice·r4/4 or more; perSlice a multiple of 4. Shared memory:
// 4·(2·(r + perSlice)·r4 + 2048 + perSlice·(r | 1) + rows·(perSlice + 1)) bytes.
extern "C" __global__ void __launch_bounds__(512)
hals_window(const float* __restrict__ v, int stride, int rows, int features, int perSlice, int rank,
            int firstFree, double scale, float* w, float* h, int rowsPerBlock, int lanes,
            float* projections, float* grams, float* s, float* seconds, double* products,
            unsigned int* counters, double* ring, int ringEntries, int epochs) {
    using namespace paenmf;
    __shared__ double scratchOfSum[32];
    const float factor = static_cast<float>(scale);
    const uint32_t updates = counters[kCounterOptimiser];
    const int slices = gridDim.x;
    const int rowBlocks = (rows - 1) / rowsPerBlock + 1;
    const bool hasRows = static_cast<int>(blockIdx.x) < rowBlocks;
    const bool reports = blockIdx.x == gridDim.x - 1;  // which has no rows where there are few
    const Slice slice(features, perSlice, rank, 1);
    Slice own = slice;
    own.first = 0;
    const int matrix = rank * slice.paddedRank;
    const int rowStride = factor_stride(rank);
    float* k = dynamic_smem;                                // r × r4
    float* gram = k + matrix;                               // r × r4
    float* weights = gram + matrix;                         // perSlice × r4, W as project_slice takes it
    float* ownQ = weights + perSlice * slice.paddedRank;    // perSlice × r4
    float* scratch = ownQ + perSlice * slice.paddedRank;    // 4 a thread; the rows' in the row stage
    float* ownW = scratch + kWidth * blockDim.x;            // perSlice × factor_stride
    float* ownV = ownW + perSlice * rowStride;              // rows × data_stride
    float* rowOfW = ownW + threadIdx.x * rowStride;         // this thread's, if it has one
    const bool hasRowOfW = static_cast<int>(threadIdx.x) < slice.count;
    const HalsRows rowStage{projections, slices, factor, rows, rank, rowsPerBlock, lanes, h, s, seconds};

    load_data(slice, v, stride, rows, perSlice, ownV);
    load_factor(slice, w, weights, ownW);
    __syncthreads();
    project_slice(own, ownV, data_stride(perSlice), rows, weights, projections, grams);
    grid_barrier(counters + kCounterTicket);
    if (hasRows) sum_matrices(grams, slices, rank, slice.paddedRank, gram, nullptr);
    __syncthreads();

    for (int i = 0; i < epochs; ++i) {
        for (int block = blockIdx.x; block < rowBlocks; block += gridDim.x) {
            hals_rows(rowStage, block, gram, scratch);
            __syncthreads();
        }
        grid_barrier(counters + kCounterTicket);

        sum_matrices(seconds, rowBlocks, rank, slice.paddedRank, k, nullptr);
        accumulate_slice(own, ownV, data_stride(perSlice), rows, s, scratch, ownQ);
        __syncthreads();
        double product = 0.0;
        if (hasRowOfW) {
            const float* q = ownQ + threadIdx.x * slice.paddedRank;
            hals_sweep(rowOfW, q, factor, k, slice.paddedRank, rank, firstFree);
            for (int j = 0; j < rank; ++j) {
                product += static_cast<double>(rowOfW[j]) * (factor * q[j]);
                weights[threadIdx.x * slice.paddedRank + j] = rowOfW[j];
            }
        }
        product = block_sum(product, scratchOfSum);
        if (threadIdx.x == 0) products[blockIdx.x] = product;
        __syncthreads();
        project_slice(own, ownV, data_stride(perSlice), rows, weights, projections, grams);
        grid_barrier(counters + kCounterTicket);

        if (hasRows || reports) sum_matrices(grams, slices, rank, slice.paddedRank, gram, nullptr);
        __syncthreads();
        if (reports) {
            double* entry = ring + 2 * ((updates + i) % static_cast<unsigned>(ringEntries));
            write_gram_form(k, gram, matrix, products, slices, entry);
        }
    }

    if (hasRowOfW) {
        float* to = w + static_cast<size_t>(slice.first + threadIdx.x) * rank;
        for (int j = 0; j < rank; ++j) to[j] = rowOfW[j];
    }
    grid_barrier(counters + kCounterTicket);  // an even number of them leaves 0
    if (reports && threadIdx.x == 0) {
        counters[kCounterOptimiser] = updates + epochs;
        counters[kCounterStep] += epochs;
    }
}
