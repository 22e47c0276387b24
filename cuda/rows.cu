// What works on rows of the data: gathering a mini-batch, and the squared error of reconstructions.
#include "include/reduce.cuh"

// target: rows × stride; row i becomes row order[i] of source, which has the same stride.
// Launch: any grid and block.
extern "C" __global__ void gather_rows(const float* __restrict__ source,
                                       const int* __restrict__ order, float* __restrict__ target,
                                       int stride, int rows) {
    const long long count = static_cast<long long>(rows) * stride;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / stride;
        target[i] = source[static_cast<long long>(order[row]) * stride + (i - row * stride)];
    }
}

// sums: gridDim.x; Σ ((v − reconstructed)·scale)² of each block, in double.
// v: rows × vStride, reconstructed: rows × columns. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void squared_error(const float* __restrict__ v, int vStride,
                                         const float* __restrict__ reconstructed, int rows,
                                         int columns, double scale, double* __restrict__ sums) {
    __shared__ double scratch[32];
    double sum = 0.0;
    const long long count = static_cast<long long>(rows) * columns;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / columns;
        const double residual =
            (static_cast<double>(v[row * vStride + (i - row * columns)]) - reconstructed[i]) *
            scale;
        sum += residual * residual;
    }
    sum = paenmf::block_sum(sum, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}
