package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import java.util.function.IntConsumer;

/** Shares out blocks of {@link Matrix#ROW_ALIGNMENT} rows to threads, for what is computed on the CPU row by row. */
@FunctionalInterface
public interface RowBlocks extends AutoCloseable {

    /** Work on the rows of one block, which depends on no other and not on the thread. */
    interface Task {
        /** Does the work on rows {@code firstRow} to {@code firstRow + rows}. */
        void run(int firstRow, int rows);
    }

    /** A sum over the rows of one block. */
    interface Sum {
        /** The sum over rows {@code firstRow} to {@code firstRow + rows}. */
        double of(int firstRow, int rows);
    }

    /** Runs a task on every block of rows, the last of which may be shorter, and returns when all are done. */
    void forBlocks(int rows, Task task);

    /** Runs tasks 0 to {@code count} − 1, each once, as if each were a block of rows, and returns when all are done. */
    default void forEach(int count, IntConsumer task) {
        forBlocks(
                Math.multiplyExact(count, Matrix.ROW_ALIGNMENT),
                (first, rows) -> task.accept(first / Matrix.ROW_ALIGNMENT));
    }

    /** Adds up what blocks of rows come to, in their order, so that threads do not change the sum. */
    default double sum(int rows, Sum sum) {
        double[] sums = new double[(rows + Matrix.ROW_ALIGNMENT - 1) / Matrix.ROW_ALIGNMENT];
        forBlocks(rows, (first, count) -> sums[first / Matrix.ROW_ALIGNMENT] = sum.of(first, count));
        double total = 0;
        for (double each : sums) {
            total += each;
        }
        return total;
    }

    /** Block after block on the caller's thread. */
    static RowBlocks serial() {
        return (rows, task) -> {
            for (int first = 0; first < rows; first += Matrix.ROW_ALIGNMENT) {
                task.run(first, Math.min(Matrix.ROW_ALIGNMENT, rows - first));
            }
        };
    }

    @Override
    default void close() {}
}
