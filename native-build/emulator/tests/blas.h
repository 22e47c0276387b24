// cuBLAS as the tests use it. Its header is not part of the compiler, so the functions are declared
// here.
#pragma once
#include <cuda.h>

#include <array>

#include "harness.h"

extern "C" {
int cublasCreate_v2(void**);
int cublasDestroy_v2(void*);
int cublasSetStream_v2(void*, CUstream);
int cublasSetWorkspace_v2(void*, void*, size_t);
int cublasGemmEx(void*, int, int, int, int, int, const void*, const void*, int, int, const void*,
                 int, int, const void*, void*, int, int, int, int);
}

class Blas {
 public:
    Blas() { harness::expect(cublasCreate_v2(&handle_) == 0, "cublasCreate"); }
    ~Blas() { cublasDestroy_v2(handle_); }
    Blas(const Blas&) = delete;
    Blas& operator=(const Blas&) = delete;

    void setStream(CUstream stream) {
        harness::expect(cublasSetStream_v2(handle_, stream) == 0, "cublasSetStream");
    }

    int setWorkspace(CUdeviceptr workspace, size_t bytes) {
        return cublasSetWorkspace_v2(handle_, reinterpret_cast<void*>(workspace), bytes);
    }

    // C = op(A) op(B), returns the status
    int gemm(int m, int n, int k, CUdeviceptr a, int lda, CUdeviceptr b, int ldb, CUdeviceptr c,
             int ldc, int ta = 0, int tb = 0, bool tf32 = false) {
        const float one = 1.0f, zero = 0.0f;
        constexpr int kFloat = 0, kCompute32F = 68, kCompute32FFastTf32 = 77;
        return cublasGemmEx(handle_, ta, tb, m, n, k, &one, reinterpret_cast<void*>(a), kFloat, lda,
                            reinterpret_cast<void*>(b), kFloat, ldb, &zero,
                            reinterpret_cast<void*>(c), kFloat, ldc,
                            tf32 ? kCompute32FFastTf32 : kCompute32F, -1);
    }

    float product(float x, float y, bool tf32) {
        const CUdeviceptr a = harness::onDevice(std::vector<float>{x}),
                          b = harness::onDevice(std::vector<float>{y});
        CUdeviceptr c;
        OK(cuMemAlloc(&c, sizeof(float)));
        harness::expect(gemm(1, 1, 1, a, 1, b, 1, c, 1, 0, 0, tf32) == 0, "gemm");
        const float result = harness::onHost<float>(c, 1)[0];
        for (CUdeviceptr p : {a, b, c}) OK(cuMemFree(p));
        return result;
    }

    // Small integers, so that float sums are exact and must agree; C starts as NaN and lies in
    // wider columns.
    void check(int m, int n, int k, int ta, int tb) {
        const auto at = [](int i, int l, int salt) {
            return static_cast<float>((i * 7 + l * 13 + salt) % 11 - 5);
        };
        const int lda = (ta ? k : m) + 1, ldb = (tb ? n : k) + 2, ldc = m + 3;
        std::vector<float> a(static_cast<size_t>(lda * (ta ? m : k))),
            b(static_cast<size_t>(ldb * (tb ? k : n)));
        for (int i = 0; i < m; ++i)
            for (int l = 0; l < k; ++l)
                a[static_cast<size_t>(ta ? l + i * lda : i + l * lda)] = at(i, l, 1);
        for (int j = 0; j < n; ++j)
            for (int l = 0; l < k; ++l)
                b[static_cast<size_t>(tb ? j + l * ldb : l + j * ldb)] = at(j, l, 2);
        const CUdeviceptr da = harness::onDevice(a), db = harness::onDevice(b);
        CUdeviceptr dc;
        const auto count = static_cast<size_t>(ldc * n);
        OK(cuMemAlloc(&dc, count * sizeof(float)));
        harness::expect(gemm(m, n, k, da, lda, db, ldb, dc, ldc, ta, tb) == 0, "gemm");
        const auto c = harness::onHost<float>(dc, count);
        for (int j = 0; j < n; ++j)
            for (int i = 0; i < ldc; ++i) {
                const float got = c[static_cast<size_t>(i + j * ldc)];
                float want = 0;
                for (int l = 0; l < k; ++l) want += at(i, l, 1) * at(j, l, 2);
                harness::expect(i < m ? got == want : std::isnan(got),
                                "element (" + std::to_string(i) + "," + std::to_string(j) +
                                    ") is " + std::to_string(got));
            }
        for (CUdeviceptr p : {da, db, dc}) OK(cuMemFree(p));
    }

 private:
    void* handle_ = nullptr;
};
