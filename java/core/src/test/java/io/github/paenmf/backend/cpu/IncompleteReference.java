package io.github.paenmf.backend.cpu;

import io.github.paenmf.math.ExactPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.VbParameters;

/**
 * A step of variational NMF in double precision with plain loops over the entries that are observed: each coefficient
 * has sums of its own in place of a Gram matrix, and each posterior is searched for.
 */
final class IncompleteReference {

    private static final int COLD_SWEEPS = 10;

    final int n;
    final int m;
    final int r;
    /** NaN where it is missing; in units of the scaled data. */
    final double[][] v;

    final boolean zeros;
    double squaredSigma;
    final Factor h;
    final Factor w;
    /** Of the last step, per sample. */
    double reconstruction;

    double divergence;

    /** One of the two, with its priors. */
    static final class Factor {
        final double[][] mean;
        final double[][] variance;
        final double[][] inclusion;
        final double[][] shape;
        final double[][] scale;
        final double[] priorMean;
        final double[] priorInclusion;
        /** The first component that is not known. */
        final int first;

        Factor(int count, int rank, int fixed) {
            first = fixed;
            mean = new double[count][rank];
            variance = new double[count][rank];
            inclusion = new double[count][rank];
            shape = new double[count][rank];
            scale = new double[count][rank];
            priorMean = new double[rank];
            priorInclusion = new double[rank];
        }
    }

    IncompleteReference(double[][] v, VbParameters start) {
        this(v, start, 0);
    }

    /**
     * @param fixed how many components of W, the first ones, are known
     */
    IncompleteReference(double[][] v, VbParameters start, int fixed) {
        this.h = new Factor(v.length, start.rank(), 0);
        this.w = new Factor(v[0].length, start.rank(), fixed);
        this.n = v.length;
        this.m = v[0].length;
        this.r = start.rank();
        this.v = v;
        this.zeros = start.zeros();
        this.squaredSigma = start.squaredSigma();
        for (int j = 0; j < r; j++) {
            h.priorMean[j] = 1;
            w.priorMean[j] = start.priorMean()[j];
            h.priorInclusion[j] = start.coefficientInclusion()[j];
            w.priorInclusion[j] = start.priorInclusion()[j];
            for (int f = 0; f < m; f++) {
                w.mean[f][j] = start.mean()[f * r + j];
                w.variance[f][j] = start.variance()[f * r + j];
                w.inclusion[f][j] = start.inclusion()[f * r + j];
            }
        }
    }

    double value(int row, int entry, boolean ofRows) {
        return ofRows ? v[row][entry] : v[entry][row];
    }

    /** All that a step does from rows that were not met. */
    void step() {
        for (int i = 0; i < n; i++) {
            coldStart(i);
            for (int sweep = 0; sweep < COLD_SWEEPS; sweep++) {
                sweep(h, w, i, true);
            }
        }
        for (int f = 0; f < m; f++) {
            sweep(w, h, f, false);
        }
        double squares = 0;
        int entries = 0;
        for (int i = 0; i < n; i++) {
            for (int f = 0; f < m; f++) {
                if (!Double.isNaN(v[i][f])) {
                    squares += squaredError(i, f);
                    entries++;
                }
            }
        }
        squaredSigma = squares / entries;
        reconstruction = entries * (1 + Math.log(2 * Math.PI * squaredSigma)) / 2 / n;
        updatePriors(h);
        updatePriors(w);
        divergence = (divergence(h) + divergence(w)) / n;
    }

    void coldStart(int i) {
        double product = 0;
        double norm = 0;
        for (int f = 0; f < m; f++) {
            if (!Double.isNaN(v[i][f])) {
                double sum = 0;
                for (int j = 0; j < r; j++) {
                    sum += w.mean[f][j];
                    norm += w.variance[f][j];
                }
                product += v[i][f] * sum;
                norm += sum * sum;
            }
        }
        for (int j = 0; j < r; j++) {
            h.mean[i][j] = product / norm;
        }
    }

    /** One row of x, of which {@code entry} runs through the rows of y. */
    void sweep(Factor x, Factor y, int row, boolean ofRows) {
        for (int j = x.first; j < r; j++) {
            double b = 0;
            double norm = 0;
            for (int e = 0; e < y.mean.length; e++) {
                double value = value(row, e, ofRows);
                if (Double.isNaN(value)) {
                    continue;
                }
                for (int l = 0; l < r; l++) {
                    value -= l == j ? 0 : x.mean[row][l] * y.mean[e][l];
                }
                b += value * y.mean[e][j];
                norm += y.mean[e][j] * y.mean[e][j] + y.variance[e][j];
            }
            posterior(x, row, j, b, norm);
        }
    }

    private void posterior(Factor x, int row, int j, double b, double norm) {
        double root = Math.sqrt(norm / squaredSigma);
        ExactPosterior best = ExactPosterior.at((b / squaredSigma - 1 / x.priorMean[j]) / root);
        double cost = best.leastCost() + Math.log(root * x.priorMean[j]) - Weibull.EULER_GAMMA - 1;
        double odds = x.priorInclusion[j] / (1 - x.priorInclusion[j]);
        double p = zeros ? 1 / (1 + Math.exp(cost) / odds) : 1;
        double mean = best.mean() / root;
        x.shape[row][j] = best.shape();
        x.scale[row][j] = best.scale() / root;
        x.inclusion[row][j] = p;
        x.mean[row][j] = p * mean;
        x.variance[row][j] = p * best.variance() / root / root + p * (1 - p) * mean * mean;
    }

    /** E(v − h·w)². */
    double squaredError(int i, int f) {
        double residual = v[i][f];
        double variance = 0;
        for (int j = 0; j < r; j++) {
            double a = h.mean[i][j];
            double b = w.mean[f][j];
            residual -= a * b;
            variance += h.variance[i][j] * (b * b + w.variance[f][j]) + a * a * w.variance[f][j];
        }
        return residual * residual + variance;
    }

    private void updatePriors(Factor x) {
        int count = x.mean.length;
        for (int j = x.first; j < r; j++) {
            double included = 0;
            double total = 0;
            for (int e = 0; e < count; e++) {
                included += x.inclusion[e][j];
                total += x.mean[e][j];
            }
            x.priorMean[j] = total / included;
            if (zeros) {
                double least = 1.0 / count;
                x.priorInclusion[j] = Math.min(Math.max(included / count, least), Math.max(1 - least, 0.5));
            }
        }
    }

    private double divergence(Factor x) {
        double sum = 0;
        for (int e = 0; e < x.mean.length; e++) {
            for (int j = x.first; j < r; j++) {
                double p = x.inclusion[e][j];
                double share = zeros ? x.priorInclusion[j] : 1;
                sum += p * Weibull.kl(x.shape[e][j], x.scale[e][j], 1, x.priorMean[j]);
                sum += p * Math.log(p / share) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - share)) : 0);
            }
        }
        return sum;
    }
}
