#include "exec/fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdint>
#include <new>

#if defined(EMULATOR_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(EMULATOR_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace emulator {
namespace {

constexpr size_t kGuardPage = 4096;
constexpr size_t kStackSize =
#if defined(EMULATOR_ASAN) || defined(EMULATOR_TSAN)
    256 * 1024;
#else
    64 * 1024;
#endif

// x86-64 System V. The floating-point control words are left alone: nothing here changes them.
extern "C" void emulatorSwitchStack(void** save, void* load);
asm(R"(
.text
.globl emulatorSwitchStack
.hidden emulatorSwitchStack
.type emulatorSwitchStack,@function
emulatorSwitchStack:
    .cfi_startproc
    endbr64
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
.size emulatorSwitchStack,.-emulatorSwitchStack
)");

}  // namespace

void adoptCallingThread(Fiber& fiber) {
#if defined(EMULATOR_ASAN)
    pthread_attr_t attributes;
    void* lowest = nullptr;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &lowest, &fiber.size);
    pthread_attr_destroy(&attributes);
    fiber.stack = static_cast<char*>(lowest);
#elif defined(EMULATOR_TSAN)
    fiber.sanitizer = __tsan_get_current_fiber();
#else
    (void)fiber;
#endif
}

void allocateStack(Fiber& fiber, bool guarded) {
    void* memory = mmap(nullptr, kGuardPage + kStackSize, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || (guarded && mprotect(memory, kGuardPage, PROT_NONE) != 0))
        throw std::bad_alloc();
    fiber.stack = static_cast<char*>(memory) + kGuardPage;
    fiber.size = kStackSize;
}

void prepare(Fiber& fiber, FiberEntry entry, unsigned colour) {
    constexpr int kSavedRegisters = 6;
    auto** top = reinterpret_cast<void**>(fiber.stack + fiber.size - colour % 32 * 128);
    *--top = nullptr;  // the return address of entry(): ends a backtrace
    *--top = reinterpret_cast<void*>(entry);
    for (int i = 0; i < kSavedRegisters; ++i) *--top = nullptr;
    fiber.stackPointer = top;
#if defined(EMULATOR_ASAN)
    // A launch that failed leaves frames behind that never returned.
    __asan_unpoison_memory_region(fiber.stack, fiber.size);
#elif defined(EMULATOR_TSAN)
    if (!fiber.sanitizer) fiber.sanitizer = __tsan_create_fiber(0);
#endif
}

void fiberEntered() {
#if defined(EMULATOR_ASAN)
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

void switchFiber(Fiber& from, Fiber& to, [[maybe_unused]] bool ends) {
#if defined(EMULATOR_ASAN)
    __sanitizer_start_switch_fiber(ends ? nullptr : &from.sanitizer, to.stack, to.size);
#elif defined(EMULATOR_TSAN)
    __tsan_switch_to_fiber(to.sanitizer, __tsan_switch_to_fiber_no_sync);
#endif
    emulatorSwitchStack(&from.stackPointer, to.stackPointer);
#if defined(EMULATOR_ASAN)
    __sanitizer_finish_switch_fiber(from.sanitizer, nullptr, nullptr);
#endif
}

}  // namespace emulator
