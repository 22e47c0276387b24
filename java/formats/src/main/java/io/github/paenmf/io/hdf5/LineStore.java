package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;

/**
 * Takes a matrix line by line, which are its rows or its columns, and stores it in the form that is wanted. Where the
 * density decides, lines are sparse until so many values are not 0 that the whole matrix is dense.
 */
final class LineStore {

    /** Beyond this, arrays of one element per row or column could not be made. */
    private static final int MAXIMUM = Integer.MAX_VALUE - 8;

    private final Hdf5Request request;
    private final boolean linesAreRows;
    private final int lines;
    private final int width;
    private final double maximumNonzeros;
    private final int[] at;
    private final float[] values;
    /** Null once the matrix is dense. */
    private SparseMatrix.Builder sparse;

    private Matrix dense;
    private int added;
    private long nonzeros;

    /**
     * Starts a matrix.
     *
     * @param lines how many there are; whatever the file says
     * @param width how long each is; likewise
     * @param linesAreRows whether a line is a row of the result, or else a column
     * @param entries how many may be other than 0, if the file says so; or 0
     * @throws DataException if there can be no such matrix
     */
    LineStore(long lines, long width, boolean linesAreRows, long entries, Hdf5Request request) {
        long rows = linesAreRows ? lines : width;
        long columns = linesAreRows ? width : lines;
        if (rows < 1 || columns < 1) {
            throw new DataException(
                    "a matrix needs at least one row and one column, but this one is " + rows + " × " + columns);
        }
        if (rows > MAXIMUM || columns > MAXIMUM) {
            throw new DataException("a " + rows + " × " + columns + " matrix is too large; at most " + MAXIMUM
                    + " rows or columns are supported: split the data");
        }
        Matrix.requireMemory(16 * (rows + columns), "sparse " + rows + " × " + columns + " matrix");
        this.request = request;
        this.linesAreRows = linesAreRows;
        this.lines = (int) lines;
        this.width = (int) width;
        this.maximumNonzeros = request.maximumSparseDensity() >= 1
                ? Double.POSITIVE_INFINITY
                : request.maximumSparseDensity() * lines * width;
        this.at = new int[this.width];
        this.values = new float[this.width];
        if (entries > maximumNonzeros || maximumNonzeros < 0) {
            dense = allocate();
        } else {
            sparse = SparseMatrix.builder(this.width);
        }
    }

    private Matrix allocate() {
        int rows = linesAreRows ? lines : width;
        int columns = linesAreRows ? width : lines;
        if (4.0 * rows * columns > request.maximumBytes()) {
            throw tooLarge(rows + " × " + columns + " matrix, if dense,", 4L * rows * columns);
        }
        return Matrix.zeros(rows, columns);
    }

    private DataException tooLarge(String what, long bytes) {
        return new DataException("the " + what + " takes " + bytes + " bytes of memory, more than the limit of "
                + request.maximumBytes() + "; raise the limit, or use fewer rows or columns");
    }

    /**
     * Adds a line. Values of the same place are added up.
     *
     * @param places where in the line the values are, from 0
     * @param count how many values there are
     */
    void add(int[] places, float[] lineValues, int count) {
        if (sparse != null) {
            sparse.addRow(places, lineValues, count);
        } else {
            for (int l = 0; l < count; l++) {
                int row = linesAreRows ? added : places[l];
                int column = linesAreRows ? places[l] : added;
                dense.storage(row)[dense.offset(row) + column] += lineValues[l];
            }
        }
        added++;
    }

    /** Adds a line of which all values are given. */
    void add(float[] line) {
        int count = 0;
        for (int j = 0; j < width; j++) {
            if (line[j] != 0) {
                at[count] = j;
                values[count++] = line[j];
            }
        }
        nonzeros += count;
        if (sparse != null && nonzeros > maximumNonzeros) {
            makeDense();
        }
        add(at, values, count);
    }

    private void makeDense() {
        dense = allocate();
        if (added > 0) {
            SparseMatrix before = sparse.build();
            int[] places = new int[width];
            float[] lineValues = new float[width];
            sparse = null;
            added = 0;
            for (int line = 0; line < before.rows(); line++) {
                add(places, lineValues, before.copyNonzeros(line, 0, width, places, lineValues));
            }
        }
        sparse = null;
    }

    /** The matrix. */
    RowSource finish() {
        if (sparse == null) {
            return dense;
        }
        SparseMatrix built = sparse.build();
        if (built.bytes() > request.maximumBytes()) {
            throw tooLarge(built.toString(), built.bytes());
        }
        return linesAreRows ? built : built.transpose();
    }
}
