package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.testing.ErrorReport;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend has to do for standard NMF, stage by stage, against textbook formulas in double. */
public abstract class NmfContractTest {

    /** Opens the backend under test. */
    protected abstract Solver<NmfParameters> open(NmfProblem problem, Execution execution);

    /** What it is opened with: two threads and the defaults, unless overridden. The bounds follow the precision. */
    protected Execution execution() {
        return Execution.auto().withThreads(2);
    }

    /** As {@link #execution}, but no step is taken as a whole, which one with the residual never is. */
    protected Execution executionByStages() {
        return execution();
    }

    /** Its name in logs. */
    protected abstract String name();

    /** Whether equal steps give equal bits, in one process. */
    protected boolean repeatsBits() {
        return true;
    }

    private double factorError() {
        return ErrorReport.factors(execution().precision());
    }

    /** Data and factors, a quarter of whose values is 0. */
    private static final class Case {
        final NmfProblem problem;
        final Matrix data;
        final NmfParameters factors;
        /** V in units of the scaled data. */
        final double[][] v;

        Case(NmfAlgorithm algorithm, int n, int m, int r) {
            this(algorithm, n, m, r, false);
        }

        /** With penalties, or none; those of H go by roots of weights. */
        Case(NmfAlgorithm algorithm, int n, int m, int r, boolean penalised) {
            SplittableRandom random = new SplittableRandom(31L * n + 7L * m + r);
            data = random(random, n, m, 400);
            double squares = 0;
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    squares += (double) data.get(i, f) * data.get(i, f);
                }
            }
            double scale = Math.sqrt(squares / ((double) n * m));
            double[] roots = IntStream.range(0, n).mapToDouble(i -> 0.5 + i % 3).toArray();
            problem = new NmfProblem(
                    algorithm,
                    n,
                    m,
                    r,
                    scale,
                    false,
                    null,
                    penalised ? FactorPenalty.of(new Penalty(0.2 / r, 0.1 / r), m, roots) : FactorPenalty.NONE,
                    penalised ? FactorPenalty.of(new Penalty(0.1, 0.3), n, null) : FactorPenalty.NONE);
            factors = new NmfParameters(random(random, m, r, 1.0 / r), random(random, n, r, 1));
            v = new double[n][m];
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    v[i][f] = data.get(i, f) / scale;
                }
            }
        }

        private static Matrix random(SplittableRandom random, int rows, int columns, double scale) {
            Matrix matrix = Matrix.zeros(rows, columns);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    double value = random.nextInt(4) == 0 ? 0 : -Math.log(1 - random.nextDouble());
                    matrix.storage(i)[matrix.offset(i) + j] = (float) (scale * value);
                }
            }
            matrix.storage(0)[matrix.offset(0)] = (float) scale; // never all 0
            return matrix;
        }

        /** Of rows of the scaled data, whose mean square is 1. */
        double squaredNorm(Rows rows) {
            double sum = 0;
            for (int i = 0; i < rows.count(); i++) {
                for (double value : v[rows.id(i)]) {
                    sum += value * value;
                }
            }
            return sum;
        }
    }

    private Solver<NmfParameters> openWithFactors(Case c) {
        Solver<NmfParameters> solver = open(c.problem, execution());
        solver.setParameters(c.factors);
        return solver;
    }

    /** All stages but the update, in two chunks and more where there are two blocks and more. */
    private static void addUp(Solver<NmfParameters> solver, Case c, boolean byResidual) {
        solver.clearSums();
        solver.gram();
        int chunkRows = Math.min(solver.chunkRows(), 256);
        for (int from = 0; from < c.problem.rows(); from += chunkRows) {
            Rows rows = Rows.inOrder(c.data, from, Math.min(chunkRows, c.problem.rows() - from));
            solver.project(rows);
            solver.rowStage(rows, 0);
            if (byResidual) {
                solver.residual(rows);
            }
            solver.accumulate(rows, c.squaredNorm(rows));
        }
    }

    /** Half of the squared error, per sample. */
    private static double step(Solver<NmfParameters> solver, Case c, boolean byResidual) {
        addUp(solver, c, byResidual);
        solver.update();
        List<Objective> objectives = solver.takeObjectives();
        assertEquals(1, objectives.size());
        assertEquals(0, objectives.get(0).kl());
        return objectives.get(0).reconstruction();
    }

    private static NmfParameters read(Solver<NmfParameters> solver, Case c) {
        NmfParameters factors = NmfParameters.zeros(c.problem.rows(), c.problem.features(), c.problem.rank());
        solver.readParameters(factors);
        return factors;
    }

    private static void assertSame(NmfParameters expected, NmfParameters actual) {
        assertArrayEquals(expected.w().toRows(), actual.w().toRows());
        assertArrayEquals(expected.h().toRows(), actual.h().toRows());
    }

    private static double[][] transpose(double[][] a) {
        double[][] result = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                result[j][i] = a[i][j];
            }
        }
        return result;
    }

    static Stream<Arguments> factorShapes() {
        int[][] shapes = {
            {1, 1, 1},
            {1, 127, 7},
            {7, 31, 1},
            {31, 7, 33},
            {33, 65, 7},
            {65, 33, 31},
            {127, 1, 1},
            {127, 257, 31},
            {257, 127, 65},
            {257, 33, 127},
            {31, 65, 257},
            {521, 67, 5},
            {769, 31, 3},
        };
        return Stream.of(NmfAlgorithm.MU, NmfAlgorithm.HALS)
                .flatMap(algorithm ->
                        Stream.of(shapes).map(shape -> Arguments.of(algorithm, shape[0], shape[1], shape[2])));
    }

    @ParameterizedTest
    @MethodSource("factorShapes")
    void aStepUpdatesBothFactors(NmfAlgorithm algorithm, int n, int m, int r) {
        Case c = new Case(algorithm, n, m, r);
        ErrorReport report = new ErrorReport(name() + ", " + algorithm + ", " + n + " × " + m + ", r = " + r);
        try (Solver<NmfParameters> solver = openWithFactors(c)) {
            step(solver, c, false);
            NmfParameters updated = read(solver, c);

            compareFactors(report, c, updated);
        }
        report.log();
    }

    private void compareFactors(ErrorReport report, Case c, NmfParameters updated) {
        FactorPenalty ofH = c.problem.ofCoefficients();
        FactorPenalty ofW = c.problem.ofBasis();
        NmfAlgorithm algorithm = c.problem.algorithm();
        compare(report, "H", algorithm, c.v, c.factors.w(), c.factors.h(), updated.h(), ofH);
        compare(report, "W", algorithm, transpose(c.v), updated.h(), c.factors.w(), updated.w(), ofW);
    }

    static Stream<Arguments> penalisedShapes() {
        int[][] shapes = {{1, 1, 1}, {7, 31, 1}, {33, 65, 7}, {257, 33, 127}, {521, 67, 5}};
        return Stream.of(NmfAlgorithm.MU, NmfAlgorithm.HALS)
                .flatMap(algorithm ->
                        Stream.of(shapes).map(shape -> Arguments.of(algorithm, shape[0], shape[1], shape[2])));
    }

    /** The penalties, sums in double of the values as they are, add next to nothing to the errors. */
    @ParameterizedTest
    @MethodSource("penalisedShapes")
    void penaltiesAreInUpdatesAndObjectives(NmfAlgorithm algorithm, int n, int m, int r) {
        Case c = new Case(algorithm, n, m, r, true);
        ErrorReport report = new ErrorReport(name() + ", penalised " + algorithm + ", " + n + " × " + m + ", r = " + r);
        try (Solver<NmfParameters> solver = openWithFactors(c)) {
            double gramForm = 2 * n * step(solver, c, false);
            NmfParameters updated = read(solver, c);
            compareFactors(report, c, updated);
            Terms after = new Terms(c, updated.h(), updated.w());
            report.compare("the Gram form", after.objective(), gramForm, gramBound(c, after));

            solver.setParameters(c.factors);
            double residual = 2 * n * step(solver, c, true);
            Terms before = new Terms(c, updated.h(), c.factors.w());
            report.compare("the residual", before.objective(), residual, residualBound(c, before));
        }
        report.log();
    }

    private double gramBound(Case c, Terms terms) {
        int n = c.problem.rows();
        int m = c.problem.features();
        double error = (reduction(n) + reduction(m) + 4) * U;
        return (error + factorError()) * terms.gramTerms + 1e-12 * (n * m + terms.penalties);
    }

    private static double residualBound(Case c, Terms terms) {
        double error = (reduction(c.problem.rank()) + 2) * U;
        return error * terms.residualTerms + 1e-6 * terms.squaredError + 1e-12 * terms.penalties;
    }

    /** Nothing but its penalty depends on it. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KL")
    void whatNothingUsesAndL1PenalisesIsZero(NmfAlgorithm algorithm) {
        Case c = new Case(algorithm, 33, 17, 3);
        for (int f = 0; f < 17; f++) {
            c.factors.w().storage(f)[c.factors.w().offset(f) + 1] = 0;
        }
        NmfProblem p = c.problem;
        FactorPenalty l1 = FactorPenalty.of(new Penalty(0.01, 0), p.features(), null);
        NmfProblem penalised = new NmfProblem(algorithm, 33, 17, 3, p.dataScale(), false, null, l1, FactorPenalty.NONE);
        try (Solver<NmfParameters> solver = open(penalised, execution())) {
            solver.setParameters(c.factors);
            step(solver, c, false);

            Matrix h = read(solver, c).h();
            for (int i = 0; i < 33; i++) {
                assertEquals(0, h.get(i, 1));
            }
            assertTrue(IntStream.range(0, 33).anyMatch(i -> h.get(i, 0) > 0));
        }
    }

    /**
     * By the Gram form that of both new factors: its three terms each have the error of a sum of products. By the residual
     * that of the new H and the W before.
     */
    @ParameterizedTest
    @MethodSource("factorShapes")
    void bothObjectivesAreSquaredErrorsOfTheFactors(NmfAlgorithm algorithm, int n, int m, int r) {
        Case c = new Case(algorithm, n, m, r);
        ErrorReport report = new ErrorReport(name() + ", " + n + " × " + m + ", r = " + r);
        try (Solver<NmfParameters> solver = openWithFactors(c)) {
            double gramForm = 2 * n * step(solver, c, false);
            NmfParameters updated = read(solver, c);
            Terms after = new Terms(c, updated.h(), updated.w());
            report.compare("the Gram form", after.objective(), gramForm, gramBound(c, after));

            solver.setParameters(c.factors);
            double residual = 2 * n * step(solver, c, true);
            Terms before = new Terms(c, updated.h(), c.factors.w());
            report.compare("the residual", before.objective(), residual, residualBound(c, before));
            if (repeatsBits()) {
                assertSame(byStages(c), read(solver, c));
            }
        }
        report.log();
    }

    /** The factors after a step. */
    private NmfParameters byStages(Case c) {
        try (Solver<NmfParameters> solver = open(c.problem, executionByStages())) {
            solver.setParameters(c.factors);
            step(solver, c, false);
            return read(solver, c);
        }
    }

    /** ‖V − H·Wᵀ‖² and penalties in double, and what the roundings of both its forms are shares of. */
    private static final class Terms {
        double squaredError;
        double gramTerms;
        double residualTerms;
        /** Twice what they are. */
        double penalties;

        Terms(Case c, Matrix h, Matrix w) {
            for (int i = 0; i < h.rows(); i++) {
                for (int f = 0; f < w.rows(); f++) {
                    double product = 0;
                    for (int j = 0; j < w.columns(); j++) {
                        product += (double) h.get(i, j) * w.get(f, j);
                    }
                    double residual = c.v[i][f] - product;
                    squaredError += residual * residual;
                    gramTerms += 2 * c.v[i][f] * product + product * product;
                    residualTerms += 2 * Math.abs(residual) * product;
                }
            }
            penalties = penalty(c.problem.ofCoefficients(), h) + penalty(c.problem.ofBasis(), w);
        }

        private static double penalty(FactorPenalty penalty, Matrix factor) {
            double sum = 0;
            for (int i = 0; i < factor.rows(); i++) {
                for (int j = 0; j < factor.columns(); j++) {
                    double x = factor.get(i, j);
                    sum += 2 * penalty.l1() * penalty.root(i) * x + penalty.l2() * x * x;
                }
            }
            return sum;
        }

        double objective() {
            return squaredError + penalties;
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 31, 5", "33, 7, 65", "257, 127, 31", "521, 65, 3"})
    void productsAreThoseOfTheScaledData(int n, int m, int columns) {
        Case c = new Case(NmfAlgorithm.HALS, n, m, columns);
        ErrorReport report = new ErrorReport(name() + ", " + n + " × " + m + " times " + columns + " columns");
        try (Solver<NmfParameters> solver = open(c.problem, execution().withChunkRows(256))) {
            solver.setParameters(c.factors);
            DataProducts products = solver.products(c.data);
            compareProduct(report, "V·X", c.v, c.factors.w(), products.project(c.factors.w()));
            compareProduct(report, "Vᵀ·Y", transpose(c.v), c.factors.h(), products.projectTransposed(c.factors.h()));
            assertSame(c.factors, read(solver, c));
        }
        report.log();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KL")
    void anUnusedComponentChangesNothingElse(NmfAlgorithm algorithm) {
        Case c = new Case(algorithm, 33, 17, 3);
        for (int f = 0; f < 17; f++) {
            c.factors.w().storage(f)[c.factors.w().offset(f) + 1] = 0;
        }
        try (Solver<NmfParameters> solver = openWithFactors(c)) {
            step(solver, c, false);

            assertTrue(read(solver, c).isFinite());
        }
    }

    /** H is part of it, also of rows in chunks that have gone. */
    @ParameterizedTest
    @CsvSource({"MU, false", "HALS, false", "HALS, true"})
    void aSavedStateIsAllThatLaterStepsStartFrom(NmfAlgorithm algorithm, boolean penalised) {
        Case c = new Case(algorithm, 521, 67, 5, penalised);
        try (Solver<NmfParameters> solver = openWithFactors(c)) {
            for (int epoch = 0; epoch < 3; epoch++) {
                step(solver, c, false);
            }
            solver.saveState();
            NmfParameters saved = read(solver, c);
            double first = step(solver, c, false);
            double second = step(solver, c, false);
            NmfParameters expected = read(solver, c);
            solver.restoreState();

            assertSame(saved, read(solver, c));
            if (repeatsBits()) {
                assertEquals(first, step(solver, c, false));
                assertEquals(second, step(solver, c, false));
                assertSame(expected, read(solver, c));
            }
        }
    }

    /** Sums of all rows that another solver has made give its update. */
    @ParameterizedTest
    @CsvSource({"MU, false", "HALS, false", "HALS, true"})
    void sumsThatWereMadeElsewhereGiveTheSameUpdateOfW(NmfAlgorithm algorithm, boolean penalised) {
        Case c = new Case(algorithm, 300, 20, 3, penalised);
        try (Solver<NmfParameters> here = openWithFactors(c);
                Solver<NmfParameters> elsewhere = openWithFactors(c)) {
            addUp(elsewhere, c, false);
            Sums sums = elsewhere.readSums();
            elsewhere.update();
            here.clearSums();
            here.gram();
            here.addSums(sums);
            assertArrayEquals(sums.q(), here.readSums().q());
            here.update();

            assertEquals(elsewhere.takeObjectives(), here.takeObjectives());
            assertArrayEquals(read(elsewhere, c).w().toRows(), read(here, c).w().toRows());
        }
    }

    @Test
    void aFactorThatIsNoNumberReachesTheObjective() {
        for (int broken = 0; broken < 2; broken++) {
            Case c = new Case(NmfAlgorithm.HALS, 300, 20, 3);
            Matrix factor = broken == 0 ? c.factors.w() : c.factors.h();
            factor.storage(0)[factor.offset(0)] = Float.NaN;
            try (Solver<NmfParameters> solver = openWithFactors(c)) {
                assertFalse(Double.isFinite(step(solver, c, false)), broken == 0 ? "W" : "H");
            }
        }
    }

    /**
     * Compares an update of X in V ≈ X·Yᵀ. HALS uses coefficients of a row that it has updated: those are taken from
     * the backend, so that errors do not pass from one to the next. All terms are ≥ 0, so that the error of each is
     * that of the two products with V and YᵀY, which are sums over d terms and r, and some roundings more.
     */
    private void compare(
            ErrorReport report,
            String what,
            NmfAlgorithm algorithm,
            double[][] v,
            Matrix y,
            Matrix old,
            Matrix updated,
            FactorPenalty penalty) {
        int d = y.rows();
        int r = y.columns();
        double[][] gram = new double[r][r];
        for (int f = 0; f < d; f++) {
            for (int j = 0; j < r; j++) {
                for (int l = 0; l < r; l++) {
                    gram[j][l] += (double) y.get(f, j) * y.get(f, l);
                }
            }
        }
        double error = (2 * reduction(d) + reduction(r) + 10) * U;
        for (int i = 0; i < old.rows(); i++) {
            for (int j = 0; j < r; j++) {
                double numerator = 0;
                for (int f = 0; f < d; f++) {
                    numerator += v[i][f] * y.get(f, j);
                }
                double product = 0;
                for (int l = 0; l < r; l++) {
                    boolean isUpdated = algorithm == NmfAlgorithm.HALS && l < j;
                    product += gram[j][l] * (isUpdated ? updated : old).get(i, l);
                }
                double before = old.get(i, j);
                product += penalty.l1() * penalty.root(i) + penalty.l2() * before;
                double norm = gram[j][j] + penalty.l2();
                double expected;
                double bound;
                if (algorithm == NmfAlgorithm.MU) {
                    expected = before == 0 || numerator == 0 ? 0 : before * numerator / product;
                    bound = (error + factorError()) * expected + 1e-20;
                } else if (norm == 0) {
                    expected = before;
                    bound = 0;
                } else {
                    expected = Math.max(0, before + (numerator - product) / norm);
                    bound = error * ((numerator + product) / norm + before) + factorError() * numerator / norm;
                }
                int row = i;
                int component = j;
                report.compare(() -> what + "[" + row + "][" + component + "]", expected, updated.get(i, j), bound);
            }
        }
    }

    private static void compareProduct(ErrorReport report, String what, double[][] v, Matrix x, Matrix product) {
        assertEquals(v.length, product.rows());
        assertEquals(x.columns(), product.columns());
        for (int i = 0; i < v.length; i++) {
            for (int j = 0; j < x.columns(); j++) {
                double expected = 0;
                for (int f = 0; f < x.rows(); f++) {
                    expected += v[i][f] * x.get(f, j);
                }
                report.compare(what, expected, product.get(i, j), (reduction(x.rows()) + 2) * U * expected);
            }
        }
    }
}
