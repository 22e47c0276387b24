package io.github.paenmf.cli.table;

import io.github.paenmf.data.Matrix;

/** Data to be shown that have no holes. */
public final class Filled {

    private Filled() {}

    /** The data themselves, or a copy with what a model makes of them in place of NaN. */
    public static Matrix of(Matrix data, Matrix reconstructed) {
        Matrix filled = data;
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < data.columns(); j++) {
                if (Float.isNaN(data.get(i, j))) {
                    filled = filled == data ? data.copy() : filled;
                    filled.storage(i)[filled.offset(i) + j] = reconstructed.get(i, j);
                }
            }
        }
        return filled;
    }
}
