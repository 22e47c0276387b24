// Launches every kernel of cuda/ on small, ugly sizes, for the race check: TSan looks at each
// access of each CUDA thread. usage: races PTX KERNELS.TXT      KERNELS.TXT: the names of all
// kernels; one that is not launched here is an error
//        races planted PTX NAME     one kernel of planted_errors.cu
#include <array>
#include <set>

#include "harness.h"

using namespace harness;

namespace {

// As in cuda/include/weibull.cuh and cuda/update_project.cu; the size of the packed parameters is
// checked at each launch.
struct WeibullConstants {
    float encoderScale = 0.1f, inverseDataScale = 1.0f, inverseVariance = 100.0f, klWeight = 1.0f;
    float lambdaMin = 1e-3f, lambdaMax = 1e3f, shapeMin = 0.3f, k0 = 1.0f, logLambda0 = 0.0f,
          klOffset = -1.577f;
    uint32_t unitPrior = 1, softplus = 0, sampled = 1;
    float logE = 0;
};
struct UpdateConstants {
    double inverseRows = 1.0 / 37;
    float encoderGradientScale = 0.01f, decoderGradientScale = 1.0f, inverseDataScale = 1.0f,
          encoderRate = 0.01f;
    float biasRate = 0.01f, stepClip = 0.03f;
    uint32_t adam = 1, multiplicative = 0;
};

struct UpdateArguments {
    CUdeviceptr w, biases, q, k, g, means, squares, biasMoments, partials;
    int partialRows;
    CUdeviceptr scales, decoderRates, counters, losses, gramSums, variance;
    int ringSize, features, rank, hiddenWidth;
};

template <class... A> std::vector<unsigned char> packed(const A&... arguments) {
    std::vector<unsigned char> bytes;
    const auto append = [&]<class T>(const T& value) {
        bytes.resize((bytes.size() + alignof(T) - 1) / alignof(T) * alignof(T));
        const auto* from = reinterpret_cast<const unsigned char*>(&value);
        bytes.insert(bytes.end(), from, from + sizeof value);
    };
    (append(arguments), ...);
    return bytes;
}

class Kernels {
 public:
    explicit Kernels(CUmodule module) : module_(module) {}

    template <class... A>
    void run(const char* name, std::array<unsigned, 2> block, unsigned grid, size_t sharedBytes,
             const A&... arguments) {
        std::vector<unsigned char> buffer = packed(arguments...);
        size_t size = buffer.size();
        void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, buffer.data(), CU_LAUNCH_PARAM_BUFFER_SIZE,
                         &size, CU_LAUNCH_PARAM_END};
        OK(cuLaunchKernel(function(module_, name), grid, 1, 1, block[0], block[1], 1,
                          static_cast<unsigned>(sharedBytes), nullptr, nullptr, extra));
        OK(cuCtxSynchronize());
        launched_.insert(name);
    }
    template <class... A>
    void runTogether(const char* name, unsigned block, unsigned grid, size_t sharedBytes,
                     A... arguments) {
        OK(launchTogether(function(module_, name), grid, block, static_cast<unsigned>(sharedBytes),
                          arguments...));
        OK(cuCtxSynchronize());
        launched_.insert(name);
    }
    const std::set<std::string>& launched() const { return launched_; }

 private:
    CUmodule module_;
    std::set<std::string> launched_;
};

// Device memory that is freed at the end of the run.
class Buffers {
 public:
    ~Buffers() {
        for (const CUdeviceptr p : all_) cuMemFree(p);
    }
    template <class T = float> CUdeviceptr of(size_t count, T value = T(0.5)) {
        all_.push_back(onDevice(std::vector<T>(count, value)));
        return all_.back();
    }
    CUdeviceptr keep(CUdeviceptr p) {
        all_.push_back(p);
        return p;
    }
    CUdeviceptr counting(size_t count) {
        std::vector<int> values(count);
        for (size_t i = 0; i < count; ++i) values[i] = static_cast<int>(count - 1 - i);
        all_.push_back(onDevice(values));
        return all_.back();
    }

