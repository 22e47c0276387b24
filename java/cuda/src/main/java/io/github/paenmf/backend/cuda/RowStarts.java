package io.github.paenmf.backend.cuda;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseSource;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Where each row of a sparse matrix begins among its nonzeros, and so how many some rows have at most. */
final class RowStarts {

    private final long[] starts;

    private RowStarts(long[] starts) {
        this.starts = starts;
    }

    /** Of all rows. */
    static RowStarts of(SparseSource data) {
        long[] starts = new long[data.rows() + 1];
        int[] columns = new int[data.columns()];
        float[] values = new float[data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            starts[i + 1] = starts[i] + data.copyNonzeros(i, 0, data.columns(), columns, values);
        }
        return new RowStarts(starts);
    }

    /** One per row, and at last the number of all nonzeros. Not to be written to. */
    long[] values() {
        return starts;
    }

    /** Of all rows. */
    long nonzeros() {
        return starts[rows()];
    }

    private int rows() {
        return starts.length - 1;
    }

    /** How many nonzeros a row has. */
    int count(int row) {
        return (int) (starts[row + 1] - starts[row]);
    }

    /** Most that so many rows have, as they lie, from a multiple of {@link Matrix#ROW_ALIGNMENT} on. */
    long most(int count) {
        return most(count, Matrix.ROW_ALIGNMENT);
    }

    /** Most that one of the runs of so many rows has. */
    long mostOfRuns(int count) {
        return most(count, count);
    }

    private long most(int count, int step) {
        long most = 0;
        for (long from = 0; from < rows(); from += step) {
            int first = (int) from;
            most = Math.max(most, starts[(int) Math.min(from + count, rows())] - starts[first]);
        }
        return most;
    }

    /** Most that so many rows have, whichever they are. */
    long mostOfAny(int count) {
        int[] counts = IntStream.range(0, rows()).map(this::count).toArray();
        Arrays.sort(counts);
        return Arrays.stream(counts, Math.max(0, rows() - count), rows())
                .asLongStream()
                .sum();
    }
}
