package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The lines of a text, as bytes, and the words in them, which blanks separate. A line is a range of a buffer that the
 * next one overwrites, so that no object is made for it.
 */
final class ByteLines {

    /** The digits that a long always has room for. */
    private static final int MAX_DIGITS = 18;

    private final InputStream in;
    private final int maximum;
    private byte[] buffer = new byte[1 << 18];
    private int filled;
    private boolean ended;
    /** Where the next line begins. */
    private int next;

    private int lineStart;
    private int lineEnd;
    private long lineNumber;
    private int position;

    /**
     * Starts to read.
     *
     * @param maximum the most bytes of a line
     */
    ByteLines(InputStream in, int maximum) {
        this.in = in;
        this.maximum = maximum;
    }

    /**
     * Goes to the next line.
     *
     * @return whether there is one
     * @throws DataException if it is too long
     */
    boolean next() throws IOException {
        lineNumber++;
        int scanned = next;
        while (true) {
            while (scanned < filled && buffer[scanned] != '\n') {
                scanned++;
            }
            boolean found = scanned < filled;
            if (scanned - next > maximum) {
                throw error("the line has more than " + maximum + " characters");
            }
            if (found || ended) {
                lineStart = next;
                lineEnd = scanned;
                position = lineStart;
                next = found ? scanned + 1 : scanned;
                return found || lineEnd > lineStart;
            }
            scanned -= next;
            fill();
        }
    }

    /** Reads more, behind what is left of the buffer. */
    private void fill() throws IOException {
        System.arraycopy(buffer, next, buffer, 0, filled - next);
        filled -= next;
        next = 0;
        if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, 2 * filled);
        }
        int read = in.readNBytes(buffer, filled, buffer.length - filled);
        ended = read == 0;
        filled += read;
    }

    /** Goes to the next line that is neither blank nor begins with a sign of comments. */
    boolean nextData(char comment) throws IOException {
        while (next()) {
            skipBlanks();
            if (position < lineEnd && buffer[position] != comment) {
                return true;
            }
        }
        return false;
    }

    /** Number of the line, from 1. */
    long number() {
        return lineNumber;
    }

    /** The whole line; each byte becomes one character. */
    String line() {
        return new String(buffer, lineStart, lineEnd - lineStart, StandardCharsets.ISO_8859_1);
    }

    private static boolean isBlank(byte b) {
        return b >= 0 && b <= ' ';
    }

    private void skipBlanks() {
        while (position < lineEnd && isBlank(buffer[position])) {
            position++;
        }
    }

    /** Skips blanks; returns where the word ends that then begins. */
    private int wordEnd() {
        skipBlanks();
        int end = position;
        while (end < lineEnd && !isBlank(buffer[end])) {
            end++;
        }
        return end;
    }

    /** Whether another word is left in the line, before a comment. */
    boolean hasWord(char comment) {
        skipBlanks();
        return position < lineEnd && buffer[position] != comment;
    }

    /** The next word, which is skipped. */
    String word() {
        int end = wordEnd();
        String word = text(position, end);
        position = end;
        return word;
    }

    /** Skips the next word if it begins in this way. */
    boolean skipWord(String start) {
        int end = wordEnd();
        boolean begins = end - position >= start.length()
                && text(position, position + start.length()).equals(start);
        if (begins) {
            position = end;
        }
        return begins;
    }

    private String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /**
     * The whole number that is the next word, or the part of it before a separator, which is skipped too.
     *
     * @param what what it is, for messages
     * @param separator what ends the number, or a blank
     */
    long wholeNumber(String what, char separator) {
        skipBlanks();
        int start = position;
        int at = start;
        long value = 0;
        while (at < lineEnd) {
            int digit = buffer[at] - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = 10 * value + digit;
            at++;
        }
        boolean ends =
                separator == ' ' ? at == lineEnd || isBlank(buffer[at]) : at < lineEnd && buffer[at] == separator;
        if (at == start || at - start > MAX_DIGITS || !ends) {
            String word = word();
            throw error(
                    word.isEmpty() ? what + " is missing" : what + " should be a whole number, not " + quoted(word));
        }
        position = separator == ' ' ? at : at + 1;
        return value;
    }

    /**
     * The next word as a float.
     *
     * @param missing whether what R's writeMM writes for a missing value is NaN, rather than refused
     */
    float value(boolean missing) {
        skipBlanks();
        int start = position;
        int value = 0;
        int at = start;
        // Most values are small counts, which need no more than this.
        while (at < lineEnd && at - start < 7 && buffer[at] >= '0' && buffer[at] <= '9') {
            value = 10 * value + (buffer[at++] - '0');
        }
        if (at > start && (at == lineEnd || isBlank(buffer[at]))) {
            position = at;
            return value;
        }
        int end = wordEnd();
        if (end == start) {
            throw error("the value is missing; write nan for a missing value");
        }
        long parsed = FloatParser.parse(buffer, start, end);
        if (!FloatParser.isNumber(parsed)) {
            String word = text(start, end);
            if (!missing || !isMissingInR(parsed, word)) {
                throw error(quoted(word) + " is " + complaint(parsed, word));
            }
        }
        position = end;
        return FloatParser.isNumber(parsed) ? FloatParser.value(parsed) : Float.NaN;
    }

    private static boolean isMissingInR(long parsed, String word) {
        return parsed == FloatParser.TOO_LARGE && Math.abs(Double.parseDouble(word)) == MatrixMarketFormat.MISSING_IN_R;
    }

    private static String complaint(long parsed, String word) {
        if (parsed != FloatParser.TOO_LARGE) {
            return "not a number";
        }
        return isMissingInR(parsed, word)
                ? "what R's writeMM writes for NA; --missing allow reads it as a missing value (in Java withMissing)"
                : "too large; 32-bit floats end at 3.4e38: scale the data down";
    }

    /** Checks that no word is left in the line. */
    void requireLineEnd() {
        skipBlanks();
        if (position < lineEnd) {
            throw error(quoted(word()) + " is more than this line should hold");
        }
    }

    private static String quoted(String word) {
        return "'" + Sources.shown(word) + "'";
    }

    /** Says where in the text something is wrong. */
    DataException error(String what) {
        return new DataException("line " + lineNumber + ": " + what);
    }
}
