// Modules: what the program loads is checked against the kernels that this build was made from.
#pragma once
#include <cuda.h>

#include <map>
#include <string>

#include "device/registry.h"
#include "exec/shared_memory.h"

struct CUfunc_st {
    const emulator::Kernel* kernel = nullptr;
    CUmodule module = nullptr;
    int maxDynamicShared = 48 * 1024;  // more only by cuFuncSetAttribute
};

struct CUmod_st {
    CUcontext context = nullptr;
    bool destroyed = false;
    std::map<std::string, CUfunc_st> functions;
};

namespace emulator {

// What a PTX or cubin image holds: kernels with the sizes of their parameters, as far as the image tells.
struct ImageKernel {
    std::string name;
    std::vector<uint32_t> parameterSizes;
    uint32_t packedSize = 0;
    bool knowsSizes = false;
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
