// Asynchronous copies from global to shared memory: __pipeline_memcpy_async begins one, which needs no
// register, and __pipeline_wait_prior(0) and a barrier end all.
#pragma once
#ifdef __CUDACC__
#include <cuda_pipeline_primitives.h>
#endif

namespace paenmf {

// Begins to copy four values to shared memory, at multiples of 16 bytes where `vectorised`; of those beyond `count` nothing is
// read, and they become 0.
__device__ __forceinline__ void copy_group(float* to, const float* from, int count, bool vectorised) {
    if (vectorised) {
        __pipeline_memcpy_async(to, from, 16, 16 - 4 * count);
    } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const bool exists = i < count;
            __pipeline_memcpy_async(to + i, exists ? from + i : from, 4, exists ? 0 : 4);
        }
    }
}

}  // namespace paenmf
