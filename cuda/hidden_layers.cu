// Hidden layers of the encoder: bias and ReLU forward and backward, and their steps of adam. The products are cuBLAS'.
// Units are padded to a multiple of 4, and all that belongs to those beyond a layer's own is 0, as in stacked matrices.
#include "include/float_math.cuh"
#include "include/row_tile.cuh"

namespace paenmf {

constexpr int kHiddenBlock = 256;  // threads of hidden_backward

}  // namespace paenmf

// z = max(scale·a + bias, 0) of a layer. a: rows × aStride; z: rows × units; biases: units. Of a, `carried` columns after
// those of the layer go to `to` as they are, rows × toStride. All on 16 bytes, counts of columns multiples of 4; z may be a
// where nothing is carried. Launch: any grid and block.
extern "C" __global__ void hidden_forward(const float* a, int aStride, double scale,
                                          const float* __restrict__ biases, float* z, int rows,
                                          int units, int carried, float* __restrict__ to,
                                          int toStride) {
    using namespace paenmf;
    const float factor = static_cast<float>(scale);
    const int groups = (units + carried) / kWidth;
    const long long count = static_cast<long long>(rows) * groups;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / groups;
        const int column = static_cast<int>(i - row * groups) * kWidth;
        float values[kWidth];
        load_group(values, a + row * aStride + column);
        if (column >= units) {
            store_group(to + row * toStride + column - units, values);
            continue;
        }
        float bias[kWidth];
        load_group(bias, biases + column);
#pragma unroll
        for (int j = 0; j < kWidth; ++j) values[j] = at_least(factor * values[j] + bias[j], 0.0f);
        store_group(z + row * units + column, values);
    }
}

// Lets through what goes back to units above 0, and adds it up over rows. z: rows × units, of hidden_forward; gradients:
// rows × stride, changed. `carried` columns of `from`, rows × fromStride, go as they are into those of gradients after the
// layer's. All on 16 bytes, counts of columns multiples of 4. sums: gridDim.x/tiles × units, tiles = ⌈(units + carried)/1024⌉,
// those of the rows of a block, in an order that depends on the launch alone. Launch: a multiple of so many tiles of blocks
// of kHiddenBlock threads.
extern "C" __global__ void __launch_bounds__(256)
hidden_backward(const float* __restrict__ z, float* __restrict__ gradients, int stride, int rows,
                int units, int carried, const float* __restrict__ from, int fromStride,
                double* __restrict__ sums) {
    using namespace paenmf;
    __shared__ double scratch[kHiddenBlock][kWidth];
    const int groups = (units + carried) / kWidth;
    const int tiles = (groups - 1) / kHiddenBlock + 1;  // of the columns
    const int tile = blockIdx.x % tiles;
    const int part = blockIdx.x / tiles;  // of the rows
    const int parts = gridDim.x / tiles;
    const int tileGroups = min(groups - tile * kHiddenBlock, kHiddenBlock);
    const int tileRows = kHiddenBlock / tileGroups;
    const int tileRow = threadIdx.x / tileGroups;
    const int column = (tile * kHiddenBlock + threadIdx.x - tileRow * tileGroups) * kWidth;
    double sum[kWidth] = {};
    if (tileRow < tileRows) {
        for (long long row = static_cast<long long>(part) * tileRows + tileRow; row < rows;
             row += static_cast<long long>(parts) * tileRows) {
            float values[kWidth];
            float* at = gradients + row * stride + column;
            if (column >= units) {
                load_group(values, from + row * fromStride + column - units);
            } else {
                float given[kWidth];
                load_group(given, z + row * units + column);
                load_group(values, at);
#pragma unroll
                for (int j = 0; j < kWidth; ++j) {
                    values[j] = given[j] > 0.0f ? values[j] : 0.0f;
                    sum[j] += values[j];
                }
            }
            store_group(at, values);
        }
    }
#pragma unroll
    for (int j = 0; j < kWidth; ++j) scratch[threadIdx.x][j] = sum[j];
    __syncthreads();
    if (tileRow > 0 || column >= units) return;
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
        for (int of = 1; of < tileRows; ++of) sum[j] += scratch[of * tileGroups + threadIdx.x][j];
        sums[static_cast<size_t>(part) * units + column + j] = sum[j];
    }
}

// A step of adam for some parameters of a layer, before the update that advances the counters. values, means, squares
// and gradients: rows × columns with a stride; sums: rows × columns, in place of gradients, which then are null.
// scale: from these to the mean gradient. Launch: any grid and block.
extern "C" __global__ void update_layer(float* __restrict__ values, float* __restrict__ means,
                                        float* __restrict__ squares,
                                        const float* __restrict__ gradients,
                                        const double* __restrict__ sums, int rows, int columns,
                                        int stride, double scale, double rate,
                                        const unsigned int* __restrict__ counters) {
    using namespace paenmf;
    const unsigned updates = counters[kCounterOptimiser];
    const float meanCorrection = moment_correction(kLogBeta1, updates + 1);
    const float squareCorrection = moment_correction(kLogBeta2, updates + 1);
    const long long count = static_cast<long long>(rows) * columns;
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    for (long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
         i += threads) {
        const long long row = i / columns;
        const long long at = row * stride + (i - row * columns);
        const float gradient = gradients == nullptr
                                   ? static_cast<float>(sums[i] * scale)
                                   : gradients[at] * static_cast<float>(scale);
        values[at] -= adam_step(means[at], squares[at], gradient, static_cast<float>(rate),
                                meanCorrection, squareCorrection);
    }
}
