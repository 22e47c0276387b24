// Reads PTX text and cubins as far as a driver would to refuse them.
#include <elf.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <span>

#include "driver/module.h"

namespace emulator {
namespace {

constexpr int kElfMachineCuda = 190;

Image refuse(CUresult code, std::string problem) { return {code, std::move(problem), {}}; }

// The newest PTX version that a driver reads: 8.0 came with CUDA 12.0, 9.0 with 13.0.
int newestPtx(int driverVersion) {
    constexpr int kTable[][2] = {{13000, 90}, {12090, 88}, {12080, 87}, {12060, 85}, {12050, 85},
                                 {12040, 84}, {12030, 83}, {12020, 82}, {12010, 81}, {12000, 80}};
    for (const auto& [driver, ptx] : kTable)
        if (driverVersion >= driver) return ptx;
    return 78;
}

uint32_t widthOf(const std::string& declaration) {
    // ".param .align 4 .b8 name[12]" or ".param .u64 .ptr .global name"
    for (size_t dot = declaration.find('.'); dot != std::string::npos;
         dot = declaration.find('.', dot + 1)) {
        const char kind = declaration[dot + 1];
        if (!strchr("busf", kind) || !isdigit(static_cast<unsigned char>(declaration[dot + 2])))
            continue;
        uint32_t bytes = static_cast<uint32_t>(atoi(declaration.c_str() + dot + 2)) / 8;
        if (const size_t bracket = declaration.find('[', dot); bracket != std::string::npos)
            bytes *= static_cast<uint32_t>(atoi(declaration.c_str() + bracket + 1));
        return bytes;
    }
    return 0;
}

Image readPtx(const std::string& ptx, int computeCapability, int driverVersion) {
    const size_t version = ptx.find(".version "), target = ptx.find(".target sm_");
    if (version == std::string::npos || target == std::string::npos)
        return refuse(CUDA_ERROR_INVALID_PTX, "the image is neither a cubin nor PTX");
    int major = 0, minor = 0;
    sscanf(ptx.c_str() + version, ".version %d.%d", &major, &minor);
    if (major * 10 + minor > newestPtx(driverVersion))
        return refuse(CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
                      "PTX version " + std::to_string(major) + "." + std::to_string(minor) +
                          " is too new for driver " + std::to_string(driverVersion));
    const int needs = atoi(ptx.c_str() + target + strlen(".target sm_"));
    if (needs > computeCapability)
        return refuse(
            CUDA_ERROR_NO_BINARY_FOR_GPU,
            "PTX for sm_" + std::to_string(needs) + " on sm_" + std::to_string(computeCapability));
    Image image;
    constexpr const char* kEntry = ".entry ";
    for (size_t at = ptx.find(kEntry); at != std::string::npos; at = ptx.find(kEntry, at)) {
        at += strlen(kEntry);
        const size_t open = ptx.find('(', at), close = ptx.find(')', at);
        if (open == std::string::npos || close == std::string::npos)
            return refuse(CUDA_ERROR_INVALID_PTX, "an .entry without parameters");
        ImageKernel kernel;
        std::vector<uint32_t> sizes;
        kernel.name = ptx.substr(at, open - at);
        while (!kernel.name.empty() && isspace(static_cast<unsigned char>(kernel.name.back())))
            kernel.name.pop_back();
        for (size_t p = ptx.find(".param", open); p < close; p = ptx.find(".param", p + 1))
            sizes.push_back(widthOf(ptx.substr(p + 6, std::min(ptx.find(',', p), close) - p - 6)));
        kernel.parameterSizes = std::move(sizes);
        // What the driver's compiler will take is unknown; this it must not exceed.
        constexpr const char* kMost = ".maxnreg ";
        if (const size_t most = ptx.find(kMost, close); most < ptx.find('{', close))
            kernel.registers = atoi(ptx.c_str() + most + strlen(kMost));
        image.kernels.push_back(std::move(kernel));
    }
    return image;
}

// The sections of a cubin. ".nv.info" sections hold attributes of kernels; `cuobjdump -elf` shows
// them by name.
constexpr int kAttributeRegisters = 0x2f, kAttributeParameterBytes = 0x19;
// From 9.0 on counted within .nv.shared.
constexpr int kReservedShared = 1024;
// Of the ELF header; CUDA 12 writes 7.
constexpr int kAbiOfCuda13 = 8;

class Cubin {
 public:
    explicit Cubin(const unsigned char* data) : data_(data) {}

