// Stand-in for libcublas: the single-precision products, in stream order and capturable, with
// cuBLAS's checks.
#include <cuda.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "driver/hooks.h"
#include "libraries/gemm.h"

extern "C" __attribute__((visibility("hidden"))) int
emulatedCublasVersion();  // differs between libcublas.so.12 and .13

namespace {

enum Status {
    kSuccess = 0,
    kNotInitialized = 1,
    kInvalidValue = 7,
    kExecutionFailed = 13,
    kInternalError = 14,
    kNotSupported = 15
};
enum { kPointerHost = 0, kPointerDevice = 1 };
enum { kDataFloat = 0 };  // CUDA_R_32F
enum { kCompute32F = 68, kCompute32FPedantic = 69, kCompute32FFastTf32 = 77 };
enum { kMathDefault = 0, kMathPedantic = 2, kMathTf32 = 3 };

struct Handle {
    CUcontext context;
    CUstream stream = nullptr;
    void* workspace = nullptr;  // the user's
    size_t workspaceBytes = 0;
    int mathMode = kMathDefault, pointerMode = kPointerHost, atomicsMode = 0;
};

std::mutex lock;
std::map<Handle*, bool>& handles =
    *new std::map<Handle*, bool>;  // live or not; never freed, so that no address comes twice

Status refuse(Status status, const std::string& why) {
    emulator::libraryNote("cuBLAS status " + std::to_string(status) + ": " + why);
    return status;
}

Status check(Handle* handle, const char* function) {
    const std::lock_guard guard(lock);
    const auto it = handles.find(handle);
    if (it == handles.end() || !it->second)
        return refuse(kNotInitialized,
                      std::string(function) + ": the handle is null, unknown or destroyed");
    CUcontext current = emulator::libraryContext();
    if (!current)
        return refuse(kNotInitialized, std::string(function) + ": no usable context is current");
    if (current != handle->context)
        return refuse(kInvalidValue,
                      std::string(function) + ": the handle belongs to another context");
    return kSuccess;
}

#define CHECK_HANDLE(handle) \
    if (Status s = check(handle, __func__); s) return s

// Elements from the first to the last of a column-major matrix.
size_t span(int rows, int columns, int leading) {
    return rows && columns ? static_cast<size_t>(columns - 1) * static_cast<size_t>(leading) +
                                 static_cast<size_t>(rows)
                           : 0;
}

std::string matrixProblem(const char* name, const void* data, size_t elements) {
    if (!elements) return "";
    if (reinterpret_cast<uintptr_t>(data) % sizeof(float))
        return std::string(name) + " is misaligned";
    const std::string problem = emulator::problemWithDeviceMemory(data, elements * sizeof(float));
    return problem.empty() ? "" : std::string(name) + " " + problem;
}

// A product uses its workspace as it likes: here, both ends.
void poison(void* workspace, size_t bytes) {
    constexpr size_t kPart = 4096;
    const size_t part = bytes < kPart ? bytes : kPart;
    memset(workspace, 0xff, part);
    memset(static_cast<char*>(workspace) + (bytes - part), 0xff, part);
}

Status multiply(const char* function, Handle* handle, int transA, int transB, int m, int n, int k,
                const float* alpha, const float* A, int lda, const float* B, int ldb,
                const float* beta, float* C, int ldc, bool tf32) {
    const std::string name = function;
    if (transA < 0 || transA > 2 || transB < 0 || transB > 2)
        return refuse(kInvalidValue, name + ": unknown operation");
    if (m < 0 || n < 0 || k < 0) return refuse(kInvalidValue, name + ": a dimension is negative");
    const int rowsA = transA ? k : m, columnsA = transA ? m : k, rowsB = transB ? n : k,
              columnsB = transB ? k : n;
    const auto badLeading = [](int leading, int rows) { return leading < (rows > 1 ? rows : 1); };
    if (badLeading(lda, rowsA) || badLeading(ldb, rowsB) || badLeading(ldc, m))
        return refuse(kInvalidValue, name + ": a leading dimension is less than its rows: lda " +
                                         std::to_string(lda) + " of " + std::to_string(rowsA) +
                                         ", ldb " + std::to_string(ldb) + " of " +
                                         std::to_string(rowsB) + ", ldc " + std::to_string(ldc) +
                                         " of " + std::to_string(m));
    if (!alpha || !beta) return refuse(kInvalidValue, name + ": alpha or beta is null");
    if (m == 0 || n == 0) return kSuccess;
    const bool onDevice = handle->pointerMode == kPointerDevice;
    const float hostAlpha = onDevice ? 0.0f : *alpha, hostBeta = onDevice ? 0.0f : *beta;

    // Checked again when it runs: a captured product may outlive its matrices.
    const auto problem = [=]() -> std::string {
        if (onDevice)
            for (const float* scalar : {alpha, beta})
                if (std::string p = matrixProblem("alpha or beta", scalar, 1); !p.empty()) return p;
        if (std::string p = matrixProblem("A", A, span(rowsA, columnsA, lda)); !p.empty()) return p;
        if (std::string p = matrixProblem("B", B, span(rowsB, columnsB, ldb)); !p.empty()) return p;
        return matrixProblem("C", C, span(m, n, ldc));
    };
    if (const std::string p = problem(); !p.empty()) return refuse(kInvalidValue, name + ": " + p);
    void* const workspace = handle->workspace;
    const size_t workspaceBytes = handle->workspaceBytes;
    const CUresult result = emulator::submitLibraryWork(handle->stream, function, [=] {
        if (workspace) {
            const std::string p = emulator::problemWithDeviceMemory(workspace, workspaceBytes);
            if (!p.empty()) {
                emulator::libraryNote(name + ": the workspace " + p);
                return CUDA_ERROR_ILLEGAL_ADDRESS;
            }
            poison(workspace, workspaceBytes);
        }
        if (const std::string p = problem(); !p.empty()) {
            emulator::libraryNote(name + ": " + p);
            return CUDA_ERROR_ILLEGAL_ADDRESS;
        }
        const auto size = [](int x) { return static_cast<size_t>(x); };
        emulator::gemm(size(m), size(n), size(k), onDevice ? *alpha : hostAlpha,
                       {A, size(lda), transA != 0}, {B, size(ldb), transB != 0},
                       onDevice ? *beta : hostBeta, C, size(ldc), tf32);
        return CUDA_SUCCESS;
    });
    return result == CUDA_SUCCESS ? kSuccess : kExecutionFailed;
}

}  // namespace

