// Kernel launches: what a launch must satisfy, and the launch itself.
#include <cuda.h>
#include <cuda_occupancy.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "driver/context.h"
#include "driver/limits.h"
#include "driver/memory.h"
#include "driver/module.h"
#include "driver/settings.h"
#include "exec/scheduler.h"

namespace emulator {
namespace {

using Arguments = std::vector<unsigned char>;

CUresult badLaunch(const Kernel& kernel, const std::string& why,
                   CUresult code = CUDA_ERROR_INVALID_VALUE) {
    return fail(code, kernel.name + ": " + why);
}

// By NVIDIA's own calculation.
CUresult blocksPerMultiprocessor(const CUfunc_st& function, int threads, size_t dynamicShared,
                                 int* blocks) {
    cudaOccDeviceProp device;
    device.computeMajor = settings().computeCapability / 10;
    device.computeMinor = settings().computeCapability % 10;
    device.maxThreadsPerBlock = 1024;
    device.maxThreadsPerMultiprocessor = limits().threads;
    device.regsPerBlock = device.regsPerMultiprocessor = Limits::kRegisters;
    device.warpSize = 32;
    device.sharedMemPerBlock = Limits::kSharedWithoutOptIn;
    device.sharedMemPerMultiprocessor = static_cast<size_t>(limits().shared);
    device.numSms = settings().multiprocessors;
    device.sharedMemPerBlockOptin = static_cast<size_t>(limits().sharedOfBlock);
    device.reservedSharedMemPerBlock = Limits::kReservedShared;
    cudaOccFuncAttributes attributes;
    attributes.maxThreadsPerBlock = static_cast<int>(function.kernel->maxThreads);
    attributes.numRegs = function.registers;
    attributes.sharedSizeBytes = static_cast<size_t>(function.staticShared);
    attributes.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
    attributes.maxDynamicSharedSizeBytes = static_cast<size_t>(function.maxDynamicShared);
    attributes.numBlockBarriers = 1;
    const cudaOccDeviceState state;
    cudaOccResult result;
    if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &attributes, &state, threads,
                                                dynamicShared) != CUDA_OCC_SUCCESS)
        return badLaunch(*function.kernel,
                         "this toolkit's cuda_occupancy.h does not know the device",
                         CUDA_ERROR_NOT_SUPPORTED);
    *blocks = result.activeBlocksPerMultiprocessor;
    return CUDA_SUCCESS;
}

CUresult checkShape(const CUfunc_st& function, const LaunchShape& shape) {
    const Kernel& kernel = *function.kernel;
    const dim3 &g = shape.grid, &b = shape.block;
    if (!g.x || !g.y || !g.z || g.x > 0x7fffffffu || g.y > 65535 || g.z > 65535)
        return badLaunch(kernel, "a grid of " + std::to_string(g.x) + " x " + std::to_string(g.y) +
                                     " x " + std::to_string(g.z) + " blocks");
    const size_t threads = size_t{b.x} * b.y * b.z;
    if (!threads || b.x > 1024 || b.y > 1024 || b.z > 64 || threads > 1024)
        return badLaunch(kernel, "a block of " + std::to_string(b.x) + " x " + std::to_string(b.y) +
                                     " x " + std::to_string(b.z) + " threads");
    if (threads > kernel.maxThreads)
        return badLaunch(kernel, std::to_string(threads) +
                                     " threads in a block; __launch_bounds__ allows " +
                                     std::to_string(kernel.maxThreads));
    int blocks = 0;
    if (CUresult r = blocksPerMultiprocessor(function, static_cast<int>(threads), 0, &blocks); r)
        return r;
    if (!blocks)
        return badLaunch(kernel,
                         std::to_string(threads) + " threads of " +
                             std::to_string(function.registers) + " registers in a block",
                         CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    if (shape.dynamicShared > static_cast<unsigned>(function.maxDynamicShared))
        return badLaunch(kernel, std::to_string(shape.dynamicShared) +
                                     " bytes of dynamic shared memory; its attribute allows " +
                                     std::to_string(function.maxDynamicShared));
    return CUDA_SUCCESS;
}

// All blocks of a cooperative launch are resident at once, or it is refused.
CUresult checkResidency(const CUfunc_st& function, const LaunchShape& shape) {
    if (!settings().cooperative)
        return badLaunch(*function.kernel, "the device has no cooperative launch",
                         CUDA_ERROR_NOT_SUPPORTED);
    const size_t threads = size_t{shape.block.x} * shape.block.y * shape.block.z;
    const size_t blocks = size_t{shape.grid.x} * shape.grid.y * shape.grid.z;
    int atOnce = 0;
    if (CUresult r = blocksPerMultiprocessor(function, static_cast<int>(threads),
                                             shape.dynamicShared, &atOnce);
        r)
        return r;
    const size_t resident = static_cast<size_t>(atOnce) * settings().multiprocessors;
    if (blocks <= resident) return CUDA_SUCCESS;
    return badLaunch(*function.kernel,
                     "a cooperative launch of " + std::to_string(blocks) + " blocks, of which " +
                         std::to_string(resident) + " are resident at once",
                     CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
}

CUresult packArguments(const Kernel& kernel, void** parameters, void** extra, Arguments& packed) {
    packed.resize(kernel.packedSize);
    if (parameters && extra) return badLaunch(kernel, "both kernelParams and extra are given");
    if (parameters) {
        for (size_t i = 0; i < kernel.parameters.size(); ++i) {
            const Parameter& parameter = kernel.parameters[i];
            if (!parameters[i])
                return badLaunch(kernel, "parameter " + std::to_string(i) + " is missing");
            memcpy(packed.data() + parameter.offset, parameters[i], parameter.size);
        }
        return CUDA_SUCCESS;
    }
    if (!extra)
        return kernel.parameters.empty() ? CUDA_SUCCESS
                                         : badLaunch(kernel, "no parameters are given");
    const void* buffer = nullptr;
    size_t bytes = 0;
    for (; *extra != CU_LAUNCH_PARAM_END; extra += 2) {
        if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER)
            buffer = extra[1];
        else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE)
            bytes = *static_cast<const size_t*>(extra[1]);
        else
            return badLaunch(kernel, "an unknown entry in extra");
    }
    // Callers may round the size up as they would a struct's.
    if (!buffer || bytes < kernel.packedSize || bytes > (kernel.packedSize + 7u) / 8 * 8)
        return badLaunch(kernel, "a parameter buffer of " + std::to_string(bytes) +
                                     " bytes; the kernel takes " +
                                     std::to_string(kernel.packedSize));
    memcpy(packed.data(), buffer, kernel.packedSize);
    return CUDA_SUCCESS;
}

