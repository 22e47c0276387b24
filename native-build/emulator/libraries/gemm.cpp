// Blocks of op(A) and op(B) are packed so that the innermost loop reads both in order; the sums of
// a block of k are formed in registers and added to those of earlier blocks, which also keeps the
// rounding error of long sums low.
#include "libraries/gemm.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace emulator {
namespace {

constexpr size_t kTileRows = 16, kTileColumns = 4;
constexpr size_t kBlockK = 256, kBlockRows = 128;

using Tile = float[kTileColumns][kTileRows];

// a: depth x kTileRows, b: depth x kTileColumns. No fused multiply-add, so that all clones give the
// same bits.
__attribute__((target_clones("avx2", "default"))) void multiplyTile(size_t depth, const float* a,
                                                                    const float* b, Tile& sums) {
    using Vector = float __attribute__((vector_size(32), aligned(4), may_alias));
    constexpr size_t kLanes = sizeof(Vector) / sizeof(float), kVectors = kTileRows / kLanes;
    Vector accumulators[kTileColumns][kVectors] = {};
    for (size_t l = 0; l < depth; ++l) {
        const auto* column = reinterpret_cast<const Vector*>(a + l * kTileRows);
#pragma GCC unroll 4
        for (size_t y = 0; y < kTileColumns; ++y)
#pragma GCC unroll 2
            for (size_t x = 0; x < kVectors; ++x)
                accumulators[y][x] += column[x] * b[l * kTileColumns + y];
    }
    for (size_t y = 0; y < kTileColumns; ++y)
        for (size_t x = 0; x < kVectors; ++x)
            reinterpret_cast<Vector*>(sums[y])[x] = accumulators[y][x];
}

// Packs `count` lines of `depth` elements, beginning at (line, from), into panels of `width` lines,
// padded with zeros. Element (line, l) of a matrix whose lines are contiguous lies at line *
// leading + l, else at l * leading + line.
void pack(const float* data, size_t leading, bool contiguousLines, size_t line, size_t count,
          size_t from, size_t depth, size_t width, bool tf32, float* to) {
    const auto round = [tf32](float x) { return tf32 ? toTf32(x) : x; };
    for (size_t panel = 0; panel < count; panel += width, to += depth * width) {
        const size_t lines = std::min(width, count - panel), first = line + panel;
        std::fill(to, to + (lines < width ? depth * width : 0), 0.0f);
        if (contiguousLines) {
            for (size_t w = 0; w < lines; ++w) {
                const float* source = data + (first + w) * leading + from;
                for (size_t l = 0; l < depth; ++l) to[l * width + w] = round(source[l]);
            }
        } else {
            for (size_t l = 0; l < depth; ++l) {
                const float* source = data + (from + l) * leading + first;
                for (size_t w = 0; w < lines; ++w) to[l * width + w] = round(source[w]);
            }
        }
    }
}

size_t roundUp(size_t count, size_t to) { return (count + to - 1) / to * to; }

}  // namespace

float toTf32(float x) {
    auto bits = std::bit_cast<uint32_t>(x);
    if ((bits & 0x7f800000u) == 0x7f800000u) return x;  // infinities and NaN
    return std::bit_cast<float>((bits + 0x1000u) & ~0x1fffu);
}

void gemm(size_t m, size_t n, size_t k, float alpha, Operand a, Operand b, float beta, float* c,
          size_t ldc, bool roundToTf32) {
    std::vector<float> sums(m * n, 0.0f);
    std::vector<float> packedA(kBlockRows * kBlockK),
        packedB(roundUp(n, kTileColumns) * std::min(k, kBlockK));
    for (size_t from = 0; from < k; from += kBlockK) {
        const size_t depth = std::min(kBlockK, k - from);
        pack(b.data, b.leading, !b.transposed, 0, n, from, depth, kTileColumns, roundToTf32,
             packedB.data());
        for (size_t row = 0; row < m; row += kBlockRows) {
            const size_t rows = std::min(kBlockRows, m - row);
            pack(a.data, a.leading, a.transposed, row, rows, from, depth, kTileRows, roundToTf32,
                 packedA.data());
            for (size_t j = 0; j < n; j += kTileColumns)
                for (size_t i = 0; i < rows; i += kTileRows) {
                    alignas(64) Tile tile;
                    multiplyTile(depth, packedA.data() + i * depth, packedB.data() + j * depth,
                                 tile);
                    for (size_t y = 0; y < std::min(kTileColumns, n - j); ++y)
                        for (size_t x = 0; x < std::min(kTileRows, rows - i); ++x)
                            sums[(j + y) * m + row + i + x] += tile[y][x];
                }
        }
    }
    for (size_t j = 0; j < n; ++j)
        for (size_t i = 0; i < m; ++i) {
            float& target = c[j * ldc + i];
            const float product = alpha * sums[j * m + i];
            target = beta == 0.0f ? product : product + beta * target;
        }
}

}  // namespace emulator
