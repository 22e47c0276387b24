package io.github.paenmf.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows compiles: its Java is part of programs in java/examples, which .ci/run compiles and runs. */
class ReadmeTest {

    private static final Path ROOT = Path.of("../..");
    private static final Path EXAMPLES = ROOT.resolve("java/examples");
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void javaIsThatOfTheExamples() throws IOException {
        List<String> blocks = BLOCK.matcher(Files.readString(ROOT.resolve("README.md")))
                .results()
                .map(block -> words(block.group(1)))
                .toList();
        List<String> programs = List.of(
                program("embed/src/main/java/com/example/embed/FitAndTransform.java"),
                program("own-kernels/src/main/java/com/example/kernels/SampleOnDevice.java"));
        assertEquals(programs.size(), blocks.size());
        for (int i = 0; i < blocks.size(); i++) {
            assertTrue(programs.get(i).contains(blocks.get(i)), "not in the example:\n" + blocks.get(i));
        }
    }

    /** And so do all of the core's alone, by this build. */
    @Test
    void examplesCompile(@TempDir Path classes) throws IOException {
        for (String example : List.of("embed", "stream", "modules")) {
            List<String> arguments = new ArrayList<>(
                    List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString()));
            try (Stream<Path> files = Files.walk(EXAMPLES.resolve(example).resolve("src"))) {
                files.map(Path::toString)
                        .filter(file -> file.endsWith(".java") && !file.endsWith("module-info.java"))
                        .forEach(arguments::add);
            }
            StringWriter said = new StringWriter();
            PrintWriter out = new PrintWriter(said);
            int result = ToolProvider.findFirst("javac").orElseThrow().run(out, out, arguments.toArray(String[]::new));
            assertEquals(0, result, said::toString);
        }
    }

    /** A user copies the POM, too. */
    @Test
    void examplesNameTheVersionThatIsBuilt() throws IOException {
        String version = version(ROOT.resolve("pom.xml"), "paenmf-parent");
        for (String example : List.of("embed", "stream", "own-kernels", "modules")) {
            assertEquals(version, version(EXAMPLES.resolve(example).resolve("pom.xml"), "paenmf-bom"), example);
        }
        assertTrue(Files.readAllLines(ROOT.resolve("CITATION.cff")).contains("version: " + version), version);
    }

    private static String version(Path pom, String artifact) throws IOException {
        Matcher found = Pattern.compile("<artifactId>" + artifact + "</artifactId>\\s*<version>(.*?)</version>")
                .matcher(Files.readString(pom));
        assertTrue(found.find(), artifact);
        return found.group(1);
    }

    private static String program(String file) throws IOException {
        return words(Files.readString(EXAMPLES.resolve(file)));
    }

    private static String words(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
