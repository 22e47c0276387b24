package io.github.paenmf.math;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("jdk")
class FloatMathTest {

    /** The documented relative error of log. */
    static final double LOG_ERROR = 1.0e-7;

    /** The documented relative error of exp. */
    static final double EXP_ERROR = 1.2e-7;

    @Test
    void logOfEveryThousandthFloat() {
        ErrorReport report = new ErrorReport("log");
        int last = Float.floatToRawIntBits(Float.MAX_VALUE);
        for (int bits = Float.floatToRawIntBits(Float.MIN_NORMAL); bits > 0 && bits <= last; bits += 997) {
            compareLog(report, Float.intBitsToFloat(bits));
        }
        report.log();
    }

    @Test
    void logNearOne() {
        ErrorReport report = new ErrorReport("log near 1");
        int one = Float.floatToRawIntBits(1f);
        for (int i = -1_000_000; i <= 1_000_000; i++) {
            compareLog(report, Float.intBitsToFloat(one + i));
        }
        for (int i = -1000; i <= 1000; i++) { // where the mantissa's interval [√½, √2) ends
            compareLog(report, Float.intBitsToFloat(0x3f3504f3 + i));
            compareLog(report, Float.intBitsToFloat(0x3fb504f3 + i));
        }
        report.log();
        assertEquals(0f, FloatMath.log(1f));
    }

    private static void compareLog(ErrorReport report, float x) {
        double exact = Math.log((double) x);
        report.compare(() -> "log(" + x + ")", exact, FloatMath.log(x), LOG_ERROR * Math.abs(exact));
    }

    @Test
    void expOverItsWholeRange() {
        ErrorReport report = new ErrorReport("exp");
        int steps = 4_000_000;
        for (int i = 0; i <= steps; i++) {
            float x = FloatMath.EXP_MIN + (FloatMath.EXP_MAX - FloatMath.EXP_MIN) * i / steps;
            compareExp(report, x);
        }
        for (float x = 1e-30f; x < 1; x *= 1.0001f) {
            compareExp(report, x);
            compareExp(report, -x);
        }
        report.log();
        assertEquals(1f, FloatMath.exp(0f));
    }

    private static void compareExp(ErrorReport report, float x) {
        double exact = Math.exp(x);
        report.compare(() -> "exp(" + x + ")", exact, FloatMath.exp(x), EXP_ERROR * exact);
    }

    @Test
    void expIsClampedToNormalFloats() {
        float smallest = FloatMath.exp(FloatMath.EXP_MIN);
        float largest = FloatMath.exp(FloatMath.EXP_MAX);
        assertTrue(smallest >= Float.MIN_NORMAL && smallest < 2e-38f, "e^-87 = " + smallest);
        assertTrue(largest > 1.6e38f && largest <= Float.MAX_VALUE, "e^88 = " + largest);
        for (float x : new float[] {-87.0001f, -1e3f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY}) {
            assertEquals(smallest, FloatMath.exp(x));
        }
        for (float x : new float[] {88.0001f, 1e3f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
            assertEquals(largest, FloatMath.exp(x));
        }
        assertTrue(Float.isNaN(FloatMath.exp(Float.NaN)));
    }

    @Test
    void expInvertsLog() {
        for (float x = 1e-30f; x < 1e30f; x *= 1.01f) {
            float log = FloatMath.log(x);
            // What log is off, and its rounding, are absolute in the exponent: relative in the result.
            double bound = EXP_ERROR + (LOG_ERROR + U) * Math.abs(log);
            assertEquals(x, FloatMath.exp(log), bound * x);
        }
    }
}
