// Kernels with one planted mistake each, and sound ones beside them that a wrong emulator would
// refuse.

#ifdef __CUDACC__
#include <cuda_pipeline_primitives.h>
// For the image, whose code is never run; the real one is in cuda/include/tensor_core.cuh.
__device__ void multiply_tf32(float (&)[4], const float (&)[4], const float (&)[2]) {}
#endif

// ---- mistakes
extern "C" __global__ void missing_sync(float* out) {
    __shared__ float s[64];
    s[threadIdx.x] = 1.0f;
    out[threadIdx.x] = s[(threadIdx.x + 32) % 64];  // another warp's value, no barrier
}

extern "C" __global__ void missing_sync_backward(float* out) {
    __shared__ float s[64];
    s[threadIdx.x] = 1.0f;
    out[threadIdx.x] = s[threadIdx.x & 31];  // of the first warp, which runs first unless reversed
}

extern "C" __global__ void missing_wait(float* out, const float* in) {
    __shared__ float s[64];
    __pipeline_memcpy_async(s + threadIdx.x, in + threadIdx.x, 4);
    __pipeline_commit();
    if (threadIdx.x >= 32) {
        __pipeline_wait_prior(0);
    } else {
        __pipeline_wait_prior(1);  // of all but the last group
    }
    out[threadIdx.x] = s[threadIdx.x];
}

extern "C" __global__ void misaligned_async_copy(float* out, const float* in) {
    __shared__ float4 s[64];
    __pipeline_memcpy_async(s + threadIdx.x, in + 1, 16);
    __pipeline_wait_prior(0);
    out[threadIdx.x] = s[threadIdx.x].x;
}

extern "C" __global__ void divergent_barrier(float* out) {
    if (threadIdx.x < 32) __syncthreads();
    out[threadIdx.x] = 1.0f;
    if (threadIdx.x >= 32) __syncthreads();
}

extern "C" __global__ void product_of_half_a_warp(float* out) {
    float c[4] = {}, a[4] = {}, b[2] = {};
    if (threadIdx.x % 32 < 16) return;
    multiply_tf32(c, a, b);
    out[threadIdx.x] = c[0];
}

extern "C" __global__ void lane_not_in_mask(float* out) {
    out[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, 1.0f, 1);
}

extern "C" __global__ void mask_names_absent_lane(float* out) {
    float v = 1.0f;
    if (threadIdx.x % 32 < 16)
        v = __shfl_xor_sync(0xffffffffu, v, 1);
    else
        __syncthreads();
    out[threadIdx.x] = v;
}

extern "C" __global__ void shuffle_from_exited_lane(float* out) {
    if (threadIdx.x % 32 == 0) return;
    out[threadIdx.x] = __shfl_sync(0xffffffffu, 1.0f, 0);
}

extern "C" __global__ void divergent_shuffle(float* out) {
    float v = static_cast<float>(threadIdx.x);
    if (threadIdx.x % 2)
        v = __shfl_xor_sync(0xffffffffu, v, 1);
    else
        v = __shfl_xor_sync(0xffffffffu, v, 2);
    out[threadIdx.x] = v;
}

extern "C" __global__ void uninitialised_shared(float* out) {
    __shared__ float s[64];
    if (threadIdx.x > 0) s[threadIdx.x] = 1.0f;
    __syncthreads();
    out[threadIdx.x] = s[(threadIdx.x + 1) % 64];
}

extern "C" __global__ void uninitialised_device(float* out, const float* in) {
    out[threadIdx.x] = in[threadIdx.x];
}

extern "C" __global__ void shared_index(float* out, int i) {
    __shared__ float s[64];
    s[threadIdx.x] = 1.0f;
    __syncthreads();
    if (threadIdx.x == 0) s[i] = 2.0f;
    __syncthreads();
    out[threadIdx.x] = s[threadIdx.x];
}

extern "C" __global__ void dynamic_shared_overrun(float* out, int i) {
    extern __shared__ float dynamic_smem[];
    dynamic_smem[i] = 1.0f;
    out[threadIdx.x] = 1.0f;
}

extern "C" __global__ void past_the_end(float* out, int n) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i <= n) out[i] = 1.0f;
}

extern "C" __global__ void before_the_begin(float* out) {
    out[static_cast<int>(threadIdx.x) - 1] = 1.0f;
}

extern "C" __global__ void misaligned_float4(float* out) {
    reinterpret_cast<float4*>(out + 1)[threadIdx.x] = make_float4(1, 2, 3, 4);
}

extern "C" __global__ void null_pointer(float* out, const float* in) { out[threadIdx.x] = in[0]; }

struct Pointers {
    float *out, *in;
};
extern "C" __global__ void pointers_in_a_struct(Pointers p) {
    p.out[threadIdx.x] = p.in[threadIdx.x];
}

extern "C" __global__ void traps(float* out) {
    if (out) __trap();
}

extern "C" __global__ void block_race(
    float* out) {  // every block adds to one place without an atomic
    if (threadIdx.x == 0) *out += 1.0f;
}

extern "C" __global__ void missing_fence(float* partial, unsigned* count, float* out) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = 1.0f;
        last = atomicAdd(count, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 0)
        for (unsigned i = 0; i < gridDim.x; ++i) *out += partial[i];
}

