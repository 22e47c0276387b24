#include "exec/device_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>

namespace emulator {
namespace {

constexpr size_t kAlignment = 256;  // what cuMemAlloc gives
constexpr int kNothing = 0xFF;      // NaN: whoever reads what nobody wrote will notice
// From here on an allocation takes memory only where it is written.
constexpr size_t kLazy = size_t{1} << 30;

}  // namespace

#if defined(EMULATOR_ASAN)

// ASan's red zone lies right behind an exact allocation. A large one holds whatever the system gives.
void* obtainDeviceMemory(size_t bytes) {
    void* memory = nullptr;
    if (posix_memalign(&memory, kAlignment, bytes) != 0) return nullptr;
    return bytes >= kLazy ? memory : memset(memory, kNothing, bytes);
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

// A large allocation is the same pages of NaN over and over, each copied when it is first written to.
constexpr size_t kTile = size_t{16} << 20;

auto& mapped = *new std::map<unsigned char*, size_t>;

int tileOfNaN() {
    const int file = memfd_create("device memory", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, kTile) != 0) return -1;
    void* tile = mmap(nullptr, kTile, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (tile == MAP_FAILED) return -1;
    memset(tile, kNothing, kTile);
    munmap(tile, kTile);
    return file;
}

unsigned char* obtainLazily(size_t bytes) {
    static const int file = tileOfNaN();
    if (file < 0) return nullptr;
    bytes = (bytes + kTile - 1) / kTile * kTile;
    void* reserved = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED) return nullptr;
    auto* base = static_cast<unsigned char*>(reserved);
    for (size_t at = 0; at < bytes; at += kTile)
        if (mmap(base + at, kTile, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED,
                 file, 0) == MAP_FAILED) {
            munmap(base, bytes);
            return nullptr;
        }
    mapped[base] = bytes;
    return base;
}

unsigned char* obtain(size_t bytes) {
    if (bytes >= kLazy) return obtainLazily(bytes);
    void* base = aligned_alloc(kAlignment, bytes);
    return base ? static_cast<unsigned char*>(memset(base, kNothing, bytes)) : nullptr;
}

}  // namespace

void* obtainDeviceMemory(size_t bytes) {
    unsigned char* base = obtain(kGuard + roundUp(bytes) + kGuard);
    if (!base) return nullptr;
    unsigned char* memory = base + kGuard;
    fillGuard(base, memory);
    fillGuard(memory + bytes, memory + roundUp(bytes) + kGuard);
    return memory;
}

void releaseDeviceMemory(uintptr_t address) {
    unsigned char* base = reinterpret_cast<unsigned char*>(address) - kGuard;
    const auto lazy = mapped.find(base);
    if (lazy == mapped.end()) return free(base);
    munmap(base, lazy->second);
    mapped.erase(lazy);
}

bool deviceGuardIntact(uintptr_t address, size_t bytes) {
    const auto* memory = reinterpret_cast<const unsigned char*>(address);
    return guardHolds(memory - kGuard, memory) &&
           guardHolds(memory + bytes, memory + roundUp(bytes) + kGuard);
}

#endif

}  // namespace emulator
