package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloatParserTest {

    private static long parse(String text) {
        byte[] padded = ("x" + text + "9").getBytes(StandardCharsets.UTF_8); // what lies around must not matter
        return FloatParser.parse(padded, 1, padded.length - 1);
    }

    private static void assertNearest(String text) {
        long parsed = parse(text);
        assertTrue(FloatParser.isNumber(parsed), text);
        assertEquals(
                Float.floatToRawIntBits(Float.parseFloat(text)),
                Float.floatToRawIntBits(FloatParser.value(parsed)),
                text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-0",
                "+1",
                "1.",
                ".5",
                "-.5e1",
                "1e5",
                "1E-5",
                "1e+05",
                "007",
                "16777217",
                "0.1",
                "3.4028235e38",
                "1.17549435e-38",
                "1e-45",
                "1e-400",
                "0e999999",
                "0.30000000000000004",
                "123456789012345678901234567890",
                "1.00000017881393432617187499",
                "1.00000017881393432617187500",
                "1.00000017881393432617187501",
                "8388609.5",
                "8388608.5",
                "9007199254740993",
                "1e22",
                "1e23",
                "4503599627370497e-22",
                "1e00000000001"
            })
    void findsTheNearestFloat(String text) {
        assertNearest(text);
    }

    @Test
    void findsTheNearestFloatForAnyNumber() {
        Random random = new Random(20);
        for (int i = 0; i < 200_000; i++) {
            float f = Float.intBitsToFloat(random.nextInt());
            if (Float.isFinite(f)) {
                assertNearest(Float.toString(f));
                // The middle between two floats, where rounding twice goes wrong.
                double middle = ((double) f + Math.nextUp(f)) / 2;
                if (Double.isFinite(middle) && Math.abs(middle) <= Float.MAX_VALUE) {
                    assertNearest(Double.toString(middle));
                }
            }
            String decimal = String.valueOf(random.nextLong() >>> 1).substring(0, 1 + random.nextInt(9));
            assertNearest(decimal + "." + random.nextInt(100_000));
            assertNearest(decimal + "e" + (random.nextInt(50) - 25));
        }
        assertNearest(String.format(Locale.ROOT, "%.3f", 1234.5678));
    }

    @Test
    void findsTheNearestFloatOnBothSidesOfTheMiddleBetweenTwo() {
        Random random = new Random(21);
        for (int i = 0; i < 20_000; i++) {
            float f = Float.intBitsToFloat(random.nextInt() & 0x7fff_ffff);
            if (!(f < Float.MAX_VALUE)) {
                continue;
            }
            BigDecimal middle =
                    new BigDecimal(f).add(new BigDecimal(Math.nextUp(f))).divide(BigDecimal.valueOf(2));
            assertNearest(middle.toString());
            assertNearest(middle.toPlainString());
            // From far below what a double can tell apart to far above.
            BigDecimal distance = middle.movePointLeft(8 + random.nextInt(16));
            for (BigDecimal near : List.of(middle.add(distance), middle.subtract(distance))) {
                assertNearest(near.toString());
                assertNearest(
                        near.round(new MathContext(6 + random.nextInt(16))).toString());
            }
        }
    }

    @Test
    void findsTheNearestFloatForAnyNumberOfDigits() {
        Random random = new Random(22);
        for (int i = 0; i < 200_000; i++) {
            StringBuilder text = new StringBuilder();
            int digits = 1 + random.nextInt(30);
            int point = random.nextInt(2 * digits);
            for (int j = 0; j < digits; j++) {
                text.append(j == point ? "." : "").append((char) ('0' + random.nextInt(random.nextBoolean() ? 10 : 1)));
            }
            int exponent = random.nextInt(140) - 75;
            String number = random.nextBoolean() ? text.toString() : text + "e" + exponent;
            if (Float.isInfinite(Float.parseFloat(number))) {
                assertEquals(FloatParser.TOO_LARGE, parse(number), number);
            } else {
                assertNearest(number);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nan", "NaN", "NAN", "-nan"})
    void takesNotANumber(String text) {
        assertTrue(Float.isNaN(FloatParser.value(parse(text))));
    }

    @Test
    void takesInfinityAndBlanksAround() {
        assertEquals(Float.POSITIVE_INFINITY, FloatParser.value(parse("Inf")));
        assertEquals(Float.NEGATIVE_INFINITY, FloatParser.value(parse("-infinity")));
        assertEquals(2.5f, FloatParser.value(parse(" \t2.5\u00a0")));
        assertEquals(2.5f, FloatParser.value(parse("\u00a0 2.5\t\u00a0 ")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", "1f", "1d", "0x10", "0x1p3", "1,5", "1 2", "--1", "1-",
                "1.2.3", "1e5.0", "abc", "na", "nano", "infin", "٣", ".nan", "1e5e5"
            })
    void refusesWhatIsNoNumber(String text) {
        assertEquals(FloatParser.NOT_A_NUMBER, parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.5e38", "-1e39", "1e999999999999", "400000000000000000000000000000000000000"})
    void refusesWhatIsTooLarge(String text) {
        assertEquals(FloatParser.TOO_LARGE, parse(text));
    }
}
