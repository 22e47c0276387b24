// CUDA's device language for a host compiler. The kernels are included after this header, inside an
// unnamed namespace: all they define has internal linkage, so that the static variables of inline
// functions, too, can lie in the section of shared memory. Whatever standard headers
// kernels include is included here first.
#pragma once
#include <cfloat>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include <vector_functions.h>
#include <vector_types.h>

#include "exec/collectives.h"
#include "exec/scheduler.h"
#include "exec/shared_memory.h"

#undef __global__
#undef __device__
#undef __host__
#undef __constant__
#undef __shared__
#undef __forceinline__
#undef __noinline__
#undef __launch_bounds__
#undef __maxnreg__
#undef __grid_constant__
#if defined(EMULATOR_LIST_KERNELS)  // build-emulator finds the kernels in the preprocessed text
#define __global__ EMULATOR_KERNEL
#define __launch_bounds__(...) EMULATOR_BOUNDS(__VA_ARGS__)
#else
#define __global__
#define __launch_bounds__(...)
#endif
#define __device__
#define __maxnreg__(registers)
#define __grid_constant__
#define __host__
#define __constant__
#define __shared__ static __attribute__((section("shared_memory")))
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))

#define threadIdx (::emulator::current->index)
#define blockIdx (::emulator::blockIndex)
#define blockDim (::emulator::blockSize)
#define gridDim (::emulator::gridSize)
#define warpSize 32

namespace emulator {
// build-emulator rewrites `extern __shared__ T name[];` into a macro that stands for this.
template <class T> T* dynamicShared() { return reinterpret_cast<T*>(dynamicSharedMemory); }
}  // namespace emulator

#include "device/atomics.h"
#include "device/intrinsics.h"
