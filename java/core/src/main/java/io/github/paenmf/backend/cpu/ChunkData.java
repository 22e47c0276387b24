package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowBlock;
import io.github.paenmf.data.RowSource;

/**
 * V of the chunk that a session works on, in blocks of rows. They are opened once and kept until the next chunk, since a
 * step must not allocate. Rows in another order than they are stored are first gathered side by side.
 */
final class ChunkData {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;

    /** Of mini-batches; null where there are none. */
    private final Matrix gathered;

    private Rows chunk;
    /** The chunk's rows, from {@link #openedFrom} on in {@link #opened}. */
    private final RowBlock[] blocks;

    private RowSource opened;
    private int openedFrom;
    private int openedCount;

    ChunkData(CpuLayout layout) {
        int m = layout.shape().features();
        this.gathered = layout.shape().hasMiniBatches() ? Matrix.zeros(layout.chunkRows(), m) : null;
        this.blocks = new RowBlock[layout.blocks()];
    }

    /** Turns to a chunk, and opens its rows unless they are open. Rows that must be gathered are not yet there. */
    void open(Rows rows) {
        chunk = rows;
        RowSource source = mustGather() ? gathered : rows.data();
        int from = mustGather() ? 0 : rows.from();
        int count = rows.count();
        if (source == opened && from == openedFrom && count == openedCount) {
            return;
        }
        for (int first = 0; first < count; first += BLOCK_ROWS) {
            blocks[first / BLOCK_ROWS] = source.block(from + first, Math.min(BLOCK_ROWS, count - first));
        }
        opened = source;
        openedFrom = from;
        openedCount = count;
    }

    boolean mustGather() {
        return chunk.order() != null;
    }

    /** Copies rows of the chunk, all of one block, which may lie anywhere in the data. */
    void gather(int first, int count) {
        float[] target = gathered.storage(first);
        int offset = gathered.offset(first);
        int m = gathered.columns();
        for (int i = 0; i < count; i++) {
            chunk.data().copyRow(chunk.id(first + i), target, offset + i * m);
        }
    }

    RowBlock block(int index) {
        return blocks[index];
    }
}
