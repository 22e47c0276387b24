package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Noise of a third of each value in few rows, with some weights tens of times the mean of their prior: a coefficient's
 * own variance times the prior's slope, v/μ, is then more than the coefficient.
 */
class MeasuredNoiseTest {

    private static final int N = 12;
    private static final int M = 300;
    private static final int R = 2;
    private static final double SQUARED_SHARE = 0.12;
    private static final double LEVEL = 0.9;
    private static final int COUNT = 200;
    private static final VarianceFunction MEASURED = new VarianceFunction(0, 0, SQUARED_SHARE);

    private static final TwoSidedPosterior FIT = ReferenceFit.of(values(), N, M, R, 100, true);

    /** One weight of twenty is forty times as large as the others; each row has mostly one of both components. */
    private static double[] values() {
        Random random = new Random(5);
        double[] w = new double[M * R];
        Arrays.setAll(w, e -> -Math.log(1 - random.nextDouble()) * (random.nextDouble() < 0.05 ? 40 : 1));
        double[] v = new double[N * M];
        double squares = 0;
        for (int i = 0; i < N; i++) {
            double h = (i % 2 == 0 ? 0 : 0.7) + 0.3 * random.nextDouble();
            for (int f = 0; f < M; f++) {
                double value = h * w[f * R] + (1 - h) * w[f * R + 1];
                v[i * M + f] = value * (1 + Math.sqrt(SQUARED_SHARE) * random.nextGaussian());
                squares += value * value / v.length;
            }
        }
        for (int e = 0; e < v.length; e++) {
            v[e] /= Math.sqrt(squares);
        }
        return v;
    }

    private static RotatedFactor factor(VarianceFunction noise, RotationDraws draws) {
        return RotatedFactor.ofW(FIT.gramH(), FIT.h().mean(), FIT.priorW(), FIT.noiseVariance(), noise, draws);
    }

    private static Intervals intervals(VarianceFunction noise, RotationDraws draws) {
        long[] ids = LongStream.range(0, M).toArray();
        return factor(noise, draws).intervals(FIT.w(), ids, LEVEL, 1, Parallel.serial());
    }

    /** Held where the prior's mean is a fifth of it or less, at any share: the place is that of the fit's own noise. */
    @Test
    void intervalsHoldTheEstimate() {
        RotationDraws draws = RotationPosterior.of(FIT, Parallel.serial()).normal(COUNT, 1);
        Intervals intervals = intervals(MEASURED, draws);
        double[] shares = factor(MEASURED, draws).shares(FIT.w());
        int large = 0;
        double most = 0;
        for (int e = 0; e < M * R; e++) {
            double mean = FIT.w().mean()[e];
            if (mean > 5 * FIT.priorW().mean()[e % R]) {
                String what =
                        mean + " in [" + intervals.lower()[e] + ", " + intervals.upper()[e] + "], share " + shares[e];
                assertTrue(intervals.lower()[e] <= mean && mean <= intervals.upper()[e], what);
                large++;
                most = Math.max(most, shares[e]);
            }
        }
        assertTrue(large >= 5 && most > 30, large + " weights, shares to " + most);
    }

    /**
     * With the rotation held, a draw is its place and √share times its own deviation, so the interval's width is √share
     * times that of constant noise. What the cut at 0 takes, Φ(−5), moves the quantiles by 3e-7/φ(1.6) = 3e-6 deviations.
     */
    @Test
    void intervalsWidenByTheRootOfTheShare() {
        double[] one = Dense.identity(R);
        double[] matrices = new double[COUNT * R * R];
        double[] scales = new double[COUNT * R];
        Arrays.setAll(matrices, e -> one[e % (R * R)]);
        Arrays.fill(scales, 1);
        RotationDraws held = new RotationDraws(R, new int[] {0, 1}, one, matrices, scales);
        VarianceFunction constant = VarianceFunction.constant(FIT.noiseVariance());
        double[] shares = factor(MEASURED, held).shares(FIT.w());
        double[] covariance = Dense.inverse("K", FIT.gramH(), R);
        Intervals wide = intervals(MEASURED, held);
        Intervals narrow = intervals(constant, held);
        int far = 0;
        for (int e = 0; e < M * R; e++) {
            double deviation = Math.sqrt(FIT.noiseVariance() * covariance[e % R * (R + 1)]);
            if (FIT.w().mean()[e] > 6 * deviation * Math.max(1, Math.sqrt(shares[e]))) {
                double expected = Math.sqrt(shares[e]) * (narrow.upper()[e] - narrow.lower()[e]);
                assertEquals(expected, wide.upper()[e] - wide.lower()[e], 1e-5 * expected, "share " + shares[e]);
                far++;
            }
        }
        assertTrue(far >= 5, "" + far);
    }
}
