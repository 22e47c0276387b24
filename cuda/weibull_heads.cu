// The heads alone (equation 4): λ and k from the encoder's products.
#include "include/part_width.cuh"
#include "include/weibull.cuh"

// p: rows × stride, its first 2r4 columns V·[Wλ | Wk]. biases: 2r. lambda, k: rows × r.
// Launch: any grid and block.
extern "C" __global__ void weibull_heads(const float* __restrict__ p, int stride,
                                         const float* __restrict__ biases,
                                         float* __restrict__ lambda, float* __restrict__ k,
                                         int rows, int rank, WeibullConstants c) {
    const long long count = static_cast<long long>(rows) * rank;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / rank;
        const int j = static_cast<int>(i - row * rank);
        const float* at = p + row * stride + j;
        const paenmf::Heads heads =
            paenmf::weibull_heads(c, c.encoderScale * at[0] + biases[j],
                                  c.encoderScale * at[paenmf::part_width(rank)] + biases[rank + j]);
        lambda[i] = heads.lambda;
        k[i] = heads.k;
    }
}