    std::span<const Elf64_Shdr> sections() const {
        const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(data_);
        return {reinterpret_cast<const Elf64_Shdr*>(data_ + header.e_shoff), header.e_shnum};
    }
    std::string nameOf(const Elf64_Shdr& section) const {
        const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(data_);
        return text(sections()[header.e_shstrndx], section.sh_name);
    }
    const Elf64_Shdr* find(const std::string& name) const {
        for (const Elf64_Shdr& section : sections())
            if (nameOf(section) == name) return &section;
        return nullptr;
    }
    std::string symbol(uint32_t number) const {
        const Elf64_Shdr* symbols = find(".symtab");
        if (!symbols || number >= symbols->sh_size / sizeof(Elf64_Sym)) return "";
        return text(sections()[symbols->sh_link],
                    reinterpret_cast<const Elf64_Sym*>(data_ + symbols->sh_offset)[number].st_name);
    }
    // f(attribute, value, payload): an attribute has either a value of 16 bits or a payload of that
    // many bytes.
    template <class F> void forEachAttribute(const Elf64_Shdr& info, F f) const {
        constexpr unsigned char kWithPayload = 4;
        const unsigned char* at = data_ + info.sh_offset;
        const unsigned char* const end = at + info.sh_size;
        while (at + 4 <= end) {
            const uint32_t value = at[2] | at[3] << 8;
            const bool payload = at[0] == kWithPayload;
            f(at[1], value, payload ? reinterpret_cast<const uint32_t*>(at + 4) : nullptr);
            at += 4 + (payload ? value : 0);
        }
    }

 private:
    std::string text(const Elf64_Shdr& strings, uint32_t offset) const {
        return reinterpret_cast<const char*>(data_ + strings.sh_offset + offset);
    }
    const unsigned char* data_;
};

int architectureOf(const Elf64_Ehdr& header) {
    // CUDA 13 moved the architecture within the flags.
    const bool moved = header.e_ident[EI_ABIVERSION] >= kAbiOfCuda13;
    return static_cast<int>(moved ? header.e_flags >> 8 & 0xff : header.e_flags & 0xff);
}

Image readCubin(const unsigned char* data, int computeCapability, int driverVersion) {
    const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(data);
    if (header.e_machine != kElfMachineCuda)
        return refuse(CUDA_ERROR_INVALID_IMAGE, "an ELF file, but not for CUDA");
    if (const int abi = header.e_ident[EI_ABIVERSION]; abi >= kAbiOfCuda13 && driverVersion < 13000)
        return refuse(CUDA_ERROR_INVALID_IMAGE, "a cubin of ABI version " + std::to_string(abi) +
                                                    ", of CUDA 13, is too new for driver " +
                                                    std::to_string(driverVersion));
    const int architecture = architectureOf(header);
    if (architecture / 10 != computeCapability / 10 || architecture > computeCapability)
        return refuse(CUDA_ERROR_NO_BINARY_FOR_GPU, "a cubin for sm_" +
                                                        std::to_string(architecture) + " on sm_" +
                                                        std::to_string(computeCapability));
    const Cubin cubin(data);
    Image image;
    constexpr const char* kText = ".text.";
    for (const Elf64_Shdr& section : cubin.sections()) {
        const std::string name = cubin.nameOf(section);
        if (name.rfind(kText, 0) != 0) continue;
        ImageKernel kernel;
        kernel.name = name.substr(strlen(kText));
        if (const auto* shared = cubin.find(".nv.shared." + kernel.name))
            kernel.staticShared =
                static_cast<int>(shared->sh_size) - (architecture >= 90 ? kReservedShared : 0);
        if (const auto* info = cubin.find(".nv.info." + kernel.name))
            cubin.forEachAttribute(*info, [&](int attribute, uint32_t value, const uint32_t*) {
                if (attribute == kAttributeParameterBytes) kernel.packedSize = value;
            });
        if (const auto* info = cubin.find(".nv.info"))
            cubin.forEachAttribute(*info, [&](int attribute, uint32_t, const uint32_t* payload) {
                if (attribute == kAttributeRegisters && payload &&
                    cubin.symbol(payload[0]) == kernel.name)
                    kernel.registers = static_cast<int>(payload[1]);
            });
        image.kernels.push_back(std::move(kernel));
    }
    return image;
}

}  // namespace

Image readImage(const void* image, int computeCapability, int driverVersion, bool refuseCubin) {
    const auto* data = static_cast<const unsigned char*>(image);
    if (data[0] == 0x50 && data[1] == 0xed && data[2] == 0x55 && data[3] == 0xba)
        return refuse(CUDA_ERROR_NOT_SUPPORTED,
                      "fat binaries are not emulated; load a cubin or PTX");
    if (memcmp(data, ELFMAG, SELFMAG) != 0)
        return readPtx(static_cast<const char*>(image), computeCapability, driverVersion);
    if (refuseCubin) return refuse(CUDA_ERROR_NO_BINARY_FOR_GPU, "a cubin (injected)");
    return readCubin(data, computeCapability, driverVersion);
}

}  // namespace emulator
