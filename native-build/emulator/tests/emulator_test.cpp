// Tests of the emulated driver itself. usage: emulator_test PTX CUBIN CONTROL_FILE [NAME]
// Each mistake that the README lists is made here once; its result code and message are what is
// promised there.

#include <sys/wait.h>

#include <map>
#include <thread>

#include "blas.h"
#include "harness.h"

using namespace harness;

#undef cuEventElapsedTime
extern "C" CUresult cuCtxCreate_v2(CUcontext*, unsigned, CUdevice);
extern "C" CUresult cuEventElapsedTime(float*, CUevent, CUevent);

namespace {

std::string ptx, cubin, controlPath;

struct Fixture {
    CUcontext context;
    CUmodule module;
    StderrCapture said;
    Fixture() {
        OK(cuDevicePrimaryCtxRetain(&context, 0));
        OK(cuCtxSetCurrent(context));
        OK(cuModuleLoadData(&module, ptx.c_str()));
    }
    CUfunction kernel(const char* name) const { return function(module, name); }
    void says(const std::string& text) const {
        expect(said.text().find(text) != std::string::npos,
               "expected the message '" + text + "', got '" + said.text() + "'");
    }
};

void control(const std::string& lines) { std::ofstream(controlPath) << lines << "\n"; }

CUdeviceptr alloc(size_t bytes) {
    CUdeviceptr address;
    OK(cuMemAlloc(&address, bytes));
    return address;
}

size_t countNaN(const std::vector<float>& values) {
    size_t count = 0;
    for (const float v : values) count += std::isnan(v);
    return count;
}

// A kernel with a planted mistake fails when something waits for it, says why, and leaves a sticky
// error.
std::function<void(Fixture&)> fails(
    const char* name, CUresult code, const char* message,
    std::function<CUresult(Fixture&, CUfunction, CUdeviceptr)> start = nullptr) {
    return [=](Fixture& f) {
        const CUdeviceptr out = alloc(64 * sizeof(float));
        OK(start ? start(f, f.kernel(name), out) : launch(f.kernel(name), 1, 64, 0, nullptr, out));
        EXPECT_CODE(code, cuCtxSynchronize());
        f.says(message);
        CUdeviceptr other;
        EXPECT_CODE(code, cuMemAlloc(&other, 4));
        EXPECT_CODE(code, cuMemFree(out));
    };
}

CUstream newStream(unsigned flags = CU_STREAM_NON_BLOCKING) {
    CUstream stream;
    OK(cuStreamCreate(&stream, flags));
    return stream;
}
CUevent newEvent(unsigned flags = CU_EVENT_DISABLE_TIMING) {
    CUevent event;
    OK(cuEventCreate(&event, flags));
    return event;
}
void begin(CUstream stream, CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) {
    OK(cuStreamBeginCapture(stream, mode));
}

const std::multimap<std::string, std::function<void(Fixture&)>> tests = {

    // ---- mistakes within kernels
    {"divergent barrier",
     fails("divergent_barrier", CUDA_ERROR_LAUNCH_FAILED,
           "divergent barrier or deadlock: thread (0,0,0) in __syncthreads at")},
    {"lane not in mask",
     fails("lane_not_in_mask", CUDA_ERROR_LAUNCH_FAILED,
           "the mask does not name the calling lane: thread (16,0,0) in __shfl_xor_sync")},
    {"mask names a lane elsewhere",
     fails("mask_names_absent_lane", CUDA_ERROR_LAUNCH_FAILED,
           "divergent barrier or deadlock: thread (0,0,0) in __shfl_xor_sync")},
    {"shuffle from an exited lane", fails("shuffle_from_exited_lane", CUDA_ERROR_LAUNCH_FAILED,
                                          "shuffle reads lane 0, which does not take part")},
    {"divergent shuffle",
     fails("divergent_shuffle", CUDA_ERROR_LAUNCH_FAILED, "divergent warp collective")},
    {"trap", fails("traps", CUDA_ERROR_LAUNCH_FAILED, "__trap() at")},
    {"misaligned float4",
     fails("misaligned_float4", CUDA_ERROR_MISALIGNED_ADDRESS, "which needs 16 bytes at")},
    {"product of half a warp",
     fails("product_of_half_a_warp", CUDA_ERROR_LAUNCH_FAILED, "lanes have exited or never were")},
    {"misaligned asynchronous copy",
     fails("misaligned_async_copy", CUDA_ERROR_MISALIGNED_ADDRESS, "asynchronous copy of 16 bytes",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               return launch(k, 1, 64, 0, nullptr, out, out);
           })},
    {"write past the end", fails("past_the_end", CUDA_ERROR_ILLEGAL_ADDRESS,
                                 "a write just outside a device allocation of 256 bytes",
                                 [](Fixture&, CUfunction k, CUdeviceptr out) {
                                     return launch(k, 2, 64, 0, nullptr, out, 64);
                                 })},
    {"write before the begin", fails("before_the_begin", CUDA_ERROR_ILLEGAL_ADDRESS,
                                     "a write just outside a device allocation of 256 bytes")},
    {"shared index out of range",
     fails("shared_index", CUDA_ERROR_ILLEGAL_ADDRESS, "index 64 is out of range for 'float [64]'",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               return launch(k, 1, 64, 0, nullptr, out, 64);
           })},
    {"dynamic shared overrun",
     fails("dynamic_shared_overrun", CUDA_ERROR_ILLEGAL_ADDRESS,
           "a write past the end of the 128 bytes of dynamic shared memory",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               return launch(k, 1, 32, 128, nullptr, out, 32);
           })},
    {"null pointer",
     fails("null_pointer", CUDA_ERROR_ILLEGAL_ADDRESS, "null pointer to 'const float'",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               return launch(k, 1, 64, 0, nullptr, out, CUdeviceptr{0});
           })},
    {"foreign pointer",
     fails("null_pointer", CUDA_ERROR_ILLEGAL_ADDRESS, "parameter 1: 0xbc614e is not device memory",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               return launch(k, 1, 64, 0, nullptr, out, CUdeviceptr{12345678});
           })},
    {"freed pointer",
     fails("null_pointer", CUDA_ERROR_ILLEGAL_ADDRESS, "is device memory that was freed",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               const CUdeviceptr gone = alloc(1 << 20);
               OK(cuMemFree(gone));
               return launch(k, 1, 64, 0, nullptr, out, gone);
           })},
    {"freed pointer within a struct",
     fails("pointers_in_a_struct", CUDA_ERROR_ILLEGAL_ADDRESS, "is device memory that was freed",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               struct {
                   CUdeviceptr out, in;
               } pointers{out, alloc(1 << 20)};
               OK(cuMemFree(pointers.in));
               return launch(k, 1, 64, 0, nullptr, pointers);
           })},
    {"missing sync shows as NaN in some order",
     [](Fixture& f) {
         for (const auto& [name, schedule] :
              {std::pair{"missing_sync", "schedule=0"}, {"missing_sync_backward", "schedule=1"}}) {
             control(schedule);
             const CUdeviceptr out = alloc(256);
             OK(launch(f.kernel(name), 1, 64, 0, nullptr, out));
             expect(countNaN(onHost<float>(out, 64)) == 32, std::string(name) + ": not 32 NaN");
             OK(cuMemFree(out));
         }
     }},
    {"an asynchronous copy whose group nothing waits for shows as NaN",
     [](Fixture& f) {
         const CUdeviceptr out = alloc(256), in = onDevice(std::vector<float>(64, 1.0f));
         OK(launch(f.kernel("missing_wait"), 1, 64, 0, nullptr, out, in));
         expect(countNaN(onHost<float>(out, 64)) == 32, "not 32 NaN");
         OK(cuMemFree(out));
         OK(cuMemFree(in));
     }},
    {"uninitialised shared memory is NaN",
     [](Fixture& f) {
         const CUdeviceptr out = alloc(256);
         OK(launch(f.kernel("uninitialised_shared"), 1, 64, 0, nullptr, out));
         expect(countNaN(onHost<float>(out, 64)) == 1, "not exactly one NaN");
         OK(cuMemFree(out));
     }},
    {"uninitialised device memory is NaN",
     [](Fixture& f) {
         const CUdeviceptr out = alloc(256), in = alloc(256);
         OK(launch(f.kernel("uninitialised_device"), 1, 64, 0, nullptr, out, in));
         expect(countNaN(onHost<float>(out, 64)) == 64, "not all NaN");
         OK(cuMemFree(out));
         OK(cuMemFree(in));
     }},

    // ---- sound kernels
    {"barriers and shared memory work in every order",
     [](Fixture& f) {
         for (const char* schedule : {"schedule=0", "schedule=1", "schedule=77"}) {
             control(schedule);
             const CUdeviceptr out = alloc(256);
             OK(launch(f.kernel("neighbour"), 1, 64, 0, nullptr, out));
             const auto values = onHost<float>(out, 64);
             for (size_t i = 0; i < 64; ++i)
                 expect(values[i] == static_cast<float>((i + 1) % 64), "wrong value");
             OK(cuMemFree(out));
         }
     }},
    {"blocks of a cooperative launch wait for each other",
     [](Fixture& f) {
         constexpr unsigned kBlocks = 7, kThreads = 64;
         for (const char* schedule : {"schedule=0", "schedule=1", "schedule=5"}) {
             control(schedule);
             const CUdeviceptr parts = alloc(4 * kBlocks * kThreads), out = alloc(4 * kBlocks * kThreads),
                               counter = onDevice(std::vector<unsigned>{0});
             OK(launchTogether(f.kernel("grid_barrier_holds"), kBlocks, kThreads, 4 * kThreads, parts,
                               counter, out));
             // 1 + … + 7 of the blocks, 0, 1 and 2 of the steps
             for (const float value : onHost<float>(out, kBlocks * kThreads))
                 expect(value == 3 * 28.0f + 3 * kBlocks, "wrong value " + std::to_string(value));
             expect(onHost<unsigned>(counter, 1)[0] == 0, "the counter of an even number of barriers");
             for (const CUdeviceptr p : {parts, out, counter}) OK(cuMemFree(p));
         }
     }},
    {"a barrier over blocks that are not resident never ends",
     fails("grid_barrier_holds", CUDA_ERROR_LAUNCH_TIMEOUT, "a spin wait never ends",
           [](Fixture&, CUfunction k, CUdeviceptr out) {
               const CUdeviceptr counter = onDevice(std::vector<unsigned>{0});
               return launch(k, 2, 32, 4 * 32, nullptr, out, counter, out);
           })},
    {"a barrier that waits for too many blocks never ends",
     fails("grid_barrier_of_more_blocks", CUDA_ERROR_LAUNCH_TIMEOUT,
           "block (0,0,0): a spin wait never ends, as no thread of a resident block does anything else: "
           "thread (0,0,0) in a spin wait at",
           [](Fixture&, CUfunction k, CUdeviceptr) {
               const CUdeviceptr counter = onDevice(std::vector<unsigned>{0});
               return launchTogether(k, 3, 64, 0, counter);
           })},
    {"a lock that nobody gives back is never got",
     fails("lock_without_release", CUDA_ERROR_LAUNCH_TIMEOUT, "thread (1,0,0) in a spin wait at",
           [](Fixture&, CUfunction k, CUdeviceptr) {
               const CUdeviceptr lock = onDevice(std::vector<unsigned>{0});
               return launch(k, 1, 2, 0, nullptr, lock);
           })},
    {"a cooperative launch of more blocks than are resident at once",
     [](Fixture& f) {
         const CUfunction k = f.kernel("grid_barrier_holds");
         const CUdeviceptr counter = onDevice(std::vector<unsigned>{0}), out = alloc(4 * 8192);
         int blocks = 0;
         OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, 64, 40000));
         expect(blocks > 0 && blocks <= 5, "blocks of a multiprocessor");
         const auto resident = static_cast<unsigned>(4 * blocks);
         OK(launchTogether(k, resident, 64, 40000, out, counter, out));
         EXPECT_CODE(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE,
                     launchTogether(k, resident + 1, 64, 40000, out, counter, out));
         f.says("blocks, of which " + std::to_string(resident) + " are resident at once");
         OK(cuCtxSynchronize());
         int supported = 0;
         OK(cuDeviceGetAttribute(&supported, CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 0));
         expect(supported == 1, "cooperative launch");
         control("no-cooperative");
         OK(cuDeviceGetAttribute(&supported, CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 0));
         expect(supported == 0, "no cooperative launch");
         EXPECT_CODE(CUDA_ERROR_NOT_SUPPORTED, launchTogether(k, 1, 64, 256, out, counter, out));
         for (const CUdeviceptr p : {out, counter}) OK(cuMemFree(p));
     }},
    {"collectives agree with what a GPU computes",
     [](Fixture& f) {
         for (const char* schedule : {"schedule=0", "schedule=1", "schedule=5"}) {
             control(schedule);
             constexpr unsigned n = 40;  // a full warp and one of 8 lanes
             const CUdeviceptr out = alloc(n * 4);
             OK(launch(f.kernel("collectives"), 1, 64, 0, nullptr, out, static_cast<int>(n)));
             const auto values = onHost<float>(out, n);
             for (unsigned first = 0; first < n; first += 32) {
                 const unsigned count = std::min(32u, n - first);
                 std::vector<float> v(count), w(count);
                 for (unsigned l = 0; l < count; ++l) v[l] = static_cast<float>(l);
                 const auto from = [&](auto source) {
                     for (unsigned l = 0; l < count; ++l) w[l] = v[l] + v[source(l)];
                     v = w;
                 };
                 from([](unsigned l) { return l ^ 1; });
                 from([](unsigned l) { return l % 2 == 0 ? l + 1 : l; });
                 from([](unsigned l) { return l % 4 ? l - 1 : l; });
                 from([](unsigned) { return 0u; });
                 for (unsigned l = 0; l < count; ++l) {
                     const float want = v[l] + 3.0f + static_cast<float>(count) - 5.0f + 2.0f;
                     expect(values[first + l] == want, "lane " + std::to_string(l) + ": " +
                                                           std::to_string(values[first + l]) +
                                                           ", not " + std::to_string(want));
                 }
             }
             OK(cuMemFree(out));
         }
     }},
    {"dynamic shared memory",
     [](Fixture& f) {
         const CUdeviceptr in = onDevice(std::vector<float>{1, 2, 3, 4, 5, 6, 7}), out = alloc(28);
         OK(launch(f.kernel("reverse_dynamic"), 1, 32, 28, nullptr, out, in, 7));
         expect(onHost<float>(out, 7) == std::vector<float>({7, 6, 5, 4, 3, 2, 1}), "not reversed");
         OK(cuMemFree(in));
         OK(cuMemFree(out));
     }},
    {"the last block sees all partial sums",
     [](Fixture& f) {
         const CUdeviceptr partial = alloc(28), count = onDevice(std::vector<unsigned>{0}),
                           out = onDevice(std::vector<float>{0});
         OK(launch(f.kernel("last_block_sums"), 7, 64, 0, nullptr, partial, count, out));
         expect(onHost<float>(out, 1)[0] == 7.0f, "wrong sum");
         for (CUdeviceptr p : {partial, count, out}) OK(cuMemFree(p));
     }},

    // ---- launches
    {"launch bounds",
     [](Fixture& f) {
         const CUdeviceptr out = alloc(512);
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE,
                     launch(f.kernel("bounded"), 1, 128, 0, nullptr, out));
         f.says("bounded: 128 threads in a block; __launch_bounds__ allows 64");
         OK(launch(f.kernel("bounded"), 1, 64, 0, nullptr, out));
         OK(cuMemFree(out));
     }},
    {"block and grid limits",
     [](Fixture& f) {
         const CUdeviceptr out = alloc(512);
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE,
                     launch(f.kernel("add_one"), 1, 1025, 0, nullptr, out));
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, launch(f.kernel("add_one"), 0, 32, 0, nullptr, out));
         OK(cuMemFree(out));
     }},
    {"dynamic shared memory over the limit",
     [](Fixture& f) {
         CUfunction k = f.kernel("reverse_dynamic");
         const CUdeviceptr in = onDevice(std::vector<float>(8)), out = alloc(32);
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, launch(k, 1, 32, 50000, nullptr, out, in, 8));
         f.says("50000 bytes of dynamic shared memory; its attribute allows 49152");
         OK(cuFuncSetAttribute(k, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 60000));
         OK(launch(k, 1, 32, 50000, nullptr, out, in, 8));
         EXPECT_CODE(
             CUDA_ERROR_INVALID_VALUE,
             cuFuncSetAttribute(k, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 228 * 1024));
         OK(cuMemFree(in));
         OK(cuMemFree(out));
     }},
    {"limits of the device",
     [](Fixture& f) {
         struct {
             const char* device;
             int threads, blocks, shared, ofBlock;
         } const devices[] = {{"80", 2048, 32, 164, 163},  {"86", 1536, 16, 100, 99},
                              {"89", 1536, 24, 100, 99},   {"90", 2048, 32, 228, 227},
                              {"100", 2048, 32, 228, 227}, {"120", 1536, 24, 100, 99}};
         for (const auto& d : devices) {
             control(std::string("multiprocessors=132\ncompute-capability=") + d.device);
             const auto attribute = [](CUdevice_attribute a) {
                 int value = 0;
                 OK(cuDeviceGetAttribute(&value, a, 0));
                 return value;
             };
             const std::string on = std::string(" on sm_") + d.device;
             expect(attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT) == 132, "multiprocessors");
             expect(attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR) == d.threads,
                    "threads" + on);
             expect(attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR) == d.blocks,
                    "blocks" + on);
             expect(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR) ==
                        d.shared * 1024,
                    "shared memory" + on);
             expect(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN) ==
                        d.ofBlock * 1024,
                    "shared memory of a block" + on);
             CUfunction k = f.kernel("reverse_dynamic");
             constexpr auto kShared = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
             OK(cuFuncSetAttribute(k, kShared, d.ofBlock * 1024));
             EXPECT_CODE(CUDA_ERROR_INVALID_VALUE,
                         cuFuncSetAttribute(k, kShared, d.ofBlock * 1024 + 1));
             f.says("a block may opt in to " + std::to_string(d.ofBlock * 1024));
             const auto occupancy = [&](int block, size_t shared) {
                 int blocks = -1;
                 OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, block, shared));
                 return blocks;
             };
             expect(occupancy(1024, 0) == d.threads / 1024, "blocks of 1024 threads" + on);
             expect(occupancy(32, 0) == d.blocks, "small blocks" + on);
             // Each block has 1 KiB more than it asks for.
             expect(occupancy(32, 24 * 1024) == d.shared / 25, "shared memory of blocks" + on);
             expect(occupancy(1056, 0) == 0, "blocks over the limit" + on);
         }
     }},
    {"registers of a kernel from PTX",
     [](Fixture& f) {
         std::string bounded = ptx;
         const size_t body = bounded.find("\n{", bounded.find(".entry fill("));
         bounded.insert(body, "\n.maxnreg 96");
         CUmodule module;
         OK(cuModuleLoadData(&module, bounded.c_str()));
         CUfunction k = function(module, "fill");
         int blocks = -1;
         OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, f.kernel("fill"), 1024, 0));
         expect(blocks == 2, "blocks " + std::to_string(blocks));
         OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, 512, 0));
         expect(blocks == 1, "blocks " + std::to_string(blocks));
         OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, 1024, 0));
         expect(blocks == 0, "blocks " + std::to_string(blocks));
         EXPECT_CODE(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                     launch(k, 1, 1024, 0, nullptr, CUdeviceptr{0}, 1.0f, 0));
         f.says("fill: 1024 threads of 96 registers");
         OK(cuModuleUnload(module));
     }},
    {"packed parameters",
     [](Fixture& f) {
         struct {
             CUdeviceptr out;
             float value;
             int n;
         } packed{alloc(256), 3.0f, 64};
         size_t size = sizeof packed;
         void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE,
                          &size, CU_LAUNCH_PARAM_END};
         CUfunction k = f.kernel("fill");
         OK(cuLaunchKernel(k, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra));
         expect(onHost<float>(packed.out, 64)[63] == 3.0f, "not filled");
         size = 12;
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE,
                     cuLaunchKernel(k, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra));
         f.says("fill: a parameter buffer of 12 bytes; the kernel takes 16");
         size = 24;
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE,
                     cuLaunchKernel(k, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra));
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE,
                     cuLaunchKernel(k, 1, 1, 1, 64, 1, 1, 0, nullptr, nullptr, nullptr));
         OK(cuMemFree(packed.out));
     }},
    {"registers and static shared memory come from the cubin",
     [](Fixture& f) {
         control("driver-version=13000");
         CUmodule module;
         OK(cuModuleLoadData(&module, cubin.data()));
         int registers = 0, shared = 0, blocks = 0;
         CUfunction k = function(module, "neighbour");
         OK(cuFuncGetAttribute(&registers, CU_FUNC_ATTRIBUTE_NUM_REGS, k));
         OK(cuFuncGetAttribute(&shared, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, k));
         OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, 1024, 0));
         expect(registers >= 4 && registers <= 32, "registers " + std::to_string(registers));
         expect(shared == 256, "shared " + std::to_string(shared));
         expect(blocks == 2, "blocks " + std::to_string(blocks));
         OK(cuModuleUnload(module));
         EXPECT_CODE(CUDA_ERROR_INVALID_HANDLE, launch(k, 1, 32, 0, nullptr, CUdeviceptr{0}));
         f.says("the function is of no module that is loaded in this context");
     }},

    {"more registers than a block can have",
     [](Fixture& f) {
         control("driver-version=13000");
         CUmodule module;
         OK(cuModuleLoadData(&module, cubin.data()));
         const CUdeviceptr out = alloc(80 * sizeof(float));
         EXPECT_CODE(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                     launch(function(module, "many_registers"), 1, 1024, 0, nullptr, out));
         f.says("many_registers: 1024 threads of ");
         OK(launch(function(module, "many_registers"), 1, 32, 0, nullptr, out));
         OK(cuModuleUnload(module));
         OK(cuMemFree(out));
     }},

    {"products and intrinsics round as the variant says",
     [](Fixture& f) {
         const bool fused = std::string(getenv("EMULATOR_VARIANT") ?: "") == "fused";
         const float a = 1.0f + 0x1p-13f;
         const CUdeviceptr out = alloc(4 * sizeof(float));
         OK(launch(f.kernel("rounding"), 1, 1, 0, nullptr, a, a * a, out));
         const auto got = onHost<float>(out, 4);
         expect(got[0] == (fused ? 0x1p-26f : 0.0f), "a * a - c is " + std::to_string(got[0]));
         expect(got[1] == 0, "__fmul_rn is contracted");
         for (int i = 2; i < 4; ++i)
             expect(got[static_cast<size_t>(i)] == (fused ? 2.0f : 0.0f),
                    "units in the last place: " + std::to_string(got[static_cast<size_t>(i)]));
         OK(cuMemFree(out));
     }},

    // ---- memory
    {"asynchronous copies of pageable memory",
     [](Fixture& f) {
         const CUdeviceptr there = alloc(16);
         CUstream stream = newStream();
         char pageable[16] = {};
         void* pinned;
         OK(cuMemAllocHost(&pinned, 16));
         OK(cuMemcpyHtoDAsync(there, pageable, 16, stream));
         OK(cuMemcpyDtoHAsync(pageable, there, 16, stream));
         // What is written after the call comes along only where memory is read late.
         for (const char late : {0, 1}) {
             control(late ? "pageable=late" : "");
             char back[16] = {};
             pageable[0] = 1;
             OK(cuMemcpyHtoDAsync(there, pageable, 16, stream));
             pageable[0] = 2;
             OK(cuStreamSynchronize(stream));
             OK(cuMemcpyDtoH(back, there, 16));
             expect(back[0] == 1 + late, "the value when the memory was to be read");
         }
         control("pageable=error");
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoDAsync(there, pageable, 16, stream));
         f.says("cuMemcpyHtoDAsync_v2: an asynchronous copy of pageable memory");
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoHAsync(pageable, there, 16, stream));
         OK(cuMemcpyHtoDAsync(there, pinned, 16, stream));
         OK(cuMemcpyDtoHAsync(pinned, there, 16, stream));
         OK(cuStreamSynchronize(stream));
         OK(cuMemcpyHtoD(there, pageable, 16));
         OK(cuMemcpyDtoH(pageable, there, 16));
         OK(cuMemFreeHost(pinned));
         OK(cuStreamDestroy(stream));
         OK(cuMemFree(there));
     }},
    {"copies outside an allocation",
     [](Fixture& f) {
         const CUdeviceptr p = alloc(16);
         std::vector<float> host(8);
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoD(p, host.data(), 32));
         f.says("runs over the end of a device allocation of 16 bytes");
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoH(host.data(), p + 8, 16));
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemsetD32(p, 0, 5));
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoD(p, reinterpret_cast<void*>(p), 16));
         OK(cuMemFree(p));
     }},
    {"double free",
     [](Fixture& f) {
         const CUdeviceptr p = alloc(16);
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemFree(p + 4));
         OK(cuMemFree(p));
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemFree(p));
         f.says("is device memory that was freed");
     }},
    {"two-dimensional copies",
     [](Fixture&) {
         const std::vector<float> host = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
         const CUdeviceptr p = alloc(2 * 8 * 4);
         OK(cuMemsetD32(p, 0, 16));
         CUDA_MEMCPY2D c{};
         c.srcMemoryType = CU_MEMORYTYPE_HOST;
         c.srcHost = host.data();
         c.srcPitch = 24;
         c.srcXInBytes = 4;
         c.dstMemoryType = CU_MEMORYTYPE_DEVICE;
         c.dstDevice = p;
         c.dstPitch = 32;
         c.WidthInBytes = 12;
         c.Height = 2;
         OK(cuMemcpy2DAsync(&c, nullptr));
         const auto back = onHost<float>(p, 16);
         expect(back[0] == 1 && back[2] == 3 && back[3] == 0 && back[8] == 7 && back[10] == 9,
                "wrong elements");
         c.Height = 3;
         EXPECT_CODE(CUDA_ERROR_INVALID_VALUE, cuMemcpy2D(&c));
         OK(cuMemFree(p));
     }},
    {"pageable memory is read at once, page-locked memory later",
     [](Fixture&) {
         CUstream stream = newStream();
         const CUdeviceptr a = alloc(4), b = alloc(4);
         float pageable = 1.0f, *pinned;
         OK(cuMemAllocHost(reinterpret_cast<void**>(&pinned), 4));
         *pinned = 1.0f;
         OK(cuMemcpyHtoDAsync(a, &pageable, 4, stream));
         OK(cuMemcpyHtoDAsync(b, pinned, 4, stream));
         pageable = *pinned = 2.0f;
         OK(cuStreamSynchronize(stream));
         expect(onHost<float>(a, 1)[0] == 1.0f, "pageable memory was read late");
         expect(onHost<float>(b, 1)[0] == 2.0f, "page-locked memory was read early");
         OK(cuMemcpyDtoHAsync(&pageable, b, 4, stream));
         expect(pageable == 2.0f, "a copy to pageable memory is done when it returns");
         OK(cuMemFree(a));
         OK(cuMemFree(b));
         OK(cuMemFreeHost(pinned));
         OK(cuStreamDestroy(stream));
     }},
    {"memory limit",
     [](Fixture&) {
         control("memory=1MiB");
         size_t free = 0, total = 0;
         const CUdeviceptr p = alloc(1 << 19);
         OK(cuMemGetInfo(&free, &total));
         expect(total == 1 << 20 && free == 1 << 19, "free " + std::to_string(free));
         CUdeviceptr q;
         EXPECT_CODE(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&q, (1 << 19) + 1));
         OK(cuMemAlloc(&q, 1 << 19));
         OK(cuMemFree(p));
         OK(cuMemFree(q));
     }},

    // ---- streams and events
    {"work runs only when something waits for it",
     [](Fixture& f) {
         CUstream stream = newStream();
         float* pinned;
         OK(cuMemAllocHost(reinterpret_cast<void**>(&pinned), 4));
         *pinned = -1.0f;
         const CUdeviceptr p = onDevice(std::vector<float>{1.0f});
         OK(launch(f.kernel("add_one"), 1, 32, 0, stream, p));
         OK(cuMemcpyDtoHAsync(pinned, p, 4, stream));
         expect(*pinned == -1.0f, "ran without a wait");
         EXPECT_CODE(CUDA_ERROR_NOT_READY, cuStreamQuery(stream));
         OK(cuStreamSynchronize(stream));
         expect(*pinned == 2.0f, "did not run");
         control("streams=eager");
         OK(launch(f.kernel("add_one"), 1, 32, 0, stream, p));
         OK(cuMemcpyDtoHAsync(pinned, p, 4, stream));
         expect(*pinned == 3.0f, "eager streams run at once");
         OK(cuMemFree(p));
         OK(cuMemFreeHost(pinned));
         OK(cuStreamDestroy(stream));
     }},
    {"the trace has what is submitted, what runs, and what is waited for",
     [](Fixture& f) {
         const std::string path = controlPath + "-trace";
         unlink(path.c_str());
         CUstream first = newStream(), second = newStream();
         CUevent event;
         OK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
         const CUdeviceptr p = onDevice(std::vector<float>{1.0f});
         control("trace=" + path);
         float pageable = 2.0f;
         OK(cuMemcpyHtoDAsync(p, &pageable, 4, first));
         OK(cuEventRecord(event, first));
         OK(cuStreamWaitEvent(second, event, 0));
         OK(launch(f.kernel("add_one"), 1, 32, 0, second, p));
         begin(second);
         OK(cuMemsetD32Async(p, 0, 1, second));
         OK(cuMemsetD32Async(p, 0, 1, second));
         CUgraph graph;
         CUgraphExec executable;
         OK(cuStreamEndCapture(second, &graph));
         OK(cuGraphInstantiate(&executable, graph, 0));
         OK(cuGraphLaunch(executable, second));
         OK(cuEventSynchronize(event));
         OK(cuStreamSynchronize(second));
         unlink(controlPath.c_str());
         OK(cuStreamSynchronize(first));  // after the trace

         std::ifstream file(path);
         std::string lines((std::istreambuf_iterator<char>(file)), {});
         unlink(path.c_str());
         // Streams are numbered from the start of the process.
         const auto number = [&](const std::string& before) {
             const size_t at = lines.find(before) + before.size();
             return lines.substr(at, lines.find(' ', at) - at);
         };
         const std::string a = number("submit "),
                           b = number("wait for an event of " + a + "\nsubmit ");
         const std::string copy = a + " copy of 4 bytes from pageable to device\n",
                           record = a + " event\n", wait = b + " wait for an event of " + a + "\n",
                           kernel = b + " kernel add_one\n", graphs = b + " graph of 2\n";
         const std::string expected = "submit " + copy + "submit " + record + "submit " + wait +
                                      "submit " + kernel + "submit " + graphs + "synchronise " +
                                      record + "run " + copy + "run " + record + "synchronise " +
                                      b + "\nrun " + wait + "run " + kernel + "run " + graphs;
         expect(lines == expected, lines);
         OK(cuGraphExecDestroy(executable));
         OK(cuGraphDestroy(graph));
         OK(cuEventDestroy(event));
         OK(cuMemFree(p));
         OK(cuStreamDestroy(first));
         OK(cuStreamDestroy(second));
     }},
    {"the default stream waits for blocking streams only",
     [](Fixture& f) {
         CUstream blocking = newStream(CU_STREAM_DEFAULT), other = newStream();
         const CUdeviceptr a = onDevice(std::vector<float>{0.0f}),
                           b = onDevice(std::vector<float>{0.0f});
         OK(launch(f.kernel("add_one"), 1, 32, 0, blocking, a));
         OK(launch(f.kernel("add_one"), 1, 32, 0, other, b));
         expect(onHost<float>(a, 1)[0] == 1.0f, "the blocking stream was not waited for");
         expect(onHost<float>(b, 1)[0] == 0.0f, "the non-blocking stream was waited for");
         OK(cuCtxSynchronize());
         expect(onHost<float>(b, 1)[0] == 1.0f, "cuCtxSynchronize waits for all");
         OK(cuMemFree(a));
         OK(cuMemFree(b));
         OK(cuStreamDestroy(blocking));
         OK(cuStreamDestroy(other));
     }},
    {"events order streams and measure time",
     [](Fixture& f) {
         CUstream one = newStream(), two = newStream();
         CUevent start = newEvent(0), end = newEvent(0), plain = newEvent();
         const CUdeviceptr p = onDevice(std::vector<float>{0.0f});
         OK(cuEventRecord(start, one));
         OK(launch(f.kernel("add_one"), 1, 32, 0, one, p));
         OK(cuEventRecord(end, one));
         OK(cuStreamWaitEvent(two, end, 0));
         OK(launch(f.kernel("add_one"), 1, 32, 0, two, p));
         float ms = -1;
         EXPECT_CODE(CUDA_ERROR_NOT_READY, cuEventElapsedTime(&ms, start, end));
         OK(cuStreamSynchronize(two));
         OK(cuEventElapsedTime(&ms, start, end));
         expect(ms >= 0 && onHost<float>(p, 1)[0] == 2.0f, "not in order");
         OK(cuEventRecord(plain, one));
         OK(cuEventSynchronize(plain));
         EXPECT_CODE(CUDA_ERROR_INVALID_HANDLE, cuEventElapsedTime(&ms, start, plain));
         OK(cuMemFree(p));
         for (CUevent e : {start, end, plain}) OK(cuEventDestroy(e));
         OK(cuStreamDestroy(one));
         OK(cuStreamDestroy(two));
     }},
    {"destroyed handles",
     [](Fixture& f) {
         CUstream stream = newStream();
         CUevent event = newEvent();
         OK(cuStreamDestroy(stream));
         OK(cuEventDestroy(event));
         EXPECT_CODE(CUDA_ERROR_INVALID_HANDLE, cuStreamSynchronize(stream));
         f.says("stream was destroyed");
         EXPECT_CODE(CUDA_ERROR_INVALID_HANDLE, cuEventRecord(event, nullptr));
         f.says("event was destroyed");
         EXPECT_CODE(CUDA_ERROR_INVALID_HANDLE, cuStreamDestroy(stream));
     }},
    {"host threads take turns",
     [](Fixture& f) {
         const CUdeviceptr out = onDevice(std::vector<float>(2));
         std::vector<std::thread> threads;
         std::vector<std::string> problems(2);
         for (size_t t = 0; t < 2; ++t)
             threads.emplace_back([&, t] {
                 try {
                     OK(cuCtxSetCurrent(f.context));
                     CUstream stream = newStream();
                     for (int i = 0; i < 50; ++i)
                         OK(launch(f.kernel("add_one"), 1, 64, 0, stream, out + 4 * t));
                     OK(cuStreamSynchronize(stream));
                     OK(cuStreamDestroy(stream));
                 } catch (const Failure& failure) {
                     problems[t] = failure.message;
                 }
             });
         for (auto& thread : threads) thread.join();
         expect(problems[0].empty() && problems[1].empty(), problems[0] + problems[1]);
         expect(onHost<float>(out, 2) == std::vector<float>({50, 50}), "lost launches");
         OK(cuMemFree(out));
     }},

    {"a host function must not call the driver",
     [](Fixture& f) {
         CUresult result = CUDA_SUCCESS;
         OK(cuLaunchHostFunc(
             nullptr,
             [](void* to) {
                 size_t free, total;
                 *static_cast<CUresult*>(to) = cuMemGetInfo(&free, &total);
             },
             &result));
         OK(cuCtxSynchronize());
         EXPECT_CODE(CUDA_ERROR_NOT_PERMITTED, result);
         f.says("is called from a host function in a stream");
     }},

    // ---- contexts
    {"no current context",
     [](Fixture& f) {
         OK(cuCtxSetCurrent(nullptr));
         CUdeviceptr p;
         EXPECT_CODE(CUDA_ERROR_INVALID_CONTEXT, cuMemAlloc(&p, 4));
         f.says("this thread has no current context");
         OK(cuCtxSetCurrent(f.context));
     }},
    {"objects of another context",
     [](Fixture& f) {
         CUstream stream = newStream();
         CUcontext other;
         OK(cuCtxPushCurrent(f.context));
         OK(cuCtxCreate_v2(&other, 0, 0));
         EXPECT_CODE(CUDA_ERROR_INVALID_HANDLE, cuStreamSynchronize(stream));
         f.says("stream belongs to a context that is not current");
         OK(cuCtxDestroy(other));
         CUdeviceptr p;
         OK(cuCtxPushCurrent(other) == CUDA_SUCCESS ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN);
         EXPECT_CODE(CUDA_ERROR_CONTEXT_IS_DESTROYED, cuMemAlloc(&p, 4));
         OK(cuCtxPopCurrent(&other));
         OK(cuCtxPopCurrent(&other));
         OK(cuCtxSetCurrent(f.context));
         OK(cuStreamDestroy(stream));
     }},
    {"a leak is reported, and an error where asked for",
     [](Fixture& f) {
         control("leaks=error");
         alloc(24);
         newStream();
         OK(cuModuleUnload(f.module));
         EXPECT_CODE(CUDA_ERROR_ILLEGAL_STATE, cuDevicePrimaryCtxRelease(0));
         f.says("leak: the context is destroyed with 1 device allocation of 24 bytes, 1 stream(s)");
         OK(cuDevicePrimaryCtxRetain(&f.context, 0));
         OK(cuModuleLoadData(&f.module, ptx.c_str()));
     }},

    {"a leak at the end of the process is an error where asked for",
     [](Fixture&) {
         control("leaks=error");
         const pid_t child = fork();
         if (child == 0) {
             alloc(24);
             exit(0);
         }
         int status = 0;
         waitpid(child, &status, 0);
         expect(WIFEXITED(status) && WEXITSTATUS(status) == 86, "status " + std::to_string(status));
     }},

    // ---- capture and graphs
    {"a graph forks, joins and replays",
     [](Fixture& f) {
         for (const char* schedule : {"schedule=0", "schedule=1", "schedule=9"}) {
             control(schedule);
             CUstream one = newStream(), two = newStream();
             CUevent fork = newEvent(), join = newEvent();
             const CUdeviceptr p = onDevice(std::vector<float>{0.0f});
             begin(one);
             OK(launch(f.kernel("add_one"), 1, 32, 0, one, p));
             OK(cuEventRecord(fork, one));
             OK(cuStreamWaitEvent(two, fork, 0));
             OK(launch(f.kernel("add_one"), 1, 32, 0, two, p));
             OK(cuEventRecord(join, two));
             OK(cuStreamWaitEvent(one, join, 0));
             CUgraph graph;
             CUgraphExec executable;
             OK(cuStreamEndCapture(one, &graph));
             OK(cuGraphInstantiate(&executable, graph, 0));
             size_t nodes = 0;
             OK(cuGraphGetNodes(graph, nullptr, &nodes));
             expect(nodes == 2, "nodes " + std::to_string(nodes));
             for (int i = 0; i < 5; ++i) OK(cuGraphLaunch(executable, one));
             OK(cuStreamSynchronize(one));
             expect(onHost<float>(p, 1)[0] == 10.0f, "not 5 replays of 2 nodes");
             OK(cuGraphExecDestroy(executable));
             OK(cuGraphDestroy(graph));
             OK(cuEventDestroy(fork));
             OK(cuEventDestroy(join));
             OK(cuMemFree(p));
             OK(cuStreamDestroy(one));
             OK(cuStreamDestroy(two));
         }
     }},
    {"an unjoined fork",
     [](Fixture& f) {
         CUstream one = newStream(), two = newStream();
         CUevent fork = newEvent();
         const CUdeviceptr p = onDevice(std::vector<float>{0.0f});
         begin(one);
         OK(cuEventRecord(fork, one));
         OK(cuStreamWaitEvent(two, fork, 0));
         OK(launch(f.kernel("add_one"), 1, 32, 0, two, p));
         CUgraph graph;
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, cuStreamEndCapture(one, &graph));
         OK(cuMemFree(p));
         OK(cuEventDestroy(fork));
         OK(cuStreamDestroy(one));
         OK(cuStreamDestroy(two));
     }},
    {"synchronising or allocating in a capture invalidates it",
     [](Fixture& f) {
         CUstream stream = newStream();
         CUgraph graph;
         CUdeviceptr p;
         begin(stream);
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, cuStreamSynchronize(stream));
         f.says("cuStreamSynchronize of a stream that is captured");
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &graph));
         begin(stream);
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, cuMemAlloc(&p, 4));
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &graph));
         begin(stream, CU_STREAM_CAPTURE_MODE_RELAXED);
         OK(cuMemAlloc(&p, 4));
         OK(cuStreamEndCapture(stream, &graph));
         OK(cuGraphDestroy(graph));
         OK(cuMemFree(p));
         OK(cuStreamDestroy(stream));
     }},
    {"other misuses of a capture",
     [](Fixture&) {
         CUstream one = newStream(), two = newStream(), blocking = newStream(CU_STREAM_DEFAULT);
         CUevent outside = newEvent(), inside = newEvent();
         CUgraph graph;
         const CUdeviceptr p = alloc(4);
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
                     cuStreamBeginCapture(nullptr, CU_STREAM_CAPTURE_MODE_RELAXED));
         EXPECT_CODE(CUDA_ERROR_ILLEGAL_STATE, cuStreamEndCapture(one, &graph));
         OK(cuEventRecord(outside, two));
         begin(one);
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, cuStreamWaitEvent(one, outside, 0));
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(one, &graph));
         begin(blocking);
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, cuMemsetD8Async(p, 0, 4, nullptr));
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(blocking, &graph));
         begin(one);
         OK(cuEventRecord(inside, one));
         EXPECT_CODE(CUDA_ERROR_CAPTURED_EVENT, cuEventSynchronize(inside));
         OK(cuStreamWaitEvent(two, inside, 0));
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, cuStreamEndCapture(two, &graph));
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(one, &graph));
         CUresult result = CUDA_SUCCESS;
         begin(one);
         std::thread([&] {
             cuCtxSetCurrent(nullptr);
             CUcontext c;
             cuDevicePrimaryCtxRetain(&c, 0);
             cuCtxSetCurrent(c);
             result = cuStreamEndCapture(one, &graph);
             cuDevicePrimaryCtxRelease(0);
         }).join();
         EXPECT_CODE(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, result);
         OK(cuStreamEndCapture(one, &graph));
         OK(cuGraphDestroy(graph));
         OK(cuMemFree(p));
         OK(cuEventDestroy(outside));
         OK(cuEventDestroy(inside));
         for (CUstream s : {one, two, blocking}) OK(cuStreamDestroy(s));
     }},
    {"a graph that outlives its memory",
     [](Fixture& f) {
         CUstream stream = newStream();
         const CUdeviceptr p = alloc(1 << 20);
         CUgraph graph;
         CUgraphExec executable;
         begin(stream);
         OK(launch(f.kernel("add_one"), 1, 32, 0, stream, p));
         OK(cuStreamEndCapture(stream, &graph));
         OK(cuGraphInstantiate(&executable, graph, 0));
         OK(cuMemFree(p));
         OK(cuGraphLaunch(executable, stream));
         EXPECT_CODE(CUDA_ERROR_ILLEGAL_ADDRESS, cuStreamSynchronize(stream));
         f.says("is device memory that was freed");
     }},

    // ---- modules
    {"images that a driver refuses",
     [](Fixture& f) {
         CUmodule module;
         std::string newer = ptx;
         newer.replace(newer.find(".version "), 12, ".version 9.0");
         EXPECT_CODE(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, cuModuleLoadData(&module, newer.c_str()));
         f.says("PTX version 9.0 is too new for driver 12060");
         EXPECT_CODE(CUDA_ERROR_INVALID_PTX, cuModuleLoadData(&module, "nothing"));
         EXPECT_CODE(CUDA_ERROR_INVALID_IMAGE, cuModuleLoadData(&module, cubin.data()));
         f.says("a cubin of ABI version 8, of CUDA 13, is too new for driver 12060");
         control("driver-version=13000\ncompute-capability=80");
         EXPECT_CODE(CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&module, cubin.data()));
         control("refuse-cubin");
         EXPECT_CODE(CUDA_ERROR_NO_BINARY_FOR_GPU, cuModuleLoadData(&module, cubin.data()));
         f.says("a cubin (injected)");
         CUfunction function;
         EXPECT_CODE(CUDA_ERROR_NOT_FOUND,
                     cuModuleGetFunction(&function, f.module, "no_such_kernel"));
     }},
    {"an image of another age",
     [](Fixture& f) {
         std::string stale = ptx;
         const size_t entry = stale.find(".entry fill("), n = stale.find(".u32", entry);
         expect(entry != std::string::npos && n != std::string::npos, "unexpected PTX");
         stale.replace(n, 4, ".u64");
         CUmodule module;
         EXPECT_CODE(CUDA_ERROR_INVALID_IMAGE, cuModuleLoadData(&module, stale.c_str()));
         f.says("fill has 8 bytes in parameter 2 in the image, 4 in the emulator");
         std::string renamed = ptx;
         renamed.replace(renamed.find(".entry fill("), 12, ".entry feel(");
         EXPECT_CODE(CUDA_ERROR_INVALID_IMAGE, cuModuleLoadData(&module, renamed.c_str()));
         f.says("built without the kernel feel");
     }},

    // ---- injected errors
    {"injected allocation failure",
     [](Fixture&) {
         control("fail-alloc=2");
         const CUdeviceptr p = alloc(4);
         CUdeviceptr q;
         EXPECT_CODE(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&q, 4));
         OK(cuMemAlloc(&q, 4));
         control("fail-alloc=1");  // the same file again, at once
         control("fail-alloc=1");
         CUdeviceptr r;
         EXPECT_CODE(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&r, 4));
         OK(cuMemFree(p));
         OK(cuMemFree(q));
     }},
    {"injected launch failure is sticky until the context is gone",
     [](Fixture& f) {
         control("fail-launch=2");
         const CUdeviceptr p = onDevice(std::vector<float>{0.0f});
         OK(launch(f.kernel("add_one"), 1, 32, 0, nullptr, p));
         OK(launch(f.kernel("add_one"), 1, 32, 0, nullptr, p));
         EXPECT_CODE(CUDA_ERROR_LAUNCH_FAILED, cuCtxSynchronize());
         EXPECT_CODE(CUDA_ERROR_LAUNCH_FAILED, cuMemFree(p));
         OK(cuDevicePrimaryCtxRelease(0));
         OK(cuDevicePrimaryCtxRetain(&f.context, 0));
         OK(cuModuleLoadData(&f.module, ptx.c_str()));
     }},
    {"injected failures of copies, waits, graphs and modules",
     [](Fixture& f) {
         const auto renew = [&] {
             OK(cuDevicePrimaryCtxRelease(0));
             OK(cuDevicePrimaryCtxRetain(&f.context, 0));
             OK(cuModuleLoadData(&f.module, ptx.c_str()));
         };
         control("fail-copy=1");
         float host = 0;
         EXPECT_CODE(CUDA_ERROR_ILLEGAL_ADDRESS, cuMemcpyHtoD(alloc(4), &host, 4));
         renew();
         control("fail-sync=1:999");
         EXPECT_CODE(CUDA_ERROR_UNKNOWN, cuCtxSynchronize());
         EXPECT_CODE(CUDA_ERROR_UNKNOWN, cuCtxSynchronize());
         renew();
         control("fail-module=1");
         CUmodule module;
         EXPECT_CODE(CUDA_ERROR_INVALID_IMAGE, cuModuleLoadData(&module, ptx.c_str()));
         control("fail-graph=1");
         CUstream stream = newStream();
         CUgraph graph;
         CUgraphExec executable;
         begin(stream);
         OK(cuStreamEndCapture(stream, &graph));
         OK(cuGraphInstantiate(&executable, graph, 0));
         OK(cuGraphLaunch(executable, stream));
         EXPECT_CODE(CUDA_ERROR_LAUNCH_FAILED, cuStreamSynchronize(stream));
     }},
    {"a lost device",
     [](Fixture&) {
         control("device-lost=2:214");
         size_t free, total;
         OK(cuMemGetInfo(&free, &total));
         EXPECT_CODE(CUDA_ERROR_ECC_UNCORRECTABLE, cuMemGetInfo(&free, &total));
         EXPECT_CODE(CUDA_ERROR_ECC_UNCORRECTABLE, cuCtxSynchronize());
     }},
    {"no device, another driver",
     [](Fixture&) {
         control("no-device\ndriver-version=12040");
         EXPECT_CODE(CUDA_ERROR_NO_DEVICE, cuInit(0));
         int version = 0;
         OK(cuDriverGetVersion(&version));
         expect(version == 12040, "version");
         unlink(controlPath.c_str());
         OK(cuInit(0));
     }},

    // ---- cuBLAS
    {"products agree with a plain loop",
     [](Fixture&) {
         Blas blas;
         for (const auto [m, n, k] :
              {std::array{1, 1, 1}, {7, 31, 33}, {65, 5, 300}, {130, 67, 521}})
             for (int ta = 0; ta < 2; ++ta)
                 for (int tb = 0; tb < 2; ++tb) blas.check(m, n, k, ta, tb);
     }},
    {"TF32 rounds to ten bits, ties away from zero",
     [](Fixture&) {
         Blas blas;
         expect(blas.product(1.0f + 0x1p-11f, 1.0f, true) == 1.0f + 0x1p-10f,
                "a tie goes away from zero");
         expect(blas.product(1.0f + 0x1.fp-12f, 1.0f, true) == 1.0f, "below a tie goes down");
         expect(blas.product(1.0f + 0x1p-11f, 1.0f, false) == 1.0f + 0x1p-11f,
                "FP32 keeps all bits");
     }},
    {"a product overwrites its workspace",
     [](Fixture& f) {
         Blas blas;
         constexpr size_t kBytes = 64 << 10, kCount = kBytes / sizeof(float);
         const CUdeviceptr workspace = onDevice(std::vector<float>(kCount, 1.0f));
         blas.product(1, 1, false);
         expect(countNaN(onHost<float>(workspace, kCount)) == 0, "nobody set it");
         expect(blas.setWorkspace(workspace, kBytes) == 0, "set");
         expect(blas.product(2, 3, false) == 6, "product");
         const auto after = onHost<float>(workspace, kCount);
         expect(std::isnan(after.front()) && std::isnan(after.back()), "both ends are NaN");
         OK(cuMemcpyHtoD(workspace, std::vector<float>(kCount, 1.0f).data(), kBytes));
         blas.setStream(nullptr);
         blas.product(1, 1, false);
         expect(countNaN(onHost<float>(workspace, kCount)) == 0, "setting a stream forgets it");
         expect(blas.setWorkspace(workspace, 2 * kBytes) == 7, "too short");
         f.says("cublasSetWorkspace: ");
         expect(blas.setWorkspace(workspace, kBytes) == 0, "set again");
         const CUdeviceptr x = alloc(sizeof(float));
         OK(cuMemFree(workspace));
         expect(blas.gemm(1, 1, 1, x, 1, x, 1, x, 1) == 0, "seen when it runs");
         EXPECT_CODE(CUDA_ERROR_ILLEGAL_ADDRESS, cuCtxSynchronize());
         f.says("cublasGemmEx: the workspace ");
     }},
    {"products refuse what cuBLAS refuses",
     [](Fixture& f) {
         Blas blas;
         const CUdeviceptr p = alloc(64);
         expect(blas.gemm(4, 4, 4, p, 3, p, 4, p, 4) == 7, "lda");
         f.says("a leading dimension is less than its rows: lda 3 of 4");
         expect(blas.gemm(4, 4, 5, p, 4, p, 5, p, 4) == 7, "A is too short");
         f.says("A 0x");
         expect(blas.gemm(-1, 4, 4, p, 4, p, 4, p, 4) == 7, "negative");
         expect(blas.gemm(4, 4, 4, 0, 4, p, 4, p, 4) == 7, "null");
         OK(cuMemFree(p));
     }},
    {"products are captured and wait for their stream",
     [](Fixture&) {
         Blas blas;
         CUstream stream = newStream();
         blas.setStream(stream);
         const CUdeviceptr a = onDevice(std::vector<float>{2.0f}),
                           c = onDevice(std::vector<float>{1.0f});
         begin(stream);
         expect(blas.gemm(1, 1, 1, a, 1, c, 1, c, 1) == 0, "captured");
         CUgraph graph;
         CUgraphExec executable;
         OK(cuStreamEndCapture(stream, &graph));
         OK(cuGraphInstantiate(&executable, graph, 0));
         for (int i = 0; i < 3; ++i) OK(cuGraphLaunch(executable, stream));
         expect(onHost<float>(c, 1)[0] == 1.0f, "ran without a wait");
         OK(cuStreamSynchronize(stream));
         expect(onHost<float>(c, 1)[0] == 8.0f, "three products by 2");
         OK(cuGraphExecDestroy(executable));
         OK(cuGraphDestroy(graph));
         OK(cuStreamDestroy(stream));
         OK(cuMemFree(a));
         OK(cuMemFree(c));
     }},
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: emulator_test PTX CUBIN CONTROL_FILE [NAME]\n");
        return 2;
    }
    ptx = readFile(argv[1]);
    cubin = readFile(argv[2]);
    controlPath = argv[3];
    unlink(controlPath.c_str());
    if (cuInit(0) != CUDA_SUCCESS) return 2;
    size_t failures = 0, run = 0;
    for (const auto& [name, test] : tests) {
        if (argc > 4 && name != argv[4]) continue;
        ++run;
        std::string problem, said;
        {
            Fixture fixture;
            try {
                test(fixture);
                OK(cuCtxSynchronize() == CUDA_SUCCESS ? cuModuleUnload(fixture.module)
                                                      : CUDA_SUCCESS);
            } catch (const Failure& failure) {
                problem = failure.message;
            }
            cuDevicePrimaryCtxRelease(0);
            unlink(controlPath.c_str());
            said = fixture.said.text();
            // A test that passes leaves nothing behind.
            if (problem.empty() && said.find("leak:") != std::string::npos &&
                name.find("leak") == std::string::npos)
                problem = "the test itself leaks";
        }
        if (problem.empty()) continue;
        ++failures;
        printf("FAILED %s: %s\n  the emulator said: %s\n", name.c_str(), problem.c_str(),
               said.c_str());
    }
    printf("%zu tests of the emulator, %zu failed\n", run, failures);
    return failures != 0 || run == 0;
}
