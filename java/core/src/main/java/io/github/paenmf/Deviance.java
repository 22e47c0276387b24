package io.github.paenmf;

import io.github.paenmf.backend.ObservedSums;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/**
 * How far counts are from what a model expects of them: 2(v ln(v/v̂) − v + v̂), twice what is missing of the greatest
 * ln p(v) of a Poisson distribution. It takes time for the nonzeros alone.
 */
public final class Deviance {

    private Deviance() {}

    /**
     * Its mean over all entries, or those that are observed; infinite where v̂ = 0 and v &gt; 0. {@link CountThinning}
     * holds counts out, and has theirs.
     *
     * @param data V, n × m, at least 0
     * @param coefficients H, n × r, in the units of {@code data}: for counts that were held out, times how many there are
     *     for each that the coefficients were made from
     * @param basis m × r
     * @throws IllegalArgumentException if the shapes do not fit
     */
    public static double ofPoisson(RowSource data, Matrix coefficients, Matrix basis) {
        return ofPoisson(data, coefficients, basis, 0);
    }

    /** The same where v̂ of a nonzero counts as {@code least} at least. */
    static double ofPoisson(RowSource data, Matrix coefficients, Matrix basis, double least) {
        return ofPoisson(data, coefficients, basis, least, RowBlocks.serial());
    }

    static double ofPoisson(RowSource data, Matrix h, Matrix w, RowBlocks blocks) {
        return ofPoisson(data, h, w, 0, blocks);
    }

    private static double ofPoisson(RowSource data, Matrix h, Matrix w, double least, RowBlocks blocks) {
        if (h.rows() != data.rows() || w.rows() != data.columns() || h.columns() != w.columns()) {
            throw new IllegalArgumentException("coefficients of " + h.rows() + " × " + h.columns() + " and a basis of "
                    + w.rows() + " × " + w.columns() + " do not make data of " + data.rows() + " × " + data.columns());
        }
        int r = h.columns();
        double sum = ofNonzeros(data, blocks, (v, i, f) -> {
            double decoded = 0;
            for (int j = 0; j < r; j++) {
                decoded += (double) h.get(i, j) * w.get(f, j);
            }
            return v * Math.log(v / Math.max(least, decoded)) - v;
        });
        return 2 * (sum + expected(data, h, w, blocks)) / observed(data);
    }

    /** How many entries are observed. */
    static long observed(RowSource data) {
        return data.mask() == null ? data.size() : data.mask().observed();
    }

    /** Σ v̂ over the entries that are observed. */
    static double expected(RowSource data, Matrix h, Matrix w, RowBlocks blocks) {
        int r = h.columns();
        double[] totals = columnSums(w);
        return blocks.sum(data.rows(), (first, rows) -> {
            ObservedSums observed = new ObservedSums(data.columns());
            double[] weights = new double[r];
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                observed.of(
                        data.mask(),
                        i,
                        (j, features, count, target) -> copy(w, j, features, count, target),
                        totals,
                        weights);
                for (int j = 0; j < r; j++) {
                    sum += h.get(i, j) * weights[j];
                }
            }
            return sum;
        });
    }

    private static void copy(Matrix w, int component, int[] features, int count, float[] target) {
        for (int l = 0; l < count; l++) {
            target[l] = w.get(features[l], component);
        }
    }

    /** A number of one nonzero. */
    interface OfNonzero {
        double of(double v, int row, int column);
    }

    /** Adds up what the nonzeros come to. */
    static double ofNonzeros(RowSource data, RowBlocks blocks, OfNonzero term) {
        int m = data.columns();
        return blocks.sum(data.rows(), (first, rows) -> {
            int[] columns = new int[m];
            float[] values = new float[m];
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                int count = data.copyNonzeros(i, 0, m, columns, values);
                for (int l = 0; l < count; l++) {
                    sum += term.of(values[l], i, columns[l]);
                }
            }
            return sum;
        });
    }

    static double[] columnSums(Matrix matrix) {
        double[] sums = new double[matrix.columns()];
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < sums.length; j++) {
                sums[j] += matrix.get(i, j);
            }
        }
        return sums;
    }
}
