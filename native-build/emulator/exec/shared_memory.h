// Shared memory: one copy serves all blocks, since they run one after another, and each block finds
// it full of NaN.
#pragma once
#include <cstddef>

namespace emulator {

constexpr unsigned kMaxDynamicShared =
    227 * 1024;  // the most that a block of any device may opt in to

extern unsigned char* const dynamicSharedMemory;

void beginSharedMemory(unsigned dynamicBytes);  // of a block
bool sharedGuardIntact(unsigned dynamicBytes);

}  // namespace emulator
