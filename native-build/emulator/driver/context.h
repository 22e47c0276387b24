// Contexts, and the entry check that every driver function begins with.
#pragma once
#include <cuda.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver/report.h"
#include "driver/stream.h"

struct CUctx_st {
    bool primary = false;
    unsigned retained = 0;
    bool destroyed = false;
    CUresult sticky = CUDA_SUCCESS;  // after an error on the device every call returns it until the
                                     // context is gone
    CUstream_st nullStream;
};

namespace emulator {

// One lock for the whole driver: host threads take turns, kernels run one after another.
std::recursive_mutex& driverLock();

enum class Needs { Nothing, Driver, Context };

class DriverCall {
 public:
    DriverCall(const char* name, Needs needs);
    ~DriverCall();
    DriverCall(const DriverCall&) = delete;
    DriverCall& operator=(const DriverCall&) = delete;
    CUresult refused() const { return result_; }

 private:
    std::lock_guard<std::recursive_mutex> guard_;
    CUresult result_;
};

#define DRIVER_CALL(needs)                                                        \
    const ::emulator::DriverCall driverCall_(__func__, ::emulator::Needs::needs); \
    if (driverCall_.refused() != CUDA_SUCCESS) return driverCall_.refused()

CUcontext currentContext();
CUresult deviceError(CUcontext context, CUresult code);  // makes `code` sticky; returns it

// Handles. An object that was destroyed stays known, so that its later use has a clear message.
template <class T> class Handles {
 public:
    T* add(std::unique_ptr<T> object) {
        T* handle = object.get();
        all_[handle] = std::move(object);
        return handle;
    }
    // Says what is wrong with the handle, or returns null.
    const char* problem(T* handle, CUcontext context) const {
        const auto it = all_.find(handle);
        if (it == all_.end()) return "was not made by this driver";
        if (handle->destroyed) return "was destroyed";
        return handle->context == context ? nullptr : "belongs to a context that is not current";
    }
    size_t countIn(CUcontext context) const {
        size_t count = 0;
        for (const auto& [handle, object] : all_)
            count += !handle->destroyed && handle->context == context;
        return count;
    }
    template <class F> void forEachIn(CUcontext context, F f) {
        for (const auto& [handle, object] : all_)
            if (!handle->destroyed && handle->context == context) f(handle);
    }

 private:
    std::map<T*, std::unique_ptr<T>> all_;
};

template <class T> CUresult checkHandle(const Handles<T>& handles, T* handle, const char* kind) {
    const char* problem = handle ? handles.problem(handle, currentContext()) : "is null";
    return problem ? fail(CUDA_ERROR_INVALID_HANDLE, std::string(kind) + " " + problem)
                   : CUDA_SUCCESS;
}

}  // namespace emulator
