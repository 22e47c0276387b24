// The kernels of the build. Sizes and kinds of parameters come from the C++ function type, so
// nothing is written twice.
#pragma once
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "exec/scheduler.h"

namespace emulator {

struct Parameter {
    uint32_t offset, size;
    bool isPointer;
};

struct Kernel {
    std::string name;
    std::vector<Parameter> parameters;
    uint32_t packedSize = 0;
    uint32_t maxThreads = 1024;  // __launch_bounds__
    KernelCall call = nullptr;
};

inline std::map<std::string, Kernel>& kernels() {
    static std::map<std::string, Kernel> all;
    return all;
}

template <auto F> struct KernelTraits;
template <class... A, void (*F)(A...)> struct KernelTraits<F> {
    static constexpr size_t kCount = sizeof...(A);
    struct Layout {
        uint32_t offset[kCount + 1] = {}, end = 0;
    };
    // CUDA packs parameters like the members of a struct, without the padding at the end.
    static constexpr Layout layout() {
        Layout result;
        size_t i = 0;
        ((result.end =
              static_cast<uint32_t>((result.end + alignof(A) - 1) / alignof(A) * alignof(A)),
          result.offset[i++] = result.end, result.end += sizeof(A)),
         ...);
        return result;
    }
    static std::vector<Parameter> parameters() {
        size_t i = 0;
        return {Parameter{layout().offset[i++], sizeof(A), std::is_pointer_v<A>}...};
    }
    template <class T> static T read(const unsigned char* from) {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        std::memcpy(&value, from, sizeof value);
        return value;
    }
    template <size_t... I>
    static void expand(const unsigned char* packed, std::index_sequence<I...>) {
        constexpr Layout l = layout();
        F(read<A>(packed + l.offset[I])...);
    }
    static void call(const unsigned char* packed) {
        expand(packed, std::make_index_sequence<kCount>());
    }
};

// Without __launch_bounds__ a block may have as many threads as the device takes.
constexpr uint32_t firstBound(uint32_t maxThreads = 1024, uint32_t = 0, uint32_t = 0) {
    return maxThreads;
}

template <auto F> bool registerKernel(const char* name, uint32_t maxThreads) {
    using Traits = KernelTraits<F>;
    kernels()[name] =
        Kernel{name, Traits::parameters(), Traits::layout().end, maxThreads, &Traits::call};
    return true;
}

}  // namespace emulator
