package io.github.paenmf.io;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions.Decimal;
import io.github.paenmf.io.ReadOptions.Presence;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Tables of numbers in text: cells separated by commas, tabs, semicolons, bars or runs of spaces, quoted or not.
 *
 * <p>The first records are read as text, to find out which of them, and which of their cells, are names. Then the rows are
 * read from the first one on: by {@link PlainRows} as far as that gets, and by the CSV parser from there.
 *
 * <p>What counts as names, unless the options say:
 *
 * <ul>
 *   <li>The first record is a header if most of its cells are text; or all are quoted and those below are not; or its
 *       first cell is empty or a word as below, and the others are whole numbers that ascend (years, positions).
 *   <li>The first column holds row names if most of its cells are text or quoted unlike the others; or the header is one
 *       cell shorter than the rows, or leaves the first cell empty, or calls it id, index, name, row or sample.
 *   <li>A first record that starts with {@code #} is a header if it is as long as the next one, and a comment otherwise.
 * </ul>
 */
final class CsvFormat {

    /** How many records are looked at to find the names, as long as they are not too wide. */
    private static final int SAMPLE_RECORDS = 20;

    private static final int SAMPLE_CELLS = 100_000;
    private static final int MIN_SAMPLE_RECORDS = 3;
    static final int MAX_COLUMNS = 8_000_000;
    static final int MAX_SAMPLE_CHARACTERS = 1 << 28;
    private static final int MAX_NAME = 1 << 16;
    private static final int BUFFER_BYTES = 1 << 16;

    private static final Set<String> TRIPLE_ROWS =
            Set.of("user", "customer", "reviewer", "member", "doc", "document", "cell", "row", "i");
    private static final Set<String> TRIPLE_COLUMNS = Set.of(
            "item", "movie", "film", "product", "book", "artist", "song", "track", "word", "term", "gene", "column",
            "col", "j");
    private static final Set<String> TRIPLE_VALUES =
            Set.of("rating", "ratings", "score", "stars", "count", "counts", "value", "quantity", "plays", "weight");

    private final ReadOptions options;
    private final char delimiter;
    private final ReadListener listener;
    private List<String> columnNames = List.of();
    private boolean hasRowNames;
    private int columns; // without the row names
    private long firstLine;

    private CsvFormat(ReadOptions options, char delimiter, ReadListener listener) {
        this.options = options;
        this.delimiter = delimiter;
        this.listener = listener;
    }

    /**
     * Reads a table.
     *
     * @param file stands at the beginning
     * @param head the first bytes, at most as many as the caller can look ahead
     * @param listener hears how the table was read
     */
    static Matrix read(InputStream file, byte[] head, ReadOptions options, ReadListener listener) throws IOException {
        InputStream in = file;
        Charset charset = StandardCharsets.UTF_8;
        int mark = 0;
        if (startsWith(head, 0xef, 0xbb, 0xbf)) {
            mark = 3;
        } else if (startsWith(head, 0xff, 0xfe)) {
            charset = StandardCharsets.UTF_16LE;
            mark = 2;
        } else if (startsWith(head, 0xfe, 0xff)) {
            charset = StandardCharsets.UTF_16BE;
            mark = 2;
        }
        in.skipNBytes(mark);
        if (!charset.equals(StandardCharsets.UTF_8)) {
            in = new Recoded(new InputStreamReader(in, charset));
        }
        String start = new String(head, mark, head.length - mark, charset);
        OtherTextFormats.refuse(start);
        char delimiter = options.delimiter() != ReadOptions.DETECT_DELIMITER
                ? options.delimiter()
                : Delimiters.detect(start, options.decimal());
        InputStream text = charset.equals(StandardCharsets.UTF_8) ? new Utf8Stream(in, mark) : in;
        Matrix matrix = new CsvFormat(options, delimiter, listener).read(new BufferedInputStream(text, BUFFER_BYTES));
        return options.transpose() ? matrix.transpose() : matrix;
    }

    private static boolean startsWith(byte[] head, int... bytes) {
        if (head.length < bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if ((head[i] & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private Matrix read(BufferedInputStream in) throws IOException {
        in.mark(Integer.MAX_VALUE); // the sample is short, but how short is not known
        List<TextRecord> sample = new ArrayList<>();
        parse(in, new Handler(0), (records, handler) -> readSample(records, handler, sample));
        in.reset();
        in.mark(0);
        int start = skipComments(sample);
        if (start == sample.size()) {
            throw new DataException("the file has no data");
        }
        boolean header = findNames(sample.subList(start, sample.size()));
        listener.format("text, " + Delimiters.name(delimiter) + (header ? ", header" : ", no header")
                + (hasRowNames ? ", row names" : ", no row names"));
        if (header && start + 1 == sample.size()) {
            throw new DataException("the file has a header but no data below it; if line " + sample.get(start).line
                    + " is data, say that there is no header");
        }
        TextRecord first = sample.get(header ? start + 1 : start);
        sample.clear();
        skipLines(in, first.line - 1);
        in.skipNBytes(first.skipped);
        return readNumbers(in, first.line);
    }

    private static void readSample(CloseableIterator<Handler> records, Handler handler, List<TextRecord> sample) {
        int cells = 0;
        while (sample.size() < SAMPLE_RECORDS
                && (cells < SAMPLE_CELLS || sample.size() < MIN_SAMPLE_RECORDS)
                && records.hasNext()) {
            records.next();
            TextRecord record = handler.takeText();
            if (record.size() > 0) {
                sample.add(record);
                cells += record.size();
            }
        }
    }

    /** Skips lines, also those within quotation marks. */
    private static void skipLines(InputStream in, long count) throws IOException {
        for (long line = 0; line < count; line++) {
            int b = in.read();
            while (b >= 0 && b != '\n' && b != '\r') {
                b = in.read();
            }
            in.mark(1);
            if (b == '\r' && in.read() != '\n') {
                in.reset();
            }
        }
    }

    /** Reads the rows; the stream stands at the first one, in a given line of the file. */
    private Matrix readNumbers(InputStream in, long firstRowLine) throws IOException {
        options.requireWithinLimit(1, columns);
        Matrix.requireMemory(64L * columns, "matrix with " + columns + " columns"); // its first rows
        Matrix.Builder builder = Matrix.builder(columns);
        List<String> rowNames = new ArrayList<>();
        InputStream rest = in;
        long skippedLines = firstRowLine - 1;
        if (delimiter < 0x80 && options.decimal() != Decimal.COMMA) {
            PlainRows plain = new PlainRows(in, delimiter, hasRowNames, columns, MAX_NAME, PlainRows.CHUNK_BYTES);
            rest = plain.read((values, offset, name) -> {
                options.requireWithinLimit(builder.rows() + 1L, columns);
                builder.addRow(values, offset);
                if (name != null) {
                    rowNames.add(MatrixWriter.read(name));
                }
            });
            skippedLines += plain.lines();
        }
        Handler handler = new Handler(skippedLines);
        handler.startNumbers(builder, rowNames);
        parse(rest, handler, (records, self) -> {
            while (records.hasNext()) {
                records.next();
                self.endRow();
            }
        });
        return builder.build().withNames(rowNames, columnNames);
    }

    private interface Reading {
        void read(CloseableIterator<Handler> records, Handler handler);
    }

    /** Lets the CSV parser hand records to a handler; the stream stays open. */
    private void parse(InputStream in, Handler handler, Reading reading) throws IOException {
        try {
            CsvReader<Handler> csv = CsvReader.builder()
                    .fieldSeparator(delimiter)
                    .trimWhitespacesAroundQuotes(delimiter > ' ')
                    .skipEmptyLines(true)
                    .allowExtraFields(true)
                    .allowMissingFields(true)
                    .build(handler, new InputStreamReader(in, StandardCharsets.UTF_8));
            reading.read(csv.iterator(), handler);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (CsvParseException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof DataException found) {
                    throw found;
                }
            }
            throw new DataException(
                    "this is not a table of numbers: the record that starts in line " + handler.line
                            + " cannot be read (a quotation mark that is never closed?)",
                    e);
        }
    }

    /** Returns the index of the first record that is not a comment; a header that starts with # loses that. */
    private static int skipComments(List<TextRecord> sample) {
        int start = !sample.isEmpty() && sample.get(0).startsWith("sep=") ? 1 : 0;
        while (start < sample.size()
                && sample.get(start).text(0).startsWith("#")
                && !sample.get(start).quoted.get(0)) {
            boolean lastComment = start + 1 < sample.size()
                    && !sample.get(start + 1).text(0).startsWith("#")
                    && sample.get(start).size() > 1
                    && sample.get(start + 1).size() == sample.get(start).size();
            if (lastComment) {
                sample.get(start).stripHash();
                return start;
            }
            start++;
        }
        return start;
    }

    /** Decides about names and the number of columns; returns whether the first record is a header. */
    private boolean findNames(List<TextRecord> sample) {
        TextRecord first = sample.get(0);
        TextRecord second = sample.size() > 1 ? sample.get(1) : null;
        boolean namesBelow = namesInFirstColumn(sample);
        boolean header = options.header() == Presence.YES
                || options.header() == Presence.AUTO
                        && (looksLikeHeader(first, second, namesBelow) || isNumericHeader(sample, namesBelow));
        TextRecord row = header && second != null ? second : first;
        boolean shortHeader = header && row.size() == first.size() + 1;
        hasRowNames = options.rowNames() == Presence.YES
                || options.rowNames() == Presence.AUTO
                        && row.size() > 1
                        && (namesBelow || header && (shortHeader || isIdColumn(sample)));
        columns = row.size() - (hasRowNames ? 1 : 0);
        firstLine = row.line;
        if (columns == 0) {
            throw new DataException("line " + row.line + " has only a row name, no values");
        }
        if (options.header() == Presence.AUTO && options.rowNames() == Presence.AUTO) {
            refuseTriples(first);
        }
        if (header) {
            refuseMoreNames(sample);
        }
        if (delimiter == ';' && options.decimal() == Decimal.AUTO) {
            refuseThousands(sample.subList(header ? 1 : 0, sample.size()));
        }
        if (header) {
            int offset = hasRowNames && !shortHeader ? 1 : 0;
            if (first.size() - offset != columns) {
                throw ragged(row.line, row.size(), first.line, first.size());
            }
            List<String> names = new ArrayList<>(columns);
            for (int j = 0; j < columns; j++) {
                names.add(name(first.text(offset + j).strip(), first.line));
            }
            columnNames = names;
        }
        return header;
    }

    private boolean isNumericHeader(List<TextRecord> sample, boolean namesBelow) {
        NumericNames.Answer answer = NumericNames.inHeader(sample, namesBelow);
        String shown = "line " + sample.get(0).line + " ("
                + Sources.shown(sample.get(0).text(0)) + ", "
                + Sources.shown(sample.get(0).text(sample.get(0).size() > 1 ? 1 : 0)) + ", ...)";
        switch (answer) {
            case PERHAPS_NAMES ->
                listener.note(
                        shown + " is taken for the names of the columns; --header no reads it as a row of values");
            case PERHAPS_VALUES ->
                listener.note(
                        shown + " is taken for a row of values; --header yes reads it as the names of the columns");
            default -> {}
        }
        return answer == NumericNames.Answer.NAMES || answer == NumericNames.Answer.PERHAPS_NAMES;
    }

    /** Whether a header stands above a first column of numbers that are names. */
    private boolean isIdColumn(List<TextRecord> sample) {
        NumericNames.Answer answer = NumericNames.inFirstColumn(sample.get(0), sample.subList(1, sample.size()));
        if (answer == NumericNames.Answer.PERHAPS_VALUES) {
            listener.note("column 1 (" + Sources.shown(sample.get(0).text(0).strip())
                    + ") is taken for values; --row-names yes reads it as the names of the rows");
        }
        return answer == NumericNames.Answer.NAMES;
    }

    /**
     * Refuses numbers such as 1.234 and 2.500 where semicolons separate cells, as they do where a comma separates decimals
     * and a point thousands: if no point can be anything else, nothing says what they are.
     */
    private void refuseThousands(List<TextRecord> rows) {
        int grouped = 0;
        TextRecord line = null;
        String shown = "";
        for (TextRecord row : rows) {
            for (int i = hasRowNames ? 1 : 0; i < row.size(); i++) {
                String cell = row.text(i).strip();
                if (cell.indexOf('.') < 0) {
                    continue;
                }
                if (!cell.matches("[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+")) {
                    return;
                }
                if (grouped++ == 0) {
                    line = row;
                    shown = cell;
                }
            }
        }
        if (grouped > 1) {
            throw new DataException("line " + line.line + ": the point in '" + shown
                    + "', as all points here, may be a thousands separator; --decimal point reads it as a decimal point;"
                    + " if it is none, write numbers without it");
        }
    }

    /** Refuses a second line of column names, or a second column of row names. */
    private void refuseMoreNames(List<TextRecord> sample) {
        List<TextRecord> rows = sample.subList(1, sample.size());
        TextRecord second = rows.isEmpty() ? null : rows.get(0);
        if (second == null || second.size() < 3) {
            return;
        }
        if (rows.size() > 1 && texts(second) == second.size() - 1 && texts(rows.get(1)) == 0) {
            throw new DataException("lines " + sample.get(0).line + " and " + second.line
                    + " both hold names of columns; one line is read: join them into one, or remove one (in pandas:"
                    + " df.columns = df.columns.map('_'.join))");
        }
        boolean named = hasRowNames && sample.get(0).size() == second.size();
        if (named && rows.stream().allMatch(row -> row.size() > 1 && row.isText(1))) {
            String names = Sources.shown(sample.get(0).text(0)) + " and "
                    + Sources.shown(sample.get(0).text(1));
            throw new DataException("columns 1 and 2 (" + names + ") both hold names; one column of row names is read:"
                    + " join them into one, or remove one (in pandas: df.set_index([...]) and"
                    + " df.index = df.index.map('_'.join))");
        }
    }

    /** How many cells after the first are text. */
    private static int texts(TextRecord record) {
        int texts = 0;
        for (int i = 1; i < record.size(); i++) {
            texts += record.isText(i) ? 1 : 0;
        }
        return texts;
    }

    /** Refuses a list of ratings or counts, which is a sparse matrix and no table. */
    private static void refuseTriples(TextRecord header) {
        if (header.size() < 3 || header.size() > 4) {
            return;
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < header.size(); i++) {
            names.add(header.text(i).strip().toLowerCase(Locale.ROOT).replaceAll("[ _.-]|id$", ""));
        }
        if (TRIPLE_ROWS.contains(names.get(0))
                && TRIPLE_COLUMNS.contains(names.get(1))
                && TRIPLE_VALUES.contains(names.get(2))) {
            throw new DataException("the columns " + Sources.shown(header.text(0)) + ", "
                    + Sources.shown(header.text(1))
                    + " and " + Sources.shown(header.text(2)) + " are triples of row, column and value, not a table;"
                    + " make a row of each " + Sources.shown(header.text(0))
                    + " (in pandas: pivot), or write MatrixMarket;"
                    + " with --header yes they are read as they are");
        }
    }

    /** Whether most cells of the first column, below a possible header, are names. */
    private static boolean namesInFirstColumn(List<TextRecord> sample) {
        int names = 0;
        int rows = 0;
        for (int i = sample.size() > 1 ? 1 : 0; i < sample.size(); i++) {
            TextRecord record = sample.get(i);
            rows++;
            boolean onlyQuoted = record.quoted.get(0)
                    && record.size() > 1
                    && record.quoted.cardinality() == 1
                    && !record.text(0).isBlank();
            if (onlyQuoted || record.isText(0)) {
                names++;
            }
        }
        return 2 * names > rows;
    }

    private static boolean looksLikeHeader(TextRecord first, TextRecord second, boolean rowNames) {
        boolean corner = first.size() > 1
                && (second == null || first.size() == second.size())
                && (rowNames || first.text(0).isBlank());
        int from = corner ? 1 : 0;
        boolean shorter = second != null && first.size() + 1 == second.size();
        int fromBelow = corner || shorter ? 1 : 0;
        int text = 0;
        int quoted = 0;
        for (int i = from; i < first.size(); i++) {
            if (first.isText(i)) {
                text++;
            }
            if (first.quoted.get(i)) {
                quoted++;
            }
        }
        int cells = first.size() - from;
        if (2 * text > cells) {
            return true;
        }
        if (quoted == cells
                && second != null
                && second.quoted
                        .get(fromBelow, Math.max(fromBelow, second.size()))
                        .isEmpty()) {
            return true;
        }
        return false;
    }

    private static String name(String name, long line) {
        if (name.length() > MAX_NAME) {
            throw new DataException("line " + line + ": a name of " + name.length() + " characters is too long;"
                    + " is a quotation mark never closed?");
        }
        return MatrixWriter.read(name);
    }

    private static DataException ragged(long line, int size, long otherLine, int otherSize) {
        return new DataException("line " + line + " has " + size + (size == 1 ? " cell" : " cells") + ", but line "
                + otherLine + " has " + otherSize + "; every row needs the same number");
    }

    /** Text in another charset, as UTF-8. */
    private static final class Recoded extends InputStream {

        private final InputStreamReader text;
        private final char[] characters = new char[1 << 12];
        private byte[] bytes = {};
        private int position;

        Recoded(InputStreamReader text) {
            this.text = text;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length > 0 && position == bytes.length && !fill()) {
                return -1;
            }
            int count = Math.min(length, bytes.length - position);
            System.arraycopy(bytes, position, target, offset, count);
            position += count;
            return count;
        }

        private boolean fill() throws IOException {
            int count = text.read(characters, 0, characters.length); // never half of a surrogate pair
            if (count < 0) {
                return false;
            }
            bytes = new String(characters, 0, count).getBytes(StandardCharsets.UTF_8);
            position = 0;
            return true;
        }
    }

    static boolean isMissing(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        return lower.isEmpty()
                || List.of("na", "n/a", "#n/a", "null", "none", "-", "?").contains(lower);
    }

    /** Receives the cells from the CSV parser: first as text, then as numbers of one row. */
    private final class Handler extends AbstractBaseCsvCallbackHandler<Handler> {

        private final long skippedLines; // before those that the parser knows
        private TextRecord text; // of the current record, as long as records are kept as text
        private float[] row; // null as long as they are
        private final byte[] ascii = new byte[64]; // of one cell
        private int cell;
        private long line;
        private Matrix.Builder builder;
        private List<String> rowNames;

        Handler(long skippedLines) {
            this.skippedLines = skippedLines;
        }

        TextRecord takeText() {
            return text;
        }

        /** From now on every record is a row; how many columns there are is known. */
        void startNumbers(Matrix.Builder target, List<String> targetNames) {
            row = new float[columns];
            builder = target;
            rowNames = targetNames;
        }

        void endRow() {
            int width = columns + (hasRowNames ? 1 : 0);
            if (cell == 0) {
                return; // only blanks
            }
            if (cell != width) {
                throw ragged(line, cell, firstLine, width);
            }
            options.requireWithinLimit(builder.rows() + 1L, columns);
            builder.addRow(row, 0);
        }

        @Override
        protected void handleBegin(long startingLineNumber) {
            line = skippedLines + startingLineNumber;
            cell = 0;
            if (row == null) {
                text = new TextRecord(line, options.decimal() == Decimal.COMMA);
            }
        }

        @Override
        protected void handleField(int fieldIdx, char[] buf, int offset, int len, boolean quoted) {
            if (len == 0 && delimiter == ' ' && !quoted) {
                return; // between two spaces
            }
            if (row == null) {
                text.add(buf, offset, len, quoted);
                return;
            }
            int column = hasRowNames ? cell - 1 : cell;
            cell++;
            if (column < 0) {
                rowNames.add(name(new String(buf, offset, len).strip(), line));
            } else if (column < columns) {
                long parsed = parse(buf, offset, len);
                if (!FloatParser.isNumber(parsed)) {
                    throw unreadable(column, new String(buf, offset, Math.min(len, 200)), parsed);
                }
                row[column] = FloatParser.value(parsed);
            } else if (column == MAX_COLUMNS) {
                throw ragged(line, cell, firstLine, columns);
            }
        }

        private long parse(char[] buf, int offset, int len) {
            if (options.decimal() == Decimal.COMMA) {
                String text = new String(buf, offset, len);
                // A point would have to group thousands, and nothing says whether it does.
                byte[] bytes = text.replace(',', '.').getBytes(StandardCharsets.UTF_8);
                return text.indexOf('.') < 0 ? FloatParser.parse(bytes, 0, bytes.length) : FloatParser.NOT_A_NUMBER;
            }
            byte[] bytes = ascii;
            boolean simple = len <= ascii.length;
            for (int i = 0; i < len && simple; i++) {
                bytes[i] = (byte) buf[offset + i];
                simple = bytes[i] == buf[offset + i];
            }
            if (!simple) {
                bytes = new String(buf, offset, len).getBytes(StandardCharsets.UTF_8);
                return FloatParser.parse(bytes, 0, bytes.length);
            }
            return FloatParser.parse(bytes, 0, len);
        }

        @Override
        protected Handler buildRecord() {
            return this;
        }

        private DataException unreadable(int column, String cellText, long parsed) {
            String where = "line " + line + ", column " + (column + 1 + (hasRowNames ? 1 : 0))
                    + (columnNames.isEmpty() ? "" : " (" + Sources.shown(columnNames.get(column)) + ")") + ": ";
            String shown = "'" + Sources.shown(cellText) + "'";
            if (cellText.isBlank()) {
                return new DataException(where + "the cell is empty; missing values are not supported:"
                        + " fill it, or drop the row or column");
            }
            if (isMissing(cellText)) {
                return new DataException(where + shown + " stands for a missing value, which is not supported:"
                        + " fill it, or drop the row or column");
            }
            if (parsed == FloatParser.TOO_LARGE) {
                return new DataException(
                        where + shown + " is too large; 32-bit floats end at 3.4e38: scale the data down");
            }
            String bare = cellText.strip();
            boolean grouped = options.decimal() == Decimal.COMMA
                    ? bare.matches("[+-]?[0-9]{1,3}([.][0-9]{3})+(,[0-9]*)?")
                    : bare.matches("[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?");
            boolean decimal = bare.matches("[+-]?[0-9]+,[0-9]+");
            if (grouped) {
                return new DataException(where + shown + " may have a thousands separator"
                        + (decimal ? ", or a comma for a point" : "") + "; write numbers without separators"
                        + (decimal ? ", or read commas as decimal signs with --decimal comma" : ""));
            }
            if (decimal) {
                return new DataException(
                        where + shown + " is not a number; write decimals with a point, or read commas as"
                                + " decimal signs with --decimal comma");
            }
            return new DataException(where + shown + " is not a number"
                    + (line <= firstLine + 1 ? "; is this a header or row name that was not recognised as one?" : ""));
        }
    }
}
