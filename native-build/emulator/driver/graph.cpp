#include "driver/graph.h"

#include <algorithm>
#include <random>

#include "driver/context.h"
#include "driver/settings.h"

namespace emulator {
namespace {

Handles<CUgraph_st>& graphs =
    *new Handles<CUgraph_st>;  // never destroyed: the check at exit needs it
Handles<CUgraphExec_st>& executables =
    *new Handles<CUgraphExec_st>;  // never destroyed: the check at exit needs it
size_t activeCaptures = 0;

void mergeInto(std::vector<size_t>& nodes, const std::vector<size_t>& more) {
    for (const size_t node : more)
        if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
}

CUresult invalidated(Capture& capture) {
    return capture.invalid ? fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
                                  "the capture was invalidated by an earlier error")
                           : CUDA_SUCCESS;
}

CUresult invalidate(Capture& capture, CUresult code, const char* why) {
    capture.invalid = true;
    return fail(code, why);
}

// Marks all nodes that `tail` comes after, itself included.
std::vector<bool> ancestors(const std::vector<CUgraphNode_st>& nodes,
                            const std::vector<size_t>& tail) {
    std::vector<bool> seen(nodes.size());
    std::vector<size_t> pending = tail;
    while (!pending.empty()) {
        const size_t node = pending.back();
        pending.pop_back();
        if (seen[node]) continue;
        seen[node] = true;
        pending.insert(pending.end(), nodes[node].after.begin(), nodes[node].after.end());
    }
    return seen;
}

// An order that the edges allow: as captured, or (schedule 1, seeds) as different from it as they
// allow, so that a missing edge shows.
std::vector<size_t> executionOrder(const std::vector<CUgraphNode_st>& nodes, unsigned schedule) {
    std::vector<size_t> order, ready;
    std::vector<size_t> waitsFor(nodes.size());
    std::mt19937 random(schedule);
    for (size_t i = 0; i < nodes.size(); ++i) {
        waitsFor[i] = nodes[i].after.size();
        if (waitsFor[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
        const auto pick = schedule == 0 ? std::min_element(ready.begin(), ready.end())
                          : schedule == 1
                              ? std::max_element(ready.begin(), ready.end())
                              : ready.begin() + static_cast<long>(random() % ready.size());
        const size_t node = *pick;
        ready.erase(pick);
        order.push_back(node);
        for (size_t later = node + 1; later < nodes.size(); ++later) {
            const auto& after = nodes[later].after;
            if (std::find(after.begin(), after.end(), node) != after.end() &&
                --waitsFor[later] == 0)
                ready.push_back(later);
        }
    }
    return order;
}

CUresult runNodes(const std::vector<CUgraphNode_st>& nodes) {
    if (settings().failGraph.strikes())
        return fail(settings().failGraph.code, "graph launch (injected)");
    for (const size_t i : executionOrder(nodes, settings().schedule))
        if (nodes[i].run)
            if (CUresult r = nodes[i].run(); r) return r;
    return CUDA_SUCCESS;
}

CUresult resolve(CUgraph graph) { return checkHandle(graphs, graph, "graph"); }
CUresult resolve(CUgraphExec executable) {
    return checkHandle(executables, executable, "executable graph");
}

}  // namespace

bool anyCapture() { return activeCaptures > 0; }

CUresult captureNode(CUstream stream, const std::string& kind, Action action) {
    Capture& capture = *stream->capture;
    if (CUresult r = invalidated(capture); r) return r;
    capture.graph.nodes.push_back({kind, std::move(action), stream->captureTail});
    stream->captureTail = {capture.graph.nodes.size() - 1};
    return CUDA_SUCCESS;
}

CUresult captureRecord(CUevent event, CUstream stream) {
    if (CUresult r = invalidated(*stream->capture); r) return r;
    event->capture = stream->capture;
    event->captureNodes = stream->captureTail;
    return CUDA_SUCCESS;
}

CUresult captureWait(CUstream stream, CUevent event) {
    Capture* capture = stream->capture.get();
    if (!event->capture) {
        if (!event->recorded)
            return CUDA_SUCCESS;  // an event that was never recorded orders nothing
        return invalidate(
            *capture, CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
            "a captured stream waits for an event that was recorded outside the capture");
    }
    Capture& target = *event->capture;
    if (!target.origin)
        return fail(CUDA_ERROR_CAPTURED_EVENT,
                    "cuStreamWaitEvent of an event from a capture that has ended");
    if (CUresult r = invalidated(target); r) return r;
    if (capture && capture != &target) {
        target.invalid = true;
        return invalidate(*capture, CUDA_ERROR_STREAM_CAPTURE_MERGE,
                          "an event would merge two captures");
    }
    if (!capture) {  // the stream joins
        if (stream == &stream->context->nullStream)
            return invalidate(target, CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                              "the default stream cannot join a capture");
        stream->capture = event->capture;
        stream->captureTail.clear();
        target.streams.push_back(stream);
    }
    mergeInto(stream->captureTail, event->captureNodes);
    return CUDA_SUCCESS;
}

void destroyGraphsOf(CUcontext context) {
    graphs.forEachIn(context, [](CUgraph graph) { graph->destroyed = true; });
    executables.forEachIn(context, [](CUgraphExec executable) { executable->destroyed = true; });
}

std::string unreleasedGraphs(CUcontext context) {
    std::string text;
    if (const size_t count = graphs.countIn(context)) text = std::to_string(count) + " graph(s)";
    if (const size_t count = executables.countIn(context))
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " executable graph(s)";
    return text;
}

}  // namespace emulator

using namespace emulator;

extern "C" {

CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
    DRIVER_CALL(Context);
    CUstream stream;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    if (stream == &stream->context->nullStream)
        return fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the default stream cannot be captured");
    if (stream->capture) return fail(CUDA_ERROR_ILLEGAL_STATE, "the stream is captured already");
    auto capture = std::make_shared<Capture>();
    capture->graph.context = stream->context;
    capture->origin = stream;
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->streams = {stream};
    stream->capture = std::move(capture);
    stream->captureTail.clear();
    ++activeCaptures;
    return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* result) {
    DRIVER_CALL(Context);
    CUstream stream;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    *result = nullptr;
    if (!stream->capture)
        return fail(CUDA_ERROR_ILLEGAL_STATE, "cuStreamEndCapture: the stream is not captured");
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
        capture->thread != std::this_thread::get_id())
        return fail(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD,
                    "cuStreamEndCapture on another thread than BeginCapture");
    if (capture->origin != stream)
        return invalidate(*capture, CUDA_ERROR_STREAM_CAPTURE_UNMATCHED,
                          "cuStreamEndCapture of a stream that only joined the capture");

