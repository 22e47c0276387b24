package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;

class CountEstimatesTest {

    private static final int N = 11; // a group and a part of one
    private static final int M = 67;
    private static final int R = 3;
    private static final int[] LIVE = {0, 2};
    private static final int[] ALL = {0, 1, 2};
    private static final FactorPrior PRIOR = new FactorPrior(new double[] {1, 2, 0.5}, new double[] {1, 1, 1});

    private final float[][] values = new float[N][M];
    private final double[] h = new double[N * R];
    private final double[] w = new double[M * R];
    private final double[] spread = new double[M * 3];

    CountEstimatesTest() {
        SplittableRandom random = new SplittableRandom(4);
        Arrays.setAll(h, e -> 0.1 + random.nextDouble());
        Arrays.setAll(w, e -> 0.1 + 2 * random.nextDouble());
        Arrays.setAll(spread, e -> e % 3 == 1 ? -0.02 : 0.05 + 0.05 * random.nextDouble());
        for (float[] row : values) {
            for (int f = 0; f < M; f++) {
                row[f] = (int) (-2 * Math.log(random.nextDouble()));
            }
        }
    }

    private double[] projection() {
        return CountProjection.ofRows(Matrix.of(values), h, w, R, Parallel.serial());
    }

    private CountExposures exposures() {
        return CountExposures.ofRows(Matrix.of(values));
    }

    private RowEstimates estimates() {
        return CountEstimates.of(h, w, spread, projection(), exposures(), PRIOR, LIVE, new TwoThreads());
    }

    /** Sums of 67 terms and the inverse of a matrix whose condition is below 1e2. */
    @Test
    void areThoseOfLeastSquaresWithWeightsOfTheRow() {
        RowEstimates actual = estimates();
        ErrorReport report = new ErrorReport("estimates of counts");
        for (int i = 0; i < N; i++) {
            DMatrixRMaj information = new DMatrixRMaj(2, 2);
            DMatrixRMaj sum = new DMatrixRMaj(2, 2);
            DMatrixRMaj right = new DMatrixRMaj(2, 1);
            for (int f = 0; f < M; f++) {
                double decoded = Dense.dot(h, i * R, w, f * R, R);
                for (int a = 0; a < 2; a++) {
                    right.add(a, 0, values[i][f] / decoded * w[f * R + LIVE[a]]);
                    for (int b = 0; b < 2; b++) {
                        double square = w[f * R + LIVE[a]] * w[f * R + LIVE[b]];
                        information.add(a, b, square / decoded);
                        sum.add(a, b, (square + spread[f * 3 + a + b]) / decoded);
                    }
                }
            }
            CommonOps_DDRM.invert(information);
            CommonOps_DDRM.invert(sum);
            DMatrixRMaj expected = new DMatrixRMaj(2, 1);
            CommonOps_DDRM.mult(sum, right, expected);
            for (int a = 0; a < 2; a++) {
                report.compare("estimate", expected.get(a, 0), actual.estimates()[i * 2 + a], 1e-8);
                for (int b = a; b < 2; b++) { // held by 1e-9 of the greatest information, times the condition
                    report.compare("covariance", information.get(a, b), actual.covariances()[i * 3 + a + b], 1e-8);
                }
            }
        }
        report.log();
    }

    /** Of a row of size 4 as many counts are expected as of one of 1 with 4 times the coefficients; of features, each by its samples. */
    @Test
    void sizeFactorsMultiplyWhatIsExpected() {
        double[] sizes = new double[N];
        Arrays.fill(sizes, 1);
        sizes[3] = 4;
        RowSource sized = SizeFactors.attach(Matrix.of(values), sizes);
        RowEstimates plain = estimates();
        RowEstimates rows = CountEstimates.of(
                h, w, spread, projection(), CountExposures.ofRows(sized), PRIOR, LIVE, Parallel.serial());
        for (int e = 0; e < N * 3; e++) { // powers of 2
            assertEquals(plain.covariances()[e] / sizes[e / 3], rows.covariances()[e], 1e-15);
        }
        for (int e = 0; e < N * 2; e++) {
            assertEquals(plain.estimates()[e] / sizes[e / 2], rows.estimates()[e], 1e-14);
        }
        double[] exposures = new double[N];
        CountExposures.ofFeatures(sized).of(1, new int[N], exposures, 0);
        assertArrayEquals(sizes, exposures);
    }

