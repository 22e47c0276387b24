package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.model.History.StopReason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line as a process of its own: what only a real exit, real streams and real signals show. */
@Tag("jdk")
class ProcessTest {

    private static final int HANGUP = 1;
    private static final int INTERRUPT = 2;

    static final List<String> JAVA = List.of(
            ProcessHandle.current().info().command().orElse("java"),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC", // as the launcher does
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED", // as in the manifest of the jar
            "-cp",
            System.getProperty("java.class.path"));

    @TempDir
    private Path directory;

    private Process start(List<String> jvmOptions, Object... args) throws IOException {
        List<String> command = new ArrayList<>(JAVA);
        command.addAll(jvmOptions);
        command.add(Main.class.getName());
        Arrays.stream(args).map(String::valueOf).forEach(command::add);
        return new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(directory.resolve("stderr").toFile())
                .start();
    }

    private Cli.Run run(List<String> jvmOptions, Object... args) throws IOException, InterruptedException {
        return end(start(jvmOptions, args));
    }

    private Cli.Run end(Process process) throws IOException, InterruptedException {
        String out = text(process.getInputStream());
        int exitCode = process.waitFor();
        return new Cli.Run(exitCode, out, Files.readString(directory.resolve("stderr")));
    }

    private static String text(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "info --json, 0",
        "--help, 0",
        "fit, 2",
        "fit bad.csv -r 1, 65",
        "fit missing.csv -r 1, 66",
        "fit bad.csv -r 1 -o missing/model.npz, 73",
    })
    void theExitCodeSaysHowItEnded(String args, int expected) throws Exception {
        Files.writeString(directory.resolve("bad.csv"), "1,2\n3,-1\n");

        Cli.Run run = run(List.of(), (Object[]) args.split(" ")).expect(expected);

        assertEquals(expected == 0, run.err().isEmpty(), run.err());
        assertEquals(expected != 0, run.out().isEmpty(), run.out());
    }

    @Test
    void jsonIsAllThatIsOnStdout() throws Exception {
        Path data = Cli.data(directory);

        Cli.Run run = run(List.of(), "fit", data, "-r", 9, "--epochs", 5, "--json", "--verbose")
                .expect(ExitCode.DONE);

        assertEquals(1, run.out().lines().count(), run.out());
        assertEquals("model.npz", JSON.std.mapFrom(run.out()).get("model"));
        assertTrue(run.err().contains("paenmf: info: "), run.err());
        assertTrue(run.err().contains("paenmf: warning: rank 9"), run.err());
        assertFalse(run.err().contains("WARNING"), run.err());
        assertEquals(9, PaeNmfModel.load(directory.resolve("model.npz")).rank());
    }

    /** As on a processor without the instruction, whose stand-in in Java is a thousand times slower. */
    @Test
    void withoutFusedMultiplyAddPlainLoopsRunAndInfoSaysSo() throws Exception {
        List<String> options =
                List.of("-XX:-UseFMA", "-Dpaenmf.vector=on", "--add-modules=jdk.incubator.vector", "-Xlog:disable");
        String expected = "off (no fused multiply-add: plain loops)";

        Cli.Run info = run(options, "info").expect(ExitCode.DONE);
        assertTrue(info.out().contains(expected), info.out());
        assertTrue(info.out().contains("java, plain loops"), info.out());

        Path data = Cli.data(directory);
        Object[] fit = {"fit", data, "-r", 3, "--epochs", 50, "--seed", 7, "--backend", "cpu", "--json"};
        Map<String, Object> slow =
                JSON.std.mapFrom(run(options, fit).expect(ExitCode.DONE).out());
        Map<String, Object> plain = JSON.std.mapFrom(
                run(List.of("-Dpaenmf.vector=off"), fit).expect(ExitCode.DONE).out());
        assertTrue(slow.get("backend").toString().contains(expected), slow.toString());
        assertEquals(plain.get("training"), slow.get("training"), "the same kernels give the same bits");
        assertEquals(plain.get("score"), slow.get("score"));
    }

    /** Once a process, so that only a new one shows it. */
    @Test
    void autoSaysWhatItHasChosenAndWhy() throws Exception {
        assumeTrue(Backends.resolve(Choice.AUTO) == Choice.CPU);
        Path data = Cli.data(directory);

        Cli.Run run =
                run(List.of(), "fit", data, "-r", 2, "--epochs", 2, "--verbose").expect(ExitCode.DONE);

        String log = run.err();
        assertTrue(log.matches("(?s).*paenmf: info: CUDA unavailable: .+; using the CPU\\R.*"), log);
        assertTrue(log.indexOf("CUDA unavailable") < log.indexOf("paenmf: info: training on CPU"), log);
    }

    @Test
    void ctrlCStopsAtTheNextEpochAndSaves() throws Exception {
        assumeFalse(ignoresInterrupts(), "started with SIGINT ignored, as by nohup, which Java inherits");
        Path data = Cli.data(directory);
        // As on a terminal, where progress comes at once: its first sign says that training has begun.
        List<String> command = new ArrayList<>(JAVA);
        command.addAll(List.of(
                "-Dpaenmf.terminal=true",
                Main.class.getName(),
                "fit",
                data.toString(),
                "-r",
                "2",
                "--epochs",
                "2000000000",
                "--json"));
        Process process =
                new ProcessBuilder(command).directory(directory.toFile()).start();
        try {
            assertEquals('\r', process.getErrorStream().read());
            new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                    .start()
                    .waitFor();
            String err = text(process.getErrorStream());
            String out = text(process.getInputStream());

            assertEquals(ExitCode.INTERRUPTED, process.waitFor(), err);
            assertTrue(err.contains("paenmf: stopping after this epoch, then saving model.npz"), err);
            assertEquals("interrupted", JSON.std.mapFrom(out).get("stopReason"));
            PaeNmfModel model = PaeNmfModel.load(directory.resolve("model.npz"));
            assertEquals(StopReason.LISTENER, model.history().stopReason());
        } finally {
            process.destroyForcibly();
        }
    }

    /** Starts the command line with progress as on a terminal. */
    private Process startOnTerminal(Object... args) throws IOException {
        List<String> command = new ArrayList<>(JAVA);
        command.addAll(List.of("-Dpaenmf.terminal=true", Main.class.getName()));
        Arrays.stream(args).map(String::valueOf).forEach(command::add);
        return new ProcessBuilder(command).directory(directory.toFile()).start();
    }

    private Path pipe(String name) throws IOException, InterruptedException {
        Path pipe = directory.resolve(name);
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        return pipe;
    }

    private static void signal(Process process, String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    /** Saving into a pipe that nobody reads takes for ever. */
    @Test
    @Timeout(120) // only a defect takes that long
    void aSecondCtrlCEndsAtOnce() throws Exception {
        assumeFalse(ignoresInterrupts(), "started with SIGINT ignored, as by nohup, which Java inherits");
        Path data = Cli.data(directory);
        Process process = startOnTerminal("fit", data, "-r", 2, "--epochs", 2_000_000_000, "-o", pipe("model"));
        try {
            assertEquals('\r', process.getErrorStream().read());
            signal(process, "INT");
            BufferedReader err = process.errorReader();
            for (String line = err.readLine(); !line.contains("stopping after this epoch"); line = err.readLine()) {
                assertFalse(line.contains("fault"), line);
            }
            signal(process, "INT");

            assertEquals(ExitCode.INTERRUPTED, process.waitFor());
            assertEquals("", text(process.getInputStream()));
        } finally {
            process.destroyForcibly();
        }
    }

    /** The last epoch is over, and so the model is whole; what would follow is left out. */
    @Test
    @Timeout(120)
    void ctrlCWhileSavingLeavesTheModelAndNoMore() throws Exception {
        assumeFalse(ignoresInterrupts(), "started with SIGINT ignored, as by nohup, which Java inherits");
        Path data = Cli.data(directory);
        Path model = pipe("model");
        Process process = startOnTerminal("fit", data, "-r", 2, "--epochs", 1, "-o", model, "--json");
        try {
            assertEquals('\r', process.getErrorStream().read());
            signal(process, "INT");
            BufferedReader err = process.errorReader();
            for (String line = err.readLine(); !line.contains("stopping after"); line = err.readLine()) {
                assertFalse(line.contains("fault"), line);
            }
            Path saved = directory.resolve("saved.npz");
            Files.write(saved, Files.readAllBytes(model));

            assertEquals(ExitCode.INTERRUPTED, process.waitFor());
            assertEquals("", text(process.getInputStream()));
            assertEquals(2, PaeNmfModel.load(saved).rank());
            assertTrue(err.lines().anyMatch(line -> line.contains("model is saved")));
        } finally {
            process.destroyForcibly();
        }
    }

    /** Its input comes from a pipe, so that opening that says that the command has begun. */
    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143", "HUP, 129"})
    @Timeout(120)
    void aSignalEndsWhatIsNoTrainingAtOnce(String signal, int code) throws Exception {
        assumeFalse(
                ignoresInterrupts(),
                "started with SIGINT ignored, as in the background of a shell, which Java inherits");
        assumeFalse(ignores(HANGUP) && signal.equals("HUP"), "started with SIGHUP ignored, as by nohup");
        Path model = Cli.model(directory);
        Path data = pipe("rows.csv");
        Path latent = directory.resolve("latent.csv");
        Process process = start(List.of(), "transform", model, data, "-o", latent);
        try (OutputStream unfinished = Files.newOutputStream(data)) {
            unfinished.write("1,2,3,4,5,6\n".getBytes(StandardCharsets.UTF_8));
            unfinished.flush();
            signal(process, signal);

            assertEquals(code, process.waitFor());
            assertFalse(Files.exists(latent));
        } finally {
            process.destroyForcibly();
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    @Timeout(120)
    void rankSelectionEndsWithoutWaitingForItsFits(String signal, int code) throws Exception {
        assumeFalse(ignoresInterrupts(), "started with SIGINT ignored, as by nohup, which Java inherits");
        Path data = pipe("data.csv");
        Process process = start(List.of(), "rank", data, "--max", 2, "--epochs", 2_000_000_000);
        try (OutputStream in = Files.newOutputStream(data)) {
            in.write("1,2,3\n4,5,7\n7,8,8\n".getBytes(StandardCharsets.UTF_8));
        }
        try {
            signal(process, signal);
            assertEquals(code, process.waitFor());
            assertEquals("", text(process.getInputStream()));
        } finally {
            process.destroyForcibly();
        }
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    @Timeout(120)
    void theDemoEndsInOrder(String signal, int code) throws Exception {
        assumeFalse(ignoresInterrupts(), "started with SIGINT ignored, as by nohup, which Java inherits");
        Process process = startOnTerminal("demo", "--epochs", 2_000_000_000, "--out", "demo");
        try {
            assertEquals('\r', process.getErrorStream().read());
            signal(process, signal);
            String err = text(process.getErrorStream());

            assertEquals(code, process.waitFor(), err);
            assertFalse(err.contains("fault"), err);
            for (String file : List.of(DemoCommand.BASIS, DemoCommand.DIGITS, DemoCommand.REPORT)) {
                assertTrue(Files.size(directory.resolve("demo").resolve(file)) > 0, file);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void picturesNeedNoTemporaryFolder() throws Exception {
        Path model = Cli.model(directory);
        for (String file : List.of("figure.png", "figure.svg")) {
            run(
                            List.of("-Djava.io.tmpdir=" + directory.resolve("missing")),
                            "plot",
                            model,
                            "--what",
                            "basis",
                            "--image-shape",
                            "2x3",
                            "-o",
                            file)
                    .expect(ExitCode.DONE);
            assertTrue(Files.size(directory.resolve(file)) > 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "fit --help", "info --json", "evaluate fitted.npz data.csv", "info"})
    void aFullStdoutIsNamed(String args) throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "only Linux has a device that is always full");
        Cli.model(directory);
        List<String> command = new ArrayList<>(JAVA);
        command.add(Main.class.getName());
        command.addAll(List.of(args.split(" ")));

        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(full.toFile())
                .start();
        String err = text(process.getErrorStream());

        assertEquals(ExitCode.CANNOT_WRITE, process.waitFor(), err);
        assertEquals("paenmf: cannot write standard output: no space left on device", err.strip());
    }

    /** The reader says that it has closed its end before the writer starts. */
    @ParameterizedTest
    @ValueSource(strings = {"--help", "evaluate fitted.npz data.csv --json"})
    @Timeout(120)
    void withoutAReaderItEndsQuietly(String args) throws Exception {
        Cli.model(directory);
        pipe("closed");
        List<String> command = new ArrayList<>(List.of(
                "bash", "-c", "{ read -r _ <closed; \"$@\"; echo $? >code; } | { exec <&-; echo >closed; }", "bash"));
        command.addAll(JAVA);
        command.add(Main.class.getName());
        command.addAll(List.of(args.split(" ")));

        Process process =
                new ProcessBuilder(command).directory(directory.toFile()).start();
        String err = text(process.getErrorStream());
        process.waitFor();

        assertEquals("", err);
        assertEquals("141", Files.readString(directory.resolve("code")).strip());
    }

    /** The bytes of é in UTF-8, whatever this JVM's own locale. */
    @Test
    void aLocaleWithoutLettersIsNamed() throws Exception {
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "exec \"$@\" fit $'donn\\xc3\\xa9es.csv' -r 2", "bash"));
        command.addAll(JAVA);
        command.add(Main.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(directory.resolve("stderr").toFile());
        builder.environment().put("LC_ALL", "C");

        Cli.Run run = end(builder.start()).expect(ExitCode.USAGE);

        assertTrue(run.err().startsWith("paenmf: cannot take 'donn\u00e9es.csv': "), run.err());
        assertTrue(run.err().contains("set LC_ALL=C.UTF-8"), run.err());
    }

    private static boolean ignoresInterrupts() throws IOException {
        return ignores(INTERRUPT);
    }

    private static boolean ignores(int signal) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .anyMatch(line -> new BigInteger(line.substring(7).strip(), 16).testBit(signal - 1));
    }

    @Test
    void aDiskThatFillsWhileSavingLeavesTheOldModel() throws Exception {
        Path model = Cli.model(directory);
        byte[] before = Files.readAllBytes(model);
        Path data = Cli.write(directory.resolve("wide.npy"), Cli.planted(20, 4000));
        // A limit on the size of files stands for the disk: the write fails in the middle of the model.
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -f 100 && exec \"$@\"", "bash"));
        command.addAll(JAVA);
        command.addAll(List.of(
                Main.class.getName(), "fit", data.toString(), "-r", "8", "--epochs", "2", "-o", model.toString()));

        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(directory.resolve("stderr").toFile())
                .start();
        Cli.Run run = end(process).expect(ExitCode.CANNOT_WRITE);

        assertTrue(run.err().contains("cannot write " + model), run.err());
        assertArrayEquals(before, Files.readAllBytes(model));
        try (var files = Files.list(directory)) {
            assertTrue(files.noneMatch(file -> file.toString().endsWith(".tmp")));
        }
    }

    @Test
    void aFullDeviceIsNamed() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "only Linux has a device that is always full");

        Cli.Run run = run(List.of(), "fit", Cli.data(directory), "-r", 2, "--epochs", 2, "-o", "/dev/full")
                .expect(ExitCode.CANNOT_WRITE);

        assertTrue(run.err().contains("cannot write /dev/full: no space left on device"), run.err());
    }

    /** Empty lists of fonts stand for a system without any. */
    @Test
    void withoutFontsImagesHaveNoLabelsAndChartsSaySo() throws Exception {
        Path model = Cli.model(directory);
        Path fonts = Files.writeString(
                directory.resolve("fonts.conf"), "<!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig/>");
        Path figure = directory.resolve("figure.png");
        List<String> command = new ArrayList<>(JAVA);
        command.addAll(List.of(
                "-Duser.home=" + directory, // where Java keeps the fonts it found before
                "-Dsun.java2d.fontpath=" + directory,
                Main.class.getName(),
                "plot",
                model.toString(),
                "-o",
                figure.toString(),
                "--what"));

        Cli.Run loss = withFonts(fonts, command, "loss").expect(ExitCode.CANNOT_WRITE);
        assertTrue(loss.err().contains("cannot write " + figure + ": this system has no fonts"), loss.err());
        assertFalse(Files.exists(figure));
        Cli.Run basis =
                withFonts(fonts, command, "basis", "--image-shape", "2x3").expect(ExitCode.DONE);
        assertTrue(basis.err().contains("has no labels, as this system has no fonts"), basis.err());
        assertTrue(Files.size(figure) > 0);
    }

    private Cli.Run withFonts(Path fonts, List<String> command, String... more) throws Exception {
        List<String> whole = new ArrayList<>(command);
        whole.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(whole)
                .directory(directory.toFile())
                .redirectError(directory.resolve("stderr").toFile());
        builder.environment().put("FONTCONFIG_FILE", fonts.toString());
        return end(builder.start());
    }

    @Test
    void aHeapThatIsTooSmallIsNamedWithTheRemedy() throws Exception {
        Path data = Cli.write(directory.resolve("large.npy"), Cli.planted(40_000, 100));

        Cli.Run run = run(List.of("-Xmx24m"), "fit", data, "-r", 40, "--epochs", 2);

        assertTrue(List.of(ExitCode.BAD_DATA, ExitCode.INTERNAL).contains(run.exitCode()), run.err());
        assertTrue(run.err().lines().count() <= 2, run.err());
        assertTrue(run.err().contains("-Xmx"), run.err());
    }

    @Test
    void theLocaleChangesNeitherNumbersNorLetters() throws Exception {
        Files.writeString(directory.resolve("bad.csv"), "gène,b\n1,2\n3,-1.5\n");

        Cli.Run run = run(
                        List.of("-Duser.language=de", "-Duser.country=DE", "-Dfile.encoding=US-ASCII"),
                        "fit",
                        "bad.csv",
                        "-r",
                        1,
                        "--algorithm",
                        "pae")
                .expect(ExitCode.BAD_DATA);

        assertTrue(run.err().contains("≥ 0"), run.err());
        assertTrue(run.err().contains("-1.5"), run.err());
    }
}
