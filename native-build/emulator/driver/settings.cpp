#include "driver/settings.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

#include "driver/report.h"

namespace emulator {
namespace {

using Apply = std::function<void(Settings&, const std::string&)>;

long number(const std::string& text) {
    size_t used = 0;
    const long value = std::stol(text, &used);
    if (used != text.size() || value < 0) throw std::invalid_argument(text);
    return value;
}

size_t bytes(const std::string& text) {
    size_t used = 0;
    const unsigned long long value = std::stoull(text, &used);
    const std::string unit = text.substr(used);
    const int shift = unit.empty()    ? 0
                      : unit == "KiB" ? 10
                      : unit == "MiB" ? 20
                      : unit == "GiB" ? 30
                                      : -1;
    if (shift < 0) throw std::invalid_argument(text);
    return static_cast<size_t>(value) << shift;
}

bool flag(const std::string& text) {
    if (text.empty() || text == "1" || text == "true") return true;
    if (text == "0" || text == "false") return false;
    throw std::invalid_argument(text);
}

template <class T>
T choice(const std::string& text, std::initializer_list<std::pair<const char*, T>> choices) {
    for (const auto& [name, value] : choices)
        if (text == name) return value;
    throw std::invalid_argument(text);
}

Apply countdown(Countdown Settings::* member, CUresult code) {
    return [=](Settings& s, const std::string& text) {  // N or N:CODE
        const size_t colon = text.find(':');
        (s.*member).remaining = number(text.substr(0, colon));
        (s.*member).code = colon == std::string::npos
                               ? code
                               : static_cast<CUresult>(number(text.substr(colon + 1)));
    };
}

const std::map<std::string, Apply>& keys() {
    static const std::map<std::string, Apply> all = {
        {"schedule",
         [](Settings& s, const std::string& t) { s.schedule = static_cast<unsigned>(number(t)); }},
        {"streams",
         [](Settings& s, const std::string& t) {
             s.lazy = choice<bool>(t, {{"lazy", true}, {"eager", false}});
         }},
        {"leaks",
         [](Settings& s, const std::string& t) {
             s.leaksAreErrors = choice<bool>(t, {{"report", false}, {"error", true}});
         }},
        {"pageable",
         [](Settings& s, const std::string& t) {
             s.pageable = choice<Pageable>(t, {{"allowed", Pageable::Allowed},
                                               {"late", Pageable::Late},
                                               {"error", Pageable::Error}});
         }},
        {"memory", [](Settings& s, const std::string& t) { s.memory = bytes(t); }},
        {"multiprocessors",
         [](Settings& s, const std::string& t) {
             s.multiprocessors = static_cast<int>(number(t));
         }},
        {"compute-capability",
         [](Settings& s, const std::string& t) {
             s.computeCapability = static_cast<int>(number(t));
         }},
        {"driver-version",
         [](Settings& s, const std::string& t) { s.driverVersion = static_cast<int>(number(t)); }},
        {"no-device", [](Settings& s, const std::string& t) { s.noDevice = flag(t); }},
        {"no-cooperative", [](Settings& s, const std::string& t) { s.cooperative = !flag(t); }},
        {"refuse-cubin", [](Settings& s, const std::string& t) { s.refuseCubin = flag(t); }},
        {"trace", [](Settings& s, const std::string& t) { s.trace = t; }},
        {"fail-alloc", countdown(&Settings::failAlloc, CUDA_ERROR_OUT_OF_MEMORY)},
        {"fail-copy", countdown(&Settings::failCopy, CUDA_ERROR_ILLEGAL_ADDRESS)},
        {"fail-launch", countdown(&Settings::failLaunch, CUDA_ERROR_LAUNCH_FAILED)},
        {"fail-graph", countdown(&Settings::failGraph, CUDA_ERROR_LAUNCH_FAILED)},
        {"fail-sync", countdown(&Settings::failSync, CUDA_ERROR_LAUNCH_FAILED)},
        {"fail-module", countdown(&Settings::failModule, CUDA_ERROR_INVALID_IMAGE)},
        {"device-lost", countdown(&Settings::deviceLost, CUDA_ERROR_UNKNOWN)},
    };
    return all;
}

// A switch with a mistake in it would make a test pass for the wrong reason, so it ends the
// process.
[[noreturn]] void refuse(const std::string& source, const std::string& what) {
    std::string known;
    for (const auto& key : keys()) known += " " + key.first;
    note(source + ": cannot use '" + what + "'; known are" + known);
    _exit(2);
}

void apply(Settings& target, const std::string& key, const std::string& value,
           const std::string& source) {
    const auto it = keys().find(key);
    if (it == keys().end()) refuse(source, key);
    try {
        it->second(target, value);
    } catch (const std::exception&) {
        refuse(source, key + "=" + value);
    }
}

Settings fromEnvironment() {
    Settings result;
    for (const auto& [key, unused] : keys()) {
        std::string variable = "PAENMF_EMULATOR_";
        for (const char c : key)
            variable +=
                c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (const char* value = getenv(variable.c_str())) apply(result, key, value, variable);
    }
    return result;
}

void readControlFile(Settings& target, const std::string& path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        const size_t equals = line.find('=');
        apply(target, line.substr(0, equals),
              equals == std::string::npos ? "" : line.substr(equals + 1), path);
    }
}

}  // namespace

Settings& settings() {
    static Settings current = fromEnvironment();
    return current;
}

void refreshSettings() {
    static const char* const path = getenv("PAENMF_EMULATOR_CONTROL");
    if (!path) return;
    static bool present = false;
    struct stat status;
    if (stat(path, &status) != 0) {
        if (present) settings() = fromEnvironment();
        present = false;
        return;
    }
    // A file that has been read carries this time, so that writing the same lines again arms them
    // again, however soon.
    constexpr timespec kSeen[2] = {{1, 0}, {1, 0}};
    if (status.st_mtim.tv_sec == kSeen[1].tv_sec) return;
    // Of several processes one reads it: under the lock the time is looked at again.
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    flock(file, LOCK_EX);
    const bool seen = fstat(file, &status) != 0 || status.st_mtim.tv_sec == kSeen[1].tv_sec;
    if (!seen) futimens(file, kSeen);
    close(file);
    if (seen) return;
    present = true;
    settings() = fromEnvironment();
    readControlFile(settings(), path);
}

}  // namespace emulator
