/* libcublas.so.12 for a machine that has only cuBLAS 13: hands the functions in functions.inc, which are all that
   paenmf calls, to libcublas.so.13. Their parameters are the same in both, so an entry jumps, with registers and
   stack as they are, to the address that was looked up when the library was loaded. */
#include <dlfcn.h>

/* CUBLAS_STATUS_NOT_INITIALIZED, of a function that cuBLAS 13 does not have. */
static int missing(void) { return 1; }

#define FORWARD(f)                                                               \
  __attribute__((visibility("hidden"))) void* target_##f = (void*)missing;       \
  __asm__(                                                                       \
      ".text\n"                                                                  \
      ".globl " #f "\n"                                                          \
      ".type " #f ", @function\n" #f ":\n"                                       \
      "  endbr64\n"                                                              \
      "  jmp *target_" #f "(%rip)\n"                                             \
      ".size " #f ", .-" #f "\n");
#include "functions.inc"
#undef FORWARD

__attribute__((constructor)) static void look_up(void) {
  /* Loaded already: it is among the libraries that this one needs. */
  void* library = dlopen("libcublas.so.13", RTLD_NOW | RTLD_NOLOAD);
  void* function;
  if (!library) return;
#define FORWARD(f) \
  if ((function = dlsym(library, #f))) target_##f = function;
#include "functions.inc"
}
