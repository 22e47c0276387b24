package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors against plain loops, to the bit; PoissonSolverTest has both against double precision. */
@Tag("jdk")
class PoissonKernelTest {

    private static final PoissonKernel PLAIN = new ScalarPoissonKernel();
    private static final PoissonKernel VECTORS =
            CpuRuntime.choose(null, true, true).poissonKernel();

    /** Counts from none to a million, of coefficients from 1e-20 to 1e20. */
    private static PoissonScratch run(int count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] coefficients = new float[count];
        float[] products = new float[count];
        for (int i = 0; i < count; i++) {
            coefficients[i] = (float) Math.pow(10, random.nextDouble(-20, 20));
            double allocated = random.nextInt(4) == 0 ? 0 : Math.pow(10, random.nextDouble(-6, 6));
            products[i] = (float) (allocated / coefficients[i]);
        }
        PoissonScratch scratch = new PoissonScratch();
        scratch.load(coefficients, 0, products, 0, count);
        double[] exposures = random.doubles(count, 0.1, 10).toArray();
        scratch.loadRates(exposures, 0, count, 0.4);
        return scratch;
    }

    private static void assertSame(float[] expected, float[] actual, int count, String what) {
        assertArrayEquals(Arrays.copyOf(expected, count), Arrays.copyOf(actual, count), what);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 31, 33, 127, 128})
    void vectorsGivePosteriorsOfPlainLoops(int count) {
        PoissonScratch plain = run(count);
        PoissonScratch vectors = run(count);
        PLAIN.posteriors(plain, count, 0.4f, true);
        VECTORS.posteriors(vectors, count, 0.4f, true);
        assertSame(plain.allocated, vectors.allocated, count, "allocated");
        assertSame(plain.now, vectors.now, count, "geometric mean");
        assertSame(plain.logGrowth, vectors.logGrowth, count, "logarithm of the growth");
        assertSame(plain.mean, vectors.mean, count, "mean");
        assertSame(plain.divergence, vectors.divergence, count, "KL divergence");
        assertSame(plain.variance, vectors.variance, count, "variance");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 31, 33, 127, 128})
    void vectorsMultiplyAsPlainLoops(int count) {
        PoissonScratch plain = run(count);
        PoissonScratch vectors = run(count);
        PLAIN.multiply(plain, count);
        VECTORS.multiply(vectors, count);
        assertSame(plain.now, vectors.now, count, "coefficient");
        assertSame(plain.logGrowth, vectors.logGrowth, count, "logarithm of the growth");
    }

    @Test
    void whatWouldBeSubnormalBecomesZero() {
        for (PoissonKernel kernel : List.of(PLAIN, VECTORS)) {
            PoissonScratch scratch = new PoissonScratch();
            scratch.load(new float[] {1e-37f, 1e-37f}, 0, new float[] {0.1f, 0.2f}, 0, 2);
            scratch.loadInverses(new double[] {1, 1}, 0, 2);
            kernel.multiply(scratch, 2);
            assertArrayEquals(new float[] {0f, 1e-37f * 0.2f}, Arrays.copyOf(scratch.now, 2));
            assertEquals(0, scratch.logGrowth[0]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 31, 33, 127})
    void vectorsGiveLogarithmsOfPlainLoops(int count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] numbers = new float[count + 16];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) Math.pow(10, random.nextDouble(-30, 30));
        }
        float[] plain = new float[numbers.length];
        float[] vectors = new float[numbers.length];
        PLAIN.log(numbers, plain, count);
        VECTORS.log(numbers, vectors, count);
        assertSame(plain, vectors, count, "logarithm");
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.25f, 0.99f})
    void vectorsGoBeyondAsPlainLoops(float lead) {
        int count = 131;
        SplittableRandom random = new SplittableRandom(9);
        float[] before = new float[count + 3];
        float[] values = new float[count + 2];
        for (int i = 0; i < count; i++) {
            before[3 + i] = random.nextInt(9) == 0 ? 0 : (float) Math.pow(10, random.nextDouble(-30, 30));
            double growth = Math.pow(10, random.nextDouble(-1, 1));
            values[2 + i] = random.nextInt(9) == 0 ? 0 : (float) (before[3 + i] * growth);
        }
        values[7] = Float.MAX_VALUE;
        float[] expected = values.clone();
        PLAIN.goBeyond(expected, 2, before, 3, lead, count);
        VECTORS.goBeyond(values, 2, before, 3, lead, count);
        assertArrayEquals(expected, values);
    }
}