 private:
    std::vector<CUdeviceptr> all_;
};

constexpr CUdeviceptr kNull = 0;
constexpr unsigned long long kSeed = 42;

void launchAll(Kernels& kernels, int rows, int features, int rank) {
    Buffers b;
    const WeibullConstants heads;
    const UpdateConstants adam, gd = [] {
        UpdateConstants c;
        c.adam = 0;
        return c;
    }();
    const auto n = static_cast<size_t>(rows), m = static_cast<size_t>(features),
               r = static_cast<size_t>(rank);
    const size_t paddedRank = (r + 3) / 4 * 4;
    constexpr unsigned grid = 3, block = 64;
    const size_t paddedColumns = 3 * paddedRank;
    const int stride = static_cast<int>(paddedColumns);
    const CUdeviceptr p = b.of(n * paddedColumns), s = b.of(n * paddedColumns), biases = b.of(2 * r),
                      g = b.of(r * r), w = b.of(m * paddedColumns);
    const CUdeviceptr order = b.counting(n), step = b.of<uint32_t>(1, 3);
    const CUdeviceptr lambda = b.of(n * r), k = b.of(n * r), h = b.of(n * r), epsilon = b.of(n * r),
                      kl = b.of(n * r);
    const CUdeviceptr sums = b.of<double>(grid * 2);
    const CUdeviceptr partials = b.of<double>(grid * (2 * r + 2)), scales = b.of(2 * r);

    kernels.run("project_nonnegative", {block, 1}, grid, 0, w, stride, features, rank);
    kernels.run("gather_rows", {block, 1}, grid, 0, p, order, s, stride, rows);
    kernels.run("squared_error", {block, 1}, grid, 0, p, stride, lambda, rows, rank, 2.0, sums);
    kernels.run("weibull_heads", {block, 1}, grid, 0, p, stride, biases, lambda, k, rows, rank,
                heads);
    kernels.run("weibull_sample", {block, 1}, grid, 0, lambda, k, kNull, h, order, 0LL, rows, rank,
                kSeed, 3u, 0u);
    kernels.run("weibull_kl", {block, 1}, grid, 0, lambda, k, kl, sums,
                static_cast<long long>(n * r), heads);
    kernels.run("weibull_backward", {block, 1}, grid, 0, p, biases, epsilon, h, s, sums, rows, rank,
                heads);
    kernels.run("column_sums", {32, 8}, static_cast<unsigned>((2 * r + 31) / 32), 0, s, stride,
                rows, 2 * rank, partials);

    const size_t warps = block / 32;
    for (const CUdeviceptr roots : {kNull, epsilon}) {
        kernels.run("multiplicative_update", {block, 1}, grid, 0, h, lambda, k,
                    static_cast<long long>(n * r), rank, rank / 2, roots, 0.1, 0.2);
        for (const int inPlace : {0, 1})
            kernels.run("hals_update", {block, 1}, grid, inPlace ? 0 : warps * 16 * r, h, lambda, g, rows,
                        rank, rank / 2, inPlace, roots, 0.1, 0.2);
        for (const int accumulate : {0, 1})
            kernels.run("penalty_sums", {block, 1}, grid, 0, h, rows, rank, roots, 0.1, 0.2, accumulate, sums);
    }
    kernels.run("inner_product", {block, 1}, grid, 0, h, lambda, static_cast<long long>(n * r), sums);
    const CUdeviceptr priors = b.of(2 + 2 * r), sweepSums = b.of<double>(grid * (3 * r + 2));
    const size_t shared = 4 * r * (r + 11) + 4 * block * (r | 1);
    kernels.run("posterior_sweep", {block, 1}, grid, shared, h, lambda, g, priors, k, kl, sweepSums, rows,
                rank);
    for (const int inPlace : {0, 1})
        kernels.run("posterior_sweep_wide", {block, 1}, grid, inPlace ? 0 : warps * 16 * r, h, lambda, g,
                    priors, k, kl, sweepSums, rows, rank, inPlace);

    const long long rowValues = static_cast<long long>(n * r), allRows = rows, allFeatures = features;
    const size_t sumCount = 3 * r + 2;
    const CUdeviceptr sweepTotals = b.of<double>(sumCount), averages = b.of<double>(sumCount),
                      allTotals = b.of<double>(sumCount), doublePriors = b.of<double>(4 * r + 2);
    const CUdeviceptr vbCounters = b.of<int>(2, 3), ring = b.of<double>(2 * 4), settled = b.of<int>(n, 0);
    kernels.run("scale_values", {block, 1}, grid, 0, lambda, h, 0.5, rowValues);
    kernels.run("average_values", {block, 1}, grid, 0, lambda, h, h, 2.0, rowValues, vbCounters,
                allRows);
    kernels.run("add_sums", {block, 1}, grid, 0, sweepSums, static_cast<int>(grid),
                static_cast<int>(sumCount), static_cast<int>(sumCount), sweepTotals, 0);
    for (const CUdeviceptr average : {kNull, averages})
        kernels.run("step_sums", {block, 1}, grid, 0, sweepTotals, sums, average, allTotals, rank,
                    vbCounters, allRows, allRows);
    kernels.run("scatter_rows", {block, 1}, grid, 0, h, order, lambda, rank, rows);
    kernels.run("add_variances", {block, 1}, grid, 0, g, sweepTotals, g, rank);
    kernels.run("cold_start", {block, 1}, grid, 0, lambda, g, h, rows, rank);
    kernels.run("posterior_parameters", {block, 1}, 1, 0, doublePriors, priors, b.of(2 + 2 * r), rank);
    kernels.run("update_priors", {block, 1}, 1, 0, allTotals, sweepTotals, sums, static_cast<int>(grid),
                doublePriors, vbCounters, ring, 4, rank, allRows, allFeatures, 1, 2, 1e-6, 1e-8);
    const CUdeviceptr formParts = b.of<double>(4 * grid), formRing = b.of<double>(5 * 4);
    for (const int penalised : {0, 1})
        kernels.run("gram_form", {block, 1}, 1, 0, formParts, static_cast<int>(grid), static_cast<int>(grid),
                    sums, static_cast<int>(grid), static_cast<int>(grid), penalised, vbCounters, formRing, 4);
    for (const int last : {0, 1})
        kernels.run("settle_rows", {block, 1}, grid, 0, h, lambda, order, k, settled, rows, rank, 1e-6,
                    last);

    // a column is at another place in each of three rows, and so another lane's
    std::vector<long long> rowStarts(1, 0);
    std::vector<int> columnsOf;
    for (size_t i = 0; i < n; ++i) {
        for (size_t f = i % 3; f < m; ++f) columnsOf.push_back(static_cast<int>(f));
        rowStarts.push_back(static_cast<long long>(columnsOf.size()));
    }
    const CUdeviceptr starts = b.keep(onDevice(rowStarts)), columns = b.keep(onDevice(columnsOf)),
                      values = b.of(n * m), x = b.of(m * r), pieceParts = b.of(2 * (n * m / 16 + 2) * r),
                      gram = b.of<double>(r * r);
    const CUdeviceptr columnStarts = b.of<long long>(m + 1), rowsOf = b.of<int>(n * m), valuesOf = b.of(n * m),
                      counts = b.of<int>(3 * m);
    for (const CUdeviceptr ids : {kNull, order}) {
        kernels.run("sparse_project", {block, 1}, grid, 0, starts, columns, values, ids, 0, rows, x, rank,
                    rank, 0.5, h, rank);
        kernels.run("count_columns", {block, 1}, grid, 0, starts, columns, ids, 0, rows, features, 3, counts);
        kernels.run("count_before", {block, 1}, grid, 0, counts, features, 3, columnStarts);
        kernels.run("column_starts", {block, 1}, 1, 0, columnStarts, features);
        kernels.run("order_columns", {block, 1}, grid, 0, starts, columns, values, ids, 0, rows, features, 3,
                    columnStarts, counts, rowsOf, valuesOf);
        kernels.run("sparse_accumulate", {block, 1}, grid, 0, columnStarts, rowsOf, valuesOf, features, 16, h,
                    rank, rank, 0.5, 1, x, rank, pieceParts);
        kernels.run("join_pieces", {block, 1}, grid, 0, columnStarts, features, 16, pieceParts, rank, 1, x,
                    rank);
        kernels.run("exact_gram", {block, 1}, grid, 0, x, rank, features, rank, gram);
        kernels.run("sparse_squared_error", {block, 1}, grid, 0, starts, columns, values, ids, 0, rows, 0.5,
                    x, rank, gram, h, rank, rank, sums);
    }

    const size_t tileRows = block / (paddedRank / 4);
    const CUdeviceptr variance = b.of<double>(1), noiseIds = b.of<unsigned long long>(n, 1ull << 40);
    for (const int panelRows : {rank, 4})  // G in shared memory as a whole, and in parts
        for (const int accumulate : {0, 1}) {
            const size_t panel = panelRows >= rank ? paddedRank : static_cast<size_t>(panelRows);
            kernels.run("weibull_step", {block, 1}, grid, 4 * (4 * tileRows + panel) * paddedRank,
                        p, s, biases, g, accumulate ? noiseIds : kNull, order, 0LL, rows, rank, panelRows,
                        heads, kSeed, step, accumulate, partials, accumulate ? variance : kNull);
        }
    kernels.run("weibull_step_wide", {block, 1}, grid, 0, p, s, biases, g, noiseIds, order, 0LL, rows,
                rank, heads, kSeed, step, 0, partials, variance);

    const CUdeviceptr q = b.of(m * paddedColumns), means = b.of(m * paddedColumns), squares = b.of(m * paddedColumns);
    const CUdeviceptr biasMoments = b.of<double>(4 * r), rates = b.of(m),
                      losses = b.of<double>(4 * 4);
    const CUdeviceptr counters = b.of<uint32_t>(3, 0);
    const auto serviceBlocks = static_cast<unsigned>((2 * r + 2 + 7) / 8);
    const CUdeviceptr gramSums = b.of<double>(serviceBlocks);
    kernels.run("head_norms", {256, 1}, static_cast<unsigned>((2 * r + 7) / 8), 0, q, partials,
                static_cast<int>(grid), features, rank, gd, scales);
    for (const UpdateConstants& c : {adam, gd}) {
        const UpdateArguments u{w,
                                biases,
                                q,
                                g,
                                g,
                                c.adam ? means : kNull,
                                c.adam ? squares : kNull,
                                biasMoments,
                                partials,
                                static_cast<int>(grid),
                                scales,
                                rates,
                                counters,
                                losses,
                                gramSums,
                                c.adam ? variance : kNull,
                                4,
                                features,
                                rank,
                                0};
        for (const int panelRows : {rank, 4}) {
            const size_t panel = panelRows >= rank ? paddedRank : static_cast<size_t>(panelRows);
            kernels.run("update_project", {block, 1}, grid + serviceBlocks,
                        4 * (2 * tileRows + panel) * paddedRank, u, c, panelRows,
                        static_cast<int>(grid));
        }
        kernels.run("update_project_wide", {block, 1}, grid + serviceBlocks, 4 * r, u, c,
                    static_cast<int>(grid));
    }
    const CUdeviceptr layerMeans = b.of(m * paddedColumns), layerSquares = b.of(m * paddedColumns),
                      unitSums = b.of<double>(grid * paddedColumns);
    const int units = 2 * static_cast<int>(paddedRank), carried = static_cast<int>(paddedRank);
    const CUdeviceptr z = b.of(n * 2 * paddedRank), carriedTo = b.of(n * paddedColumns);
    const CUdeviceptr biasesOf = b.of(2 * paddedRank);
    kernels.run("hidden_forward", {block, 1}, grid, 0, z, units, 0.5, biasesOf, z, rows, units, 0, kNull, 0);
    kernels.run("hidden_forward", {block, 1}, grid, 0, p, stride, 0.5, biasesOf, z, rows, units, carried,
                carriedTo, stride);
    kernels.run("hidden_backward", {256, 1}, grid, 0, z, s, stride, rows, units, carried, carriedTo, stride,
                unitSums);
    for (const bool ofSums : {false, true})
        kernels.run("update_layer", {block, 1}, grid, 0, w, layerMeans, layerSquares, ofSums ? kNull : q,
                    ofSums ? unitSums : kNull, ofSums ? 1 : features, units, stride, 0.5, 0.1, counters);
    constexpr int perSlice = 8, rowsPerBlock = 2, lanes = 8;
    const auto slices = static_cast<unsigned>((m + perSlice - 1) / perSlice),
               rowBlocks = static_cast<unsigned>((n + rowsPerBlock - 1) / rowsPerBlock);
    const CUdeviceptr v = b.of(n * m), projections = b.of(slices * n * paddedColumns),
                      grams = b.of(slices * r * r), slicedS = b.of(n * paddedColumns),
                      seconds = b.of(rowBlocks * r * r),
                      slicedPartials = b.of<double>(rowBlocks * (2 * r + 2));
    kernels.run("sliced_project", {256, 1}, slices, 4 * perSlice * paddedColumns, v, features, rows,
                features, perSlice, rank, w, projections, grams);
    const auto rowThreads =
        static_cast<unsigned>((rowsPerBlock * paddedRank / 4 * lanes + 31) / 32 * 32);
    kernels.run("sliced_rows", {rowThreads, 1}, rowBlocks,
                4 * (r + 3 * rowsPerBlock) * paddedRank, projections, grams,
                static_cast<int>(slices), biases, rows, rank, rowsPerBlock, lanes, heads, kSeed,
                counters, slicedS, seconds, slicedPartials, g, kNull);
    const UpdateArguments sliced{w,
                                 biases,
                                 q,
                                 kNull,
                                 g,
                                 means,
                                 squares,
                                 biasMoments,
                                 slicedPartials,
                                 static_cast<int>(rowBlocks),
                                 kNull,
                                 rates,
                                 counters,
                                 losses,
                                 gramSums,
                                 kNull,
                                 4,
                                 features,
                                 rank,
                                 0};
    constexpr unsigned updateThreads = 512;
    kernels.run("sliced_update", {updateThreads, 1}, slices + serviceBlocks,
                4 * (r * paddedRank + perSlice * paddedColumns + 4 * updateThreads), sliced, adam, v,
                features, rows, perSlice, slicedS, seconds, projections, grams);
    const CUdeviceptr windowSums = b.of<double>(1);
    for (const bool learned : {false, true}) {
        if (r > 10) break;  // as in use, and TSan has no more fibers
        UpdateArguments window = sliced;
        if (learned) window.variance = variance;
        kernels.runTogether("sliced_window", updateThreads, slices + serviceBlocks,
                            4 * (r * paddedRank + perSlice * paddedColumns + 4 * updateThreads +
                                 12 * perSlice * paddedRank + perSlice + n * (perSlice + 1)),
                            window, adam, heads, kSeed, v, features, rows, perSlice, rowsPerBlock,
                            lanes, slicedS, seconds, projections, grams,
                            learned ? windowSums : kNull, 1e-6, 2);
    }
    const CUdeviceptr halsW = b.of(m * r), halsH = b.of(n * r), halsProducts = b.of<double>(slices);
    if (r <= 16)  // as in use
        kernels.runTogether("hals_window", updateThreads, slices,
                            4 * (2 * (r + perSlice) * paddedRank + 4 * updateThreads +
                                 perSlice * (r | 1) + n * (perSlice + 1)),
                            v, features, rows, features, perSlice, rank, 1, 0.5, halsW, halsH, rowsPerBlock, lanes,
                            projections, grams, slicedS, seconds, halsProducts, counters, losses, 4, 2);
    const CUdeviceptr vbSums = b.of<double>((slices + rowBlocks + 1) * sumCount), vbRing = b.of<double>(2 * 4),
                      spreads = b.of(m * r), included = b.of(m * r), parameters = b.of(2 * r + 2);
    if (r <= 16)
        kernels.runTogether("vb_window", updateThreads, slices,
                            8 * (10 * r + 6) + 4 * (2 * (r + perSlice) * paddedRank + 4 * updateThreads +
                                                    3 * perSlice * (r | 1) + n * (perSlice + 1) + 15 * r + 4),
                            v, features, rows, features, perSlice, rank, 0.5, halsW, spreads, included, halsH,
                            sweepTotals, doublePriors, parameters, b.of(2 * r + 2), rowsPerBlock, lanes, projections,
                            grams, slicedS, seconds, vbSums, windowSums, counters, vbRing, 4, 1, 2, 1e-6, 1e-8, 2);
    for (const int miniBatches : {0, 1})
        kernels.run("update_variance", {1, 1}, 1, 0, sums, counters, losses, 4,
                    static_cast<double>(n * m), miniBatches, 1e-6, variance);
}

