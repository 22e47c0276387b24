// The kernels are compiled with -fsanitize=alignment,bounds,null; these are the functions that such
// checks call. A violation fails the launch with the error that a GPU reports. The asan build uses
// GCC's own runtime instead.
#if !defined(EMULATOR_ASAN)
#include <cstdint>
#include <cstdio>
#include <string>

#include "exec/scheduler.h"

namespace {

struct SourceLocation {
    const char* file;
    uint32_t line, column;
};
struct TypeDescriptor {
    uint16_t kind, info;
    char name[1];
};
struct TypeMismatch {
    SourceLocation location;
    const TypeDescriptor* type;
    unsigned char logAlignment, access;
};
struct OutOfBounds {
    SourceLocation location;
    const TypeDescriptor *array, *index;
};

std::string at(const SourceLocation& location) {
    const auto& thread = emulator::current->index;
    return " at " + std::string(location.file ? location.file : "?") + ":" +
           std::to_string(location.line) + ", thread (" + std::to_string(thread.x) + "," +
           std::to_string(thread.y) + "," + std::to_string(thread.z) + ")";
}

}  // namespace

extern "C" {

[[noreturn]] __attribute__((visibility("hidden"))) void __ubsan_handle_type_mismatch_v1_abort(
    const TypeMismatch* data, uintptr_t address) {
    const std::string type = data->type->name;
    if (address == 0)
        emulator::abandonLaunch(CUDA_ERROR_ILLEGAL_ADDRESS,
                                "null pointer to " + type + at(data->location));
    char text[32];
    snprintf(text, sizeof text, "0x%lx", static_cast<unsigned long>(address));
    emulator::abandonLaunch(CUDA_ERROR_MISALIGNED_ADDRESS,
                            std::string("misaligned address ") + text + " for " + type +
                                ", which needs " + std::to_string(1u << data->logAlignment) +
                                " bytes" + at(data->location));
}

[[noreturn]] __attribute__((visibility("hidden"))) void __ubsan_handle_out_of_bounds_abort(
    const OutOfBounds* data, uintptr_t index) {
    emulator::abandonLaunch(CUDA_ERROR_ILLEGAL_ADDRESS,
                            "index " + std::to_string(static_cast<intptr_t>(index)) +
                                " is out of range for " + data->array->name + at(data->location));
}

}  // extern "C"
#endif
