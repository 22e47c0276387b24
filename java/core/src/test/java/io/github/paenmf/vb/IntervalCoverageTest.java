package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Shares of planted coefficients that lie in their 90 % intervals, over {@link #SEEDS} data sets of 100 × 60 values and
 * 3 components.
 *
 * <p>A true share of .9 is seen as a binomial share of 1200 coefficients of H and 720 of W. Those of one column move
 * together by scale and rotation; with as many as four of them worth one, four standard deviations are
 * 4·√(.09/300) = .069 and 4·√(.09/180) = .089. Seeds are fixed, so the odds of a failure by chance are none.
 */
class IntervalCoverageTest {

    private static final int SEEDS = 4;
    private static final int N = 100;
    private static final int M = 60;
    private static final int R = 3;
    private static final double LEVEL = 0.9;
    private static final double BAND_H = 0.069;
    private static final double BAND_W = 0.089;

    /** Coverage of H, of H's nonzero, of W, of W's nonzero; the mean over data sets. */
    @FunctionalInterface
    private interface Method {
        Intervals[] of(TwoSidedPosterior fit);
    }

    private static double[] coverage(double nonzeroW, double nonzeroH, Planted.Noise noise, Method method) {
        double[] mean = new double[4];
        for (int seed = 1; seed <= SEEDS; seed++) {
            Planted planted = Planted.of(N, M, R, nonzeroW, nonzeroH, seed, noise);
            TwoSidedPosterior fit = planted.fit(200, true);
            int[] match = planted.match(fit);
            Intervals[] both = method.of(fit);
            double[] h = planted.coverage(planted.h(), both[0], match);
            double[] w = planted.coverage(planted.w(), both[1], match);
            double[] all = {h[0], h[1], w[0], w[1]};
            Dense.axpy(1.0 / SEEDS, all, 0, mean, 0, 4);
        }
        return mean;
    }

    private static long[] ids(int count) {
        return LongStream.range(0, count).toArray();
    }

    static Intervals[] rotated(TwoSidedPosterior fit, VarianceFunction noise, RotationDraws draws, Parallel parallel) {
        double s2 = fit.noiseVariance();
        return new Intervals[] {
            RotatedFactor.ofH(fit.gramW(), fit.w().mean(), fit.priorH(), s2, noise, draws)
                    .intervals(fit.h(), ids(fit.h().rows()), LEVEL, 1, parallel),
            RotatedFactor.ofW(fit.gramH(), fit.h().mean(), fit.priorW(), s2, noise, draws)
                    .intervals(fit.w(), ids(fit.w().rows()), LEVEL, 1, parallel)
        };
    }

    private static Intervals[] normal(TwoSidedPosterior fit, VarianceFunction noise) {
        Parallel parallel = new TwoThreads();
        return rotated(fit, noise, RotationPosterior.of(fit, parallel).normal(200, 1), parallel);
    }

    private static VarianceFunction constant(TwoSidedPosterior fit) {
        return VarianceFunction.constant(fit.noiseVariance());
    }

    private static void assertNominal(double[] coverage) {
        assertEquals(LEVEL, coverage[0], BAND_H, () -> Arrays.toString(coverage));
        assertEquals(LEVEL, coverage[2], BAND_W, () -> Arrays.toString(coverage));
    }

    @Test
    void theRotationsIntervalsHoldForADenseTruth() {
        assertNominal(coverage(1, 1, Planted.gaussian(0.2), fit -> normal(fit, constant(fit))));
    }

    @Test
    @Tag("long")
    void sampledIntervalsHoldForADenseTruth() {
        assertNominal(coverage(1, 1, Planted.gaussian(0.2), fit -> {
            Parallel parallel = new TwoThreads();
            SampledRotation sampled = RotationPosterior.of(fit, parallel).sampled(200, 1);
            assertTrue(sampled.acceptance() > 0.6 && sampled.acceptance() < 1, () -> "" + sampled.acceptance());
            assertTrue(sampled.medianEffectiveSize() >= sampled.leastEffectiveSize());
            assertTrue(sampled.leastEffectiveSize() > 20, () -> "" + sampled.leastEffectiveSize());
            return rotated(fit, constant(fit), sampled.draws(), parallel);
        }));
    }

    /** Zeros are nearly always within; so the share may be above .9, and no interval ends below 0. */
    @ParameterizedTest
    @ValueSource(doubles = {0.3, 0.6})
    @Tag("long")
    void intervalsHoldWhereTheTruthHasZeros(double nonzero) {
        double[] coverage = coverage(nonzero, nonzero, Planted.gaussian(0.2), fit -> normal(fit, constant(fit)));

        assertTrue(coverage[0] >= LEVEL - BAND_H, () -> Arrays.toString(coverage));
        assertTrue(coverage[2] >= LEVEL - BAND_W, () -> Arrays.toString(coverage));
    }

    /** Each part of linear response adds what the one before leaves out; the joint one is near the nominal share. */
    @Test
    void linearResponseAddsWhatMeanFieldLeavesOut() {
        Parallel parallel = new TwoThreads();
        Planted.Noise noise = Planted.gaussian(0.2);
        double[] meanField = coverage(1, 1, noise, fit -> new Intervals[] {
            FactorResponse.meanField(fit.h(), LEVEL, parallel), FactorResponse.meanField(fit.w(), LEVEL, parallel)
        });
        double[] conditional = coverage(1, 1, noise, fit -> new Intervals[] {
            FactorResponse.conditional(fit.gramW(), fit.noiseVariance(), R).intervals(fit.h(), LEVEL, parallel),
            FactorResponse.conditional(fit.gramH(), fit.noiseVariance(), R).intervals(fit.w(), LEVEL, parallel)
        });
        double[] joint = coverage(1, 1, noise, fit -> {
            JointResponse response = JointResponse.of(fit, parallel);
            return new Intervals[] {
                response.h().intervals(fit.h(), LEVEL, parallel), response.w().intervals(fit.w(), LEVEL, parallel)
            };
        });

        assertTrue(meanField[0] < LEVEL - BAND_H && meanField[2] < LEVEL - BAND_W, () -> Arrays.toString(meanField));
        assertTrue(conditional[0] > meanField[0] && conditional[2] > meanField[2]);
        assertTrue(joint[0] > conditional[0] && joint[2] > conditional[2]);
        assertEquals(LEVEL, joint[0], BAND_H, () -> Arrays.toString(joint));
    }

    /** Counts with a mean of 20 at the data's root mean square; a normal number stands for the Poisson's. */
    private static final Planted.Noise COUNTS =
            (value, random) -> Math.max(0, value + Math.sqrt(value / 20) * random.nextGaussian());

    private static VarianceFunction measured(TwoSidedPosterior fit, long seed) {
        double[] v = Planted.of(N, M, R, 0.6, 0.8, seed, COUNTS).v();
        float[] values = new float[v.length];
        float[] fitted = new float[v.length];
        double mean = 0;
        for (int e = 0; e < v.length; e++) {
            values[e] = (float) v[e];
            fitted[e] = (float) Dense.dot(fit.h().mean(), e / M * R, fit.w().mean(), e % M * R, R);
            mean += fitted[e] / (double) v.length;
        }
        VarianceFit sums = new VarianceFit(mean);
        sums.add(values, fitted, 0, v.length);
        return sums.fit(fit.noiseVariance()).function();
    }

    /** One σ is too small for large values: their coefficients lie outside; the measured noise mends that. */
    @Test
    @Tag("long")
    void measuredNoiseMendsIntervalsOfCounts() {
        double[] one = coverage(0.6, 0.8, COUNTS, fit -> normal(fit, constant(fit)));
        long[] seed = {0};
        double[] measured = coverage(0.6, 0.8, COUNTS, fit -> {
            VarianceFunction noise = measured(fit, ++seed[0]);
            assertTrue(noise.b() > 0.03 && noise.b() < 0.07, noise::toString); // 1/20
            return normal(fit, noise);
        });

        assertTrue(one[1] < LEVEL - BAND_H, () -> Arrays.toString(one));
        assertEquals(LEVEL, measured[1], BAND_H, () -> Arrays.toString(measured));
        assertTrue(measured[3] >= LEVEL - 1.2 * BAND_W, () -> Arrays.toString(measured)); // 60 % of W: √(1/.6)
    }

    /** Rows that the fit has not seen, by their projections alone. */
    @Test
    void newRowsHaveIntervalsThatHold() {
        Planted planted = Planted.of(2 * N, M, R, 0.6, 0.8, 3, Planted.gaussian(0.2));
        Planted half =
                new Planted(N, M, R, Arrays.copyOf(planted.h(), N * R), planted.w(), Arrays.copyOf(planted.v(), N * M));
        TwoSidedPosterior fit = half.fit(200, true);
        VarianceFunction noise = constant(fit);
        RotationDraws draws = RotationPosterior.of(fit, Parallel.serial()).normal(200, 1);
        double[] projection = new double[N * R];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                Dense.axpy(planted.v()[(N + i) * M + f], fit.w().mean(), f * R, projection, i * R, R);
            }
        }
        FactorRows rows =
                new FactorRows(N, R, fit.h().mean(), fit.h().variance(), fit.h().inclusion(), projection);
        Intervals intervals = RotatedFactor.ofH(
                        fit.gramW(), fit.w().mean(), fit.priorH(), fit.noiseVariance(), noise, draws)
                .intervals(rows, ids(N), LEVEL, 1, Parallel.serial());
        double[] truth = Arrays.copyOfRange(planted.h(), N * R, 2 * N * R);

        // 300 coefficients, four of them worth one: 4·√(.09/75)
        assertEquals(LEVEL, half.coverage(truth, intervals, half.match(fit))[0], 0.139);
    }
}
