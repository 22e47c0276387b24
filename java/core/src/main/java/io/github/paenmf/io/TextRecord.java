package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** One record as text. */
final class TextRecord {

    static final int MAX_CELLS = 8_000_000;
    private static final int MAX_CHARACTERS = 1 << 28;

    final long line;
    final BitSet quoted = new BitSet();
    private final StringBuilder text = new StringBuilder();
    private int[] ends = new int[16];
    private int size;
    private final boolean decimalComma;
    int skipped; // bytes at the beginning that are no data

    /**
     * @param decimalComma whether commas in numbers stand for points
     */
    TextRecord(long line, boolean decimalComma) {
        this.line = line;
        this.decimalComma = decimalComma;
    }

    void add(char[] buffer, int offset, int length, boolean isQuoted) {
        if (size == MAX_CELLS || text.length() + length > MAX_CHARACTERS) {
            throw new DataException("line " + line + " is too long: more than " + MAX_CELLS + " cells or "
                    + MAX_CHARACTERS + " characters");
        }
        if (size == ends.length) {
            ends = Arrays.copyOf(ends, 2 * size);
        }
        quoted.set(size, isQuoted);
        text.append(buffer, offset, length);
        ends[size++] = text.length();
    }

    int size() {
        return size;
    }

    String text(int cell) {
        return text.substring(start(cell), ends[cell]);
    }

    private int start(int cell) {
        return cell == 0 ? 0 : ends[cell - 1];
    }

    /** Whether the record, as text, begins with a word. */
    boolean startsWith(String word) {
        return text.indexOf(word) == 0;
    }

    /** Whether a cell is neither blank nor a number. */
    boolean isText(int cell) {
        return parse(cell) == FloatParser.NOT_A_NUMBER && !isMissing(text(cell));
    }

    /** A cell as a number, rounded to float, or NaN. */
    double number(int cell) {
        long parsed = parse(cell);
        return FloatParser.isNumber(parsed) ? FloatParser.value(parsed) : Double.NaN;
    }

    private long parse(int cell) {
        String number = decimalComma ? text(cell).replace(',', '.') : text(cell);
        byte[] bytes = number.getBytes(StandardCharsets.UTF_8);
        return FloatParser.parse(bytes, 0, bytes.length);
    }

    /** A cell as a whole number of at most nine digits, or the least long. */
    long wholeNumber(int cell) {
        String digits = text(cell).strip();
        return digits.matches("[0-9]{1,9}") ? Long.parseLong(digits) : Long.MIN_VALUE;
    }

    void stripHash() {
        int removed = text.length() > 1 && text.charAt(1) == ' ' && ends[0] > 1 ? 2 : 1;
        skipped = removed;
        text.delete(0, removed);
        for (int i = 0; i < size; i++) {
            ends[i] -= removed;
        }
    }

    /** Whether a cell that is no number is a missing value: blank, or NA, as R and pandas write it. */
    static boolean isNotAvailable(String text) {
        String bare = text.strip();
        return bare.isEmpty() || bare.equals("NA");
    }

    /** Whether a text is blank, or a word that may stand for a missing value. */
    static boolean isMissing(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        return lower.isEmpty()
                || List.of("na", "n/a", "#n/a", "null", "none", "-", "?").contains(lower);
    }
}
