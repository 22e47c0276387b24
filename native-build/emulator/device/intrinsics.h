// Device functions that a host compiler lacks. Those that synchronise are macros, so that messages
// name the kernel's line.
#pragma once

#define __syncthreads() \
    static_cast<void>(  \
        ::emulator::blockBarrier(::emulator::Operation::SyncThreads, 0, __FILE__, __LINE__))
#define __syncthreads_count(p) \
    ::emulator::blockBarrier(::emulator::Operation::SyncThreadsCount, (p) != 0, __FILE__, __LINE__)
#define __syncthreads_and(p) \
    ::emulator::blockBarrier(::emulator::Operation::SyncThreadsAnd, (p) != 0, __FILE__, __LINE__)
#define __syncthreads_or(p) \
    ::emulator::blockBarrier(::emulator::Operation::SyncThreadsOr, (p) != 0, __FILE__, __LINE__)
#define __syncwarp(...) ::emulator::syncWarp(__FILE__, __LINE__ __VA_OPT__(, ) __VA_ARGS__)

#define __shfl_sync(mask, value, ...)                                                         \
    ::emulator::shuffle(::emulator::Operation::ShuffleIndex, __FILE__, __LINE__, mask, value, \
                        __VA_ARGS__)
#define __shfl_up_sync(mask, value, ...)                                                   \
    ::emulator::shuffle(::emulator::Operation::ShuffleUp, __FILE__, __LINE__, mask, value, \
                        __VA_ARGS__)
#define __shfl_down_sync(mask, value, ...)                                                   \
    ::emulator::shuffle(::emulator::Operation::ShuffleDown, __FILE__, __LINE__, mask, value, \
                        __VA_ARGS__)
#define __shfl_xor_sync(mask, value, ...)                                                   \
    ::emulator::shuffle(::emulator::Operation::ShuffleXor, __FILE__, __LINE__, mask, value, \
                        __VA_ARGS__)

#define __ballot_sync(mask, p) \
    ::emulator::vote(::emulator::Operation::Ballot, __FILE__, __LINE__, mask, (p) != 0)
#define __any_sync(mask, p) \
    static_cast<int>(       \
        ::emulator::vote(::emulator::Operation::Any, __FILE__, __LINE__, mask, (p) != 0))
#define __all_sync(mask, p) \
    static_cast<int>(       \
        ::emulator::vote(::emulator::Operation::All, __FILE__, __LINE__, mask, (p) != 0))

#define __reduce_add_sync(mask, v) \
    ::emulator::reduce<::emulator::Operation::ReduceAdd>(__FILE__, __LINE__, mask, v)
#define __reduce_min_sync(mask, v) \
    ::emulator::reduce<::emulator::Operation::ReduceMin>(__FILE__, __LINE__, mask, v)
#define __reduce_max_sync(mask, v) \
    ::emulator::reduce<::emulator::Operation::ReduceMax>(__FILE__, __LINE__, mask, v)
#define __reduce_and_sync(mask, v) \
    ::emulator::reduce<::emulator::Operation::ReduceAnd>(__FILE__, __LINE__, mask, v)
#define __reduce_or_sync(mask, v) \
    ::emulator::reduce<::emulator::Operation::ReduceOr>(__FILE__, __LINE__, mask, v)
#define __reduce_xor_sync(mask, v) \
    ::emulator::reduce<::emulator::Operation::ReduceXor>(__FILE__, __LINE__, mask, v)

#define __trap()                                        \
    ::emulator::abandonLaunch(CUDA_ERROR_LAUNCH_FAILED, \
                              std::string("__trap() at " __FILE__ ":") + std::to_string(__LINE__))
#undef assert
#define assert(condition)                                                                         \
    (static_cast<bool>(condition)                                                                 \
         ? static_cast<void>(0)                                                                   \
         : ::emulator::abandonLaunch(CUDA_ERROR_ASSERT, std::string("assertion `" #condition      \
                                                                    "` fails at " __FILE__ ":") + \
                                                            std::to_string(__LINE__)))

