// Streams hold work that nobody has waited for yet; waiting runs it. So a missing synchronisation
// shows: the work is not done.
#pragma once
#include <cuda.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace emulator {

using Clock = std::chrono::steady_clock;
using Action = std::function<CUresult()>;

// A piece of work in a stream.
struct Work {
    Action run;
    std::vector<std::shared_ptr<Work>> after;  // of other streams
    CUstream stream = nullptr;
    bool done = false;
    std::string kind;  // for the trace
    Clock::time_point finished{};
};
using WorkPtr = std::shared_ptr<Work>;

struct Capture;

}  // namespace emulator

struct CUstream_st {
    CUcontext context = nullptr;
    unsigned flags = 0;
    unsigned number = 0;  // in the trace; 0 is a default stream
    bool destroyed = false;
    std::deque<emulator::WorkPtr> queue;
    emulator::WorkPtr last;
    std::shared_ptr<emulator::Capture> capture;
    std::vector<size_t> captureTail;  // the nodes that the next captured node comes after
};

struct CUevent_st {
    CUcontext context = nullptr;
    unsigned flags = 0;
    bool destroyed = false;
    emulator::WorkPtr recorded;
    std::shared_ptr<emulator::Capture> capture;  // where it was recorded in a capture
    std::vector<size_t> captureNodes;
};

namespace emulator {

// The stream a handle means (null: the legacy default stream of the current context), or an error.
CUresult resolveStream(CUstream handle, CUstream* stream);

// Puts the action into the stream, or into the graph that the stream is captured into.
CUresult submit(CUstream stream, const std::string& kind, Action action, WorkPtr* made = nullptr);

CUresult complete(const WorkPtr& work);  // runs it and all that it comes after
CUresult completeStream(CUstream stream);
CUresult completeContext(CUcontext context);
CUresult runSome(const WorkPtr& work);  // a step towards completion, for queries

// For functions that a capture forbids: invalidates the captures that they would disturb.
CUresult forbiddenInCapture(const char* function);

void destroyStreamsOf(CUcontext context);
std::string unreleasedStreams(CUcontext context);

}  // namespace emulator
