package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps of variational NMF over data with missing entries, against the same in double precision with plain loops. */
class IncompleteSolverTest {

    private static final int N = 263; // more than a block
    private static final int M = 37;

    /**
     * Posteriors are right to 2e-6 in the mean; sums in float32 and β add as much, 8√37 units of 6e-8 (ErrorReport). What a
     * sweep has of that, the next one halves or better, except for W, which comes after: 2 · 2 · 2e-6, and 2e-6 for what is
     * rounded last; of the greatest mean of a factor.
     */
    private static final double MEAN = 1e-5;
    /** Variances are right to 1e-5, and depend on probabilities, which change with β up to ten times as fast as means. */
    private static final double VARIANCE = 1e-4;

    /** Which entries are missing. */
    enum Pattern {
        /** A tenth, but none of some rows and features. */
        FEW,
        /** Nothing. */
        NONE,
        /** All but a tenth. */
        MOST,
        /** Of some rows and features few, of others most. */
        BOTH,
        /** In some rows all features in which a component is large: nothing is left of its norm. */
        A_COMPONENT;

        boolean isMissing(int i, int f, SplittableRandom random) {
            boolean tenth = random.nextInt(10) == 0;
            return switch (this) {
                case NONE -> false;
                case FEW -> tenth && i % 5 != 1 && f % 7 != 2;
                case MOST -> !tenth && i % M != f && f != 3;
                case BOTH -> i % 2 == 0 && f % 3 != 0 ? !tenth && i % M != f : tenth && i % 5 != 1;
                case A_COMPONENT -> i % 3 == 0 ? f < 4 : tenth && i % 5 != 1;
            };
        }
    }

    static Stream<Arguments> cases() {
        // ranks beyond a vector take most of the time, and do not depend on what is missing
        Stream<Arguments> wide =
                Stream.of(Arguments.of(Pattern.BOTH, true, 17, 0), Arguments.of(Pattern.BOTH, false, 17, 16));
        Stream<Arguments> narrow = Stream.of(Pattern.values())
                .flatMap(pattern -> Stream.of(
                        Arguments.of(pattern, true, 1, 0),
                        Arguments.of(pattern, true, 3, 0),
                        Arguments.of(pattern, false, 3, 0),
                        Arguments.of(pattern, true, 3, 1),
                        Arguments.of(pattern, true, 3, 3)));
        return Stream.concat(narrow, wide);
    }

    private static VbConfiguration configuration(int rank) {
        return new VbConfiguration(
                rank,
                1,
                0,
                Zeros.LEARN,
                0,
                VbInit.RANDOM,
                0,
                1,
                IntervalMethod.MEAN_FIELD,
                NoiseVariance.CONSTANT,
                Likelihood.GAUSSIAN,
                Missing.NAN,
                1);
    }

