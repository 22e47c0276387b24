package io.github.paenmf.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Data larger than memory: rows of a {@link RowStore}, of which a bounded number of blocks is in memory. Values are those of
 * the store; whatever reads them may wait for the disk. Selected rows are a copy in memory; columns cannot be selected, unless all fits.
 */
public class PagedRows implements RowSource, Closeable {

    /** Blocks that are used, and as many that are read ahead: the fewest that a pool can do with. */
    private static final int LEAST_BLOCKS = 4;

    private final RowStore store;
    private final BlockPool pool;
    /** Null if all blocks stay once they were read. */
    private final Paging paging;

    private final List<String> rowNames;
    private final List<String> columnNames;
    private final Known known;

    /** What is known of the values, under whatever names. */
    private static final class Known {
        volatile boolean finite;
        volatile boolean nonNegative;
    }

    private PagedRows(
            RowStore store,
            BlockPool pool,
            Paging paging,
            List<String> rowNames,
            List<String> columnNames,
            Known known) {
        this.store = store;
        this.pool = pool;
        this.paging = paging;
        this.rowNames = rowNames;
        this.columnNames = columnNames;
        this.known = known;
    }

    /**
     * Rows of a store.
     *
     * @param bytes most memory for blocks
     * @return a {@link SparseSource} if only nonzeros are stored
     * @throws DataException if that is too little, or more than the heap has
     */
    public static PagedRows of(RowStore store, long bytes) {
        int blocks = blocks(store);
        long all = bytes(store);
        long largest = 0;
        for (int block = 0; block < blocks; block++) {
            largest = Math.max(largest, store.bytes(block));
        }
        if (bytes < all && bytes / largest < LEAST_BLOCKS) {
            throw new DataException("its blocks take up to " + largest + " bytes of memory, and " + LEAST_BLOCKS
                    + " of them have to fit: give at least " + LEAST_BLOCKS * largest + " bytes, not " + bytes);
        }
        Matrix.requireMemory(Math.min(all, bytes), "pool of blocks");
        int half = (int) Math.min(blocks, bytes / largest / 2);
        Paging paging = null;
        if (bytes < all) {
            long poolRows = Math.min((long) half * store.blockRows(), Integer.MAX_VALUE);
            paging = new Paging(store.blockRows(), (int) (poolRows / store.blockRows()) * store.blockRows());
        }
        BlockPool pool = new BlockPool(store, blocks, bytes, half);
        return of(store, pool, paging, store.rowNames(), store.columnNames(), new Known());
    }

    private static PagedRows of(
            RowStore store,
            BlockPool pool,
            Paging paging,
            List<String> rowNames,
            List<String> columnNames,
            Known known) {
        return store.nonzeros() < 0
                ? new PagedRows(store, pool, paging, rowNames, columnNames, known)
                : new Sparse(store, pool, paging, rowNames, columnNames, known);
    }

    @Override
    public final int rows() {
        return store.rows();
    }

    @Override
    public final int columns() {
        return store.columns();
    }

    @Override
    public final Paging paging() {
        return paging;
    }

    @Override
    public final void expect(int[] firstRows) {
        if (paging != null) {
            pool.expect(
                    Arrays.stream(firstRows).map(row -> row / store.blockRows()).toArray());
        }
    }

    /** Bytes that all blocks would take in memory. */
    public final long bytes() {
        return bytes(store);
    }

    private static long bytes(RowStore store) {
        long bytes = 0;
        for (int block = 0; block < blocks(store); block++) {
            bytes += store.bytes(block);
        }
        return bytes;
    }

    private static int blocks(RowStore store) {
        return (store.rows() - 1) / store.blockRows() + 1;
    }

    /** Bytes of the blocks that are in memory. */
    public final long heldBytes() {
        return pool.heldBytes();
    }

    final RowStore store() {
        return store;
    }

    @Override
    public final List<String> rowNames() {
        return rowNames;
    }

    @Override
    public final List<String> columnNames() {
        return columnNames;
    }

    @Override
    public final PagedRows withNames(List<String> newRowNames, List<String> newColumnNames) {
        Checks.names("row", newRowNames, rows());
        Checks.names("column", newColumnNames, columns());
        // those of the store are read when they are asked for, and there may be more than fit
        List<String> names = newRowNames == rowNames ? rowNames : List.copyOf(newRowNames);
        return of(store, pool, paging, names, List.copyOf(newColumnNames), known);
    }

    /** The block that has a row. */
    final RowSource blockOf(int row) {
        return pool.get(Objects.checkIndex(row, rows()) / store.blockRows());
    }

    /** Which row of its block a row is. */
    final int inBlock(int row) {
        return row % store.blockRows();
    }

    @Override
    public RowBlock block(int first, int count) {
        Checks.block(first, count, rows());
        return blockOf(first).block(inBlock(first), count);
    }

    @Override
    public final void copyRow(int row, int from, int count, float[] target, int targetOffset) {
        blockOf(row).copyRow(inBlock(row), from, count, target, targetOffset);
    }

    @Override
    public final int copyNonzeros(int row, int from, int to, int[] columns, float[] values) {
        return blockOf(row).copyNonzeros(inBlock(row), from, to, columns, values);
    }

    @Override
    public RowSource selectRows(int[] rowIndices) {
        return Matrix.ofRows(this, rowIndices);
    }

    @Override
    public final RowSource selectColumns(int[] columnIndices) {
        if (paging != null) {
            throw new DataException(
                    "columns of data on the disk can be neither selected nor put in another order; read them into"
                            + " memory, or write them anew");
        }
        return store.nonzeros() < 0
                ? Matrix.of(this).selectColumns(columnIndices)
                : SparseMatrix.of(this).selectColumns(columnIndices);
    }

    @Override
    public final PagedRows requireNonNegative() {
        if (!known.nonNegative) {
            require(0, Checks.NON_NEGATIVE);
            known.nonNegative = true;
            known.finite = true;
        }
        return this;
    }

    @Override
    public final PagedRows requireFinite() {
        if (!known.finite) {
            require(-Float.MAX_VALUE, Checks.FINITE);
            known.finite = true;
        }
        return this;
    }

    private void require(float least, String need) {
        int[] at = new int[columns()];
        float[] values = new float[columns()];
        for (int i = 0; i < rows(); i++) {
            int count = copyNonzeros(i, 0, columns(), at, values);
            for (int l = 0; l < count; l++) {
                if (!Checks.isIn(values[l], least)) {
                    throw Checks.refusal(this, i, at[l], values[l], need);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        store.close();
    }

    @Override
    public String toString() {
        return rows() + " × " + columns() + " matrix on disk";
    }

    /** The same of which only nonzeros are stored. */
    private static final class Sparse extends PagedRows implements SparseSource {

        Sparse(
                RowStore store,
                BlockPool pool,
                Paging paging,
                List<String> rowNames,
                List<String> columnNames,
                Known known) {
            super(store, pool, paging, rowNames, columnNames, known);
        }

        @Override
        public long nonzeros() {
            return store().nonzeros();
        }

        @Override
        public int nonzeros(int row) {
            return ((SparseMatrix) blockOf(row)).nonzeros(inBlock(row));
        }

        @Override
        public int copyColumns(int row, int[] target) {
            return ((SparseMatrix) blockOf(row)).copyColumns(inBlock(row), target);
        }

        @Override
        public SparseRows block(int first, int count) {
            Checks.block(first, count, rows());
            return new SparseRows(this, first, count);
        }

        @Override
        public SparseMatrix selectRows(int[] rowIndices) {
            return SparseMatrix.ofRows(this, rowIndices);
        }
    }
}