// Two tiles each way, and two slices of terms, of which the first has more parts than lie in shared
// memory together.
void launchProducts(Kernels& kernels) {
    constexpr int rows = 130, columns = 66, depth = 80, depthOfBlock = 64;
    Buffers b;
    const CUdeviceptr left = b.of(rows * depth), right = b.of(depth * columns),
                      slices = b.of(2 * rows * columns), sum = b.of(rows * columns);
    kernels.run("multiply_3xtf32", {256, 1}, 8, 0, left, depth, right, columns, slices, columns, rows,
                columns, depth, depthOfBlock, 0.5, 0);
    kernels.run("multiply_transpose_3xtf32", {256, 1}, 8, 0, left, rows, right, columns, slices,
                columns, rows, columns, depth, depthOfBlock, 0.5, 0);
    kernels.run("sum_products", {256, 1}, 3, 0, slices, 2, sum, columns, rows, columns, 1);
}

void runPlanted(CUmodule module, const std::string& name) {
    Buffers b;
    const CUdeviceptr out = b.of(64, 0.0f);
    if (name == "missing_fence" || name == "last_block_sums")
        OK(launch(function(module, name.c_str()), 3, 64, 0, nullptr, b.of(3), b.of<uint32_t>(1, 0),
                  out));
    else if (name.starts_with("grid_barrier"))
        OK(launchTogether(function(module, name.c_str()), 3, 64, 4 * 64, b.of(3 * 64),
                          b.of<uint32_t>(1, 0), b.of(3 * 64)));
    else
        OK(launch(function(module, name.c_str()), name == "block_race" ? 3 : 1, 64, 0, nullptr,
                  out));
    OK(cuCtxSynchronize());
}

}  // namespace

