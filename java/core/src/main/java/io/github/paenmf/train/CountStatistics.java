package io.github.paenmf.train;

import io.github.paenmf.data.RowSource;
import java.util.Arrays;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * What a fit with a Poisson likelihood needs to know of the data.
 *
 * @param total Σ v
 * @param logFactorials Σ ln v! of each row, rounded so that sums of them are exact
 * @param fraction the first value that is not a whole number, or 0 if there is none
 */
record CountStatistics(double total, double[] logFactorials, float fraction) {

    /** Of the small counts that most are. */
    private static final double[] LOG_FACTORIAL = new double[256];

    static {
        Arrays.setAll(LOG_FACTORIAL, v -> LogGamma.value(v + 1.0));
    }

    /** One pass over the data, which are finite and at least 0. */
    static CountStatistics of(RowSource data) {
        int m = data.columns();
        int[] columns = new int[m];
        float[] values = new float[m];
        double[] logFactorials = new double[data.rows()];
        double total = 0;
        double magnitude = 0;
        float fraction = 0;
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, m, columns, values);
            for (int l = 0; l < count; l++) {
                float v = values[l];
                boolean whole = v == Math.rint(v);
                if (!whole && fraction == 0) {
                    fraction = v;
                }
                double log = whole && v < LOG_FACTORIAL.length ? LOG_FACTORIAL[(int) v] : LogGamma.value(v + 1.0);
                logFactorials[i] += log; // below 0 for fractions
                magnitude += Math.abs(log);
                total += v;
            }
        }
        // Multiples of one power of two, so coarse that their sums are exact in double, and therefore the same however
        // the rows are grouped into chunks.
        double quantum = Math.ulp(2 * magnitude);
        for (int i = 0; i < logFactorials.length && magnitude > 0; i++) {
            logFactorials[i] = Math.rint(logFactorials[i] / quantum) * quantum;
        }
        return new CountStatistics(total, logFactorials, fraction);
    }
}
