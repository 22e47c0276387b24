package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.backend.cuda.CudaProbe;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.NpyArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line where there is a CUDA device. */
@Tag("cuda")
class CudaCommandsTest {

    @TempDir
    private Path directory;

    @BeforeAll
    static void thereAreKernels() {
        assumeFalse(CudaProbe.get().sourceHash().isEmpty(), "there was no nvcc to build kernels for these tests");
    }

    @Test
    void infoSaysWhatTheDeviceIs() {
        Map<String, Object> json =
                Cli.run("info", "--json").expect(ExitCode.DONE).json();

        assertEquals("available", ((Map<?, ?>) json.get("backends")).get("cuda"));
        Map<?, ?> device = (Map<?, ?>) ((List<?>) json.get("cudaDevices")).get(0);
        assertEquals(((String) device.get("name")).contains("emulat"), device.get("emulated"));
        String text = Cli.run("info").expect(ExitCode.DONE).out();
        for (Object part : List.of(
                device.get("name"),
                "compute capability " + device.get("computeCapability"),
                "for CUDA " + json.get("cudaDriver"),
                json.get("cublas"),
                ((String) json.get("kernelSources")).substring(0, 12))) {
            assertTrue(text.contains(part.toString()), part + " in " + text);
        }
        assertEquals(device.get("emulated"), text.contains("not a GPU"), text);
    }

    private Path fit(String name, Object... options) {
        Path model = directory.resolve(name);
        List<Object> words = new ArrayList<>(List.of("fit", Cli.data(directory), "-r", 2, "-o", model));
        if (!List.of(options).contains("--algorithm")) {
            words.addAll(List.of("--algorithm", "pae"));
        }
        if (!List.of(options).contains("--epochs")) {
            words.addAll(List.of("--epochs", 20));
        }
        if (!List.of(options).contains("--backend")) {
            words.addAll(List.of("--backend", "cuda"));
        }
        Cli.run(Cli.concat(words.toArray(), options)).expect(ExitCode.DONE);
        return model;
    }

    @ParameterizedTest
    @ValueSource(strings = {"pae", "vb", "nmf-hals", "nmf-mu"})
    void everyOptionOfAFitReachesTheDevice(String algorithm) {
        List<Float> bits = Cli.parameters(fit("plain.npz", "--algorithm", algorithm));

        assertEquals(bits, Cli.parameters(fit("device.npz", "--algorithm", algorithm, "--device", 0)));
        assertEquals(bits, Cli.parameters(fit("launched.npz", "--algorithm", algorithm, "--no-graph")));
        List<Float> staged = Cli.parameters(fit("staged.npz", "--algorithm", algorithm, "--no-cooperative"));
        if (algorithm.equals("pae")) {
            assertNotEquals(bits, staged, "sums have another order");
        } else if (algorithm.equals("nmf-mu")) {
            assertEquals(bits, staged, "it has no steps as a whole");
        } // others may have the same sums where there are so few terms
        List<Float> rounded = Cli.parameters(fit("rounded.npz", "--algorithm", algorithm, "--precision", "tf32"));
        assertNotEquals(bits, rounded);
        List<Float> split = Cli.parameters(fit("split.npz", "--algorithm", algorithm, "--precision", "3xtf32"));
        assertNotEquals(bits, split);
        assertNotEquals(rounded, split);
        for (String[] option : new String[][] {
            {"--no-graph", "no graph"},
            {"--precision=tf32", ", TF32"},
            {"--precision=3xtf32", "3xTF32"},
            {"--no-cooperative", "recorded steps"}
        }) {
            Cli.Run run = Cli.run(
                            "fit",
                            Cli.data(directory),
                            "-r",
                            2,
                            "--epochs",
                            2,
                            "--algorithm",
                            algorithm,
                            "--backend",
                            "cuda",
                            "-o",
                            directory.resolve("described.npz"),
                            "--json",
                            "--quiet",
                            option[0])
                    .expect(ExitCode.DONE);
            String backend = (String) run.json().get("backend");
            assertTrue(backend.startsWith("CUDA, ") && backend.contains(option[1]), backend);
            boolean whole = !algorithm.equals("nmf-mu") && option[0].equals("--no-graph");
            assertEquals(whole, backend.contains("steps as a whole"), backend);
        }
    }

