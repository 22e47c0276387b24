// Device memory and page-locked host memory. Both lie in the process; the emulator keeps them
// apart.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <string>

namespace emulator {

bool isDevice(CUdeviceptr address, size_t bytes);  // within one live allocation
bool wasFreed(CUdeviceptr address);                // within an allocation that is gone
bool isPinned(const void* address, size_t bytes);

// What an address is instead of live device memory: "was freed", "is host memory", "runs over the
// end of ..."
std::string describeAddress(CUdeviceptr address, size_t bytes);

// After device code ran: has anything written just outside an allocation? Returns what, or "".
std::string brokenGuard();

std::string unreleasedMemory(CUcontext context);
void destroyMemoryOf(CUcontext context);

}  // namespace emulator
