// What the emulator says: one line on stderr for everything that a real device would punish.
#pragma once
#include <cuda.h>

#include <string>

namespace emulator {

void note(const std::string& text);
// Appends a line to the file that the switch "trace" names, if it does.
void trace(const std::string& text);
CUresult fail(CUresult code, const std::string& why);  // says why; returns code

const char* errorName(CUresult code);
const char* errorText(CUresult code);  // nullptr for a code that CUDA does not have

}  // namespace emulator
