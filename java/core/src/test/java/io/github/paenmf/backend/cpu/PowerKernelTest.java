package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Plain loops and vectors give the same bits, and those of the functions that they are named after except for rounding. */
@Tag("jdk")
class PowerKernelTest {

    private static final int COUNT = 3 * PowerKernel.ALIGNMENT;

    private final PowerKernel plain = CpuRuntime.scalar("for a test").powerKernel();
    private final PowerKernel vectors = CpuRuntime.choose(null, true, true).powerKernel();

    @Test
    void bothHaveTheSameBits() {
        SplittableRandom random = new SplittableRandom(3);
        float[] given = new float[COUNT + PowerKernel.ALIGNMENT];
        for (int i = 0; i < given.length; i++) {
            given[i] = (float) Math.exp(random.nextDouble(-80, 80));
        }
        float[] one = given.clone();
        float[] other = given.clone();
        plain.log(one, COUNT);
        vectors.log(other, COUNT);
        assertArrayEquals(one, other);
        for (int i = 0; i < given.length; i++) {
            // the bound of FloatMath.log
            double expected = i < COUNT ? Math.log(given[i]) : given[i];
            assertEquals(expected, one[i], 1.2e-7 * Math.abs(expected) + 1e-7);
        }
        plain.exp(one, COUNT);
        vectors.exp(other, COUNT);
        assertArrayEquals(one, other);
        for (int i = 0; i < given.length; i++) {
            // that of FloatMath.exp, and an argument of at most 80 that is rounded
            assertEquals(given[i], one[i], (80 * 1.2e-7 + 2e-7) * given[i]);
        }
    }
}
