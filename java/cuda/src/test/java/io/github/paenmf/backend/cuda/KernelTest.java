package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Java packs for a launch against the sources of the kernels. */
class KernelTest {

    private static final Path SOURCES = Path.of("../../cuda");
    private static final Pattern ENTRY = Pattern.compile(
            "extern \"C\" __global__ void (?:__\\w+__\\([\\d, ]+\\)\\s+)?(\\w+)\\(([^)]*)\\)", Pattern.DOTALL);

    @BeforeAll
    static void thereAreSources() {
        assumeTrue(Files.exists(Path.of("pom.xml")), "only a source tree has sources");
    }

    private static String source() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(name -> name.toString().matches(".*\\.cuh?"))
                    .sorted()
                    .toList()) {
                all.append(Files.readString(file));
            }
        }
        return all.toString().replaceAll("//[^\n]*", "").replace("__restrict__", "");
    }

    private static char letter(String declaration) {
        if (declaration.contains("*")) {
            return 'p';
        }
        String type = declaration.replaceAll("\\w+$", "").strip();
        return switch (type) {
            case "int", "unsigned int" -> 'i';
            case "long long", "unsigned long long" -> 'l';
            case "double" -> 'd';
            case "WeibullConstants" -> 'w';
            case "UpdateArguments" -> 'a';
            case "UpdateConstants" -> 'u';
            default -> throw new AssertionError("a parameter of type " + type);
        };
    }

    @Test
    void everyKernelIsLaunchedWithTheTypesOfItsParameters() throws IOException {
        Map<String, String> expected = new TreeMap<>();
        Matcher entries = ENTRY.matcher(source());
        while (entries.find()) {
            StringBuilder letters = new StringBuilder();
            for (String parameter : entries.group(2).split(",", -1)) {
                letters.append(letter(parameter.strip()));
            }
            expected.put(entries.group(1), letters.toString());
        }
        Map<String, String> actual = new TreeMap<>();
        for (Kernel kernel : Kernel.values()) {
            actual.put(kernel.function(), kernel.parameters());
        }

        assertEquals(expected, actual);
    }

    private static List<String> members(String struct) throws IOException {
        Matcher body = Pattern.compile("struct " + struct + " \\{(.*?)\\};", Pattern.DOTALL)
                .matcher(source());
        assertEquals(true, body.find(), struct);
        List<String> members = new ArrayList<>();
        for (String line : body.group(1).split(";", -1)) {
            if (!line.isBlank()) {
                members.add(line.strip().replaceAll(".*[\\s*]", ""));
            }
        }
        return members;
    }

    /** Those of other structs are no plain lists; the contract tests see each of their values. */
    @Test
    void theArgumentsOfAnUpdateAreInTheOrderOfTheStruct() throws IOException {
        assertEquals(
                members("UpdateArguments"),
                Arrays.stream(UpdateArguments.class.getRecordComponents())
                        .map(component -> component.getName())
                        .toList());
    }

    @Test
    void theReadmeHasTheRegistersOfTheBuild() throws IOException {
        Properties build = new Properties();
        try (InputStream file = getClass().getResourceAsStream("/io/github/paenmf/kernels/kernels.properties")) {
            build.load(file);
        }
        assumeTrue("13.0.88".equals(build.getProperty("nvcc")), "another compiler may take others");
        String readme = Files.readString(SOURCES.resolve("README.md"));

        for (Kernel kernel : Kernel.values()) {
            String row = Stream.of("sm_80", "sm_90", "sm_100")
                    .map(architecture -> build.getProperty("registers." + kernel.function() + "." + architecture))
                    .collect(Collectors.joining(" | ", "| `" + kernel.function() + "` | ", " |\n"));
            assertTrue(readme.contains(row), row);
        }
    }
}
