package io.github.paenmf.io;

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

    /** Above this, another digit could leave the range in which a double is exact. */
    private static final long MAX_EXACT = (1L << 53) / 10 - 1;

    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private FloatParser() {}

    /**
     * Parses {@code text[from..to)}.
     *
     * @return the bits of the float in the low half, to be taken out by {@link #value}; or {@link #NOT_A_NUMBER} or
     *     {@link #TOO_LARGE}
     */
    static long parse(char[] text, int from, int to) {
        int i = from;
        int end = to;
        while (i < end && isBlank(text[i])) {
            i++;
        }
        while (end > i && isBlank(text[end - 1])) {
            end--;
        }
        int start = i;
        boolean negative = false;
        if (i < end && (text[i] == '-' || text[i] == '+')) {
            negative = text[i] == '-';
            i++;
        }
        long mantissa = 0;
        boolean exact = true;
        int digits = 0;
        int exponent = 0;
        boolean point = false;
        for (; i < end; i++) {
            int c = text[i];
            if (c >= '0' && c <= '9') {
                digits++;
                if (mantissa <= MAX_EXACT) {
                    mantissa = 10 * mantissa + (c - '0');
                    if (point) {
                        exponent--;
                    }
                } else {
                    exact = false; // too many digits: leave it to parseFloat
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
        if (exact) {
            if (mantissa == 0) {
                return bits(negative ? -0f : 0f);
            }
            if (exponent >= -22 && exponent <= 22) {
                // Both operands are exact, so the double is the nearest one. Rounding it once more gives the nearest
                // float, unless the double lies just in the middle of two floats: the decimal may not.
                double value = exponent < 0 ? mantissa / POWERS_OF_TEN[-exponent] : mantissa * POWERS_OF_TEN[exponent];
                boolean middle = (Double.doubleToRawLongBits(value) & 0x1fff_ffffL) == 0x1000_0000L;
                if (!middle && value >= Float.MIN_NORMAL && value <= Float.MAX_VALUE) {
                    return bits((float) (negative ? -value : value));
                }
            }
        }
        float value = Float.parseFloat(new String(text, start, end - start));
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

    private static long special(char[] text, int from, int to, boolean negative) {
        if (matches(text, from, to, "nan")) {
            return bits(Float.NaN);
        }
        if (matches(text, from, to, "inf") || matches(text, from, to, "infinity")) {
            return bits(negative ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY);
        }
        return NOT_A_NUMBER;
    }

    private static boolean matches(char[] text, int from, int to, String word) {
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

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\u00a0';
    }
}
