#include "exec/collectives.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "exec/scheduler.h"

#if defined(EMULATOR_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace emulator {
namespace {

#if defined(EMULATOR_TSAN)
// TSan learns that a barrier orders memory: what came before it at any thread happens before what
// follows it. Each block has barriers of its own, so that they order nothing between blocks.
constexpr size_t kBarriersOfBlock = 33, kBlocks = 4096;
constexpr unsigned kBlockBarrier = 32;  // below are those of the warps
uint64_t barrierTokens[kBlocks][kBarriersOfBlock];

void arrive(unsigned barrier) { __tsan_release(&barrierTokens[blockSerial % kBlocks][barrier]); }
void depart(unsigned barrier) { __tsan_acquire(&barrierTokens[blockSerial % kBlocks][barrier]); }
#else
constexpr unsigned kBlockBarrier = 32;
void arrive(unsigned) {}
void depart(unsigned) {}
#endif

const char* nameOf(Operation operation) {
    switch (operation) {
        case Operation::SyncThreads: return "__syncthreads";
        case Operation::SyncThreadsCount: return "__syncthreads_count";
        case Operation::SyncThreadsAnd: return "__syncthreads_and";
        case Operation::SyncThreadsOr: return "__syncthreads_or";
        case Operation::SyncWarp: return "__syncwarp";
        case Operation::ShuffleIndex: return "__shfl_sync";
        case Operation::ShuffleUp: return "__shfl_up_sync";
        case Operation::ShuffleDown: return "__shfl_down_sync";
        case Operation::ShuffleXor: return "__shfl_xor_sync";
        case Operation::Ballot: return "__ballot_sync";
        case Operation::Any: return "__any_sync";
        case Operation::All: return "__all_sync";
        case Operation::MultiplyMatrices: return "multiply_tf32";
        case Operation::SpinWait: return "a spin wait";
        default: return "__reduce_sync";
    }
}

bool samePlace(const Thread& a, const Thread& b) {
    return a.operation == b.operation && a.line == b.line && a.file == b.file;
}

bool takesPart(const Thread& thread, unsigned lane, unsigned mask) {
    return (mask >> lane & 1u) && thread.state == State::AtCollective;
}

// Have all lanes that `leader` names arrived? Lanes that have exited need not.
bool isComplete(std::span<const Thread> warp, const Thread& leader) {
    for (unsigned lane = 0; lane < warp.size(); ++lane) {
        const Thread& other = warp[lane];
        if (!(leader.mask >> lane & 1u) || other.state == State::Exited) continue;
        if (other.state != State::AtCollective || other.mask != leader.mask) return false;
        // Volta and later let lanes meet from different __syncwarp() calls; nothing else may.
        const bool meet = leader.operation == Operation::SyncWarp
                              ? other.operation == Operation::SyncWarp
                              : samePlace(other, leader);
        if (!meet) {
            failLaunch(CUDA_ERROR_LAUNCH_FAILED,
                       "divergent warp collective: " + whereIs(leader) + " and " + whereIs(other));
            return false;
        }
    }
    return true;
}

// The lane that a shuffle of `lane` reads: itself where the source is out of its segment.
unsigned shuffleSource(const Thread& thread, unsigned lane) {
    const unsigned width = thread.width, first = lane & ~(width - 1), end = first + width;
    switch (thread.operation) {
        case Operation::ShuffleIndex: return first + (thread.argument & (width - 1));
        case Operation::ShuffleUp:
            return thread.argument <= lane - first ? lane - thread.argument : lane;
        case Operation::ShuffleDown:
            return lane + thread.argument < end ? lane + thread.argument : lane;
        default: {
            const unsigned source = lane ^ thread.argument;
            return source < end ? source : lane;
        }
    }
}

uint64_t combine(Operation operation, uint64_t a, uint64_t b) {
    const auto x = static_cast<uint32_t>(a), y = static_cast<uint32_t>(b);
    const auto sx = static_cast<int32_t>(x), sy = static_cast<int32_t>(y);
    switch (operation) {
        case Operation::ReduceAdd: return x + y;
        case Operation::ReduceMin: return std::min(x, y);
        case Operation::ReduceMax: return std::max(x, y);
        case Operation::ReduceMinSigned: return static_cast<uint32_t>(std::min(sx, sy));
        case Operation::ReduceMaxSigned: return static_cast<uint32_t>(std::max(sx, sy));
        case Operation::ReduceAnd: return x & y;
        case Operation::ReduceOr: return x | y;
        default: return x ^ y;
    }
}

// C += A·B, 16 × 8 by 8 × 8. As tensor cores do, it cuts off what factors have beyond TF32, and the sum
// once, towards zero, where they may do so more often.
void multiplyMatrices(std::span<const Thread> warp) {
    const auto of = [&](unsigned lane) -> const Fragments& {
        return *reinterpret_cast<const Fragments*>(warp[lane].input);
    };
    const auto tf32 = [](float x) {
        return static_cast<double>(std::bit_cast<float>(std::bit_cast<uint32_t>(x) & ~0x1fffu));
    };
    double a[16][8], b[8][8];
    for (unsigned lane = 0; lane < 32; ++lane) {
        const unsigned group = lane / 4, inGroup = lane % 4;
        for (unsigned i = 0; i < 4; ++i)
            a[group + i % 2 * 8][inGroup + i / 2 * 4] = tf32(of(lane).a[i]);
        for (unsigned i = 0; i < 2; ++i) b[inGroup + i * 4][group] = tf32(of(lane).b[i]);
    }
    for (unsigned row = 0; row < 16; ++row) {
        for (unsigned column = 0; column < 8; ++column) {
            float& c = of(row % 8 * 4 + column / 2).c[row / 8 * 2 + column % 2];
            double sum = c;
            for (unsigned k = 0; k < 8; ++k) sum += a[row][k] * b[k][column];
            const auto rounded = static_cast<float>(sum);
            c = std::abs(rounded) > std::abs(sum) ? std::nextafter(rounded, 0.0f) : rounded;
        }
    }
}

void computeOutputs(std::span<Thread> warp, unsigned mask, Operation operation) {
    unsigned ballot = 0, present = 0;
    uint64_t reduced = 0;
    for (unsigned lane = 0; lane < warp.size(); ++lane) {
        if (!takesPart(warp[lane], lane, mask)) continue;
        if (warp[lane].input) ballot |= 1u << lane;
        reduced = present ? combine(operation, reduced, warp[lane].input) : warp[lane].input;
        present |= 1u << lane;
    }
    if (operation == Operation::MultiplyMatrices) {
        if (present == 0xffffffffu) {
            multiplyMatrices(warp);
        } else {
            failLaunch(CUDA_ERROR_LAUNCH_FAILED,
                       "a product of a warp of which lanes have exited or never were: " +
                           whereIs(warp[std::countr_zero(present)]));
        }
        return;
    }
    for (unsigned lane = 0; lane < warp.size(); ++lane) {
        Thread& thread = warp[lane];
        if (!(present >> lane & 1u)) continue;
        switch (operation) {
            case Operation::SyncWarp: break;
            case Operation::Ballot: thread.output = ballot; break;
            case Operation::Any: thread.output = ballot != 0; break;
            case Operation::All: thread.output = ballot == present; break;
            case Operation::ShuffleIndex:
            case Operation::ShuffleUp:
            case Operation::ShuffleDown:
            case Operation::ShuffleXor: {
                const unsigned source = shuffleSource(thread, lane);
                if (source >= 32 || !(present >> source & 1u)) {
                    failLaunch(CUDA_ERROR_LAUNCH_FAILED,
                               "shuffle reads lane " + std::to_string(source) +
                                   ", which does not take part: " + whereIs(thread));
                    return;
                }
                thread.output = warp[source].input;
                break;
            }
            default: thread.output = reduced; break;
        }
    }
}

}  // namespace

