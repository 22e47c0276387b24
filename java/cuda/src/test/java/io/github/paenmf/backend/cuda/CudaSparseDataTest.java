package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.SparseDataSolver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.cuda.VbFits.Fit;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.VbParameters;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where sparse data lie on the device, and which bits that changes: none. */
@Tag("cuda")
class CudaSparseDataTest {

    private static final Execution CUDA = Execution.auto();
    private static final int N = 601;
    private static final int M = 31;

    private static Matrix data(int oneOf) {
        SplittableRandom random = new SplittableRandom(oneOf);
        float[] values = new float[N * M];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(oneOf) == 0 ? 1 + random.nextInt(9) : 0;
        }
        return Matrix.wrap(values, N, M);
    }

    private static VbProblem problem(int batchRows) {
        return new VbProblem(
                VariationalNmf.builder().rank(3).batchRows(batchRows).build().configuration(), N, M, 2.5, true);
    }

    private static Solver<VbParameters> open(int batchRows, Execution execution, boolean streamed) {
        return new SparseDataSolver<>(CudaSolvers.vb(problem(batchRows), execution, streamed, RowBlocks.serial()));
    }

    private static Fit fit(int batchRows, Execution execution, boolean streamed, Matrix data) {
        try (Solver<VbParameters> solver = open(batchRows, execution, streamed)) {
            return VbFits.fit(solver, problem(batchRows), data, 6);
        }
    }

    /** Chunks of the same rows are put in the order of columns in the same way, wherever they come from. */
    @ParameterizedTest
    @CsvSource({"0, 0", "250, 0", "0, 256", "300, 256"})
    void aFitHasTheSameBitsStreamedAndWithoutAGraph(int batchRows, int chunkRows) {
        Execution execution = CUDA.withChunkRows(chunkRows);
        Matrix data = data(4);
        Fit first = fit(batchRows, execution, false, data);

        assertEquals(first, fit(batchRows, execution, false, data));
        assertEquals(first, fit(batchRows, execution.withGraph(false), false, data));
        assertEquals(first, fit(batchRows, execution, true, data));
        assertNotEquals(first, fit(batchRows, execution, false, data(5)));
    }

    /** Whichever lanes, warps and blocks run first. */
    @Test
    void noBitDependsOnScheduling() {
        List<String> bits = Stream.of("0", "1", "7")
                .map(schedule -> CudaProcess.run(
                                "sparse bits", CudaProcess.emulator(), Map.of("PAENMF_EMULATOR_SCHEDULE", schedule))
                        .lines()
                        .filter(line -> line.startsWith("bits "))
                        .findFirst()
                        .orElseThrow())
                .toList();

        assertEquals(1, bits.stream().distinct().count(), bits::toString);
    }

    /** Data with fewer nonzeros, and with more, than those for which steps were recorded. */
    @ParameterizedTest
    @CsvSource({"0, false", "250, false", "250, true"})
    void otherDataMayFollow(int batchRows, boolean streamed) {
        VbProblem problem = problem(batchRows);
        List<Matrix> all = List.of(data(4), data(9), data(2), data(4));
        try (Solver<VbParameters> solver = open(batchRows, CUDA, streamed)) {
            for (Matrix data : all) {
                assertEquals(fit(batchRows, CUDA, streamed, data), VbFits.fit(solver, problem, data, 6));
            }
        }
    }

    /** What puts another chunk in the order of columns between two steps, or other data, does not leave it to them. */
    @Test
    void whatIsDoneBetweenStepsDoesNotDisturbThem() {
        VbProblem problem = problem(0);
        Matrix data = data(4);
        Matrix y = CudaScenarios.ones(N, 2);
        try (Solver<VbParameters> solver = open(0, CUDA, false)) {
            float[] expected = VbFits.sums(solver, problem, data).q();
            float[][] products = solver.products(data).projectTransposed(y).toRows();
            for (int i = 0; i < 3; i++) { // the third time by a graph
                stepInChunks(solver, problem, data);
            }
            assertArrayEquals(expected, VbFits.sums(solver, problem, data).q());
            Matrix others = Matrix.of(data.toRows()); // the same values
            assertArrayEquals(
                    products, solver.products(others).projectTransposed(y).toRows());
            assertArrayEquals(expected, VbFits.sums(solver, problem, data).q());
        }
    }

    private static void stepInChunks(Solver<VbParameters> solver, VbProblem problem, Matrix data) {
        solver.setParameters(VbFits.start(problem));
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < N; from += 256) {
            Rows rows = Rows.inOrder(data, from, Math.min(256, N - from));
            solver.project(rows);
            solver.rowStage(rows, 0);
            solver.accumulate(rows, 1);
        }
        solver.update();
        solver.takeObjectives();
    }

    @Test
    void theDescriptionSaysWhereAndThatThereIsNoTf32() {
        Matrix data = data(4);
        Execution tf32 = CUDA.withPrecision(Precision.TF32).withChunkRows(256);
        for (boolean streamed : new boolean[] {false, true}) {
            try (Solver<VbParameters> solver = open(0, tf32, streamed)) {
                assertTrue(solver.description().contains("FP32, sparse data, "), solver.description());
                VbFits.sums(solver, problem(0), data);
                String where = streamed ? "sparse data streamed in runs of 256 rows" : "sparse data on the device";
                assertTrue(solver.description().contains("FP32, " + where), solver.description());
            }
            assertEquals(fit(0, CUDA.withChunkRows(256), streamed, data), fit(0, tf32, streamed, data));
        }
    }

    /**
     * 16 bytes per nonzero for both orders, 8 a row and a column for where they begin, at most 4 a nonzero for counts of tiles
     * and at most 1, and some, for parts of sums; the rest is as with dense data.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDeviceHoldsWhatTheReadmeOfTheKernelsSays(boolean streamed) {
        SparseMatrix data = SparseMatrix.of(data(3));
        long nonzeros = data.nonzeros();
        int r = 8;
        NmfProblem problem = new NmfProblem(NmfAlgorithm.HALS, N, M, r, 1, true);
        try (CudaSession<NmfParameters> session = CudaSolvers.nmf(problem, CUDA, streamed, RowBlocks.serial())) {
            session.products(data).project(CudaScenarios.ones(M, 1));
            Map<String, Long> bytes = session.deviceBytes();

            long rows = bytes.remove("sparse data of " + N + " rows with " + nonzeros + " nonzeros");
            assertEquals((streamed ? 2 : 1) * (8 * nonzeros + 8 * (N + 1)), rows);
            long columns = bytes.remove("sparse data in the order of columns");
            long tiles = (N - 1) / 32 + 1;
            long parts = 8L * r * (nonzeros / 512 + 2);
            assertEquals(8 * nonzeros + 8 * (M + 1) + 4 * tiles * M + parts, columns);
            assertTrue(4 * tiles * M <= 4 * nonzeros && parts <= nonzeros + 16L * r, "of counts and parts");
            assertTrue(
                    bytes.keySet().stream().noneMatch(what -> what.contains("of data")), "nothing is dense: " + bytes);
        }
    }

    /** Of a device with 6 MiB. */
    @Test
    void whatDoesNotFitIsStreamedOrRefused() {
        List<String> lines = CudaProcess.run("sparse", CudaProcess.emulator(), Map.of("PAENMF_EMULATOR_MEMORY", "6MiB"))
                .lines()
                .filter(line -> line.startsWith("chunks of ") || line.startsWith("CUDA"))
                .toList();
        assertTrue(lines.get(0).contains("sparse data streamed in runs of 256 rows"), lines.get(0));
        assertTrue(lines.get(0).endsWith(" 2048.0"), lines.get(0));
        assertEquals("chunks of 256 succeeded", lines.get(1));
        assertTrue(
                lines.get(2).startsWith("chunks of 2048 DeviceMemoryException the CUDA device is out of memory"),
                lines.get(2));
        assertTrue(lines.get(2).contains("sparse data of 2048 rows with 614400 nonzeros"), lines.get(2));
        assertTrue(lines.get(2).endsWith("a smaller --chunk-rows needs less"), lines.get(2));
    }
}