    /** As of data without these entries; a row of three entries is held by 1/(10·1)² and 1/(10·½)². To 1e-8 as above. */
    @Test
    void missingEntriesAreLeftOut() {
        float[][] incomplete = new float[N][];
        double[] fewer = new double[(M - 4) * R];
        double[] fewerSpread = new double[(M - 4) * 3];
        float[][] reduced = new float[N][M - 4];
        System.arraycopy(w, 4 * R, fewer, 0, fewer.length);
        System.arraycopy(spread, 4 * 3, fewerSpread, 0, fewerSpread.length);
        for (int i = 0; i < N; i++) {
            incomplete[i] = values[i].clone();
            Arrays.fill(incomplete[i], 0, 4, Float.NaN);
            System.arraycopy(values[i], 4, reduced[i], 0, M - 4);
        }
        Arrays.fill(incomplete[5], 7, M, Float.NaN);
        RowSource data = IncompleteData.of(Matrix.of(incomplete), Missing.NAN);
        CountExposures exposures = CountExposures.ofRows(data);
        double[] projection = CountProjection.ofRows(data, h, w, R, Parallel.serial());
        RowEstimates actual = CountEstimates.of(h, w, spread, projection, exposures, PRIOR, LIVE, Parallel.serial());
        double[] ofReduced = CountProjection.ofRows(Matrix.of(reduced), h, fewer, R, Parallel.serial());
        RowEstimates expected = CountEstimates.of(
                h,
                fewer,
                fewerSpread,
                ofReduced,
                CountExposures.ofRows(Matrix.of(reduced)),
                PRIOR,
                LIVE,
                Parallel.serial());
        for (int e = 0; e < N * 3; e++) {
            if (e / 3 != 5) {
                assertEquals(expected.covariances()[e], actual.covariances()[e], 1e-8);
            }
        }
        for (int e = 0; e < N * 2; e++) {
            if (e / 2 != 5) {
                assertEquals(expected.estimates()[e], actual.estimates()[e], 1e-8);
            }
        }
        double[] information = {0.01, 0, 0, 0.04};
        for (int f = 4; f < 7; f++) {
            double decoded = Dense.dot(h, 5 * R, w, f * R, R);
            for (int e = 0; e < 4; e++) {
                information[e] += w[f * R + LIVE[e / 2]] * w[f * R + LIVE[e % 2]] / decoded;
            }
        }
        double[] covariance = Dense.inverse("information", information, 2);
        assertEquals(covariance[0], actual.covariances()[15], 1e-7 * covariance[0]);
        assertEquals(covariance[3], actual.covariances()[17], 1e-7 * covariance[3]);
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 6, 7, 8, 9, 10}, exposures.telling(2));
        assertEquals(M - 4, CountExposures.ofFeatures(data).telling(1).length);
    }

    /** H·M, W·M⁻ᵀ leave v̂ as it is, so that x̂ is turned by M, and its covariance too: to 1e-9 by 1e2 as above. */
    @Test
    void turnWithTheFactors() {
        double[] m = {1, 0.2, -0.1, 0.1, 1.1, 0.3, 0, -0.2, 0.9};
        double[] n = Inverse.of(m, R).transposed();
        double[] turnedH = turned(h, m);
        double[] turnedW = turned(w, n);
        double[] none = new double[M * 6];
        RowEstimates before = CountEstimates.of(h, w, none, projection(), exposures(), PRIOR, ALL, Parallel.serial());
        double[] projection = CountProjection.ofRows(Matrix.of(values), turnedH, turnedW, R, Parallel.serial());
        RowEstimates after =
                CountEstimates.of(turnedH, turnedW, none, projection, exposures(), PRIOR, ALL, Parallel.serial());
        double[] expected = turned(before.estimates(), m);
        for (int e = 0; e < N * R; e++) {
            assertEquals(expected[e], after.estimates()[e], 1e-6);
        }
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                double variance = 0;
                for (int a = 0; a < R; a++) {
                    for (int b = 0; b < R; b++) {
                        double covariance = before.covariances()[i * 6 + RowProducts.pair(a, b, R)];
                        variance += m[a * R + j] * covariance * m[b * R + j];
                    }
                }
                assertEquals(variance, after.covariances()[i * 6 + RowProducts.pair(j, j, R)], 1e-6 * variance);
            }
        }
    }

    private static double[] turned(double[] x, double[] m) {
        double[] turned = new double[x.length];
        for (int i = 0; i < x.length / R; i++) {
            for (int a = 0; a < R; a++) {
                Dense.axpy(x[i * R + a], m, a * R, turned, i * R, R);
            }
        }
        return turned;
    }

    /** The same products of eleven numbers each, in the same order. */
    @Test
    void featuresAreTheRowsOfTheTranspose() {
        float[][] transpose = new float[M][N];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                transpose[f][i] = values[i][f];
            }
        }
        assertArrayEquals(
                CountProjection.ofRows(Matrix.of(transpose), w, h, R, Parallel.serial()),
                CountProjection.ofFeatures(Matrix.of(values), h, w, R, new TwoThreads()),
                1e-13 * 100);
    }

    @Test
    void aRowThatIsZeroStaysThat() {
        double[] nothing = new double[N * R];
        double[] projection = CountProjection.ofRows(Matrix.of(values), nothing, w, R, Parallel.serial());
        RowEstimates estimates =
                CountEstimates.of(nothing, w, spread, projection, exposures(), PRIOR, LIVE, Parallel.serial());
        for (double estimate : estimates.estimates()) {
            assertEquals(0, estimate);
        }
        for (double covariance : estimates.covariances()) {
            assertEquals(0, covariance, 1e-28);
        }
    }
}
