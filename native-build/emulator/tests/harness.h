// A small test harness: each test gets a fresh primary context and sees what the emulator says on
// stderr.
#pragma once
#include <cuda.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

namespace harness {

inline std::string readFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fprintf(stderr, "cannot read %s\n", path.c_str());
        exit(2);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

// What is written to stderr while the object lives.
class StderrCapture {
 public:
    StderrCapture() : saved_(dup(2)), file_(tmpfile()) { dup2(fileno(file_), 2); }
    ~StderrCapture() {
        restore();
        fclose(file_);
    }
    void restore() {
        if (saved_ < 0) return;
        fflush(stderr);
        dup2(saved_, 2);
        close(saved_);
        saved_ = -1;
    }
    std::string text() const {
        fflush(stderr);
        std::string all(static_cast<size_t>(lseek(fileno(file_), 0, SEEK_END)), 0);
        if (pread(fileno(file_), all.data(), all.size(), 0) < 0) return "";
        return all;
    }

 private:
    int saved_;
    FILE* file_;
};

struct Failure {
    std::string message;
};

inline void expect(bool condition, const std::string& message) {
    if (!condition) throw Failure{message};
}

inline std::string nameOf(CUresult code) {
    const char* name = nullptr;
    return cuGetErrorName(code, &name) == CUDA_SUCCESS ? name : std::to_string(code);
}

#define OK(call)                                                                         \
    do {                                                                                 \
        if (const CUresult r_ = (call); r_ != CUDA_SUCCESS)                              \
            throw ::harness::Failure{std::string(#call " -> ") + ::harness::nameOf(r_)}; \
    } while (0)

#define EXPECT_CODE(expected, call)                                                      \
    do {                                                                                 \
        if (const CUresult r_ = (call); r_ != (expected))                                \
            throw ::harness::Failure{std::string(#call " -> ") + ::harness::nameOf(r_) + \
                                     ", not " #expected};                                \
    } while (0)

// Device memory that lives as long as its test.
template <class T> CUdeviceptr onDevice(const std::vector<T>& values) {
    CUdeviceptr address;
    OK(cuMemAlloc(&address, values.size() * sizeof(T)));
    OK(cuMemcpyHtoD(address, values.data(), values.size() * sizeof(T)));
    return address;
}

template <class T> std::vector<T> onHost(CUdeviceptr address, size_t count) {
    std::vector<T> values(count);
    OK(cuMemcpyDtoH(values.data(), address, count * sizeof(T)));
    return values;
}

inline CUfunction function(CUmodule module, const char* name) {
    CUfunction result;
    OK(cuModuleGetFunction(&result, module, name));
    return result;
}

template <class... A>
CUresult launch(CUfunction f, unsigned grid, unsigned block, unsigned shared, CUstream stream,
                A... arguments) {
    void* parameters[] = {&arguments...};
    return cuLaunchKernel(f, grid, 1, 1, block, 1, 1, shared, stream, parameters, nullptr);
}

template <class... A>
CUresult launchTogether(CUfunction f, unsigned grid, unsigned block, unsigned shared, A... arguments) {
    void* parameters[] = {&arguments...};
    return cuLaunchCooperativeKernel(f, grid, 1, 1, block, 1, 1, shared, nullptr, parameters);
}

}  // namespace harness