namespace emulator {

inline void syncWarp(const char* file, int line, unsigned mask = 0xffffffffu) {
    warpCollective(Operation::SyncWarp, mask, 0, 0, 32, file, line);
}

template <class T>
T shuffle(Operation operation, const char* file, int line, unsigned mask, T value,
          unsigned argument, unsigned width = 32) {
    static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8);
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = warpCollective(operation, mask, bits, argument, width, file, line);
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline unsigned vote(Operation operation, const char* file, int line, unsigned mask,
                     bool predicate) {
    return static_cast<unsigned>(warpCollective(operation, mask, predicate, 0, 32, file, line));
}

template <Operation O, class T> T reduce(const char* file, int line, unsigned mask, T value) {
    static_assert(std::is_same_v<T, int> || std::is_same_v<T, unsigned>);
    constexpr bool isSigned = std::is_signed_v<T>;
    constexpr Operation operation =
        O == Operation::ReduceMin && isSigned   ? Operation::ReduceMinSigned
        : O == Operation::ReduceMax && isSigned ? Operation::ReduceMaxSigned
                                                : O;
    return static_cast<T>(
        warpCollective(operation, mask, static_cast<uint32_t>(value), 0, 32, file, line));
}

// lgammaf writes a global variable of the C library.
inline float logGamma(float x) {
    int sign;
    return lgammaf_r(x, &sign);
}
inline double logGamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

template <class To, class From> To bitCast(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

#ifdef EMULATOR_FUSED
// A product that is not contracted with what follows.
inline float rounded(float value) {
    asm("" : "+x"(value));
    return value;
}
// Off by -2 to 2 units in the last place, as CUDA allows the fast intrinsics; the same for the same
// value.
inline float fast(float value) {
    if (!(std::fabs(value) > 1e-37f && std::fabs(value) < 1e38f)) return value;
    const auto bits = bitCast<uint32_t>(value);
    return bitCast<float>(bits + (bits * 0x9e3779b9u >> 16) % 5 - 2);
}
#else
inline float rounded(float value) { return value; }
inline float fast(float value) { return value; }
#endif

}  // namespace emulator

#define lgammaf(x) ::emulator::logGamma(static_cast<float>(x))
#define lgamma(x) ::emulator::logGamma(x)

// ---- integers
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>((uint64_t{a} * b) >> 32);
}
inline int __mulhi(int a, int b) { return static_cast<int>((int64_t{a} * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline int __clzll(long long x) {
    return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64;
}
inline unsigned __brev(unsigned x) {
    x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
    x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
    x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
    return __builtin_bswap32(x);
}

// ---- bits
inline float __int_as_float(int x) { return ::emulator::bitCast<float>(x); }
inline float __uint_as_float(unsigned x) { return ::emulator::bitCast<float>(x); }
inline int __float_as_int(float x) { return ::emulator::bitCast<int>(x); }
inline unsigned __float_as_uint(float x) { return ::emulator::bitCast<unsigned>(x); }
inline long long __double_as_longlong(double x) { return ::emulator::bitCast<long long>(x); }
inline double __longlong_as_double(long long x) { return ::emulator::bitCast<double>(x); }

// ---- conversions
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }
inline int __float2int_rn(float x) { return static_cast<int>(std::nearbyint(x)); }
inline int __float2int_rz(float x) { return static_cast<int>(x); }
inline int __float2int_rd(float x) { return static_cast<int>(std::floor(x)); }

// ---- floating point. The fast intrinsics are as exact here as their slow counterparts, but for the
// fused variant.
inline float __fdividef(float a, float b) { return ::emulator::fast(a / b); }
inline float __fadd_rn(float a, float b) { return ::emulator::rounded(a) + ::emulator::rounded(b); }
inline float __fsub_rn(float a, float b) { return ::emulator::rounded(a) - ::emulator::rounded(b); }
inline float __fmul_rn(float a, float b) {
    return ::emulator::rounded(::emulator::rounded(a) * b);
}
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __frsqrt_rn(float a) {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(a)));
}
inline float __saturatef(float a) { return a > 0.0f ? a < 1.0f ? a : 1.0f : 0.0f; }
inline float fdividef(float a, float b) { return ::emulator::fast(a / b); }
inline float rsqrtf(float a) { return ::emulator::fast(__frsqrt_rn(a)); }
inline double rsqrt(double a) { return 1.0 / std::sqrt(a); }
#define __expf(x) ::emulator::fast(expf(x))
#define __exp10f(x) ::emulator::fast(exp10f(x))
#define __logf(x) ::emulator::fast(logf(x))
#define __log2f(x) ::emulator::fast(log2f(x))
#define __log10f(x) ::emulator::fast(log10f(x))
#define __powf(x, y) ::emulator::fast(powf(x, y))
#define __sinf(x) ::emulator::fast(sinf(x))
#define __cosf(x) ::emulator::fast(cosf(x))