extern "C" {

Status cublasCreate_v2(Handle** result) {
    CUcontext context = emulator::libraryContext();
    if (!context) return refuse(kNotInitialized, "cublasCreate: no usable context is current");
    const std::lock_guard guard(lock);
    *result = new Handle{context};
    handles[*result] = true;
    return kSuccess;
}

Status cublasDestroy_v2(Handle* handle) {
    const std::lock_guard guard(lock);
    const auto it = handles.find(handle);
    if (it == handles.end() || !it->second)
        return refuse(kNotInitialized, "cublasDestroy: the handle is null, unknown or destroyed");
    it->second = false;
    return kSuccess;
}

Status cublasGetVersion_v2(Handle*, int* version) {
    *version = emulatedCublasVersion();
    return kSuccess;
}

Status cublasSetStream_v2(Handle* handle, CUstream stream) {
    CHECK_HANDLE(handle);
    handle->stream = stream;
    // As cuBLAS does, which goes back to a workspace of its own.
    handle->workspace = nullptr;
    handle->workspaceBytes = 0;
    return kSuccess;
}

Status cublasGetStream_v2(Handle* handle, CUstream* stream) {
    CHECK_HANDLE(handle);
    *stream = handle->stream;
    return kSuccess;
}

Status cublasSetWorkspace_v2(Handle* handle, void* workspace, size_t bytes) {
    CHECK_HANDLE(handle);
    if (!workspace && bytes)
        return refuse(kInvalidValue, "cublasSetWorkspace: the workspace is null");
    if (reinterpret_cast<uintptr_t>(workspace) % 256)
        return refuse(kInvalidValue,
                      "cublasSetWorkspace: the workspace is not aligned to 256 bytes");
    if (workspace) {
        const std::string problem = emulator::problemWithDeviceMemory(workspace, bytes);
        if (!problem.empty()) return refuse(kInvalidValue, "cublasSetWorkspace: " + problem);
    }
    handle->workspace = workspace;
    handle->workspaceBytes = bytes;
    return kSuccess;
}

Status cublasSetMathMode(Handle* handle, int mode) {
    CHECK_HANDLE(handle);
    const int base = mode & 15;  // above are flags that forbid reduced precision within reductions
    if (base > kMathTf32)
        return refuse(kInvalidValue, "cublasSetMathMode: unknown mode " + std::to_string(mode));
    handle->mathMode = base;
    return kSuccess;
}

Status cublasGetMathMode(Handle* handle, int* mode) {
    CHECK_HANDLE(handle);
    *mode = handle->mathMode;
    return kSuccess;
}

Status cublasSetPointerMode_v2(Handle* handle, int mode) {
    CHECK_HANDLE(handle);
    if (mode != kPointerHost && mode != kPointerDevice)
        return refuse(kInvalidValue, "cublasSetPointerMode: unknown mode");
    handle->pointerMode = mode;
    return kSuccess;
}

Status cublasGetPointerMode_v2(Handle* handle, int* mode) {
    CHECK_HANDLE(handle);
    *mode = handle->pointerMode;
    return kSuccess;
}

Status cublasSetAtomicsMode(Handle* handle, int mode) {
    CHECK_HANDLE(handle);
    if (mode != 0 && mode != 1) return refuse(kInvalidValue, "cublasSetAtomicsMode: unknown mode");
    handle->atomicsMode = mode;
    return kSuccess;
}

Status cublasGetAtomicsMode(Handle* handle, int* mode) {
    CHECK_HANDLE(handle);
    *mode = handle->atomicsMode;
    return kSuccess;
}

Status cublasSgemm_v2(Handle* handle, int transA, int transB, int m, int n, int k,
                      const float* alpha, const float* A, int lda, const float* B, int ldb,
                      const float* beta, float* C, int ldc) {
    CHECK_HANDLE(handle);
    return multiply("cublasSgemm", handle, transA, transB, m, n, k, alpha, A, lda, B, ldb, beta, C,
                    ldc, handle->mathMode == kMathTf32);
}

Status cublasGemmEx(Handle* handle, int transA, int transB, int m, int n, int k, const void* alpha,
                    const void* A, int typeA, int lda, const void* B, int typeB, int ldb,
                    const void* beta, void* C, int typeC, int ldc, int compute, int /*algorithm*/) {
    CHECK_HANDLE(handle);
    if (typeA != kDataFloat || typeB != kDataFloat || typeC != kDataFloat)
        return refuse(kNotSupported, "cublasGemmEx: only CUDA_R_32F is emulated");
    if (compute != kCompute32F && compute != kCompute32FPedantic && compute != kCompute32FFastTf32)
        return refuse(kNotSupported,
                      "cublasGemmEx: compute type " + std::to_string(compute) + " is not emulated");
    const bool tf32 =
        compute == kCompute32FFastTf32 || (compute == kCompute32F && handle->mathMode == kMathTf32);
    return multiply("cublasGemmEx", handle, transA, transB, m, n, k,
                    static_cast<const float*>(alpha), static_cast<const float*>(A), lda,
                    static_cast<const float*>(B), ldb, static_cast<const float*>(beta),
                    static_cast<float*>(C), ldc, tf32);
}

}  // extern "C"
