// Shared memory, which each block finds full of NaN. The static variables are at one place for all
// blocks, and are kept elsewhere while another block runs; of dynamic memory each resident block has
// its own.
#pragma once
#include <cstddef>
#include <vector>

namespace emulator {

constexpr unsigned kMaxDynamicShared =
    227 * 1024;  // the most that a block of any device may opt in to

extern unsigned char* dynamicSharedMemory;  // of the block that runs

// What a resident block has.
struct SharedMemory {
    unsigned char* dynamic = nullptr;
    std::vector<unsigned char> statics;  // while another block runs
};

void beginSharedMemory(SharedMemory& memory, unsigned dynamicBytes);
void leaveSharedMemory(SharedMemory& memory);
void resumeSharedMemory(const SharedMemory& memory);
bool sharedGuardIntact(unsigned dynamicBytes);  // of the block that runs

}  // namespace emulator
