package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/** Adds entries to a dense matrix. */
final class DenseEntries implements EntrySink {

    private final boolean transpose;
    private final Matrix result;

    /** @throws DataException if it does not fit; the message says that the file is sparse */
    DenseEntries(long rows, long columns, ReadOptions options) {
        transpose = options.transpose();
        try {
            result = transpose ? options.allocate(columns, rows) : options.allocate(rows, columns);
        } catch (DataException e) {
            throw ReadOptions.becomesDense(e);
        }
    }

    @Override
    public void add(int row, int column, float value) {
        int i = transpose ? column : row;
        int j = transpose ? row : column;
        result.storage(i)[result.offset(i) + j] += value;
    }

    @Override
    public RowSource finish() {
        return result;
    }
}
