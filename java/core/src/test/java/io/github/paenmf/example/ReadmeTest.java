package io.github.paenmf.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README shows compiles: its Java is part of programs in packages of this name. */
class ReadmeTest {

    private static final Path ROOT = Path.of("../..");
    private static final String EXAMPLES = "src/test/java/io/github/paenmf/example";
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void javaIsThatOfTheExamples() throws IOException {
        List<String> blocks = BLOCK.matcher(Files.readString(ROOT.resolve("README.md")))
                .results()
                .map(block -> words(block.group(1)))
                .toList();
        List<String> programs =
                List.of(program("core", "FitAndTransform.java"), program("cuda", "SampleOnDevice.java"));
        assertEquals(programs.size(), blocks.size());
        for (int i = 0; i < blocks.size(); i++) {
            assertTrue(programs.get(i).contains(blocks.get(i)), "not in the example:\n" + blocks.get(i));
        }
    }

    private static String program(String module, String file) throws IOException {
        return words(Files.readString(
                ROOT.resolve("java").resolve(module).resolve(EXAMPLES).resolve(file)));
    }

    private static String words(String text) {
        return text.strip().replaceAll("\\s+", " ");
    }
}
