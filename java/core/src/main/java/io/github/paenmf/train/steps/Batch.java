package io.github.paenmf.train.steps;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of one step.
 *
 * @param chunks the rows, in runs that a backend takes
 */
public record Batch(List<Chunk> chunks) {

    /**
     * Rows with the square of their norm.
     *
     * @param squaredNorm ‖V‖² in units of the scaled data
     */
    public record Chunk(Rows rows, double squaredNorm) {}

    /**
     * Cuts rows into chunks.
     *
     * @param order null for rows as they are stored, otherwise the index of each
     * @param from where the rows begin, in the data or in their order
     * @param count number of rows
     * @param chunkRows most rows of a chunk
     * @param rowNorms ‖v‖² of each row of the data, in units of the scaled data
     */
    public static Batch of(RowSource data, int[] order, int from, int count, int chunkRows, double[] rowNorms) {
        List<Chunk> chunks = new ArrayList<>();
        for (int done = 0; done < count; done += chunkRows) {
            Rows rows = new Rows(data, order, from + done, Math.min(chunkRows, count - done));
            double squaredNorm = 0;
            for (int i = 0; i < rows.count(); i++) {
                squaredNorm += rowNorms[rows.id(i)];
            }
            chunks.add(new Chunk(rows, squaredNorm));
        }
        return new Batch(chunks);
    }
}