std::string whereIs(const Thread& thread) {
    std::string text = "thread (" + std::to_string(thread.index.x) + "," +
                       std::to_string(thread.index.y) + "," + std::to_string(thread.index.z) + ")";
    if (thread.state == State::Exited) return text + " has exited";
    if (!thread.file) return text;
    return text + " in " + nameOf(thread.operation) + " at " + thread.file + ":" +
           std::to_string(thread.line);
}

int blockBarrier(Operation operation, int predicate, const char* file, int line) {
    Thread& thread = *current;
    thread.operation = operation;
    thread.input = predicate != 0;
    thread.file = file;
    thread.line = line;
    thread.state = State::AtBarrier;
    arrive(kBlockBarrier);
    yieldThread();
    depart(kBlockBarrier);
    return static_cast<int>(thread.output);
}

uint64_t warpCollective(Operation operation, unsigned mask, uint64_t input, unsigned argument,
                        unsigned width, const char* file, int line) {
    Thread& thread = *current;
    thread.operation = operation;
    thread.mask = mask;
    thread.input = input;
    thread.argument = argument;
    thread.width = width;
    thread.file = file;
    thread.line = line;
    thread.state = State::AtCollective;
    const unsigned lane = thread.linear % 32;
    if (!(mask >> lane & 1u))
        abandonLaunch(CUDA_ERROR_LAUNCH_FAILED,
                      "the mask does not name the calling lane: " + whereIs(thread));
    if (width == 0 || width > 32 || (width & (width - 1)))
        abandonLaunch(CUDA_ERROR_LAUNCH_FAILED,
                      "the width of a shuffle is not a power of two up to 32: " + whereIs(thread));
    const unsigned warp = thread.linear / 32;
    arrive(warp);
    yieldThread();
    depart(warp);
    return thread.output;
}

