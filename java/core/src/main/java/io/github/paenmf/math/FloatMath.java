package io.github.paenmf.math;

/**
 * Elementary functions in float32 for the training step: branch-free, so that scalar loops and
 * vector lanes run the same operations and give the same bits. Separate multiplications and
 * additions instead of fused ones, for the same reason: not every machine has the fused kind.
 *
 * <p>The polynomials of log and exp are those of the Cephes library (S. Moshier).
 */
public final class FloatMath {

    /** Lower bound of the argument of {@link #exp(float)}: smaller ones give the same, tiny result. */
    public static final float EXP_MIN = -87f;

    /** Upper bound of the argument of {@link #exp(float)}: larger ones give the same, huge result. */
    public static final float EXP_MAX = 88f;

    private FloatMath() {}

    /** Natural logarithm of a positive normal float; relative error 1e-7 (absolute near 1: 6e-8 of x − 1). */
    public static float log(float x) {
        int bits = Float.floatToRawIntBits(x);
        int exponent = (bits - 0x3f3504f3) >> 23; // so that the mantissa is in [√½, √2)
        float f = Float.intBitsToFloat(bits - (exponent << 23)) - 1f;
        float z = f * f;
        float p = 7.0376836292e-2f * f - 1.1514610310e-1f;
        p = p * f + 1.1676998740e-1f;
        p = p * f - 1.2420140846e-1f;
        p = p * f + 1.4249322787e-1f;
        p = p * f - 1.6668057665e-1f;
        p = p * f + 2.0000714765e-1f;
        p = p * f - 2.4999993993e-1f;
        p = p * f + 3.3333331174e-1f;
        p = p * f * z;
        p = p + exponent * -2.12194440e-4f; // ln 2 in two parts
        p = p - 0.5f * z;
        return f + p + exponent * 0.693359375f;
    }

    /** e^x, with x clamped to [{@link #EXP_MIN}, {@link #EXP_MAX}]; relative error 1.2e-7. */
    public static float exp(float x) {
        float clamped = Math.max(EXP_MIN, Math.min(EXP_MAX, x));
        float shifted = clamped * 1.44269504f + 12582912f; // 1.5 · 2²³: rounds to an integer
        float n = shifted - 12582912f;
        float f = clamped - n * 0.693359375f + n * 2.12194440e-4f;
        float p = 1.9875691500e-4f * f + 1.3981999507e-3f;
        p = p * f + 8.3334519073e-3f;
        p = p * f + 4.1665795894e-2f;
        p = p * f + 1.6666665459e-1f;
        p = p * f + 5.0000001201e-1f;
        p = p * f * f + f + 1f;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
