/* Assembles PTX by NVIDIA's PTX compiler, the library that JCuda brings, as ptxas of CUDA 12.0 does:

     assemble LIBRARY PTX sm_NN CUBIN

   Prints what ptxas -v prints. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct nvPTXCompiler* Compiler;

static void* library;

static void die(const char* what, const char* why) {
  fprintf(stderr, "assemble: %s: %s\n", what, why);
  exit(1);
}

static void* function(const char* name) {
  void* found = dlsym(library, name);
  if (!found) die(name, "the library has no such function");
  return found;
}

static char* contents(const char* file, size_t* size) {
  FILE* in = fopen(file, "rb");
  if (!in || fseek(in, 0, SEEK_END)) die(file, "cannot be read");
  *size = (size_t)ftell(in);
  rewind(in);
  char* text = calloc(*size + 1, 1);
  if (fread(text, 1, *size, in) != *size) die(file, "cannot be read");
  fclose(in);
  return text;
}

static char* log_of(Compiler compiler, const char* kind) {
  char size_name[64], text_name[64];
  size_t size = 0;
  snprintf(size_name, sizeof size_name, "nvPTXCompilerGet%sLogSize", kind);
  snprintf(text_name, sizeof text_name, "nvPTXCompilerGet%sLog", kind);
  ((int (*)(Compiler, size_t*))function(size_name))(compiler, &size);
  char* text = calloc(size + 1, 1);
  if (size) ((int (*)(Compiler, char*))function(text_name))(compiler, text);
  return text;
}

int main(int count, char** arguments) {
  if (count != 5) die("usage", "assemble LIBRARY PTX sm_NN CUBIN");
  library = dlopen(arguments[1], RTLD_NOW);
  if (!library) die("the PTX compiler does not load", dlerror());

  size_t size;
  const char* ptx = contents(arguments[2], &size);
  Compiler compiler = NULL;
  if (((int (*)(Compiler*, size_t, const char*))function("nvPTXCompilerCreate"))(&compiler, size, ptx))
    die(arguments[2], "the PTX compiler does not take it");
  char architecture[32];
  snprintf(architecture, sizeof architecture, "--gpu-name=%s", arguments[3]);
  const char* const options[] = {architecture, "--verbose"};
  if (((int (*)(Compiler, int, const char* const*))function("nvPTXCompilerCompile"))(compiler, 2, options))
    die(arguments[2], log_of(compiler, "Error"));
  fputs(log_of(compiler, "Info"), stdout);

  ((int (*)(Compiler, size_t*))function("nvPTXCompilerGetCompiledProgramSize"))(compiler, &size);
  char* cubin = calloc(size, 1);
  ((int (*)(Compiler, void*))function("nvPTXCompilerGetCompiledProgram"))(compiler, cubin);
  FILE* out = fopen(arguments[4], "wb");
  if (!out || fwrite(cubin, 1, size, out) != size || fclose(out)) die(arguments[4], "cannot be written");
  return 0;
}
