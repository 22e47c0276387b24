package io.github.paenmf.backend.cpu;

import static io.github.paenmf.testing.ErrorReport.U;
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
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.Weights;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
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
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps with a Poisson likelihood, against the same in double precision, where each shape is searched for. */
class PoissonSolverTest {

    private static final int N = 37;
    private static final int M = 29;

    static Stream<CpuRuntime> runtimes() {
        return Stream.of(CpuRuntime.get(), CpuRuntime.scalar("test"));
    }

    private static VbProblem problem(int rank) {
        return problem(rank, null);
    }

    private static VbProblem problem(int rank, Mask mask) {
        return problem(rank, mask, 0);
    }

    private static VbProblem problem(int rank, Mask mask, int fixed) {
        return new VbProblem(
                new VbConfiguration(
                        rank,
                        1,
                        0,
                        Zeros.OFF,
                        0,
                        VbInit.RANDOM,
                        0,
                        1,
                        IntervalMethod.MEAN_FIELD,
                        NoiseVariance.CONSTANT,
                        Likelihood.POISSON,
                        mask == null ? Missing.NONE : Missing.NAN,
                        1),
                N,
                M,
                1,
                false,
                mask,
                Weights.NONE,
                fixed);
    }

    /** Counts with a share of missing entries, of rows with size factors or without. */
    private static RowSource data(double missing, boolean sized, SplittableRandom random) {
        Matrix counts = counts(random);
        for (int e = 0; e < N * M; e++) {
            if (e / M != e % M && random.nextDouble() < missing) {
                counts.storage(0)[e] = Float.NaN;
            }
        }
        RowSource data =
                sized ? SizeFactors.attach(counts, random.doubles(N, 0.2, 3).toArray()) : counts;
        return IncompleteData.of(data, Missing.NAN);
    }

    private static Matrix counts(SplittableRandom random) {
        float[] values = new float[N * M];
        for (int e = M; e < values.length; e++) { // nothing was counted in the first row
            values[e] = e % M != 4 && random.nextInt(3) == 0 ? random.nextInt(1, 60) : 0; // nor of the fifth feature
        }
        return Matrix.wrap(values, N, M);
    }

    private static VbParameters start(int rank, SplittableRandom random) {
        VbParameters parameters = new VbParameters(M, rank);
        for (int e = 0; e < M * rank; e++) {
            float mean = (float) random.nextDouble(0.1, 4);
            parameters.mean()[e] = mean;
            parameters.variance()[e] = 0.1f * mean * mean;
            parameters.priorMean()[e % rank] = 2;
        }
        return parameters;
    }

    private static Objective step(Solver<VbParameters> solver, RowSource data) {
        double logFactorials = 0;
        float[] row = new float[M];
        for (int i = 0; i < N; i++) {
            data.copyRow(i, row, 0);
            for (float v : row) {
                logFactorials += LogGamma.value(v + 1.0) - v * Math.log(data.sizeFactor(i));
            }
        }
        Rows rows = new Rows(data, null, 0, N);
        solver.clearSums();
        solver.gram();
        solver.project(rows);
        solver.rowStage(rows, 0);
        solver.accumulate(rows, logFactorials);
        solver.update();
        return solver.takeObjectives().get(0);
    }

    @ParameterizedTest
    @MethodSource("runtimes")
    void stepsAreThoseOfDoublePrecision(CpuRuntime runtime) {
        assertStepsAreThoseOfDoublePrecision(runtime, 0, false);
    }

    /** Of few missing entries what they have is taken off sums over all; of many, sums go over the others. */
    @ParameterizedTest
    @CsvSource({"0.2, false", "0.8, false", "0, true", "0.2, true", "0.8, true"})
    void whatIsMissingDoesNotCountAndSizeFactorsDo(double missing, boolean sized) {
        assertStepsAreThoseOfDoublePrecision(CpuRuntime.get(), missing, sized);
    }

    /** Weights that are known, zeros among them, stay, and have no prior. */
    @ParameterizedTest
    @CsvSource({"3, 1, 0, false", "3, 3, 0, false", "17, 16, 0.2, true", "8, 8, 0.8, false"})
    void knownWeightsStay(int rank, int fixed, double missing, boolean sized) {
        assertStepsAreThoseOfDoublePrecision(CpuRuntime.get(), missing, sized, rank, fixed);
    }

    private static void assertStepsAreThoseOfDoublePrecision(CpuRuntime runtime, double missing, boolean sized) {
        for (int rank : new int[] {1, 3, 8, 17, 33}) {
            assertStepsAreThoseOfDoublePrecision(runtime, missing, sized, rank, 0);
        }
    }

