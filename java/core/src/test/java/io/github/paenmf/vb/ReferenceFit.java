package io.github.paenmf.vb;

import io.github.paenmf.math.Weibull;
import java.util.Arrays;
import java.util.Random;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * Variational NMF by plain coordinate ascent in double precision, to have fits for tests: V ~ N(H·Wᵀ, σ²), posteriors
 * and point masses on both factors. The functions of β are tables, interpolated linearly.
 */
final class ReferenceFit {

    private static final int WARM_UP = 20;

    /** Columns asinh(10β), mean, variance, least cost (β²/2 added for β > 0) of the slab. */
    private static final double[][] TABLE = table();

    private final double[] v;
    private final int n;
    private final int m;
    private final int r;
    private final Factor h;
    private final Factor w;
    private double noise = 1;

    /** Means, variances, inclusion and prior of a factor. */
    private static final class Factor {
        private final int rows;
        private final double[] mean;
        private final double[] variance;
        private final double[] inclusion;
        private final double[] priorMean;
        private final double[] pi;

        Factor(int rows, int r) {
            this.rows = rows;
            mean = new double[rows * r];
            variance = new double[rows * r];
            inclusion = new double[rows * r];
            priorMean = new double[r];
            pi = new double[r];
            Arrays.fill(inclusion, 1);
            Arrays.fill(priorMean, 1);
            Arrays.fill(pi, 0.5);
        }
    }

    /**
     * @param v n × m, row-major, of root mean square about 1
     * @param zeros whether there are point masses
     */
    static TwoSidedPosterior of(double[] v, int n, int m, int r, int epochs, boolean zeros) {
        ReferenceFit fit = new ReferenceFit(v, n, m, r);
        for (int epoch = 0; epoch < epochs; epoch++) {
            fit.epoch(zeros && epoch >= WARM_UP);
        }
        return fit.posterior(zeros);
    }

