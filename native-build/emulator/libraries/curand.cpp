// Stand-in for libcurand: uniform numbers in (0, 1], in stream order. Other numbers than the real
// library's.
#include <cuda.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "driver/hooks.h"

namespace {

enum Status {
    kSuccess = 0,
    kNotInitialized = 101,
    kTypeError = 103,
    kOutOfRange = 104,
    kLaunchFailure = 201
};

struct Sequence {
    uint64_t seed = 0, position = 0;
};
struct Generator {
    CUstream stream = nullptr;
    std::shared_ptr<Sequence> sequence = std::make_shared<Sequence>();
};

std::mutex lock;
std::map<Generator*, bool>& generators = *new std::map<Generator*, bool>;  // live or not

Status refuse(Status status, const std::string& why) {
    emulator::libraryNote("cuRAND status " + std::to_string(status) + ": " + why);
    return status;
}

Status check(Generator* generator, const char* function) {
    const std::lock_guard guard(lock);
    const auto it = generators.find(generator);
    return it != generators.end() && it->second
               ? kSuccess
               : refuse(kNotInitialized,
                        std::string(function) + ": the generator is null, unknown or destroyed");
}

#define CHECK_GENERATOR(generator) \
    if (Status s = check(generator, __func__); s) return s

uint64_t splitMix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

}  // namespace

extern "C" {

Status curandCreateGenerator(Generator** result, int type) {
    if (!emulator::libraryContext())
        return refuse(kNotInitialized, "curandCreateGenerator: no usable context is current");
    if (type < 100 || type > 161)
        return refuse(kTypeError, "curandCreateGenerator: not a pseudo-random generator");
    const std::lock_guard guard(lock);
    *result = new Generator;
    generators[*result] = true;
    return kSuccess;
}

Status curandDestroyGenerator(Generator* generator) {
    CHECK_GENERATOR(generator);
    const std::lock_guard guard(lock);
    generators[generator] = false;
    return kSuccess;
}

Status curandGetVersion(int* version) {
    *version = 100000;
    return kSuccess;
}

Status curandSetStream(Generator* generator, CUstream stream) {
    CHECK_GENERATOR(generator);
    generator->stream = stream;
    return kSuccess;
}

Status curandSetPseudoRandomGeneratorSeed(Generator* generator, unsigned long long seed) {
    CHECK_GENERATOR(generator);
    generator->sequence = std::make_shared<Sequence>(Sequence{seed, 0});
    return kSuccess;
}

Status curandSetGeneratorOffset(Generator* generator, unsigned long long offset) {
    CHECK_GENERATOR(generator);
    generator->sequence = std::make_shared<Sequence>(Sequence{generator->sequence->seed, offset});
    return kSuccess;
}

Status curandGenerateUniform(Generator* generator, float* output, size_t count) {
    CHECK_GENERATOR(generator);
    if (count == 0) return kSuccess;
    if (const std::string problem =
            emulator::problemWithDeviceMemory(output, count * sizeof(float));
        !problem.empty())
        return refuse(kOutOfRange, "curandGenerateUniform: " + problem);
    const CUresult result = emulator::submitLibraryWork(
        generator->stream, "curandGenerateUniform", [=, sequence = generator->sequence] {
            if (!emulator::problemWithDeviceMemory(output, count * sizeof(float)).empty())
                return CUDA_ERROR_ILLEGAL_ADDRESS;
            for (size_t i = 0; i < count; ++i) {
                const uint64_t bits = splitMix(splitMix(sequence->seed) + sequence->position++);
                output[i] = static_cast<float>((bits >> 40) + 1) * 0x1p-24f;
            }
            return CUDA_SUCCESS;
        });
    return result == CUDA_SUCCESS ? kSuccess : kLaunchFailure;
}

}  // extern "C"
