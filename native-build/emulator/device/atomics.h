// Atomics and fences. Only one CUDA thread runs at a time, so an ordinary read and write is atomic
// here; TSan needs real ones to know them for what they are. A spin wait is known by an atomic that
// changes nothing again and again.
#pragma once

namespace emulator {

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
inline char fenceToken;
// What precedes a fence happens before what follows a later atomic: the pattern of "the last block
// sums up", and of a barrier over blocks.
inline void fence() { __tsan_release(&fenceToken); }

template <class T, class F> T exchange(T* p, F update, T& value) {
    T old;
    __atomic_load(p, &old, __ATOMIC_RELAXED);
    do value = update(old);
    while (!__atomic_compare_exchange(p, &old, &value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    __tsan_acquire(&fenceToken);
    return old;
}
#else
inline void fence() {}

template <class T, class F> T exchange(T* p, F update, T& value) {
    const T old = *p;
    *p = value = update(old);
    return old;
}
#endif

template <class T, class F> T atomicUpdate(T* p, F update, const char* file, int line) {
    T value;
    const T old = exchange(p, update, value);
    afterAtomic(p, std::memcmp(&old, &value, sizeof old) != 0, file, line);
    return old;
}

template <class T> struct Same {
    using type = T;
};
template <class T>
using SameType = typename Same<T>::type;  // the value adapts to the pointer's type

}  // namespace emulator

#define __threadfence() ::emulator::fence()
#define __threadfence_block() ::emulator::fence()
#define __threadfence_system() ::emulator::fence()

#define EMULATOR_ATOMIC(name, expression)                                                        \
    template <class T>                                                                           \
    T name(T* p, ::emulator::SameType<T> value, const char* file = __builtin_FILE(),             \
           int line = __builtin_LINE()) {                                                        \
        return ::emulator::atomicUpdate(                                                         \
            p, [=](T old) -> T { return static_cast<T>(expression); }, file, line);              \
    }
EMULATOR_ATOMIC(atomicAdd, old + value)
EMULATOR_ATOMIC(atomicSub, old - value)
EMULATOR_ATOMIC(atomicExch, ((void)old, value))
EMULATOR_ATOMIC(atomicMin, value < old ? value : old)
EMULATOR_ATOMIC(atomicMax, old < value ? value : old)
EMULATOR_ATOMIC(atomicAnd, old& value)
EMULATOR_ATOMIC(atomicOr, old | value)
EMULATOR_ATOMIC(atomicXor, old ^ value)
EMULATOR_ATOMIC(atomicInc, old >= value ? T{0} : old + 1)
EMULATOR_ATOMIC(atomicDec, old == 0 || old > value ? value : old - 1)
#undef EMULATOR_ATOMIC
template <class T>
T atomicCAS(T* p, ::emulator::SameType<T> compare, ::emulator::SameType<T> value,
            const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return ::emulator::atomicUpdate(
        p, [=](T old) { return old == compare ? value : old; }, file, line);
}
