#!/usr/bin/env bash
# The PTX compiler in jcuda-natives 12.6.0 is that of CUDA 12.0, not of 12.6.
#
# It gives 12.0 for its version, compiles a kernel of PTX 8.0, and refuses the same as PTX 8.1, where CUDA 12.6 takes up to
# 8.5 (2026-11-29, jcuda 12.6.0 on Linux x86-64, OpenJDK 17). So it does not take what nvcc of 12.1 or later writes. No GPU
# and no CUDA is needed to see it.
#
# Needs Java and Maven.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.jcuda</groupId>
      <artifactId>jcuda</artifactId>
      <version>12.6.0</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Compile.java <<'JAVA'
import java.nio.charset.StandardCharsets;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

class Compile {
    public static void main(String[] arguments) {
        int[] major = new int[1];
        int[] minor = new int[1];
        JNvPTXCompiler.nvPTXCompilerGetVersion(major, minor);
        System.out.println("version " + major[0] + "." + minor[0]);
        for (String version : new String[] {"8.0", "8.1"}) {
            byte[] ptx = (".version " + version + "\n.target sm_80\n.address_size 64\n.visible .entry empty() { ret; }\n")
                    .getBytes(StandardCharsets.US_ASCII);
            nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
            JNvPTXCompiler.nvPTXCompilerCreate(compiler, ptx.length, ptx);
            int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, 1, new String[] {"--gpu-name=sm_80"});
            System.out.println(version + ": " + nvPTXCompileResult.stringFor(result));
            JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
        }
    }
}
JAVA
seen=$(java -cp 'lib/*' Compile.java)
echo "$seen"
expected='version 12.0
8.0: NVPTXCOMPILE_SUCCESS
8.1: NVPTXCOMPILE_ERROR_UNSUPPORTED_PTX_VERSION'
[[ $seen == "$expected" ]] || { echo "this is not what was seen before:"; echo "$expected"; exit 1; } >&2
