package io.github.paenmf.spark;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.io.ReadOptions;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.LongStream;
import org.apache.spark.ml.linalg.DenseVector;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;

/**
 * Some rows of a partition: by their nonzeros (CSR) where these are few, else dense. Which of it goes by the values alone, so
 * that sparse and dense vectors of the same values are the same to a fit.
 */
final class RowBlock implements Serializable {

    private static final long serialVersionUID = 1;

    private static final int BYTES_OF_NONZERO = 8;
    private static final int BYTES_OF_ROW = 24;

    private final int features;
    private final int rows;
    /** Where rows begin in the others, and at last their length; null where they are dense. */
    private final int[] starts;

    private final int[] columns;
    private final float[] values;
    private final double[] weights;
    /** By which rows are chosen to start from, or their noise goes. */
    private final long[] keys;

    private RowBlock(
            int features, int rows, int[] starts, int[] columns, float[] values, double[] weights, long[] keys) {
        this.features = features;
        this.rows = rows;
        this.starts = starts;
        this.columns = columns;
        this.values = values;
        this.weights = weights;
        this.keys = keys;
    }

    int features() {
        return features;
    }

    long bytes() {
        return 4L * values.length + (starts == null ? 0 : 4L * columns.length) + (long) BYTES_OF_ROW * rows;
    }

    long key(int row) {
        return keys[row];
    }

    /** Of all rows; must not be written to. */
    long[] keys() {
        return keys;
    }

    int rows() {
        return rows;
    }

    Weights weights() {
        return Arrays.stream(weights).allMatch(weight -> weight == 1) ? Weights.NONE : Weights.NONE.withRows(weights);
    }

    /** The rows as the library takes them. */
    RowSource data() {
        if (starts == null) {
            return Matrix.wrap(values, rows, features);
        }
        SparseMatrix.Builder builder = SparseMatrix.builder(features);
        for (int i = 0; i < rows; i++) {
            int count = starts[i + 1] - starts[i];
            builder.addRow(
                    Arrays.copyOfRange(columns, starts[i], starts[i + 1]),
                    Arrays.copyOfRange(values, starts[i], starts[i + 1]),
                    count);
        }
        return builder.build();
    }

    /** All rows of a partition, as the library takes them, and their keys. */
    record Joined(RowSource rows, long[] keys) {}

    /**
     * The rows of all blocks of a partition, of which there is at least one: sparse where at most so many of all values are
     * not 0.
     */
    static Joined join(Iterator<BlocksOfRows.Item> items) {
        RowBlock block = items.next().block;
        if (!items.hasNext()) {
            return new Joined(block.data(), block.keys);
        }
        int m = block.features;
        int[] columns = new int[m];
        float[] values = new float[m];
        SparseMatrix.Builder all = SparseMatrix.builder(m);
        LongStream.Builder keys = LongStream.builder();
        for (; block != null; block = items.hasNext() ? items.next().block : null) {
            RowSource rows = block.data();
            for (int i = 0; i < block.rows; i++) {
                all.addRow(columns, values, rows.copyNonzeros(i, 0, m, columns, values));
                keys.add(block.keys[i]);
            }
        }
        SparseMatrix joined = all.build();
        RowSource rows = joined.density() > ReadOptions.MAX_SPARSE_DENSITY ? Matrix.of(joined) : joined;
        return new Joined(rows, keys.build().toArray());
    }

    /** Collects rows, which it checks. */
    static final class Builder {

        private final String column;
        private final boolean nonNegative;
        private final long mostBytes;
        private final int mostRows;
        private int features = -1;
        private int rows;
        private int[] starts = new int[16];
        private int[] columns = new int[64];
        private float[] values = new float[64];
        private double[] weights = new double[16];
        private long[] keys = new long[16];

        /**
         * @param column that the vectors are of, for messages
         * @param nonNegative whether values below 0 are refused
         */
        Builder(String column, boolean nonNegative, long mostBytes, int mostRows) {
            this.column = column;
            this.nonNegative = nonNegative;
            this.mostBytes = mostBytes;
            this.mostRows = mostRows;
        }

