package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The device as it is opened, and as it fails. */
@Tag("jdk")
@Tag("cuda")
class CudaContextTest {

    @TempDir
    private Path directory;

    @Test
    void theKernelsAreLoadedOnce() {
        try (CudaContext context = CudaContext.open(0)) {
            assertSame(context.module(), context.module());
            assertNotEquals(context.newStream(), context.newStream());
            CudaException refusal = assertThrows(CudaException.class, () -> context.function("no_such_kernel"));
            assertEquals("cuModuleGetFunction no_such_kernel failed: CUDA_ERROR_NOT_FOUND", refusal.getMessage());
            assertFalse(refusal instanceof CudaFatalException);
        }
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() {
        int count = CudaProbe.get().devices().size();
        for (int index : new int[] {-1, count}) {
            String message = assertThrows(BackendUnavailableException.class, () -> CudaContext.open(index))
                    .getMessage();
            assertTrue(message.startsWith("there is no CUDA device " + index + ": this machine has " + count), message);
        }
        assertEquals(0, Lifetime.live());
    }

    /** Drivers of CUDA 12 take the machine code of 8.x and 9.x, and that of 10.x unless nvcc 13 made it. */
    @Test
    void aRefusedCubinIsReplacedByThePtxAndTheReasonLogged() {
        String output = CudaProcess.run(
                "images",
                CudaProcess.emulator(),
                Map.of("PAENMF_EMULATOR_CONTROL", directory.resolve("control").toString()));

        byte[] newest = KernelImages.packaged().cubin(10);
        String refusal = "the driver refused the compiled kernels and compiles them from PTX:"
                + " cuModuleLoadData of sm_%d0.cubin failed: CUDA_ERROR_%s";
        List<String> expected = new ArrayList<>(List.of("loaded for 8.0 by 12.0", "loaded for 9.0 by 12.0"));
        if (newest != null && newest[8] >= 8) {
            expected.add(refusal.formatted(10, "INVALID_IMAGE"));
        }
        expected.addAll(List.of(
                "loaded for 10.0 by 12.9",
                "loaded for 10.0 by 13.0",
                refusal.formatted(9, "NO_BINARY_FOR_GPU"),
                "loaded for 9.0 by 13.0 refuse-cubin"));
        assertEquals(
                expected,
                output.lines()
                        .filter(line -> line.contains("loaded for ") || line.contains("the driver refused"))
                        .map(line -> line.replaceFirst("^WARNING: ", ""))
                        .toList(),
                output);
    }

    @Test
    void aNewerDeviceRunsThePtx() {
        String output =
                CudaProcess.run("module", CudaProcess.emulator(), Map.of("PAENMF_EMULATOR_COMPUTE_CAPABILITY", "120"));

        assertTrue(output.contains("loaded true"), output);
        assertFalse(output.contains("refused"), output);
    }

    private List<String> fail(String scenario) {
        return CudaProcess.run(
                        scenario,
                        CudaProcess.emulator(),
                        Map.of(
                                "PAENMF_EMULATOR_CONTROL",
                                directory.resolve("control").toString()))
                .lines()
                .filter(line -> line.matches("(launch|again|other|live) .*"))
                .toList();
    }

    @Test
    void afterAFailedLaunchEveryCallIsFatal() {
        List<String> lines = fail("sticky");

        assertEquals(4, lines.size(), lines.toString());
        for (String line : lines.subList(0, 3)) {
            assertTrue(line.matches("\\w+ CudaFatalException \\w+.* reported CUDA_ERROR_LAUNCH_FAILED\\. .*"), line);
            assertTrue(line.contains("surface at a later call"), line);
            assertTrue(line.contains("start a new one"), line);
        }
        assertEquals("live 0", lines.get(3));
    }

    @Test
    void aLostDeviceIsFatal() {
        List<String> lines = fail("lost");

        assertEquals(4, lines.size(), lines.toString());
        for (String line : lines.subList(0, 3)) {
            assertTrue(line.contains(" CudaFatalException "), line);
        }
        assertEquals("live 0", lines.get(3));
    }
}
