// How kernels that go over rows as they are divide them: a piece of a row goes to a warp, or where rows
// are shorter to as many lanes as hold one. Nothing is divided for each element.
#pragma once

namespace paenmf {

constexpr int kPieceColumns = 1024;

// 16-byte access works for every row.
__device__ __forceinline__ bool rows_are_vectors(const void* rows, int stride) {
    return (stride & 3) == 0 && (reinterpret_cast<size_t>(rows) & 15) == 0;
}

// The pieces that a thread takes part in. Every piece has all lanes of its group, so that blockDim.x
// is a multiple of 32.
struct RowPieces {
    int columns, pieces;  // pieces of a row
    int lanes, lane;      // of the group that has a piece
    long long piece, end, step;

    __device__ __forceinline__ RowPieces(int rows, int columnsOfRow) : columns(columnsOfRow) {
        pieces = (columns - 1) / kPieceColumns + 1;
        int shift = 5;
        while (shift > 0 && 1 << (shift - 1) >= columns) --shift;
        lanes = 1 << shift;
        lane = static_cast<int>(threadIdx.x) & (lanes - 1);
        piece = (static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x) >> shift;
        step = static_cast<long long>(gridDim.x) * blockDim.x >> shift;
        end = static_cast<long long>(rows) * pieces;
    }

    // visit(row, column) for each column that this thread has.
    template <class Visit> __device__ __forceinline__ void each(Visit visit) const {
        for (long long i = piece; i < end; i += step) {
            const long long row = pieces == 1 ? i : i / pieces;
            const int first = static_cast<int>(i - row * pieces) * kPieceColumns;
            const int last = min(columns, first + kPieceColumns);
#pragma unroll 4
            for (int column = first + lane; column < last; column += lanes) visit(row, column);
        }
    }
};

// to(row) ← from(row), rows of `stride` values each; `vectors`: all of them lie on 16 bytes.
template <class From, class To>
__device__ __forceinline__ void copy_rows(int rows, int stride, bool vectors, From from, To to) {
    if (vectors) {
        RowPieces(rows, stride / 4).each([&](long long row, int column) {
            reinterpret_cast<float4*>(to(row))[column] =
                reinterpret_cast<const float4*>(from(row))[column];
        });
    } else {
        RowPieces(rows, stride).each(
            [&](long long row, int column) { to(row)[column] = from(row)[column]; });
    }
}

}  // namespace paenmf
