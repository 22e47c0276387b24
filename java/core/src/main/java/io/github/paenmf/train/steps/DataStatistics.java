package io.github.paenmf.train.steps;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import java.util.Arrays;

/**
 * What initialisation and learning rates need to know of the data, in units of the data divided by
 * its root mean square.
 *
 * @param scale root mean square of all values that are observed
 * @param featureMeans mean_j(V), m values, each over what is observed of the feature
 * @param greatest the greatest magnitude of a value
 * @param rowNorms ‖v‖² of each row, rounded so that sums of them are exact
 * @param entries how many entries are observed, each as often as it counts
 * @param meanInputNorm mean ‖x‖₁ of the encoder's input x = v/√(mean‖v‖²)
 * @param weights with which all of these count rows and features
 */
public record DataStatistics(
        double scale,
        double[] featureMeans,
        double greatest,
        double[] rowNorms,
        double entries,
        double meanInputNorm,
        Weights weights) {

    /** Products of larger or smaller values with the weights leave the range of float32. */
    private static final double MAX_SCALE = 1e32;

    /**
     * One pass over the data.
     *
     * @param scale what to divide by, or 0 for the root mean square of these data
     * @throws DataException if a value is negative or not finite, or all values are 0, or their scale
     *     is out of range
     */
    public static DataStatistics of(RowSource data, double scale) {
        return of(data, scale, Weights.NONE);
    }

    /** The same with weights. */
    public static DataStatistics of(RowSource data, double scale, Weights weights) {
        return ofFinite(data.requireNonNegative(), scale, weights);
    }

    /**
     * The same of data that may be negative.
     *
     * @throws DataException if a value is not finite, or all values are 0, or their scale is out of range
     */
    public static DataStatistics ofFinite(RowSource data, double scale, Weights weights) {
        weights.requireOf(data);
        data.requireFinite();
        int m = data.columns();
        double[] columnSums = new double[m];
        double[] rowNorms = new double[data.rows()];
        double total = 0;
        double greatest = 0;
        int[] columns = new int[m];
        float[] values = new float[m];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, m, columns, values);
            double norm = 0;
            double times = weights.row(i);
            for (int l = 0; l < count; l++) {
                double value = values[l];
                columnSums[columns[l]] += times * value;
                norm += times * weights.feature(columns[l]) * value * value;
                greatest = Math.max(greatest, Math.abs(value));
            }
            rowNorms[i] = norm;
            total += norm;
        }
        double n = weights.totalOfRows(data.rows());
        double counted = weights.totalOfFeatures(m);
        double entries = data.mask() == null ? n * counted : data.mask().observed();
        double rms = rootMeanSquare(total, entries);
        double divisor = scale == 0 ? rms : scale;
        int[] observed = observed(data);
        double size = meanSizeFactor(data);
        double meanInputNorm = 0;
        for (int j = 0; j < m; j++) {
            columnSums[j] /= (weights.isNone() ? observed[j] : n) * divisor * size;
            meanInputNorm += weights.feature(j) * columnSums[j];
        }
        // Multiples of one power of two, so coarse that their sums are exact in double, and therefore
        // the same however the rows are grouped into chunks.
        double quantum = Math.ulp(2 * total / (divisor * divisor));
        for (int i = 0; i < rowNorms.length; i++) {
            rowNorms[i] = Math.rint(rowNorms[i] / (divisor * divisor) / quantum) * quantum;
        }
        return new DataStatistics(
                divisor,
                columnSums,
                greatest / divisor,
                rowNorms,
                entries,
                meanInputNorm / Math.sqrt(counted),
                weights);
    }

    /**
     * The same of sums over rows that are not here, without weights of features; {@link #rowNorms} is one number, of all rows.
     *
     * @param scale what to divide by, or 0 for the root mean square of the data
     * @param columnSums of each feature, each row as often as it counts
     * @param squaredNorm ‖V‖², likewise
     * @param greatest the greatest magnitude of a value
     * @param rows how many there are, each as often as it counts
     * @throws DataException if all values are 0, or their scale is out of range
     */
    public static DataStatistics ofSums(
            double scale, double[] columnSums, double squaredNorm, double greatest, double rows) {
        int m = columnSums.length;
        double rms = rootMeanSquare(squaredNorm, rows * m);
        double divisor = scale == 0 ? rms : scale;
        double[] means =
                Arrays.stream(columnSums).map(sum -> sum / (rows * divisor)).toArray();
        return new DataStatistics(
                divisor,
                means,
                greatest / divisor,
                new double[] {squaredNorm / (divisor * divisor)},
                rows * m,
                Arrays.stream(means).sum() / Math.sqrt(m),
                Weights.NONE);
    }

    /**
     * That of values, in their own unit.
     *
     * @param total ‖V‖²
     * @throws DataException if all values are 0, or it is out of range
     */
    public static double rootMeanSquare(double total, double entries) {
        if (total == 0) {
            throw new DataException("all values are 0: there is nothing to factorise");
        }
        double rms = Math.sqrt(total / entries);
        if (!(rms >= 1 / MAX_SCALE && rms <= MAX_SCALE)) {
            throw new DataException("the root mean square of the values is " + (float) rms
                    + ", outside what float32 arithmetic can hold (1e-32 to 1e32); rescale the data");
        }
        return rms;
    }

    /** Mean of the size factors of rows; 1 where they have none. */
    public static double meanSizeFactor(RowSource data) {
        double sum = 0;
        for (int i = 0; i < data.rows(); i++) {
            sum += data.sizeFactor(i);
        }
        return sum / data.rows();
    }

    /** How many entries of each feature are observed. */
    private static int[] observed(RowSource data) {
        int[] observed = new int[data.columns()];
        Mask mask = data.mask();
        if (mask == null) {
            Arrays.fill(observed, data.rows());
            return observed;
        }
        mask.requireUsable(data);
        int[] listed = new int[data.columns()];
        Arrays.fill(observed, mask.listsObserved() ? 0 : data.rows());
        for (int i = 0; i < data.rows(); i++) {
            int count = mask.copyListed(i, listed);
            for (int l = 0; l < count; l++) {
                observed[listed[l]] += mask.listsObserved() ? 1 : -1;
            }
        }
        return observed;
    }

    /** That of all values that are observed, in their own unit; the scale unless that was given. */
    public double rootMeanSquare() {
        return scale * Math.sqrt(squaredNorm() / entries);
    }

    /** How many rows there are, each as often as it counts. */
    public double rows() {
        return weights.totalOfRows(rowNorms.length);
    }

    /** How many entries of a row are observed, on average, each as often as it counts. */
    public double entriesOfRow() {
        return entries / rows();
    }

    /** Mean of all values. */
    public double featureMean() {
        if (!weights.hasFeatures()) {
            return Arrays.stream(featureMeans).average().orElseThrow();
        }
        double sum = 0;
        for (int j = 0; j < featureMeans.length; j++) {
            sum += weights.feature(j) * featureMeans[j];
        }
        return sum / weights.totalOfFeatures(featureMeans.length);
    }

    /** ‖V‖². */
    public double squaredNorm() {
        return Arrays.stream(rowNorms).sum();
    }
}
