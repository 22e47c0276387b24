package io.github.paenmf.backend.cpu;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Whether {@link Math#fma(float, float, float)} is an instruction here. Where a processor has none, or a virtual
 * machine hides it, Java computes it by BigDecimal, a thousand times more slowly, and a vector's lane by lane.
 */
final class FusedMultiplyAdd {

    /** Operations timed at once. */
    private static final int BATCH = 32;
    /** The fastest counts: the first includes the loading of classes, and the system may interrupt any. */
    private static final int BATCHES = 5;
    /** An instruction takes about as long as a multiplication and an addition, BigDecimal 500 times or more. */
    private static final int SLOW = 20;
    /** Below this a clock is not exact. */
    private static final long LEAST_NANOS = 200;

    private FusedMultiplyAdd() {}

    /** Timed once, so that the kernels, and their roundings, stay the same. */
    static boolean isFast() {
        return Holder.FAST;
    }

    /**
     * @param fused time of some fused operations, in ns
     * @param plain time of as many multiplications and additions
     */
    static boolean isFast(LongSupplier fused, LongSupplier plain) {
        long leastFused = Long.MAX_VALUE;
        long leastPlain = Long.MAX_VALUE;
        for (int i = 0; i < BATCHES; i++) {
            leastFused = Math.min(leastFused, fused.getAsLong());
            leastPlain = Math.min(leastPlain, plain.getAsLong());
        }
        return leastFused <= SLOW * Math.max(LEAST_NANOS, leastPlain);
    }

    private static final class Holder {
        static final boolean FAST = measure();

        private static boolean measure() {
            float[] factors = new float[BATCH];
            Arrays.fill(factors, 1.1f); // 0 would be a case of its own
            float[] sum = new float[1]; // kept, so that the loops are too
            return isFast(() -> fused(factors, sum), () -> plain(factors, sum));
        }

        private static long fused(float[] factors, float[] sum) {
            long start = System.nanoTime();
            float x = 1;
            for (float factor : factors) {
                x = Math.fma(factor, 0.9f, x);
            }
            sum[0] = x;
            return System.nanoTime() - start;
        }

        private static long plain(float[] factors, float[] sum) {
            long start = System.nanoTime();
            float x = 1;
            for (float factor : factors) {
                x = factor * 0.9f + x;
            }
            sum[0] = x;
            return System.nanoTime() - start;
        }
    }
}
