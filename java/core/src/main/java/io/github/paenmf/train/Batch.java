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

    /**
     * What a chunk adds to ‖V‖²: the first one all of it, the others nothing. Summed chunk by chunk, its last bits would
     * depend on the size of the chunks.
     */
    double squaredNorm(Rows chunk) {
        double sum = 0;
        if (chunk.from() == 0) {
            for (int i = 0; i < data.rows(); i++) {
                sum += rowNorms[ids == null ? i : ids[i]];
            }
        }
        return sum;
    }
}
