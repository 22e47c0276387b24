package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import java.util.Locale;
import java.util.Objects;

/**
 * How {@link MatrixReader} reads: an immutable value; each {@code with…} method returns a changed copy.
 *
 * @param transpose whether to exchange rows and columns, for files that hold one sample per column
 * @param maximumBytes refuse a matrix that takes more memory than this, 4 bytes per value or those of a
 *     {@link SparseMatrix}; the Java heap is the limit in any case
 * @param delimiter what separates the cells of a text table, or {@link #DETECT_DELIMITER}
 * @param header whether the first line of a text table holds the column names
 * @param rowNames whether the first column of a text table holds the row names
 * @param decimal what separates whole from fractional digits in a text table
 * @param storage whether only nonzeros are stored, see {@link MatrixReader#readData(String, ReadOptions)}
 * @param layer which matrix of an HDF5 file: a layer of {@code .h5ad} or {@code .loom}, {@code raw/X}, or a genome of
 *     CellRanger 2; empty for the usual one
 * @param missing whether an empty cell and {@code NA} of a text table, and what R writes for a missing value in
 *     MatrixMarket (1e308), are read as NaN; otherwise they are refused. NaN is read as it is in any case
 * @param memory how many bytes of blocks of rows a {@code .vblk} or {@code .npy} has in memory at once, each read when it is
 *     asked for; 0 reads all at once, as of any other format
 */
