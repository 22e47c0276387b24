package io.github.paenmf.backend.cuda;

import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.CPU;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.CUDA;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.PERTURBED;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.SCALE;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.compare;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.data;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.doubles;
import static io.github.paenmf.backend.cuda.VbCudaAlgorithmTest.withZeros;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.SampleIds;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.PaePart;
import io.github.paenmf.train.PaeTrainer;
import io.github.paenmf.train.PartSolver;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums of PAE-NMF over rows that are a part of the data, on the device. */
@Tag("cuda")
class PaePartsTest {

    private static final int STEP = 3;

    private static PaeConfiguration configuration(int rank) {
        return PaeNmf.builder().rank(rank).seed(7).epochs(40).build().configuration();
    }

    private static RowParameters of(PaeParameters parameters, double squaredSigma) {
        double[] others = Arrays.copyOf(doubles(parameters.biases()), 2 * parameters.rank() + 1);
        others[2 * parameters.rank()] = squaredSigma;
        return new RowParameters(parameters.weights(), others);
    }

    private static PaeProblem problem(PaeConfiguration c, RowSource rows, PaeProblem.Part part) {
        int m = rows.columns();
        StepRates none = new StepRates(0, 0, new float[m]);
        boolean sparse = rows instanceof SparseMatrix;
        return new PaeProblem(c, rows.rows(), m, SCALE, SCALE, none, sparse, null, Weights.NONE, part);
    }

    /**
     * As far from the CPU's as data that are off by their rounding carry those, and not much farther ({@link
     * VbCudaAlgorithmTest}); ids take all 64 bits. The solver keeps nothing: asked again it gives the same bits, and after the
     * sums of other parameters too.
     */
    @ParameterizedTest
    @CsvSource({
        "300, 60, 4, false, 0, false",
        "601, 31, 3, true, 256, false",
        "601, 31, 3, true, 256, true",
        "601, 31, 3, false, 256, true",
        "5, 3, 2, true, 0, false"
    })
    void theSumsOfAPartAreThoseOfTheCpu(int n, int m, int r, boolean sparse, int chunkRows, boolean streamed) {
        PaeConfiguration c = configuration(r);
        Matrix data = sparse ? withZeros(data(n, m, r, 0.2)) : data(n, m, r, 0.2);
        RowSource rows = sparse ? SparseMatrix.of(data) : data;
        long[] ids = new SplittableRandom(n).longs(n).toArray();
        PaePart part = new PaePart(c, SCALE, SCALE);
        RowParameters start = of(Initialiser.parameters(c, DataStatistics.of(data, 0)), 0.25);
        RowParameters later =
                of(new PaeTrainer(c, CPU, report -> true).fit(data).model().parameters(), 0.04);
        Execution execution = CUDA.withChunkRows(chunkRows);
        PaeProblem problem = problem(c, rows, new PaeProblem.Part(ids, 1));
        try (CudaSession<PaeParameters> solver = CudaSolvers.pae(problem, execution, streamed, RowBlocks.serial())) {
            for (RowParameters current : List.of(start, later)) {
                List<Map<String, double[]>> others = new ArrayList<>();
                for (int seed = 0; seed < PERTURBED; seed++) {
                    Matrix other = perturbed(data, 2 * ErrorReport.U, seed);
                    others.add(blocks(part.sums(other, Weights.NONE, ids, current, STEP, CPU), r));
                }
                Sums sums = VbPartsTest.sums(solver, rows, current, STEP);
                compare(
                        "part, " + n + " x " + m + ", rank " + r + ":",
                        blocks(part.sums(data, Weights.NONE, ids, current, STEP, CPU), r),
                        others,
                        blocks(sums, r));
                VbPartsTest.assertSame(sums, VbPartsTest.sums(solver, rows, current, STEP));
            }
            VbPartsTest.assertSame(
                    part.sums(rows, Weights.NONE, ids, start, STEP, execution),
                    VbPartsTest.sums(solver, rows, start, STEP));
            assertFalse(solver.deviceBytes().containsKey("moments of adam"));
            assertThrows(UnsupportedOperationException.class, solver::update);
        }
    }

    /** Where ids are the indices of rows, to the bit; the upper halves of ids count. */
    @ParameterizedTest
    @CsvSource({"300, 60, 4, 0, false", "601, 31, 3, 256, false", "601, 31, 3, 256, true"})
    void theSumsOfAllRowsByTheirIndicesAreThoseOfAStep(int n, int m, int r, int chunkRows, boolean streamed) {
        PaeConfiguration c = configuration(r);
        Matrix data = data(n, m, r, 0.2);
        PaeParameters parameters = Initialiser.parameters(c, DataStatistics.of(data, 0));
        RowParameters current = of(parameters, c.sigma() * c.sigma());
        Execution execution = CUDA.withChunkRows(chunkRows);
        Sums expected;
        try (CudaSession<PaeParameters> solver =
                CudaSolvers.pae(problem(c, data, null), execution, streamed, RowBlocks.serial())) {
            solver.setParameters(parameters);
            expected = VbPartsTest.sums(solver, data, STEP);
        }
        long[] ids = SampleIds.range(0, n);
        try (CudaSession<PaeParameters> solver = CudaSolvers.pae(
                problem(c, data, new PaeProblem.Part(ids, 1)), execution, streamed, RowBlocks.serial())) {
            VbPartsTest.assertSame(expected, VbPartsTest.sums(solver, data, current, STEP));
        }
        ids[n - 1] |= 1L << 32;
        float[] other = new PaePart(c, SCALE, SCALE)
                .sums(data, Weights.NONE, ids, current, STEP, execution)
                .k();
        assertFalse(Arrays.equals(expected.k(), other));
    }

    /** P and S of so many rows of rank 100 take 134 MB, more than the emulated device has. */
    @Test
    void aPartSaysWhereItsChunksAreSmallerThanItsShapeAsksFor() {
        PaePart part = new PaePart(configuration(100), 1, 1);
        int n = 60_000;
        try (PartSolver solver = part.open(Matrix.zeros(n, 4), Weights.NONE, new long[n], CUDA)) {
            assertTrue(solver.isShort());
        }
    }

    private static Map<String, double[]> blocks(Sums sums, int rank) {
        double[] ofRows = sums.ofRows();
        Map<String, double[]> blocks = new LinkedHashMap<>();
        for (int part = 0; part < 3; part++) {
            double[] q = new double[sums.q().length / 3];
            for (int i = 0; i < q.length; i++) {
                q[i] = sums.q()[(3 * (i / rank) + part) * rank + i % rank];
            }
            blocks.put("Q of " + List.of("λ", "k", "H").get(part), q);
        }
        blocks.put("K", doubles(sums.k()));
        blocks.put("bλ", Arrays.copyOf(ofRows, rank));
        blocks.put("bk", Arrays.copyOfRange(ofRows, rank, 2 * rank));
        // parts of a coefficient's KL are about 1, and may cancel: beside their number
        blocks.put("KL", new double[] {ofRows[2 * rank], sums.rows() * rank});
        blocks.put("⟨H, C⟩", Arrays.copyOfRange(ofRows, 2 * rank + 1, 2 * rank + 2));
        return blocks;
    }
}
