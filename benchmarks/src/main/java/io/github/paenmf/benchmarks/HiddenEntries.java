package io.github.paenmf.benchmarks;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.HeldOutNmf;
import java.util.Arrays;

/** Entries of a table that a fit must not see: the same as {@link HeldOutNmf} hides for the same seed. */
final class HiddenEntries {

    /** Of the patterns that a seed has; {@link HeldOutNmf} is given the same. */
    static final int PATTERN = 0;

    private final Matrix data;
    /** Columns of the hidden entries, by rows. */
    private final int[][] columns;

    /**
     * @param data n × m
     * @param seed which entries
     */
    HiddenEntries(Matrix data, long seed) {
        this.data = data;
        this.columns = new int[data.rows()][];
        int m = data.columns();
        int[] words = new int[Philox.WORDS];
        float[] noise = new float[m];
        for (int i = 0; i < data.rows(); i++) {
            Philox.uniforms(seed, i, PATTERN, Purpose.HOLD_OUT, words, noise, 0, m);
            int[] hidden = new int[m];
            int count = 0;
            for (int j = 0; j < m; j++) {
                if (noise[j] < HeldOutNmf.SHARE) {
                    hidden[count++] = j;
                }
            }
            columns[i] = Arrays.copyOf(hidden, count);
        }
    }

    /** How many there are. */
    int count() {
        return Arrays.stream(columns).mapToInt(hidden -> hidden.length).sum();
    }

    /** A copy of the data, n × m, that has for each hidden entry the mean of what can be seen of its feature. */
    Matrix filledWithMeans() {
        int m = data.columns();
        double[] sums = new double[m];
        int[] seen = new int[m];
        float[][] rows = data.toRows();
        for (int i = 0; i < rows.length; i++) {
            int next = 0;
            for (int j = 0; j < m; j++) {
                if (next < columns[i].length && columns[i][next] == j) {
                    next++;
                } else {
                    sums[j] += rows[i][j];
                    seen[j]++;
                }
            }
        }
        for (int i = 0; i < rows.length; i++) {
            for (int j : columns[i]) {
                rows[i][j] = (float) (sums[j] / Math.max(1, seen[j]));
            }
        }
        return Matrix.of(rows);
    }

    /** A copy of the data that has for each hidden entry what a model makes of it. */
    Matrix filledWith(Matrix reconstruction) {
        float[][] rows = data.toRows();
        for (int i = 0; i < rows.length; i++) {
            for (int j : columns[i]) {
                rows[i][j] = reconstruction.get(i, j);
            }
        }
        return Matrix.of(rows);
    }

    /** The norm of the error at the hidden entries divided by the norm of those entries. */
    double relativeError(Matrix reconstruction) {
        double errors = 0;
        double squares = 0;
        for (int i = 0; i < columns.length; i++) {
            for (int j : columns[i]) {
                double error = data.get(i, j) - reconstruction.get(i, j);
                errors += error * error;
                squares += (double) data.get(i, j) * data.get(i, j);
            }
        }
        return Math.sqrt(errors / squares);
    }
}
