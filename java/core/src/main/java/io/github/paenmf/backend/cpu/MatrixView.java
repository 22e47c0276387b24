package io.github.paenmf.backend.cpu;

/**
 * A row-major matrix that lies in an array.
 *
 * @param offset index of the first value
 * @param stride from a row to the next
 */
record MatrixView(float[] data, int offset, int stride) {

    /** Index of the first value of a row. */
    int row(int i) {
        return offset + i * stride;
    }

    /** What begins at a row and a column. */
    MatrixView from(int row, int column) {
        return new MatrixView(data, row(row) + column, stride);
    }
}
