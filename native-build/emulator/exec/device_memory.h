// Where device memory comes from, and how writes just outside it are found.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

// All of it NaN; null if there is none.
void* obtainDeviceMemory(size_t bytes);
void releaseDeviceMemory(uintptr_t address);

// Has nothing been written just before or behind the allocation?
bool deviceGuardIntact(uintptr_t address, size_t bytes);

}  // namespace emulator
