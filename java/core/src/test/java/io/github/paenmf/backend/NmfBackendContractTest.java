package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.testing.ErrorReport;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend of standard NMF has to do, stage by stage, against textbook formulas in double. */
public abstract class NmfBackendContractTest {

    /** Opens the backend under test. */
    protected abstract NmfBackend open(NmfProblem problem);

    /** Its name in logs. */
    protected abstract String name();

    /** Data and factors, a quarter of whose values is 0. */
    private static final class Case {
        final NmfProblem problem;
        final Matrix w;
        final Matrix h;
        /** V in units of the scaled data. */
        final double[][] v;

        Case(NmfAlgorithm algorithm, int n, int m, int r) {
            SplittableRandom random = new SplittableRandom(31L * n + 7L * m + r);
            Matrix data = random(random, n, m, 400);
            double squares = 0;
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    squares += (double) data.get(i, f) * data.get(i, f);
                }
            }
            double scale = Math.sqrt(squares / ((double) n * m));
            problem = new NmfProblem(data, scale, (double) n * m, r, algorithm);
            w = random(random, m, r, 1.0 / r);
            h = random(random, n, r, 1);
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
    }

    private NmfBackend openWithFactors(Case c) {
        NmfBackend backend = open(c.problem);
        backend.setFactors(c.w, c.h);
        return backend;
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

    static Stream<Arguments> shapes() {
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
        return Stream.of(NmfAlgorithm.values())
                .flatMap(algorithm ->
                        Stream.of(shapes).map(shape -> Arguments.of(algorithm, shape[0], shape[1], shape[2])));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void bothUpdatesAreThoseOfTheAlgorithm(NmfAlgorithm algorithm, int n, int m, int r) {
        Case c = new Case(algorithm, n, m, r);
        ErrorReport report = new ErrorReport(name() + ", " + algorithm + ", " + n + " × " + m + ", r = " + r);
        try (NmfBackend backend = openWithFactors(c)) {
            backend.updateH();
            Matrix h = backend.readH();
            compare(report, "H", algorithm, c.v, c.w, c.h, h);
            assertArrayEquals(c.w.toRows(), backend.readW().toRows(), "W has not changed");

            backend.updateW();
            compare(report, "W", algorithm, transpose(c.v), h, c.w, backend.readW());
            assertArrayEquals(h.toRows(), backend.readH().toRows(), "H has not changed");
        }
        report.log();
    }

    /**
     * Compares an update of X in V ≈ X·Yᵀ. HALS uses coefficients of a row that it has updated: those are taken from
     * the backend, so that errors do not pass from one to the next. All terms are ≥ 0, so that the error of each is
     * that of the two products with V and YᵀY, which are sums over d terms and r, and some roundings more.
     */
    private static void compare(
            ErrorReport report,
            String what,
            NmfAlgorithm algorithm,
            double[][] v,
            Matrix y,
            Matrix old,
            Matrix updated) {
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
                double expected;
                double bound;
                if (algorithm == NmfAlgorithm.MU) {
                    expected = before == 0 || numerator == 0 ? 0 : before * numerator / product;
                    bound = error * expected + 1e-20;
                } else if (gram[j][j] == 0) {
                    expected = before;
                    bound = 0;
                } else {
                    expected = Math.max(0, before + (numerator - product) / gram[j][j]);
                    bound = error * ((numerator + product) / gram[j][j] + before);
                }
                int row = i;
                int component = j;
                report.compare(() -> what + "[" + row + "][" + component + "]", expected, updated.get(i, j), bound);
            }
        }
    }

    /** By the Gram form, whose three terms each have the error of a sum of products, and by the residual. */
    @ParameterizedTest
    @MethodSource("shapes")
    void bothSquaredErrorsAreThatOfTheFactors(NmfAlgorithm algorithm, int n, int m, int r) {
        Case c = new Case(algorithm, n, m, r);
        ErrorReport report = new ErrorReport(name() + ", " + n + " × " + m + ", r = " + r);
        try (NmfBackend backend = openWithFactors(c)) {
            backend.updateH();
            backend.updateW();

            Matrix w = backend.readW();
            Matrix h = backend.readH();
            double expected = 0;
            double gramTerms = 0;
            double residualTerms = 0;
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    double product = 0;
                    for (int j = 0; j < r; j++) {
                        product += (double) h.get(i, j) * w.get(f, j);
                    }
                    double residual = c.v[i][f] - product;
                    expected += residual * residual;
                    gramTerms += 2 * c.v[i][f] * product + product * product;
                    residualTerms += 2 * Math.abs(residual) * product;
                }
            }
            double gramError = (reduction(n) + reduction(m) + 4) * U;
            report.compare("the Gram form", expected, backend.squaredError(), gramError * gramTerms + 1e-12 * n * m);
            double residualError = (reduction(r) + 2) * U;
            report.compare(
                    "the residual", expected, backend.residual(), residualError * residualTerms + 1e-6 * expected);

            Matrix decoded = Matrix.zeros(n, m);
            backend.decode(decoded);
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    double product = 0;
                    for (int j = 0; j < r; j++) {
                        product += (double) h.get(i, j) * w.get(f, j) * c.problem.dataScale();
                    }
                    report.compare("V̂", product, decoded.get(i, f), residualError * product);
                }
            }
        }
        report.log();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "7, 31, 5", "33, 7, 65", "257, 127, 31", "521, 65, 3"})
    void projectionsAreProductsWithTheScaledData(int n, int m, int columns) {
        Case c = new Case(NmfAlgorithm.HALS, n, m, columns);
        ErrorReport report = new ErrorReport(name() + ", " + n + " × " + m + " times " + columns + " columns");
        try (NmfBackend backend = open(c.problem)) {
            compareProduct(report, "V·X", c.v, c.w, backend.project(c.w));
            compareProduct(report, "Vᵀ·Y", transpose(c.v), c.h, backend.projectTransposed(c.h));
        }
        report.log();
    }

    @Test
    void changedDataAreRead() {
        Case c = new Case(NmfAlgorithm.HALS, 33, 17, 3);
        try (NmfBackend backend = open(c.problem)) {
            backend.project(c.w);
            Matrix data = c.problem.data();
            for (int f = 0; f < 17; f++) {
                data.storage(32)[data.offset(32) + f] = f;
                c.v[32][f] = f / c.problem.dataScale();
            }
            backend.dataChanged();

            ErrorReport report = new ErrorReport(name() + ", changed data");
            compareProduct(report, "V·X", c.v, c.w, backend.project(c.w));
            report.log();
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

    /**
     * The solution is known by its gradient g = G·h − c: 0 where h > 0, and ≥ 0 where h = 0 (Karush, Kuhn, Tucker).
     * What is left of it is that h is rounded to float: each term by U.
     */
    @ParameterizedTest
    @EnumSource
    void solveHFindsTheNonNegativeLeastSquares(NmfAlgorithm algorithm) {
        int r = 7;
        Case c = new Case(algorithm, 261, 67, r);
        try (NmfBackend backend = openWithFactors(c)) {
            backend.solveH();

            Matrix h = backend.readH();
            int zeros = 0;
            for (int i = 0; i < h.rows(); i++) {
                for (int j = 0; j < r; j++) {
                    double gradient = 0;
                    double terms = 0;
                    for (int f = 0; f < 67; f++) {
                        double fitted = 0;
                        for (int l = 0; l < r; l++) {
                            fitted += (double) c.w.get(f, l) * h.get(i, l);
                        }
                        gradient += c.w.get(f, j) * (fitted - c.v[i][f]);
                        terms += c.w.get(f, j) * (fitted + c.v[i][f]);
                    }
                    double bound = 2 * U * terms;
                    assertTrue(gradient >= -bound, "a coefficient would rather grow");
                    assertTrue(h.get(i, j) == 0 || gradient <= bound, "a coefficient would rather shrink");
                    zeros += h.get(i, j) == 0 ? 1 : 0;
                }
            }
            assertTrue(zeros > 50 && zeros < 261 * r - 50, "both kinds occur, not " + zeros + " zeros");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anUnusedComponentChangesNothingElse(NmfAlgorithm algorithm) {
        Case c = new Case(algorithm, 33, 17, 3);
        Matrix w = Matrix.of(c.w.toRows());
        for (int f = 0; f < 17; f++) {
            w.storage(f)[w.offset(f) + 1] = 0;
        }
        try (NmfBackend backend = open(c.problem)) {
            backend.setFactors(w, c.h);
            backend.updateH();
            Matrix h = backend.readH();
            backend.solveH();
            Matrix solved = backend.readH();
            for (int i = 0; i < 33; i++) {
                assertTrue(Float.isFinite(h.get(i, 0)) && Float.isFinite(h.get(i, 1)) && Float.isFinite(h.get(i, 2)));
                assertEquals(0, solved.get(i, 1), 0.0);
            }
        }
    }

    /** Three columns that differ by at most 0.6 %; all values are whole numbers below 2²⁴, and so exact. */
    @ParameterizedTest
    @EnumSource
    void solveHTellsSimilarPartsApart(NmfAlgorithm algorithm) {
        SplittableRandom random = new SplittableRandom(8);
        int m = 24;
        Matrix w = Matrix.zeros(m, 3);
        Matrix h = Matrix.zeros(40, 3);
        Matrix data = Matrix.zeros(40, m);
        for (int i = 0; i < 40; i++) {
            for (int j = 0; j < 3; j++) {
                h.storage(i)[h.offset(i) + j] = random.nextInt(3) == 0 ? 0 : random.nextInt(j == 0 ? 1000 : 10);
            }
        }
        for (int f = 0; f < m; f++) {
            float common = random.nextInt(512, 1024);
            for (int j = 0; j < 3; j++) {
                w.storage(f)[w.offset(f) + j] = common + random.nextInt(4);
            }
            for (int i = 0; i < 40; i++) {
                for (int j = 0; j < 3; j++) {
                    data.storage(i)[data.offset(i) + f] += h.get(i, j) * w.get(f, j);
                }
            }
        }
        try (NmfBackend backend = open(new NmfProblem(data, 1, 1, 3, algorithm))) {
            backend.setFactors(w, h);
            backend.solveH();

            assertArrayEquals(h.toRows(), backend.readH().toRows());
        }
    }

    /** A row's coefficients are those of the solver in double, rounded, whatever rows are beside it. */
    @ParameterizedTest
    @EnumSource
    void solveHHasTheBitsOfASolverOfOneRow(NmfAlgorithm algorithm) {
        Case c = new Case(algorithm, 300, 700, 17);
        Coefficients.RowSolver solver = new Coefficients(c.problem, c.w).solver();
        try (NmfBackend backend = openWithFactors(c)) {
            backend.solveH();

            Matrix h = backend.readH();
            for (int i = 0; i < 300; i++) {
                double[] alone = solver.solve(i);
                for (int j = 0; j < 17; j++) {
                    assertEquals((float) alone[j], h.get(i, j));
                }
            }
        }
    }

    @Test
    void solveHDoesNotDependOnWhereItStarts() {
        Case c = new Case(NmfAlgorithm.HALS, 33, 17, 3);
        try (NmfBackend backend = openWithFactors(c)) {
            backend.solveH();
            Matrix first = backend.readH();
            backend.setFactors(c.w, Matrix.zeros(33, 3));
            backend.solveH();

            assertArrayEquals(first.toRows(), backend.readH().toRows());
        }
    }
}
