package io.github.paenmf.vb;

import java.util.Arrays;

/**
 * Effective sample sizes of draws that depend on those before them, by several chains: halves of chains that differ from
 * each other by more than they vary count for little (Gelman and others 2013, Bayesian Data Analysis, 11.5; Vehtari and
 * others 2021, Rank-normalization, folding, and localization, without ranks).
 */
final class EffectiveSize {

    /** A variance below this share of the squared mean is rounding: (4000·2⁻⁵³)². */
    private static final double ROUNDING = 2e-25;

    private EffectiveSize() {}

    /**
     * K/(1 + 2Σρ) of each coordinate, ascending, at most K, all draws: Σρ over pairs of neighbouring lags as long as they
     * are above 0, none counted above the one before (Geyer 1992, Practical Markov chain Monte Carlo).
     *
     * @param chains [chain][draw][coordinate], at least 8 draws each
     */
    static double[] of(double[][][] chains) {
        int coordinates = chains[0][0].length;
        double[] sizes = new double[coordinates];
        for (int e = 0; e < coordinates; e++) {
            sizes[e] = of(halves(chains, e));
        }
        Arrays.sort(sizes);
        return sizes;
    }

    /** A coordinate of both halves of each chain, all equally long. */
    private static double[][] halves(double[][][] chains, int coordinate) {
        int length = Integer.MAX_VALUE;
        for (double[][] chain : chains) {
            length = Math.min(length, chain.length / 2);
        }
        double[][] halves = new double[2 * chains.length][length];
        for (int c = 0; c < chains.length; c++) {
            int rest = chains[c].length - length;
            for (int k = 0; k < length; k++) {
                halves[2 * c][k] = chains[c][k][coordinate];
                halves[2 * c + 1][k] = chains[c][rest + k][coordinate];
            }
        }
        return halves;
    }

    private static double of(double[][] series) {
        int count = series.length;
        int length = series[0].length;
        double[] means = new double[count];
        double mean = 0;
        for (int c = 0; c < count; c++) {
            for (double value : series[c]) {
                means[c] += value / length;
            }
            mean += means[c] / count;
        }
        double between = 0;
        for (int c = 0; c < count; c++) {
            between += (means[c] - mean) * (means[c] - mean) / (count - 1);
            for (int k = 0; k < length; k++) {
                series[c][k] -= means[c];
            }
        }
        double within = covariance(series, 0);
        double total = within + between;
        if (!(within > ROUNDING * mean * mean)) {
            return 1; // chains that never moved are one draw
        }
        double time = -1;
        double before = Double.POSITIVE_INFINITY;
        for (int lag = 0; lag + 1 < length; lag += 2) {
            double pair = 2 - (2 * within - covariance(series, lag) - covariance(series, lag + 1)) / total;
            if (!(pair > 0)) {
                break;
            }
            before = Math.min(before, pair);
            time += 2 * before;
        }
        double all = (double) count * length;
        return time > 1 ? all / time : all;
    }

    /** The mean over the series of their autocovariances. */
    private static double covariance(double[][] series, int lag) {
        double sum = 0;
        for (double[] one : series) {
            sum += Dense.dot(one, 0, one, lag, one.length - lag);
        }
        return sum / series.length / series[0].length;
    }
}
