package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * The MatrixMarket exchange format, see https://math.nist.gov/MatrixMarket/formats.html: coordinate or array, real,
 * integer or pattern, general or symmetric. Entries of the same coordinates are added, as SciPy does.
 */
final class MatrixMarketFormat {

    static final String MAGIC = "%%matrixmarket";

    /** What R's writeMM writes for a missing value. */
    static final double MISSING_IN_R = 1e308;

    /** Some editors begin UTF-8 files with it; its bytes as ISO 8859-1. */
    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

    private static final char COMMENT = '%';

    /** The format allows 1024 characters. */
    private static final int MAX_LINE = 1 << 16;

    private final ByteLines lines;
    private boolean coordinate;
    private boolean pattern;
    private boolean symmetric;
    private long rows;
    private long columns;
    private long entries;

    private MatrixMarketFormat(InputStream in) {
        this.lines = new ByteLines(in, MAX_LINE);
    }

    /** Reads the banner and the sizes; the entries are yet to be read. */
    static MatrixMarketFormat open(InputStream in) throws IOException {
        MatrixMarketFormat format = new MatrixMarketFormat(in);
        format.readHeader();
        return format;
    }

    /** As the file claims. */
    long rows() {
        return rows;
    }

    /** As the file claims. */
    long columns() {
        return columns;
    }

    private void readHeader() throws IOException {
        readBanner();
        if (!lines.nextData(COMMENT)) {
            throw new DataException("the file ends before the line with the sizes");
        }
        rows = lines.wholeNumber("the number of rows", ' ');
        columns = lines.wholeNumber("the number of columns", ' ');
        entries = coordinate ? lines.wholeNumber("the number of entries", ' ') : 0;
        lines.requireLineEnd();
        if (symmetric && rows != columns) {
            throw lines.error("a symmetric matrix must be square, not " + rows + " × " + columns);
        }
    }

    private void readBanner() throws IOException {
        lines.next();
        String[] words = lines.line()
                .replace(BYTE_ORDER_MARK, "")
                .trim()
                .toLowerCase(Locale.ROOT)
                .split("\\s+", -1);
        if (words.length != 5 || !words[0].equals(MAGIC)) {
            throw lines.error("the first line should be like '%%MatrixMarket matrix coordinate real general'");
        }
        requireOneOf(words[1], "object", "matrix");
        requireOneOf(words[2], "layout", "coordinate", "array");
        requireOneOf(words[3], "type", "real", "double", "integer", "unsigned-integer", "pattern");
        requireOneOf(words[4], "symmetry", "general", "symmetric");
        coordinate = words[2].equals("coordinate");
        pattern = words[3].equals("pattern");
        symmetric = words[4].equals("symmetric");
        if (pattern && !coordinate) {
            throw lines.error("a pattern needs the layout 'coordinate', not 'array'");
        }
    }

    private void requireOneOf(String word, String what, String... supported) {
        if (!Arrays.asList(supported).contains(word)) {
            throw lines.error("the " + what + " '" + Sources.shown(word) + "' is not supported, only "
                    + String.join(", ", supported));
        }
    }

    /** Reads the entries; an array becomes a dense matrix, and coordinates what the options say. */
    RowSource read(ReadOptions options) throws IOException {
        return coordinate ? readCoordinates(options) : readArray(options);
    }

    private RowSource readCoordinates(ReadOptions options) throws IOException {
        EntrySink sink = EntrySink.open(rows, columns, symmetric ? 2 * entries : entries, options);
        for (long entry = 0; entry < entries; entry++) {
            if (!lines.nextData(COMMENT)) {
                throw new DataException("the file ends after " + entry + " of " + entries
                        + " entries: it is truncated, or the count in its header is wrong");
            }
            int row = index("the row", rows);
            int column = index("the column", columns);
            float value = pattern ? 1 : lines.value(options.missing());
            lines.requireLineEnd();
            sink.add(row, column, value);
            if (symmetric && row != column) {
                sink.add(column, row, value);
            }
        }
        requireFileEnd(entries);
        return sink.finish();
    }

    private Matrix readArray(ReadOptions options) throws IOException {
        boolean transpose = options.transpose();
        Matrix result = transpose ? options.allocate(columns, rows) : options.allocate(rows, columns);
        for (int column = 0; column < columns; column++) {
            for (int row = symmetric ? column : 0; row < rows; row++) {
                if (!lines.nextData(COMMENT)) {
                    throw new DataException("the file ends before the value in row " + (row + 1) + ", column "
                            + (column + 1) + ": it is truncated, or the sizes in its header are wrong");
                }
                float value = lines.value(options.missing());
                lines.requireLineEnd();
                set(result, transpose ? column : row, transpose ? row : column, value);
                if (symmetric && row != column) {
                    set(result, transpose ? row : column, transpose ? column : row, value);
                }
            }
        }
        requireFileEnd(rows * columns);
        return result;
    }

    private static void set(Matrix result, int row, int column, float value) {
        result.storage(row)[result.offset(row) + column] = value;
    }

    private void requireFileEnd(long declared) throws IOException {
        if (lines.nextData(COMMENT)) {
            throw lines.error("there are more entries than the header declares (" + declared + ")");
        }
    }

    private int index(String what, long limit) {
        long index = lines.wholeNumber(what, ' ');
        if (index < 1 || index > limit) {
            throw lines.error(what + " is " + index + ", but must be from 1 to " + limit);
        }
        return (int) (index - 1);
    }

    /** Whether bytes look like the start of such a file. */
    static boolean matches(byte[] head) {
        String start = new String(
                head, 0, Math.min(head.length, BYTE_ORDER_MARK.length() + MAGIC.length()), StandardCharsets.ISO_8859_1);
        return start.replace(BYTE_ORDER_MARK, "").toLowerCase(Locale.ROOT).startsWith(MAGIC);
    }
}