public record ReadOptions(
        boolean transpose,
        long maximumBytes,
        char delimiter,
        Presence header,
        Presence rowNames,
        Decimal decimal,
        Storage storage,
        String layer,
        boolean missing,
        long memory) {

    /** Stands for a delimiter that is found out from the file: comma, tab, semicolon, bar or spaces. */
    public static final char DETECT_DELIMITER = '\0';

    /**
     * The share of entries up to which {@link Storage#AUTO} stores only nonzeros. There an epoch of HALS takes about as
     * long either way on a CPU with vector instructions (rank 20), and nonzeros take a tenth to a fifth of the memory.
     */
    public static final double MAX_SPARSE_DENSITY = 0.1;

    private static final ReadOptions DEFAULTS = new ReadOptions(
            false,
            Long.MAX_VALUE,
            DETECT_DELIMITER,
            Presence.AUTO,
            Presence.AUTO,
            Decimal.AUTO,
            Storage.AUTO,
            "",
            false,
            0);

    /** Whether a part of a file is there. */
    public enum Presence {
        /** Find out from the file. */
        AUTO,
        /** It is there. */
        YES,
        /** It is not there. */
        NO
    }

    /** What separates whole from fractional digits. */
    public enum Decimal {
        /** A point, but tables in which it may as well group thousands are refused. */
        AUTO,
        /** 1.5. */
        POINT,
        /** 1,5. */
        COMMA
    }

    /** Which values of a matrix are stored. */
    public enum Storage {
        /**
         * Of a sparse format only nonzeros, if the file lists no more than {@link #MAX_SPARSE_DENSITY} of all entries;
         * else all. Of a dense format all, but of HDF5 as of a sparse one, whatever the file lists.
         */
        AUTO,
        /** All of them: a {@link Matrix}. */
        DENSE,
        /** Only nonzeros: a {@link SparseMatrix}. A dense format but HDF5 is dense while it is read. */
        SPARSE
    }

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException if the limit is not positive or the delimiter cannot be one
     */
    public ReadOptions {
        Objects.requireNonNull(header, "header");
        Objects.requireNonNull(rowNames, "rowNames");
        Objects.requireNonNull(decimal, "decimal");
        Objects.requireNonNull(storage, "storage");
        Objects.requireNonNull(layer, "layer");
        if (delimiter == ',' && decimal == Decimal.COMMA) {
            throw new IllegalArgumentException("a comma cannot separate both cells and decimals");
        }
        if (maximumBytes < 1) {
            throw new IllegalArgumentException("the maximum number of bytes must be positive, not " + maximumBytes);
        }
        if (memory < 0) {
            throw new IllegalArgumentException("the memory must not be negative, but is " + memory);
        }
        if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' || Character.isLetterOrDigit(delimiter)) {
            throw new IllegalArgumentException(
                    "'" + delimiter + "' cannot separate cells; use a comma, tab, semicolon, bar or space");
        }
    }

    /** Everything detected, nothing transposed, no limit but the heap. */
    public static ReadOptions defaults() {
        return DEFAULTS;
    }

    /** These options with rows and columns exchanged, or not. */
    public ReadOptions withTranspose(boolean newTranspose) {
        return new ReadOptions(
                newTranspose, maximumBytes, delimiter, header, rowNames, decimal, storage, layer, missing, memory);
    }

    /** These options with another limit on the memory of the matrix, in bytes. */
    public ReadOptions withMaximumBytes(long newMaximumBytes) {
        return new ReadOptions(
                transpose, newMaximumBytes, delimiter, header, rowNames, decimal, storage, layer, missing, memory);
    }

    /** These options with another delimiter, or {@link #DETECT_DELIMITER}. */
    public ReadOptions withDelimiter(char newDelimiter) {
        return new ReadOptions(
                transpose, maximumBytes, newDelimiter, header, rowNames, decimal, storage, layer, missing, memory);
    }

    /** These options with a header line that is there, is not, or is detected. */
    public ReadOptions withHeader(Presence newHeader) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, newHeader, rowNames, decimal, storage, layer, missing, memory);
    }

    /** These options with a column of row names that is there, is not, or is detected. */
    public ReadOptions withRowNames(Presence newRowNames) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, header, newRowNames, decimal, storage, layer, missing, memory);
    }

    /** These options with another sign between whole and fractional digits. */
    public ReadOptions withDecimal(Decimal newDecimal) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, header, rowNames, newDecimal, storage, layer, missing, memory);
    }

    /** These options with another choice of what is stored. */
    public ReadOptions withStorage(Storage newStorage) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, header, rowNames, decimal, newStorage, layer, missing, memory);
    }

    /** These options with another matrix of an HDF5 file, or an empty text for the usual one. */
    public ReadOptions withLayer(String newLayer) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, header, rowNames, decimal, storage, newLayer, missing, memory);
    }

    /** These options with missing values read as NaN, or refused. */
    public ReadOptions withMissing(boolean newMissing) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, header, rowNames, decimal, storage, layer, newMissing, memory);
    }

    /** These options with so many bytes of memory for blocks that are read when they are asked for; 0 reads all at once. */
    public ReadOptions withMemory(long newMemory) {
        return new ReadOptions(
                transpose, maximumBytes, delimiter, header, rowNames, decimal, storage, layer, missing, newMemory);
    }

    /**
     * Whether only the nonzeros of a sparse format are to be stored.
     *
     * @param rows whatever the file claims; likewise the others
     * @param entries how many it lists
     */
    boolean storesSparse(long rows, long columns, long entries) {
        return storage == Storage.SPARSE || storage == Storage.AUTO && entries <= MAX_SPARSE_DENSITY * rows * columns;
    }

    /** What is wrong with the size of a matrix that a file holds in sparse form, and where that size comes from. */
    static DataException becomesDense(DataException e) {
        return new DataException("the file is sparse, but becomes dense in memory: " + e.getMessage(), e);
    }

    /** Checks that rows and columns can be counted. */
    static void requireShape(long rows, long columns) {
        if (rows > Integer.MAX_VALUE - 8 || columns > Integer.MAX_VALUE - 8) {
            throw new DataException("a " + rows + " × " + columns + " matrix is too large; at most "
                    + (Integer.MAX_VALUE - 8) + " rows or columns are supported: split the data");
        }
    }

    /** Allocates a matrix of zeros within the limits. The size comes from a file: it may be any number. */
    public Matrix allocate(long rows, long columns) {
        requireShape(rows, columns);
        requireWithinLimit(rows, columns);
        return Matrix.zeros((int) rows, (int) columns);
    }

    /** Checks the size of a sparse matrix against the limit that the user set. */
    void requireWithinLimit(SparseMatrix matrix) {
        if (matrix.bytes() > maximumBytes) {
            throw new DataException("the " + matrix + " takes " + matrix.bytes()
                    + " bytes of memory, more than the limit of " + maximumBytes
                    + "; raise the limit, or use fewer rows or columns");
        }
    }

    /** Checks the size of a matrix against the limit that the user set. */
    void requireWithinLimit(long rows, long columns) {
        if (4.0 * rows * columns > maximumBytes) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "a %d × %d matrix needs %.0f bytes of memory, more than the limit of %d;"
                            + " raise the limit, or use fewer rows or columns",
                    rows,
                    columns,
                    4.0 * rows * columns,
                    maximumBytes));
        }
    }
}
