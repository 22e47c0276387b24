package io.github.paenmf.testing;

import static org.junit.jupiter.api.Assertions.fail;

import io.github.paenmf.backend.Precision;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.function.Supplier;

/** Compares numbers within derived bounds and keeps the largest error, to be logged at the end. */
public final class ErrorReport {

    /** Unit roundoff of float32: half the distance from 1 to the next number. */
    public static final double U = 0x1p-24;

    /** Unit roundoff of float64. */
    public static final double U_DOUBLE = 0x1p-53;

    /**
     * Rounding errors of a sum behave like a random walk: |error| ≤ 8 √n u Σ|terms| except for odds of
     * 2 exp(−8²/2) = 3e-14 a sum (Higham and Mary 2019, theorem 2.4), and n u Σ|terms| always. Both
     * hold for any order of the terms; a fused multiply-add only leaves roundings out.
     */
    private static final double WALK = 8;

    private static final Logger LOG = System.getLogger(ErrorReport.class.getName());

    private final String name;
    private double maxError;
    private double maxShare;
    private String worst = "nothing compared";
    private long count;

    public ErrorReport(String name) {
        this.name = name;
    }

    /** Bound of the error of a float32 sum of products, in units of {@link #U} · Σ|terms|. */
    public static double reduction(int length) {
        return Math.min(length, WALK * Math.sqrt(length)) + 1;
    }

    /**
     * Relative error of each term of the two large products of a step, by how the factors are taken. TF32: each keeps 10 bits
     * after the first, rounded or cut off, so is off by at most 2⁻¹⁰. 3xTF32: each is the sum of two numbers of 11 bits, off
     * by 2⁻²³, the product of both second ones, up to 2⁻²², is left out, and tensor cores cut the sum of 16 products off:
     * four times five terms, each by up to 2⁻²⁴.
     */
    public static double factors(Precision precision) {
        return switch (precision) {
            case FP32 -> 0;
            case TF32 -> 0x1p-9 + 0x1p-20;
            case TF32X3 -> 2 * 0x1p-23 + 0x1p-22 + 20 * 0x1p-24;
        };
    }

    /** Fails if {@code actual} is not within {@code bound} of {@code expected}. */
    public void compare(String what, double expected, double actual, double bound) {
        compare(() -> what, expected, actual, bound);
    }

    /** Fails if {@code actual} is not within {@code bound} of {@code expected}. */
    public void compare(Supplier<String> what, double expected, double actual, double bound) {
        count++;
        double error = expected == actual ? 0 : Math.abs(actual - expected); // infinities may be equal
        if (!(error <= bound)) {
            fail(String.format(
                    Locale.ROOT,
                    "%s: %s should be %.9g, is %.9g: error %.3g, bound %.3g",
                    name,
                    what.get(),
                    expected,
                    actual,
                    error,
                    bound));
        }
        maxError = Math.max(maxError, error / Math.max(1, Math.abs(expected)));
        if (error > maxShare * bound) {
            maxShare = error / bound;
            worst = what.get();
        }
    }

    /** Compares arrays element by element. */
    public void compare(String what, double[] expected, float[] actual, double[] bounds) {
        if (expected.length != actual.length) {
            fail(what + " has " + actual.length + " values, not " + expected.length);
        }
        for (int i = 0; i < expected.length; i++) {
            int at = i;
            compare(() -> what + "[" + at + "]", expected[i], actual[i], bounds[i]);
        }
    }

    /** Compares arrays element by element. */
    public void compare(String what, double[] expected, double[] actual, double[] bounds) {
        if (expected.length != actual.length) {
            fail(what + " has " + actual.length + " values, not " + expected.length);
        }
        for (int i = 0; i < expected.length; i++) {
            int at = i;
            compare(() -> what + "[" + at + "]", expected[i], actual[i], bounds[i]);
        }
    }

    /** Logs the largest error, relative where the value is above 1, and the largest share of a bound that was used. */
    public void log() {
        LOG.log(
                Level.INFO,
                () -> String.format(
                        Locale.ROOT,
                        "%s: %d values, max error %.2e, at most %.0f %% of its bound (%s)",
                        name,
                        count,
                        maxError,
                        100 * maxShare,
                        worst));
    }
}
