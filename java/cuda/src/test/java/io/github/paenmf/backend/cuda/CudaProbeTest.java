package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found on a machine, and what is said where something is missing. */
@Tag("jdk")
@Tag("cuda")
class CudaProbeTest {

    @TempDir
    private Path directory;

    private static void assertSays(String output, String... parts) {
        for (String part : parts) {
            assertTrue(output.contains(part), output);
        }
        assertEquals(1, output.lines().count(), output);
    }

    @Test
    void whatIsThereIsReported() {
        CudaProbe probe = CudaProbe.get();

        assertSame(probe, CudaProbe.get());
        assertNull(probe.reason());
        assertTrue(probe.available());
        assertTrue(probe.driverVersion().matches("\\d+\\.\\d+"), probe.driverVersion());
        assertTrue(probe.blas().matches("1[23].*, /.*/libcublas\\.so\\.1[23].*"), probe.blas());
        CudaDevice device = probe.devices().get(0);
        assertEquals(device.name().contains("emulat"), device.emulated());
        assertEquals(0, device.index());
        assertTrue(device.major() >= 8 && device.multiprocessors() > 0 && device.memoryBytes() > 0, device.toString());
        assertTrue(device.sharedMemoryPerBlock() >= 48 << 10, device.toString());
    }

    @Test
    void withoutADriverItsLibraryIsNamed() {
        assertSays(
                CudaProcess.run("probe", directory, Map.of()),
                "libcuda.so.1 not found in ",
                "install the NVIDIA driver",
                "-Dpaenmf.cuda.path");
    }

    @Test
    void withoutCublasItsNamesAndAllPlacesAreListed() throws Exception {
        Path libraries = CudaProcess.copy(directory.resolve("driver"), "libcuda.so.1");

        assertSays(
                CudaProcess.run(
                        "probe", libraries, Map.of("CUDA_HOME", directory.toString()), "-Duser.home=" + directory),
                "libcublas.so.12 or libcublas.so.13 not found in LD_LIBRARY_PATH, the system's library folders, CUDA_HOME, ",
                "install cuBLAS 12 or 13",
                "-Dpaenmf.cuda.path");
    }

    @Test
    void cublas12IsTakenBeforeCublas13() {
        assertSays(CudaProcess.run("probe", CudaProcess.emulator(), Map.of()), "available ", "libcublas.so.12");
    }

    @Test
    void cublas13AnswersThroughTheForwarder() throws Exception {
        Path libraries = CudaProcess.copy(directory.resolve("cuda13"), "libcuda.so.1", "libcublas.so.13");

        // As gpu-check's load part: what the binding imports must be there, called or not.
        assertSays(CudaProcess.run("probe", libraries, Map.of("LD_BIND_NOW", "1")), "available ", "libcublas.so.13");
        assertSays(CudaProcess.run("cublas", libraries, Map.of()), "create 0 version 0 13", " destroy 0");
    }

    @Test
    void theNamedFolderComesFirst() throws Exception {
        Path named = CudaProcess.copy(directory.resolve("named"), "libcuda.so.1", "libcublas.so.13");

        assertSays(
                CudaProcess.run("probe", CudaProcess.emulator(), Map.of(), "-Dpaenmf.cuda.path=" + named),
                "available ",
                "libcublas.so.13");
        assertSays(CudaProcess.run("probe", directory, Map.of(), "-Dpaenmf.cuda.path=" + named), "available ");
    }

    @Test
    void cublasOfAPythonPackageIsFound() throws Exception {
        Path libraries = CudaProcess.copy(directory.resolve("driver"), "libcuda.so.1");
        CudaProcess.copy(
                directory.resolve("home/.local/lib/python3.12/site-packages/nvidia/cublas/lib"), "libcublas.so.12");

        assertSays(
                CudaProcess.run("probe", libraries, Map.of(), "-Duser.home=" + directory.resolve("home")),
                "available ",
                "libcublas.so.12");
    }

    @Test
    void aLibraryThatDoesNotLoadIsNamedWithTheReason() throws Exception {
        Path libraries = CudaProcess.copy(directory.resolve("driver"), "libcuda.so.1");
        Path broken = libraries.resolve("libcublas.so.12");
        // Stands for a cuBLAS that lacks a library of its own: the forwarder needs cuBLAS 13.
        try (InputStream forwarder = getClass().getResourceAsStream("/io/github/paenmf/kernels/libcublas.so.12")) {
            Files.copy(forwarder, broken);
        }

        assertSays(
                CudaProcess.run("probe", libraries, Map.of(), "-Duser.home=" + directory),
                broken + ": libcublas.so.13: cannot open shared object file",
                "install cuBLAS 12 or 13");
    }

    @Test
    void aDriverThatSeesNoDeviceSaysSo() {
        Map<String, String> none = Map.of("PAENMF_EMULATOR_NO_DEVICE", "1");

        assertSays(
                CudaProcess.run("probe", CudaProcess.emulator(), none),
                "the NVIDIA driver sees no device",
                "nvidia-smi");
        assertSays(
                CudaProcess.run(
                        "probe",
                        CudaProcess.emulator(),
                        Map.of("PAENMF_EMULATOR_NO_DEVICE", "1", "CUDA_VISIBLE_DEVICES", "7")),
                "the NVIDIA driver sees no device",
                "CUDA_VISIBLE_DEVICES is '7'");
    }

    @Test
    void anOldDriverIsNamedWithWhatIsNeeded() {
        assertSays(
                CudaProcess.run("probe", CudaProcess.emulator(), Map.of("PAENMF_EMULATOR_DRIVER_VERSION", "11040")),
                "the NVIDIA driver supports CUDA 11.4, and CUDA 12.0 or newer is needed; update the driver");
    }

    @Test
    void anOldDeviceIsNamedWithWhatIsNeeded() {
        assertSays(
                CudaProcess.run("probe", CudaProcess.emulator(), Map.of("PAENMF_EMULATOR_COMPUTE_CAPABILITY", "75")),
                "compute capability 8.0 or higher",
                "has 7.5");
    }

    @Test
    void aFolderThatMayNotBeWrittenIsNamed() {
        String output = CudaProcess.run(
                "probe", CudaProcess.emulator(), Map.of(), "-Djava.io.tmpdir=" + directory.resolve("missing"));
        assertSays(
                output.replaceFirst("WARNING: java.io.tmpdir .*\n", ""), // Java 25's own remark
                directory.resolve("missing").toString(),
                "-Djava.io.tmpdir");
    }

    @Test
    void twoProcessesAtOnceUnpackForThemselvesAndLeaveNothing() throws Exception {
        Path shared = Files.createDirectory(directory.resolve("tmp"));
        // What another user may have left where JCuda by itself would unpack, and would trust.
        byte[] trap = {1, 2, 3};
        Path trapFile = shared.resolve("libJCudaDriver-12.6.0-linux-x86_64.so");
        Files.write(trapFile, trap);

        List<CudaProcess> processes = Stream.generate(() ->
                        CudaProcess.start("probe", CudaProcess.emulator(), Map.of(), "-Djava.io.tmpdir=" + shared))
                .limit(3)
                .toList();
        for (CudaProcess process : processes) {
            assertSays(process.output(), "available ");
        }

        assertArrayEquals(trap, Files.readAllBytes(trapFile));
        try (Stream<Path> files = Files.list(shared)) {
            assertEquals(List.of(trapFile), files.toList());
        }
    }
}
