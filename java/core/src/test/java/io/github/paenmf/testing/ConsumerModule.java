package io.github.paenmf.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Somebody's module that requires ours: compiled, and run in a JVM of its own, with nothing on the class path. */
public final class ConsumerModule {

    private final Path folder;
    private final String modulePath;

    /**
     * Compiles.
     *
     * @param program class Main of package consumer
     * @param requires modules
     * @param leftOut names of jars that are not on the module path when it runs
     */
    public ConsumerModule(Path folder, String program, List<String> requires, Predicate<String> leftOut)
            throws IOException {
        this.folder = folder;
        Path kernels = folder.resolve("paenmf-kernels-0.jar");
        List<String> modules = new ArrayList<>(List.of(folder.resolve("classes").toString()));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            boolean forTests = entry.matches(".*/(org/junit|org/opentest4j|org/apiguardian|org/jspecify|com/tngtech)/.*"
                    + "|.*/jcurand/.*|.*/test-classes/?|.*-tests[.]jar");
            if (Files.exists(path.resolve("io/github/paenmf/kernels"))) { // a folder as this build has it, else a jar
                tool("jar", "--create", "--file", kernels.toString(), "-C", entry, ".");
                path = kernels;
            }
            if (!forTests) {
                modules.add(path.toString());
            }
        }
        this.modulePath = modules.stream()
                .filter(module -> !leftOut.test(Path.of(module).getFileName().toString()))
                .collect(Collectors.joining(File.pathSeparator));

        Path sources = Files.createDirectories(folder.resolve("sources/consumer"));
        Path main = Files.writeString(sources.resolve("Main.java"), program);
        String requirements =
                requires.stream().map(name -> "requires " + name + ";").collect(Collectors.joining(" "));
        Path module = Files.writeString(
                sources.resolveSibling("module-info.java"), "module consumer { " + requirements + " }");
        String classes = Files.createDirectories(folder.resolve("classes")).toString();
        tool(
                "javac",
                "-proc:none",
                "-p",
                String.join(File.pathSeparator, modules),
                "-d",
                classes,
                module.toString(),
                main.toString());
    }

    private static void tool(String name, String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int result = ToolProvider.findFirst(name).orElseThrow().run(out, out, arguments);
        assertEquals(0, result, () -> said.toString(StandardCharsets.UTF_8));
    }

    /**
     * Runs it; its argument is the folder.
     *
     * @param libraries the folder with CUDA's libraries, or null
     * @param options of the JVM
     * @return what it printed, on stdout and stderr together, line by line
     */
    public List<String> run(String libraries, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-XX:-UsePerfData", "-p", modulePath, "-m", "consumer/consumer.Main"));
        command.add(folder.toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        Stream.of("LD_LIBRARY_PATH", "JAVA_TOOL_OPTIONS").forEach(environment::remove);
        if (libraries != null) {
            environment.put("LD_LIBRARY_PATH", libraries);
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines().toList();
    }
}
