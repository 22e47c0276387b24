#!/usr/bin/env bash
# flatten-maven-plugin in mode "bom" publishes the parent's properties, with the paths of the machine that builds.
#
# Mode "bom" of org.codehaus.mojo:flatten-maven-plugin 1.7.3 is made to write the POM of a bill of materials, without its
# parent. It keeps <properties> of the parent too, all of them, whether anything in the result refers to them or not, and with
# values in place of expressions: a property that is made of ${project.basedir} or ${maven.multiModuleProjectDirectory} becomes
# the absolute path of the folder in which it was built (Maven 3.8.7, JDK 17, 2026-11-29). Its mode "ossrh" leaves all
# properties out. So a BOM that was flattened by the mode named after it tells how the parent builds, has other bytes in
# every folder, and shows names of users and machines.
#
# Needs a JDK 17 or newer and Maven.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir bom
cat >pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>parent</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <modules>
    <module>bom</module>
  </modules>
  <properties>
    <tools.folder>${maven.multiModuleProjectDirectory}/tools</tools.folder>
  </properties>
</project>
POM
cat >bom/pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <parent>
    <groupId>finding</groupId>
    <artifactId>parent</artifactId>
    <version>1</version>
  </parent>
  <artifactId>bom</artifactId>
  <packaging>pom</packaging>
  <dependencyManagement>
    <dependencies>
      <dependency>
        <groupId>finding</groupId>
        <artifactId>library</artifactId>
        <version>1</version>
      </dependency>
    </dependencies>
  </dependencyManagement>
</project>
POM
for mode in bom ossrh; do
  mvn -q -B -f pom.xml org.codehaus.mojo:flatten-maven-plugin:1.7.3:flatten -Dflatten.mode="$mode" \
    -DupdatePomFile=true >maven.log 2>&1 || { cat maven.log; exit 1; }
  flattened=bom/.flattened-pom.xml
  [[ -s $flattened ]] || { echo "no flattened POM" >&2; exit 1; }
  # the folder differs from run to run
  printf '%s: %s\n' "$mode" "$(grep -o '<tools.folder>.*</tools.folder>' "$flattened" | sed "s|$folder|THE_FOLDER|" || true)"
  rm -f "$flattened" .flattened-pom.xml
done | tee output

expected='bom: <tools.folder>THE_FOLDER/tools</tools.folder>
ossrh: '
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
