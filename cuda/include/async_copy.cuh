// Asynchronous copies from global to shared memory: __pipeline_memcpy_async begins one, which needs no
// register, and __pipeline_wait_prior(0) and a barrier end all.
#pragma once
#ifdef __CUDACC__
#include <cuda_pipeline_primitives.h>
#endif
