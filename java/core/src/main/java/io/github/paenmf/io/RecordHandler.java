package io.github.paenmf.io;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;

/**
 * Receives cells from the CSV parser, and knows in which line of the file their record starts.
 *
 * @param <T> what it makes of a record
 */
abstract class RecordHandler<T> extends AbstractBaseCsvCallbackHandler<T> {

    private final long skippedLines;
    private final boolean spaces;
    private long line;

    /**
     * @param skippedLines lines of the file that the parser does not see
     * @param delimiter where it is a space, several in a row are one
     */
    RecordHandler(long skippedLines, char delimiter) {
        this.skippedLines = skippedLines;
        this.spaces = delimiter == ' ';
    }

    /** Of the file, from 1: where the current record starts. */
    final long line() {
        return line;
    }

    @Override
    protected final void handleBegin(long startingLineNumber) {
        line = skippedLines + startingLineNumber;
        begin();
    }

    @Override
    protected final void handleField(int fieldIdx, char[] buf, int offset, int len, boolean quoted) {
        if (len > 0 || quoted || !spaces) {
            cell(buf, offset, len, quoted);
        }
    }

    /** The next record starts. */
    abstract void begin();

    /** The next cell of the record. */
    abstract void cell(char[] buffer, int offset, int length, boolean quoted);
}