// A pointer parameter is null or points into live device memory, or into page-locked memory, which
// a device can reach.
CUresult checkPointers(const Kernel& kernel, const Arguments& packed) {
    for (size_t i = 0; i < kernel.parameters.size(); ++i) {
        CUdeviceptr address;
        if (!kernel.parameters[i].isPointer) {
            // What a struct holds is unknown, but a number that equals an address of freed memory
            // is hardly a number.
            for (uint32_t at = 0; at + sizeof address <= kernel.parameters[i].size;
                 at += sizeof address) {
                memcpy(&address, packed.data() + kernel.parameters[i].offset + at, sizeof address);
                if (wasFreed(address))
                    return badLaunch(kernel,
                                     "within parameter " + std::to_string(i) + ": " +
                                         describeAddress(address, 1),
                                     CUDA_ERROR_ILLEGAL_ADDRESS);
            }
            continue;
        }
        memcpy(&address, packed.data() + kernel.parameters[i].offset, sizeof address);
        if (address && !isDevice(address, 1) && !isPinned(reinterpret_cast<void*>(address), 1))
            return badLaunch(kernel,
                             "parameter " + std::to_string(i) + ": " + describeAddress(address, 1),
                             CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    return CUDA_SUCCESS;
}

CUresult runKernel(const Kernel& kernel, const LaunchShape& shape, const Arguments& arguments) {
    if (settings().failLaunch.strikes())
        return badLaunch(kernel, "launch (injected)", settings().failLaunch.code);
    if (CUresult r = checkPointers(kernel, arguments); r) return r;
    const LaunchResult result = runGrid(shape, kernel.call, arguments.data(), settings().schedule);
    if (result.code) return badLaunch(kernel, result.message, result.code);
    if (const std::string broken = brokenGuard(); !broken.empty())
        return badLaunch(kernel, broken, CUDA_ERROR_ILLEGAL_ADDRESS);
    return CUDA_SUCCESS;
}

CUresult launch(CUfunction function, const LaunchShape& shape, CUstream handle, void** parameters,
                void** extra) {
    CUstream stream;
    if (CUresult r = resolveFunction(function); r) return r;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    if (CUresult r = checkShape(*function, shape); r) return r;
    if (shape.cooperative)
        if (CUresult r = checkResidency(*function, shape); r) return r;
    Arguments packed;
    if (CUresult r = packArguments(*function->kernel, parameters, extra, packed); r) return r;
    const Kernel* kernel = function->kernel;
    const std::string kind = (shape.cooperative ? "cooperative kernel " : "kernel ") + kernel->name;
    return submit(stream, kind, [kernel, shape, packed = std::move(packed)] {
        return runKernel(*kernel, shape, packed);
    });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

extern "C" {

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ,
                        unsigned blockX, unsigned blockY, unsigned blockZ, unsigned dynamicShared,
                        CUstream handle, void** parameters, void** extra) {
    DRIVER_CALL(Context);
    return launch(function, {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, dynamicShared}, handle,
                  parameters, extra);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY,
                                   unsigned gridZ, unsigned blockX, unsigned blockY,
                                   unsigned blockZ, unsigned dynamicShared, CUstream handle,
                                   void** parameters) {
    DRIVER_CALL(Context);
    return launch(function,
                  {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, dynamicShared, true}, handle,
                  parameters, nullptr);
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function,
                                                              int blockSize, size_t dynamicShared,
                                                              unsigned) {
    DRIVER_CALL(Context);
    if (CUresult r = resolveFunction(function); r) return r;
    if (blockSize <= 0) return CUDA_ERROR_INVALID_VALUE;
    return blocksPerMultiprocessor(*function, blockSize, dynamicShared, blocks);
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function,
                                                     int blockSize, size_t dynamicShared) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, blockSize,
                                                                dynamicShared, 0);
}

}  // extern "C"
