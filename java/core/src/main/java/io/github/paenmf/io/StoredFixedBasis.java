package io.github.paenmf.io;

import io.github.paenmf.data.Matrix;
import java.io.IOException;

/** The first columns of a basis as they were given and kept, in units of the data, m × their number. */
final class StoredFixedBasis {

    private static final String NAME = "fixed_basis";

    private StoredFixedBasis() {}

    /** Nothing if it is null. */
    static void write(NpzWriter npz, Matrix fixedBasis) throws IOException {
        if (fixedBasis == null) {
            return;
        }
        int columns = fixedBasis.columns();
        float[] values = new float[Math.multiplyExact(fixedBasis.rows(), columns)];
        for (int f = 0; f < fixedBasis.rows(); f++) {
            for (int j = 0; j < columns; j++) {
                values[f * columns + j] = fixedBasis.get(f, j);
            }
        }
        npz.write(NAME, values, fixedBasis.rows(), columns);
    }

    /**
     * Null where none is fixed, as in earlier files.
     *
     * @param m features
     */
    static Matrix read(StoredModel stored, int m) {
        if (!stored.has(NAME)) {
            return null;
        }
        int columns = stored.columns(NAME, m);
        return Matrix.wrap(stored.nonNegative(NAME, m, columns), m, columns);
    }
}
