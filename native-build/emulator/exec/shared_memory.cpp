#include "exec/shared_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

#if defined(EMULATOR_ASAN)
#include <sanitizer/asan_interface.h>
#endif

// The static variables that device/dialect.h puts in this section; the linker defines the ends.
extern "C" {
extern unsigned char __start_shared_memory[] __attribute__((visibility("hidden")));
extern unsigned char __stop_shared_memory[] __attribute__((visibility("hidden")));
}

namespace emulator {
namespace {

constexpr size_t kGuard = 1024;
constexpr size_t kRegion = (kMaxDynamicShared + kGuard + 4095) / 4096 * 4096;
constexpr unsigned char kPoison = 0xFF;  // four of them are a NaN
constexpr unsigned char kGuardByte = 0xA5;

// First in the section. TSan remaps whole pages, so there the section begins one;
// shared_memory_end.cpp ends it.
#if defined(EMULATOR_TSAN)
constexpr size_t kSectionAlignment = 4096;
#else
constexpr size_t kSectionAlignment = 64;
#endif
__attribute__((section("shared_memory"), used,
               aligned(kSectionAlignment))) unsigned char sectionBegin[64];

unsigned char* reserve() {
    void* memory =
        mmap(nullptr, kRegion, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    return static_cast<unsigned char*>(memory);
}

// Not memset: ASan would look at the red zones between the variables.
void fill(unsigned char* to, unsigned char value, size_t count) {
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
}

void copy(unsigned char* to, const unsigned char* from, size_t count) {
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

size_t sizeOfStatics() {
    return static_cast<size_t>(__stop_shared_memory - __start_shared_memory);
}

#if defined(EMULATOR_TSAN)
// A fresh mapping makes TSan forget who touched the memory: blocks do not share it.
void forgetAccesses(unsigned char* begin, unsigned char* end) {
    const auto wholePages = static_cast<size_t>(end - begin) / 4096 * 4096;
    mmap(begin, wholePages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
#endif

}  // namespace

unsigned char* dynamicSharedMemory = nullptr;

void beginSharedMemory(SharedMemory& memory, unsigned dynamicBytes) {
    if (!memory.dynamic) memory.dynamic = reserve();
    dynamicSharedMemory = memory.dynamic;
#if defined(EMULATOR_TSAN)
    forgetAccesses(__start_shared_memory, __stop_shared_memory);
    forgetAccesses(dynamicSharedMemory,
                   dynamicSharedMemory + (dynamicBytes + kGuard + 4095) / 4096 * 4096);
#endif
    fill(__start_shared_memory, kPoison, sizeOfStatics());
    fill(dynamicSharedMemory, kPoison, dynamicBytes);
    fill(dynamicSharedMemory + dynamicBytes, kGuardByte, kGuard);
#if defined(EMULATOR_ASAN)
    __asan_unpoison_memory_region(dynamicSharedMemory, dynamicBytes);
    __asan_poison_memory_region(dynamicSharedMemory + dynamicBytes, kRegion - dynamicBytes);
#endif
}

void leaveSharedMemory(SharedMemory& memory) {
    memory.statics.resize(sizeOfStatics());
    copy(memory.statics.data(), __start_shared_memory, memory.statics.size());
}

void resumeSharedMemory(const SharedMemory& memory) {
    dynamicSharedMemory = memory.dynamic;
#if defined(EMULATOR_TSAN)
    forgetAccesses(__start_shared_memory, __stop_shared_memory);  // those of another block
#endif
    copy(__start_shared_memory, memory.statics.data(), memory.statics.size());
}

bool sharedGuardIntact([[maybe_unused]] unsigned dynamicBytes) {
#if defined(EMULATOR_ASAN)
    return true;  // ASan has seen it
#else
    const unsigned char* guard = dynamicSharedMemory + dynamicBytes;
    return std::all_of(guard, guard + kGuard,
                       [](unsigned char byte) { return byte == kGuardByte; });
#endif
}

}  // namespace emulator
