package io.github.paenmf.backend.cpu;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.Coefficients;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.testing.ErrorReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Standard NMF of data with missing entries, against the textbook's updates over the others in double. */
class IncompleteNmfTest {

    private static final CpuRuntime RUNTIME = CpuRuntime.get(Execution.auto().blas());

    /** Data of which a share is missing, in each row another one, and factors. */
    private static final class Case {
        final Matrix values;
        final RowSource data;
        final NmfProblem problem;
        final NmfParameters factors;
        final double scale;

        Case(NmfAlgorithm algorithm, int n, int m, int r, double missing, boolean sparse) {
            SplittableRandom random = new SplittableRandom(n + 31L * m + 961L * r);
            values = Matrix.zeros(n, m);
            for (int i = 0; i < n; i++) {
                // one row in five is complete, one has little
                double share = i % 5 == 0 ? 0 : i % 5 == 1 ? Math.max(missing, 0.9) : missing;
                for (int f = 0; f < m; f++) {
                    boolean kept = f == i % m || i == f % n;
                    values.storage(i)[values.offset(i) + f] = !kept && random.nextDouble() < share
                            ? Float.NaN
                            : random.nextInt(3) == 0 ? 0f : (float) (100 * random.nextDouble());
                }
            }
            data = IncompleteData.of(sparse ? SparseMatrix.of(values) : values, Missing.NAN);
            double squares = 0;
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    squares += isObserved(i, f) ? (double) values.get(i, f) * values.get(i, f) : 0;
                }
            }
            scale = Math.sqrt(squares / data.mask().observed());
            problem = new NmfProblem(algorithm, n, m, r, scale, data instanceof SparseSource, data.mask());
            factors = new NmfParameters(random(random, m, r), random(random, n, r));
        }

        private static Matrix random(SplittableRandom random, int rows, int columns) {
            Matrix matrix = Matrix.zeros(rows, columns);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    matrix.storage(i)[matrix.offset(i) + j] = (float) (0.1 + random.nextDouble()) / columns;
                }
            }
            return matrix;
        }

        boolean isObserved(int i, int f) {
            return !Float.isNaN(values.get(i, f));
        }

        double v(int i, int f) {
            return values.get(i, f) / scale;
        }

        Solver<NmfParameters> open(Execution execution) {
            Solver<NmfParameters> solver = CpuSolvers.nmf(problem, RUNTIME, execution);
            solver.setParameters(factors);
            return solver;
        }

        NmfParameters read(Solver<NmfParameters> solver) {
            NmfParameters read = NmfParameters.zeros(problem.rows(), problem.features(), problem.rank());
            solver.readParameters(read);
            return read;
        }
    }

    private static double step(Solver<NmfParameters> solver, Case c, boolean byResidual) {
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < c.problem.rows(); from += solver.chunkRows()) {
            Rows rows = Rows.inOrder(c.data, from, Math.min(solver.chunkRows(), c.problem.rows() - from));
            solver.project(rows);
            solver.rowStage(rows, 0);
            if (byResidual) {
                solver.residual(rows);
            }
            double norm = 0;
            for (int i = from; i < from + rows.count(); i++) {
                double ofRow = 0;
                for (int f = 0; f < c.problem.features(); f++) {
                    ofRow += c.isObserved(i, f) ? c.v(i, f) * c.v(i, f) : 0;
                }
                norm += (float) ofRow; // sums of floats are exact in double, whatever the chunks
            }
            solver.accumulate(rows, norm);
        }
        solver.update();
        return solver.takeObjectives().get(0).reconstruction();
    }

    /** One row's entries. */
    private interface Entries {
        boolean isObserved(int l);

        double v(int l);
    }

    /**
     * One row x of a factor by the updates' own formulas over its observed entries, and a first-order bound of what float32
     * sums over all entries, from which corrections are taken off, make of it.
     */
    private static void compareRow(
            ErrorReport report,
            String what,
            NmfAlgorithm algorithm,
            Entries row,
            Matrix y,
            float[] x,
            float[] updated) {
        int r = x.length;
        int size = y.rows();
        double[] numerator = new double[r];
        double[][] gram = new double[r][r];
        double[][] all = new double[r][r];
        for (int l = 0; l < size; l++) {
            for (int j = 0; j < r; j++) {
                numerator[j] += row.isObserved(l) ? row.v(l) * y.get(l, j) : 0;
                for (int k = 0; k < r; k++) {
                    double product = (double) y.get(l, j) * y.get(l, k);
                    gram[j][k] += row.isObserved(l) ? product : 0;
                    all[j][k] += product;
                }
            }
        }
        double relative = (reduction(size) + reduction(r) + 4) * U;
        int observed = 0;
        for (int l = 0; l < size; l++) {
            observed += row.isObserved(l) ? 1 : 0;
        }
        double[] now = new double[r];
        double[] errors = new double[r];
        Arrays.setAll(now, j -> x[j]);
        for (int j = 0; j < r; j++) {
            double others = 0;
            double othersError = 0;
            for (int k = 0; k < r; k++) {
                double term = k == j ? 0 : gram[j][k] * now[k];
                others += term;
                othersError += k == j ? 0 : relative * all[j][k] * now[k] + gram[j][k] * errors[k];
            }
            double normError = relative * all[j][j];
            // where the row shows next to nothing of the component, the curvature is that of a hundredth
            double least = Coefficients.LEAST_SHARE * all[j][j] * observed / size;
            double norm = Math.max(gram[j][j], least);
            double kept = (norm - gram[j][j]) * x[j];
            if (algorithm == NmfAlgorithm.HALS) {
                now[j] = Math.max(0, (numerator[j] - others + kept) / norm);
                errors[j] = (relative * (numerator[j] + kept) + othersError + normError * (now[j] + x[j])) / norm
                        + U * now[j];
            } else {
                // simultaneous: others is of the old values, and errors of these are 0
                double denominator = others + norm * x[j];
                double value = x[j] * (numerator[j] + kept) / denominator;
                double bound = value * (relative + (othersError + normError * x[j]) / denominator + 4 * U);
                report.compare(what + ", component " + j, value, updated[j], bound);
                continue;
            }
            report.compare(what + ", component " + j, now[j], updated[j], errors[j]);
        }
    }

    private static float[] row(Matrix matrix, int i) {
        float[] row = new float[matrix.columns()];
        matrix.copyRow(i, row, 0);
        return row;
    }

    static Stream<Arguments> cases() {
        int[][] shapes = {{7, 5, 2}, {31, 65, 7}, {65, 31, 5}, {257, 67, 17}, {521, 33, 3}};
        return Stream.of(NmfAlgorithm.HALS, NmfAlgorithm.MU)
                .flatMap(algorithm -> Stream.of(shapes)
                        .flatMap(s -> Stream.of(0.1, 0.8)
                                .flatMap(share -> Stream.of(false, true)
                                        .map(sparse -> Arguments.of(algorithm, s[0], s[1], s[2], share, sparse)))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aStepIsTheUpdatesOverObservedEntries(
            NmfAlgorithm algorithm, int n, int m, int r, double share, boolean sparse) {
        Case c = new Case(algorithm, n, m, r, share, sparse);
        ErrorReport report = new ErrorReport(algorithm + ", " + n + " × " + m + ", r = " + r + ", " + share);
        try (Solver<NmfParameters> solver = c.open(Execution.auto().withThreads(2))) {
            double gramForm = step(solver, c, false);
            NmfParameters after = c.read(solver);
            for (int i = 0; i < n; i++) {
                int at = i;
                Entries entries = new Entries() {
                    @Override
                    public boolean isObserved(int l) {
                        return c.isObserved(at, l);
                    }

                    @Override
                    public double v(int l) {
                        return c.v(at, l);
                    }
                };
                compareRow(
                        report,
                        "h of row " + i,
                        algorithm,
                        entries,
                        c.factors.w(),
                        row(c.factors.h(), i),
                        row(after.h(), i));
            }
            for (int f = 0; f < m; f++) {
                int at = f;
                Entries entries = new Entries() {
                    @Override
                    public boolean isObserved(int l) {
                        return c.isObserved(l, at);
                    }

                    @Override
                    public double v(int l) {
                        return c.v(l, at);
                    }
                };
                compareRow(
                        report,
                        "w of feature " + f,
                        algorithm,
                        entries,
                        after.h(),
                        row(c.factors.w(), f),
                        row(after.w(), f));
            }
            double[] errors = squaredErrors(c, after.h(), after.w());
            report.compare(
                    "the objective",
                    errors[0] / (2 * n),
                    gramForm,
                    (reduction(n) + reduction(m) + 4) * U * errors[1] / (2 * n));

            solver.setParameters(c.factors);
            double residual = step(solver, c, true);
            double before = squaredErrors(c, after.h(), c.factors.w())[0] / (2 * n);
            // sums in double over float factors
            report.compare("the residual", before, residual, 1e-12 * before);
        }
        report.log();
    }

    /** ‖V − H·Wᵀ‖² over observed entries, and the sum of its terms' magnitudes over all. */
    private static double[] squaredErrors(Case c, Matrix h, Matrix w) {
        double error = 0;
        double terms = 0;
        for (int i = 0; i < h.rows(); i++) {
            for (int f = 0; f < w.rows(); f++) {
                double product = 0;
                for (int j = 0; j < h.columns(); j++) {
                    product += (double) h.get(i, j) * w.get(f, j);
                }
                terms += product * product;
                if (c.isObserved(i, f)) {
                    error += (c.v(i, f) - product) * (c.v(i, f) - product);
                    terms += 2 * c.v(i, f) * product;
                }
            }
        }
        return new double[] {error, terms};
    }

    @ParameterizedTest
    @CsvSource({"HALS, 0.1, false", "HALS, 0.8, true", "MU, 0.1, true", "MU, 0.8, false"})
    void threadsAndChunksChangeNoBitAndObjectivesFall(NmfAlgorithm algorithm, double share, boolean sparse) {
        Case c = new Case(algorithm, 777, 45, 6, share, sparse);
        NmfParameters expected = null;
        List<Double> objectives = new ArrayList<>();
        for (int threads = 1; threads <= 4; threads++) {
            Execution execution = Execution.auto().withThreads(threads).withChunkRows(threads % 2 == 0 ? 256 : 0);
            try (Solver<NmfParameters> solver = c.open(execution)) {
                double last = Double.POSITIVE_INFINITY;
                List<Double> ofThese = new ArrayList<>();
                for (int epoch = 0; epoch < 20; epoch++) {
                    double objective = step(solver, c, false);
                    // each is off by the rounding of sums that are all of about the data's squared norm
                    double rounding =
                            8 * (reduction(777) + 4) * U * c.data.mask().observed() / (2.0 * 777);
                    assertEquals(Math.min(last, objective), objective, rounding);
                    last = objective;
                    ofThese.add(objective);
                }
                NmfParameters factors = c.read(solver);
                if (expected != null) {
                    assertEquals(objectives, ofThese);
                    assertArrayEquals(expected.w().toRows(), factors.w().toRows());
                    assertArrayEquals(expected.h().toRows(), factors.h().toRows());
                }
                expected = factors;
                objectives = ofThese;
            }
        }
    }

    /** Karush, Kuhn and Tucker over observed entries, in double: the gradient is 0 where h &gt; 0, and at most 0 elsewhere. */
    @ParameterizedTest
    @CsvSource({"0.1, false", "0.1, true", "0.8, false", "0.8, true"})
    void coefficientsAreThoseOfLeastSquaresOverObservedEntries(double share, boolean sparse) {
        Case c = new Case(NmfAlgorithm.HALS, 101, 67, 5, share, sparse);
        Matrix w = c.factors.w();
        Matrix h = Matrix.zeros(101, 5);
        new Coefficients(w, c.scale).solve(c.data, h, new CpuRowBlocks(2));
        for (int i = 0; i < 101; i++) {
            for (int j = 0; j < 5; j++) {
                double gradient = 0;
                double terms = 0;
                for (int f = 0; f < 67; f++) {
                    double fit = 0;
                    for (int k = 0; k < 5; k++) {
                        fit += (double) h.get(i, k) * w.get(f, k);
                    }
                    gradient += c.isObserved(i, f) ? (c.v(i, f) - fit) * w.get(f, j) : 0;
                    terms += c.isObserved(i, f) ? (c.v(i, f) + fit) * w.get(f, j) : 0;
                }
                // h is rounded to float once
                double bound = 2 * U * terms;
                double slope = h.get(i, j) > 0 ? Math.abs(gradient) : Math.max(0, gradient);
                assertEquals(0, slope, bound, "row " + i + ", component " + j);
            }
        }
    }

    /** A feature that alone has a component, and is missing in a row, leaves that row's coefficient undetermined: 0. */
    @Test
    void aComponentOfWhichARowShowsNothingGetsNothing() {
        Case c = new Case(NmfAlgorithm.HALS, 50, 20, 3, 0.3, false);
        Matrix w = c.factors.w();
        for (int f = 0; f < 20; f++) {
            w.storage(f)[w.offset(f) + 1] = f == 4 ? 1 : 0;
        }
        Matrix h = Matrix.zeros(50, 3);
        new Coefficients(w, c.scale).solve(c.data, h, new CpuRowBlocks(1));
        int hidden = 0;
        for (int i = 0; i < 50; i++) {
            if (!c.isObserved(i, 4)) {
                assertEquals(0, h.get(i, 1));
                hidden++;
            }
        }
        assertEquals(true, hidden > 5);
    }
}
