package io.github.paenmf.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A dense float32 matrix, rows × columns, one sample per row, with optional names.
 *
 * <p>Rows lie row-major in blocks of {@link #rowsPerBlock()} rows, so that rows · columns is not
 * limited to 2³¹. A block boundary falls on a multiple of {@link #ROW_ALIGNMENT} rows: a run of rows
 * that starts on such a multiple and is at most that long lies in one array, at a stride of
 * {@link #columns()}.
 *
 * <p>Nothing in this library writes to a matrix that it did not create. {@link #wrap} and
 * {@link #storage(int)} do not copy: whoever holds such an array must not write to it while the matrix
 * is in use. A matrix that a model returns is the caller's own; no model keeps it, or the data.
 */
public final class Matrix implements RowSource {

    /** Every block but the last holds a multiple of this many rows. */
    public static final int ROW_ALIGNMENT = 256;

    private static final int TARGET_BLOCK_ELEMENTS = 1 << 24;

    /** Smaller where the height is not known, as up to a block may stay unused. */
    private static final int GROWING_BLOCK_ELEMENTS = 1 << 20;

    private static final int MAX_COLUMNS = (Integer.MAX_VALUE - 8) / ROW_ALIGNMENT;

    private final int rows;
    private final int columns;
    private final int rowsPerBlock;
    private final float[][] blocks;
    private final List<String> rowNames;
    private final List<String> columnNames;

    Matrix(int rows, int columns, int rowsPerBlock, float[][] blocks, List<String> rowNames, List<String> columnNames) {
        this.rows = rows;
        this.columns = columns;
        this.rowsPerBlock = rowsPerBlock;
        this.blocks = blocks;
        this.rowNames = rowNames;
        this.columnNames = columnNames;
    }

    /**
     * Returns a matrix of zeros without names, to be filled through {@link #storage(int)}.
     *
     * @param rows number of rows, at least 1
     * @param columns number of columns, at least 1
     * @throws DataException if a dimension is out of range, or the heap cannot hold the matrix; the
     *     message says how much memory it needs and how much there is
     */
    public static Matrix zeros(int rows, int columns) {
        int rowsPerBlock = checkShape(rows, columns);
        long blockCount = (rows + (long) rowsPerBlock - 1) / rowsPerBlock;
        requireMemory(4L * rows * columns, rows + " × " + columns + " matrix");
        float[][] blocks = new float[Math.toIntExact(blockCount)][];
        for (int b = 0; b < blocks.length; b++) {
            int blockRows = Math.min(rowsPerBlock, rows - b * rowsPerBlock);
            blocks[b] = new float[blockRows * columns];
        }
        return new Matrix(rows, columns, rowsPerBlock, blocks, List.of(), List.of());
    }

    /**
     * Wraps a row-major array of rows · columns values without copying it.
     *
     * @throws DataException if a dimension is out of range or the array's length is not rows · columns
     */
    public static Matrix wrap(float[] values, int rows, int columns) {
        checkShape(rows, columns);
        if (values.length != (long) rows * columns) {
            throw new DataException("a " + rows + " × " + columns + " matrix needs " + (long) rows * columns
                    + " values, but the array holds " + values.length);
        }
        return new Matrix(rows, columns, rows, new float[][] {values}, List.of(), List.of());
    }

    /**
     * Copies an array of rows, all of the same length.
     *
     * @throws DataException if there are no rows or columns, or the rows differ in length
     */
    public static Matrix of(float[][] values) {
        int columns = values.length == 0 ? 0 : values[0].length;
        Matrix matrix = zeros(values.length, columns);
        for (int i = 0; i < values.length; i++) {
            if (values[i].length != columns) {
                throw new DataException(
                        "row " + (i + 1) + " has " + values[i].length + " values, row 1 has " + columns);
            }
            System.arraycopy(values[i], 0, matrix.storage(i), matrix.offset(i), columns);
        }
        return matrix;
    }

    /**
     * Data where they are such a matrix, else a dense copy of them, names included.
     *
     * @throws DataException if the heap cannot hold it
     */
    public static Matrix of(RowSource data) {
        if (data instanceof Matrix matrix) {
            return matrix;
        }
        Matrix dense = zeros(data.rows(), data.columns());
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, dense.storage(i), dense.offset(i));
        }
        return dense.withNames(data.rowNames(), data.columnNames());
    }

    /**
     * Starts a matrix of unknown height to which rows are appended.
     *
     * @param columns at least 1
     * @throws DataException if it is out of range
     */
    public static Builder builder(int columns) {
        return new Builder(columns);
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    /** How many rows each block but the last holds. */
    public int rowsPerBlock() {
        return rowsPerBlock;
    }

    /**
     * The array that holds a row, at {@link #offset(int)}; other rows lie beside it. It is the array itself: what is
     * written to it changes the matrix, and every other that shares its values ({@link #withNames}).
     */
    public float[] storage(int row) {
        return blocks[Objects.checkIndex(row, rows) / rowsPerBlock];
    }

    /** Where a row begins in its {@link #storage(int)}. */
    public int offset(int row) {
        return row % rowsPerBlock * columns;
    }

    /**
     * One value.
     *
     * @param row from 0
     * @param column from 0
     * @throws IndexOutOfBoundsException if there is no such row or column
     */
    public float get(int row, int column) {
        return storage(row)[offset(row) + Objects.checkIndex(column, columns)];
    }

    @Override
    public DenseRows block(int first, int count) {
        Checks.block(first, count, rows);
        return new DenseRows(storage(first), offset(first), count, columns);
    }

    @Override
    public void copyRow(int row, int from, int count, float[] target, int targetOffset) {
        Objects.checkFromIndexSize(from, count, columns);
        System.arraycopy(storage(row), offset(row) + from, target, targetOffset, count);
    }

    /** A copy, names included, that shares nothing which could be written to. */
    public Matrix copy() {
        float[][] copies = Arrays.stream(blocks).map(float[]::clone).toArray(float[][]::new);
        return new Matrix(rows, columns, rowsPerBlock, copies, rowNames, columnNames);
    }

    /** A copy as an array of rows. */
    public float[][] toRows() {
        float[][] copy = new float[rows][columns];
        for (int i = 0; i < rows; i++) {
            copyRow(i, copy[i], 0);
        }
        return copy;
    }

    @Override
    public List<String> rowNames() {
        return rowNames;
    }

    @Override
    public List<String> columnNames() {
        return columnNames;
    }

    @Override
    public Matrix withNames(List<String> newRowNames, List<String> newColumnNames) {
        Checks.names("row", newRowNames, rows);
        Checks.names("column", newColumnNames, columns);
        return new Matrix(rows, columns, rowsPerBlock, blocks, List.copyOf(newRowNames), List.copyOf(newColumnNames));
    }

    /** A copy with rows and columns exchanged, names included. */
    public Matrix transpose() {
        Matrix result = zeros(columns, rows);
        int tile = 64; // a tile of both matrices stays in the L1 cache
        for (int i0 = 0; i0 < rows; i0 += tile) {
            for (int j0 = 0; j0 < columns; j0 += tile) {
                int iEnd = Math.min(rows, i0 + tile);
                int jEnd = Math.min(columns, j0 + tile);
                for (int j = j0; j < jEnd; j++) {
                    float[] target = result.storage(j);
                    int offset = result.offset(j);
                    for (int i = i0; i < iEnd; i++) {
                        target[offset + i] = storage(i)[offset(i) + j];
                    }
                }
            }
        }
        return result.withNames(columnNames, rowNames);
    }

    @Override
    public Matrix selectRows(int[] rowIndices) {
        return ofRows(this, rowIndices);
    }

    /** A dense copy of the rows whose indices are given, in that order, names included. */
    static Matrix ofRows(RowSource data, int[] rowIndices) {
        Matrix result = zeros(rowIndices.length, data.columns());
        for (int i = 0; i < rowIndices.length; i++) {
            data.copyRow(rowIndices[i], result.storage(i), result.offset(i));
        }
        return result.withNames(Checks.select(data.rowNames(), rowIndices), data.columnNames());
    }

    @Override
    public Matrix selectColumns(int[] columnIndices) {
        Matrix result = zeros(rows, columnIndices.length);
        for (int i = 0; i < rows; i++) {
            float[] source = storage(i);
            int sourceOffset = offset(i);
            float[] target = result.storage(i);
            int offset = result.offset(i);
            for (int j = 0; j < columnIndices.length; j++) {
                target[offset + j] = source[sourceOffset + Objects.checkIndex(columnIndices[j], columns)];
            }
        }
        return result.withNames(rowNames, Checks.select(columnNames, columnIndices));
    }

    @Override
    public Matrix requireNonNegative() {
        return require(0, Checks.NON_NEGATIVE);
    }

    @Override
    public Matrix requireFinite() {
        return require(-Float.MAX_VALUE, Checks.FINITE);
    }

    private Matrix require(float least, String need) {
        for (int i = 0; i < rows; i++) {
            float[] values = storage(i);
            int offset = offset(i);
            for (int j = 0; j < columns; j++) {
                float value = values[offset + j];
                if (!Checks.isIn(value, least)) {
                    throw Checks.refusal(this, i, j, value, need);
                }
            }
        }
        return this;
    }

    @Override
    public String toString() {
        return rows + " × " + columns + " matrix";
    }

    /**
     * Checks that the heap can still hold so many bytes more, before anything is allocated.
     *
     * @param bytes what is about to be allocated
     * @param what what it is for, for the message
     * @throws DataException that says how much is needed and how much there is
     */
    public static void requireMemory(long bytes, String what) {
        Runtime runtime = Runtime.getRuntime();
        long available = runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
        if (bytes > available) {
            System.gc(); // what looks used may be garbage; a refusal must not depend on that
            available = runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
        }
        if (bytes > available) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "a %s needs %s of memory, but only %s of the Java heap's %s are free;"
                            + " give the JVM more with -Xmx, or use fewer rows or columns",
                    what,
                    gibibytes(bytes),
                    gibibytes(available),
                    gibibytes(runtime.maxMemory())));
        }
    }

    private static String gibibytes(long bytes) {
        return bytes >= 1L << 30
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30)
                : String.format(Locale.ROOT, "%.1f MiB", bytes / 0x1p20);
    }

    private static int checkShape(int rows, int columns) {
        if (rows < 1 || columns < 1) {
            throw new DataException("a matrix needs at least one row and one column, not " + rows + " × " + columns);
        }
        if (columns > MAX_COLUMNS) {
            throw new DataException("a matrix may have at most " + MAX_COLUMNS + " columns, not " + columns);
        }
        return rowsPerBlock(columns, TARGET_BLOCK_ELEMENTS);
    }

    private static int rowsPerBlock(int columns, int targetElements) {
        return Math.max(ROW_ALIGNMENT, targetElements / columns / ROW_ALIGNMENT * ROW_ALIGNMENT);
    }

    /** Appends rows one by one to a matrix whose height is not known beforehand. */
    public static final class Builder {

        private final int columns;
        private final int rowsPerBlock;
        private float[][] blocks = new float[4][];
        private int rows;

        private Builder(int columns) {
            this.columns = columns;
            checkShape(1, columns);
            this.rowsPerBlock = rowsPerBlock(columns, GROWING_BLOCK_ELEMENTS);
        }

        /**
         * Appends a copy of one row.
         *
         * @param values at least {@code columns} values from {@code offset} on
         * @throws DataException if the heap cannot hold another block of rows
         */
        public Builder addRow(float[] values, int offset) {
            int block = rows / rowsPerBlock;
            int inBlock = rows % rowsPerBlock;
            if (inBlock == 0) {
                if (block == blocks.length) {
                    blocks = Arrays.copyOf(blocks, 2 * block);
                }
                // Once there are rows, many more are likely; only where they are very wide would that be much to waste.
                boolean whole = block > 0 && (long) rowsPerBlock * columns <= TARGET_BLOCK_ELEMENTS;
                int started = whole ? rowsPerBlock : Math.min(rowsPerBlock, 16);
                requireMemory(4L * started * columns, "matrix of more than " + rows + " × " + columns);
                blocks[block] = new float[started * columns];
            } else if (blocks[block].length == inBlock * columns) {
                int grown = (int) Math.min(rowsPerBlock, 2L * inBlock);
                requireMemory(4L * grown * columns, "matrix of more than " + rows + " × " + columns);
                blocks[block] = Arrays.copyOf(blocks[block], grown * columns);
            }
            System.arraycopy(values, offset, blocks[block], inBlock * columns, columns);
            rows++;
            return this;
        }

        /** How many rows have been added. */
        public int rows() {
            return rows;
        }

        /**
         * The rows added so far as a matrix; the builder must not be used any more.
         *
         * @throws DataException if no row was added
         */
        public Matrix build() {
            checkShape(rows, columns);
            int blockCount = (rows - 1) / rowsPerBlock + 1;
            float[][] used = Arrays.copyOf(blocks, blockCount);
            int last = blockCount - 1;
            int filled = (rows - last * rowsPerBlock) * columns;
            if (used[last].length > filled) {
                used[last] = Arrays.copyOf(used[last], filled);
            }
            return new Matrix(rows, columns, rowsPerBlock, used, List.of(), List.of());
        }
    }
}