    private ReferenceFit(double[] v, int n, int m, int r) {
        this.v = v;
        this.n = n;
        this.m = m;
        this.r = r;
        h = new Factor(n, r);
        w = new Factor(m, r);
        Random random = new Random(0);
        for (int e = 0; e < w.mean.length; e++) {
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean += v[i * m + e / r] / n;
            }
            w.mean[e] = 2 * random.nextDouble() * Math.max(mean, 1e-3) / r;
            w.variance[e] = .01 * w.mean[e] * w.mean[e];
        }
        for (int e = 0; e < h.mean.length; e++) {
            h.mean[e] = 2 * random.nextDouble();
            h.variance[e] = .1 * h.mean[e] * h.mean[e];
        }
    }

    private void epoch(boolean zeros) {
        sweep(h, times(w.mean), gram(w), zeros);
        double[] q = transposedTimes(h.mean);
        double[] k = gram(h);
        for (int j = 0; j < r; j++) {
            w.priorMean[j] = Math.max(columnSum(w.mean, j) / columnSum(w.inclusion, j), 1e-8);
        }
        sweep(w, q, k, zeros);
        if (zeros) {
            learn(h);
            learn(w);
        }
        double squares = Dense.dot(v, 0, v, 0, v.length);
        double error = squares - 2 * Dense.dot(w.mean, 0, q, 0, q.length) + Dense.dot(k, 0, gram(w), 0, k.length);
        noise = Math.max(1e-6, error / n / m);
    }

    private TwoSidedPosterior posterior(boolean zeros) {
        for (int j = 0; j < r; j++) {
            w.priorMean[j] = columnSum(w.mean, j) / columnSum(w.inclusion, j);
            if (!zeros) {
                h.pi[j] = 1;
                w.pi[j] = 1;
            }
        }
        return new TwoSidedPosterior(
                rows(h, times(w.mean)),
                rows(w, transposedTimes(h.mean)),
                new FactorPrior(h.priorMean, h.pi),
                new FactorPrior(w.priorMean, w.pi),
                gram(h),
                gram(w),
                noise);
    }

    private FactorRows rows(Factor factor, double[] projection) {
        return new FactorRows(factor.rows, r, factor.mean, factor.variance, factor.inclusion, projection);
    }

    private void learn(Factor factor) {
        for (int j = 0; j < r; j++) {
            double share = columnSum(factor.inclusion, j) / factor.rows;
            factor.pi[j] = Math.min(Math.max(share, 1.0 / factor.rows), 1 - 1.0 / factor.rows);
        }
    }

    private double columnSum(double[] values, int j) {
        double sum = 0;
        for (int e = j; e < values.length; e += r) {
            sum += values[e];
        }
        return sum;
    }

    private void sweep(Factor x, double[] projection, double[] gram, boolean zeros) {
        for (int j = 0; j < r; j++) {
            double precision = gram[j * r + j] / noise;
            double root = Math.sqrt(precision);
            for (int i = 0; i < x.rows; i++) {
                int e = i * r + j;
                double b = projection[e] - Dense.dot(x.mean, i * r, gram, j * r, r) + gram[j * r + j] * x.mean[e];
                double beta = (b / noise - 1 / x.priorMean[j]) / root;
                double mean = at(1, beta) / root;
                double variance = at(2, beta) / precision;
                double p = 1;
                if (zeros) {
                    double least = at(3, beta) - (beta > 0 ? beta * beta / 2 : 0);
                    double cost = least + Math.log(root * x.priorMean[j]) - Weibull.EULER_GAMMA - 1;
                    double odds = cost - Math.log(x.pi[j] / (1 - x.pi[j]));
                    p = 1 / (1 + Math.exp(Math.max(-40, Math.min(40, odds))));
                }
                x.mean[e] = p * mean;
                x.variance[e] = Math.max(p * (variance + mean * mean) - x.mean[e] * x.mean[e], 1e-14);
                x.inclusion[e] = p;
            }
        }
    }

    private double[] gram(Factor x) {
        double[] gram = new double[r * r];
        for (int i = 0; i < x.rows; i++) {
            for (int a = 0; a < r; a++) {
                Dense.axpy(x.mean[i * r + a], x.mean, i * r, gram, a * r, r);
                gram[a * r + a] += x.variance[i * r + a];
            }
        }
        return gram;
    }

    /** V·X. */
    private double[] times(double[] x) {
        double[] product = new double[n * r];
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < m; f++) {
                Dense.axpy(v[i * m + f], x, f * r, product, i * r, r);
            }
        }
        return product;
    }

    /** Vᵀ·X. */
    private double[] transposedTimes(double[] x) {
        double[] product = new double[m * r];
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < m; f++) {
                Dense.axpy(v[i * m + f], x, i * r, product, f * r, r);
            }
        }
        return product;
    }

    private static double at(int column, double beta) {
        double s = asinh(10 * beta);
        double[] axis = TABLE[0];
        int found = Arrays.binarySearch(axis, s);
        int above = Math.max(1, Math.min(axis.length - 1, found < 0 ? -found - 1 : found));
        double u = Math.max(0, Math.min(1, (s - axis[above - 1]) / (axis[above] - axis[above - 1])));
        return (1 - u) * TABLE[column][above - 1] + u * TABLE[column][above];
    }

    private static double asinh(double x) {
        return Math.signum(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1));
    }

    /** Least f(y, k) = y²Γ(1 + 2/k)/2 − βyΓ(1 + 1/k) + ln k − ln y + γ/k by golden section over ln k. */
    private static double[][] table() {
        int half = 700;
        double[][] table = new double[4][2 * half + 1];
        for (int i = 0; i <= 2 * half; i++) {
            double s = (i - half) * 14.0 / half;
            double beta = Math.sinh(s) / 10;
            double low = Math.log(.5);
            double high = Math.log(Math.max(3, 4 * Math.max(beta, 1)));
            double ratio = (Math.sqrt(5) - 1) / 2;
            for (int step = 0; step < 80; step++) {
                double c = high - ratio * (high - low);
                double d = low + ratio * (high - low);
                if (slab(Math.exp(c), beta)[2] < slab(Math.exp(d), beta)[2]) {
                    high = d;
                } else {
                    low = c;
                }
            }
            double[] best = slab(Math.exp((low + high) / 2), beta);
            table[0][i] = s;
            for (int column = 0; column < 3; column++) {
                table[column + 1][i] = best[column];
            }
        }
        return table;
    }

    /** Mean, variance and f (β²/2 added for β > 0) at the best y. */
    private static double[] slab(double k, double beta) {
        double first = Math.exp(LogGamma.value(1 + 1 / k));
        double second = Math.exp(LogGamma.value(1 + 2 / k));
        double root = Math.sqrt(beta * beta * first * first + 4 * second);
        double y = beta > 0 ? (beta * first + root) / (2 * second) : 2 / (root - beta * first);
        double mean = y * first;
        double f = y * y * second / 2 - beta * mean + Math.log(k) - Math.log(y) + Weibull.EULER_GAMMA / k;
        return new double[] {mean, Weibull.variance(k, y), f + (beta > 0 ? beta * beta / 2 : 0)};
    }
}
