// The KL divergence alone (equation 3), for each coefficient and summed.
#include "include/reduce.cuh"
#include "include/weibull.cuh"

// lambda, k: count. kl: count, in nats, or null. sums: gridDim.x, the sum of each block.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void weibull_kl(const float* __restrict__ lambda, const float* __restrict__ k,
                                      float* __restrict__ kl, double* __restrict__ sums,
                                      long long count, WeibullConstants c) {
    __shared__ double scratch[32];
    double sum = 0.0;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const float of = lambda[i];
        float value;
        paenmf::weibull_kl(c, of, k[i], paenmf::reciprocal(k[i]), value);
        if (of != of) value = of;  // a power of it is by its logarithm, which is a number
        if (kl) kl[i] = value;
        sum += value;
    }
    sum = paenmf::block_sum(sum, scratch);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}