    private static void assertStepsAreThoseOfDoublePrecision(
            CpuRuntime runtime, double missing, boolean sized, int rank, int fixed) {
        SplittableRandom random = new SplittableRandom(rank);
        RowSource data = data(missing, sized, random);
        VbParameters parameters = start(rank, random);
        for (int e = 0; e < M * rank; e++) {
            boolean known = e % rank < fixed;
            parameters.variance()[e] *= known ? 0 : 1;
            parameters.mean()[e] *= known && e % rank > 0 && e % 5 == 0 ? 0 : 1;
        }
        Reference reference = new Reference(data, parameters, fixed);
        ErrorReport means = new ErrorReport("mean, rank " + rank);
        ErrorReport variances = new ErrorReport("variance, rank " + rank);
        try (Solver<VbParameters> solver = CpuSolvers.vb(
                problem(rank, data.mask(), fixed), runtime, Execution.auto().withThreads(2))) {
            solver.setParameters(parameters);
            VbParameters result = new VbParameters(M, rank);
            for (int step = 0; step < 3; step++) {
                Objective objective = step(solver, data);
                double expected = reference.step();
                // The sum's terms do not cancel except for ln v!: 1e-6 of v ln v̂ and of each divergence.
                double bound = 1e-6 * reference.magnitude;
                assertEquals(expected, objective.reconstruction() + objective.kl(), bound);
            }
            solver.readParameters(result);
            for (int f = 0; f < M; f++) {
                for (int j = 0; j < rank; j++) {
                    // All terms are above 0, so that errors are relative: of v̂ and of the two products r, n and m
                    // terms as a walk, of g, a and the rate 2e-6 each; and each of the three steps takes over those
                    // of the steps before, no more than once through each factor.
                    double walk = ErrorReport.reduction(rank) + ErrorReport.reduction(N);
                    double relative = 6 * (2 * walk * U + 3 * 2e-6);
                    double scale = reference.hPrior[j];
                    String at = f + ", " + j;
                    double mean = scale * reference.w[f][j];
                    means.compare(at, mean, result.mean()[f * rank + j], relative * mean);
                    double variance = scale * scale * reference.variance[f][j];
                    variances.compare(at, variance, result.variance()[f * rank + j], 2 * relative * variance);
                }
            }
        }
        means.log();
        variances.log();
    }

    @Test
    void aStateThatIsRestoredGoesOnAsBefore() {
        SplittableRandom random = new SplittableRandom(3);
        Matrix data = counts(random);
        try (Solver<VbParameters> solver =
                CpuSolvers.vb(problem(4), CpuRuntime.get(), Execution.auto().withThreads(1))) {
            solver.setParameters(start(4, random));
            step(solver, data);
            solver.saveState();
            VbParameters first = new VbParameters(M, 4);
            VbParameters again = new VbParameters(M, 4);
            Objective expected = step(solver, data);
            solver.readParameters(first);
            step(solver, data);
            solver.restoreState();
            assertEquals(expected, step(solver, data));
            solver.readParameters(again);
            assertArrayEquals(first.mean(), again.mean());
            assertArrayEquals(first.variance(), again.variance());
        }
    }

    /** Coordinate ascent alone needs half as many steps again and more. */
    @Test
    void stepsFromBeyondGetFurtherThanSweepsAlone() {
        SplittableRandom random = new SplittableRandom(5);
        Matrix data = counts(random);
        VbParameters parameters = start(4, random);
        Reference reference = new Reference(data, parameters, 0);
        try (Solver<VbParameters> solver =
                CpuSolvers.vb(problem(4), CpuRuntime.get(), Execution.auto().withThreads(1))) {
            solver.setParameters(parameters);
            double reached = 0;
            double alone = 0;
            for (int step = 0; step < 40; step++) {
                Objective objective = step(solver, data);
                reached = objective.reconstruction() + objective.kl();
            }
            for (int step = 0; step < 60; step++) {
                alone = reference.step();
            }
            assertTrue(reached < alone, reached + " in 40 steps, alone " + alone + " in 60");
        }
    }

    /** Coordinate ascent in double, its objective made from all entries. */
    private static final class Reference {

        final float[][] data = new float[N][M];
        /** Size factors where something is observed, else 0. */
        final double[][] exposed = new double[N][M];

        final int r;
        final double[][] w;
        final double[][] variance;
        final double[][] gw;
        final double[][] gh;
        final double[] hPrior;
        final double[] wPrior;
        double klOfW;
        double magnitude;

        /** How many components of W, the first ones, are known. */
        final int fixed;

        Reference(RowSource source, VbParameters start, int fixed) {
            this.fixed = fixed;
            for (int i = 0; i < N; i++) {
                source.copyRow(i, data[i], 0);
                Arrays.fill(exposed[i], source.sizeFactor(i));
                if (source.mask() != null) {
                    int[] columns = new int[M];
                    int count = source.mask().listsObserved()
                            ? source.mask().copyUnlisted(i, columns)
                            : source.mask().copyListed(i, columns);
                    for (int l = 0; l < count; l++) {
                        exposed[i][columns[l]] = 0;
                    }
                }
            }
            this.r = start.rank();
            w = new double[M][r];
            variance = new double[M][r];
            gw = new double[M][r];
            gh = new double[N][r];
            hPrior = new double[r];
            wPrior = start.priorMean().clone();
            for (int j = 0; j < r; j++) {
                hPrior[j] = 1;
                for (int f = 0; f < M; f++) {
                    double mean = start.mean()[f * r + j];
                    if (j < fixed) {
                        w[f][j] = mean;
                        gw[f][j] = mean;
                        continue;
                    }
                    double k = WeibullShape.ofCoefficientOfVariation(Math.sqrt(start.variance()[f * r + j]) / mean);
                    double lambda = mean / Weibull.mean(k, 1);
                    w[f][j] = mean;
                    gw[f][j] = Weibull.geometricMean(k, lambda);
                    klOfW += Weibull.kl(k, lambda, 1, wPrior[j]);
                }
                for (double[] row : gh) {
                    row[j] = 1;
                }
            }
        }

