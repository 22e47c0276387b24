// What the intrinsics of kernels call, and the rules by which the scheduler lets the callers go on.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "exec/thread.h"

namespace emulator {

// __syncthreads() and its variants: returns what Count/And/Or compute from `predicate`.
int blockBarrier(Operation operation, int predicate, const char* file, int line);

// The part of C, A and B of a warp's product that a lane holds (cuda/include/tensor_core.cuh).
struct Fragments {
    float* c;
    const float *a, *b;
};

// __syncwarp, __shfl_*_sync, votes, reductions; products, of which `input` is the address of
// Fragments.
uint64_t warpCollective(Operation operation, unsigned mask, uint64_t input, unsigned argument,
                        unsigned width, const char* file, int line);

// Lets every complete collective of the warp go on; false if there is none. Fails the launch on
// misuse.
bool releaseWarp(std::span<Thread> warp);

// Every thread that has not exited stands at a barrier or waits for ever. Lets them go on if they
// all stand at the same barrier; false if all have exited. Fails the launch otherwise.
bool releaseBlock(std::span<Thread> threads);

std::string whereIs(const Thread& thread);

}  // namespace emulator
