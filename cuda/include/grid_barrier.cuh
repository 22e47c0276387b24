// A barrier over all blocks of a cooperative launch, as cooperative groups have it, but without their library.
#pragma once

namespace paenmf {

// What a block wrote before it, to any memory of the device, all blocks find after it by ordinary loads (not by those of
// data that no launch may change). Every thread of every block calls it. `counter` is 0 before the first one, and again
// after an even number of them: the blocks add up to its highest bit, whose change lets them go on.
__device__ __forceinline__ void grid_barrier(unsigned int* counter) {
    constexpr unsigned kSense = 0x80000000u;
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        const unsigned before = atomicAdd(counter, blockIdx.x == 0 ? kSense - (gridDim.x - 1) : 1u);
        while (((before ^ atomicAdd(counter, 0u)) & kSense) == 0) {
        }
        __threadfence();
    }
    __syncthreads();
}

}  // namespace paenmf
