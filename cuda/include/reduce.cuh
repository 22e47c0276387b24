// Sums over a block in an order that depends on the block's shape alone.
#pragma once

namespace paenmf {

constexpr unsigned kFullWarp = 0xffffffffu;

__device__ __forceinline__ double warp_sum(double value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance >>= 1) {
        value += __shfl_down_sync(kFullWarp, value, distance);
    }
    return value;
}

// Sum over a block whose size is a multiple of 32; every thread calls it, thread 0 gets the sum.
// `scratch` holds 32 values in shared memory; a barrier must stand between two uses of it.
__device__ __forceinline__ double block_sum(double value, double* scratch) {
    const unsigned lane = threadIdx.x & 31u;
    const unsigned warp = threadIdx.x >> 5;
    value = warp_sum(value);
    if (lane == 0) scratch[warp] = value;
    __syncthreads();
    if (warp == 0) {
        value = lane < blockDim.x >> 5 ? scratch[lane] : 0.0;
        value = warp_sum(value);
    }
    return value;
}

}  // namespace paenmf