    /** A product and noise, NaN where it is missing. */
    static float[][] values(Pattern pattern, VbParameters w, SplittableRandom random) {
        float[][] values = new float[N][M];
        double[] h = new double[w.rank()];
        for (float[] row : values) {
            Arrays.setAll(h, j -> random.nextInt(3) == 0 ? 0 : -Math.log(random.nextDouble()));
            for (int f = 0; f < M; f++) {
                double sum = random.nextDouble(-0.3, 0.3);
                for (int j = 0; j < h.length; j++) {
                    sum += h[j] * w.mean()[f * h.length + j];
                }
                row[f] = (float) sum;
            }
        }
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                if (pattern.isMissing(i, f, random)) {
                    values[i][f] = Float.NaN;
                }
            }
        }
        return values;
    }

    static VbParameters start(int rank, boolean zeros, SplittableRandom random) {
        VbParameters start = new VbParameters(M, rank);
        for (int e = 0; e < M * rank; e++) {
            boolean large = e % rank == 0 ? e / rank < 4 : random.nextBoolean();
            float mean = (float) (large ? random.nextDouble(0.1, 1) : 1e-3);
            start.mean()[e] = mean;
            start.variance()[e] = 0.1f * mean * mean;
            start.inclusion()[e] = 1;
        }
        Arrays.fill(start.priorMean(), 0.5);
        Arrays.fill(start.priorInclusion(), 0.4);
        Arrays.fill(start.coefficientInclusion(), 0.6);
        start.setSquaredSigma(0.1);
        start.setZeros(zeros);
        return start;
    }

    static double[][] doubles(float[][] values) {
        double[][] copy = new double[values.length][M];
        for (int i = 0; i < values.length; i++) {
            for (int f = 0; f < M; f++) {
                copy[i][f] = values[i][f] / SCALE;
            }
        }
        return copy;
    }

    static final double SCALE = 2;

    private static Objective step(Solver<VbParameters> solver, RowSource data) {
        double squaredNorm = 0;
        float[] row = new float[M];
        for (int i = 0; i < N; i++) {
            data.copyRow(i, row, 0);
            for (float value : row) {
                squaredNorm += value / SCALE * (value / SCALE);
            }
        }
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < N; from += solver.chunkRows()) {
            int count = Math.min(solver.chunkRows(), N - from);
            Rows rows = Rows.inOrder(data, from, count);
            solver.project(rows);
            solver.rowStage(rows, 0);
            solver.accumulate(rows, from == 0 ? squaredNorm : 0);
        }
        solver.update();
        return solver.takeObjectives().get(0);
    }

    private static Solver<VbParameters> open(RowSource data, int rank, int threads) {
        return open(data, rank, 0, threads);
    }

    private static Solver<VbParameters> open(RowSource data, int rank, int fixed, int threads) {
        VbProblem problem = new VbProblem(
                configuration(rank), N, M, SCALE, data instanceof SparseSource, data.mask(), Weights.NONE, fixed);
        return CpuSolvers.vb(
                problem,
                CpuRuntime.get(),
                Execution.auto().withThreads(threads).withChunkRows(threads == 1 ? 256 : 512));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aStepIsThatOfDoublePrecisionOverObservedEntries(Pattern pattern, boolean zeros, int rank, int fixed) {
        SplittableRandom random = new SplittableRandom(rank);
        VbParameters start = start(rank, zeros, random);
        for (int e = 0; e < M * rank; e++) {
            start.variance()[e] *= e % rank < fixed ? 0 : 1;
        }
        float[][] values = values(pattern, start, random);
        IncompleteReference reference = new IncompleteReference(doubles(values), start, fixed);
        reference.step();
        double greatest = Arrays.stream(reference.w.mean)
                .flatMapToDouble(Arrays::stream)
                .max()
                .orElseThrow();
        ErrorReport report = new ErrorReport(pattern + " missing, rank " + rank + (zeros ? ", zeros" : ""));
        for (boolean sparse : new boolean[] {false, true}) {
            Matrix dense = Matrix.of(values);
            RowSource data = IncompleteData.of(sparse ? SparseMatrix.of(dense) : dense, Missing.NAN);
            VbParameters result = new VbParameters(M, rank);
            Objective objective;
            try (Solver<VbParameters> solver = open(data, rank, fixed, 2)) {
                solver.setParameters(start);
                objective = step(solver, data);
                solver.readParameters(result);
            }
            for (int e = 0; e < M * rank; e++) {
                int f = e / rank;
                int j = e % rank;
                double unit = reference.h.priorMean[j]; // parameters have prior means of H of 1
                report.compare("mean", unit * reference.w.mean[f][j], result.mean()[e], MEAN * unit * greatest);
                double variance = unit * unit * reference.w.variance[f][j];
                report.compare(
                        "variance", variance, result.variance()[e], VARIANCE * unit * unit * greatest * greatest);
                report.compare("inclusion", reference.w.inclusion[f][j], result.inclusion()[e], VARIANCE);
            }
            report.compare("σ²", reference.squaredSigma, result.squaredSigma(), VARIANCE * reference.squaredSigma);
            report.compare("−E ln p", reference.reconstruction, objective.reconstruction(), VARIANCE * M);
            report.compare("KL", reference.divergence, objective.kl(), VARIANCE * reference.divergence);
        }
        report.log();
    }

    @ParameterizedTest
    @EnumSource(Pattern.class)
    void threadsAndChunksChangeNoBit(Pattern pattern) {
        SplittableRandom random = new SplittableRandom(5);
        VbParameters start = start(7, true, random);
        RowSource data = IncompleteData.of(Matrix.of(values(pattern, start, random)), Missing.NAN);
        VbParameters[] results = new VbParameters[2];
        for (int threads = 1; threads <= 2; threads++) {
            results[threads - 1] = new VbParameters(M, 7);
            try (Solver<VbParameters> solver = open(data, 7, threads)) {
                solver.setParameters(start);
                for (int step = 0; step < 3; step++) {
                    step(solver, data);
                }
                solver.readParameters(results[threads - 1]);
            }
        }

        assertArrayEquals(results[0].mean(), results[1].mean());
        assertArrayEquals(results[0].variance(), results[1].variance());
        assertEquals(results[0].squaredSigma(), results[1].squaredSigma());
    }

    /** Both forms are met, and so compared with the reference above. */
    @ParameterizedTest
    @EnumSource(value = Pattern.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void rowsGoByWhatIsFewerUnlessNothingIsLeftOfANorm(Pattern pattern) {
        SplittableRandom random = new SplittableRandom(5);
        VbParameters start = start(3, true, random);
        Mask mask = IncompleteData.of(Matrix.of(values(pattern, start, random)), Missing.NAN)
                .mask();
        float[] means = new float[3 * M];
        float[] variances = new float[3 * M];
        ParameterState.transpose(start.mean(), M, 3, 3, means, M);
        ParameterState.transpose(start.variance(), M, 3, 3, variances, M);
        double[] moments = start.secondMoments();
        float[] gram = new float[9];
        for (int i = 0; i < 9; i++) {
            gram[i] = (float) moments[i];
        }
        ObservedEntries entries = new ObservedEntries(3);
        OtherFactor other = OtherFactor.of(new MatrixView(means, 0, M), new MatrixView(variances, 0, M));
        int[] forms = new int[2];
        for (int i = 0; i < N; i++) {
            entries.open(mask, i, other, new MatrixView(gram, 0, 3));
            forms[entries.isByObserved() ? 1 : 0]++;
            boolean fewObserved = 2 * mask.missing(i) > M;
            assertTrue(entries.isByObserved() || !fewObserved, "row " + i);
            if (pattern == Pattern.A_COMPONENT) {
                assertEquals(i % 3 == 0, entries.isByObserved() && !fewObserved, "row " + i);
            }
        }
        assertEquals(pattern != Pattern.MOST, forms[0] > 0);
        assertEquals(pattern != Pattern.FEW, forms[1] > 0);
    }
}
