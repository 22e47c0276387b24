package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the emulated driver did, a line each; native-build/emulator/README.md says what is in them. */
final class EmulatorTrace {

    private static final String CONTROL = "PAENMF_EMULATOR_CONTROL";

    private EmulatorTrace() {}

    /** What of a trace was launched: kernels and graphs. */
    static List<String> launches(List<String> trace) {
        return trace.stream()
                .filter(line -> line.matches("submit \\d+ .*(kernel|graph).*"))
                .map(line -> line.replaceFirst("submit \\d+ ", ""))
                .toList();
    }

    /** The lines of some work, as far as the driver got; there are none on a real GPU, and the test is skipped. */
    static List<String> of(Path directory, Runnable work) {
        return of(directory, "", work);
    }

    /** The same, with another switch of the driver's. */
    static List<String> of(Path directory, String with, Runnable work) {
        CudaProcess.emulator();
        assumeTrue(System.getenv(CONTROL) != null, CONTROL + " names the file of the driver's switches");
        Path control = Path.of(System.getenv(CONTROL));
        Path trace = directory.resolve("trace");
        try {
            Files.writeString(trace, "");
            Files.writeString(control, "trace=" + trace + "\n" + with + "\n");
            try {
                work.run();
            } finally {
                Files.delete(control);
            }
            return Files.readAllLines(trace);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
