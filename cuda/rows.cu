// What works on rows of the data: gathering a mini-batch, and the squared error of reconstructions.
#include "include/reduce.cuh"
#include "include/row_pieces.cuh"

// target: rows × stride; row i becomes row order[i] of source, which has the same stride.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void gather_rows(const float* __restrict__ source,
                                       const int* __restrict__ order, float* __restrict__ target,
                                       int stride, int rows) {
    using namespace paenmf;
    const bool vectors = rows_are_vectors(source, stride) && rows_are_vectors(target, stride);
    copy_rows(
        rows, stride, vectors,
        [&](long long row) { return source + static_cast<long long>(order[row]) * stride; },
        [&](long long row) { return target + row * stride; });
}

// sums: gridDim.x; Σ ((v − reconstructed)·scale)² of each block, in double.
// v: rows × vStride, reconstructed: rows × columns. Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void squared_error(const float* __restrict__ v, int vStride,
                                         const float* __restrict__ reconstructed, int rows,
                                         int columns, double scale, double* __restrict__ sums) {
    using namespace paenmf;
    __shared__ double scratch[32];
    double sum = 0.0;
    RowPieces(rows, columns).each([&](long long row, int column) {
        const double residual = (static_cast<double>(v[row * vStride + column]) -
                                 reconstructed[row * columns + column]) *
                                scale;
        sum += residual * residual;
    });
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}
