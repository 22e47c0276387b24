package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.commons.numbers.gamma.Digamma;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;

/** Linear response of a Poisson likelihood against fits in double that are solved again with a force on one mean. */
class CountResponseTest {

    private static final int N = 5;
    private static final int M = 67;
    private static final int R = 3;
    private static final Parallel SERIAL = Parallel.serial();

    private final float[][] values = new float[N][M];
    private final double[] weights = new double[M * R];

    CountResponseTest() {
        SplittableRandom random = new SplittableRandom(3);
        Arrays.setAll(weights, e -> 0.05 + random.nextDouble());
        for (float[] row : values) {
            // a geometric number, often 0
            for (int f = 0; f < M; f++) {
                row[f] = (int) (-1.5 * Math.log(random.nextDouble()));
            }
        }
        Arrays.fill(values[3], 0);
    }

    /** The inverse shape x of so many counts: x(ψ(1 + x) + γ) = 1/(a + 1), by bisection of the cost's derivative. */
    private static double inverseShape(double a) {
        double low = 1e-9;
        double high = 1;
        for (int i = 0; i < 60; i++) {
            double x = (low + high) / 2;
            double rise = Digamma.value(1 + x) + Weibull.EULER_GAMMA;
            if (x * rise < 1 / (a + 1)) {
                low = x;
            } else {
                high = x;
            }
        }
        return (low + high) / 2;
    }

    /** λ and k of one row's best posterior, where a force pulls at the mean of one coefficient. */
    private double[][] posterior(float[] row, int pulled, double force) {
        double[] g = new double[R];
        Arrays.fill(g, 1);
        double[] mean = new double[R];
        double[] k = new double[R];
        double change = 1;
        while (change > 1e-15) {
            change = 0;
            double[] next = new double[R];
            for (int f = 0; f < M; f++) {
                double decoded = Dense.dot(g, 0, weights, f * R, R);
                Dense.axpy(row[f] / decoded, weights, f * R, next, 0, R);
            }
            for (int j = 0; j < R; j++) {
                double a = g[j] * next[j];
                double exposure = 1 - (j == pulled ? force : 0);
                for (int f = 0; f < M; f++) {
                    exposure += weights[f * R + j];
                }
                k[j] = 1 / inverseShape(a);
                mean[j] = (a + 1) / exposure;
                double before = g[j];
                g[j] = Weibull.geometricMean(k[j], mean[j] / Weibull.mean(k[j], 1));
                change = Math.max(change, Math.abs(g[j] / before - 1));
            }
        }
        return new double[][] {mean, k};
    }

    private FactorRows rows() {
        double[] means = new double[N * R];
        double[] variances = new double[N * R];
        double[] ones = new double[N * R];
        Arrays.fill(ones, 1);
        for (int i = 0; i < N; i++) {
            double[][] posterior = posterior(values[i], 0, 0);
            for (int j = 0; j < R; j++) {
                double k = posterior[1][j];
                means[i * R + j] = posterior[0][j];
                variances[i * R + j] = Weibull.variance(k, posterior[0][j] / Weibull.mean(k, 1));
            }
        }
        return new FactorRows(N, R, means, variances, ones, new double[N * R]);
    }

    private CountResponse response(FactorRows rows) {
        CountFactor factor = CountFactor.of(rows, SERIAL);
        return new CountResponse(factor, AllocatedCounts.ofRows(Matrix.of(values), factor.geometric(), weights, R));
    }

