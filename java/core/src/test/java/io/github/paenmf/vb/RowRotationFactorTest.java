package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowRotationFactorTest {

    private static final int N = 301; // two chunks and windows
    private static final int M = 23;
    private static final int R = 3;
    private static final int PAIRS = RowProducts.pairs(R);
    private static final double NOISE = 0.04;

    private static final TwoSidedPosterior FIT =
            Planted.of(N, M, R, 0.6, 0.8, 3, Planted.gaussian(0.2)).fit(60, true);

    /** Of rows of a factor by its projection and the other one's Gram matrix, with σ² times a number of each row. */
    static RowEstimates estimates(FactorRows rows, double[] gram, double noise, double[] times) {
        double[] inverse = Dense.inverse("gram", gram, R);
        double[] estimates = new double[rows.rows() * R];
        double[] covariances = new double[rows.rows() * PAIRS];
        for (int i = 0; i < rows.rows(); i++) {
            for (int a = 0; a < R; a++) {
                Dense.axpy(rows.projection()[i * R + a], inverse, a * R, estimates, i * R, R);
                for (int b = a; b < R; b++) {
                    covariances[i * PAIRS + RowProducts.pair(a, b, R)] = times[i] * noise * inverse[a * R + b];
                }
            }
        }
        return new RowEstimates(rows.rows(), R, estimates, covariances);
    }

    private static double[] times(int rows, boolean alike) {
        Random random = new Random(rows);
        return random.doubles(rows).map(u -> alike ? 1 : 0.3 + 3 * u).toArray();
    }

    private static RotationTarget target(boolean alike) {
        RowEstimates h = estimates(FIT.h(), FIT.gramW(), NOISE, times(N, alike));
        RowEstimates w = estimates(FIT.w(), FIT.gramH(), NOISE, times(M, alike));
        return new RotationTarget(
                new RowRotationFactor(h, FIT.priorH(), new TwoThreads()),
                new RowRotationFactor(w, FIT.priorW(), Parallel.serial()),
                R);
    }

    private static double[] near() {
        Random random = new Random(8);
        double[] m = Dense.identity(R);
        for (int e = 0; e < m.length; e++) {
            m[e] += 0.03 * random.nextGaussian();
        }
        return m;
    }

    /** The same sums in another order and form: each of some hundred terms below 1e3, or 1e6 in the information. */
    @Test
    void rowsThatAreKnownAlikeGiveWhatTheSharedCovarianceDoes() {
        TwoSidedPosterior fit =
                new TwoSidedPosterior(FIT.h(), FIT.w(), FIT.priorH(), FIT.priorW(), FIT.gramH(), FIT.gramW(), NOISE);
        RotationPosterior shared = RotationPosterior.of(fit, Parallel.serial());
        RotationTarget own = target(true);
        double[] m = near();
        double[] expected = new double[R * R];
        double[] actual = new double[R * R];
        ErrorReport report = new ErrorReport("rows known alike");
        report.compare("value", shared.target().evaluate(m, expected), own.evaluate(m, actual), 1e-9);
        double[] information = shared.target().information(m);
        double[] ownInformation = own.information(m);
        for (int e = 0; e < information.length; e++) {
            report.compare("information", information[e], ownInformation[e], 1e-8 * (1 + Math.abs(information[e])));
        }
        double[][] means = new double[4][R];
        shared.target().h().means(m, means[0], means[1]);
        own.h().means(m, means[2], means[3]);
        for (int e = 0; e < R * R; e++) {
            report.compare("gradient", expected[e], actual[e], 1e-8 * (1 + Math.abs(expected[e])));
        }
        for (int j = 0; j < R; j++) {
            report.compare("mean", means[0][j], means[2][j], 1e-12 * means[0][j]);
            report.compare("deviation of it", means[1][j], means[3][j], 1e-10 * means[1][j]);
        }
        RowEstimates h = estimates(FIT.h(), FIT.gramW(), NOISE, times(N, true));
        RowEstimates w = estimates(FIT.w(), FIT.gramH(), NOISE, times(M, true));
        RotationPosterior mode =
                RotationPosterior.of(new int[] {0, 1, 2}, FIT.h(), h, w, FIT.priorH(), FIT.priorW(), Parallel.serial());
        // each is within a thousandth of a deviation of its maximum in nine directions: 9·½·1e-6 below it
        report.compare("mode", shared.height(), mode.height(), 1e-5);
        report.log();
    }

    /** By a plain sum over the entries; means likewise. */
    @Test
    void aRowHasItsOwnCovariance() {
        double[] times = times(N, false);
        RowEstimates h = estimates(FIT.h(), FIT.gramW(), NOISE, times);
        double[] inverse = Dense.inverse("gram", FIT.gramW(), R);
        double[] m = near();
        RotationFactor factor = new RowRotationFactor(h, FIT.priorH(), Parallel.serial());
        RotationFactor widened = factor.widened(2);
        double log = 0;
        double widenedLog = 0;
        double[] mean = new double[R];
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                double x = 0;
                double v = 0;
                for (int a = 0; a < R; a++) {
                    x += h.estimates()[i * R + a] * m[a * R + j];
                    for (int b = 0; b < R; b++) {
                        v += NOISE * times[i] * m[a * R + j] * inverse[a * R + b] * m[b * R + j];
                    }
                }
                EntryDensity density =
                        new EntryDensity(FIT.priorH().mean()[j], FIT.priorH().inclusion()[j]);
                density.at(x, Math.sqrt(v), 1 / Math.sqrt(v));
                log += density.log();
                mean[j] += density.posteriorMean() / N;
                density.at(x, Math.sqrt(2 * v), 1 / Math.sqrt(2 * v));
                widenedLog += density.log();
            }
        }
        // 903 terms below 1e3
        assertEquals(log, factor.evaluate(m, new double[R * R]), 1e-9);
        assertEquals(widenedLog, widened.evaluate(m, new double[R * R]), 1e-9);
        double[] means = new double[R];
        factor.means(m, means, new double[R]);
        for (int j = 0; j < R; j++) {
            assertEquals(mean[j], means[j], 1e-12 * mean[j]);
        }
    }

    /** As RotationTargetTest has it: bounds are those of there. */
    @Test
    void gradientAndInformationAreThoseOfDifferences() {
        RotationTarget target = target(false);
        double[] at = near();
        int d = R * R;
        double[] gradient = new double[d];
        target.evaluate(at, gradient);
        double[] information = target.information(at);
        double greatest = 0;
        for (int u = 0; u < d; u++) {
            greatest = Math.max(greatest, information[u * d + u]);
        }
        double[] more = new double[d];
        double[] less = new double[d];
        ErrorReport report = new ErrorReport("differences");
        for (int u = 0; u < d; u++) {
            double change = 0;
            for (double e : new double[] {1e-5, 1e-6}) {
                double[] up = at.clone();
                double[] down = at.clone();
                up[u] += e;
                down[u] -= e;
                double rise = target.evaluate(up, more) - target.evaluate(down, less);
                change = change == 0 ? rise / (2 * e) : change;
            }
            report.compare("gradient", change, gradient[u], 1e-4 + 1e-6 * Math.abs(change));
            for (int v = 0; v < d; v++) {
                double difference = (less[v] - more[v]) / 2e-6;
                report.compare("information", difference, information[u * d + v], 1e-7 * greatest);
            }
        }
        report.log();
    }

    /** Bounds are sums of nine products and quantiles of them, to 1e-9 of an upper one; the wider row is the only other one. */
    @Test
    void intervalsOfARowAreAsWideAsItsOwnCovariance() {
        double[] times = times(N, true);
        RowEstimates h = estimates(FIT.h(), FIT.gramW(), FIT.noiseVariance(), times);
        times[7] = 9;
        RowEstimates other = estimates(FIT.h(), FIT.gramW(), FIT.noiseVariance(), times);
        RotationDraws draws = RotationPosterior.of(FIT, Parallel.serial()).normal(50, 9);
        VarianceFunction constant = VarianceFunction.constant(FIT.noiseVariance());
        long[] ids = new long[N];
        Intervals shared = RotatedFactor.ofH(
                        FIT.gramW(), FIT.w().mean(), FIT.priorH(), FIT.noiseVariance(), constant, draws)
                .intervals(FIT.h(), ids, 0.9, 3, Parallel.serial());
        Intervals own =
                RotatedFactor.ofRows(h, FIT.priorH(), draws, false).intervals(FIT.h(), ids, 0.9, 3, new TwoThreads());
        Intervals wider = RotatedFactor.ofRows(other, FIT.priorH(), draws, false)
                .intervals(FIT.h(), ids, 0.9, 3, Parallel.serial());
        double[] widths = new double[2];
        for (int e = 0; e < N * R; e++) {
            assertEquals(shared.upper()[e], own.upper()[e], 1e-9 * (1 + shared.upper()[e]));
            assertEquals(shared.lower()[e], own.lower()[e], 1e-9 * (1 + shared.upper()[e]));
            if (e / R == 7) {
                widths[0] += own.upper()[e] - own.lower()[e];
                widths[1] += wider.upper()[e] - wider.lower()[e];
            } else {
                assertEquals(own.upper()[e], wider.upper()[e]);
            }
        }
        // three times as wide, except for what the prior cuts off
        assertTrue(widths[1] > 1.5 * widths[0], widths[1] + " against " + widths[0]);
    }
}
