// Copies and fills, in one and two dimensions.
#include <cuda.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "driver/context.h"
#include "driver/memory.h"
#include "driver/settings.h"

namespace emulator {
namespace {

struct Side {
    char* address;
    size_t pitch;
    bool isDevice;
};

struct Extent {
    size_t width, height;  // bytes, rows
};

size_t spanOf(const Side& side, const Extent& extent) {
    return (extent.height - 1) * side.pitch + extent.width;
}

CUresult checkSide(const char* function, const Side& side, const Extent& extent,
                   const char* which) {
    if (side.pitch < extent.width)
        return fail(CUDA_ERROR_INVALID_VALUE,
                    std::string(function) + ": the pitch is less than the width");
    const size_t bytes = spanOf(side, extent);
    const auto address = reinterpret_cast<CUdeviceptr>(side.address);
    if (side.isDevice && !isDevice(address, bytes) && !isPinned(side.address, bytes))
        return fail(CUDA_ERROR_INVALID_VALUE, std::string(function) + ": the " + which + " " +
                                                  describeAddress(address, bytes));
    if (!side.isDevice && (!side.address || isDevice(address, 1)))
        return fail(CUDA_ERROR_INVALID_VALUE,
                    std::string(function) + ": the " + which + " is not host memory");
    return CUDA_SUCCESS;
}

CUresult move(const char* function, const Side& to, const Side& from, const Extent& extent) {
    // A captured copy runs again and again; its memory must still be there.
    for (const Side& side : {to, from})
        if (side.isDevice &&
            !isDevice(reinterpret_cast<CUdeviceptr>(side.address), spanOf(side, extent)) &&
            !isPinned(side.address, spanOf(side, extent)))
            return fail(CUDA_ERROR_ILLEGAL_ADDRESS,
                        std::string(function) + ": " +
                            describeAddress(reinterpret_cast<CUdeviceptr>(side.address),
                                            spanOf(side, extent)));
    if (settings().failCopy.strikes())
        return fail(settings().failCopy.code, std::string(function) + " (injected)");
    for (size_t row = 0; row < extent.height; ++row)
        memmove(to.address + row * to.pitch, from.address + row * from.pitch, extent.width);
    return CUDA_SUCCESS;
}

// As the trace has it.
std::string describe(const Side& to, const Side& from, const Extent& extent) {
    const auto memory = [&](const Side& side) {
        return side.isDevice                              ? "device"
               : isPinned(side.address, spanOf(side, extent)) ? "page-locked"
                                                          : "pageable";
    };
    return "copy of " + std::to_string(extent.width * extent.height) + " bytes from " +
           memory(from) + " to " + memory(to);
}

enum class Return { WhenSubmitted, WhenDone };

CUresult copy(const char* function, const Side& to, const Side& from, const Extent& extent,
              CUstream handle, Return when) {
    CUstream stream;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    if (extent.width == 0 || extent.height == 0) return CUDA_SUCCESS;
    if (CUresult r = checkSide(function, to, extent, "destination"); r) return r;
    if (CUresult r = checkSide(function, from, extent, "source"); r) return r;
    if (when == Return::WhenDone)
        if (CUresult r = forbiddenInCapture(function); r) return r;

    const auto isPageable = [&](const Side& side) {
        return !side.isDevice && !isPinned(side.address, spanOf(side, extent));
    };
    const bool fromPageable = isPageable(from), toPageable = isPageable(to);
    const Pageable rule = when == Return::WhenSubmitted ? settings().pageable : Pageable::Allowed;
    if (rule == Pageable::Error && (fromPageable || toPageable))
        return fail(CUDA_ERROR_INVALID_VALUE,
                    std::string(function) + ": an asynchronous copy of pageable memory");

    Side source = from;
    std::shared_ptr<std::vector<char>> staged;
    if (fromPageable && rule == Pageable::Allowed && !stream->capture) {
        // Pageable memory is read before the call returns.
        staged =
            std::make_shared<std::vector<char>>(from.address, from.address + spanOf(from, extent));
        source.address = staged->data();
    }
    WorkPtr work;
    if (CUresult r = submit(
            stream, describe(to, from, extent),
            [=] {
                (void)staged;
                return move(function, to, source, extent);
            },
            &work);
        r)
        return r;
    if (!work) return CUDA_SUCCESS;
    // A copy to pageable memory returns when it is done.
    return when == Return::WhenDone || toPageable ? complete(work) : CUDA_SUCCESS;
}

Side device(CUdeviceptr address, size_t pitch) {
    return {reinterpret_cast<char*>(address), pitch, true};
}
Side host(const void* address, size_t pitch) {
    return {static_cast<char*>(const_cast<void*>(address)), pitch, false};
}
Side either(CUdeviceptr address, size_t pitch) {
    return {reinterpret_cast<char*>(address), pitch, isDevice(address, 1)};
}

CUresult copy2D(const char* function, const CUDA_MEMCPY2D& c, CUstream stream, Return when) {
    const auto side = [](CUmemorytype type, const void* hostAddress, CUdeviceptr address,
                         size_t pitch, size_t x, size_t y) {
        Side s = type == CU_MEMORYTYPE_HOST     ? host(hostAddress, pitch)
                 : type == CU_MEMORYTYPE_DEVICE ? device(address, pitch)
                                                : either(address, pitch);
        s.address += y * pitch + x;
        return s;
    };
    if (c.srcMemoryType == CU_MEMORYTYPE_ARRAY || c.dstMemoryType == CU_MEMORYTYPE_ARRAY)
        return fail(CUDA_ERROR_NOT_SUPPORTED, std::string(function) + ": arrays are not emulated");
    const size_t fromPitch = c.srcPitch ? c.srcPitch : c.WidthInBytes,
                 toPitch = c.dstPitch ? c.dstPitch : c.WidthInBytes;
    return copy(function,
                side(c.dstMemoryType, c.dstHost, c.dstDevice, toPitch, c.dstXInBytes, c.dstY),
                side(c.srcMemoryType, c.srcHost, c.srcDevice, fromPitch, c.srcXInBytes, c.srcY),
                {c.WidthInBytes, c.Height}, stream, when);
}

template <class T>
CUresult fill(const char* function, CUdeviceptr address, T value, size_t count, CUstream handle) {
    CUstream stream;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    if (count == 0) return CUDA_SUCCESS;
    const std::string name = function;
    if (address % sizeof(T)) return fail(CUDA_ERROR_INVALID_VALUE, name + ": misaligned address");
    if (!isDevice(address, count * sizeof(T)))
        return fail(CUDA_ERROR_INVALID_VALUE,
                    name + ": " + describeAddress(address, count * sizeof(T)));
    return submit(stream, "fill", [=] {
        if (!isDevice(address, count * sizeof(T)))
            return fail(CUDA_ERROR_ILLEGAL_ADDRESS,
                        name + ": " + describeAddress(address, count * sizeof(T)));
        auto* p = reinterpret_cast<T*>(address);
        for (size_t i = 0; i < count; ++i) p[i] = value;
        return CUDA_SUCCESS;
    });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

extern "C" {

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    DRIVER_CALL(Context);
    return copy(__func__, device(to, bytes), host(from, bytes), {bytes, 1}, nullptr,
                Return::WhenDone);
}
CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    DRIVER_CALL(Context);
    return copy(__func__, host(to, bytes), device(from, bytes), {bytes, 1}, nullptr,
                Return::WhenDone);
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    return copy(__func__, device(to, bytes), device(from, bytes), {bytes, 1}, nullptr,
                Return::WhenSubmitted);
}
CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    DRIVER_CALL(Context);
    return copy(__func__, either(to, bytes), either(from, bytes), {bytes, 1}, nullptr,
                Return::WhenDone);
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
    DRIVER_CALL(Context);
    return copy(__func__, device(to, bytes), host(from, bytes), {bytes, 1}, stream,
                Return::WhenSubmitted);
}
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
    DRIVER_CALL(Context);
    return copy(__func__, host(to, bytes), device(from, bytes), {bytes, 1}, stream,
                Return::WhenSubmitted);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    DRIVER_CALL(Context);
    return copy(__func__, device(to, bytes), device(from, bytes), {bytes, 1}, stream,
                Return::WhenSubmitted);
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    DRIVER_CALL(Context);
    return copy(__func__, either(to, bytes), either(from, bytes), {bytes, 1}, stream,
                Return::WhenSubmitted);
}
CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D* c) {
    DRIVER_CALL(Context);
    return copy2D(__func__, *c, nullptr, Return::WhenDone);
}
CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* c) { return cuMemcpy2D_v2(c); }
CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* c, CUstream stream) {
    DRIVER_CALL(Context);
    return copy2D(__func__, *c, stream, Return::WhenSubmitted);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
    DRIVER_CALL(Context);
    return fill(__func__, to, value, count, stream);
}
CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream) {
    DRIVER_CALL(Context);
    return fill(__func__, to, value, count, stream);
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
    DRIVER_CALL(Context);
    return fill(__func__, to, value, count, stream);
}
CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    return fill(__func__, to, value, count, nullptr);
}
CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    return fill(__func__, to, value, count, nullptr);
}
CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    return fill(__func__, to, value, count, nullptr);
}

}  // extern "C"
