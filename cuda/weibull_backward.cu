// The backward pass of weibull_step alone, for a step whose noise and H·G were made by others.
#include "include/part_width.cuh"
#include "include/reduce.cuh"
#include "include/weibull.cuh"

// p: rows × 3r4. biases: 2r. epsilon: rows × r in (0, 1). hg = H·G: rows × r.
// s: rows × 3r4 = [dAλ | dAk | H]. sums: gridDim.x × 2 = [Σ KL | ⟨H, C⟩] of each block.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void weibull_backward(const float* __restrict__ p,
                                            const float* __restrict__ biases,
                                            const float* __restrict__ epsilon,
                                            const float* __restrict__ hg, float* __restrict__ s,
                                            double* __restrict__ sums, int rows, int rank,
                                            WeibullConstants c) {
    __shared__ double scratch[2][32];
    double klSum = 0.0, hcSum = 0.0;
    const int width = paenmf::part_width(rank);
    const long long count = static_cast<long long>(rows) * rank;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / rank;
        const int j = static_cast<int>(i - row * rank);
        const long long at = row * 3 * width + j;
        const paenmf::Heads heads =
            paenmf::weibull_heads(c, c.encoderScale * p[at] + biases[j],
                                  c.encoderScale * p[at + width] + biases[rank + j]);
        const float inverseK = paenmf::reciprocal(heads.k);
        const paenmf::Sample sample =
            paenmf::weibull_sample(heads.lambda, inverseK, paenmf::log_e(epsilon[i]));
        float ofElement;
        const paenmf::Divergence kl =
            paenmf::weibull_kl(c, heads.lambda, heads.k, inverseK, ofElement);
        const float projection = p[at + 2 * width] * c.inverseDataScale;  // C
        const float dH = (hg[i] - projection) * c.inverseVariance;
        s[at] = (dH * sample.byLambda + c.klWeight * kl.byLambda) * heads.slopeLambda;
        s[at + width] = (dH * sample.byK + c.klWeight * kl.byK) * heads.slopeK;
        s[at + 2 * width] = sample.h;
        if (j == rank - 1) {
            for (int pad = 1; j + pad < width; ++pad) {
                s[at + pad] = s[at + width + pad] = s[at + 2 * width + pad] = 0.0f;
            }
        }
        klSum += ofElement;
        hcSum += sample.h * projection;
    }
    klSum = paenmf::block_sum(klSum, scratch[0]);
    hcSum = paenmf::block_sum(hcSum, scratch[1]);
    if (threadIdx.x == 0) {
        sums[2 * blockIdx.x] = klSum;
        sums[2 * blockIdx.x + 1] = hcSum;
    }
}

// sums: columns; the sum over rows of each column of a matrix of rows × stride, which is the bias
// gradients of S. Launch: ⌈columns/32⌉ blocks of 32 × 32 threads.
extern "C" __global__ void __launch_bounds__(1024)
column_sums(const float* __restrict__ matrix, int stride, int rows, int columns,
            double* __restrict__ sums) {
    __shared__ double scratch[32][32];
    const int column = blockIdx.x * 32 + threadIdx.x;
    double sum = 0.0;
    if (column < columns) {
        for (long long row = threadIdx.y; row < rows; row += blockDim.y) {
            sum += matrix[row * stride + column];
        }
    }
    scratch[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
        for (unsigned y = 1; y < blockDim.y; ++y) sum += scratch[y][threadIdx.x];
        sums[column] = sum;
    }
}
