// Graphs, and the capture of streams into them.
#pragma once
#include <string>
#include <thread>
#include <vector>

#include "driver/stream.h"

struct CUgraphNode_st {
    std::string kind;
    emulator::Action run;
    std::vector<size_t> after;  // numbers of earlier nodes of the graph
};

struct CUgraph_st {
    CUcontext context = nullptr;
    bool destroyed = false;
    std::vector<CUgraphNode_st> nodes;
};

struct CUgraphExec_st {
    CUcontext context = nullptr;
    bool destroyed = false;
    std::vector<CUgraphNode_st> nodes;
    emulator::WorkPtr lastLaunch;  // launches of one executable graph never overlap
};

namespace emulator {

struct Capture {
    CUgraph_st graph;
    CUstream origin = nullptr;
    CUstreamCaptureMode mode{};
    std::thread::id thread;
    bool invalid = false;
    std::vector<CUstream> streams;  // origin and those that joined
};

CUresult captureNode(CUstream stream, const std::string& kind, Action action);
CUresult captureRecord(CUevent event, CUstream stream);
CUresult captureWait(CUstream stream, CUevent event);

bool anyCapture();
void destroyGraphsOf(CUcontext context);
std::string unreleasedGraphs(CUcontext context);

}  // namespace emulator
