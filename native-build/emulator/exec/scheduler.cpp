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

// Rounds of all resident blocks in which nothing happens before a spin wait counts as endless.
constexpr unsigned kFruitlessRounds = 1000;
// Each has two mappings of memory, of which Linux lets a process have 65,530.
constexpr size_t kGuardedStacks = 8192;

// A block that is resident.
struct Block {
    std::vector<Thread> threads;  // only grows
    SharedMemory shared;
    uint3 index{};
    size_t serial = 0;  // 0: has not begun
};

std::deque<Block> residents;  // only grows
size_t blocksBegun = 0;
std::deque<Fiber> fibers;     // addresses stay
std::vector<Fiber*> idleFibers, usedFibers;
Fiber schedulerFiber;

bool progressed;  // whether something has happened that may end a spin wait

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

// TSan: the launch, and the return of a block's shared memory, happen before what a thread does next, and
// each thread before the end of the grid. Nothing orders blocks.
[[maybe_unused]] char launchToken, endToken;
void threadGoesOn() {
#if defined(EMULATOR_TSAN)
    __tsan_acquire(&launchToken);
#endif
}
void threadEnds() {
#if defined(EMULATOR_TSAN)
    __tsan_release(&endToken);
#endif
}
void blockGoesOn() {
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
        const bool guarded = fibers.size() < kGuardedStacks;
        allocateStack(fibers.emplace_back(), guarded);
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
        threadGoesOn();
        kernelCall(kernelArguments);
        threadEnds();
        Fiber* const fiber = current->fiber;
        current->state = State::Exited;
        progressed = true;
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

const Thread* spinning(std::span<const Thread> block) {
    for (const Thread& thread : block)
        if (thread.state == State::Spins) return &thread;
    return nullptr;
}

void runTurn(std::span<Thread> warp) {
    turn = {warp, 0};
    if (Fiber& first = successor(); &first != &schedulerFiber)
        switchFiber(schedulerFiber, first, false);
}

void beginBlock(std::span<Thread> block) {
    for (Thread& thread : block) {
        thread.state = State::Fresh;
        thread.unchanged = nullptr;
        thread.asyncCopies.clear();
        thread.asyncMade = 0;
        thread.asyncGroups = 0;
        // A fiber is ordered after the one that makes it, so all are made here, by none of them.
        if (!kReuseFibers) give(thread, takeFiber());
    }
    usedFibers.reserve(fibers.size());  // TSan must not see a fiber allocate
    blockGoesOn();
}

bool release(bool released) {
    progressed |= released;
    return released;
}

void spin(const char* file, int line) {
    Thread& thread = *current;
    thread.operation = Operation::SpinWait;
    thread.file = file;
    thread.line = line;
    thread.state = State::Spins;
    yieldThread();
    threadGoesOn();  // its block may have been away
}

// Until all have exited, or some spin while the others wait: then it returns false.
bool runBlock(std::span<Thread> block) {
    for (Thread& thread : block)
        if (thread.state == State::Spins) thread.state = State::Ready;
    do {
        // Each warp runs until every lane has exited, stands at a barrier of the block, or spins.
        for (const unsigned warp : warpOrder) {
            const size_t first = size_t{warp} * kWarp;
            const auto lanes = block.subspan(first, std::min<size_t>(kWarp, block.size() - first));
            do runTurn(lanes);
            while (!failed && release(releaseWarp(lanes)));
            if (failed) return true;
        }
        if (spinning(block)) return false;
    } while (release(releaseBlock(block)));
    return true;
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
void reclaimFibers(std::span<Block*> blocks) {
    for (Block* block : blocks) {
        for (Thread& thread : block->threads) {
            if (thread.fiber) idleFibers.push_back(thread.fiber);
            thread.fiber = nullptr;
        }
    }
    idleFibers.insert(idleFibers.end(), usedFibers.begin(), usedFibers.end());
    usedFibers.clear();
}

void prepareThreads(Block& block, size_t count) {
    if (block.threads.size() < count) block.threads.resize(count);
    for (size_t i = 0; i < count; ++i) {
        block.threads[i].linear = static_cast<unsigned>(i);
        block.threads[i].index = unflatten(i, blockSize);
        block.threads[i].file = nullptr;
    }
}

// Runs blocks in turns until all have ended.
void runTogether(std::span<Block*> blocks, size_t threadCount, unsigned dynamicShared) {
    std::vector<Block*> left(blocks.begin(), blocks.end());
    Block* running = nullptr;
    unsigned fruitless = 0;
    while (!left.empty()) {
        progressed = false;
        std::erase_if(left, [&](Block* block) {
            if (failed) return false;
            const std::span<Thread> threads(block->threads.data(), threadCount);
            if (running && running != block) leaveSharedMemory(running->shared);
            blockIndex = block->index;
            const bool begins = block->serial == 0;
            if (begins) block->serial = ++blocksBegun;
            blockSerial = block->serial;
            if (begins) {
                beginSharedMemory(block->shared, dynamicShared);
                beginBlock(threads);
            } else if (running != block) {
                resumeSharedMemory(block->shared);
                blockGoesOn();
            }
            running = block;
            if (!runBlock(threads) || failed) return false;
            running = nullptr;
            if (!sharedGuardIntact(dynamicShared))
                failLaunch(CUDA_ERROR_ILLEGAL_ADDRESS, "a write past the end of the " +
                                                           std::to_string(dynamicShared) +
                                                           " bytes of dynamic shared memory");
            return true;
        });
        if (failed) return;
        fruitless = progressed ? 0 : fruitless + 1;
        if (fruitless == kFruitlessRounds) {
            Block& first = *left.front();
            blockIndex = first.index;
            failLaunch(CUDA_ERROR_LAUNCH_TIMEOUT,
                       "a spin wait never ends, as no thread of a resident block does anything else: " +
                           whereIs(*spinning({first.threads.data(), threadCount})));
        }
    }
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

void afterAtomic(const void* address, bool changed, const char* file, int line) {
    Thread& thread = *current;
    progressed |= changed;
    const bool again = !changed && thread.unchanged == address;
    thread.unchanged = changed ? nullptr : address;
    if (again) spin(file, line);
}

LaunchResult runGrid(const LaunchShape& shape, KernelCall call, const unsigned char* arguments,
                     unsigned schedule) {
    const size_t threadCount = size_t{shape.block.x} * shape.block.y * shape.block.z;
    const size_t blockCount = size_t{shape.grid.x} * shape.grid.y * shape.grid.z;
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
    const size_t together = shape.cooperative ? blockCount : std::min<size_t>(1, blockCount);
    if (residents.size() < together) residents.resize(together);
    std::vector<Block*> blocks;
    for (size_t i = 0; i < together; ++i) {
        prepareThreads(residents[i], threadCount);
        blocks.push_back(&residents[i]);
    }
    for (size_t first = 0; first < blockCount && !failed; first += together) {
        for (size_t i = 0; i < together; ++i) {
            const size_t number = schedule == 0   ? first + i
                                  : schedule == 1 ? blockCount - 1 - first - i
                                                  : shuffledBlocks[first + i];
            blocks[i]->index = unflatten(number, shape.grid);
            blocks[i]->serial = 0;
        }
        runTogether(blocks, threadCount, shape.dynamicShared);
    }
    gridEnds();
    reclaimFibers(blocks);
    if (failed) {
        result.message = "block " + text(blockIndex) + ": " + result.message;
    }
    current = nullptr;
    return result;
}

}  // namespace emulator
