// What a multiprocessor and a block may have, by compute capability.
#pragma once

namespace emulator {

struct Limits {
    int threads, blocks;        // of a multiprocessor
    int shared, sharedOfBlock;  // bytes of shared memory; of a block, what it may opt in to
    static constexpr int kRegisters = 65536;      // of a multiprocessor, and of a block
    static constexpr int kReservedShared = 1024;  // of each block
    static constexpr int kSharedWithoutOptIn = 48 * 1024;
};

// The current device's; those of the next older one where it is none of NVIDIA's table ("Technical
// Specifications per Compute Capability" in the CUDA C++ programming guide).
const Limits& limits();

}  // namespace emulator
