/* libcublas.so.12 for a machine that has only cuBLAS 13: hands all functions that the binding of JCuda imports
   (functions.inc, which build makes) to libcublas.so.13, so that the binding loads where every symbol is
   bound at once, too. Parameters of what paenmf calls are the same in both, so an entry jumps, with registers and stack
   as they are, to the address that was looked up when the library was loaded. */
#include <dlfcn.h>
#include <stdio.h>

/* Those of the C library before 2.34, which newer ones have as well. */
__asm__(".symver dlopen,dlopen@GLIBC_2.2.5");
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");

/* A function that cuBLAS 13 does not have says so once, and returns CUBLAS_STATUS_NOT_SUPPORTED. */
static int missing(const char* function, int* told) {
  if (!__atomic_exchange_n(told, 1, __ATOMIC_RELAXED))
    fprintf(stderr, "paenmf: %s is of cuBLAS 12, and libcublas.so.13 does not have it\n", function);
  return 15;
}

#define FORWARD(f)                                                               \
  static int missing_##f(void) {                                                 \
    static int told;                                                             \
    return missing(#f, &told);                                                   \
  }                                                                              \
  __attribute__((visibility("hidden"))) void* target_##f = (void*)missing_##f;   \
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
