package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.paenmf.backend.cuda.CudaProbe;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command line where there is a CUDA device. */
@Tag("cuda")
class CudaCommandsTest {

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
}
