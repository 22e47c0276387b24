// Variational NMF beside its sweeps (posterior_sweep.cu): what goes into them, where rows begin,
// the sums over rows, and the few numbers that both factors share. VbCudaAlgorithm.java has the
// order of these stages.
//
// Sums of a sweep, double, 3r + 2: [Σ variance, r | Σ inclusion, r | Σ mean, r | Σ KL | ⟨X, N⟩].
// Priors, double, 4r + 2: [σ² | 1 if coefficients may be 0, else 0 | π of H, r | prior means of W,
// r | π of W, r | prior means of H, r].
#include "include/float_math.cuh"
#include "include/reduce.cuh"
#include "include/row_pieces.cuh"

namespace paenmf {

constexpr double kTwoPi = 6.283185307179586;
// What an average over mini-batches moves by: (1 + t)^−κ (Hoffman, Blei, Wang and Paisley 2013).
constexpr double kForgetting = 0.55;

// counters: [the step | updates so far].
__device__ __forceinline__ double averaging_rate(const int* counters) {
    return counters[1] == 0 ? 1.0 : pow(1.0 + counters[1], -kForgetting);
}

// The best share of coefficients that are not 0, and what it changes in the KL divergence.
__device__ __forceinline__ double update_inclusion(double* share, double included, double count) {
    const double least = 1.0 / count;
    const double most = at_least(1.0 - least, 0.5);
    double best = at_least(included / count, least);
    best = at_most(best, most);
    const double change = included * log(*share / best) +
                          (count - included) * log((1.0 - *share) / (1.0 - best));
    *share = best;
    return change;
}

// The best prior mean of a component, and what it changes in the KL divergence.
__device__ __forceinline__ double update_mean(double* mean, double included, double total,
                                              double least) {
    const double best = included > 0.0 ? at_least(total / included, least) : *mean;
    const double change = included * log(best / *mean) + total * (1.0 / best - 1.0 / *mean);
    *mean = best;
    return change;
}

// What posterior_component and the sweeps take, of one factor.
__device__ __forceinline__ void write_parameters(float* parameters, const double* priors,
                                                 const double* means, const double* shares,
                                                 int rank, int first, int step) {
    const bool zeros = priors[1] != 0.0;
    for (int j = first; j < rank; j += step) {
        parameters[1 + j] = static_cast<float>(means[j]);
        parameters[1 + rank + j] =
            zeros ? static_cast<float>(log(shares[j] / (1.0 - shares[j]))) : 0.0f;
    }
    if (first == 0) {
        parameters[0] = static_cast<float>(1.0 / priors[0]);
        parameters[1 + 2 * rank] = zeros ? 1.0f : 0.0f;
    }
}

// What an update of the priors goes by; see update_priors.
struct PriorsUpdate {
    int rank;
    double rows, features;
    bool learnSigma;
    int updatesWithoutZeros;
    double leastVariance, leastMean;
};

// −ELBO per sample.
struct BoundParts {
    double reconstruction, kl;
};

// The best σ² and priors for the posteriors, in place, after so many updates. All threads of the block call it; thread 0 has
// gramProduct and gets the bound. `scratch` holds 32 values in shared memory; a barrier must follow.
__device__ __forceinline__ BoundParts revise_priors(const PriorsUpdate& step, const double* hSums,
                                                    const double* wSums, double gramProduct,
                                                    unsigned updates, double* priors,
                                                    double* scratch) {
    const int rank = step.rank;
    const double n = step.rows;
    const double m = step.features;
    const bool zeros = priors[1] != 0.0;
    double* hShares = priors + 2;
    double* wMeans = hShares + rank;
    double* wShares = wMeans + rank;
    double* hMeans = wShares + rank;
    double kl = 0.0;
    for (int j = static_cast<int>(threadIdx.x); j < rank; j += static_cast<int>(blockDim.x)) {
        kl += update_mean(hMeans + j, hSums[rank + j], hSums[2 * rank + j], step.leastMean);
        kl += update_mean(wMeans + j, wSums[rank + j], wSums[2 * rank + j], step.leastMean);
        if (zeros) {
            kl += update_inclusion(hShares + j, hSums[rank + j], n);
            kl += update_inclusion(wShares + j, wSums[rank + j], m);
        }
    }
    kl = block_sum(kl, scratch);
    BoundParts bound{};
    if (threadIdx.x == 0) {
        kl += hSums[3 * rank] + wSums[3 * rank];
        double error = hSums[3 * rank + 1] - 2.0 * wSums[3 * rank + 1] + gramProduct;
        // below 0 by rounding; what is not finite stays, and is not 0 less itself
        if (error < 0.0 && error - error == 0.0) error = 0.0;
        const double variance =
            step.learnSigma ? at_least(error / (n * m), step.leastVariance) : priors[0];
        priors[0] = variance;
        bound.reconstruction = (error / (2.0 * variance) + n * m / 2.0 * log(kTwoPi * variance)) / n;
        bound.kl = kl / n;
        if (step.updatesWithoutZeros >= 0 &&
            updates + 1 >= static_cast<unsigned>(step.updatesWithoutZeros)) {
            priors[1] = 1.0;
        }
    }
    return bound;
}

}  // namespace paenmf