    /** Covariances are what means change by with a force: dμ/dt. What they exceed those of one coefficient by is added. */
    @Test
    void addsWhatTheMeansOfAFitChangeByUnderAForce() {
        FactorRows rows = rows();
        double[] variances = response(rows).variances(null, SERIAL);
        CountFactor factor = CountFactor.of(rows, SERIAL);
        ErrorReport report = new ErrorReport("linear response of counts");
        boolean more = false;
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                int e = i * R + j;
                double step = 1e-3;
                double change =
                        (posterior(values[i], j, step)[0][j] - posterior(values[i], j, -step)[0][j]) / (2 * step);
                double mean = rows.mean()[e];
                double expected = rows.variance()[e] + change - mean * mean * factor.own()[e];
                // Of μ = (a + 1)/(c − t) with c > 30 the third derivative is 6/c² < 7e-3 of the first, and step²/6 of
                // that
                // is 1e-9; that counts are traded raises it. Means are to 1e-15 over the step, shapes to 1e-11.
                report.compare("row " + i + ", " + j, expected, variances[e], 1e-7 * expected);
                more |= variances[e] > 1.5 * rows.variance()[e];
            }
        }
        assertTrue(more);
        for (int j = 0; j < R; j++) { // nothing was counted, so nothing is traded
            assertEquals(rows.variance()[3 * R + j], variances[3 * R + j], 1e-10);
        }
        report.log();
    }

    /** As above, of the mean of each coefficient of a row under a force on another one. */
    @Test
    void covariancesAreWhatOtherMeansChangeByUnderAForce() {
        FactorRows rows = rows();
        CountResponse response = response(rows);
        double[] variances = response.variances(null, SERIAL);
        double[] covariances = response.covariances(new int[] {0, 1, 2}, SERIAL);
        double[] few = response.covariances(new int[] {0, 2}, new TwoThreads());
        ErrorReport report = new ErrorReport("covariances of counts");
        double step = 1e-3;
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                double[] up = posterior(values[i], j, step)[0];
                double[] down = posterior(values[i], j, -step)[0];
                assertEquals(variances[i * R + j], covariances[i * 6 + RowProducts.pair(j, j, R)]);
                for (int l = 0; l < R; l++) {
                    double change = (up[l] - down[l]) / (2 * step);
                    double covariance = covariances[i * 6 + RowProducts.pair(j, l, R)];
                    if (l != j) { // in terms of variances, which are as large or larger
                        report.compare("row " + i, change, covariance, 1e-7 * variances[i * R + j]);
                    }
                }
            }
            assertEquals(covariances[i * 6 + RowProducts.pair(0, 2, R)], few[i * 3 + 1]);
        }
        report.log();
    }

    /** Of a feature they are those of a row of the transpose, in runs that do not begin with the first. */
    @Test
    void featuresAreTheRowsOfTheTranspose() {
        FactorRows rows = rows();
        double[] geometric = CountFactor.of(rows, SERIAL).geometric();
        float[][] transpose = new float[M][N];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                transpose[f][i] = values[i][f];
            }
        }
        double[] expected = AllocatedCounts.ofRows(Matrix.of(transpose), weights, geometric, R)
                .of(1, M - 1, SERIAL);
        double[] actual = AllocatedCounts.ofFeatures(Matrix.of(values), geometric, weights, R)
                .of(1, M - 1, new TwoThreads());
        assertArrayEquals(expected, actual, 1e-14 * 20); // sums of five numbers below 20
    }

    /** The products of some components, by dense inverses; and the covariances by them, for the means of a row. */
    @Test
    void directionsAreHeldByWhatHoldsTheRows() {
        FactorRows rows = rows();
        CountResponse response = response(rows);
        CountFactor factor = CountFactor.of(rows, SERIAL);
        double[] shared = AllocatedCounts.ofRows(Matrix.of(values), factor.geometric(), weights, R)
                .of(0, N, SERIAL);
        double[] blocks = new double[R * R * R];
        Arrays.setAll(blocks, e -> e / (R * R) == e % R || e / R % R == e / (R * R) ? 0 : e % (R + 1) == 0 ? 0.3 : 0);
        double[] given = response.variances(null, SERIAL);
        double[] joint = response.variances(blocks, SERIAL);
        int[] live = {0, 2};
        RowProducts products = response.products(live, SERIAL).iterator().next();
        ErrorReport report = new ErrorReport("directions of counts");
        for (int i = 0; i < N; i++) {
            DMatrixRMaj inverse = new DMatrixRMaj(R, R);
            for (int a = 0; a < R; a++) {
                for (int b = 0; b < R; b++) {
                    double d = a == b ? factor.stiffness()[i * R + a] : 0;
                    inverse.set(a, b, d + shared[i * 6 + RowProducts.pair(a, b, R)]);
                }
            }
            CommonOps_DDRM.invert(inverse);
            int at = i * 3;
            for (int a = 0; a < 2; a++) {
                for (int b = a; b < 2; b++, at++) {
                    int ea = i * R + live[a];
                    int eb = i * R + live[b];
                    double da = factor.stiffness()[ea];
                    double db = factor.stiffness()[eb];
                    double square = rows.mean()[ea] * rows.mean()[eb];
                    double held = ((a == b ? da : 0) - da * inverse.get(live[a], live[b]) * db) / square;
                    report.compare("square", square, products.squares()[at], 1e-15 * square);
                    // The condition of X is below 1e3; the difference is taken of numbers of the size of d/μ².
                    report.compare("stiffness", held, products.stiffness()[at], 1e-12 * da / square);
                }
            }
            for (int j = 0; j < R; j++) {
                double left = 1 - factor.stiffness()[i * R + j] * inverse.get(j, j);
                double turned = Dense.quadratic(blocks, j * R * R, rows.mean(), i * R, R);
                double expected = given[i * R + j] + left * left * turned;
                report.compare("joint", expected, joint[i * R + j], 1e-12 * expected);
            }
        }
        report.log();
    }

    @Test
    void componentsWithoutCountsTakeNoPart() {
        double[] means = {2, 1e-3, 5, 3, 1e-3, 1};
        double[] ones = {1, 1, 1, 1, 1, 1};
        FactorRows factor = new FactorRows(2, 3, means, ones, ones, ones);
        assertArrayEquals(new int[] {0, 2}, CountResponse.liveComponents(factor, i -> 1, factor));
        assertArrayEquals(new int[] {0}, CountResponse.liveComponents(factor, i -> i == 0 ? 0.01 : 0.1, factor));
    }

    @Test
    void entriesThatNothingDecodesAreLeftOut() {
        double[] nothing = new double[N * R];
        double[] shared =
                AllocatedCounts.ofRows(Matrix.of(values), nothing, weights, R).of(0, N, SERIAL);
        assertArrayEquals(new double[N * 6], shared);
    }

    @Test
    void countsOfOtherRowsAreRefused() {
        FactorRows rows = rows();
        CountFactor factor = CountFactor.of(rows, SERIAL);
        AllocatedCounts features = AllocatedCounts.ofFeatures(Matrix.of(values), factor.geometric(), weights, R);
        assertThrows(IllegalArgumentException.class, () -> new CountResponse(factor, features));
    }

    @Test
    void aMeanOfZeroHoldsAsThePriorDoes() {
        double[] zeros = {0, 0};
        double[] ones = {1, 1};
        CountFactor factor = CountFactor.of(new FactorRows(1, 2, zeros, ones, ones, zeros), SERIAL);
        assertEquals(1, factor.own()[0]);
        assertEquals(0, factor.geometric()[0]);
        // q = 1/(1 + ψ′(2)), d = 1 − q/(1 + q); ψ′(2) = π²/6 − 1
        double q = 6 / (Math.PI * Math.PI);
        assertEquals(1 - q / (1 + q), factor.stiffness()[1], 1e-14);
    }
}
