package io.github.paenmf;

import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * How many bits a message needs that holds the data by way of a factorisation: first the basis, then the
 * coefficients, then what they leave of the data (Squires, Prügel-Bennett and Niranjan, "Rank selection in
 * nonnegative matrix factorization using minimum description length", Neural Computation 29, 2017). A component
 * is worth its bits if it saves more of them in the error.
 *
 * <p>Precision: a number that is sent more finely than the noise allows wastes bits. Column j of the coefficients
 * is rounded to multiples of √12·s/‖wⱼ‖, and column j of the basis to those of √12·s/‖hⱼ‖, with s the root mean
 * square of the error: the step that costs least in all if the error is Gaussian, where rounding one number then adds
 * ½ nat to it. Scaling a component, its basis up and its coefficients down, changes nothing. The data have the
 * resolution that the caller names.
 *
 * <p>Densities: of each column, which rounded values are 0 (all patterns of as many zeros alike, all numbers of
 * zeros alike), the rest a geometric distribution, the exponential one of such steps, whose mean is sent with ½ log₂
 * of their number of bits; for the error of the rounded factors a Gaussian with its own variance.
 *
 * <p>Where entries are missing, and the receiver knows which, only the others are sent. The norms above are then their means:
 * that of wⱼ is over the features that a row has, on average over all rows, and that of hⱼ likewise.
 *
 * <p>The article chooses its precision and its densities otherwise, so that lengths here are not its lengths. What
 * is the same is the sum and its meaning.
 *
 * @param basis bits of the basis, m × r
 * @param coefficients bits of the coefficients, n × r
 * @param error bits of the data given both
 */
public record DescriptionLength(double basis, double coefficients, double error) {

    private static final double LOG_2 = Math.log(2);

    /** All bits. */
    public double total() {
        return basis + coefficients + error;
    }

    /**
     * Of data and factors of them.
     *
     * @param data V, n × m; entries that its {@linkplain RowSource#mask mask} has as missing are not sent
     * @param h coefficients, n × r, ≥ 0
     * @param w basis, m × r, ≥ 0
     * @param resolution step between values that the data can take, &gt; 0
     */
    public static DescriptionLength of(RowSource data, Matrix h, Matrix w, double resolution) {
        int rank = w.columns();
        double s = Math.sqrt(meanSquare(data, h, w) + variance(resolution));
        double[] rows = new double[data.rows()];
        double[] features = new double[data.columns()];
        observedShares(data.mask(), rows, features);
        double[] basisSteps = new double[rank];
        double[] coefficientSteps = new double[rank];
        for (int j = 0; j < rank; j++) {
            basisSteps[j] = Math.sqrt(12) * s / norm(h, j, rows);
            coefficientSteps[j] = Math.sqrt(12) * s / norm(w, j, features);
        }
        Matrix roundedW = Matrix.zeros(w.rows(), rank);
        Matrix roundedH = Matrix.zeros(h.rows(), rank);
        double basis = 0;
        double coefficients = 0;
        for (int j = 0; j < rank; j++) {
            basis += round(w, j, basisSteps[j], roundedW);
            coefficients += round(h, j, coefficientSteps[j], roundedH);
        }
        double variance = meanSquare(data, roundedH, roundedW) + variance(resolution);
        double bitsAnElement = Math.log(2 * Math.PI * Math.E * variance / (resolution * resolution)) / (2 * LOG_2);
        double error = observed(data) * Math.max(0, bitsAnElement);
        return new DescriptionLength(basis, coefficients, error);
    }

    /** Of what rounding to a step changes. */
    private static double variance(double step) {
        return step * step / 12;
    }

    /** Rounds a column to multiples of a step, and returns the bits that it then takes. */
    private static double round(Matrix factor, int column, double step, Matrix rounded) {
        int n = factor.rows();
        int positive = 0;
        double steps = 0;
        for (int i = 0; i < n; i++) {
            double multiple =
                    Math.rint(factor.get(i, column) / step); // 0 of a component that is 0: its step is infinite
            if (multiple > 0) {
                positive++;
                steps += multiple;
                rounded.storage(i)[rounded.offset(i) + column] = (float) (multiple * step);
            }
        }
        double bits =
                (LogGamma.value(n + 2.0) - LogGamma.value(n - positive + 1.0) - LogGamma.value(positive + 1.0)) / LOG_2;
        if (positive > 0) {
            double more = steps - positive; // a geometric distribution on 1, 2, ...
            bits += 0.5 * log2(positive) + positive * log2(steps / positive);
            bits += more > 0 ? more * log2(steps / more) : 0;
        }
        return bits;
    }

    private static double log2(double x) {
        return Math.log(x) / LOG_2;
    }

    /** Root of the sum of squares, each times the share of the entries of its row or feature that are observed. */
    private static double norm(Matrix factor, int column, double[] shares) {
        double sum = 0;
        for (int i = 0; i < factor.rows(); i++) {
            double value = factor.get(i, column);
            sum += shares[i] * value * value;
        }
        return Math.sqrt(sum);
    }

    private static double meanSquare(RowSource data, Matrix h, Matrix w) {
        return squaredError(data, h, w) / observed(data);
    }

    /** How many entries are not missing. */
    static double observed(RowSource data) {
        return data.mask() == null ? data.size() : data.mask().observed();
    }

    /** Of each row and of each feature. */
    private static void observedShares(Mask mask, double[] rows, double[] features) {
        Arrays.fill(rows, 1);
        Arrays.fill(features, 1);
        if (mask == null) {
            return;
        }
        int[] missing = new int[features.length];
        for (int i = 0; i < rows.length; i++) {
            int count = missing(mask, i, missing);
            rows[i] -= (double) count / features.length;
            for (int l = 0; l < count; l++) {
                features[missing[l]] -= 1.0 / rows.length;
            }
        }
    }

    /** Copies the columns of the missing entries of a row, and returns how many there are. */
    private static int missing(Mask mask, int row, int[] columns) {
        return mask.listsObserved() ? mask.copyUnlisted(row, columns) : mask.copyListed(row, columns);
    }

    /** ‖V − H·Wᵀ‖/‖V‖ over the entries that are not missing. */
    static double relativeError(RowSource data, Matrix h, Matrix w) {
        return Math.sqrt(squaredError(data, h, w)) / norm(data);
    }

    /** ‖V‖. */
    static double norm(RowSource data) {
        double squares = 0;
        int[] columns = new int[data.columns()];
        float[] values = new float[columns.length];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                squares += (double) values[l] * values[l];
            }
        }
        return Math.sqrt(squares);
    }

    /** ‖V − H·Wᵀ‖² over the entries that are not missing. */
    static double squaredError(RowSource data, Matrix h, Matrix w) {
        float[][] basis = w.transpose().toRows();
        int m = data.columns();
        double sum = 0;
        float[] rest = new float[m];
        Mask mask = data.mask();
        int[] missing = new int[mask == null ? 0 : m];
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, rest, 0);
            for (int j = 0; j < basis.length; j++) {
                float coefficient = h.get(i, j);
                float[] component = basis[j];
                for (int feature = 0; feature < m; feature++) {
                    rest[feature] -= coefficient * component[feature];
                }
            }
            int count = mask == null ? 0 : missing(mask, i, missing);
            for (int l = 0; l < count; l++) {
                rest[missing[l]] = 0;
            }
            for (float value : rest) {
                sum += (double) value * value;
            }
        }
        return sum;
    }
}