// target ← scale·source, which may be the same. Launch: any grid and block.
extern "C" __global__ void scale_values(const float* source, float* target, double scale,
                                        long long count) {
    const float factor = static_cast<float>(scale);
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        target[i] = factor * source[i];
    }
}

// Moves averages over rows towards those of a mini-batch, average ← (1 − ρ)·average + ρ·value/rows,
// and target ← scale·average; target may be value. Launch: any grid and block.
extern "C" __global__ void average_values(float* average, const float* value, float* target,
                                          double scale, long long count, const int* counters,
                                          long long rows) {
    const double rate = paenmf::averaging_rate(counters);
    const float keep = static_cast<float>(1.0 - rate);
    const float take = static_cast<float>(rate / static_cast<double>(rows));
    const float factor = static_cast<float>(scale);
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const float mean = keep * average[i] + take * value[i];
        average[i] = mean;
        target[i] = factor * mean;
    }
}

// The same of what the row stage has summed up, 3r + 1, and ‖V‖² after it: target ← n·average, or
// the sums as they are where there are no averages (null). target: 3r + 2.
// Launch: any grid and block.
extern "C" __global__ void step_sums(const double* sums, const double* squaredNorm, double* average,
                                     double* target, int rank, const int* counters, long long rows,
                                     long long allRows) {
    const double rate = paenmf::averaging_rate(counters);
    const int count = 3 * rank + 2;
    for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < count;
         i += static_cast<int>(gridDim.x * blockDim.x)) {
        double value = i < count - 1 ? sums[i] : *squaredNorm;
        if (average != nullptr) {
            const double mean =
                (1.0 - rate) * average[i] + rate / static_cast<double>(rows) * value;
            average[i] = mean;
            value = static_cast<double>(allRows) * mean;
        }
        target[i] = value;
    }
}

// Row order[i] of target becomes row i of source, which has the same stride; no row comes twice.
// Launch: any grid; blockDim.x a multiple of 32.
extern "C" __global__ void scatter_rows(const float* __restrict__ source,
                                        const int* __restrict__ order, float* __restrict__ target,
                                        int stride, int rows) {
    using namespace paenmf;
    const bool vectors = rows_are_vectors(source, stride) && rows_are_vectors(target, stride);
    copy_rows(
        rows, stride, vectors, [&](long long row) { return source + row * stride; },
        [&](long long row) { return target + static_cast<long long>(order[row]) * stride; });
}

// target ← gram + diag(variances), r × r; target may be gram. Launch: any grid and block.
extern "C" __global__ void add_variances(const float* gram, const double* variances, float* target,
                                         int rank) {
    const long long count = static_cast<long long>(rank) * rank;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const int row = static_cast<int>(i / rank);
        const bool diagonal = i - static_cast<long long>(row) * rank == row;
        target[i] = diagonal ? gram[i] + static_cast<float>(variances[row]) : gram[i];
    }
}

// Means of rows that have none: all of a row's are the number that explains most of it, the sum of
// its numerators over that of the Gram matrix. x, numerator: rows × r.
// Launch: any grid; blockDim.x a multiple of 32. A warp has a row.
extern "C" __global__ void cold_start(const float* __restrict__ numerator,
                                      const float* __restrict__ gram, float* __restrict__ x,
                                      int rows, int rank) {
    using namespace paenmf;
    __shared__ double scratch[32];
    __shared__ double total;
    double sum = 0.0;
    for (long long i = threadIdx.x; i < static_cast<long long>(rank) * rank; i += blockDim.x) {
        sum += gram[i];
    }
    sum = block_sum(sum, scratch);
    if (threadIdx.x == 0) total = sum;
    __syncthreads();
    const int lane = static_cast<int>(threadIdx.x & 31u);
    const long long warps = static_cast<long long>(gridDim.x) * (blockDim.x >> 5);
    for (long long row = (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) >> 5;
         row < rows; row += warps) {
        double explained = 0.0;
        for (int j = lane; j < rank; j += 32) explained += numerator[row * rank + j];
        explained = __shfl_sync(kFullWarp, warp_sum(explained), 0);
        const float value = total > 0.0 ? static_cast<float>(explained / total) : 0.0f;
        for (int j = lane; j < rank; j += 32) x[row * rank + j] = value;
    }
}

