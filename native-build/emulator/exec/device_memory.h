// Where device memory comes from, and how writes just outside it are found.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

void* obtainDeviceMemory(size_t bytes);  // null if there is none
void releaseDeviceMemory(uintptr_t address);

// Has nothing been written just before or behind the allocation?
bool deviceGuardIntact(uintptr_t address, size_t bytes);

}  // namespace emulator
