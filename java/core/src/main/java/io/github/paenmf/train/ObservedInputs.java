package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;

/**
 * Products with what an encoder reads of V: 0 where entries are missing, and the others of that row as much larger as there
 * are fewer.
 */
record ObservedInputs(DataProducts products, Mask mask) implements DataProducts {

    @Override
    public Matrix project(Matrix x) {
        return scaled(products.project(x));
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        return products.projectTransposed(scaled(y.copy()));
    }

    private Matrix scaled(Matrix rows) {
        for (int i = 0; i < rows.rows(); i++) {
            float toAll = mask.toAllColumns(i);
            float[] row = rows.storage(i);
            int offset = rows.offset(i);
            for (int j = offset; j < offset + rows.columns(); j++) {
                row[j] *= toAll;
            }
        }
        return rows;
    }
}