    /** Files of blocks, and {@code .npy}. Where not all is in memory at once, the backend's CudaPagedFitTest has it. */
    @ParameterizedTest
    @CsvSource({"pae, 0", "pae, 16", "vb, 0", "vb, 16"})
    void dataOnTheDiskAreFittedOnTheDevice(String algorithm, int batchRows) throws IOException {
        Path array = Cli.write(directory.resolve("data.npy"), Cli.planted(40, 6));
        Path blocks = directory.resolve("data.vblk");
        Cli.run("convert", array, "-o", blocks).expect(ExitCode.DONE);
        Path model = directory.resolve("model.npz");
        Object[] options = {
            "-r",
            2,
            "--epochs",
            4,
            "--algorithm",
            algorithm,
            "--batch-rows",
            batchRows,
            "--backend",
            "cuda",
            "-o",
            model
        };
        Cli.run(Cli.concat(new Object[] {"fit", array}, options)).expect(ExitCode.DONE);
        byte[] expected = Files.readAllBytes(model);
        for (Path onDisk : List.of(array, blocks)) {
            Cli.run(Cli.concat(new Object[] {"fit", onDisk, "--memory", "1m"}, options))
                    .expect(ExitCode.DONE);
            assertArrayEquals(expected, Files.readAllBytes(model));
        }
    }

    /**
     * Plain gradient steps, in which roundings stay what they are: of three steps of a thousandth and less, of
     * parameters about 1, whose gradients are sums of at most 40 terms.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "--no-kl",
                "--train-on median",
                "--decoder-update multiplicative",
                "--algorithm ae",
                "--heads softplus",
                "--init nmf"
            })
    void everyAblationReachesTheDevice(String option) {
        Object[] gd = {"--optimiser", "gd", "--epochs", 3};
        Object[] changed = Cli.concat(gd, (Object[]) option.split(" "));

        List<Float> cuda = Cli.parameters(fit("cuda.npz", changed));
        List<Float> cpu = Cli.parameters(fit("cpu.npz", Cli.concat(changed, "--backend", "cpu")));

        assertNotEquals(Cli.parameters(fit("plain.npz", gd)), cuda);
        // what HALS and conjugate gradients start from has gone through a hundred products more
        double tolerance = option.equals("--init nmf") ? 1e-2 : 1e-5;
        for (int i = 0; i < cpu.size(); i++) {
            assertEquals(cpu.get(i), cuda.get(i), tolerance * Math.max(1, Math.abs(cpu.get(i))));
        }
    }

    /**
     * An update is a weighted mean, or a step to a minimum: roundings of 6e-8 grow little in 30 of them, while a wrong
     * update would be off by percents.
     */
    @ParameterizedTest
    @CsvSource({"nmf-hals, nndsvd", "nmf-hals, random", "nmf-mu, nndsvd", "nmf-mu, random"})
    void standardNmfHasTheFiguresOfTheCpu(String algorithm, String init) {
        Path digits = Cli.write(directory.resolve("digits.npy"), demoDigits());
        Map<String, Path> models = new TreeMap<>();
        for (String backend : List.of("cpu", "cuda")) {
            Path model = directory.resolve(backend + ".npz");
            models.put(backend, model);
            Map<String, Object> json = Cli.run(
                            "fit",
                            digits,
                            "-r",
                            9,
                            "--epochs",
                            30,
                            "--algorithm",
                            algorithm,
                            "--init",
                            init,
                            "--backend",
                            backend,
                            "-o",
                            model,
                            "--json",
                            "--quiet")
                    .expect(ExitCode.DONE)
                    .json();
            assertTrue(((String) json.get("backend")).startsWith(backend.toUpperCase(Locale.ROOT)));
        }
        assertClose(
                Cli.arrays(models.get("cpu")).get("W_f"),
                Cli.arrays(models.get("cuda")).get("W_f"),
                1e-4);

        // one model from here on
        Path model = models.get("cpu");
        for (String command : List.of("transform", "reconstruct")) {
            Map<String, NpyArray> results = new TreeMap<>();
            for (String backend : models.keySet()) {
                Path output = directory.resolve(command + ".npz");
                Cli.run(command, model, digits, "-o", output, "--backend", backend)
                        .expect(ExitCode.DONE);
                results.put(backend, Cli.arrays(output).get(command.equals("transform") ? "coefficients" : "data"));
            }
            assertClose(results.get("cpu"), results.get("cuda"), 1e-4);
        }
        assertEquals(error(model, digits, "cpu"), error(model, digits, "cuda"), 1e-6);
    }

    private static double error(Path model, Path data, String backend) {
        return (double) Cli.run("evaluate", model, data, "--json", "--backend", backend)
                .expect(ExitCode.DONE)
                .json()
                .get("relativeError");
    }

