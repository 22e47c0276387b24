// Runs the blocks of a grid, one after another, or in turns where the launch is cooperative; each CUDA
// thread as a fiber, all on the calling OS thread.
#pragma once
#include <cuda.h>

#include <string>

#include "exec/thread.h"

namespace emulator {

struct LaunchShape {
    dim3 grid, block;
    unsigned dynamicShared;
    bool cooperative = false;  // all blocks are resident at once
};

using KernelCall = void (*)(const unsigned char* packedArguments);  // one CUDA thread

struct LaunchResult {
    CUresult code = CUDA_SUCCESS;
    std::string message;
};

// `schedule` chooses the order of lanes, warps and blocks: 0 as numbered, 1 reversed, else the seed
// of a random order.
LaunchResult runGrid(const LaunchShape& shape, KernelCall call, const unsigned char* arguments,
                     unsigned schedule);

// For collectives and checks, within a launch.
bool launchFailed();
void failLaunch(CUresult code, std::string message);  // the first failure of a launch counts
[[noreturn]] void abandonLaunch(CUresult code,
                                std::string message);  // from device code: never goes on
// Asynchronous copies of the current thread: to the next group; closes that; gives one of all groups
// but the last `left`, while there are any.
void addAsyncCopy(AsyncCopy copy);
void commitAsyncCopies();
bool takeAsyncCopy(AsyncCopy& copy, unsigned left);
void yieldThread();                                    // until the scheduler made the thread Ready
// An atomic that changes nothing at one address for the second time may be a look of a spin wait, and
// lets all others go on. Where nothing happens for many looks of all that could go on, the launch
// fails.
void afterAtomic(const void* address, bool changed, const char* file, int line);

}  // namespace emulator
