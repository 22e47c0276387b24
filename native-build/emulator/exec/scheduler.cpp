#include "exec/scheduler.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "exec/collectives.h"
#include "exec/shared_memory.h"

#if defined(EMULATOR_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace emulator {

Thread* current = nullptr;
uint3 blockIndex{};
dim3 blockSize, gridSize;
size_t blockSerial = 0;

namespace {

constexpr unsigned kWarp = 32;

std::vector<Thread> threads;  // of the block; the vector only grows
std::deque<Fiber> fibers;     // addresses stay
std::vector<Fiber*> idleFibers, usedFibers;
Fiber schedulerFiber;

KernelCall kernelCall;
const unsigned char* kernelArguments;
bool failed;
LaunchResult result;

std::vector<unsigned> laneOrder, warpOrder;

// One turn of each lane of a warp. It outlives a switch: the fiber that stops picks who goes on.
struct Turn {
    std::span<Thread> warp;
    unsigned next = kWarp;
} turn;

Thread* nextOfTurn() {
    while (turn.next < kWarp) {
        const unsigned lane = laneOrder[turn.next++];
        if (lane >= turn.warp.size()) continue;
        Thread& thread = turn.warp[lane];
        if (thread.state == State::Fresh || thread.state == State::Ready) return &thread;
    }
    return nullptr;
}

// TSan: the launch happens before each thread, and each thread before the end of the grid. Nothing
// orders blocks.
[[maybe_unused]] char launchToken, endToken;
void threadBegins() {
#if defined(EMULATOR_TSAN)
    __tsan_acquire(&launchToken);
#endif
}
void threadEnds() {
#if defined(EMULATOR_TSAN)
    __tsan_release(&endToken);
#endif
}
void blockBegins() {
#if defined(EMULATOR_TSAN)
    __tsan_release(&launchToken);
#endif
}
void gridEnds() {
#if defined(EMULATOR_TSAN)
    __tsan_acquire(&endToken);
#endif
}

// A thread that exits leaves its fiber to the next one that has not begun: kernels without barriers
// hardly switch. TSan must see each thread of a launch as a fiber of its own, with a stack of its
// own.
constexpr bool kReuseFibers =
#if defined(EMULATOR_TSAN)
    false;
#else
    true;
#endif

void fiberMain();

void give(Thread& thread, Fiber* fiber) {
    thread.fiber = fiber;
    thread.state = State::Ready;
}

Fiber* takeFiber() {
    if (idleFibers.empty()) {
        allocateStack(fibers.emplace_back());
        idleFibers.push_back(&fibers.back());
    }
    Fiber* fiber = idleFibers.back();
    idleFibers.pop_back();
    prepare(*fiber, fiberMain, static_cast<unsigned>(idleFibers.size()));
    return fiber;
}

// From a fiber: whom to switch to. The scheduler itself when the turn is over or the launch has
// failed.
Fiber& successor() {
    Thread* next = failed ? nullptr : nextOfTurn();
    if (!next) return schedulerFiber;
    if (next->state == State::Fresh) give(*next, takeFiber());
    current = next;
    return *next->fiber;
}

void fiberMain() {
    fiberEntered();
    for (;;) {
        threadBegins();
        kernelCall(kernelArguments);
        threadEnds();
        Fiber* const fiber = current->fiber;
        current->state = State::Exited;
        current->fiber = nullptr;
        if (kReuseFibers) {
            const unsigned position = turn.next;
            Thread* next = nextOfTurn();
            if (next && next->state == State::Fresh) {
                give(*next, fiber);
                current = next;
                continue;
            }
            turn.next = position;
        }
        Fiber& to = successor();
        // After successor(): it must not be prepared while it still runs.
        (kReuseFibers ? idleFibers : usedFibers).push_back(fiber);
        switchFiber(*fiber, to, true);
    }
}

void runTurn(std::span<Thread> warp) {
    turn = {warp, 0};
    if (Fiber& first = successor(); &first != &schedulerFiber)
        switchFiber(schedulerFiber, first, false);
}

void runBlock(std::span<Thread> block) {
    for (Thread& thread : block) {
        thread.state = State::Fresh;
        thread.asyncCopies.clear();
        thread.asyncMade = 0;
        thread.asyncGroups = 0;
        // A fiber is ordered after the one that makes it, so all are made here, by none of them.
        if (!kReuseFibers) give(thread, takeFiber());
    }
    usedFibers.reserve(fibers.size());  // TSan must not see a fiber allocate
    blockBegins();
    do {
        // Each warp runs until every lane has exited or stands at a barrier of the block.
        for (const unsigned warp : warpOrder) {
            const size_t first = size_t{warp} * kWarp;
            const auto lanes = block.subspan(first, std::min<size_t>(kWarp, block.size() - first));
            do runTurn(lanes);
            while (!failed && releaseWarp(lanes));
            if (failed) return;
        }
    } while (releaseBlock(block));
}

void order(std::vector<unsigned>& indices, size_t count, unsigned schedule) {
    indices.resize(count);
    std::iota(indices.begin(), indices.end(), 0u);
    if (schedule == 1) std::reverse(indices.begin(), indices.end());
    if (schedule > 1) std::shuffle(indices.begin(), indices.end(), std::mt19937(schedule));
}

uint3 unflatten(size_t index, const dim3& size) {
    return {static_cast<unsigned>(index % size.x), static_cast<unsigned>(index / size.x % size.y),
            static_cast<unsigned>(index / size.x / size.y)};
}

std::string text(const uint3& index) {
    return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," +
           std::to_string(index.z) + ")";
}

// Frames of a failed launch stay on their stacks until their fibers are prepared again.
void reclaimFibers(std::span<Thread> block) {
    for (Thread& thread : block) {
        if (thread.fiber) idleFibers.push_back(thread.fiber);
        thread.fiber = nullptr;
    }
    idleFibers.insert(idleFibers.end(), usedFibers.begin(), usedFibers.end());
    usedFibers.clear();
}

}  // namespace

