package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EntryDensityTest {

    /** x, √v, mean and inclusion of the prior: near 0, far on both sides of it, with and without a point mass. */
    static Stream<Arguments> entries() {
        return Stream.of(
                arguments(0.3, 0.2, 1.0, 0.4),
                arguments(0.01, 0.2, 0.7, 0.9),
                arguments(-0.5, 0.2, 1.0, 0.3),
                arguments(-0.5, 0.2, 1.0, 1.0),
                arguments(-2.5, 0.2, 0.5, 1.0),
                arguments(1.7, 0.2, 1.3, 0.2),
                arguments(5.0, 0.2, 1.3, 1.0),
                arguments(1.62, 0.2, 3.0, 1e-6));
    }

    private static EntryDensity at(double x, double s, double mean, double inclusion) {
        EntryDensity density = new EntryDensity(mean, inclusion);
        density.at(x, s, 1 / s);
        return density;
    }

    private static double log(double x, double v, double mean, double inclusion) {
        return at(x, Math.sqrt(v), mean, inclusion).log();
    }

    /** (1 − π)N(x; 0, v) + π∫ exp(−h/μ)/μ·N(x; h, v) dh by the midpoint rule, whose error is 1e-8·(x/s)² of it. */
    private static double byQuadrature(double x, double s, double mean, double inclusion, double most) {
        double sum = 0;
        double step = s / 2000;
        for (double h = step / 2; h < most; h += step) {
            sum += Math.exp(-h / mean - (x - h) * (x - h) / (2 * s * s)) * step / mean;
        }
        return ((1 - inclusion) * Math.exp(-x * x / (2 * s * s)) + inclusion * sum) / (s * Math.sqrt(2 * Math.PI));
    }

    @ParameterizedTest
    @MethodSource("entries")
    void isThePriorConvolvedWithTheNoise(double x, double s, double mean, double inclusion) {
        double expected = byQuadrature(x, s, mean, inclusion, 12);

        assertEquals(Math.log(expected), log(x, s * s, mean, inclusion), 2e-8 * (1 + x * x / (s * s)));
    }

    /** Central differences with steps of e times s: e² of the third derivative, and rounding 1e-15·|ln f|/e. */
    @ParameterizedTest
    @MethodSource("entries")
    void slopesAreDifferences(double x, double s, double mean, double inclusion) {
        double e = 1e-5;
        double v = s * s;
        EntryDensity density = at(x, s, mean, inclusion);
        double byX = (log(x + e * s, v, mean, inclusion) - log(x - e * s, v, mean, inclusion)) / (2 * e * s);
        double byV = (log(x, v * (1 + e), mean, inclusion) - log(x, v * (1 - e), mean, inclusion)) / (2 * e * v);
        double bound = 1e-15 * (1 + x * x / v) / e + 1e-9 * (1 + Math.abs(x / s));

        assertEquals(byX, density.byX(), bound / s);
        assertEquals(byV, density.byV(), bound * (1 + Math.abs(x / s)) / v);
    }

    /** Differences of slopes, which are right to 1e-13 of (x/s)², by steps of e. */
    @ParameterizedTest
    @MethodSource("entries")
    void secondDerivativesAreDifferencesOfSlopes(double x, double s, double mean, double inclusion) {
        double e = 1e-5;
        double v = s * s;
        double[] second = new double[3];
        at(x, s, mean, inclusion).secondDerivatives(second);
        EntryDensity right = at(x + e * s, s, mean, inclusion);
        EntryDensity left = at(x - e * s, s, mean, inclusion);
        EntryDensity more = at(x, Math.sqrt(v * (1 + e)), mean, inclusion);
        EntryDensity less = at(x, Math.sqrt(v * (1 - e)), mean, inclusion);
        double bound = 1e-13 * (1 + x * x / v) / e + 1e-8 * (1 + Math.pow(x / s, 4));

        assertEquals((right.byX() - left.byX()) / (2 * e * s), second[0], bound / v);
        assertEquals((right.byV() - left.byV()) / (2 * e * s), second[1], bound / v / s);
        assertEquals((more.byV() - less.byV()) / (2 * e * v), second[2], bound / v / v);
    }

    /** At the quantile for u the distribution function, the share of the quadrature up to it, is u except for a cell of s/2000. */
    @ParameterizedTest
    @MethodSource("entries")
    void quantilesInvertThePosterior(double x, double s, double mean, double inclusion) {
        EntryDensity density = at(x, s, mean, inclusion);
        double all = byQuadrature(x, s, mean, inclusion, 12);
        for (double u = 0.025; u < 1; u += 0.05) {
            double quantile = density.quantile(u, 1);
            if (u <= 1 - density.included()) {
                assertEquals(0, quantile);
            } else {
                assertEquals(u, byQuadrature(x, s, mean, inclusion, quantile) / all, (1 + Math.abs(x / s)) / 2000);
            }
        }
    }

    /** The distribution function of what is 0 with the posterior's probability, else N(x − v/μ, (t√v)²) cut off at 0. */
    private static double widened(EntryDensity density, double location, double deviation, double most) {
        double below = 0;
        double all = 0;
        double step = deviation / 2000;
        double top = Math.max(0, location) + 12 * deviation;
        for (double h = step / 2; h < top; h += step) {
            double u = h - location;
            double u0 = Math.min(0, location); // the density at 0 is 1 where it falls from there on
            double mass = Math.exp((u0 * u0 - u * u) / (2 * deviation * deviation));
            all += mass;
            below += h < most ? mass : 0;
        }
        return 1 - density.included() * (1 - below / all);
    }

    /** At the quantile for u the distribution function is u except for a cell, whose share is (1 + |z|)/2000 at most. */
    @ParameterizedTest
    @MethodSource("entries")
    void widenedQuantilesInvertTheWidenedDistribution(double x, double s, double mean, double inclusion) {
        EntryDensity density = at(x, s, mean, inclusion);
        double location = x - s * s / mean;
        for (double widening : new double[] {0.4, 1, 1.7, 6}) {
            double deviation = widening * s;
            double cell = (1 + Math.abs(location / deviation)) / 2000;
            for (double u = 0.025; u < 1; u += 0.05) {
                double quantile = density.quantile(u, widening);
                if (u <= 1 - density.included()) {
                    assertEquals(0, quantile);
                } else {
                    assertEquals(u, widened(density, location, deviation, quantile), cell, "widened by " + widening);
                }
            }
        }
    }

    /** Means over the quantiles of an even grid of 20000, whose ends cut 1e-4 of the tail off. */
    @ParameterizedTest
    @MethodSource("entries")
    void momentsAreThoseOfTheQuantiles(double x, double s, double mean, double inclusion) {
        EntryDensity density = at(x, s, mean, inclusion);
        int count = 20_000;
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < count; i++) {
            double h = density.quantile((i + 0.5) / count, 1);
            sum += h / count;
            squares += h * h / count;
        }

        assertEquals(sum, density.posteriorMean(), 1e-4 * s);
        assertEquals(squares - sum * sum, density.posteriorVariance(), 1e-3 * s * s);
    }
}