int main(int argc, char** argv) {
    const bool planted = argc == 4 && !strcmp(argv[1], "planted");
    if (!planted && argc != 3) {
        fprintf(stderr, "usage: races PTX KERNELS.TXT | races planted PTX NAME\n");
        return 2;
    }
    try {
        CUcontext context;
        CUmodule module;
        OK(cuInit(0));
        OK(cuDevicePrimaryCtxRetain(&context, 0));
        OK(cuCtxSetCurrent(context));
        OK(cuModuleLoadData(&module, readFile(argv[planted ? 2 : 1]).c_str()));
        if (planted) {
            runPlanted(module, argv[3]);
        } else {
            Kernels kernels(module);
            for (const auto& [rows, features, rank] : {std::array{37, 29, 7}, {5, 19, 36}})
                launchAll(kernels, rows, features, rank);
            launchProducts(kernels);
            std::ifstream names(argv[2]);
            for (std::string name; std::getline(names, name);)
                expect(kernels.launched().count(name),
                       "the race check does not launch the kernel " + name);
        }
        OK(cuModuleUnload(module));
        OK(cuDevicePrimaryCtxRelease(0));
    } catch (const Failure& failure) {
        printf("FAILED: %s\n", failure.message.c_str());
        return 1;
    }
    return 0;
}
