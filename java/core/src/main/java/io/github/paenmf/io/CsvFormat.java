package io.github.paenmf.io;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions.Decimal;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tables of numbers in text: cells separated by commas, tabs, semicolons, bars or runs of spaces, quoted or not.
 *
 * <p>The first records are read as text, to find out which of them, and which of their cells, are names
 * ({@link LayoutDetection}). Then the rows are read from the first one on: by {@link PlainRows} as far as that gets, and
 * by the CSV parser from there ({@link NumberRows}).
 */
final class CsvFormat {

    /** How many records are looked at to find the names, as long as they are not too wide. */
    private static final int SAMPLE_RECORDS = 20;

    private static final int SAMPLE_CELLS = 100_000;
    private static final int MIN_SAMPLE_RECORDS = 3;
    private static final int BUFFER_BYTES = 1 << 16;

    private final ReadOptions options;
    private final char delimiter;
    private final ReadListener listener;

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
        Text text = Text.open(file, head, options);
        OtherTextFormats.refuse(text.start);
        Matrix matrix =
                new CsvFormat(options, text.delimiter, listener).read(new BufferedInputStream(text.in, BUFFER_BYTES));
        return options.transpose() ? matrix.transpose() : matrix;
    }

    /**
     * Reads all records of a table as text.
     *
     * @param file stands at the beginning
     * @param head the first bytes, at most as many as the caller can look ahead
     */
    static List<TextRecord> records(InputStream file, byte[] head) throws IOException {
        ReadOptions options = ReadOptions.defaults();
        Text text = Text.open(file, head, options);
        List<TextRecord> all = new ArrayList<>();
        new CsvFormat(options, text.delimiter, new ReadListener() {})
                .parse(
                        new BufferedInputStream(text.in, BUFFER_BYTES),
                        new TextRecords(text.delimiter, false),
                        records -> records.forEachRemaining(all::add));
        return all;
    }

    /**
     * A file as UTF-8, without a byte order mark.
     *
     * @param start the first of it
     * @param delimiter of its cells
     */
    private record Text(InputStream in, String start, char delimiter) {

        static Text open(InputStream file, byte[] head, ReadOptions options) throws IOException {
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
                in = new RecodedStream(new InputStreamReader(in, charset));
            }
            String start = new String(head, mark, head.length - mark, charset);
            char delimiter = options.delimiter() != ReadOptions.DETECT_DELIMITER
                    ? options.delimiter()
                    : Delimiters.detect(start, options.decimal());
            InputStream text = charset.equals(StandardCharsets.UTF_8) ? new Utf8Stream(in, mark) : in;
            return new Text(text, start, delimiter);
        }
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
        parse(
                in,
                new TextRecords(delimiter, options.decimal() == Decimal.COMMA),
                records -> readSample(records, sample));
        in.reset();
        in.mark(0);
        int start = LayoutDetection.skipComments(sample);
        if (start == sample.size()) {
            throw new DataException("the file has no data");
        }
        TableLayout layout =
                new LayoutDetection(options, delimiter, listener).detect(sample.subList(start, sample.size()));
        listener.format("text, " + Delimiters.name(delimiter) + (layout.header() ? ", header" : ", no header")
                + (layout.rowNames() ? ", row names" : ", no row names"));
        if (layout.header() && start + 1 == sample.size()) {
            throw new DataException("the file has a header but no data below it; if line " + sample.get(start).line
                    + " is data, say that there is no header");
        }
        int skippedBytes = sample.get(layout.header() ? start + 1 : start).skipped;
        sample.clear();
        skipLines(in, layout.firstLine() - 1);
        in.skipNBytes(skippedBytes);
        return readNumbers(in, layout);
    }

    private static void readSample(Iterator<TextRecord> records, List<TextRecord> sample) {
        int cells = 0;
        while (sample.size() < SAMPLE_RECORDS
                && (cells < SAMPLE_CELLS || sample.size() < MIN_SAMPLE_RECORDS)
                && records.hasNext()) {
            TextRecord record = records.next();
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

    /** Reads the rows; the stream stands at the first one. */
    private Matrix readNumbers(InputStream in, TableLayout layout) throws IOException {
        int columns = layout.columns();
        options.requireWithinLimit(1, columns);
        Matrix.requireMemory(64L * columns, "matrix with " + columns + " columns"); // its first rows
        Matrix.Builder builder = Matrix.builder(columns);
        List<String> rowNames = new ArrayList<>();
        InputStream rest = in;
        long skippedLines = layout.firstLine() - 1;
        if (delimiter < 0x80 && options.decimal() != Decimal.COMMA) {
            PlainRows plain = new PlainRows(
                    in,
                    delimiter,
                    layout.rowNames(),
                    columns,
                    TableLayout.MAX_NAME,
                    options.missing(),
                    PlainRows.CHUNK_BYTES);
            rest = plain.read((values, offset, name) -> {
                options.requireWithinLimit(builder.rows() + 1L, columns);
                builder.addRow(values, offset);
                if (name != null) {
                    rowNames.add(MatrixWriter.read(name));
                }
            });
            skippedLines += plain.lines();
        }
        parse(rest, new NumberRows(options, delimiter, layout, skippedLines, builder, rowNames), records -> {
            while (records.hasNext()) {
                records.next().endRow();
            }
        });
        return builder.build().withNames(rowNames, layout.columnNames());
    }

    /** Lets the CSV parser hand records to a handler; the stream stays open. */
    private <T> void parse(InputStream in, RecordHandler<T> handler, Consumer<Iterator<T>> reading) throws IOException {
        try {
            CsvReader<T> csv = CsvReader.builder()
                    .fieldSeparator(delimiter)
                    .trimWhitespacesAroundQuotes(delimiter > ' ')
                    .skipEmptyLines(true)
                    .allowExtraFields(true)
                    .allowMissingFields(true)
                    .build(handler, new InputStreamReader(in, StandardCharsets.UTF_8));
            reading.accept(csv.iterator());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (CsvParseException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof DataException found) {
                    throw found;
                }
            }
            throw new DataException(
                    "this is not a table of numbers: the record that starts in line " + handler.line()
                            + " cannot be read (a quotation mark that is never closed?)",
                    e);
        }
    }
}
