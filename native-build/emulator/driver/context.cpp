#include "driver/context.h"

#include <unistd.h>

#include <cstdio>

#include "driver/graph.h"
#include "driver/memory.h"
#include "driver/module.h"
#include "driver/settings.h"

namespace emulator {
namespace {

bool initialised = false;
bool inHostFunction = false;
auto& contexts =
    *new std::vector<std::unique_ptr<CUctx_st>>;  // never destroyed, addresses never reused
CUcontext primaryContext = nullptr;
thread_local std::vector<CUcontext> contextStack;

bool exists(CUcontext context) {
    for (const auto& c : contexts)
        if (c.get() == context) return true;
    return false;
}

CUcontext makeContext(bool primary) {
    contexts.push_back(std::make_unique<CUctx_st>());
    CUcontext context = contexts.back().get();
    context->primary = primary;
    context->nullStream.context = context;
    return context;
}

// Everything of the context goes. What its owner forgot is a leak, unless an error on the device
// kept it from freeing.
bool destroyContext(CUcontext context) {
    std::string leaked;
    if (context->sticky == CUDA_SUCCESS) {
        for (const std::string& part : {unreleasedMemory(context), unreleasedStreams(context),
                                        unreleasedGraphs(context), unreleasedModules(context)})
            if (!part.empty()) leaked += (leaked.empty() ? "" : ", ") + part;
    }
    destroyGraphsOf(context);
    destroyStreamsOf(context);
    destroyModulesOf(context);
    destroyMemoryOf(context);
    context->sticky = CUDA_SUCCESS;
    context->destroyed = true;
    if (!leaked.empty()) note("leak: the context is destroyed with " + leaked);
    return leaked.empty();
}

// A process that ends without releasing its contexts gets the same report.
struct ExitCheck {
    ~ExitCheck() {
        bool clean = true;
        for (const auto& context : contexts)
            if (!context->destroyed) clean &= destroyContext(context.get());
        if (!clean && settings().leaksAreErrors) {
            fflush(nullptr);
            _exit(86);
        }
    }
} exitCheck;

CUresult check(const char* name, Needs needs) {
    refreshSettings();
    if (needs == Needs::Nothing) return CUDA_SUCCESS;
    if (inHostFunction)
        return fail(CUDA_ERROR_NOT_PERMITTED,
                    std::string(name) + " is called from a host function in a stream");
    if (!initialised)
        return fail(CUDA_ERROR_NOT_INITIALIZED, std::string(name) + ": cuInit was not called");
    if (needs == Needs::Driver) return CUDA_SUCCESS;
    CUcontext context = currentContext();
    if (!context)
        return fail(CUDA_ERROR_INVALID_CONTEXT,
                    std::string(name) + ": this thread has no current context");
    if (context->destroyed)
        return fail(CUDA_ERROR_CONTEXT_IS_DESTROYED,
                    std::string(name) + ": the current context was destroyed");
    if (settings().deviceLost.strikes())
        return fail(deviceError(context, settings().deviceLost.code),
                    std::string(name) + ": device lost (injected)");
    return context->sticky;
}

CUresult checkContext(CUcontext context) {
    return exists(context) ? CUDA_SUCCESS : fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
}

CUresult leakResult(bool clean) {
    return clean || !settings().leaksAreErrors ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_STATE;
}

}  // namespace

std::recursive_mutex& driverLock() {
    static std::recursive_mutex lock;
    return lock;
}

DriverCall::DriverCall(const char* name, Needs needs)
    : guard_(driverLock()), result_(check(name, needs)) {}
DriverCall::~DriverCall() = default;

CUcontext currentContext() { return contextStack.empty() ? nullptr : contextStack.back(); }

CUresult deviceError(CUcontext context, CUresult code) {
    if (context->sticky == CUDA_SUCCESS) context->sticky = code;
    return code;
}

void runHostFunction(CUhostFn function, void* data) {
    inHostFunction = true;
    function(data);
    inHostFunction = false;
}

}  // namespace emulator

using namespace emulator;

extern "C" {

CUresult cuInit(unsigned flags) {
    DRIVER_CALL(Nothing);
    if (flags) return fail(CUDA_ERROR_INVALID_VALUE, "cuInit: flags must be 0");
    if (settings().noDevice) return CUDA_ERROR_NO_DEVICE;
    initialised = true;
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* result, CUdevice device) {
    DRIVER_CALL(Driver);
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    if (!primaryContext) primaryContext = makeContext(true);
    primaryContext->destroyed = false;
    ++primaryContext->retained;
    *result = primaryContext;
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    DRIVER_CALL(Driver);
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    if (!primaryContext || primaryContext->retained == 0)
        return fail(CUDA_ERROR_INVALID_CONTEXT,
                    "cuDevicePrimaryCtxRelease: the primary context is not retained");
    return --primaryContext->retained > 0 ? CUDA_SUCCESS
                                          : leakResult(destroyContext(primaryContext));
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
    DRIVER_CALL(Driver);
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    if (!primaryContext) return CUDA_SUCCESS;
    const bool clean = primaryContext->destroyed || destroyContext(primaryContext);
    primaryContext->destroyed = primaryContext->retained == 0;
    return leakResult(clean);
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    DRIVER_CALL(Driver);
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    *flags = 0;
    *active = primaryContext && primaryContext->retained > 0;
    return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext* result, unsigned, CUdevice device) {
    DRIVER_CALL(Driver);
    if (device != 0) return CUDA_ERROR_INVALID_DEVICE;
    *result = makeContext(false);
    contextStack.push_back(*result);
    return CUDA_SUCCESS;
}

CUresult cuCtxDestroy_v2(CUcontext context) {
    DRIVER_CALL(Driver);
    if (CUresult r = checkContext(context); r) return r;
    if (context->primary || context->destroyed)
        return fail(CUDA_ERROR_INVALID_CONTEXT, context->primary
                                                    ? "cuCtxDestroy of a primary context"
                                                    : "the context was destroyed before");
    if (currentContext() == context) contextStack.pop_back();
    return leakResult(destroyContext(context));
}

CUresult cuCtxSetCurrent(CUcontext context) {
    DRIVER_CALL(Driver);
    if (context)
        if (CUresult r = checkContext(context); r) return r;
    if (!contextStack.empty()) contextStack.pop_back();
    if (context) contextStack.push_back(context);
    return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
    DRIVER_CALL(Driver);
    *context = currentContext();
    return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent_v2(CUcontext context) {
    DRIVER_CALL(Driver);
    if (CUresult r = checkContext(context); r) return r;
    contextStack.push_back(context);
    return CUDA_SUCCESS;
}

CUresult cuCtxPopCurrent_v2(CUcontext* context) {
    DRIVER_CALL(Driver);
    if (contextStack.empty())
        return fail(CUDA_ERROR_INVALID_CONTEXT, "cuCtxPopCurrent: no context is current");
    if (context) *context = contextStack.back();
    contextStack.pop_back();
    return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice* device) {
    DRIVER_CALL(Driver);
    if (!currentContext()) return CUDA_ERROR_INVALID_CONTEXT;
    *device = 0;
    return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    if (settings().failSync.strikes())
        return fail(deviceError(currentContext(), settings().failSync.code),
                    "cuCtxSynchronize (injected)");
    return completeContext(currentContext());
}

CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    DRIVER_CALL(Context);
    if (least) *least = 0;
    if (greatest) *greatest = 0;
    return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult code, const char** name) {
    *name = errorName(code);
    return *name ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult code, const char** text) {
    *text = errorText(code);
    return *text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // extern "C"
