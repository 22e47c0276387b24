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
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each exported package has a page with an example, which compiles. */
class PackagePagesTest {

    private static final Pattern EXAMPLE =
            Pattern.compile("<pre>\\{@code\n(.*?)\n \\* }</pre>", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern EXPORTED = Pattern.compile("exports ([\\w.]+);");

    @Test
    void examplesCompile(@TempDir Path folder) throws IOException {
        List<String> imports = exported("core");
        List<String> arguments = new ArrayList<>(
                List.of("-proc:none", "-cp", System.getProperty("java.class.path"), "-d", folder.toString()));
        for (String module : List.of("core", "cuda")) {
            for (String name : exported(module)) {
                Path page = sources(module).resolve(name.replace('.', '/')).resolve("package-info.java");
                Matcher example = EXAMPLE.matcher(Files.readString(page));
                assertTrue(example.find(), () -> page + " has no example");
                String type = "Example" + arguments.size();
                arguments.add(Files.writeString(
                                folder.resolve(type + ".java"),
                                imports.stream()
                                                .map(other -> "import " + other + ".*;\n")
                                                .collect(Collectors.joining())
                                        + "import java.nio.file.*;\nimport java.util.*;\n"
                                        + "class " + type + " {\nstatic void example() throws Exception {\n"
                                        + example.group(1).replaceAll("(?m)^ \\* ?", "") + "\n}\n}\n")
                        .toString());
            }
        }
        assertEquals(5 + 8, arguments.size(), "as many examples as there are exported packages");
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        int result = ToolProvider.findFirst("javac").orElseThrow().run(out, out, arguments.toArray(String[]::new));
        assertEquals(0, result, said::toString);
    }

    private static List<String> exported(String module) throws IOException {
        return EXPORTED.matcher(Files.readString(sources(module).resolve("module-info.java")))
                .results()
                .map(export -> export.group(1))
                .toList();
    }

    private static Path sources(String module) {
        return Path.of("../../java", module, "src/main/java");
    }
}
