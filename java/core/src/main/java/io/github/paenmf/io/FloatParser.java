package io.github.paenmf.io;

import java.nio.charset.StandardCharsets;

/**
 * Parses decimal numbers to the nearest float, without an object for each.
 *
 * <p>Grammar: optional sign, digits with an optional point, optional exponent; also {@code nan}, {@code inf} and
 * {@code infinity} in any case. What {@link Float#parseFloat} takes beyond that ({@code 1f}, {@code 0x1p3}) is not a
 * number in a data file. Blanks around the number are ignored.
 */
final class FloatParser {

    /** The text is not a number. */
    static final long NOT_A_NUMBER = 1L << 40;

    /** The text is a number above the largest float. */
    static final long TOO_LARGE = 1L << 41;

    /** Above this, another digit could overflow. What is left out changes a double by less than rounding it does. */
    private static final long MAX_MANTISSA = (Long.MAX_VALUE - 9) / 10;

    /** Whole numbers below this are exact in a double. */
    private static final long EXACT = 1L << 53;

    /** Enough for every mantissa to reach the largest and the smallest normal float. */
    private static final int MAX_EXPONENT = 60;

    /** 10^i at i + {@link #MAX_EXPONENT}, rounded to the nearest double. */
    private static final double[] POWERS_OF_TEN = new double[2 * MAX_EXPONENT + 1];

    static {
        for (int i = 0; i < POWERS_OF_TEN.length; i++) {
            POWERS_OF_TEN[i] = Double.parseDouble("1e" + (i - MAX_EXPONENT));
        }
    }

    /** The bits of a double that a float has no room for, and what they are in the middle between two floats. */
    private static final long BEYOND_FLOAT = 0x1fff_ffffL;

    private static final long MIDDLE = 0x1000_0000L;

    private FloatParser() {}

    /**
     * Parses {@code text[from..to)}, in UTF-8.
     *
     * @return the bits of the float in the low half, to be taken out by {@link #value}; or {@link #NOT_A_NUMBER} or
     *     {@link #TOO_LARGE}
     */
    static long parse(byte[] text, int from, int to) {
        int i = from;
        int end = to;
        for (int blank; (blank = blankAt(text, i, end)) > 0; ) {
            i += blank;
        }
        for (int blank; (blank = blankBefore(text, i, end)) > 0; ) {
            end -= blank;
        }
        int start = i;
        boolean negative = false;
        if (i < end && (text[i] == '-' || text[i] == '+')) {
            negative = text[i] == '-';
            i++;
        }
        long mantissa = 0;
        int digits = 0;
        int exponent = 0;
        boolean point = false;
        for (; i < end; i++) {
            int c = text[i];
            if (c >= '0' && c <= '9') {
                digits++;
                if (mantissa <= MAX_MANTISSA) {
                    mantissa = 10 * mantissa + (c - '0');
                    if (point) {
                        exponent--;
                    }
                } else if (!point) {
                    exponent++;
                }
            } else if (c == '.' && !point) {
                point = true;
            } else {
                break;
            }
        }
        if (digits == 0) {
            return i == start || text[i - 1] != '.' ? special(text, i, end, negative) : NOT_A_NUMBER;
        }
        if (i < end) {
            if (text[i] != 'e' && text[i] != 'E') {
                return NOT_A_NUMBER;
            }
            i++;
            boolean negativeExponent = i < end && text[i] == '-';
            if (i < end && (text[i] == '-' || text[i] == '+')) {
                i++;
            }
            if (i == end) {
                return NOT_A_NUMBER;
            }
            int written = 0;
            for (; i < end; i++) {
                int digit = text[i] - '0';
                if (digit < 0 || digit > 9) {
                    return NOT_A_NUMBER;
                }
                written = Math.min(100_000, 10 * written + digit);
            }
            exponent += negativeExponent ? -written : written;
        }
        if (mantissa == 0) {
            return bits(negative ? -0f : 0f);
        }
        if (exponent == 0 && mantissa < EXACT) {
            return bits((float) (negative ? -mantissa : mantissa));
        }
        if (exponent >= -MAX_EXPONENT && exponent <= MAX_EXPONENT) {
            // The mantissa, the power and the product are each rounded, so the double is less than 4 units in its last
            // place away from the decimal. Both round to the same float unless the middle between two is that near.
            double value = mantissa * POWERS_OF_TEN[exponent + MAX_EXPONENT];
            long beyond = Double.doubleToRawLongBits(value) & BEYOND_FLOAT;
            boolean clear = Math.abs(beyond - MIDDLE) > 4;
            if (clear && value >= Float.MIN_NORMAL && value <= Float.MAX_VALUE) {
                return bits((float) (negative ? -value : value));
            }
        }
        float value = Float.parseFloat(new String(text, start, end - start, StandardCharsets.US_ASCII));
        return Float.isInfinite(value) ? TOO_LARGE : bits(value);
    }

    /** The float in a result of {@link #parse} that is a number. */
    static float value(long parsed) {
        return Float.intBitsToFloat((int) parsed);
    }

    /** Whether {@link #parse} found a number that a float can hold. */
    static boolean isNumber(long parsed) {
        return parsed != NOT_A_NUMBER && parsed != TOO_LARGE;
    }

    private static long special(byte[] text, int from, int to, boolean negative) {
        if (matches(text, from, to, "nan")) {
            return bits(Float.NaN);
        }
        if (matches(text, from, to, "inf") || matches(text, from, to, "infinity")) {
            return bits(negative ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY);
        }
        return NOT_A_NUMBER;
    }

    private static boolean matches(byte[] text, int from, int to, String word) {
        if (to - from != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if ((text[from + i] | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static long bits(float value) {
        return Float.floatToRawIntBits(value) & 0xffff_ffffL;
    }

    /** The length of the blank at the beginning, or 0: a space, a tab or a no-break space. */
    private static int blankAt(byte[] text, int from, int to) {
        if (from < to && (text[from] == ' ' || text[from] == '\t')) {
            return 1;
        }
        return to - from >= 2 && isNoBreakSpace(text, from) ? 2 : 0;
    }

    /** The length of the blank at the end, or 0. */
    private static int blankBefore(byte[] text, int from, int to) {
        if (from < to && (text[to - 1] == ' ' || text[to - 1] == '\t')) {
            return 1;
        }
        return to - from >= 2 && isNoBreakSpace(text, to - 2) ? 2 : 0;
    }

    private static boolean isNoBreakSpace(byte[] text, int at) {
        return text[at] == (byte) 0xc2 && text[at + 1] == (byte) 0xa0;
    }
}
