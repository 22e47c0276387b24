package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.PaeParameters;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fits that fail on the device, and a backend that has been closed. */
@Tag("cuda")
class CudaFailureTest {

    @TempDir
    private Path directory;

    private List<String> run(String scenario, String lines) {
        return CudaProcess.run(
                        scenario,
                        CudaProcess.emulator(),
                        Map.of(
                                "PAENMF_EMULATOR_CONTROL",
                                directory.resolve("control").toString()))
                .lines()
                .filter(line -> line.matches(lines))
                .toList();
    }

    /** While the backend opens there is no model; after training there is one, whole, whatever its examination lacks. */
    @Test
    void whicheverAllocationFailsNothingIsLeftOnTheDevice() {
        String reason =
                "the (CUDA device|host) is out of .* [\\d.]+ MiB asked for .*; a smaller --chunk-rows needs less";
        List<String> lines = run("allocations", "(allocation|left|model|context) .*");

        int failures = 0;
        int at = 0;
        for (; lines.get(at).contains("Exception"); at += 2) {
            failures++;
            assertTrue(
                    lines.get(at).matches("allocation " + failures + " (DeviceMemory|Cuda)Exception " + reason),
                    lines.get(at));
            assertEquals("left 0 things, 0 bytes, 0 epochs", lines.get(at + 1), lines.get(at));
        }
        assertTrue(failures >= 20, lines.toString());
        int examinations = (lines.size() - 1 - at) / 3 - 1;
        assertTrue(examinations >= 8, lines.toString());
        for (int i = 0; i <= examinations; i++, at += 3) {
            assertEquals("allocation " + (failures + i + 1) + " succeeded", lines.get(at));
            assertEquals("left 0 things, 0 bytes, 9 epochs", lines.get(at + 1));
            String warning = i < examinations ? "not examined for dead components: " + reason + "\\." : "";
            assertTrue(
                    lines.get(at + 2).matches("model \\[(not converged.*)?" + warning + "\\] true"), lines.get(at + 2));
        }
        assertEquals(List.of("context alive 0"), lines.subList(at, lines.size()));
    }

    /**
     * Once all of the first fit is closed, the context goes with it, and the next fit has one of its own.
     * The error surfaces in the next call that looks at the device, which may be one of cuBLAS.
     */
    @ParameterizedTest
    @CsvSource({
        "launch in a fit, LAUNCH_FAILED",
        "graph in a fit, LAUNCH_FAILED",
        "copy in a fit, ILLEGAL_ADDRESS",
        "loss in a fit, UNKNOWN"
    })
    void aFitThatLosesTheDeviceSaysSoAndLeavesNothing(String scenario, String result) {
        List<String> lines = run(scenario, "(first|second|epochs|live) .*");

        assertEquals(4, lines.size(), lines.toString());
        assertTrue(
                lines.get(0)
                        .matches("first CudaFatalException cu\\w+.* reported (CUDA_ERROR_" + result
                                + "|CUBLAS_STATUS_EXECUTION_FAILED)\\. .* start a new one to use the device again"),
                lines.get(0));
        assertTrue(lines.get(1).matches("epochs [1-9]\\d{0,2}"), lines.get(1));
        assertEquals(List.of("second succeeded", "live 0"), lines.subList(2, 4));
    }

    @Test
    void aClosedBackendSaysSo() {
        PaeProblem problem = new PaeProblem(
                PaeNmf.builder().rank(2).build().configuration(), 5, 3, 1, new StepRates(1, 1, new float[3]));
        Solver<PaeParameters> backend = CudaSolvers.pae(problem, Execution.auto(), RowBlocks.serial());
        PaeParameters parameters = new PaeParameters(3, 2);
        backend.setParameters(parameters);
        backend.close();
        backend.close();

        for (Executable use : List.<Executable>of(
                () -> backend.setParameters(parameters),
                () -> backend.readParameters(parameters),
                backend::saveState,
                backend::restoreState,
                backend::clearSums,
                backend::readSums,
                () -> backend.addSums(new Sums(3, 6, 2, PaeSums.count(2))),
                backend::takeObjectives,
                backend::update)) {
            String message = assertThrows(IllegalStateException.class, use).getMessage();
            assertTrue(message.endsWith("has been closed"), message);
        }
        assertEquals(0, Lifetime.live());
    }
}
