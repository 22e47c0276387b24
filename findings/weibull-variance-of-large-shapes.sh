#!/usr/bin/env bash
# The variance of a Weibull distribution with a large shape is wrong in commons-statistics.
#
# For a large shape k a Weibull distribution of scale 1 is narrow: its variance is π²/(6k²) to first order. With
# org.apache.commons:commons-statistics-distribution 1.2 (2026-11-28, Temurin 17) WeibullDistribution.getVariance() is
# 1.64491e-12 for k = 1e6, right to four digits (1.6449297637827162e-12 by mpmath); a third too small for k = 1e8,
# 1.11e-16 instead of 1.6449340238174553e-16; and for k = 1e10 it is still 1.11e-16, 6700 times the right
# 1.6449340664179187e-20. The two moments that it subtracts agree to more digits than a double has. An interval or a
# score that divides by such a standard deviation is off by as much. ln Γ(1 + 2/k) − 2 ln Γ(1 + 1/k) as a series, and
# expm1 of it, keeps all digits.
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
      <groupId>org.apache.commons</groupId>
      <artifactId>commons-statistics-distribution</artifactId>
      <version>1.2</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Variance.java <<'JAVA'
import java.util.Locale;
import org.apache.commons.statistics.distribution.WeibullDistribution;

class Variance {
    public static void main(String[] arguments) {
        double[] shapes = {1e6, 1e8, 1e10};
        double[] right = {1.6449297637827162e-12, 1.6449340238174553e-16, 1.6449340664179187e-20};
        for (int i = 0; i < shapes.length; i++) {
            double variance = WeibullDistribution.of(shapes[i], 1).getVariance();
            System.out.printf(Locale.ROOT, "shape %.0e: %.3g of the right variance%n", shapes[i], variance / right[i]);
        }
    }
}
JAVA
java -cp 'lib/*' Variance.java | tee output

expected='shape 1e+06: 1.00 of the right variance
shape 1e+08: 0.675 of the right variance
shape 1e+10: 6.75e+03 of the right variance'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
