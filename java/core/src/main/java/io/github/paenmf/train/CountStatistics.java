package io.github.paenmf.train;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Warning;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * What a fit of counts needs to know of the data.
 *
 * @param total Σ v
 * @param constants what of the objective each row has whatever the fit, rounded so that sums of them are exact: Σ ln v!
 *     with a Poisson likelihood, Σ v ln v − v for the Kullback-Leibler divergence, and −Σ v ln s of its size factor s
 * @param fraction the first value that is not a whole number, or 0 if there is none
 */
record CountStatistics(double total, double[] constants, float fraction) {

    /** Values so small that the constants of whole ones are made once; most counts are. */
    private static final int SMALL = 256;

    /** Of a Poisson likelihood. */
    static CountStatistics ofLikelihood(RowSource data) {
        return of(data, v -> LogGamma.value(v + 1));
    }

    /** Of the Kullback-Leibler divergence. */
    static CountStatistics ofDivergence(RowSource data) {
        return of(data, v -> v * Math.log(v) - v);
    }

    /** What to say of a likelihood of counts whose data are none. */
    List<Warning> warnings() {
        return warnings(fraction);
    }

    /**
     * The same.
     *
     * @param fraction the first value that is not a whole number, or 0 if there is none
     */
    static List<Warning> warnings(float fraction) {
        return fraction == 0
                ? List.of()
                : List.of(
                        new Warning(
                                Warning.Code.NOT_COUNTS,
                                "not counts: there are values that are not whole numbers, such as " + fraction
                                        + "; a Poisson likelihood is for counts as they were counted, neither scaled nor logged."));
    }

    /** One pass over the data, which are finite and at least 0. */
    private static CountStatistics of(RowSource data, DoubleUnaryOperator constant) {
        double[] small = new double[SMALL];
        Arrays.setAll(small, v -> v == 0 ? 0 : constant.applyAsDouble(v));
        int m = data.columns();
        int[] columns = new int[m];
        float[] values = new float[m];
        double[] constants = new double[data.rows()];
        double total = 0;
        double magnitude = 0;
        float fraction = 0;
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, m, columns, values);
            double logSize = Math.log(data.sizeFactor(i));
            for (int l = 0; l < count; l++) {
                float v = values[l];
                boolean whole = v == Math.rint(v);
                if (!whole && fraction == 0) {
                    fraction = v;
                }
                double value = whole && v < SMALL ? small[(int) v] : constant.applyAsDouble(v);
                constants[i] += value - v * logSize;
                magnitude += Math.abs(value) + v * Math.abs(logSize); // some are below 0
                total += v;
            }
        }
        // Multiples of one power of two, so coarse that their sums are exact in double, and therefore the same however
        // the rows are grouped into chunks.
        double quantum = Math.ulp(2 * magnitude);
        for (int i = 0; i < constants.length && magnitude > 0; i++) {
            constants[i] = Math.rint(constants[i] / quantum) * quantum;
        }
        return new CountStatistics(total, constants, fraction);
    }
}
