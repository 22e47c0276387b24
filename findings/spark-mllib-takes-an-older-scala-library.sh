#!/usr/bin/env bash
# A Maven project that depends on spark-mllib_2.13 4.2.0 alone gets a scala-library that Spark does not start with.
#
# Maven takes scala-library 2.13.13 beside scala-reflect 2.13.18: the nearest declaration wins, and that of the older one is
# nearer. The first use of SparkSession.builder() then ends with NoSuchMethodError, as a case class of Spark was compiled
# against a method that the older library lacks (2026-11-29, spark-mllib_2.13 4.2.0, Maven 3, OpenJDK 17). A dependency on
# scala-library 2.13.18 mends it.
#
# Needs Java and Maven, and fetches some 320 MB.
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
      <groupId>org.apache.spark</groupId>
      <artifactId>spark-mllib_2.13</artifactId>
      <version>4.2.0</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Start.java <<'JAVA'
import org.apache.spark.sql.SparkSession;

class Start {
    public static void main(String[] arguments) {
        try {
            System.out.println(SparkSession.builder() != null ? "a builder" : "nothing");
        } catch (NoSuchMethodError e) {
            System.out.println(e.getClass().getSimpleName());
        }
    }
}
JAVA
seen=$(cd lib && ls scala-library-* scala-reflect-*
  cd .. && java -cp 'lib/*' Start.java 2>/dev/null)
echo "$seen"
expected='scala-library-2.13.13.jar
scala-reflect-2.13.18.jar
NoSuchMethodError'
[[ $seen == "$expected" ]] || { echo "this is not what was seen before:"; echo "$expected"; exit 1; } >&2
