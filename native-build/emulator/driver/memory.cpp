#include "driver/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "driver/context.h"
#include "driver/settings.h"
#include "exec/device_memory.h"

namespace emulator {
namespace {

struct Block {
    size_t bytes = 0;
    CUcontext context = nullptr;
    bool registered = false;  // host memory that belongs to the caller
};
using Blocks = std::map<uintptr_t, Block>;

Blocks &deviceBlocks = *new Blocks,
       &pinnedBlocks = *new Blocks;              // never destroyed: the check at exit needs them
auto& freed = *new std::map<uintptr_t, size_t>;  // until the address is given out again
size_t used = 0;

const Blocks::value_type* within(const Blocks& blocks, uintptr_t address, size_t bytes) {
    auto it = blocks.upper_bound(address);
    if (it == blocks.begin()) return nullptr;
    --it;
    const size_t offset = address - it->first;
    return offset < it->second.bytes && bytes <= it->second.bytes - offset ? &*it : nullptr;
}

std::string hex(uintptr_t address) {
    char text[32];
    snprintf(text, sizeof text, "0x%lx", static_cast<unsigned long>(address));
    return text;
}

void forget(Blocks::iterator it) {
    used -= it->second.bytes;
    if (freed.size() > 4096) freed.clear();
    freed[it->first] = it->second.bytes;
    releaseDeviceMemory(it->first);
    deviceBlocks.erase(it);
}

std::string summary(const Blocks& blocks, CUcontext context, const char* kind) {
    size_t count = 0, bytes = 0;
    for (const auto& [address, block] : blocks)
        if (block.context == context) ++count, bytes += block.bytes;
    if (count == 0) return "";
    return std::to_string(count) + " " + kind + (count > 1 ? "s" : "") + " of " +
           std::to_string(bytes) + " bytes";
}

}  // namespace

bool isDevice(CUdeviceptr address, size_t bytes) { return within(deviceBlocks, address, bytes); }
bool isPinned(const void* address, size_t bytes) {
    return within(pinnedBlocks, reinterpret_cast<uintptr_t>(address), bytes);
}

bool wasFreed(CUdeviceptr address) {
    auto it = freed.upper_bound(address);
    return it != freed.begin() && address - (--it)->first < it->second && !isDevice(address, 1);
}

std::string describeAddress(CUdeviceptr address, size_t bytes) {
    if (const auto* block = within(deviceBlocks, address, 1))
        return hex(address) + " + " + std::to_string(bytes) +
               " bytes runs over the end of a device allocation of " +
               std::to_string(block->second.bytes) + " bytes, of which " +
               std::to_string(block->second.bytes - (address - block->first)) + " follow";
    if (wasFreed(address)) return hex(address) + " is device memory that was freed";
    return hex(address) + " is not device memory";
}

std::string brokenGuard() {
    for (const auto& block : deviceBlocks)
        if (!deviceGuardIntact(block.first, block.second.bytes))
            return "a write just outside a device allocation of " +
                   std::to_string(block.second.bytes) + " bytes (the asan build names the line)";
    return "";
}

std::string unreleasedMemory(CUcontext context) {
    std::string text = summary(deviceBlocks, context, "device allocation");
    const std::string host = summary(pinnedBlocks, context, "page-locked host allocation");
    if (!text.empty() && !host.empty()) text += ", ";
    return text + host;
}

void destroyMemoryOf(CUcontext context) {
    for (auto it = deviceBlocks.begin(); it != deviceBlocks.end();) {
        const auto next = std::next(it);
        if (it->second.context == context) forget(it);
        it = next;
    }
    for (auto it = pinnedBlocks.begin(); it != pinnedBlocks.end();) {
        const auto next = std::next(it);
        if (it->second.context == context) {
            if (!it->second.registered) free(reinterpret_cast<void*>(it->first));
            pinnedBlocks.erase(it);
        }
        it = next;
    }
}

}  // namespace emulator

using namespace emulator;

