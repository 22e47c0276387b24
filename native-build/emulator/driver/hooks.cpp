#include "driver/hooks.h"

#include "driver/context.h"
#include "driver/memory.h"

namespace emulator {

CUresult submitLibraryWork(CUstream handle, const char* name, std::function<CUresult()> action) {
    DRIVER_CALL(Context);
    CUstream stream;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    return submit(stream, name, std::move(action));
}

std::string problemWithDeviceMemory(const void* address, size_t bytes) {
    const std::lock_guard guard(driverLock());
    const auto pointer = reinterpret_cast<CUdeviceptr>(address);
    return isDevice(pointer, bytes) ? "" : describeAddress(pointer, bytes);
}

void libraryNote(const std::string& text) { note(text); }

CUcontext libraryContext() {
    const DriverCall call(__func__, Needs::Driver);
    CUcontext context = call.refused() == CUDA_SUCCESS ? currentContext() : nullptr;
    return context && !context->destroyed ? context : nullptr;
}

}  // namespace emulator
