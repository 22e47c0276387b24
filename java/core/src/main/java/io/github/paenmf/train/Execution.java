package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import java.util.Objects;

/**
 * Where and how a fit runs; none of it changes a bit of the result on the CPU.
 *
 * @param backend which backend
 * @param threads number of CPU threads, at least 1
 * @param chunkRows most rows in flight at once, a multiple of {@link Matrix#ROW_ALIGNMENT}, or 0 to
 *     choose by rank
 */
public record Execution(Backends.Choice backend, int threads, int chunkRows) {

    /** Work space for P and S is kept to about this many floats. */
    private static final int AUTO_CHUNK_FLOATS = 1 << 25;

    private static final int MAX_CHUNK_FLOATS = Integer.MAX_VALUE - 8; // of one Java array

    public Execution {
        Objects.requireNonNull(backend, "backend");
        if (threads < 1 || threads > 1024) {
            throw new IllegalArgumentException("threads must be in [1, 1024], not " + threads);
        }
        if (chunkRows < 0 || chunkRows % Matrix.ROW_ALIGNMENT != 0) {
            throw new IllegalArgumentException("chunk rows must be a multiple of " + Matrix.ROW_ALIGNMENT
                    + ", or 0 to choose by rank, not " + chunkRows);
        }
    }

    /** The backend that {@code auto} picks, with a thread for each processor. */
    public static Execution auto() {
        return new Execution(Backends.Choice.AUTO, Runtime.getRuntime().availableProcessors(), 0);
    }

    /** Most rows of a chunk at rank r, when a step has so many rows. */
    int chunkRows(int rank, int rows) {
        int chosen = chunkRows > 0 ? chunkRows : alignedRows(AUTO_CHUNK_FLOATS, rank);
        return Math.min(Math.min(chosen, alignedRows(MAX_CHUNK_FLOATS, rank)), rows);
    }

    /** How many rows of P fit, at least one block. */
    private static int alignedRows(int floats, int rank) {
        return (int) Math.max(1, floats / (3L * rank) / Matrix.ROW_ALIGNMENT) * Matrix.ROW_ALIGNMENT;
    }
}
