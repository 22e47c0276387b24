// Shared memory: one copy serves all blocks, since they run one after another, and each block finds
// it full of NaN.
#pragma once
#include <cstddef>

namespace emulator {

constexpr unsigned kMaxDynamicShared =
    227 * 1024;  // what a block of compute capability 9.0 may opt in to

extern unsigned char* const dynamicSharedMemory;

void beginSharedMemory(unsigned dynamicBytes);  // of a block
bool sharedGuardIntact(unsigned dynamicBytes);

}  // namespace emulator
