#!/usr/bin/env bash
# JCuda's Pointer.withByteOffset counts for copies, but getByteBuffer of such a pointer begins at offset 0 all the same.
#
# Of a buffer with 1 at byte 0 and 2 at byte 8, the pointer 8 bytes on shows 1 (2026-11-29, jcuda 12.6.0, OpenJDK 17). Who
# fills page-locked memory slot by slot through such pointers writes to the first slot, and copies the others as they were.
# getByteBuffer(8, n) of the pointer without an offset shows 2. No GPU is needed to see it.
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
      <exclusions>
        <exclusion><groupId>org.jcuda</groupId><artifactId>jcuda-natives</artifactId></exclusion>
      </exclusions>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Offset.java <<'JAVA'
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;

class Offset {
    public static void main(String[] arguments) {
        ByteBuffer memory = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        memory.putInt(0, 1).putInt(8, 2);
        Pointer first = Pointer.to(memory);
        System.out.println("first slot: " + read(first.getByteBuffer(0, 8)));
        System.out.println("pointer 8 bytes on: " + read(first.withByteOffset(8).getByteBuffer(0, 8)));
        System.out.println("bytes from 8 on: " + read(first.getByteBuffer(8, 8)));
    }

    private static int read(ByteBuffer slot) {
        return slot.order(ByteOrder.nativeOrder()).getInt(0);
    }
}
JAVA
seen=$(java -cp 'lib/*' Offset.java)
echo "$seen"
expected='first slot: 1
pointer 8 bytes on: 1
bytes from 8 on: 2'
[[ $seen == "$expected" ]] || { echo "this is not what was seen before:"; echo "$expected"; exit 1; } >&2
