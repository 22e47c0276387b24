#!/usr/bin/env bash
# VectorGraphics2D writes an SVG in which text of 12 px has no size, so that viewers show it at 16 px.
#
# de.erichseifert.vectorgraphics2d:VectorGraphics2D 0.13, by which XChart 3.8.8 saves SVG, leaves out whatever
# is as its own default says, and its default font has a size of 12. SVG knows no such default: without font-size a text has
# the viewer's medium size, 16 px in browsers (Temurin and Debian's OpenJDK 17, 2026-11-29). Texts of 11 and 13 px get
# their sizes. 12 px is the usual size of labels, so what was laid out by font metrics overlaps by a third. Nothing in
# the file tells which texts were meant to be 12 px.
#
# Needs a JDK 17 or newer with fonts, and Maven.
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
      <groupId>de.erichseifert.vectorgraphics2d</groupId>
      <artifactId>VectorGraphics2D</artifactId>
      <version>0.13</version>
    </dependency>
  </dependencies>
</project>
POM
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat >Sizes.java <<'JAVA'
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.Font;
import java.io.ByteArrayOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class Sizes {
    public static void main(String[] arguments) throws Exception {
        for (int size = 11; size <= 13; size++) {
            VectorGraphics2D graphics = new VectorGraphics2D();
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
            graphics.drawString("label", 10, 20);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            new SVGProcessor().getDocument(graphics.getCommands(), new PageSize(100, 40)).writeTo(bytes);
            Matcher found = Pattern.compile("font-size:[^;]*").matcher(bytes.toString("UTF-8"));
            System.out.println(size + " px: " + (found.find() ? found.group() : "no font-size"));
        }
    }
}
JAVA
java -Djava.awt.headless=true -cp 'lib/*' Sizes.java | tee output

expected='11 px: font-size:11px
12 px: no font-size
13 px: font-size:13px'
[[ $(cat output) == "$expected" ]] || { echo "not as described" >&2; exit 1; }
echo "as described"
