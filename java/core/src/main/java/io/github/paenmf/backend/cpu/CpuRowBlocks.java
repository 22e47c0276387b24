package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;

/** Threads for the CPU's share of the work of another device; they start when there is more than one block. */
public final class CpuRowBlocks implements RowBlocks {

    private final Workers workers;

    /**
     * @param threads most threads
     */
    public CpuRowBlocks(int threads) {
        workers = new Workers(threads);
    }

    @Override
    public void forBlocks(int rows, Task task) {
        int blocks = (rows + Matrix.ROW_ALIGNMENT - 1) / Matrix.ROW_ALIGNMENT;
        workers.run(blocks, (worker, block) -> {
            int first = block * Matrix.ROW_ALIGNMENT;
            task.run(first, Math.min(Matrix.ROW_ALIGNMENT, rows - first));
        });
    }

    @Override
    public void close() {
        workers.close();
    }
}
