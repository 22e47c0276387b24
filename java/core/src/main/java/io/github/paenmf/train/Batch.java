package io.github.paenmf.train;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of one step.
 *
 * @param data the rows, raw units
 * @param ids global index of each row, or null where row i has index i
 * @param rowNorms ‖v‖² of each row in units of the scaled data, by global index
 */
record Batch(Matrix data, int[] ids, double[] rowNorms) {

    /** The batch in runs of at most {@code chunkRows} rows. */
    List<Rows> chunks(int chunkRows) {
        List<Rows> chunks = new ArrayList<>();
        for (int from = 0; from < data.rows(); from += chunkRows) {
            chunks.add(new Rows(data, from, Math.min(chunkRows, data.rows() - from), ids));
        }
        return chunks;
    }

    /** ‖V‖² of some of its rows. */
    double squaredNorm(Rows rows) {
        double sum = 0;
        for (int i = 0; i < rows.count(); i++) {
            sum += rowNorms[(int) rows.id(i)];
        }
        return sum;
    }
}
