package io.github.paenmf.io;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Files of blocks that are read as a whole. */
final class BlockFormat implements InputFormat {

    static final String TITLE = "a file of blocks";

    @Override
    public String title() {
        return TITLE;
    }

    @Override
    public boolean hasLayers() {
        return false;
    }

    @Override
    public boolean matches(byte[] head) {
        int length = BlockIndex.MAGIC.length;
        return head.length >= length && Arrays.equals(head, 0, length, BlockIndex.MAGIC, 0, length);
    }

    @Override
    public boolean matchesDirectory(Path directory) {
        return false;
    }

    @Override
    public RowSource read(Path path, ReadOptions options, ReadListener listener) throws IOException {
        listener.format("blocks of rows");
        try (BlockFile.Store store = new BlockFile.Store(path)) {
            return store.nonzeros() < 0 ? dense(store, options) : sparse(store, options);
        }
    }

    private static Matrix dense(BlockFile.Store store, ReadOptions options) {
        Matrix all = options.allocate(store.rows(), store.columns());
        for (int i = 0; i < all.rows(); ) {
            Matrix block = (Matrix) store.read(i / store.blockRows());
            for (int b = 0; b < block.rows(); b++, i++) {
                block.copyRow(b, all.storage(i), all.offset(i));
            }
        }
        Matrix named = all.withNames(store.rowNames(), store.columnNames());
        return options.transpose() ? named.transpose() : named;
    }

    private static SparseMatrix sparse(BlockFile.Store store, ReadOptions options) {
        SparseMatrix.Builder all = SparseMatrix.builder(store.columns());
        int[] columns = new int[store.columns()];
        float[] values = new float[store.columns()];
        while (all.rows() < store.rows()) {
            RowSource block = store.read(all.rows() / store.blockRows());
            for (int b = 0; b < block.rows(); b++) {
                all.addRow(columns, values, block.copyNonzeros(b, 0, columns.length, columns, values));
            }
        }
        SparseMatrix named = all.build().withNames(store.rowNames(), store.columnNames());
        options.requireWithinLimit(named);
        return options.transpose() ? named.transpose() : named;
    }
}
