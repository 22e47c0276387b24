#include "driver/limits.h"

#include <iterator>
#include <map>

#include "driver/settings.h"

namespace emulator {

const Limits& limits() {
    constexpr int kKiB = 1024;
    static const std::map<int, Limits> all = {
        {80, {2048, 32, 164 * kKiB, 163 * kKiB}},  {86, {1536, 16, 100 * kKiB, 99 * kKiB}},
        {87, {1536, 16, 164 * kKiB, 163 * kKiB}},  {89, {1536, 24, 100 * kKiB, 99 * kKiB}},
        {90, {2048, 32, 228 * kKiB, 227 * kKiB}},  {100, {2048, 32, 228 * kKiB, 227 * kKiB}},
        {110, {1536, 24, 228 * kKiB, 227 * kKiB}}, {120, {1536, 24, 100 * kKiB, 99 * kKiB}},
    };
    const auto next = all.upper_bound(settings().computeCapability);
    return next == all.begin() ? next->second : std::prev(next)->second;
}

}  // namespace emulator
