// Switches of the emulated device: environment variables at start, and a control file that a test
// may rewrite at any time.
#pragma once
#include <cuda.h>

#include <cstddef>
#include <string>

namespace emulator {

// "The n-th from now fails with this code."
struct Countdown {
    long remaining = 0;
    CUresult code = CUDA_SUCCESS;
    bool strikes() { return remaining > 0 && --remaining == 0; }
};

// Of asynchronous copies: read before the call returns, or when the copy runs, as a device that reads host memory
// itself does; or refused.
enum class Pageable { Allowed, Late, Error };

struct Settings {
    unsigned schedule = 0;
    bool lazy = true;
    bool leaksAreErrors = false;
    Pageable pageable = Pageable::Allowed;
    size_t memory = size_t{8} << 30;
    int multiprocessors = 4;
    int computeCapability = 90;
    int driverVersion = 12060;
    bool noDevice = false;
    bool refuseCubin = false;
    bool cooperative = true;
    std::string trace;  // file; empty for none
    Countdown failAlloc, failCopy, failLaunch, failGraph, failSync, failModule, deviceLost;
};

Settings& settings();

// Reads the control file if it was written since the last look, or goes back to the start values if
// it is gone.
void refreshSettings();

}  // namespace emulator