bool launchFailed() { return failed; }

void failLaunch(CUresult code, std::string message) {
    if (failed) return;
    failed = true;
    result = {code, std::move(message)};
}

void abandonLaunch(CUresult code, std::string message) {
    failLaunch(code, std::move(message));
    for (;;) yieldThread();
}

void addAsyncCopy(AsyncCopy copy) {
    copy.group = current->asyncGroups;
    current->asyncCopies.push_back(copy);
}

void commitAsyncCopies() { ++current->asyncGroups; }

bool takeAsyncCopy(AsyncCopy& copy, unsigned left) {
    Thread& thread = *current;
    if (thread.asyncMade == thread.asyncCopies.size()) {
        thread.asyncCopies.clear();
        thread.asyncMade = 0;
        return false;
    }
    copy = thread.asyncCopies[thread.asyncMade];
    if (copy.group + left >= thread.asyncGroups) return false;
    ++thread.asyncMade;
    return true;
}

void yieldThread() {
    Fiber* const fiber = current->fiber;
    switchFiber(*fiber, successor(), false);
}

LaunchResult runGrid(const LaunchShape& shape, KernelCall call, const unsigned char* arguments,
                     unsigned schedule) {
    const size_t threadCount = size_t{shape.block.x} * shape.block.y * shape.block.z;
    const size_t blockCount = size_t{shape.grid.x} * shape.grid.y * shape.grid.z;
    if (threads.size() < threadCount) threads.resize(threadCount);
    const std::span<Thread> block(threads.data(), threadCount);
    for (size_t i = 0; i < threadCount; ++i) {
        block[i].linear = static_cast<unsigned>(i);
        block[i].index = unflatten(i, shape.block);
        block[i].file = nullptr;
    }
    order(laneOrder, kWarp, schedule);
    order(warpOrder, (threadCount + kWarp - 1) / kWarp, schedule);
    std::vector<unsigned> shuffledBlocks;
    if (schedule > 1) order(shuffledBlocks, blockCount, schedule);

    adoptCallingThread(schedulerFiber);
    kernelCall = call;
    kernelArguments = arguments;
    blockSize = shape.block;
    gridSize = shape.grid;
    failed = false;
    result = {};
    for (size_t i = 0; i < blockCount && !failed; ++i) {
        const size_t number = schedule == 0   ? i
                              : schedule == 1 ? blockCount - 1 - i
                                              : shuffledBlocks[i];
        blockIndex = unflatten(number, shape.grid);
        ++blockSerial;
        beginSharedMemory(shape.dynamicShared);
        runBlock(block);
        if (!failed && !sharedGuardIntact(shape.dynamicShared))
            failLaunch(CUDA_ERROR_ILLEGAL_ADDRESS, "a write past the end of the " +
                                                       std::to_string(shape.dynamicShared) +
                                                       " bytes of dynamic shared memory");
    }
    gridEnds();
    reclaimFibers(block);
    if (failed) {
        result.message = "block " + text(blockIndex) + ": " + result.message;
    }
    current = nullptr;
    return result;
}

}  // namespace emulator