// Adds up the first `columns` of each block's row of sums, one block after the other; to what
// target holds if accumulate, else in place of it. Launch: any grid and block.
extern "C" __global__ void add_sums(const double* __restrict__ partials, int blocks, int stride,
                                    int columns, double* __restrict__ target, int accumulate) {
    for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < columns;
         i += static_cast<int>(gridDim.x * blockDim.x)) {
        double sum = accumulate ? target[i] : 0.0;
        for (int block = 0; block < blocks; ++block) {
            sum += partials[static_cast<long long>(block) * stride + i];
        }
        target[i] = sum;
    }
}

// Parameters of the sweeps over H and W, 2r + 2 each: [1/σ² | prior means, r | ln(π/(1 − π)), r |
// 1 with a point mass, else 0]. Launch: one block of any size.
extern "C" __global__ void posterior_parameters(const double* __restrict__ priors,
                                                float* __restrict__ ofH, float* __restrict__ ofW,
                                                int rank) {
    using namespace paenmf;
    const int first = static_cast<int>(threadIdx.x);
    const int step = static_cast<int>(blockDim.x);
    write_parameters(ofH, priors, priors + 2 + 3 * rank, priors + 2, rank, first, step);
    write_parameters(ofW, priors, priors + 2 + rank, priors + 2 + 2 * rank, rank, first, step);
}

// The best σ² and priors for the posteriors, as VbPriors.java has them. Leaves the reconstruction
// part of the objective and the KL divergence, per sample, in the ring, and advances both counters.
// hSums: of n rows, with ‖V‖² in place of ⟨X, N⟩. wSums: of m features.
// gramProducts: gramBlocks parts of ⟨E[HᵀH], E[WᵀW]⟩.
// updatesWithoutZeros: so many updates go before coefficients may be 0; negative if they never may.
// Launch: one block; blockDim.x a multiple of 32.
extern "C" __global__ void update_priors(const double* __restrict__ hSums,
                                         const double* __restrict__ wSums,
                                         const double* __restrict__ gramProducts, int gramBlocks,
                                         double* __restrict__ priors, int* __restrict__ counters,
                                         double* __restrict__ ring, int ringEntries, int rank,
                                         long long rows, long long features, int learnSigma,
                                         int updatesWithoutZeros, double leastVariance,
                                         double leastMean) {
    using namespace paenmf;
    __shared__ double scratch[32];
    const unsigned update = static_cast<unsigned>(counters[1]);
    double gramProduct = 0.0;
    if (threadIdx.x == 0) {
        for (int i = 0; i < gramBlocks; ++i) gramProduct += gramProducts[i];
    }
    const PriorsUpdate step{rank,
                            static_cast<double>(rows),
                            static_cast<double>(features),
                            learnSigma != 0,
                            updatesWithoutZeros,
                            leastVariance,
                            leastMean};
    const BoundParts bound = revise_priors(step, hSums, wSums, gramProduct, update, priors, scratch);
    if (threadIdx.x == 0) {
        double* entry = ring + 2 * (update % static_cast<unsigned>(ringEntries));
        entry[0] = bound.reconstruction;
        entry[1] = bound.kl;
        ++counters[0];
        ++counters[1];
    }
}

// Of rows that are not settled, those whose last sweep changed no mean by more than bound times the
// row's greatest, or all of them if last: settled ← 1, and row ids[i] of means becomes row i of x.
// x, before: rows × r. Launch: any grid; blockDim.x a multiple of 32. A warp has a row.
extern "C" __global__ void settle_rows(const float* __restrict__ x,
                                       const float* __restrict__ before,
                                       const int* __restrict__ ids, float* __restrict__ means,
                                       int* __restrict__ settled, int rows, int rank, double bound,
                                       int last) {
    using namespace paenmf;
    const int lane = static_cast<int>(threadIdx.x & 31u);
    const long long warps = static_cast<long long>(gridDim.x) * (blockDim.x >> 5);
    for (long long row = (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) >> 5;
         row < rows; row += warps) {
        if (settled[row]) continue;
        const float* values = x + row * rank;
        const float* old = before + row * rank;
        float greatest = 0.0f;  // of what is a number: a row of which something is not never is close
        for (int j = lane; j < rank; j += 32) greatest = fmaxf(greatest, values[j]);
#pragma unroll
        for (int distance = 16; distance > 0; distance >>= 1) {
            greatest = fmaxf(greatest, __shfl_xor_sync(kFullWarp, greatest, distance));
        }
        const float most = static_cast<float>(bound) * greatest;
        bool close = true;
        for (int j = lane; j < rank; j += 32) close = close && fabsf(values[j] - old[j]) <= most;
        if (!__all_sync(kFullWarp, close) && !last) continue;
        float* target = means + static_cast<long long>(ids[row]) * rank;
        for (int j = lane; j < rank; j += 32) target[j] = values[j];
        if (lane == 0) settled[row] = 1;
    }
}
