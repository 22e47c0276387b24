// Stackful fibers: one runs each CUDA thread. A switch saves the callee-saved registers and swaps
// stacks.
#pragma once
#include <cstddef>

namespace emulator {

struct Fiber {
    void* stackPointer = nullptr;
    char* stack = nullptr;  // lowest address; a page lies below it
    size_t size = 0;
    void* sanitizer = nullptr;  // ASan: the fake stack; TSan: its own handle of the fiber
};

using FiberEntry = void (*)();

// Makes `fiber` stand for the calling OS thread, so that other fibers can switch back to it.
void adoptCallingThread(Fiber& fiber);

void allocateStack(Fiber& fiber, bool guarded);  // with a page below that must not be touched

// The next switch to `fiber` calls entry(), which must call fiberEntered() first and must never
// return. Stacks that start at different `colour`s do not compete for the same cache sets.
void prepare(Fiber& fiber, FiberEntry entry, unsigned colour);
void fiberEntered();

// `ends`: `from` is never switched to again before another prepare().
void switchFiber(Fiber& from, Fiber& to, bool ends);

}  // namespace emulator
