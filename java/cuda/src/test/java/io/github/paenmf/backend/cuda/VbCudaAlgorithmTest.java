package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.Spread.distance;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.SparseDataSolver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.cpu.CpuBackends;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.backend.cpu.CpuSolvers;
import io.github.paenmf.backend.cuda.VbFits.Fit;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.testing.Spread;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fits of variational NMF on the device against those on the CPU. */
@Tag("cuda")
class VbCudaAlgorithmTest {

    private static final Logger LOG = System.getLogger(VbCudaAlgorithmTest.class.getName());
    static final Execution CPU = Execution.auto().withBackend(Choice.CPU).withThreads(2);
    static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);
    static final double SCALE = 2.5;

    /**
     * How many sets of data are perturbed, and how many times as far from the CPU as its farthest other fit CUDA may be.
     * Of what roundings change in a fit, a normal number ξ in each direction, the largest of five is below |ξ|/8 with
     * odds of at most (√(2/π)/8)⁵ · E|ξ|⁵ = 6e-5.
     */
    static final int PERTURBED = 4;

    private static final double MULTIPLE = 8;
    /** What a posterior, some twenty operations, rounds by beside its sums: as their random walk, √20·U. */
    private static final double OWN_ROUNDING = 4.5 * ErrorReport.U;

    static VbProblem problem(int n, int m, int r, Zeros zeros, double sigma, int batchRows) {
        VbConfiguration c = VariationalNmf.builder()
                .rank(r)
                .zeros(zeros)
                .sigma(sigma)
                .batchRows(batchRows)
                .init(VbInit.RANDOM)
                .build()
                .configuration();
        return new VbProblem(c, n, m, SCALE);
    }

    /** Root mean square {@link #SCALE}. */
    static Matrix data(int n, int m, int r, double noise) {
        Matrix planted = TestData.planted(n, m, r, noise, 11).data();
        double squares = 0;
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < m; f++) {
                squares += (double) planted.get(i, f) * planted.get(i, f);
            }
        }
        return TestData.scaled(planted, SCALE / Math.sqrt(squares / ((double) n * m)));
    }

    /** Data that are off by their rounding; with TF32, which has 11 bits, those of each product by another. */
    private static VbFits.Data perturbed(Matrix data, Precision precision, int seed) {
        if (precision == Precision.TF32) {
            return new VbFits.Data(data, Spread.perturbed(data, 0x1p-11, seed), Spread.perturbed(data, 0x1p-11, ~seed));
        }
        Matrix other = Spread.perturbed(data, 2 * ErrorReport.U, seed);
        return new VbFits.Data(other, other, other);
    }

    private static Fit onCpu(VbProblem problem, VbFits.Data data, int epochs) {
        try (Solver<VbParameters> solver = CpuSolvers.vb(problem, CpuRuntime.get(CPU.blas()), CPU)) {
            return VbFits.fit(solver, problem, data, epochs);
        }
    }

    private static Fit onCuda(VbProblem problem, Matrix data, int epochs, Execution execution, boolean streamed) {
        try (Solver<VbParameters> solver = CurrentContext.watched(
                Solver.class, CudaSolvers.vb(problem, execution, streamed, RowBlocks.serial()))) {
            return VbFits.fit(solver, problem, data, epochs);
        }
    }

    /**
     * Parameters and ELBO: as far as the roundings of the CPU's own arithmetic carry its fit, by another order of every
     * sum and by data that are off by their rounding, and not much farther.
     */
    @ParameterizedTest
    @CsvSource({
        "300, 60, 4, LEARN, 0, 0, 0, FP32, true, false",
        "300, 60, 4, OFF, 0, 0, 0, FP32, false, false",
        "60, 300, 7, LEARN, 0, 0, 0, FP32, true, false",
        "60, 300, 7, LEARN, .2, 0, 0, FP32, true, false",
        "601, 31, 3, LEARN, 0, 250, 0, FP32, true, false",
        "601, 31, 3, OFF, .3, 250, 0, FP32, false, true",
        "601, 31, 3, LEARN, 0, 0, 256, FP32, true, false",
        "601, 31, 3, LEARN, 0, 0, 256, FP32, true, true",
        "601, 31, 3, LEARN, 0, 300, 256, FP32, true, false",
        "300, 60, 4, LEARN, 0, 0, 0, TF32, true, false",
        "67, 130, 99, LEARN, 0, 0, 0, FP32, true, false",
        "5, 3, 2, LEARN, 0, 0, 0, FP32, true, false",
        "1, 1, 1, LEARN, 0, 0, 0, FP32, true, false"
    })
    void aFitIsThatOfTheCpu(
            int n,
            int m,
            int r,
            Zeros zeros,
            double sigma,
            int batchRows,
            int chunkRows,
            Precision precision,
            boolean graph,
            boolean streamed) {
        VbProblem problem = problem(n, m, r, zeros, sigma, batchRows);
        Matrix data = data(n, m, Math.min(r, 5), 0.2);
        Execution execution =
                CUDA.withChunkRows(chunkRows).withPrecision(precision).withGraph(graph);
        for (int epochs : new int[] {1, 30}) {
            Fit cpu = onCpu(problem, new VbFits.Data(data, data, data), epochs);
            List<Fit> others = new ArrayList<>();
            try (Solver<VbParameters> solver = CpuBackends.lastTermFirst(CPU, problem)) {
                others.add(VbFits.fit(solver, problem, data, epochs));
            }
            for (int seed = 0; seed < PERTURBED; seed++) {
                others.add(onCpu(problem, perturbed(data, precision, seed), epochs));
            }
            Fit cuda = onCuda(problem, data, epochs, execution, streamed);
            String what = n + " x " + m + ", rank " + r + ", zeros " + zeros + ", sigma " + sigma + ", batches of "
                    + batchRows + ", " + execution.precision() + ", " + epochs + " epochs:";
            compare(what, cpu, others, cuda);
            assertEquals(cpu.parameters().zeros(), cuda.parameters().zeros());
        }
    }

    /** Seven tenths of the data are 0: products go by nonzeros, in another order again, and the rest is the same. */
    @ParameterizedTest
    @CsvSource({
        "300, 60, 4, 0, 0, true, false",
        "300, 60, 4, 0, 256, false, false",
        "601, 31, 3, 250, 0, true, false",
        "601, 31, 3, 250, 0, true, true",
        "601, 31, 3, 0, 256, true, true"
    })
    void aFitOfSparseDataIsThatOfDenseData(
            int n, int m, int r, int batchRows, int chunkRows, boolean graph, boolean streamed) {
        compareWithDense(n, m, r, batchRows, chunkRows, graph, streamed);
    }

    @Test
    @Tag("long")
    void aFitOfManyComponentsToSparseDataIsThatOfDenseData() {
        compareWithDense(60, 300, 99, 0, 0, true, false);
    }

    private static void compareWithDense(
            int n, int m, int r, int batchRows, int chunkRows, boolean graph, boolean streamed) {
        VbProblem problem = problem(n, m, r, Zeros.LEARN, 0, batchRows);
        Matrix data = withZeros(data(n, m, Math.min(r, 5), 0.2));
        Execution execution = CUDA.withChunkRows(chunkRows).withGraph(graph);
        for (int epochs : new int[] {1, 30}) {
            Fit cpu = onCpu(problem, new VbFits.Data(data, data, data), epochs);
            List<Fit> others = new ArrayList<>();
            for (int seed = 0; seed <= PERTURBED; seed++) {
                others.add(onCpu(problem, perturbed(data, Precision.FP32, seed), epochs));
            }
            try (Solver<VbParameters> solver = new SparseDataSolver<>(
                    CudaSolvers.vb(SparseDataSolver.sparse(problem), execution, streamed, RowBlocks.serial()))) {
                String what = "sparse, " + n + " x " + m + ", rank " + r + ", batches of " + batchRows + ", " + epochs
                        + " epochs:";
                compare(what, cpu, others, VbFits.fit(solver, problem, data, epochs));
            }
        }
    }

    static Matrix withZeros(Matrix data) {
        SplittableRandom random = new SplittableRandom(9);
        float[][] rows = data.toRows();
        for (float[] row : rows) {
            for (int f = 0; f < row.length; f++) {
                row[f] = random.nextInt(10) < 3 ? row[f] : 0;
            }
        }
        return Matrix.of(rows);
    }

    private static void compare(String what, Fit cpu, List<Fit> others, Fit cuda) {
        compare(
                what,
                blocks(cpu),
                others.stream().map(VbCudaAlgorithmTest::blocks).toList(),
                blocks(cuda));
    }

    static void compare(
            String what, Map<String, double[]> cpu, List<Map<String, double[]>> onCpu, Map<String, double[]> onCuda) {
        StringBuilder line = new StringBuilder(what);
        double worst = 0;
        for (Map.Entry<String, double[]> block : cpu.entrySet()) {
            String name = block.getKey();
            double spread = Spread.of(block.getValue(), onCpu.stream().map(other -> other.get(name)));
            double distance = distance(block.getValue(), onCuda.get(name));
            line.append(String.format(Locale.ROOT, " %s %.1e (%.1e)", name, distance, spread));
            worst = Math.max(worst, distance / (spread + OWN_ROUNDING));
        }
        line.append(String.format(Locale.ROOT, "; at most %.2f times the spread", worst));
        LOG.log(Level.INFO, line);
        assertTrue(worst <= MULTIPLE, () -> line + ", may be " + MULTIPLE);
    }

    private static Map<String, double[]> blocks(Fit fit) {
        Map<String, double[]> blocks = new LinkedHashMap<>();
        VbParameters p = fit.parameters();
        blocks.put("W", doubles(p.mean()));
        blocks.put("variance", doubles(p.variance()));
        blocks.put("inclusion", doubles(p.inclusion()));
        blocks.put("prior means", p.priorMean());
        blocks.put("π of W", p.priorInclusion());
        blocks.put("π of H", p.coefficientInclusion());
        blocks.put("σ²", new double[] {p.squaredSigma()});
        blocks.put("reconstruction", values(fit, Objective::reconstruction));
        blocks.put("KL", values(fit, Objective::kl));
        return blocks;
    }

    static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double[] values(Fit fit, ToDoubleFunction<Objective> value) {
        return fit.objectives().stream().mapToDouble(value).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 250})
    void theSameFitHasTheSameBitsWithAGraphAndWithout(int batchRows) {
        VbProblem problem = problem(601, 31, 3, Zeros.LEARN, 0, batchRows);
        Matrix data = data(601, 31, 3, 0.2);
        Fit first = onCuda(problem, data, 25, CUDA, false);

        assertEquals(first, onCuda(problem, data, 25, CUDA, false));
        assertEquals(first, onCuda(problem, data, 25, CUDA.withGraph(false), false));
        assertNotEquals(first, onCuda(problem, data, 25, CUDA.withPrecision(Precision.TF32), false));
    }

    /** Before the first epoch, when no row has means, between others, and before the one in which zeros come in. */
    @ParameterizedTest
    @CsvSource({"0, 0", "0, 3", "0, 18", "250, 0", "250, 3", "250, 6"})
    void aSavedStateIsAllThatLaterEpochsStartFrom(int batchRows, int saved) {
        VbProblem problem = problem(601, 31, 3, Zeros.LEARN, 0, batchRows);
        Matrix data = data(601, 31, 3, 0.2);
        try (CudaSession<VbParameters> solver = CudaSolvers.vb(problem, CUDA, false, RowBlocks.serial())) {
            VbFits.fit(solver, problem, data, saved);
            solver.saveState();
            Fit once = VbFits.goOn(solver, problem, data, saved, 4);
            solver.restoreState();
            Fit again = VbFits.goOn(solver, problem, data, saved, 4);
            solver.restoreState();
            Fit shorter = VbFits.goOn(solver, problem, data, saved, 2);

            assertEquals(once, again);
            assertEquals(
                    shorter,
                    onCudaTail(problem, data, saved + 2, shorter.objectives().size()));
        }
    }

    /** A fit, of whose objectives the last are wanted. */
    private static Fit onCudaTail(VbProblem problem, Matrix data, int epochs, int last) {
        Fit whole = onCuda(problem, data, epochs, CUDA, false);
        int all = whole.objectives().size();
        return new Fit(whole.parameters(), whole.objectives().subList(all - last, all));
    }

    /** A solver that has fitted before starts afresh. */
    @ParameterizedTest
    @ValueSource(ints = {0, 250})
    void newParametersForgetTheRows(int batchRows) {
        VbProblem problem = problem(601, 31, 3, Zeros.LEARN, 0, batchRows);
        Matrix data = data(601, 31, 3, 0.2);
        try (CudaSession<VbParameters> solver = CudaSolvers.vb(problem, CUDA, false, RowBlocks.serial())) {
            Fit once = VbFits.fit(solver, problem, data, 3);
            assertEquals(once, VbFits.fit(solver, problem, data, 3));
        }
    }

    /** A step whose sums were made on another solver has the bits of that solver's own. */
    @Test
    void sumsThatWereMadeElsewhereGiveTheSameUpdate() {
        VbProblem problem = problem(300, 20, 3, Zeros.LEARN, 0, 0);
        Matrix data = data(300, 20, 3, 0.2);
        Execution inChunks = CUDA.withChunkRows(256);
        try (CudaSession<VbParameters> here = CudaSolvers.vb(problem, inChunks, false, RowBlocks.serial());
                CudaSession<VbParameters> elsewhere = CudaSolvers.vb(problem, inChunks, false, RowBlocks.serial())) {
            Sums sums = VbFits.sums(elsewhere, problem, data);
            elsewhere.update();
            here.setParameters(VbFits.start(problem));
            here.clearSums();
            here.gram();
            here.addSums(sums);
            assertArrayEquals(sums.ofRows(), here.readSums().ofRows());
            here.update();

            assertEquals(elsewhere.takeObjectives(), here.takeObjectives());
            VbParameters expected = new VbParameters(20, 3);
            VbParameters actual = new VbParameters(20, 3);
            elsewhere.readParameters(expected);
            here.readParameters(actual);
            assertEquals(expected, actual);
        }
    }

    /** H of all rows twice, once in the copy of the state; means, products and posteriors of a chunk; W and its copy. */
    @ParameterizedTest
    @ValueSource(ints = {0, 100})
    void theDeviceHoldsWhatTheArchitectureSays(int batchRows) {
        long n = 300;
        long m = 40;
        long r = 8;
        long chunk = batchRows == 0 ? n : batchRows;
        VbProblem problem = problem((int) n, (int) m, (int) r, Zeros.LEARN, 0, batchRows);
        try (CudaSession<VbParameters> solver =
                CudaSolvers.vb(problem, Execution.auto().withCooperative(false), false, RowBlocks.serial())) {
            solver.saveState();
            Map<String, Long> bytes = solver.deviceBytes();

            long blas = bytes.remove("cuBLAS");
            assertTrue(blas <= 36L << 20, () -> "cuBLAS: " + blas); // less on a device of little memory
            bytes.remove("partial sums");
            long v = 4 * n * m + (batchRows == 0 ? 0 : 4 * (chunk * m + n + chunk));
            long weights = batchRows == 0 ? 32 : 40;
            long squares = batchRows == 0 ? 12 : 20;
            long vectors = 8 * (3 * r + 2) * (batchRows == 0 ? 3 : 5) + 16 * (4 * r + 2) + 16 * (2 * r + 2);
            long small = 12 + 8 + 16L * solver.stepsInFlight();
            assertEquals(
                    v + 8 * n * r + 16 * chunk * r + weights * m * r + squares * r * r + vectors + small,
                    bytes.values().stream().mapToLong(Long::longValue).sum(),
                    bytes::toString);
        }
    }

    /** What is no longer finite shows in the objective, as it does on the CPU. */
    @Test
    void divergenceIsSeen() {
        VbProblem problem = problem(40, 6, 2, Zeros.LEARN, 0, 0);
        Matrix data = data(40, 6, 2, 0.2);
        VbParameters start = VbFits.start(problem);
        start.mean()[0] = Float.NaN;
        try (CudaSession<VbParameters> solver = CudaSolvers.vb(problem, CUDA, false, RowBlocks.serial())) {
            solver.setParameters(start);
            Fit fit = VbFits.goOn(solver, problem, data, 0, 1);
            assertTrue(
                    !fit.objectives().get(0).isFinite(), () -> fit.objectives().toString());
        }
    }
}
