package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.PaeTrainer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** That each setting of where and how to compute reaches the device, and what it changes. */
@Tag("cuda")
class CudaOptionsTest {

    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);
    private static final Matrix DATA = TestData.planted(600, 40, 4, 0.05, 3).data();

    private static PaeTrainer.Result fit(Execution execution, Optimiser optimiser, int batchRows) {
        PaeConfiguration configuration = PaeNmf.builder()
                .rank(4)
                .epochs(7)
                .seed(5)
                .optimiser(optimiser)
                .batchRows(batchRows)
                .build()
                .configuration();
        return new PaeTrainer(configuration, execution, report -> true).fit(DATA);
    }

    /** The last batch of an epoch is shorter, and so is recorded apart. */
    @ParameterizedTest
    @CsvSource({"ADAM, 0", "GD, 0", "ADAM, 250", "GD, 250"})
    void aRecordedStepHasTheBitsOfItsKernels(Optimiser optimiser, int batchRows) {
        PaeTrainer.Result recorded = fit(CUDA, optimiser, batchRows);
        PaeTrainer.Result launched = fit(CUDA.withGraph(false), optimiser, batchRows);

        assertEquals(recorded.model().parameters(), launched.model().parameters());
        assertEquals(recorded.model().history(), launched.model().history());
        assertTrue(recorded.backend().contains("recorded steps"));
        assertTrue(launched.backend().contains("no graph"));
    }

    @Test
    void theSameFitHasTheSameBits() {
        assertEquals(
                fit(CUDA, Optimiser.ADAM, 0).model().parameters(),
                fit(CUDA, Optimiser.ADAM, 0).model().parameters());
    }

    /** How far TF32 may be off is for the contract test; here, that it is another arithmetic. */
    @Test
    void tf32ComputesAndSaysSo() {
        PaeTrainer.Result model = fit(CUDA.withPrecision(Precision.TF32), Optimiser.ADAM, 0);

        assertNotEquals(
                fit(CUDA, Optimiser.ADAM, 0).model().parameters(), model.model().parameters());
        assertTrue(model.backend().contains("TF32"));
    }

    @Test
    void chunksAreUsed() {
        PaeConfiguration configuration = PaeNmf.builder().rank(4).build().configuration();
        PaeProblem problem = new PaeProblem(
                configuration, DATA.rows(), DATA.columns(), 1, new StepRates(1, 1, new float[DATA.columns()]));
        for (int rows : new int[] {256, 512}) {
            try (CudaSession<PaeParameters> backend =
                    CudaSolvers.pae(problem, CUDA.withChunkRows(rows), false, RowBlocks.serial())) {
                assertEquals(rows, backend.chunkRows());
            }
        }
    }

    /** V, P and S, and what adam has for each weight with the copy that a window starts from; the rest is small. */
    @Test
    void theDeviceHoldsWhatTheArchitectureSays() {
        long n = 300;
        long m = 40;
        long r = 8;
        PaeConfiguration configuration = PaeNmf.builder().rank((int) r).build().configuration();
        StepRates rates = new StepRates(1, 1, new float[(int) m]);
        PaeProblem problem = new PaeProblem(configuration, (int) n, (int) m, 1, rates);
        try (CudaSession<PaeParameters> backend =
                CudaSolvers.pae(problem, Execution.auto().withCooperative(false), false, RowBlocks.serial())) {
            backend.saveState();
            Map<String, Long> bytes = backend.deviceBytes();

            long blas = bytes.remove("cuBLAS");
            assertTrue(blas <= 36L << 20, () -> "cuBLAS: " + blas); // less on a device of little memory
            bytes.remove("partial sums");
            long small = 4 * m + 8 * r * r + 80 * r + 8 * ((2 * r + 1) / 8 + 1) + 12 + 32L * backend.stepsInFlight();
            assertEquals(
                    4 * n * m + 24 * n * r + 84 * m * r + small,
                    bytes.values().stream().mapToLong(Long::longValue).sum(),
                    bytes::toString);
        }
    }

    /** V, P and S, H and W with their copies, Q and what is made of it; the rest is small. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KL")
    void theDeviceHoldsOfStandardNmfWhatTheArchitectureSays(NmfAlgorithm algorithm) {
        long n = 300;
        long m = 40;
        long r = 8;
        NmfProblem problem = new NmfProblem(algorithm, (int) n, (int) m, (int) r, 1);
        Execution inChunks = Execution.auto().withCooperative(false).withChunkRows(256);
        try (CudaSession<NmfParameters> backend = CudaSolvers.nmf(problem, inChunks, false, RowBlocks.serial())) {
            backend.saveState();
            Map<String, Long> bytes = backend.deviceBytes();

            long blas = bytes.remove("cuBLAS");
            assertTrue(blas <= 36L << 20, () -> "cuBLAS: " + blas); // less on a device of little memory
            bytes.remove("partial sums");
            long weights = algorithm == NmfAlgorithm.MU ? 20 : 16;
            long small = 8 * r * r + 12 + 16L * backend.stepsInFlight();
            assertEquals(
                    4 * n * m + 8 * n * r + 8 * 256 * r + weights * m * r + small,
                    bytes.values().stream().mapToLong(Long::longValue).sum(),
                    bytes::toString);
        }
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() {
        BackendUnavailableException failure =
                assertThrows(BackendUnavailableException.class, () -> fit(CUDA.withDevice(99), Optimiser.ADAM, 0));

        assertTrue(
                failure.getMessage().startsWith("there is no CUDA device 99: this machine has "), failure.getMessage());
    }
}
