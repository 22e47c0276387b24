package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.model.NmfConfiguration;

/**
 * One β divergence, d(v, v̂) = (v^β + (β − 1)v̂^β − βv·v̂^(β−1)) / (β(β − 1)), and v/v̂ − ln(v/v̂) − 1 for β = 0; β is not 1.
 * What the updates of Févotte and Idier 2011 (Algorithms for nonnegative matrix factorization with the β-divergence)
 * make of an entry. v̂ counts as no less than a bound so small that only rounding knows it, which keeps powers in the
 * range of float32.
 *
 * <p>Immutable; the scratch is each thread's own.
 */
final class BetaDivergence {

    /** v̂^(β−2) at the bound of v̂, the greatest power that there is. */
    private static final double GREATEST_POWER = 1e30;

    private static final double LEAST = 1e-30;
    /** (e^z − 1 − z)/z², of which the first term that is left out is below 3e-8 for |z| ≤ 1. */
    private static final float[] SERIES = {
        1 / 2f, 1 / 6f, 1 / 24f, 1 / 120f, 1 / 720f, 1 / 5040f, 1 / 40320f, 1 / 362880f, 1 / 3628800f
    };

    /** Of (v/v̂)^β, with which it stays in the range of float32. */
    private static final float GREATEST_EXPONENT = 80;

    private final float beta;
    private final float least;
    private final PowerKernel kernel;

    BetaDivergence(double beta, PowerKernel kernel) {
        this.beta = (float) beta;
        this.least = (float) (beta < 1 ? Math.pow(GREATEST_POWER, 1 / (beta - 2)) : LEAST);
        this.kernel = kernel;
    }

    /**
     * The exponent of an update: with it what is minimised in place of the objective, and touches it where the update
     * starts, is least.
     *
     * @param squared whether the factor has a penalty of its squares: where β is below 2 it bends more than the divergence
     */
    float exponent(boolean squared) {
        return NmfConfiguration.exponent(beta, squared);
    }

    /** Room of one thread for a row. */
    static final class Scratch {
        private final float[] power;
        private final float[] log;
        private final float[] ratio;
        private final float[] raised;

        /**
         * @param width most entries of a row at once
         */
        Scratch(int width) {
            int length = (width + PowerKernel.ALIGNMENT - 1) / PowerKernel.ALIGNMENT * PowerKernel.ALIGNMENT;
            power = new float[length];
            log = new float[length];
            ratio = new float[length];
            raised = new float[length];
        }

        private static int padded(int count) {
            return (count + PowerKernel.ALIGNMENT - 1) / PowerKernel.ALIGNMENT * PowerKernel.ALIGNMENT;
        }
    }

    /** Replaces v by v·v̂^(β−2), and v̂ by v̂^(β−1), for entries {@code at} to {@code at + count}. */
    void toTerms(float[] v, float[] decoded, int at, int count, Scratch scratch) {
        float[] power = scratch.power;
        for (int i = 0; i < count; i++) {
            decoded[at + i] = Math.max(least, decoded[at + i]);
            power[i] = decoded[at + i];
        }
        raise(power, count, beta - 1);
        for (int i = 0; i < count; i++) {
            v[at + i] = v[at + i] * (power[i] / decoded[at + i]);
            decoded[at + i] = power[i];
        }
    }

    /** x^exponent of numbers above 0, in place; what lies beyond is undefined. */
    private void raise(float[] x, int count, float exponent) {
        if (exponent == -1) {
            for (int i = 0; i < count; i++) {
                x[i] = 1 / x[i];
            }
            return;
        }
        int to = Scratch.padded(count);
        kernel.log(x, to);
        for (int i = 0; i < count; i++) {
            x[i] *= exponent;
        }
        kernel.exp(x, to);
    }

    /**
     * Leaves in {@code v} the divergence of each entry: with L = ln(v/v̂) and φ(z) = (e^z − 1 − z)/z² it is v̂^β·L²(βφ(βL) −
     * φ(L))/(β − 1), where nothing cancels near v = v̂.
     */
    void toDivergences(float[] v, float[] decoded, int at, int count, Scratch scratch) {
        float[] power = scratch.power;
        float[] log = scratch.log;
        float[] ratio = scratch.ratio;
        int to = Scratch.padded(count);
        for (int i = 0; i < count; i++) {
            float bounded = Math.max(least, decoded[at + i]);
            power[i] = bounded;
            ratio[i] = v[at + i] / bounded;
            log[i] = Math.max(Float.MIN_NORMAL, ratio[i]);
        }
        raise(power, count, beta);
        kernel.log(log, to);
        float[] raised = scratch.raised;
        for (int i = 0; i < count; i++) {
            raised[i] = beta * log[i];
        }
        kernel.exp(raised, to);
        float inverse = 1 / (beta - 1);
        for (int i = 0; i < count; i++) {
            float l = log[i];
            if (beta * l > GREATEST_EXPONENT) {
                v[at + i] = (float) far(v[at + i], Math.max(least, decoded[at + i]));
                continue;
            }
            float remainders = beta * remainder(beta * l, raised[i]) - remainder(l, ratio[i]);
            v[at + i] = power[i] * (v[at + i] == 0 ? 1 / beta : l * l * inverse * remainders);
        }
    }

    /** Of v and v̂ so far apart that (v/v̂)^β may be out of range, and nothing cancels. */
    private double far(double v, double decoded) {
        double powers = StrictMath.pow(v, beta) + (beta - 1) * StrictMath.pow(decoded, beta);
        return (powers - beta * v * StrictMath.pow(decoded, beta - 1)) / ((double) beta * (beta - 1));
    }

    /** (e^z − 1 − z)/z². */
    private static float remainder(float z, float exponential) {
        if (Math.abs(z) > 1) {
            return (exponential - 1 - z) / (z * z);
        }
        float sum = SERIES[SERIES.length - 1];
        for (int i = SERIES.length - 2; i >= 0; i--) {
            sum = sum * z + SERIES[i];
        }
        return sum;
    }

    /**
     * One update of values of a factor, x ← x·(numerator/(denominator + l1 + l2·x))^γ, where γ is that of {@link #exponent}.
     * What the other factor does not use, and no penalty, keeps its value.
     *
     * @param numerators takes what x is multiplied with
     */
    void multiply(
            MatrixView x,
            MatrixView numerators,
            MatrixView denominators,
            int rows,
            int count,
            FactorPenalty penalty,
            Scratch scratch) {
        float l1 = (float) penalty.l1();
        float l2 = (float) penalty.l2();
        float exponent = exponent(l2 > 0);
        float[] factor = scratch.power;
        for (int j = 0; j < rows; j++) {
            for (int from = 0; from < count; from += factor.length) {
                int size = Math.min(factor.length, count - from);
                int atX = x.row(j) + from;
                int atNumerators = numerators.row(j) + from;
                int atDenominators = denominators.row(j) + from;
                for (int i = 0; i < size; i++) {
                    float divisor = denominators.data()[atDenominators + i] + l1 + l2 * x.data()[atX + i];
                    float quotient = divisor > 0 ? numerators.data()[atNumerators + i] / divisor : 1;
                    numerators.data()[atNumerators + i] = quotient;
                    factor[i] = Math.max(Float.MIN_NORMAL, quotient);
                }
                if (exponent != 1) {
                    raise(factor, size, exponent);
                }
                for (int i = 0; i < size; i++) {
                    x.data()[atX + i] *= numerators.data()[atNumerators + i] > 0 ? factor[i] : 0;
                }
            }
        }
    }
}
