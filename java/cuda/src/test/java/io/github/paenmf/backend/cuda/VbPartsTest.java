package io.github.paenmf.backend.cuda;

import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.CPU;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.CUDA;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.PERTURBED;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.SCALE;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.compare;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.data;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.doubles;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.problem;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.withZeros;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.backend.cpu.CpuSolvers;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.PartSolver;
import io.github.paenmf.train.VbPart;
import io.github.paenmf.train.steps.Batch;
import io.github.paenmf.train.steps.TrainStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums over rows that are a part of the data, on the device against those on the CPU. */
@Tag("cuda")
class VbPartsTest {

    /**
     * Sums over rows that are a part of the data, ten cold sweeps each, as far from the CPU's as those of {@link VbCudaAlgorithmTest}. The solver keeps
     * nothing: asked again it gives the same bits, and after the sums of other parameters too.
     */
    @ParameterizedTest
    @CsvSource({
        "300, 60, 4, false, 0, false",
        "601, 31, 3, true, 256, false",
        "601, 31, 3, false, 256, true",
        "5, 3, 2, true, 0, false"
    })
    void theSumsOfAPartAreThoseOfTheCpu(int n, int m, int r, boolean sparse, int chunkRows, boolean streamed) {
        VbProblem whole = problem(n, m, r, Zeros.LEARN, 0, 0);
        Matrix data = sparse ? withZeros(data(n, m, r, 0.2)) : data(n, m, r, 0.2);
        RowSource rows = sparse ? SparseMatrix.of(data) : data;
        VbPart part = new VbPart(whole.configuration(), SCALE, 10_000);
        RowParameters start;
        RowParameters later;
        try (Solver<VbParameters> solver = CpuSolvers.vb(whole, CpuRuntime.get(CPU.blas()), CPU)) {
            VbFits.fit(solver, whole, data, 25); // coefficients may be 0 by then
            later = solver.rowParameters();
            solver.setParameters(VbFits.start(whole));
            start = solver.rowParameters();
        }
        VbProblem problem = new VbProblem(whole.configuration(), n, m, SCALE, sparse, null, Weights.NONE, 0, 10_000);
        Execution execution = CUDA.withChunkRows(chunkRows);
        try (CudaSession<VbParameters> solver = CudaSolvers.vb(problem, execution, streamed, RowBlocks.serial())) {
            for (RowParameters current : List.of(start, later)) {
                List<Map<String, double[]>> others = new ArrayList<>();
                for (int seed = 0; seed < PERTURBED; seed++) {
                    Matrix other = perturbed(data, 2 * ErrorReport.U, seed);
                    others.add(blocks(part.sums(other, Weights.NONE, null, current, 0, CPU), r));
                }
                Sums sums = sums(solver, rows, current, 0);
                compare(
                        "part, " + n + " x " + m + ", rank " + r + ":",
                        blocks(part.sums(data, Weights.NONE, null, current, 0, CPU), r),
                        others,
                        blocks(sums, r));
                assertSame(sums, sums(solver, rows, current, 0));
            }
            assertSame(part.sums(rows, Weights.NONE, null, start, 0, execution), sums(solver, rows, start, 0));
            assertFalse(solver.deviceBytes().containsKey("H"));
            assertThrows(UnsupportedOperationException.class, solver::update);
        }
    }

    /** P, S and posteriors of 100 000 rows of rank 100 take 160 MB, more than the emulated device has. */
    @ParameterizedTest
    @CsvSource({"100000, true", "1000, false"})
    void aPartSaysWhereItsChunksAreSmallerThanItsShapeAsksFor(int n, boolean isShort) {
        VbPart part = new VbPart(problem(n, 4, 100, Zeros.LEARN, 0, 0).configuration(), 1, n);
        try (PartSolver solver = part.open(Matrix.zeros(n, 4), Weights.NONE, null, CUDA)) {
            assertEquals(isShort, solver.isShort());
        }
    }

    static Sums sums(CudaSession<?> solver, RowSource rows, RowParameters current, int step) {
        solver.setRowParameters(current);
        return sums(solver, rows, step);
    }

    /** The same by the parameters that it has. */
    static Sums sums(CudaSession<?> solver, RowSource rows, int step) {
        int n = rows.rows();
        new TrainStep(solver).sum(Batch.of(rows, null, 0, n, solver.chunkRows(), new double[n]), step, false);
        return solver.readSums();
    }

    static void assertSame(Sums expected, Sums actual) {
        assertArrayEquals(expected.q(), actual.q());
        assertArrayEquals(expected.k(), actual.k());
        assertArrayEquals(expected.ofRows(), actual.ofRows());
        assertEquals(expected.rows(), actual.rows());
    }

    private static Map<String, double[]> blocks(Sums sums, int rank) {
        double[] ofRows = sums.ofRows();
        Map<String, double[]> blocks = new LinkedHashMap<>();
        blocks.put("Q", doubles(sums.q()));
        blocks.put("K", doubles(sums.k()));
        blocks.put("variances", Arrays.copyOf(ofRows, rank));
        blocks.put("inclusion", Arrays.copyOfRange(ofRows, rank, 2 * rank));
        blocks.put("means", Arrays.copyOfRange(ofRows, 2 * rank, 3 * rank));
        blocks.put("KL", Arrays.copyOfRange(ofRows, 3 * rank, 3 * rank + 1));
        return blocks;
    }
}