        /** (a + 1) ln(E h/g) + ln k. */
        static double cost(double a, double k) {
            return (a + 1) * (LogGamma.value(1 + 1 / k) + Weibull.EULER_GAMMA / k) + Math.log(k);
        }

        static double shape(double a) {
            double low = -0.5;
            double high = 1 + Math.log(a + 2);
            for (int i = 0; i < 200; i++) {
                double left = low + (high - low) / 3;
                double right = high - (high - low) / 3;
                if (cost(a, Math.exp(left)) < cost(a, Math.exp(right))) {
                    high = right;
                } else {
                    low = left;
                }
            }
            return Math.exp((low + high) / 2);
        }

        double decoded(int i, int f) {
            double sum = 0;
            for (int j = 0; j < r; j++) {
                sum += gh[i][j] * gw[f][j];
            }
            return sum;
        }

        double step() {
            double reconstruction = 0;
            magnitude = 0;
            double[] hMeans = new double[r];
            double[][] means = new double[N][r];
            double[][] before = new double[N][];
            double[][] scales = new double[N][r];
            double[][] shapes = new double[N][r];
            for (int i = 0; i < N; i++) {
                before[i] = gh[i].clone();
                double[] next = new double[r];
                for (int j = 0; j < r; j++) {
                    double a = 0;
                    double exposure = 0;
                    for (int f = 0; f < M; f++) {
                        a += gh[i][j] * gw[f][j] * data[i][f] / decoded(i, f);
                        exposure += exposed[i][f] * w[f][j];
                    }
                    double mean = (a + 1) / (exposure + 1 / hPrior[j]);
                    means[i][j] = mean;
                    reconstruction += mean * exposure;
                    shapes[i][j] = shape(a);
                    scales[i][j] = mean / Weibull.mean(shapes[i][j], 1);
                    next[j] = Weibull.geometricMean(shapes[i][j], scales[i][j]);
                    hMeans[j] += mean;
                }
                for (int f = 0; f < M; f++) {
                    double v = data[i][f];
                    for (int j = 0; j < r && v > 0; j++) {
                        double share = before[i][j] * gw[f][j] / decoded(i, f);
                        if (share == 0) { // of a known weight of 0
                            continue;
                        }
                        reconstruction -= v * share * Math.log(next[j] * gw[f][j] / share);
                        magnitude += v * share * Math.abs(Math.log(next[j] * gw[f][j] / share));
                    }
                    reconstruction += LogGamma.value(v + 1) - (v > 0 ? v * Math.log(exposed[i][f]) : 0);
                }
                gh[i] = next;
            }
            double kl = klOfW;
            for (int j = 0; j < r; j++) {
                hPrior[j] = hMeans[j] / N;
                for (int i = 0; i < N; i++) {
                    kl += Weibull.kl(shapes[i][j], scales[i][j], 1, hPrior[j]);
                }
            }
            magnitude = (magnitude + kl + reconstruction + (double) (N + M) * r * 20) / N;
            sweepW(means);
            return (reconstruction + kl) / N;
        }

        private void sweepW(double[][] means) {
            klOfW = 0;
            double[][] decoded = new double[N][M];
            for (int i = 0; i < N; i++) {
                for (int f = 0; f < M; f++) {
                    decoded[i][f] = decoded(i, f);
                }
            }
            double[][] shapes = new double[M][r];
            double[][] scales = new double[M][r];
            double[] sums = new double[r];
            for (int f = 0; f < M; f++) {
                for (int j = fixed; j < r; j++) {
                    double b = 0;
                    double exposure = 0;
                    for (int i = 0; i < N; i++) {
                        b += gh[i][j] * gw[f][j] * data[i][f] / decoded[i][f];
                        exposure += exposed[i][f] * means[i][j];
                    }
                    w[f][j] = (b + 1) / (exposure + 1 / wPrior[j]);
                    shapes[f][j] = shape(b);
                    scales[f][j] = w[f][j] / Weibull.mean(shapes[f][j], 1);
                    variance[f][j] = Weibull.variance(shapes[f][j], scales[f][j]);
                    gw[f][j] = Weibull.geometricMean(shapes[f][j], scales[f][j]);
                    sums[j] += w[f][j];
                }
            }
            for (int j = fixed; j < r; j++) {
                wPrior[j] = sums[j] / M;
                for (int f = 0; f < M; f++) {
                    klOfW += Weibull.kl(shapes[f][j], scales[f][j], 1, wPrior[j]);
                }
            }
            assertEquals(fixed < r, klOfW > 0);
        }
    }
}
