// Sampling alone (equation 2, inverse CDF): H from λ and k.
#include "include/philox.cuh"
#include "include/row_tile.cuh"
#include "include/weibull.cuh"

// lambda, k, h: rows × r. epsilon: rows × r in (0, 1), or null for the noise of `purpose` that
// `seed`, `step` and each row's index (order[i], or firstRow + i where order is null) select.
// Launch: any grid and block; a thread takes four components of a row.
extern "C" __global__ void weibull_sample(const float* __restrict__ lambda,
                                          const float* __restrict__ k,
                                          const float* __restrict__ epsilon, float* __restrict__ h,
                                          const int* __restrict__ order, long long firstRow,
                                          int rows, int rank, unsigned long long seed,
                                          unsigned int step, unsigned int purpose) {
    using namespace paenmf;
    const int groups = (rank + kWidth - 1) / kWidth;
    const long long count = static_cast<long long>(rows) * groups;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / groups;
        const int group = static_cast<int>(i - row * groups);
        const long long at = row * rank + group * kWidth;
        uint4 words = {};
        if (!epsilon) {
            words = philox_words(seed, order ? order[row] : firstRow + row, group, step, purpose);
        }
        const uint32_t word[kWidth] = {words.x, words.y, words.z, words.w};
#pragma unroll
        for (int j = 0; j < kWidth; ++j) {
            if (group * kWidth + j >= rank) break;
            const float noise = epsilon ? epsilon[at + j] : to_uniform(word[j]);
            h[at + j] =
                paenmf::weibull_sample(lambda[at + j], reciprocal(k[at + j]), log_e(noise)).h;
        }
    }
}
