// Linked last: ends the section of shared memory, for TSan on a page of its own (see
// shared_memory.cpp).
#if defined(EMULATOR_TSAN)
namespace {
__attribute__((section("shared_memory"), used, aligned(4096))) unsigned char sectionEnd[64];
}
#endif
