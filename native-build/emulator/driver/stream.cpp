#include "driver/stream.h"

#include <algorithm>

#include "driver/context.h"
#include "driver/graph.h"
#include "driver/hooks.h"
#include "driver/settings.h"

namespace emulator {
namespace {

Handles<CUstream_st>& streams =
    *new Handles<CUstream_st>;  // never destroyed: the check at exit needs it
Handles<CUevent_st>& events =
    *new Handles<CUevent_st>;  // never destroyed: the check at exit needs it

bool isBlocking(CUstream stream) { return !(stream->flags & CU_STREAM_NON_BLOCKING); }

void traceStream(const char* what, CUstream stream, const std::string& kind) {
    trace(std::string(what) + " " + std::to_string(stream->number) + (kind.empty() ? "" : " ") +
          kind);
}

// Runs the oldest work of the stream, after what it waits for.
CUresult runNext(CUstream stream) {
    const WorkPtr work = stream->queue.front();
    stream->queue.pop_front();
    traceStream("run", stream, work->kind);
    for (const WorkPtr& earlier : work->after)
        if (CUresult r = complete(earlier); r) return r;
    const CUresult result = work->run ? work->run() : CUDA_SUCCESS;
    work->done = true;
    work->finished = Clock::now();
    work->run = nullptr;
    work->after.clear();
    return result ? deviceError(stream->context, result) : CUDA_SUCCESS;
}

// The legacy default stream and the blocking streams wait for each other.
CUresult orderWithDefaultStream(CUstream stream, Work& work) {
    CUstream defaultStream = &stream->context->nullStream;
    CUresult result = CUDA_SUCCESS;
    if (stream == defaultStream) {
        streams.forEachIn(stream->context, [&](CUstream other) {
            if (!isBlocking(other)) return;
            if (other->capture) {
                other->capture->invalid = true;
                result = fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                              "work in the default stream while a blocking stream is captured");
            } else if (other->last && !other->last->done) {
                work.after.push_back(other->last);
            }
        });
    } else if (isBlocking(stream) && defaultStream->last && !defaultStream->last->done) {
        work.after.push_back(defaultStream->last);
    }
    return result;
}

CUresult put(CUstream stream, const WorkPtr& work) {
    work->stream = stream;
    if (CUresult r = orderWithDefaultStream(stream, *work); r) return r;
    stream->queue.push_back(work);
    traceStream("submit", stream, work->kind);
    stream->last = work;
    return settings().lazy ? CUDA_SUCCESS : complete(work);
}

CUresult resolveEvent(CUevent event) { return checkHandle(events, event, "event"); }

CUresult waitCall(CUstream stream, const char* function) {
    if (stream->capture) {
        stream->capture->invalid = true;
        return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                    std::string(function) + " of a stream that is captured");
    }
    if (settings().failSync.strikes())
        return fail(deviceError(stream->context, settings().failSync.code),
                    std::string(function) + " (injected)");
    return CUDA_SUCCESS;
}

CUresult capturedEvent(const char* function) {
    return fail(CUDA_ERROR_CAPTURED_EVENT,
                std::string(function) + " of an event that was recorded in a capture");
}

}  // namespace

CUresult resolveStream(CUstream handle, CUstream* stream) {
    if (!handle || handle == CU_STREAM_LEGACY) {
        *stream = &currentContext()->nullStream;
        return CUDA_SUCCESS;
    }
    if (handle == CU_STREAM_PER_THREAD)
        return fail(CUDA_ERROR_NOT_SUPPORTED, "CU_STREAM_PER_THREAD is not emulated");
    *stream = handle;
    return checkHandle(streams, handle, "stream");
}

CUresult submit(CUstream stream, const std::string& kind, Action action, WorkPtr* made) {
    if (stream->capture) return captureNode(stream, kind, std::move(action));
    auto work = std::make_shared<Work>();
    work->run = std::move(action);
    work->kind = kind;
    if (made) *made = work;
    return put(stream, work);
}

CUresult complete(const WorkPtr& work) {
    while (!work->done) {
        if (work->stream->queue.empty())
            return work->stream->context->sticky;  // an error emptied it
        if (CUresult r = runNext(work->stream); r) return r;
    }
    return CUDA_SUCCESS;
}

CUresult completeStream(CUstream stream) {
    return stream->last ? complete(stream->last) : CUDA_SUCCESS;
}

CUresult completeContext(CUcontext context) {
    CUresult result = completeStream(&context->nullStream);
    streams.forEachIn(context, [&](CUstream stream) {
        if (!result) result = completeStream(stream);
    });
    return result;
}

CUresult runSome(const WorkPtr& work) {
    if (!work || work->done) return CUDA_SUCCESS;
    if (CUresult r = runNext(work->stream); r) return r;
    return work->done ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult forbiddenInCapture(const char* function) {
    if (!anyCapture()) return CUDA_SUCCESS;
    bool forbidden = false;
    streams.forEachIn(currentContext(), [&](CUstream stream) {
        Capture* capture = stream->capture.get();
        if (!capture || capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED) return;
        if (capture->mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL &&
            capture->thread != std::this_thread::get_id())
            return;
        capture->invalid = forbidden = true;
    });
    return forbidden ? fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                            std::string(function) + " during stream capture")
                     : CUDA_SUCCESS;
}

void destroyStreamsOf(CUcontext context) {
    const auto clear = [](CUstream stream) {
        stream->queue.clear();
        stream->last.reset();
        stream->capture.reset();
        stream->captureTail.clear();
    };
    streams.forEachIn(context, [&](CUstream stream) {
        clear(stream);
        stream->destroyed = true;
    });
    clear(&context->nullStream);
    events.forEachIn(context, [](CUevent event) { event->destroyed = true; });
}