    const std::vector<bool> joined = ancestors(capture->graph.nodes, stream->captureTail);
    const bool complete = std::find(joined.begin(), joined.end(), false) == joined.end();
    for (CUstream member : capture->streams) {
        member->capture.reset();
        member->captureTail.clear();
    }
    capture->origin = nullptr;
    --activeCaptures;
    if (CUresult r = invalidated(*capture); r) return r;
    if (!complete)
        return fail(
            CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
            "the capture forked into another stream whose last work the origin does not wait for");
    *result = graphs.add(std::make_unique<CUgraph_st>(capture->graph));
    return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
    DRIVER_CALL(Context);
    CUstream stream;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    *status = !stream->capture           ? CU_STREAM_CAPTURE_STATUS_NONE
              : stream->capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                         : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* result, CUgraph graph, unsigned long long) {
    DRIVER_CALL(Context);
    if (CUresult r = resolve(graph); r) return r;
    auto executable = std::make_unique<CUgraphExec_st>();
    executable->context = graph->context;
    executable->nodes = graph->nodes;
    *result = executables.add(std::move(executable));
    return CUDA_SUCCESS;
}

CUresult cuGraphUpload(CUgraphExec executable, CUstream handle) {
    DRIVER_CALL(Context);
    CUstream stream;
    if (CUresult r = resolve(executable); r) return r;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    return submit(stream, "upload", nullptr);
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream handle) {
    DRIVER_CALL(Context);
    CUstream stream;
    if (CUresult r = resolve(executable); r) return r;
    if (CUresult r = resolveStream(handle, &stream); r) return r;
    const WorkPtr before = stream->capture ? nullptr : executable->lastLaunch;
    const auto run = [executable, before] {
        if (before)
            if (CUresult r = complete(before); r) return r;
        return runNodes(executable->nodes);
    };
    return submit(stream, "graph of " + std::to_string(executable->nodes.size()), run,
                  &executable->lastLaunch);
}

// Launches in flight go on with the nodes, which outlive the handle.
CUresult cuGraphExecDestroy(CUgraphExec executable) {
    DRIVER_CALL(Context);
    if (CUresult r = resolve(executable); r) return r;
    executable->destroyed = true;
    return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
    DRIVER_CALL(Context);
    if (CUresult r = resolve(graph); r) return r;
    graph->destroyed = true;
    return CUDA_SUCCESS;
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
    DRIVER_CALL(Context);
    if (CUresult r = resolve(graph); r) return r;
    if (nodes)
        for (size_t i = 0; i < *count; ++i)
            nodes[i] = i < graph->nodes.size() ? &graph->nodes[i] : nullptr;
    *count = nodes ? std::min(*count, graph->nodes.size()) : graph->nodes.size();
    return CUDA_SUCCESS;
}

}  // extern "C"