    /** Within a share of the greatest value. */
    private static void assertClose(NpyArray expected, NpyArray actual, double share) {
        float[] values = expected.floats();
        double greatest = 0;
        for (float value : values) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        assertArrayEquals(values, actual.floats(), (float) (share * greatest));
    }

    private static Matrix demoDigits() {
        try {
            return MatrixReader.read(MatrixReader.DEMO_DIGITS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Whole digits multiplied by whole numbers: the same fit, each product and sum of which is rounded otherwise. So far
     * apart are the figures of the CPU by themselves. The least odds of a false alarm are where roundings grow in one
     * direction, as a normal number ξ: the largest of five below |ξ|/8 is (√(2/π)/8)⁵ · E|ξ|⁵ = 6e-5.
     */
    @Test
    void aFitHasTheFiguresOfTheCpu() throws IOException {
        Matrix digits = MatrixReader.read(MatrixReader.DEMO_DIGITS);
        Map<String, Double> cpu = figures(digits, 1, "cpu");
        Map<String, Double> cuda = figures(digits, 1, "cuda");
        Map<String, Double> spread = new TreeMap<>();
        for (int factor : new int[] {3, 5, 7, 11, 13}) {
            figures(digits, factor, "cpu")
                    .forEach((name, value) -> spread.merge(name, Math.abs(value - cpu.get(name)), Math::max));
        }

        assertEquals(cpu.keySet(), cuda.keySet());
        for (String name : cpu.keySet()) {
            assertEquals(cpu.get(name), cuda.get(name), 8 * spread.get(name), name);
        }
    }

    /** Every number about the training and its result that is not a matter of time or scale. */
    private Map<String, Double> figures(Matrix digits, float factor, String backend) {
        float[][] values = digits.toRows();
        for (float[] row : values) {
            for (int j = 0; j < row.length; j++) {
                row[j] *= factor;
            }
        }
        Path data = Cli.write(directory.resolve("digits.npy"), Matrix.of(values));
        Map<String, Object> json = Cli.run(
                        "fit",
                        data,
                        "-r",
                        16,
                        "--algorithm",
                        "pae",
                        "--epochs",
                        20,
                        "-o",
                        directory.resolve("digits.npz"),
                        "--backend",
                        backend,
                        "--json",
                        "--quiet")
                .expect(ExitCode.DONE)
                .json();
        Map<String, Double> figures = new TreeMap<>();
        for (String part : List.of("training", "score")) {
            ((Map<?, ?>) json.get(part)).forEach((name, value) -> {
                if (value instanceof Number number) {
                    figures.put(part + " " + name, number.doubleValue());
                }
            });
        }
        assertEquals(List.of(20, "epochs"), List.of(json.get("epochs"), json.get("stopReason")));
        return figures;
    }

    /** Nothing of a fit that failed is saved, and what was there stays. */
    @ParameterizedTest
    @CsvSource({
        "FAIL_ALLOC, 12, is out of memory",
        "FAIL_LAUNCH, 50, reported CUDA_ERROR_LAUNCH_FAILED",
        "DEVICE_LOST, 400, reported CUDA_ERROR_UNKNOWN"
    })
    void aFailureOfTheDeviceIsNamedAndLeavesTheOldModel(String injected, String count, String reason) throws Exception {
        assumeTrue(CudaProbe.get().devices().get(0).emulated(), "needs the emulated driver");
        Path model = Cli.model(directory);
        byte[] before = Files.readAllBytes(model);
        List<String> output = new ArrayList<>();
        int exitCode = failing(
                injected,
                count,
                output,
                List.of("fit", Cli.data(directory), "-r", 2, "--algorithm", "pae", "--backend", "cuda", "-o", model));

        assertEquals(ExitCode.INTERNAL, exitCode, output.toString());
        assertEquals(1, output.size(), output.toString());
        assertTrue(output.get(0).matches("paenmf: .*" + reason + ".*"), output.get(0));
        assertArrayEquals(before, Files.readAllBytes(model));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(2, files.count(), "the data and the model");
        }
    }

    /**
     * Runs a command in a process of its own, with a fault of the emulated device.
     *
     * @param output receives what it prints
     */
    private static int failing(String injected, String count, List<String> output, List<Object> arguments)
            throws Exception {
        List<String> command = new ArrayList<>(ProcessTest.JAVA);
        command.add(Main.class.getName());
        arguments.forEach(argument -> command.add(argument.toString()));
        command.add("--quiet");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PAENMF_EMULATOR_" + injected, count);
        Process process = builder.start();
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("[emulated CUDA]"))
                .forEach(output::add);
        return process.waitFor();
    }

    @Test
    void aFitThatLostTheDeviceGoesOnFromItsCheckpoint() throws Exception {
        assumeTrue(CudaProbe.get().devices().get(0).emulated(), "needs the emulated driver");
        Path model = directory.resolve("model.npz");
        Path checkpoint = directory.resolve("checkpoint");
        Object[] fit = {"fit", Cli.data(directory), "-r", 2, "--algorithm", "pae", "--backend", "cuda", "-o", model};
        Cli.run(fit).expect(ExitCode.DONE);
        byte[] whole = Files.readAllBytes(model);

        List<String> output = new ArrayList<>();
        Object[] keeping = Cli.concat(fit, "--checkpoint", checkpoint, "--every", "0s");
        int exitCode = failing("FAIL_LAUNCH", "30", output, List.of(keeping));

        assertEquals(ExitCode.TEMPORARY, exitCode, output.toString());
        assertTrue(
                output.get(1).startsWith("Training goes on from its last checkpoint with: paenmf fit ")
                        && output.get(1).endsWith(" --resume " + checkpoint),
                output.toString());
        Cli.run(Cli.concat(fit, "--resume", checkpoint)).expect(ExitCode.DONE);
        assertArrayEquals(whole, Files.readAllBytes(model));
        assertFalse(Files.exists(checkpoint));
    }

    /** What a fitted model computes, on CUDA against the CPU: float32 sums of 6 or fewer terms of about 1. */
    @Test
    void everyCommandOfAModelComputesOnTheDevice() {
        Path model = Cli.model(directory);
        Path data = Cli.data(directory);
        for (String[] command : new String[][] {
            {"transform", model.toString(), data.toString()},
            {"reconstruct", model.toString(), data.toString()},
            {"sample", model.toString(), "--count", "9"}
        }) {
            Map<String, NpyArray> cpu = arrays(command, "cpu");
            Map<String, NpyArray> cuda = arrays(command, "cuda");
            assertEquals(cpu.keySet(), cuda.keySet());
            for (Map.Entry<String, NpyArray> entry : cpu.entrySet()) {
                if (entry.getValue().isText()) {
                    continue;
                }
                List<Float> expected = Cli.floats(entry.getValue());
                List<Float> actual = Cli.floats(cuda.get(entry.getKey()));
                for (int i = 0; i < expected.size(); i++) {
                    assertEquals(expected.get(i), actual.get(i), 1e-5f * (1 + Math.abs(expected.get(i))), command[0]);
                }
            }
        }
        Cli.Run onCpu =
                Cli.run("evaluate", model, data, "--backend", "cpu", "--json").expect(ExitCode.DONE);
        Cli.Run onCuda =
                Cli.run("evaluate", model, data, "--backend", "cuda", "--json").expect(ExitCode.DONE);
        double error = ((Number) onCpu.json().get("relativeErrorMedian")).doubleValue();
        assertEquals(error, ((Number) onCuda.json().get("relativeErrorMedian")).doubleValue(), 1e-5 * error);
    }

    private Map<String, NpyArray> arrays(String[] command, String backend) {
        Path output = directory.resolve(command[0] + "-" + backend + ".npz");
        Cli.run(Cli.concat(command, "-o", output, "--backend", backend)).expect(ExitCode.DONE);
        return Cli.arrays(output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fit", "transform"})
    void aDeviceThatIsNotThereIsNamedBeforeAnythingIsRead(String command) {
        Object[] words = command.equals("fit")
                ? new Object[] {"fit", "absent.csv", "-r", 2}
                : new Object[] {"transform", "absent.npz", "absent.csv"};
        Cli.Run run = Cli.run(
                        Cli.concat(words, "-o", directory.resolve("out.npz"), "--backend", "cuda", "--device", 99))
                .expect(ExitCode.UNAVAILABLE);

        assertTrue(run.err().startsWith("paenmf: there is no CUDA device 99: this machine has "), run.err());
    }

    @Test
    void threadsOfTheCpuHelpTheDevice() {
        fit("threads.npz", "--epochs", 2, "--threads", 2);
        Cli.Run run = Cli.run("fit", "absent.csv", "-r", 2, "--backend", "cuda", "--threads", 0)
                .expect(ExitCode.USAGE);

        assertTrue(run.err().contains("--threads must be in [1, 1024]"), run.err());
    }
}
