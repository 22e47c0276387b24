// Many steps of small data in one cooperative launch: those of sliced_step.cu, with barriers over the grid where they have
// launches, and the same bits. What belongs to a slice stays in its block's shared memory from the first step to the last:
// its columns of V, weights and moments. What blocks exchange in a step goes through L2, as there.
#include "include/grid_barrier.cuh"

namespace paenmf {

__device__ __forceinline__ void copy_floats(float* to, const float* from, int count) {
    for (int i = threadIdx.x; i < count; i += blockDim.x) to[i] = from[i];
}

}  // namespace paenmf

// `steps` steps of adam over all rows, from the shares of P and G that sliced_project or an earlier launch has left. u as in
// sliced_update, but that Q stays in the blocks, and the counter of blocks that are done is the barriers'; c and w: of update
// and row stage. v: rows × stride, m of it used. s, seconds, projections, grams, rowsPerBlock, lanes: as in sliced_step.cu.
// squaredNorm, least: as in update_variance, where σ² is learned, else null and any. Launch: cooperative, ⌈m/perSlice⌉
// blocks and ⌈(2r + 2)/8⌉ more, of 512 threads, perSlice·3r4/4 or more, and r² or more; perSlice a multiple of 4. Shared
// memory: 4·((r + 15·perSlice)·r4 + 2048 + perSlice + rows·(perSlice + 1)) bytes.
extern "C" __global__ void __launch_bounds__(512)
sliced_window(UpdateArguments u, UpdateConstants c, WeibullConstants w, unsigned long long seed,
              const float* __restrict__ v, int stride, int rows, int perSlice, int rowsPerBlock,
              int lanes, float* s, float* seconds, float* projections, float* grams,
              const double* __restrict__ squaredNorm, double least, int steps) {
    using namespace paenmf;
    __shared__ double variance;          // of this step, where it is learned
    __shared__ UpdateArguments inBlock;  // u as this block has it; in registers it would spill
    const bool learned = u.variance != nullptr;
    const uint32_t updates = u.counters[kCounterOptimiser];
    const uint32_t noise = u.counters[kCounterStep];
    const int slices = (u.features - 1) / perSlice + 1;
    const int serviceBlock = static_cast<int>(blockIdx.x) - slices;
    const int serviceBlocks = gridDim.x - slices;
    const bool reports = blockIdx.x == gridDim.x - 1;

    const Slice slice(u.features, perSlice, u.rank, kStackedParts);
    const int sliceFloats = perSlice * slice.columns;
    float* k = dynamic_smem;                                  // r × r4; G in the row stage, which has all up to ownW
    float* weights = k + u.rank * slice.paddedRank;           // perSlice × 3r4
    float* scratch = weights + perSlice * slice.columns;      // 4 a thread
    float* ownW = scratch + kWidth * blockDim.x;              // as in device memory, and so the following
    float* ownQ = ownW + sliceFloats;
    float* ownMeans = ownQ + sliceFloats;
    float* ownSquares = ownMeans + sliceFloats;
    float* ownRates = ownSquares + sliceFloats;
    float* ownV = ownRates + perSlice;                        // rows × data_stride
    Slice own = slice;
    own.first = 0;
    const size_t at = static_cast<size_t>(slice.first) * slice.columns;
    const int floats = slice.count * slice.columns;
    if (threadIdx.x == 0) {
        inBlock = u;
        if (serviceBlock < 0) {
            inBlock.w = ownW;
            inBlock.q = ownQ;
            inBlock.means = ownMeans;
            inBlock.squares = ownSquares;
            inBlock.decoderRates = ownRates;
        }
        if (learned) {
            variance = *u.variance;
            inBlock.variance = &variance;
        }
    }
    if (serviceBlock < 0) {
        copy_floats(ownW, u.w + at, floats);
        copy_floats(ownMeans, u.means + at, floats);
        copy_floats(ownSquares, u.squares + at, floats);
        copy_floats(ownRates, u.decoderRates + slice.first, slice.count);
        load_data(slice, v, stride, rows, perSlice, ownV);
    }
    __syncthreads();

    for (int i = 0; i < steps; ++i) {
        if (blockIdx.x < static_cast<unsigned>(u.partialRows)) {
            sum_matrices(grams, slices, u.rank, slice.paddedRank, k,
                         blockIdx.x == 0 ? const_cast<float*>(u.g) : nullptr);
            for (int block = blockIdx.x; block < u.partialRows; block += gridDim.x) {
                row_stage({projections, slices, u.biases, rows, u.rank, rowsPerBlock, lanes, s, seconds,
                           const_cast<double*>(u.partials)},
                          w, inverse_variance(w, inBlock.variance), seed, noise + i, block, k);
                __syncthreads();
            }
        }
        grid_barrier(u.counters + kCounterTicket);

        if (serviceBlock >= 0) {
            update_others(inBlock, c, updates + i, seconds, k, scratch, serviceBlock, serviceBlocks);
        } else {
            sum_matrices(seconds, u.partialRows, u.rank, slice.paddedRank, k, nullptr);
            load_weights(own, ownW, weights);
            accumulate_slice(own, ownV, data_stride(perSlice), rows, s, scratch, ownQ);
            __syncthreads();
            update_slice(own, inBlock, c, updates + i, k, weights);
            __syncthreads();
            load_weights(own, ownW, weights);
            __syncthreads();
            project_slice(own, ownV, data_stride(perSlice), rows, weights, projections, grams);
        }
        grid_barrier(u.counters + kCounterTicket);

        if ((reports || learned) && threadIdx.x < 32) {
            const double kg = gram_product(u, serviceBlocks);
            if (threadIdx.x == 0) {
                double* loss = loss_entry(u, updates + i);
                if (learned) {
                    variance = mean_squared_residual(*squaredNorm, __ldcg(loss + 1), kg,
                                                     static_cast<double>(rows) * u.features, least);
                }
                if (reports) {
                    loss[2] = kg;
                    if (learned) loss[3] = variance;
                }
            }
        }
        if (learned) __syncthreads();
    }

    if (serviceBlock < 0) {
        copy_floats(u.w + at, ownW, floats);
        copy_floats(u.means + at, ownMeans, floats);
        copy_floats(u.squares + at, ownSquares, floats);
    }
    if (reports && threadIdx.x == 0) {
        u.counters[kCounterOptimiser] = updates + steps;
        u.counters[kCounterStep] = noise + steps;
        if (learned) *const_cast<double*>(u.variance) = variance;
    }
}
