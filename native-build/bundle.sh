#!/usr/bin/env bash
# Makes one archive that runs paenmf, and checks a GPU with it, on x86-64 Linux with neither Java nor network:
#
#   native-build/bundle.sh [FOLDER]      # writes FOLDER/paenmf-VERSION-linux-x86_64.tar.xz; default native-build/target
#
#   bin/paenmf      the command line          runtime/   a Java runtime with the modules that are needed, and no more
#   bin/gpu-check   tests and times a GPU     lib/       paenmf, its libraries, JCuda's natives, the kernels
#   check/          what gpu-check needs: the CUDA tests, the timing programs, the PyTorch peer
#
# Needs Maven, nvcc, gcc, xz and a JDK 17 or newer with jlink: JAVA_HOME, or else the newest under /usr/lib/jvm. The
# archive then needs the C library that this JDK was made for; which one is printed. Prints the archive's path last.
set -euo pipefail
unset CDPATH
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${here%/*}
limit=$((55 * 1000 * 1000)) # bytes

say() { printf 'bundle: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

[[ $# -le 1 ]] || die "usage: native-build/bundle.sh [FOLDER]"
mkdir -p "${1:-$here/target}"
out=$(cd -P "${1:-$here/target}" && pwd)

# The JDK whose runtime goes in; its major version must be at least 17.
find_jdk() {
  local home version best=16
  if [[ -n ${JAVA_HOME:-} ]]; then
    jdk=$JAVA_HOME
  else
    jdk=
    for home in /usr/lib/jvm/*; do
      [[ -x $home/bin/jlink && -r $home/release ]] || continue
      version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
      if ((${version:-0} > best)); then
        best=$version jdk=$home
      fi
    done
  fi
  [[ -n $jdk && -x $jdk/bin/jlink && -x $jdk/bin/jdeps ]] \
    || die "found no JDK 17 or newer with jlink; point JAVA_HOME at one"
  say "the runtime is cut from $jdk"
}

build() {
  say "building"
  (cd "$root" && mvn -q -B -Dquick -Dmaven.test.skip=false -DskipTests -Ptests-of-core \
    -Dpaenmf.cuda=required -pl java/cli,benchmarks -am package) || die "the build failed"
  version=$(<"$root/java/cli/target/quick/classes/io/github/paenmf/cli/version.txt")
  name=paenmf-$version-linux-x86_64
  junit=$(sed -n 's|.*<junit.version>\(.*\)</junit.version>.*|\1|p' "$root/pom.xml")
}

stage() {
  mkdir -p "$stage"/{bin,lib,check/lib}
  cp "$root"/java/cli/target/quick/dist/lib/*.jar "$stage/lib"
  cp -r "$root/LICENSE" "$root/NOTICE" "$root/licenses" "$stage"
  cp "$here/gpu-check/paenmf" "$here/gpu-check/gpu-check" "$stage/bin"
  # The timing programs, and what they need that the command line does not.
  local jar
  for jar in "$root"/benchmarks/target/quick/lib/*.jar; do
    [[ -e $stage/lib/${jar##*/} ]] || cp "$jar" "$stage/check/lib"
  done
  cp "$root"/benchmarks/target/quick/paenmf-benchmarks-*.jar "$stage/check/lib"
  cp -r "$root/java/core/target/quick/test-classes" "$stage/check/tests"
  cp -r "$root/java/cuda/target/quick/test-classes/." "$stage/check/tests"
  (cd "$root" && mvn -q -B -N dependency:copy -DoutputDirectory="$stage/check/lib" \
    -Dartifact="org.junit.platform:junit-platform-console-standalone:$junit")
  mkdir "$stage/check/peers"
  cp "$root"/benchmarks/peers/*.py "$stage/check/peers"
  cp "$here/../cuda/README.md" "$stage/check/kernels.md" 2>/dev/null || :
}

runtime() {
  local modules named
  # Where our modules find those they require; the command line's jar is none, but has the name of one.
  named=$(printf '%s\n' "$stage"/lib/*.jar | grep -v '/paenmf\.jar$' | paste -sd:)
  modules=$("$jdk/bin/jdeps" --ignore-missing-deps --multi-release 17 --print-module-deps --module-path "$named" \
    -cp "$(printf '%s:' "$stage"/lib/*.jar)" "$stage"/lib/*.jar "$stage"/check/lib/*.jar 2>/dev/null | tail -n 1) \
    || die "jdeps cannot tell the modules"
  # Uncompressed, since the archive's own compression does better on the whole.
  "$jdk/bin/jlink" --add-modules "$modules,jdk.incubator.vector,jdk.unsupported" --strip-debug --no-header-files --no-man-pages \
    --output "$stage/runtime" 2>/dev/null || die "jlink failed for $modules"
}

# The newest C library that anything asks for, natives in jars included; not those of netlib, which only --blas native
# loads (2.34), and JCuda's PTX compiler, which nothing here does (2.29).
glibc() {
  local work=$stage.natives jar
  mkdir "$work"
  for jar in "$stage"/lib/*.jar "$stage"/check/lib/*.jar; do
    unzip -q -o "$jar" '*.so' '*.so.*' -d "$work" 2>/dev/null || :
  done
  find "$work" "$stage/runtime" -type f \( -name '*.so' -o -name '*.so.*' -o -name java \) \
    ! -name 'libnetlib*' ! -name 'libJNvPTXCompiler*' -exec grep -aohE 'GLIBC_2\.[0-9]+' {} + | sort -uV | tail -n 1
  rm -r "$work"
}

find_jdk
build
work=$(mktemp -d "${TMPDIR:-/tmp}/paenmf-bundle.XXXXXX")
trap 'rm -rf "$work"' EXIT
stage=$work/$name
stage
runtime
say "needs a C library with $(glibc)"
archive=$out/$name.tar.xz
# The same order and times for the same contents.
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1767225600 -c "$name" | xz -T0 -6 >"$archive"
size=$(stat -c %s "$archive")
((size <= limit)) || die "$archive has $size bytes, more than $limit"
say "$size bytes"
printf '%s\n' "$archive"