        boolean isEmpty() {
            return rows == 0;
        }

        boolean isFull() {
            return rows >= mostRows || bytes() >= mostBytes;
        }

        private boolean isSparse() {
            return starts[rows] <= ReadOptions.MAX_SPARSE_DENSITY * rows * features;
        }

        private long bytes() {
            long ofValues = isSparse() ? (long) BYTES_OF_NONZERO * starts[rows] : 4L * rows * features;
            return ofValues + (long) BYTES_OF_ROW * rows;
        }

        /**
         * Appends a row.
         *
         * @param key by which the row is chosen, or its noise goes
         * @param name of the row, for messages
         * @throws DataException that names row and feature if it cannot be used
         */
        void add(Vector vector, double weight, long key, String name) {
            if (vector == null) {
                throw new DataException(name + ": column '" + column + "' is null; leave such rows out");
            }
            if (features >= 0 && vector.size() != features) {
                throw new DataException(name + ": the vector in column '" + column + "' has " + vector.size()
                        + " values, that of another row " + features);
            }
            if (vector.size() == 0) {
                throw new DataException(name + ": the vector in column '" + column + "' has no values");
            }
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new DataException(
                        name + ": its weight is " + weight + "; it must be a finite number of at least 0");
            }
            features = vector.size();
            if (weight == 0) { // it takes no part in what is learned
                return;
            }
            grow();
            int to = starts[rows];
            if (vector instanceof SparseVector sparse) {
                to = append(sparse.indices(), sparse.values(), to, name);
            } else {
                to = append(null, ((DenseVector) vector).values(), to, name);
            }
            weights[rows] = weight;
            keys[rows] = key;
            rows++;
            starts[rows] = to;
        }

        private void grow() {
            if (rows + 1 >= starts.length) {
                starts = Arrays.copyOf(starts, 2 * starts.length);
                weights = Arrays.copyOf(weights, starts.length);
                keys = Arrays.copyOf(keys, starts.length);
            }
        }

        private int append(int[] indices, double[] given, int from, String name) {
            int to = from;
            if (from + given.length > columns.length) {
                int length = Math.max(2 * columns.length, from + given.length);
                columns = Arrays.copyOf(columns, length);
                values = Arrays.copyOf(values, length);
            }
            for (int l = 0; l < given.length; l++) {
                float value = (float) given[l];
                if (value == 0) {
                    continue;
                }
                int feature = indices == null ? l : indices[l];
                if (!Float.isFinite(value)) {
                    throw new DataException(name + ": feature " + feature + " of column '" + column + "' is " + given[l]
                            + "; values must be finite numbers that a 32-bit float holds");
                }
                if (nonNegative && value < 0) {
                    throw new DataException(name + ": feature " + feature + " of column '" + column + "' is " + given[l]
                            + "; it must be at least 0");
                }
                columns[to] = feature;
                values[to++] = value;
            }
            return to;
        }

        /** The rows so far, after which it is empty. */
        RowBlock build() {
            int count = starts[rows];
            double[] someWeights = Arrays.copyOf(weights, rows);
            long[] someKeys = Arrays.copyOf(keys, rows);
            RowBlock block = isSparse()
                    ? new RowBlock(
                            features,
                            rows,
                            Arrays.copyOf(starts, rows + 1),
                            Arrays.copyOf(columns, count),
                            Arrays.copyOf(values, count),
                            someWeights,
                            someKeys)
                    : new RowBlock(features, rows, null, null, dense(), someWeights, someKeys);
            rows = 0;
            return block;
        }

        private float[] dense() {
            float[] all = new float[Math.multiplyExact(rows, features)];
            for (int i = 0; i < rows; i++) {
                for (int l = starts[i]; l < starts[i + 1]; l++) {
                    all[i * features + columns[l]] = values[l];
                }
            }
            return all;
        }
    }
}