extern "C" {

CUresult cuMemAlloc_v2(CUdeviceptr* result, size_t bytes) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    if (bytes == 0) return fail(CUDA_ERROR_INVALID_VALUE, "cuMemAlloc of 0 bytes");
    if (settings().failAlloc.strikes())
        return fail(settings().failAlloc.code,
                    "cuMemAlloc of " + std::to_string(bytes) + " bytes (injected)");
    const size_t total = settings().memory;
    if (bytes > total || used > total - bytes) return CUDA_ERROR_OUT_OF_MEMORY;
    void* memory = obtainDeviceMemory(bytes);
    if (!memory) return CUDA_ERROR_OUT_OF_MEMORY;
    const auto address = reinterpret_cast<uintptr_t>(memory);
    deviceBlocks[address] = {bytes, currentContext(), false};
    freed.erase(address);
    used += bytes;
    *result = address;
    return CUDA_SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    if (!address) return CUDA_SUCCESS;
    const auto it = deviceBlocks.find(address);
    if (it == deviceBlocks.end())
        return fail(CUDA_ERROR_INVALID_VALUE, isDevice(address, 1)
                                                  ? "cuMemFree of an address inside an allocation"
                                                  : "cuMemFree: " + describeAddress(address, 1));
    if (CUresult r = completeContext(it->second.context); r)
        return r;  // a real one waits for the deviceBlocks, too
    forget(it);
    return CUDA_SUCCESS;
}

CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
    DRIVER_CALL(Context);
    *total = settings().memory;
    *free = *total - std::min(used, *total);
    return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr address) {
    DRIVER_CALL(Context);
    const auto* block = within(deviceBlocks, address, 1);
    if (!block)
        return fail(CUDA_ERROR_NOT_FOUND, "cuMemGetAddressRange: " + describeAddress(address, 1));
    if (base) *base = block->first;
    if (bytes) *bytes = block->second.bytes;
    return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void** result, size_t bytes, unsigned) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    if (bytes == 0) return fail(CUDA_ERROR_INVALID_VALUE, "cuMemHostAlloc of 0 bytes");
    if (settings().failAlloc.strikes())
        return fail(settings().failAlloc.code,
                    "cuMemHostAlloc of " + std::to_string(bytes) + " bytes (injected)");
    *result = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!*result) return CUDA_ERROR_OUT_OF_MEMORY;
    memset(*result, 0xFF, bytes);
    pinnedBlocks[reinterpret_cast<uintptr_t>(*result)] = {bytes, currentContext(), false};
    return CUDA_SUCCESS;
}

CUresult cuMemAllocHost_v2(void** result, size_t bytes) { return cuMemHostAlloc(result, bytes, 0); }

CUresult cuMemFreeHost(void* address) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    const auto it = pinnedBlocks.find(reinterpret_cast<uintptr_t>(address));
    if (it == pinnedBlocks.end() || it->second.registered)
        return fail(CUDA_ERROR_INVALID_VALUE,
                    "cuMemFreeHost of an address that cuMemHostAlloc did not give, or twice");
    if (CUresult r = completeContext(it->second.context); r) return r;
    pinnedBlocks.erase(it);
    free(address);
    return CUDA_SUCCESS;
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* result, void* address, unsigned) {
    DRIVER_CALL(Context);
    if (!isPinned(address, 1))
        return fail(CUDA_ERROR_INVALID_VALUE, "the host memory is not page-locked");
    *result = reinterpret_cast<CUdeviceptr>(address);
    return CUDA_SUCCESS;
}

CUresult cuMemHostRegister_v2(void* address, size_t bytes, unsigned) {
    DRIVER_CALL(Context);
    if (!address || bytes == 0) return CUDA_ERROR_INVALID_VALUE;
    if (isPinned(address, 1)) return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    pinnedBlocks[reinterpret_cast<uintptr_t>(address)] = {bytes, currentContext(), true};
    return CUDA_SUCCESS;
}

CUresult cuMemHostUnregister(void* address) {
    DRIVER_CALL(Context);
    const auto it = pinnedBlocks.find(reinterpret_cast<uintptr_t>(address));
    if (it == pinnedBlocks.end() || !it->second.registered)
        return CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
    if (CUresult r = completeContext(it->second.context); r) return r;
    pinnedBlocks.erase(it);
    return CUDA_SUCCESS;
}

}  // extern "C"
