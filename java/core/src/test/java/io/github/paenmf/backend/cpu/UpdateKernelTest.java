package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plain loops and vectors give the same bits, and touch nothing else. That they are right is the contracts' business. */
@Tag("jdk")
class UpdateKernelTest {

    private static final UpdateKernel PLAIN = CpuRuntime.scalar("for a test").updateKernel();
    private static final UpdateKernel VECTORS =
            CpuRuntime.choose(null, true, true).updateKernel();
    private static final int OFFSET = 3;

    private final SplittableRandom random = new SplittableRandom(5);

    private float[] values(int count, double least) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(least, 1);
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 3", "64, 16", "65, 5", "127, 2", "192, 9"})
    void hierarchicalUpdatesHaveTheSameBits(int count, int components) {
        int ld = count + 5;
        float[] x = values(OFFSET + components * ld, 0);
        float[] numerator = values(OFFSET + components * ld, -0.2);
        float[] product = values(components * ld, 0);
        float[] gram = values(components * components, 0.1);
        gram[0] = 0; // an unused component
        float[] plain = x.clone();
        float[] vectors = x.clone();
        hierarchical(PLAIN, count, components, ld, plain, numerator, product, gram);
        hierarchical(VECTORS, count, components, ld, vectors, numerator, product, gram);
        assertArrayEquals(plain, vectors);
        for (int i = 0; i < x.length; i++) {
            int j = (i - OFFSET) / ld;
            boolean outside = i < OFFSET || (i - OFFSET) % ld >= count;
            if (outside || j == 0) {
                assertEquals(x[i], vectors[i], "value " + i);
            }
        }
    }

    private static void hierarchical(
            UpdateKernel kernel,
            int count,
            int components,
            int ld,
            float[] x,
            float[] numerator,
            float[] product,
            float[] gram) {
        kernel.hierarchical(
                count,
                components,
                x,
                OFFSET,
                ld,
                numerator,
                OFFSET,
                ld,
                0.5f,
                product.clone(),
                ld,
                gram,
                0,
                components);
    }

    @ParameterizedTest
    @CsvSource({"1", "15", "64", "101"})
    void multiplicativeUpdatesHaveTheSameBits(int count) {
        float[] x = values(OFFSET + count + 2, 0);
        float[] numerator = values(count + 1, -0.2);
        float[] product = values(count + 2, 0);
        x[OFFSET] = 1e-19f; // too small after the update
        numerator[1] = 1e-3f;
        product[2] = 1;
        float[] plain = x.clone();
        float[] vectors = x.clone();
        PLAIN.multiplicative(count, plain, OFFSET, numerator, 1, 0.5f, product, 2);
        VECTORS.multiplicative(count, vectors, OFFSET, numerator, 1, 0.5f, product, 2);
        assertArrayEquals(plain, vectors);
        assertEquals(0f, vectors[OFFSET]);
        assertEquals(x[OFFSET + count], vectors[OFFSET + count]);
        for (int i = 0; i < OFFSET; i++) {
            assertEquals(x[i], vectors[i]);
        }
        for (float value : vectors) {
            assertTrue(value >= 0);
        }
    }
}
