// What the stand-ins for cuBLAS and cuRAND use of the driver besides its public functions.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <functional>
#include <string>

#define EMULATOR_EXPORT __attribute__((visibility("default")))

namespace emulator {

// Puts library work into a stream, or into the graph it is captured into.
EMULATOR_EXPORT CUresult submitLibraryWork(CUstream stream, const char* name,
                                           std::function<CUresult()> action);

// "" or what is wrong with device memory [address, address + bytes).
EMULATOR_EXPORT std::string problemWithDeviceMemory(const void* address, size_t bytes);

EMULATOR_EXPORT void libraryNote(const std::string& text);
// The current context, null if none is. An error of its device surfaces in the work submitted.
EMULATOR_EXPORT CUcontext libraryContext();

void runHostFunction(CUhostFn function, void* data);

}  // namespace emulator
