#include "driver/module.h"

#include <fstream>
#include <iterator>

#include "driver/context.h"
#include "driver/limits.h"
#include "driver/settings.h"

namespace emulator {
namespace {

Handles<CUmod_st>& modules = *new Handles<CUmod_st>;  // never destroyed: the check at exit needs it

CUresult resolve(CUmodule module) { return checkHandle(modules, module, "module"); }

// "" or how the image's kernel differs from the one that this emulator was built from.
std::string difference(const ImageKernel& image, const Kernel& kernel) {
    if (image.packedSize && *image.packedSize != kernel.packedSize)
        return "takes " + std::to_string(*image.packedSize) +
               " bytes of parameters in the image, " + std::to_string(kernel.packedSize) +
               " in the emulator";
    if (!image.parameterSizes) return "";
    const auto& sizes = *image.parameterSizes;
    if (sizes.size() != kernel.parameters.size())
        return "has " + std::to_string(sizes.size()) + " parameters in the image, " +
               std::to_string(kernel.parameters.size()) + " in the emulator";
    for (size_t i = 0; i < sizes.size(); ++i)
        if (sizes[i] != kernel.parameters[i].size)
            return "has " + std::to_string(sizes[i]) + " bytes in parameter " + std::to_string(i) +
                   " in the image, " + std::to_string(kernel.parameters[i].size) +
                   " in the emulator";
    return "";
}

}  // namespace

CUresult resolveFunction(CUfunction function) {
    bool found = false;
    modules.forEachIn(currentContext(), [&](CUmodule module) {
        for (const auto& [name, f] : module->functions) found |= &f == function;
    });
    return found ? CUDA_SUCCESS
                 : fail(CUDA_ERROR_INVALID_HANDLE,
                        "the function is of no module that is loaded in this context");
}

std::string unreleasedModules(CUcontext context) {
    const size_t count = modules.countIn(context);
    return count ? std::to_string(count) + " module(s)" : "";
}

void destroyModulesOf(CUcontext context) {
    modules.forEachIn(context, [](CUmodule module) { module->destroyed = true; });
}

}  // namespace emulator

using namespace emulator;

extern "C" {

CUresult cuModuleLoadDataEx(CUmodule* result, const void* data, unsigned, CUjit_option*, void**) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    if (!data) return CUDA_ERROR_INVALID_VALUE;
    if (settings().failModule.strikes())
        return fail(settings().failModule.code, "cuModuleLoadData (injected)");
    const Image image = readImage(data, settings().computeCapability, settings().driverVersion,
                                  settings().refuseCubin);
    if (image.code) return fail(image.code, "cuModuleLoadData: " + image.problem);
    auto module = std::make_unique<CUmod_st>();
    module->context = currentContext();
    for (const ImageKernel& kernel : image.kernels) {
        const auto it = kernels().find(kernel.name);
        if (it == kernels().end())
            return fail(CUDA_ERROR_INVALID_IMAGE, "the emulator was built without the kernel " +
                                                      kernel.name + "; run build-emulator");
        if (const std::string problem = difference(kernel, it->second); !problem.empty())
            return fail(CUDA_ERROR_INVALID_IMAGE,
                        kernel.name + " " + problem + "; image and emulator differ in age");
        module->functions[kernel.name] = {&it->second, module.get(), kernel.staticShared,
                                          Limits::kSharedWithoutOptIn - kernel.staticShared,
                                          kernel.registers};
    }
    if (module->functions.empty())
        return fail(CUDA_ERROR_INVALID_IMAGE, "the image has no kernels");
    *result = modules.add(std::move(module));
    return CUDA_SUCCESS;
}

CUresult cuModuleLoadData(CUmodule* result, const void* image) {
    return cuModuleLoadDataEx(result, image, 0, nullptr, nullptr);
}

CUresult cuModuleLoad(CUmodule* result, const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(CUDA_ERROR_FILE_NOT_FOUND, path);
    const std::string image{std::istreambuf_iterator<char>(file), {}};
    return cuModuleLoadData(result, image.c_str());
}

CUresult cuModuleUnload(CUmodule module) {
    DRIVER_CALL(Context);
    if (CUresult r = forbiddenInCapture(__func__); r) return r;
    if (CUresult r = resolve(module); r) return r;
    if (CUresult r = completeContext(module->context); r) return r;
    module->destroyed = true;
    return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    DRIVER_CALL(Context);
    if (CUresult r = resolve(module); r) return r;
    const auto it = module->functions.find(name);
    if (it == module->functions.end())
        return fail(CUDA_ERROR_NOT_FOUND, std::string("the module has no kernel ") + name);
    *function = &it->second;
    return CUDA_SUCCESS;
}

CUresult cuFuncGetModule(CUmodule* module, CUfunction function) {
    DRIVER_CALL(Context);
    if (CUresult r = resolveFunction(function); r) return r;
    *module = function->module;
    return CUDA_SUCCESS;
}

CUresult cuFuncSetCacheConfig(CUfunction function, CUfunc_cache) {
    DRIVER_CALL(Context);
    return resolveFunction(function);
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
    DRIVER_CALL(Context);
    if (CUresult r = resolveFunction(function); r) return r;
    switch (attribute) {
        case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            if (value < 0 || value > limits().sharedOfBlock - function->staticShared)
                return fail(CUDA_ERROR_INVALID_VALUE,
                            function->kernel->name + ": " + std::to_string(value) +
                                " bytes of dynamic shared memory; a block may opt in to " +
                                std::to_string(limits().sharedOfBlock - function->staticShared));
            function->maxDynamicShared = value;
            return CUDA_SUCCESS;
        case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: return CUDA_SUCCESS;
        default:
            return fail(CUDA_ERROR_INVALID_VALUE,
                        "function attribute " + std::to_string(attribute) + " is read-only");
    }
}

CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function) {
    DRIVER_CALL(Context);
    if (CUresult r = resolveFunction(function); r) return r;
    switch (attribute) {
        case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
            *value = static_cast<int>(function->kernel->maxThreads);
            break;
        case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
            *value = function->maxDynamicShared;
            break;
        case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = function->registers; break;
        case CU_FUNC_ATTRIBUTE_PTX_VERSION:
        case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *value = settings().computeCapability; break;
        case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = function->staticShared; break;
        case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
        case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *value = 0; break;
        default:
            return fail(CUDA_ERROR_INVALID_VALUE,
                        "function attribute " + std::to_string(attribute) + " is not emulated");
    }
    return CUDA_SUCCESS;
}

}  // extern "C"