// A barrier over all blocks of a cooperative launch; the last one to come lets the others go on.
__device__ __forceinline__ void grid_barrier(unsigned* counter, bool fenced) {
    __syncthreads();
    if (threadIdx.x == 0) {
        if (fenced) __threadfence();
        const unsigned last = blockIdx.x == 0 ? 0x80000000u - (gridDim.x - 1) : 1u;
        const unsigned before = atomicAdd(counter, last);
        while (((before ^ atomicAdd(counter, 0u)) & 0x80000000u) == 0) {
        }
        if (fenced) __threadfence();
    }
    __syncthreads();
}

// Each block adds up what all of them have written, and what is theirs stays in shared memory.
__device__ __forceinline__ void exchange(float* parts, unsigned* counter, float* out,
                                         float* dynamic, bool fenced) {
    __shared__ float own[64];
    own[threadIdx.x] = dynamic[threadIdx.x] = 1.0f + static_cast<float>(blockIdx.x);
    float sum = 0.0f;
    for (int step = 0; step < 3; ++step) {
        parts[blockIdx.x * blockDim.x + threadIdx.x] = own[threadIdx.x] + static_cast<float>(step);
        grid_barrier(counter, fenced);
        for (unsigned b = 0; b < gridDim.x; ++b)
            sum += parts[b * blockDim.x + (threadIdx.x + 1) % blockDim.x];
        grid_barrier(counter, fenced);
    }
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum + own[threadIdx.x] - dynamic[threadIdx.x];
}

extern "C" __global__ void grid_barrier_without_fence(float* parts, unsigned* counter, float* out) {
    extern __shared__ float dynamic_smem[];
    exchange(parts, counter, out, dynamic_smem, false);
}

// It waits for one block more than there is.
extern "C" __global__ void grid_barrier_of_more_blocks(unsigned* counter) {
    if (threadIdx.x > 0) return;
    atomicAdd(counter, 1u);
    while (atomicAdd(counter, 0u) <= gridDim.x) {
    }
}

extern "C" __global__ void lock_without_release(unsigned* lock) {
    while (atomicCAS(lock, 0u, 1u) != 0u) {
    }
}

extern "C" __global__ void __launch_bounds__(64) bounded(float* out) { out[threadIdx.x] = 1.0f; }

// Not a mistake with 32 threads; 1024 of them need more registers than a block can have.
extern "C" __global__ void many_registers(float* out) {
    float v[80];
#pragma unroll
    for (int i = 0; i < 80; ++i) v[i] = out[i];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 80; ++i) out[79 - i] = v[i];
}

// ---- sound
extern "C" __global__ void neighbour(float* out) {
    __shared__ float s[64];
    s[threadIdx.x] = static_cast<float>(threadIdx.x);
    __syncthreads();
    out[threadIdx.x] = s[(threadIdx.x + 1) % 64];
}

extern "C" __global__ void fill(float* out, float value, int n) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < n) out[i] = value;
}

extern "C" __global__ void add_one(float* out) {
    if (threadIdx.x == 0 && blockIdx.x == 0) *out += 1.0f;
}

extern "C" __global__ void reverse_dynamic(float* out, const float* in, int n) {
    extern __shared__ float dynamic_smem[];
    const int i = static_cast<int>(threadIdx.x);
    if (i < n) dynamic_smem[i] = in[i];
    __syncthreads();
    if (i < n) out[i] = dynamic_smem[n - 1 - i];
}

// All shuffles, votes and reductions of a partial last warp, with lanes that leave early.
extern "C" __global__ void collectives(float* out, int n) {
    const unsigned i = threadIdx.x, lane = i % 32;
    if (i >= static_cast<unsigned>(n)) return;
    const unsigned mask = __ballot_sync(0xffffffffu, 1);
    float v = static_cast<float>(lane);
    v += __shfl_xor_sync(mask, v, 1);
    v += __shfl_down_sync(mask, v, 1, 2);
    v += __shfl_up_sync(mask, v, 1, 4);
    v += __shfl_sync(mask, v, 0);
    __syncwarp(mask);
    v += static_cast<float>(__any_sync(mask, lane == 3) + 2 * __all_sync(mask, v < 1e9f));
    v += static_cast<float>(__reduce_add_sync(mask, 1) +
                            __reduce_max_sync(mask, -5 - static_cast<int>(lane)));
    out[i] = v + static_cast<float>(__syncthreads_count(lane == 0));
}

extern "C" __global__ void grid_barrier_holds(float* parts, unsigned* counter, float* out) {
    extern __shared__ float dynamic_smem[];
    exchange(parts, counter, out, dynamic_smem, true);
}

extern "C" __global__ void last_block_sums(float* partial, unsigned* count, float* out) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = 1.0f;
        __threadfence();
        last = atomicAdd(count, 1u) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 0)
        for (unsigned i = 0; i < gridDim.x; ++i) *out += partial[i];
}

// How products and fast intrinsics round; square is that of a, rounded.
extern "C" __global__ void rounding(float a, float square, float* out) {
    out[0] = a * a - square;
    out[1] = __fmul_rn(a, a) - square;
    int quotient = 0, root = 0;
    for (int i = 1; i < 1000; ++i) {
        const float x = static_cast<float>(i);
        quotient = max(quotient, abs(__float_as_int(__fdividef(1.0f, x)) - __float_as_int(1.0f / x)));
        root = max(root, abs(__float_as_int(rsqrtf(x)) - __float_as_int(__frsqrt_rn(x))));
    }
    out[2] = static_cast<float>(quotient);
    out[3] = static_cast<float>(root);
}
