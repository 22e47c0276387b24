#include "exec/device_memory.h"

#include <cstdlib>

namespace emulator {
namespace {
constexpr size_t kAlignment = 256;  // what cuMemAlloc gives
}

#if defined(EMULATOR_ASAN)

// ASan's red zone lies right behind an exact allocation.
void* obtainDeviceMemory(size_t bytes) {
    void* memory = nullptr;
    return posix_memalign(&memory, kAlignment, bytes) == 0 ? memory : nullptr;
}

void releaseDeviceMemory(uintptr_t address) { free(reinterpret_cast<void*>(address)); }

bool deviceGuardIntact(uintptr_t, size_t) { return true; }

#else

namespace {

constexpr size_t kGuard = 256;
// A signalling NaN. Who reads a guard gets a NaN; who writes back what it read has made it quiet,
// which shows.
constexpr unsigned char kPattern[4] = {0xA5, 0xA5, 0xA5, 0x7F};

void fillGuard(unsigned char* from, unsigned char* to) {
    for (; from < to; ++from) *from = kPattern[reinterpret_cast<uintptr_t>(from) % 4];
}

bool guardHolds(const unsigned char* from, const unsigned char* to) {
    for (; from < to; ++from)
        if (*from != kPattern[reinterpret_cast<uintptr_t>(from) % 4]) return false;
    return true;
}

size_t roundUp(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

void* obtainDeviceMemory(size_t bytes) {
    auto* base =
        static_cast<unsigned char*>(aligned_alloc(kAlignment, kGuard + roundUp(bytes) + kGuard));
    if (!base) return nullptr;
    unsigned char* memory = base + kGuard;
    fillGuard(base, memory);
    fillGuard(memory + bytes, memory + roundUp(bytes) + kGuard);
    return memory;
}

void releaseDeviceMemory(uintptr_t address) {
    free(reinterpret_cast<unsigned char*>(address) - kGuard);
}

bool deviceGuardIntact(uintptr_t address, size_t bytes) {
    const auto* memory = reinterpret_cast<const unsigned char*>(address);
    return guardHolds(memory - kGuard, memory) &&
           guardHolds(memory + bytes, memory + roundUp(bytes) + kGuard);
}

#endif

}  // namespace emulator
