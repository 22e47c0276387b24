package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.paenmf.backend.cuda.CudaProbe;
import io.github.paenmf.io.NpyArray;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
        Object[] words = {"fit", Cli.data(directory), "-r", 2, "--epochs", 20, "-o", model, "--backend", "cuda"};
        Cli.run(Cli.concat(words, options)).expect(ExitCode.DONE);
        return model;
    }

    @Test
    void everyOptionOfAFitReachesTheDevice() {
        List<Float> bits = Cli.parameters(fit("plain.npz"));

        assertEquals(bits, Cli.parameters(fit("device.npz", "--device", 0)));
        assertEquals(bits, Cli.parameters(fit("launched.npz", "--no-graph")));
        assertNotEquals(bits, Cli.parameters(fit("rounded.npz", "--precision", "tf32")));
        for (String[] option : new String[][] {{"--no-graph", "no graph"}, {"--precision=tf32", "TF32"}}) {
            Cli.Run run = Cli.run(
                            "fit",
                            Cli.data(directory),
                            "-r",
                            2,
                            "--epochs",
                            2,
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
        }
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
    void threadsAreOfTheCpu() {
        Cli.Run run = Cli.run("fit", "absent.csv", "-r", 2, "--backend", "cuda", "--threads", 2)
                .expect(ExitCode.USAGE);

        assertTrue(run.err().contains("--threads has no effect with --backend cuda"), run.err());
    }
}
