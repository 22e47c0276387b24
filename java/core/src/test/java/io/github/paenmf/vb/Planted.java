package io.github.paenmf.vb;

import java.util.Arrays;
import java.util.Random;

/**
 * Data with known factors: V = H·Wᵀ + noise, of which H·Wᵀ has a root mean square of 1.
 *
 * @param h n × r
 * @param w m × r
 * @param v n × m
 */
record Planted(int n, int m, int r, double[] h, double[] w, double[] v) {

    /** Noise of an entry with this value, from a standard normal number. */
    @FunctionalInterface
    interface Noise {
        double of(double value, Random random);
    }

    /** @param nonzeroH, nonzeroW share of coefficients that are not 0 */
    static Planted of(int n, int m, int r, double nonzeroW, double nonzeroH, long seed, Noise noise) {
        Random random = new Random(seed);
        double[] w = factor(m * r, nonzeroW, random);
        double[] h = factor(n * r, nonzeroH, random);
        double[] v = new double[n * m];
        double squares = 0;
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < m; f++) {
                v[i * m + f] = Dense.dot(h, i * r, w, f * r, r);
                squares += v[i * m + f] * v[i * m + f];
            }
        }
        double scale = 1 / Math.sqrt(squares / v.length);
        for (int e = 0; e < v.length; e++) {
            v[e] = noise.of(scale * v[e], random);
        }
        return new Planted(n, m, r, h, w, v);
    }

    static Noise gaussian(double sigma) {
        return (value, random) -> value + sigma * random.nextGaussian();
    }

    private static double[] factor(int length, double nonzero, Random random) {
        double[] x = new double[length];
        for (int e = 0; e < length; e++) {
            double value = -Math.log(1 - random.nextDouble());
            x[e] = random.nextDouble() < nonzero ? value : 0;
        }
        return x;
    }

    TwoSidedPosterior fit(int epochs, boolean zeros) {
        return ReferenceFit.of(v, n, m, r, epochs, zeros);
    }

    /** A posterior around the truth itself, for what needs no fit. */
    TwoSidedPosterior around(double variance) {
        return new TwoSidedPosterior(
                rows(n, h, variance),
                rows(m, w, variance),
                prior(),
                prior(),
                gram(h, n, variance),
                gram(w, m, variance),
                variance);
    }

    private FactorRows rows(int rows, double[] mean, double variance) {
        double[] variances = new double[rows * r];
        double[] inclusion = new double[rows * r];
        Arrays.fill(variances, variance);
        Arrays.fill(inclusion, 1);
        return new FactorRows(rows, r, mean, variances, inclusion, new double[rows * r]);
    }

    private FactorPrior prior() {
        double[] ones = new double[r];
        Arrays.fill(ones, 1);
        return new FactorPrior(ones, ones);
    }

    private double[] gram(double[] x, int rows, double variance) {
        double[] gram = new double[r * r];
        for (int i = 0; i < rows; i++) {
            for (int a = 0; a < r; a++) {
                Dense.axpy(x[i * r + a], x, i * r, gram, a * r, r);
                gram[a * r + a] += variance;
            }
        }
        return gram;
    }

    /** Which component of the truth each component of the fit is: the most alike first. */
    int[] match(TwoSidedPosterior fit) {
        int[] truth = new int[r];
        boolean[] taken = new boolean[r];
        Arrays.fill(truth, -1);
        for (int round = 0; round < r; round++) {
            double best = -1;
            int fitted = 0;
            int planted = 0;
            for (int j = 0; j < r; j++) {
                for (int t = 0; t < r; t++) {
                    double cosine =
                            truth[j] >= 0 || taken[t] ? -2 : cosine(fit.w().mean(), j, w, t);
                    if (cosine > best) {
                        best = cosine;
                        fitted = j;
                        planted = t;
                    }
                }
            }
            truth[fitted] = planted;
            taken[planted] = true;
        }
        return truth;
    }

    private double cosine(double[] a, int j, double[] b, int t) {
        return product(a, j, b, t) / Math.sqrt(product(a, j, a, j) * product(b, t, b, t) + 1e-300);
    }

    private double product(double[] a, int j, double[] b, int t) {
        double sum = 0;
        for (int i = 0; i < a.length / r; i++) {
            sum += a[i * r + j] * b[i * r + t];
        }
        return sum;
    }

    /** Shares of true coefficients in their intervals, the scale of each component fitted: of all, of those not 0. */
    double[] coverage(double[] truth, Intervals intervals, int[] match) {
        double[] mean = intervals.mean();
        int inside = 0;
        int insideNonzero = 0;
        int nonzero = 0;
        for (int j = 0; j < r; j++) {
            double scale = product(truth, match[j], mean, j) / product(truth, match[j], truth, match[j]);
            for (int i = 0; i < truth.length / r; i++) {
                double value = scale * truth[i * r + match[j]];
                boolean in = value >= intervals.lower()[i * r + j]
                        && value <= intervals.upper()[i * r + j];
                inside += in ? 1 : 0;
                nonzero += value > 0 ? 1 : 0;
                insideNonzero += in && value > 0 ? 1 : 0;
            }
        }
        return new double[] {(double) inside / truth.length, (double) insideNonzero / nonzero};
    }
}
