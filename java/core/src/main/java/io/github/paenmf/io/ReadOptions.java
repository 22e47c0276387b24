package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.util.Locale;
import java.util.Objects;

/**
 * How {@link MatrixReader} reads: an immutable value; each {@code with…} method returns a changed copy.
 *
 * @param transpose whether to exchange rows and columns, for files that hold one sample a column
 * @param maximumBytes refuse a matrix that takes more memory than this, 4 bytes a value; the Java heap is the limit
 *     in any case
 * @param delimiter what separates the cells of a text table, or {@link #DETECT_DELIMITER}
 * @param header whether the first line of a text table holds the column names
 * @param rowNames whether the first column of a text table holds the row names
 * @param decimal what separates whole from fractional digits in a text table
 * @param layer which matrix of an HDF5 file: a layer of {@code .h5ad} or {@code .loom}, {@code raw/X}, or a genome of
 *     CellRanger 2; empty for the usual one
 */
public record ReadOptions(
        boolean transpose,
        long maximumBytes,
        char delimiter,
        Presence header,
        Presence rowNames,
        Decimal decimal,
        String layer) {

    /** Stands for a delimiter that is found out from the file: comma, tab, semicolon, bar or spaces. */
    public static final char DETECT_DELIMITER = '\0';

    private static final ReadOptions DEFAULTS =
            new ReadOptions(false, Long.MAX_VALUE, DETECT_DELIMITER, Presence.AUTO, Presence.AUTO, Decimal.AUTO, "");

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

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException if the limit is not positive or the delimiter cannot be one
     */
    public ReadOptions {
        Objects.requireNonNull(header, "header");
        Objects.requireNonNull(rowNames, "rowNames");
        Objects.requireNonNull(decimal, "decimal");
        Objects.requireNonNull(layer, "layer");
        if (delimiter == ',' && decimal == Decimal.COMMA) {
            throw new IllegalArgumentException("a comma cannot separate both cells and decimals");
        }
        if (maximumBytes < 1) {
            throw new IllegalArgumentException("the maximum number of bytes must be positive, not " + maximumBytes);
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
        return new ReadOptions(newTranspose, maximumBytes, delimiter, header, rowNames, decimal, layer);
    }

    /** These options with another limit on the memory of the matrix, in bytes. */
    public ReadOptions withMaximumBytes(long newMaximumBytes) {
        return new ReadOptions(transpose, newMaximumBytes, delimiter, header, rowNames, decimal, layer);
    }

    /** These options with another delimiter, or {@link #DETECT_DELIMITER}. */
    public ReadOptions withDelimiter(char newDelimiter) {
        return new ReadOptions(transpose, maximumBytes, newDelimiter, header, rowNames, decimal, layer);
    }

    /** These options with a header line that is there, is not, or is detected. */
    public ReadOptions withHeader(Presence newHeader) {
        return new ReadOptions(transpose, maximumBytes, delimiter, newHeader, rowNames, decimal, layer);
    }

    /** These options with a column of row names that is there, is not, or is detected. */
    public ReadOptions withRowNames(Presence newRowNames) {
        return new ReadOptions(transpose, maximumBytes, delimiter, header, newRowNames, decimal, layer);
    }

    /** These options with another sign between whole and fractional digits. */
    public ReadOptions withDecimal(Decimal newDecimal) {
        return new ReadOptions(transpose, maximumBytes, delimiter, header, rowNames, newDecimal, layer);
    }

    /** These options with another matrix of an HDF5 file, or an empty text for the usual one. */
    public ReadOptions withLayer(String newLayer) {
        return new ReadOptions(transpose, maximumBytes, delimiter, header, rowNames, decimal, newLayer);
    }

    /** Allocates a matrix of zeros within the limits. The size comes from a file: it may be any number. */
    Matrix allocate(long rows, long columns) {
        if (rows > Integer.MAX_VALUE || columns > Integer.MAX_VALUE) {
            throw new DataException("a " + rows + " × " + columns + " matrix is too large; at most 2147483647 rows"
                    + " are supported: split the data");
        }
        requireWithinLimit(rows, columns);
        return Matrix.zeros((int) rows, (int) columns);
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
