package io.github.paenmf.train;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Warning;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a fit needs to know of data whose rows lie in parts: sums over the rows of a part, or of all of them once the parts'
 * were added. Values are in units of the raw data.
 *
 * @param rows how many
 * @param weight how many, each as often as it counts
 * @param columnSums of each feature, each row as often as it counts, m values; must not be written to
 * @param squaredNorm ‖V‖², each row as often as it counts
 * @param greatest the greatest magnitude of a value
 * @param least the least value, or 0 if none is below it
 * @param constants with a Poisson likelihood Σ ln v!, which the objective has whatever the fit; else 0
 * @param fraction with a Poisson likelihood a value that is not a whole number, or 0 if there is none
 */
public record PartTotals(
        long rows,
        double weight,
        double[] columnSums,
        double squaredNorm,
        double greatest,
        double least,
        double constants,
        float fraction) {

    /** Over no rows, of m features. */
    public static PartTotals none(int features) {
        return new PartTotals(0, 0, new double[features], 0, 0, 0, 0, 0);
    }

    /**
     * Of a part.
     *
     * @param part of which nothing is missing
     * @param weights of its rows
     * @throws io.github.paenmf.data.DataException if a value is not finite, or with a Poisson likelihood negative
     */
    public static PartTotals of(RowSource part, Weights weights, Likelihood likelihood) {
        boolean poisson = likelihood == Likelihood.POISSON;
        RowSource checked = poisson ? part.requireNonNegative() : part.requireFinite();
        int m = checked.columns();
        double[] sums = new double[m];
        double squaredNorm = 0;
        double greatest = 0;
        double least = 0;
        int[] columns = new int[m];
        float[] values = new float[m];
        for (int i = 0; i < checked.rows(); i++) {
            int count = checked.copyNonzeros(i, 0, m, columns, values);
            double times = weights.row(i);
            for (int l = 0; l < count; l++) {
                double value = values[l];
                sums[columns[l]] += times * value;
                squaredNorm += times * value * value;
                greatest = Math.max(greatest, Math.abs(value));
                least = Math.min(least, value);
            }
        }
        double constants = 0;
        float fraction = 0;
        if (poisson) {
            CountStatistics counts = CountStatistics.ofLikelihood(checked);
            fraction = counts.fraction();
            for (double constant : counts.constants()) {
                constants += constant;
            }
        }
        int rows = checked.rows();
        return new PartTotals(rows, weights.totalOfRows(rows), sums, squaredNorm, greatest, least, constants, fraction);
    }

    /** m. */
    public int features() {
        return columnSums.length;
    }

    /** Those of both; {@code other} is of other rows. */
    public PartTotals plus(PartTotals other) {
        double[] sums = columnSums.clone();
        for (int f = 0; f < sums.length; f++) {
            sums[f] += other.columnSums[f];
        }
        return new PartTotals(
                rows + other.rows,
                weight + other.weight,
                sums,
                squaredNorm + other.squaredNorm,
                Math.max(greatest, other.greatest),
                Math.min(least, other.least),
                constants + other.constants,
                fraction == 0 ? other.fraction : fraction);
    }

    /** What the objective has whatever the fit: ‖V‖² in units of the scaled data, or Σ ln v!. */
    double constantOfObjective(double scale, Likelihood likelihood) {
        return likelihood == Likelihood.POISSON ? constants : squaredNorm / (scale * scale);
    }

    /** What is to be said of a fit of such data before it begins. */
    List<Warning> warnings(int rank, Likelihood likelihood) {
        int fewestRows = (int) Math.min(Integer.MAX_VALUE, rows);
        List<Warning> warnings = new ArrayList<>(Diagnosis.ofRank(rank, fewestRows, features()));
        if (likelihood == Likelihood.POISSON) {
            warnings.addAll(CountStatistics.warnings(fraction));
        }
        return warnings;
    }

    /** Writes all of it, for {@link #read}. */
    public void writeTo(DataOutput out) throws IOException {
        out.writeLong(rows);
        out.writeDouble(weight);
        out.writeInt(columnSums.length);
        for (double sum : columnSums) {
            out.writeDouble(sum);
        }
        out.writeDouble(squaredNorm);
        out.writeDouble(greatest);
        out.writeDouble(least);
        out.writeDouble(constants);
        out.writeFloat(fraction);
    }

    /** What {@link #writeTo} has written, to the bit. */
    public static PartTotals read(DataInput in) throws IOException {
        long rows = in.readLong();
        double weight = in.readDouble();
        double[] sums = new double[in.readInt()];
        for (int f = 0; f < sums.length; f++) {
            sums[f] = in.readDouble();
        }
        return new PartTotals(
                rows, weight, sums, in.readDouble(), in.readDouble(), in.readDouble(), in.readDouble(), in.readFloat());
    }
}
