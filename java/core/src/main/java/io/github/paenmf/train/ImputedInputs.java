package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import java.util.Arrays;

/**
 * Products with what an encoder reads of V: the mean of the feature where an entry is missing.
 *
 * @param products with V, which reads 0 there
 * @param means of the features, m values in units of the scaled data
 */
record ImputedInputs(DataProducts products, Mask mask, float[] means) implements DataProducts {

    @Override
    public Matrix project(Matrix x) {
        Matrix result = products.project(x);
        int columns = x.columns();
        int[] listed = new int[mask.columns()];
        double[] sums = new double[columns];
        double[] totals = new double[columns];
        for (int f = 0; mask.listsObserved() && f < means.length; f++) {
            addTo(totals, 0, means[f], x, f);
        }
        for (int i = 0; i < result.rows(); i++) {
            Arrays.fill(sums, 0);
            int count = mask.copyListed(i, listed);
            for (int l = 0; l < count; l++) {
                addTo(sums, 0, means[listed[l]], x, listed[l]);
            }
            add(result, i, 1, sums, 0, totals);
        }
        return result;
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        Matrix result = products.projectTransposed(y);
        int columns = y.columns();
        int[] listed = new int[mask.columns()];
        double[] sums = new double[Math.multiplyExact(mask.columns(), columns)];
        double[] totals = new double[columns];
        for (int i = 0; i < y.rows(); i++) {
            int count = mask.copyListed(i, listed);
            for (int l = 0; l < count; l++) {
                addTo(sums, listed[l] * columns, 1, y, i);
            }
            addTo(totals, 0, 1, y, i);
        }
        for (int f = 0; f < result.rows(); f++) {
            add(result, f, means[f], sums, f * columns, totals);
        }
        return result;
    }

    private static void addTo(double[] sums, int from, double factor, Matrix matrix, int row) {
        for (int j = 0; j < matrix.columns(); j++) {
            sums[from + j] += factor * matrix.get(row, j);
        }
    }

    /** Adds sums over missing entries to a row: those over the listed ones, or where these are observed all without them. */
    private void add(Matrix result, int row, double factor, double[] ofListed, int from, double[] ofAll) {
        float[] values = result.storage(row);
        int offset = result.offset(row);
        for (int j = 0; j < result.columns(); j++) {
            double sum = ofListed[from + j];
            values[offset + j] += (float) (factor * (mask.listsObserved() ? ofAll[j] - sum : sum));
        }
    }
}
