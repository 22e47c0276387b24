// One CUDA thread, as the block scheduler and the kernels see it.
#pragma once
#include <vector_types.h>

#include <cstdint>
#include <vector>

#include "exec/fiber.h"

namespace emulator {

enum class State : uint8_t { Fresh, Ready, AtBarrier, AtCollective, Spins, Exited };

// What a thread asks of the other threads of its warp or block, or, in a spin wait, of any.
enum class Operation : uint8_t {
    SyncThreads,
    SyncThreadsCount,
    SyncThreadsAnd,
    SyncThreadsOr,
    SyncWarp,
    ShuffleIndex,
    ShuffleUp,
    ShuffleDown,
    ShuffleXor,
    Ballot,
    Any,
    All,
    ReduceAdd,
    ReduceMin,
    ReduceMax,
    ReduceMinSigned,
    ReduceMaxSigned,
    ReduceAnd,
    ReduceOr,
    ReduceXor,
    MultiplyMatrices,
    SpinWait
};

// An asynchronous copy to shared memory; the last `zeros` bytes become 0. The group is that of the
// next commit.
struct AsyncCopy {
    void* to = nullptr;
    const void* from = nullptr;
    size_t bytes = 0, zeros = 0;
    unsigned group = 0;
};

struct Thread {
    Fiber* fiber = nullptr;  // from Fresh to Exited
    uint3 index{};           // threadIdx
    unsigned linear = 0;     // number within the block
    State state = State::Fresh;

    // The operation the thread waits in, or was in last.
    Operation operation{};
    const char* file = nullptr;
    int line = 0;
    unsigned mask = 0, argument = 0, width = 32;
    uint64_t input = 0, output = 0;

    const void* unchanged = nullptr;  // where its last atomic changed nothing

    std::vector<AsyncCopy> asyncCopies;  // until all are made
    size_t asyncMade = 0;                // of these, the first
    unsigned asyncGroups = 0;            // committed so far
};

// Plain globals: the driver lets only one OS thread at a time run device code.
extern Thread* current;
extern uint3 blockIndex;
extern dim3 blockSize, gridSize;
extern size_t blockSerial;  // counts the blocks of all launches

}  // namespace emulator
