#include "driver/report.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>

#include "driver/settings.h"

namespace emulator {
namespace {

struct ErrorEntry {
    std::string name, text;
};

// "CUDA_ERROR_OUT_OF_MEMORY" is described as "out of memory".
ErrorEntry entry(const char* name) {
    constexpr const char* kPrefix = "CUDA_ERROR_";
    std::string text =
        !strncmp(name, kPrefix, strlen(kPrefix)) ? name + strlen(kPrefix) : "no error";
    for (char& c : text)
        c = c == '_' ? ' ' : static_cast<char>(tolower(static_cast<unsigned char>(c)));
    return {name, text};
}

const ErrorEntry* find(CUresult code) {
    static const std::map<int, ErrorEntry> all = {
#define ERROR_CODE(name) {name, entry(#name)},
#include "error_codes.inc"  // from cuda.h, by build-emulator
#undef ERROR_CODE
    };
    const auto it = all.find(code);
    return it == all.end() ? nullptr : &it->second;
}

}  // namespace

void note(const std::string& text) {
    fflush(stdout);
    fprintf(stderr, "[emulated CUDA] %s\n", text.c_str());
}

void trace(const std::string& text) {
    if (!settings().trace.empty()) std::ofstream(settings().trace, std::ios::app) << text << "\n";
}

CUresult fail(CUresult code, const std::string& why) {
    const char* name = errorName(code);
    note(std::string(name ? name : "error") + " (" + std::to_string(code) + "): " + why);
    return code;
}

const char* errorName(CUresult code) {
    const ErrorEntry* found = find(code);
    return found ? found->name.c_str() : nullptr;
}

const char* errorText(CUresult code) {
    const ErrorEntry* found = find(code);
    return found ? found->text.c_str() : nullptr;
}

}  // namespace emulator
