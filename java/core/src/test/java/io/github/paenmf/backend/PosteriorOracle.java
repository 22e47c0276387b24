package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.math.ExactPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.testing.ErrorReport;
import java.util.SplittableRandom;

/**
 * A sweep over the posteriors of a factor in double precision, one coefficient at a time: each is expected in the light
 * of the means that the kernel had for the others, so that errors do not add up. What float32 does to β becomes an
 * interval, and what follows from β is expected between its values at the ends. All matrices are row-major with a row for
 * each row of the factor.
 */
public final class PosteriorOracle {

    /** The errors that WeibullPosterior documents. */
    private static final double MEAN_ERROR = 2e-6;

    private static final double VARIANCE_ERROR = 1e-5;
    private static final double PEAK = 6.7941;
    private static final double U = ErrorReport.U;

    public final int rows;
    public final int rank;
    public final float precision;
    public final float scale;
    public final float[] prior;
    /** ln of what multiplies the prior mean of a coefficient; null where those of components are all. */
    public float[] logRatio;
    /** Null without a point mass. */
    public final float[] logit;
    /** Means before the sweep. */
    public final float[] x;

    public final float[] numerator;
    public final float[] gram;

    /** Planted: means that fit the numerator except for noise, many of them 0, and components that differ in size. */
    public PosteriorOracle(int rows, int rank, boolean pointMass, float precision, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        this.rows = rows;
        this.rank = rank;
        this.precision = precision;
        this.scale = 0.5f;
        this.prior = new float[rank];
        this.logit = pointMass ? new float[rank] : null;
        for (int j = 0; j < rank; j++) {
            prior[j] = (float) random.nextDouble(0.1, 2);
            if (pointMass) {
                logit[j] = (float) random.nextDouble(-4, 4);
            }
        }
        this.gram = gram(random);
        this.x = new float[rows * rank];
        this.numerator = new float[rows * rank];
        double[] truth = new double[rank];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rank; j++) {
                truth[j] = random.nextBoolean() ? 0 : -Math.log(random.nextDouble());
                x[i * rank + j] = (float) random.nextDouble(0, 2);
            }
            for (int j = 0; j < rank; j++) {
                double sum = random.nextDouble(-3, 3) * Math.sqrt(gram[j * rank + j] / (double) precision);
                for (int l = 0; l < rank; l++) {
                    sum += truth[l] * gram[j * rank + l];
                }
                numerator[i * rank + j] = (float) (sum / scale);
            }
        }
    }

    /** Gives each coefficient a prior mean of its own. */
    public PosteriorOracle withPriorsOfRows(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        logRatio = new float[rows * rank];
        for (int e = 0; e < logRatio.length; e++) {
            logRatio[e] = (float) random.nextDouble(-3, 3);
        }
        return this;
    }

    private double priorMean(int row, int j) {
        return logRatio == null ? prior[j] : prior[j] * Math.exp(logRatio[row * rank + j]);
    }

    private float[] gram(SplittableRandom random) {
        int features = Math.min(rank, 40) + 3;
        double[] w = new double[features * rank];
        for (int i = 0; i < w.length; i++) {
            w[i] = random.nextBoolean() ? 0 : random.nextDouble() * (i % rank % 7 + 1);
        }
        float[] result = new float[rank * rank];
        for (int j = 0; j < rank; j++) {
            for (int l = 0; l < rank; l++) {
                double sum = j == l ? 0.01 : 0;
                for (int f = 0; f < features; f++) {
                    sum += w[f * rank + j] * w[f * rank + l];
                }
                result[j * rank + l] = (float) sum;
            }
        }
        return result;
    }

    /** An interval. */
    private record Range(double low, double high) {

        static Range of(double a, double b) {
            return new Range(Math.min(a, b), Math.max(a, b));
        }

        /** Of values above 0. */
        Range wider(double relative) {
            return new Range(low * (1 - relative), high * (1 + relative));
        }

        Range times(Range other) {
            return new Range(low * other.low, high * other.high);
        }

        Range plus(Range other) {
            return new Range(low + other.low, high + other.high);
        }

        void check(ErrorReport report, String what, double actual) {
            report.compare(() -> what, (low + high) / 2, actual, (high - low) / 2 + Float.MIN_NORMAL);
        }
    }

    /**
     * Fails unless means, variances and probabilities after the sweep are right.
     *
     * @return Σ KL, and the bound of its error
     */
    public double[] check(String name, float[] means, float[] variance, float[] inclusion) {
        ErrorReport report = new ErrorReport(name);
        double[] divergence = new double[2];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rank; j++) {
                check(report, i, j, means, variance, inclusion, divergence);
            }
        }
        report.log();
        return divergence;
    }

    private void check(
            ErrorReport report, int i, int j, float[] means, float[] variance, float[] inclusion, double[] divergence) {
        double curvature = (double) gram[j * rank + j] * precision;
        double root = Math.sqrt(curvature);
        int at = i * rank + j;
        String where = " of row " + i + ", component " + j;
        assertTrue(means[at] >= 0 && variance[at] >= Float.MIN_NORMAL && Float.isFinite(variance[at]), where);
        double logOdds = logit == null ? Double.POSITIVE_INFINITY : logit[j];
        double own = priorMean(i, j);
        double more = logRatio == null ? 0 : 4; // of a ratio: float32's exp has 2 units, and there are two products
        if (curvature < Float.MIN_NORMAL) {
            double p = 1 / (1 + Math.exp(-logOdds));
            // of float32's exp and reciprocal 2 units each, and of what is made of p a rounding for each operation
            report.compare("inclusion" + where, p, inclusion[at], 5 * U * p);
            report.compare("mean" + where, p * own, means[at], (6 + more) * U * p * own);
            double spread = p * (2 - p) * own * own;
            report.compare("variance" + where, spread, variance[at], (9 + 2 * more) * U * spread);
            return;
        }
        double sum = numerator[at] * (double) scale;
        double magnitude = Math.abs(sum);
        for (int l = 0; l < rank; l++) {
            if (l != j) {
                double term = (double) gram[j * rank + l] * (l < j ? means : x)[i * rank + l];
                sum -= term;
                magnitude += term;
            }
        }
        double rate = 1 / own;
        double beta = (sum * precision - rate) / root;
        double shared = 1 / (double) prior[j];
        double apart = logRatio == null ? 0 : Math.abs(rate - shared); // what the sum has of it, and its own roundings
        magnitude += 3 * apart / precision;
        // the sum's roundings; of both terms, the difference, 1/prior, the precision's product, A, its root and inverse
        double error = (U * ErrorReport.reduction(rank + 2) * magnitude * precision
                                + 4 * U * (Math.abs(sum) * precision + Math.max(rate, shared) + apart))
                        / root
                + 4 * U * Math.abs(beta);
        ExactPosterior middle = ExactPosterior.at(beta);
        ExactPosterior low = ExactPosterior.at(beta - error);
        ExactPosterior high = ExactPosterior.at(beta + error);
        Range mean = new Range(low.mean() / root, high.mean() / root).wider(MEAN_ERROR + 4 * U);
        Range slab = variance(low, high)
                .times(new Range(1 / curvature, 1 / curvature))
                .wider(VARIANCE_ERROR + 6 * U);
        double offset = Math.log(root * own) - Weibull.EULER_GAMMA - 1;
        double costError = costError(beta, middle.leastCost(), offset, logOdds);
        Range p = new Range(
                inclusion(low.leastCost() + costError + offset - logOdds),
                inclusion(high.leastCost() - costError + offset - logOdds));
        Range rest = new Range(
                inclusion(-(high.leastCost() - costError + offset - logOdds)),
                inclusion(-(low.leastCost() + costError + offset - logOdds)));
        p = p.wider(4 * U);
        rest = logit == null ? new Range(0, 0) : rest.wider(4 * U);
        p.check(report, "inclusion" + where, inclusion[at]);
        Range x = p.times(mean).wider(2 * U);
        x.check(report, "mean" + where, means[at]);
        Range spread = p.times(slab).plus(x.times(rest).times(mean)).wider(4 * U);
        spread.check(report, "variance" + where, variance[at]);
        double exact = divergence(middle, inclusion(middle.leastCost() + offset - logOdds), i, j, root);
        double below = divergence(low, inclusion(low.leastCost() + costError + offset - logOdds), i, j, root);
        double above = divergence(high, inclusion(high.leastCost() - costError + offset - logOdds), i, j, root);
        divergence[0] += exact;
        divergence[1] += Math.abs(below - exact)
                + Math.abs(above - exact)
                + costError(beta, 1, offset, 0)
                + 2e-6
                + (4 + more) * U * (mean.high * (Math.max(rate, shared) + apart) + Math.abs(exact));
    }

    /** v grows with β up to {@link #PEAK}, and then falls. */
    private static Range variance(ExactPosterior low, ExactPosterior high) {
        Range ends = Range.of(low.variance(), high.variance());
        return low.beta() < PEAK && PEAK < high.beta()
                ? new Range(ends.low, ExactPosterior.at(PEAK).variance())
                : ends;
    }

    /** Of the least cost plus what is added to it, with the roundings of both. */
    private static double costError(double beta, double cost, double offset, double logit) {
        double terms = Math.abs(cost) + Math.abs(offset) + (Double.isInfinite(logit) ? 0 : Math.abs(logit));
        return 1e-6 + 2.2e-7 * Math.log1p(Math.max(0, -beta)) + 4 * U * terms;
    }

    private double inclusion(double logOdds) {
        return logit == null ? 1 : 1 / (1 + Math.exp(Math.max(-40, Math.min(40, logOdds))));
    }

    /** KL of the mixture from its prior. */
    private double divergence(ExactPosterior posterior, double p, int i, int j, double root) {
        double slab = Weibull.kl(posterior.shape(), posterior.scale() / root, 1, priorMean(i, j));
        if (logit == null) {
            return slab;
        }
        double share = 1 / (1 + Math.exp(-logit[j]));
        return p * (slab + Math.log(p / share)) + (p == 1 ? 0 : (1 - p) * (Math.log1p(-p) - Math.log1p(-share)));
    }
}