// ---- memory
template <class T> T __ldg(const T* p) { return *p; }
template <class T> T __ldcg(const T* p) { return *p; }
template <class T> T __ldcs(const T* p) { return *p; }
template <class T> void __stcg(T* p, T value) { *p = value; }
template <class T> void __stcs(T* p, T value) { *p = value; }

// ---- asynchronous copies to shared memory. Each is made when its thread waits for its group, not
// before.
namespace emulator {
inline void beginAsyncCopy(const char* file, int line, void* to, const void* from, size_t bytes,
                           size_t zeros = 0) {
    if ((bytes != 4 && bytes != 8 && bytes != 16) || zeros > bytes ||
        (reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) % bytes != 0) {
        abandonLaunch(CUDA_ERROR_MISALIGNED_ADDRESS,
                      std::string("asynchronous copy of ") + std::to_string(bytes) +
                          " bytes, misaligned or of no such size, at " + file + ":" +
                          std::to_string(line));
    }
    addAsyncCopy({.to = to, .from = from, .bytes = bytes, .zeros = zeros});
}
inline void endAsyncCopies(unsigned left) {
    AsyncCopy copy;
    while (takeAsyncCopy(copy, left)) {
        for (size_t i = 0; i < copy.bytes; i += 4) {
            static_cast<uint32_t*>(copy.to)[i / 4] =
                i < copy.bytes - copy.zeros ? static_cast<const uint32_t*>(copy.from)[i / 4] : 0;
        }
    }
}
}  // namespace emulator
#define __pipeline_memcpy_async(...) \
    ::emulator::beginAsyncCopy(__FILE__, __LINE__, __VA_ARGS__)
#define __pipeline_commit() ::emulator::commitAsyncCopies()
#define __pipeline_wait_prior(groups) ::emulator::endAsyncCopies(groups)

// ---- tensor cores: what cuda/include/tensor_core.cuh has in PTX
namespace emulator {
inline void multiplyTf32(const char* file, int line, float (&c)[4], const float (&a)[4],
                         const float (&b)[2]) {
    const Fragments fragments{c, a, b};
    warpCollective(Operation::MultiplyMatrices, 0xffffffffu,
                   reinterpret_cast<uintptr_t>(&fragments), 0, 32, file, line);
}
}  // namespace emulator
#define multiply_tf32(...) ::emulator::multiplyTf32(__FILE__, __LINE__, __VA_ARGS__)

// ---- CUDA's overloads of min and max
#define EMULATOR_MIN_MAX(T)                          \
    inline T min(T a, T b) { return b < a ? b : a; } \
    inline T max(T a, T b) { return a < b ? b : a; }
EMULATOR_MIN_MAX(int)
EMULATOR_MIN_MAX(unsigned)
EMULATOR_MIN_MAX(long)
EMULATOR_MIN_MAX(unsigned long)
EMULATOR_MIN_MAX(long long)
EMULATOR_MIN_MAX(unsigned long long)
#undef EMULATOR_MIN_MAX
inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }
