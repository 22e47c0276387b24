package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Backends.Choice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A backend that was asked for computes or is missed by name, and no option of another one is passed over. */
class BackendOptionsTest {

    @TempDir
    private Path directory;

    private Path output;

    @BeforeEach
    void nameOutput() {
        output = directory.resolve("out.npz");
    }

    private Object[] fit(Object... options) {
        Path data = Cli.data(directory);
        return Cli.concat(
                new Object[] {"fit", data, "-r", 2, "--algorithm", "pae", "--epochs", 2, "-o", output, "--quiet"},
                options);
    }

    /** The command, with inputs that are not there, and those of CUDA's options that it has. */
    static Stream<Arguments> commands() {
        List<String> inference = List.of("--device 0");
        List<String> training = List.of("--device 0", "--precision tf32", "--no-graph", "--no-cooperative");
        return Stream.of(
                        Arguments.of("fit absent.csv -r 2 --algorithm pae -o out.npz", training),
                        Arguments.of("demo --out digits", training),
                        Arguments.of("transform absent.npz absent.csv -o out.npz", inference),
                        Arguments.of("reconstruct absent.npz absent.csv -o out.npz", inference),
                        Arguments.of("sample absent.npz --count 1 -o out.npz", inference),
                        Arguments.of("evaluate absent.npz absent.csv", inference))
                .flatMap(command ->
                        ((List<?>) command.get()[1]).stream().map(options -> Arguments.of(command.get()[0], options)));
    }

    /** The command's words, its files in the test's directory. */
    private Object[] words(String command, String options) {
        return Stream.of((command + " " + options).split(" "))
                .map(word -> word.matches("absent\\..*|out\\..*|digits") ? directory.resolve(word) : word)
                .toArray();
    }

    /** Before anything is read or written. */
    @ParameterizedTest
    @MethodSource("commands")
    void anOptionOfCudaIsRefusedWithTheCpu(String command, String options) {
        Cli.Run run = Cli.run(words(command, "--backend cpu " + options)).expect(ExitCode.USAGE);

        assertEquals(
                "paenmf: " + named(options)
                        + " has no effect with --backend cpu; leave it out, or choose --backend cuda",
                run.err().lines().findFirst().orElseThrow());
        assertFalse(Files.exists(output));
        assertFalse(Files.exists(directory.resolve("digits")));
    }

    /** The option, with its value where another value would be right. */
    private static String named(String options) {
        return options.startsWith("--precision") ? options : options.replaceAll(" .*", "");
    }

    @Test
    void anUpdateRefusesThemToo() {
        Path model = Cli.model(directory);

        Cli.Run run = Cli.run(
                        "update", model, Cli.data(directory), "-o", output, "--backend", "cpu", "--precision", "tf32")
                .expect(ExitCode.USAGE);

        assertTrue(run.err().contains("--precision tf32 has no effect with --backend cpu"), run.err());
    }

    /** Under auto the CPU is no mistake, but neither is what it ignores passed over. */
    @ParameterizedTest
    @ValueSource(strings = {"--device 0", "--device 3", "--precision tf32", "--no-graph", "--no-cooperative"})
    void whereAutoChoosesTheCpuThereIsAWarning(String options) {
        assumeTrue(Backends.resolve(Choice.AUTO) == Choice.CPU);

        Cli.Run run = Cli.run(fit((Object[]) options.split(" "))).expect(ExitCode.DONE);

        String warning = named(options) + " has no effect: auto has chosen the backend cpu (--verbose says why)";
        assertEquals(List.of("paenmf: warning: " + warning), run.err().lines().toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"fit", "transform"})
    void aDeviceOutOfRangeIsRefusedWhateverAutoChooses(String command) {
        Object[] words = command.equals("fit") ? fit() : new Object[] {command, "m.npz", "v.csv", "-o", output};

        Cli.Run run = Cli.run(Cli.concat(words, "--device", -1)).expect(ExitCode.USAGE);

        assertEquals(
                "paenmf: --device must be at least 0, not -1",
                run.err().lines().findFirst().orElseThrow());
    }

    /** Where there is no CUDA: it is said before anything is read or written. */
    @ParameterizedTest
    @MethodSource("commands")
    void cudaNeverFallsBack(String command, String options) {
        assumeTrue(Backends.resolve(Choice.AUTO) == Choice.CPU);
        String reason = assertThrows(BackendUnavailableException.class, () -> Backends.resolve(Choice.CUDA))
                .getMessage();

        Cli.Run run = Cli.run(words(command, "--backend cuda " + options)).expect(ExitCode.UNAVAILABLE);

        assertEquals("", run.out());
        assertEquals("paenmf: " + reason, run.err().strip());
        assertTrue(reason.startsWith("CUDA unavailable: "), reason);
        assertFalse(Files.exists(output));
    }

    @Test
    void jsonNamesTheBackendThatTrained() {
        Cli.Run run = Cli.run(fit("--json", "--backend", "cpu", "--threads", 3)).expect(ExitCode.DONE);

        String backend = (String) run.json().get("backend");
        assertTrue(backend.startsWith("CPU, 3 threads, vectors: "), backend);
    }

    @Test
    void theBlasThatIsAskedForMakesTheProducts() {
        Cli.Run run =
                Cli.run(fit("--json", "--backend", "cpu", "--blas", "netlib")).expect(ExitCode.DONE);

        String backend = (String) run.json().get("backend");
        assertTrue(backend.contains("BLAS: netlib "), backend);
    }

    /** The machine that tests may or may not have one; either way it is said. */
    @Test
    void aNativeBlasIsUsedOrRefusedBeforeAnyWork() {
        Cli.Run run = Cli.run(fit("--json", "--backend", "cpu", "--blas", "native"));

        if (run.exitCode() == ExitCode.DONE) {
            String backend = (String) run.json().get("backend");
            assertTrue(backend.contains("BLAS: netlib JNIBLAS"), backend);
        } else {
            assertEquals(ExitCode.UNAVAILABLE, run.exitCode());
            assertTrue(run.err().contains("there is no native BLAS"), run.err());
            assertFalse(Files.exists(output));
        }
    }
}
