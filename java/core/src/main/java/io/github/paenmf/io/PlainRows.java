package io.github.paenmf.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * The quick way through a table: rows of numbers without a quotation mark, several chunks of lines at once, straight
 * from the bytes. At the first chunk that holds anything else it stops, and leaves that and all that follows to the CSV
 * parser, which knows what it means, or what is wrong with it and where. So nothing is ever refused here, and what comes
 * out does not depend on the number of threads.
 */
final class PlainRows {

    static final int CHUNK_BYTES = 1 << 18;

    /** Longer lines are left to the CSV parser, and so are files whose lines end in a carriage return alone. */
    private static final int MAX_CHUNK_BYTES = 1 << 24;

    /** So that a thread that was held up does not leave the others without work for long. */
    private static final int CHUNKS_PER_THREAD = 4;

    private static final int MAX_CHUNKS = 64;

    private final InputStream in;
    private final byte delimiter;
    private final boolean named;
    private final int columns;
    private final int maxName;
    private final boolean missing;
    private final int chunkBytes;
    private byte[] rest = {}; // of what was read, after the last line break
    private long lines;

    /** Takes the rows. */
    interface Target {
        /** Takes a row that begins at an offset; its name is null where rows have none. */
        void add(float[] values, int offset, String name);
    }

    /**
     * Starts to read.
     *
     * @param in UTF-8, at the beginning of a record
     * @param delimiter an ASCII character
     * @param named whether a name precedes the numbers of each row
     * @param maxName rows with longer names are left to the CSV parser
     * @param missing whether a blank cell and NA are NaN, rather than left to the CSV parser
     * @param chunkBytes size of a chunk, if lines are not longer
     */
    PlainRows(
            InputStream in, char delimiter, boolean named, int columns, int maxName, boolean missing, int chunkBytes) {
        this.in = in;
        this.delimiter = (byte) delimiter;
        this.named = named;
        this.columns = columns;
        this.maxName = maxName;
        this.missing = missing;
        this.chunkBytes = chunkBytes;
    }

    /** Hands over rows as long as they are plain, and returns what is left: from the beginning of a record on. */
    InputStream read(Target target) throws IOException {
        int count =
                Math.min(MAX_CHUNKS, CHUNKS_PER_THREAD * Runtime.getRuntime().availableProcessors());
        List<Chunk> chunks = Stream.generate(Chunk::new).limit(count).toList();
        while (true) {
            int filled = 0;
            while (filled < count && fill(chunks.get(filled))) {
                filled++;
            }
            if (filled == 0) {
                return InputStream.nullInputStream();
            }
            chunks.subList(0, filled).parallelStream().forEach(Chunk::parse);
            for (int i = 0; i < filled; i++) {
                Chunk chunk = chunks.get(i);
                if (!chunk.plain) {
                    return from(chunks.subList(i, filled));
                }
                for (int row = 0; row < chunk.rows; row++) {
                    target.add(chunk.values, row * columns, named ? chunk.names.get(row) : null);
                }
                lines += chunk.lines;
            }
        }
    }

    /** How many lines the rows that were handed over took. */
    long lines() {
        return lines;
    }

    private InputStream from(List<Chunk> chunks) {
        List<InputStream> parts = new ArrayList<>();
        for (Chunk chunk : chunks) {
            parts.add(new ByteArrayInputStream(chunk.text, 0, chunk.end));
        }
        parts.add(new ByteArrayInputStream(rest));
        parts.add(in);
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    /** Reads whole lines, at least one; returns false at the end. */
    private boolean fill(Chunk chunk) throws IOException {
        if (chunk.text.length <= rest.length) {
            chunk.text = new byte[rest.length + chunkBytes];
        }
        System.arraycopy(rest, 0, chunk.text, 0, rest.length);
        int length = rest.length;
        while (true) {
            length += in.readNBytes(chunk.text, length, chunk.text.length - length);
            boolean ended = length < chunk.text.length;
            chunk.end = ended ? length : afterLastLine(chunk.text, length);
            chunk.plain = ended || chunk.end > 0;
            if (chunk.plain) {
                break;
            }
            if (length >= MAX_CHUNK_BYTES) {
                chunk.end = length;
                break;
            }
            chunk.text = Arrays.copyOf(chunk.text, 2 * length);
        }
        rest = Arrays.copyOfRange(chunk.text, chunk.end, length);
        return length > 0;
    }

    private static int afterLastLine(byte[] text, int end) {
        int i = end;
        while (i > 0 && text[i - 1] != '\n') {
            i--;
        }
        return i;
    }

    /** Lines, and the rows found in them. */
    private final class Chunk {

        byte[] text = new byte[chunkBytes];
        int end;
        boolean plain; // whether these are whole lines, and then whether all of them are plain rows
        float[] values = {};
        final List<String> names = new ArrayList<>();
        int rows;
        int lines;
        private int position;

        void parse() {
            // A number and what ends it take at least two bytes, a missing one a single byte.
            int most = missing ? end + 1 : end / 2 + 1;
            if (values.length < most) {
                values = new float[most];
            }
            names.clear();
            rows = 0;
            lines = 0;
            position = 0;
            while (plain && position < end) {
                if (isBreak()) {
                    skipBreak();
                } else {
                    plain = parseRow();
                }
            }
        }

        /** Returns whether the line is a plain row. */
        private boolean parseRow() {
            if (named) {
                int start = startOfCell();
                if (endOfCell() - start > maxName || position == end || text[position] != delimiter) {
                    return false;
                }
                names.add(new String(text, start, position - start, StandardCharsets.UTF_8).strip());
                position++;
            }
            int offset = rows * columns;
            for (int column = 0; column < columns; column++) {
                if (column > 0) {
                    if (position == end || text[position] != delimiter) {
                        return false;
                    }
                    position++;
                }
                int start = startOfCell();
                long parsed = FloatParser.parse(text, start, endOfCell());
                if (FloatParser.isNumber(parsed)) {
                    values[offset + column] = FloatParser.value(parsed);
                } else if (missing && isNotAvailable(start, position)) {
                    values[offset + column] = Float.NaN;
                } else {
                    return false;
                }
            }
            startOfCell(); // blanks at the end of a line
            if (position < end) {
                if (!isBreak()) {
                    return false;
                }
                skipBreak();
            }
            rows++;
            return true;
        }

        private boolean isNotAvailable(int from, int to) {
            // anything longer has blanks around it, which the CSV parser knows about
            return to == from && delimiter != ' ' || to - from == 2 && text[from] == 'N' && text[from + 1] == 'A';
        }

        /** Skips spaces where a run of them is one delimiter. */
        private int startOfCell() {
            while (delimiter == ' ' && position < end && text[position] == ' ') {
                position++;
            }
            return position;
        }

        /** Goes to what ends a cell, or to a quotation mark, which nothing here expects. */
        private int endOfCell() {
            int i = position;
            for (; i < end; i++) {
                byte b = text[i];
                if (b == delimiter || b == '\n' || b == '\r' || b == '"') {
                    break;
                }
            }
            position = i;
            return i;
        }

        private boolean isBreak() {
            return text[position] == '\n' || text[position] == '\r';
        }

        private void skipBreak() {
            boolean pair = text[position] == '\r' && position + 1 < end && text[position + 1] == '\n';
            position += pair ? 2 : 1;
            lines++;
        }
    }
}
