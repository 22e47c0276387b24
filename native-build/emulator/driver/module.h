// Modules: what the program loads is checked against the kernels that this build was made from.
#pragma once
#include <cuda.h>

#include <map>
#include <optional>
#include <string>

#include "device/registry.h"
#include "exec/shared_memory.h"

struct CUfunc_st {
    const emulator::Kernel* kernel = nullptr;
    CUmodule module = nullptr;
    int staticShared = 0;
    int maxDynamicShared = 48 * 1024;  // with the static part; more only by cuFuncSetAttribute
    int registers = 32;                // of a thread, as far as the image tells
};

struct CUmod_st {
    CUcontext context = nullptr;
    bool destroyed = false;
    std::map<std::string, CUfunc_st> functions;
};

namespace emulator {

// What a PTX or cubin image tells of a kernel.
struct ImageKernel {
    std::string name;
    std::optional<std::vector<uint32_t>> parameterSizes;  // PTX
    std::optional<uint32_t> packedSize;                   // cubin: of all parameters
    int registers = 32, staticShared = 0;                 // cubin; PTX with .maxnreg
};
struct Image {
    CUresult code = CUDA_SUCCESS;
    std::string problem;
    std::vector<ImageKernel> kernels;
};
Image readImage(const void* data, int computeCapability, int driverVersion, bool refuseCubin);

CUresult resolveFunction(CUfunction function);
std::string unreleasedModules(CUcontext context);
void destroyModulesOf(CUcontext context);

}  // namespace emulator
