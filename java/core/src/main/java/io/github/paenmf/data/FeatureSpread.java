package io.github.paenmf.data;

import java.util.Arrays;

/** Standard deviations of features, from their nonzeros. */
final class FeatureSpread {

    private FeatureSpread() {}

    /**
     * The population standard deviation of each column over all its entries that are not missing, zeros included; 1 where
     * these are all the same. Of the nonzeros by recurrence (Welford 1962), to which the zeros are then added (Chan, Golub
     * and LeVeque 1983): nothing cancels.
     */
    static double[] of(RowSource data) {
        int m = data.columns();
        int[] filled = new int[m];
        int[] missing = new int[m];
        double[] means = new double[m];
        double[] squares = new double[m];
        float[] least = new float[m];
        float[] greatest = new float[m];
        Arrays.fill(least, Float.POSITIVE_INFINITY);
        Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
        int[] columns = new int[m];
        float[] values = new float[m];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, m, columns, values);
            for (int l = 0; l < count; l++) {
                int f = columns[l];
                float value = values[l];
                if (Float.isNaN(value)) {
                    missing[f]++;
                    continue;
                }
                double difference = value - means[f];
                means[f] += difference / ++filled[f];
                squares[f] += difference * (value - means[f]);
                least[f] = Math.min(least[f], value);
                greatest[f] = Math.max(greatest[f], value);
            }
        }
        countMasked(data.mask(), missing);
        double[] deviations = new double[m];
        for (int f = 0; f < m; f++) {
            double observed = data.rows() - missing[f];
            double zeros = observed - filled[f];
            boolean same = filled[f] == 0 || zeros == 0 && least[f] == greatest[f];
            double sum = squares[f] + means[f] * means[f] * filled[f] * zeros / observed;
            deviations[f] = same ? 1 : Math.sqrt(sum / observed);
        }
        return deviations;
    }

    private static void countMasked(Mask mask, int[] missing) {
        if (mask == null) {
            return;
        }
        int[] columns = new int[mask.columns()];
        for (int i = 0; i < mask.rows(); i++) {
            int count = mask.listsObserved() ? mask.copyUnlisted(i, columns) : mask.copyListed(i, columns);
            for (int l = 0; l < count; l++) {
                missing[columns[l]]++;
            }
        }
    }
}
