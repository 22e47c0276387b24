package io.github.paenmf.vb;

import java.util.Arrays;

/** Effective sample sizes of draws that depend on those before them. */
final class EffectiveSize {

    /** Autocorrelations are summed up to the first below this. */
    private static final double NEGLIGIBLE = 0.05;

    private EffectiveSize() {}

    /** K/(1 + 2Σρ) of each coordinate, ascending: ρ the autocorrelations up to the first that is negligible. */
    static double[] of(double[][] draws) {
        int count = draws.length;
        int d = draws[0].length;
        double[] sizes = new double[d];
        double[] series = new double[count];
        for (int e = 0; e < d; e++) {
            double mean = 0;
            for (int k = 0; k < count; k++) {
                mean += draws[k][e] / count;
            }
            for (int k = 0; k < count; k++) {
                series[k] = draws[k][e] - mean;
            }
            double variance = Dense.dot(series, 0, series, 0, count);
            double sum = 0;
            for (int lag = 1; variance > 0 && lag < count / 3; lag++) {
                double correlation = Dense.dot(series, 0, series, lag, count - lag) / variance;
                if (correlation < NEGLIGIBLE) {
                    break;
                }
                sum += correlation;
            }
            sizes[e] = variance > 0 ? count / (1 + 2 * sum) : 1; // a chain that never moved is one draw
        }
        Arrays.sort(sizes);
        return sizes;
    }
}
