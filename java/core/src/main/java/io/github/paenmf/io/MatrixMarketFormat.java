package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
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

    /** Some editors begin UTF-8 files with it; its bytes as ISO 8859-1. */
    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

    /** What R's writeMM writes for a missing value. */
    private static final double MISSING_IN_R = 1e308;

    /** The format allows 1024 characters. */
    private static final int MAX_LINE = 1 << 16;

    private final InputStream in;
    private final ReadOptions options;
    private final byte[] buffer = new byte[1 << 16];
    private int bufferPosition;
    private int bufferEnd;
    private final byte[] line = new byte[MAX_LINE];
    private int lineLength;
    private long lineNumber;
    private int position; // in the line

    private boolean pattern;
    private boolean symmetric;
    private long rows;
    private long columns;
    private Matrix result;

    private MatrixMarketFormat(InputStream in, ReadOptions options) {
        this.in = in;
        this.options = options;
    }

    static Matrix read(InputStream in, ReadOptions options) throws IOException {
        return new MatrixMarketFormat(in, options).read();
    }

    private Matrix read() throws IOException {
        boolean coordinate = readBanner();
        if (!nextDataLine()) {
            throw new DataException("the file ends before the line with the sizes");
        }
        rows = wholeNumber("the number of rows");
        columns = wholeNumber("the number of columns");
        long entries = coordinate ? wholeNumber("the number of entries") : 0;
        requireLineEnd();
        if (symmetric && rows != columns) {
            throw error("a symmetric matrix must be square, not " + rows + " × " + columns);
        }
        long height = options.transpose() ? columns : rows;
        long width = options.transpose() ? rows : columns;
        result = coordinate ? NpzMatrix.allocateDense(height, width, options) : options.allocate(height, width);
        if (coordinate) {
            readCoordinates(entries);
        } else {
            readArray();
        }
        return result;
    }

    /** Returns whether the entries come with coordinates. */
    private boolean readBanner() throws IOException {
        nextLine();
        String[] words = new String(line, 0, lineLength, StandardCharsets.ISO_8859_1)
                .replace(BYTE_ORDER_MARK, "")
                .trim()
                .toLowerCase(Locale.ROOT)
                .split("\\s+", -1);
        if (words.length != 5 || !words[0].equals(MAGIC)) {
            throw error("the first line should be like '%%MatrixMarket matrix coordinate real general'");
        }
        requireOneOf(words[1], "object", "matrix");
        requireOneOf(words[2], "layout", "coordinate", "array");
        requireOneOf(words[3], "type", "real", "double", "integer", "unsigned-integer", "pattern");
        requireOneOf(words[4], "symmetry", "general", "symmetric");
        boolean coordinate = words[2].equals("coordinate");
        pattern = words[3].equals("pattern");
        symmetric = words[4].equals("symmetric");
        if (pattern && !coordinate) {
            throw error("a pattern needs the layout 'coordinate', not 'array'");
        }
        return coordinate;
    }

    private void requireOneOf(String word, String what, String... supported) {
        if (!Arrays.asList(supported).contains(word)) {
            throw error("the " + what + " '" + Sources.shown(word) + "' is not supported, only "
                    + String.join(", ", supported));
        }
    }

    private void readCoordinates(long entries) throws IOException {
        for (long entry = 0; entry < entries; entry++) {
            if (!nextDataLine()) {
                throw new DataException("the file ends after " + entry + " of " + entries
                        + " entries: it is truncated, or the count in its header is wrong");
            }
            long row = index("row", rows);
            long column = index("column", columns);
            float value = pattern ? 1 : value();
            requireLineEnd();
            add(row, column, value);
            if (symmetric && row != column) {
                add(column, row, value);
            }
        }
        requireFileEnd(entries);
    }

    private void readArray() throws IOException {
        for (long column = 0; column < columns; column++) {
            for (long row = symmetric ? column : 0; row < rows; row++) {
                if (!nextDataLine()) {
                    throw new DataException("the file ends before the value in row " + (row + 1) + ", column "
                            + (column + 1) + ": it is truncated, or the sizes in its header are wrong");
                }
                float value = value();
                requireLineEnd();
                add(row, column, value);
                if (symmetric && row != column) {
                    add(column, row, value);
                }
            }
        }
        requireFileEnd(rows * columns);
    }

    private void add(long row, long column, float value) {
        int i = (int) (options.transpose() ? column : row);
        int j = (int) (options.transpose() ? row : column);
        result.storage(i)[result.offset(i) + j] += value;
    }

    private void requireFileEnd(long entries) throws IOException {
        if (nextDataLine()) {
            throw error("there are more entries than the header declares (" + entries + ")");
        }
    }

    private long index(String what, long limit) {
        long index = wholeNumber("the " + what);
        if (index < 1 || index > limit) {
            throw error("the " + what + " is " + index + ", but must be from 1 to " + limit);
        }
        return index - 1;
    }

    private long wholeNumber(String what) {
        int end = tokenEnd();
        long value = 0;
        for (int i = position; i < end; i++) {
            int digit = line[i] - '0';
            if (digit < 0 || digit > 9 || i - position > 17) {
                throw error(what + " should be a whole number, not '" + token(end) + "'");
            }
            value = 10 * value + digit;
        }
        if (end == position) {
            throw error(what + " is missing");
        }
        position = end;
        return value;
    }

    private float value() {
        int end = tokenEnd();
        if (end == position) {
            throw error("the value is missing; missing values are not supported");
        }
        long parsed = FloatParser.parse(line, position, end);
        if (!FloatParser.isNumber(parsed)) {
            throw error("'" + token(end) + "' is " + complaint(parsed, end));
        }
        position = end;
        return FloatParser.value(parsed);
    }

    private String complaint(long parsed, int end) {
        if (parsed != FloatParser.TOO_LARGE) {
            return "not a number";
        }
        return Math.abs(Double.parseDouble(token(end))) == MISSING_IN_R
                ? "what R's writeMM writes for NA; missing values are not supported: fill them in"
                : "too large; 32-bit floats end at 3.4e38: scale the data down";
    }

    private void requireLineEnd() {
        int end = tokenEnd();
        if (end > position) {
            throw error("'" + token(end) + "' is more than this line should hold");
        }
    }

    /** Skips blanks; returns where the word ends that then begins. */
    private int tokenEnd() {
        while (position < lineLength && isBlank(line[position])) {
            position++;
        }
        int end = position;
        while (end < lineLength && !isBlank(line[end])) {
            end++;
        }
        return end;
    }

    private static boolean isBlank(byte b) {
        return b >= 0 && b <= ' ';
    }

    private String token(int end) {
        return Sources.shown(new String(line, position, end - position, StandardCharsets.ISO_8859_1));
    }

    /** Goes to the next line that is neither blank nor a comment. */
    private boolean nextDataLine() throws IOException {
        while (nextLine()) {
            position = 0;
            tokenEnd();
            if (position < lineLength && line[position] != '%') {
                return true;
            }
        }
        return false;
    }

    private boolean nextLine() throws IOException {
        lineLength = 0;
        lineNumber++;
        while (true) {
            if (bufferPosition == bufferEnd) {
                bufferPosition = 0;
                bufferEnd = Math.max(0, in.readNBytes(buffer, 0, buffer.length));
                if (bufferEnd == 0) {
                    return lineLength > 0;
                }
            }
            byte b = buffer[bufferPosition++];
            if (b == '\n') {
                return true;
            }
            if (lineLength == MAX_LINE) {
                throw error("the line has more than " + MAX_LINE + " characters");
            }
            line[lineLength++] = b;
        }
    }

    private DataException error(String what) {
        return new DataException("line " + lineNumber + ": " + what);
    }

    /** Whether bytes look like the start of such a file. */
    static boolean matches(byte[] head) {
        String start = new String(
                head, 0, Math.min(head.length, BYTE_ORDER_MARK.length() + MAGIC.length()), StandardCharsets.ISO_8859_1);
        return start.replace(BYTE_ORDER_MARK, "").toLowerCase(Locale.ROOT).startsWith(MAGIC);
    }
}
