package io.github.paenmf.data;

import java.util.Arrays;
import java.util.List;

/**
 * How often rows and features of data count in a fit (frequency weights): a row of weight a as if it stood in the data a
 * times, a feature of weight b as if it stood there b times. Weights are real numbers of at least 0; what has a weight of
 * 0 takes no part in what is learned, and still gets its coefficients, or its weights in the basis. Immutable.
 */
public final class Weights {

    /** Every row and feature counts once. */
    public static final Weights NONE = new Weights(null, null);

    /**
     * A weight of 0 is one of 2⁻¹⁰⁰ of the greatest: far below the rounding of float32 in every sum, but what has it
     * can be brought back into its own unit.
     */
    private static final double LEAST_ROOT = 0x1p-50;

    private final double[] rows;
    private final double[] features;

    private Weights(double[] rows, double[] features) {
        this.rows = rows;
        this.features = features;
    }

    /**
     * The same with weights for rows.
     *
     * @param weights one per row, none negative, not all 0
     * @throws DataException that names the first row, from 1, whose weight is not a finite number of at least 0, or if all
     *     are 0
     */
    public Weights withRows(double... weights) {
        return new Weights(checked("row", weights), features);
    }

    /**
     * The same with weights for features, likewise.
     *
     * @throws DataException as {@link #withRows} does
     */
    public Weights withFeatures(double... weights) {
        return new Weights(rows, checked("feature", weights));
    }

    private static double[] checked(String what, double[] weights) {
        boolean some = false;
        for (int i = 0; i < weights.length; i++) {
            if (!(weights[i] >= 0 && weights[i] < Double.POSITIVE_INFINITY)) {
                throw new DataException("the weight of " + what + " " + (i + 1) + " is " + weights[i]
                        + "; it must be a finite number of at least 0");
            }
            some |= weights[i] > 0;
        }
        if (!some) {
            throw new DataException("all weights of " + what + "s are 0: there is nothing to learn from");
        }
        return weights.clone();
    }

    /** Whether every row and feature counts once. */
    public boolean isNone() {
        return rows == null && features == null;
    }

    /** Whether rows have weights. */
    public boolean hasRows() {
        return rows != null;
    }

    /** Whether features have weights. */
    public boolean hasFeatures() {
        return features != null;
    }

    /**
     * Checks that there is one weight for each row and feature.
     *
     * @throws DataException if not
     */
    public void requireOf(RowSource data) {
        require("row", rows, data.rows());
        require("column", features, data.columns());
    }

    private static void require(String what, double[] weights, int count) {
        if (weights != null && weights.length != count) {
            throw new DataException(
                    "there are " + weights.length + " " + what + " weights for " + count + " " + what + "s");
        }
    }

    /** Those that go with other columns of the same data: of each the weight of the feature that it was. */
    Weights selectFeatures(int[] indices) {
        return features == null
                ? this
                : new Weights(
                        rows,
                        Arrays.stream(indices).mapToDouble(f -> features[f]).toArray());
    }

    /** Of one row, from 0; 1 where rows have none. */
    public double row(int row) {
        return rows == null ? 1 : rows[row];
    }

    /** Of one feature, from 0; 1 where features have none. */
    public double feature(int feature) {
        return features == null ? 1 : features[feature];
    }

    /** A copy of the weights of features; empty where they have none. */
    public double[] features() {
        return features == null ? new double[0] : features.clone();
    }

    /**
     * Σa.
     *
     * @param count n, which it is where rows have no weights
     */
    public double totalOfRows(int count) {
        return rows == null ? count : Arrays.stream(rows).sum();
    }

    /**
     * Σb.
     *
     * @param count m, which it is where features have no weights
     */
    public double totalOfFeatures(int count) {
        return features == null ? count : Arrays.stream(features).sum();
    }

    /** √a of n rows, above 0. */
    public double[] rootsOfRows(int count) {
        return roots(rows, count);
    }

    /** √b of m features, above 0. */
    public double[] rootsOfFeatures(int count) {
        return roots(features, count);
    }

    private static double[] roots(double[] weights, int count) {
        double[] roots = new double[count];
        Arrays.fill(roots, 1);
        if (weights != null) {
            double least = LEAST_ROOT * Math.sqrt(Arrays.stream(weights).max().orElseThrow());
            Arrays.setAll(roots, i -> Math.max(least, Math.sqrt(weights[i])));
        }
        return roots;
    }

    /**
     * √a·v·√b for every value: the squared error of such data is the weighted one, when factors are multiplied by the
     * same roots. Sparse data are multiplied as they are read; of dense data this is a copy.
     *
     * @param data n × m
     * @throws DataException if there are not as many weights, or values are missing
     */
    public RowSource rooted(RowSource data) {
        requireOf(data);
        if (isNone()) {
            return data;
        }
        if (data.mask() != null) {
            throw new DataException(
                    "values are missing, which do not go with weights; leave the weights out, or fill the values in");
        }
        double[] divisors =
                Arrays.stream(rootsOfRows(data.rows())).map(root -> 1 / root).toArray();
        return FittedScaling.ofGiven(this).apply(SizeFactors.attach(data, divisors));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Weights that
                && Arrays.equals(rows, that.rows)
                && Arrays.equals(features, that.features);
    }

    @Override
    public int hashCode() {
        return List.of(Arrays.hashCode(rows), Arrays.hashCode(features)).hashCode();
    }
}
