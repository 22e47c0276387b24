package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** Plain loops until vectors are quicker, by a clock that the test sets. */
class PosteriorKernelsTest {

    private static final PosteriorKernel PLAIN = new ScalarPosteriorKernel();
    private static final PosteriorKernel OTHER = new ScalarPosteriorKernel();

    /** A clock that is looked at thrice in each round: before the vectors, between, and after the plain loops. */
    static LongSupplier clock(long vectors, long plain) {
        return new LongSupplier() {
            private long now = Long.MAX_VALUE - 2; // clocks may overflow
            private int looks;

            @Override
            public long getAsLong() {
                now += looks % 3 == 1 ? vectors : looks % 3 == 2 ? plain : 0;
                looks++;
                return now;
            }
        };
    }

    @Test
    void plainLoopsComeFirst() {
        assertSame(PLAIN, PosteriorKernels.of(PLAIN, OTHER).current());
    }

    @Test
    void vectorsFollowOnceTheyAreQuicker() {
        PosteriorKernels kernels = PosteriorKernels.of(PLAIN, OTHER);
        int[] looks = new int[1];
        // the vectors take 9 in the first five rounds, as long as the plain loops, and 8 from then on
        LongSupplier clock = () -> {
            int round = looks[0] / 3;
            long before = round * 18L - Math.max(0, round - 5);
            int look = looks[0]++ % 3;
            return before + (look == 0 ? 0 : (round < 5 ? 9 : 8) + (look == 2 ? 9 : 0));
        };
        kernels.warmUp(clock);
        assertSame(OTHER, kernels.current());
        assertEquals(6 * 3, looks[0]);
    }

    @Test
    void vectorsThatAreNeverQuickerAreLeftOut() {
        PosteriorKernels kernels = PosteriorKernels.of(PLAIN, OTHER);
        kernels.warmUp(clock(5, 5));
        assertSame(PLAIN, kernels.current());
    }

    @Test
    void aSweepStartsOneThreadThatEndsByItself() throws InterruptedException {
        PosteriorKernels kernels = PosteriorKernels.of(PLAIN, OTHER);
        CpuRuntime runtime = new CpuRuntime(
                new ScalarHeadKernel(),
                new ScalarUpdateKernel(),
                new ScalarSparseKernel(),
                new ScalarPoissonKernel(),
                new ScalarPowerKernel(),
                kernels,
                new ScalarGemm(),
                "for a test");
        new PosteriorSweep(runtime, 2);
        Thread thread = kernels.warmUpThread();
        new PosteriorSweep(runtime, 2);
        assertSame(thread, kernels.warmUpThread());
        assertTrue(thread.isDaemon());
        thread.join();
    }

    @Test
    void oneKernelNeedsNoThread() {
        PosteriorKernels kernels = PosteriorKernels.of(PLAIN);
        kernels.warmUp();
        assertSame(PLAIN, kernels.current());
        assertNull(kernels.warmUpThread());
    }
}
