#!/usr/bin/env bash
# On Java 25 a dot product by netlib's VectorBLAS changes its last bit while the program runs.
#
# With dev.ludovic.netlib:blas 3.0.4 (2026-11-28, Temurin 25.0.3) and --add-modules jdk.incubator.vector, sdot of the same
# two arrays of 2048 floats gives different results in one process, one in the first calls and another once the loop has
# been compiled. So does sgemm with its first matrix transposed; not transposed, it gives one result throughout. On OpenJDK 17 the same program saw one
# result in all of them. VectorBLAS adds up a vector by reduceLanes, whose order of additions the Vector API leaves open.
# A test that runs such a product twice and asks for equal bits passes or fails by when the compiler gets round to it,
# and a fit through netlib is not repeatable to the bit.
#
# Needs a JDK 25 (JAVA_HOME, or java on PATH) and Maven.
set -euo pipefail
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
version=$("$java" -XshowSettings:properties -version 2>&1 | awk '$1 == "java.specification.version" { print $3 }')
((${version%%.*} >= 25)) || { echo "needs Java 25 or newer, not $version; set JAVA_HOME" >&2; exit 1; }
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
      <groupId>dev.ludovic.netlib</groupId>
      <artifactId>blas</artifactId>
      <version>3.0.4</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Bits.java <<'JAVA'
import dev.ludovic.netlib.blas.BLAS;
import dev.ludovic.netlib.blas.JavaBLAS;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;

class Bits {
    static final int M = 64;
    static final int N = 16;
    static final int K = 2048;

    public static void main(String[] arguments) {
        float[] x = values(M * K);
        float[] y = values(N * K);
        BLAS blas = JavaBLAS.getInstance();
        System.out.println(blas.getClass().getSimpleName());
        Set<Integer> dots = new HashSet<>();
        for (int call = 0; call < 200_000; call++) {
            dots.add(Float.floatToIntBits(blas.sdot(K, x, 1, y, 1)));
        }
        System.out.println("sdot: " + (dots.size() > 1 ? "several results" : "one result"));
        for (String transposed : new String[] {"T", "N"}) {
            Set<Integer> products = new HashSet<>();
            for (int call = 0; call < 300; call++) {
                float[] product = new float[M * N];
                int rows = transposed.equals("T") ? K : M;
                blas.sgemm(transposed, "N", M, N, K, 1f, x, rows, y, K, 0f, product, M);
                products.add(Arrays.hashCode(product));
            }
            System.out.println(
                    "sgemm " + transposed + "N: " + (products.size() > 1 ? "several results" : "one result"));
        }
    }

    static float[] values(int count) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }
}
JAVA
"$java" --add-modules jdk.incubator.vector -cp 'lib/*' Bits.java 2>errors | tee output || { cat errors >&2; exit 1; }

expected='VectorBLAS
sdot: several results
sgemm TN: several results
sgemm NN: one result'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