std::string unreleasedStreams(CUcontext context) {
    std::string text;
    if (const size_t count = streams.countIn(context)) text = std::to_string(count) + " stream(s)";
    if (const size_t count = events.countIn(context))
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " event(s)";
    return text;
}

}  // namespace emulator

using namespace emulator;

#define RESOLVE_STREAM(handle, stream) \
    CUstream stream;                   \
    if (CUresult r = resolveStream(handle, &stream); r) return r
#define RESOLVE_EVENT(event) \
    if (CUresult r = resolveEvent(event); r) return r

extern "C" {

CUresult cuStreamCreateWithPriority(CUstream* result, unsigned flags, int) {
    DRIVER_CALL(Context);
    if (flags & ~unsigned{CU_STREAM_NON_BLOCKING})
        return fail(CUDA_ERROR_INVALID_VALUE, "cuStreamCreate: bad flags");
    auto stream = std::make_unique<CUstream_st>();
    stream->context = currentContext();
    stream->flags = flags;
    static unsigned made = 0;
    stream->number = ++made;
    *result = streams.add(std::move(stream));
    return CUDA_SUCCESS;
}

CUresult cuStreamCreate(CUstream* result, unsigned flags) {
    return cuStreamCreateWithPriority(result, flags, 0);
}

// A real one lets the work go on by itself; here nobody could wait for it any more, so it runs now.
CUresult cuStreamDestroy_v2(CUstream handle) {
    DRIVER_CALL(Context);
    if (!handle) return fail(CUDA_ERROR_INVALID_HANDLE, "cuStreamDestroy of the default stream");
    RESOLVE_STREAM(handle, stream);
    const CUresult result = completeStream(stream);
    if (stream->capture) stream->capture->invalid = true;
    stream->destroyed = true;
    return result;
}

CUresult cuStreamSynchronize(CUstream handle) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    if (CUresult r = waitCall(stream, __func__); r) return r;
    traceStream("synchronise", stream, "");
    if (CUresult r = completeStream(stream); r) return r;
    if (stream != &stream->context->nullStream) return CUDA_SUCCESS;
    CUresult result = CUDA_SUCCESS;  // the default stream includes the blocking ones
    streams.forEachIn(stream->context, [&](CUstream other) {
        if (!result && isBlocking(other)) result = completeStream(other);
    });
    return result;
}

CUresult cuStreamQuery(CUstream handle) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    if (stream->capture) {
        stream->capture->invalid = true;
        return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                    "cuStreamQuery of a stream that is captured");
    }
    return runSome(stream->last);
}

CUresult cuStreamGetFlags(CUstream handle, unsigned* flags) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    *flags = stream->flags;
    return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx(CUstream handle, CUcontext* context) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    *context = stream->context;
    return CUDA_SUCCESS;
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    RESOLVE_EVENT(event);
    if (event->capture || stream->capture) return captureWait(stream, event);
    if (!event->recorded || event->recorded->done) return CUDA_SUCCESS;
    auto work = std::make_shared<Work>();
    work->after.push_back(event->recorded);
    work->kind = "wait for an event of " + std::to_string(event->recorded->stream->number);
    return put(stream, work);
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    return submit(stream, "host", [=] {
        runHostFunction(function, data);
        return CUDA_SUCCESS;
    });
}

CUresult cuEventCreate(CUevent* result, unsigned flags) {
    DRIVER_CALL(Context);
    auto event = std::make_unique<CUevent_st>();
    event->context = currentContext();
    event->flags = flags;
    *result = events.add(std::move(event));
    return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
    DRIVER_CALL(Context);
    RESOLVE_EVENT(event);
    event->destroyed = true;
    event->capture.reset();
    return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream handle) {
    DRIVER_CALL(Context);
    RESOLVE_STREAM(handle, stream);
    RESOLVE_EVENT(event);
    if (stream->capture) return captureRecord(event, stream);
    event->capture.reset();
    return submit(stream, "event", nullptr, &event->recorded);
}

CUresult cuEventSynchronize(CUevent event) {
    DRIVER_CALL(Context);
    RESOLVE_EVENT(event);
    if (event->capture) return capturedEvent(__func__);
    if (settings().failSync.strikes())
        return fail(deviceError(event->context, settings().failSync.code),
                    "cuEventSynchronize (injected)");
    if (!event->recorded) return CUDA_SUCCESS;
    traceStream("synchronise", event->recorded->stream, "event");
    return complete(event->recorded);
}

CUresult cuEventQuery(CUevent event) {
    DRIVER_CALL(Context);
    RESOLVE_EVENT(event);
    if (event->capture) return capturedEvent(__func__);
    return runSome(event->recorded);
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
    DRIVER_CALL(Context);
    RESOLVE_EVENT(start);
    RESOLVE_EVENT(end);
    for (CUevent event : {start, end}) {
        if (event->flags & CU_EVENT_DISABLE_TIMING)
            return fail(CUDA_ERROR_INVALID_HANDLE,
                        "cuEventElapsedTime: the event was created without timing");
        if (!event->recorded || event->capture)
            return fail(CUDA_ERROR_INVALID_HANDLE,
                        "cuEventElapsedTime: the event was not recorded");
        if (!event->recorded->done) return CUDA_ERROR_NOT_READY;
    }
    *milliseconds = std::chrono::duration<float, std::milli>(end->recorded->finished -
                                                             start->recorded->finished)
                        .count();
    return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start,
                               CUevent end) {  // the name since CUDA 12.8
    return cuEventElapsedTime(milliseconds, start, end);
}

}  // extern "C"
