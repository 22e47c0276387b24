package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.util.List;

/**
 * Where the names and where the values are in a table of text.
 *
 * @param header whether the first record names the columns
 * @param rowNames whether the first cell of a row names it
 * @param columns values of a row
 * @param columnNames none without a header
 * @param firstLine the line of the file that the first row starts in, from 1
 */
record TableLayout(boolean header, boolean rowNames, int columns, List<String> columnNames, long firstLine) {

    static final int MAX_NAME = 1 << 16;

    /** Cells of a row, its name included. */
    int width() {
        return columns + (rowNames ? 1 : 0);
    }

    /** A name as it was before it was written; one that is too long is refused. */
    static String name(String name, long line) {
        if (name.length() > MAX_NAME) {
            throw new DataException("line " + line + ": a name of " + name.length() + " characters is too long;"
                    + " is a quotation mark never closed?");
        }
        return MatrixWriter.read(name);
    }

    /** Of rows that differ in their number of cells. */
    static DataException ragged(long line, int size, long otherLine, int otherSize) {
        return new DataException("line " + line + " has " + size + (size == 1 ? " cell" : " cells") + ", but line "
                + otherLine + " has " + otherSize + "; every row needs the same number");
    }
}
