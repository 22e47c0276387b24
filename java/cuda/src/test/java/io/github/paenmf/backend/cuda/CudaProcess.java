package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A JVM of its own for what can be tried once in a process: which libraries are found, and errors that a device does
 * not get over. It runs a method of {@link CudaScenarios}, on the emulated driver.
 */
final class CudaProcess {

    private static final List<String> COMMAND = command();

    private final Process process;

    private CudaProcess(Process process) {
        this.process = process;
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx256m"));
        command.add("--enable-native-access=ALL-UNNAMED"); // as the launcher's manifest has it
        // The agent that counts covered lines; all processes add to one file.
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-javaagent:"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        return command;
    }

    /** The folder of the emulated libraries; there is none on a real GPU, and the test is skipped. */
    static Path emulator() {
        assumeTrue(CudaProbe.get().devices().get(0).emulated(), "needs the emulated driver");
        return Path.of(System.getenv("LD_LIBRARY_PATH"));
    }

    /**
     * Starts a scenario.
     *
     * @param libraries the only folder with CUDA's libraries; null for none
     * @param environment more variables, such as the emulator's switches
     * @param options of the JVM
     */
    static CudaProcess start(String scenario, Path libraries, Map<String, String> environment, String... options) {
        return start(List.of(CudaScenarios.class.getName(), scenario), libraries, environment, options);
    }

    private static CudaProcess start(
            List<String> program, Path libraries, Map<String, String> environment, String... options) {
        emulator();
        List<String> command = new ArrayList<>(COMMAND);
        command.addAll(1, List.of(options));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().remove("LD_LIBRARY_PATH");
        if (libraries != null) {
            builder.environment().put("LD_LIBRARY_PATH", libraries.toString());
        }
        builder.environment().putAll(environment);
        try {
            return new CudaProcess(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a scenario to its end; what it printed, if it ended well. */
    static String run(String scenario, Path libraries, Map<String, String> environment, String... options) {
        return start(scenario, libraries, environment, options).output();
    }

    /** Runs a program of one source file to its end on the emulated driver; what it printed, if it ended well. */
    static String run(Path program, String... options) {
        return start(List.of(program.toString()), emulator(), Map.of(), options).output();
    }

    /** What it printed, once it has ended well. */
    String output() {
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), output);
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Makes a folder with some of the emulated libraries. */
    static Path copy(Path folder, String... libraries) throws IOException {
        Files.createDirectories(folder);
        for (String library : libraries) {
            Files.copy(emulator().resolve(library), folder.resolve(library));
        }
        return folder;
    }
}
