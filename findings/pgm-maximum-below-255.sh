#!/usr/bin/env bash
# TwelveMonkeys imageio-pnm reads an 8-bit PGM whose greatest grey value is below 255 as other numbers than it holds.
#
# A PGM names its greatest grey value, maxval, in its header, and any number up to 65535 is allowed. With
# com.twelvemonkeys.imageio:imageio-pnm 3.13.1 (2026-11-28, Temurin 17) the raster of a binary PGM with maxval 200 and
# the samples 0 1 100 200 comes out as 0 1 127 185: not what is stored, and not the same times 255/200 either, which
# would end in 255. Samples are scaled by 255/200, but those from 128 on as if 256 less: 150 becomes 121, less than 100
# does, so the order of the samples is lost, too. With maxval 255 the stored samples come out. Whoever
# factorises images needs the stored samples, and nothing in the raster says that it holds others.
#
# Needs a JDK 17 or newer and Maven.
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
      <groupId>com.twelvemonkeys.imageio</groupId>
      <artifactId>imageio-pnm</artifactId>
      <version>3.13.1</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Read.java <<'JAVA'
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.imageio.ImageIO;

class Read {
    public static void main(String[] arguments) throws Exception {
        ImageIO.setUseCache(false);
        show(255, 0, 1, 100, 200);
        show(200, 0, 1, 100, 200);
        show(200, 10, 150, 199, 3);
    }

    static void show(int maxval, int... samples) throws Exception {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(("P5\n2 2\n" + maxval + "\n").getBytes(StandardCharsets.US_ASCII));
        for (int sample : samples) {
            file.write(sample);
        }
        int[] read = ImageIO.read(new ByteArrayInputStream(file.toByteArray())).getRaster().getPixels(0, 0, 2, 2, (int[]) null);
        System.out.println(maxval + ": " + Arrays.toString(samples) + " is read as " + Arrays.toString(read));
    }
}
JAVA
java -cp 'lib/*' Read.java | tee output

expected='255: [0, 1, 100, 200] is read as [0, 1, 100, 200]
200: [0, 1, 100, 200] is read as [0, 1, 127, 185]
200: [10, 150, 199, 3] is read as [12, 121, 184, 3]'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
