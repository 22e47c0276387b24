package io.github.paenmf.data;

import java.io.Closeable;
import java.util.List;

/** Rows that are read from elsewhere in blocks, each as often as it is asked for. Thread-safe. */
public interface RowStore extends Closeable {

    /** n. */
    int rows();

    /** m. */
    int columns();

    /** Rows of each block but the last: a multiple of {@link Matrix#ROW_ALIGNMENT}. */
    int blockRows();

    /** How many nonzeros are stored, or less than 0 where all values are. */
    long nonzeros();

    /** Bytes that a block takes in memory. */
    long bytes(int block);

    /** One name per row, or an empty list. */
    List<String> rowNames();

    /** One name per column, or an empty list. */
    List<String> columnNames();

    /**
     * Reads a block.
     *
     * @param block from 0
     * @return its rows, without names: a {@link Matrix} where all values are stored, else a {@link SparseMatrix}
     * @throws DataException that names the file and the block, if it is damaged
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    RowSource read(int block);
}