bool releaseWarp(std::span<Thread> warp) {
    bool released = false;
    for (Thread& leader : warp) {
        if (leader.state != State::AtCollective || !isComplete(warp, leader)) {
            if (launchFailed()) return false;
            continue;
        }
        const unsigned mask = leader.mask;
        computeOutputs(warp, mask, leader.operation);
        if (launchFailed()) return false;
        for (unsigned lane = 0; lane < warp.size(); ++lane)
            if (takesPart(warp[lane], lane, mask)) warp[lane].state = State::Ready;
        released = true;
    }
    return released;
}

bool releaseBlock(std::span<Thread> threads) {
    const Thread* first = nullptr;
    uint64_t count = 0, present = 0;
    for (const Thread& thread : threads) {
        if (thread.state == State::Exited) continue;
        if (!first) first = &thread;
        if (thread.state != State::AtBarrier || !samePlace(thread, *first)) {
            const Thread* stuck = &thread;
            if (first->state ==
                State::AtCollective) {  // it waits for a lane that it names and that went elsewhere
                stuck = first;
                for (const Thread& other :
                     threads.subspan(first->linear / 32 * 32)
                         .first(std::min<size_t>(32, threads.size() - first->linear / 32 * 32)))
                    if ((first->mask >> other.linear % 32 & 1u) &&
                        other.state != State::AtCollective && other.state != State::Exited)
                        stuck = &other;
            }
            failLaunch(CUDA_ERROR_LAUNCH_FAILED,
                       "divergent barrier or deadlock: " + whereIs(*first) +
                           (stuck == first ? " waits for ever" : ", " + whereIs(*stuck)));
            return false;
        }
        count += thread.input;
        ++present;
    }
    if (!first) return false;
    const Operation operation = first->operation;
    const uint64_t output = operation == Operation::SyncThreadsCount ? count
                            : operation == Operation::SyncThreadsAnd ? count == present
                                                                     : count > 0;
    for (Thread& thread : threads) {
        if (thread.state == State::Exited) continue;
        thread.output = output;
        thread.state = State::Ready;
    }
    return true;
}

}  // namespace emulator
