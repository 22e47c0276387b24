package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of sparse kernels has to give equal bits; the backends' contract has the products against double precision. */
@Tag("jdk")
class SparseKernelTest {

    private static final SparseKernel VECTORS =
            CpuRuntime.choose(null, true, true).sparseKernel();

    private static float[] floats(SplittableRandom random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** An entry that is decoded beside others has the bits that it has alone, with or without room after the last. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 7, 16, 33})
    void decodingOfAnEntryDoesNotDependOnTheOthers(int count) {
        SplittableRandom random = new SplittableRandom(count);
        int rows = 41;
        for (int components : new int[] {1, 20, 50}) {
            int ld = VECTORS.stride(components);
            float[] b = floats(random, rows * ld);
            float[] h = floats(random, ld + 3);
            int[] columns = random.ints(count, 0, rows).toArray();
            float[] alone = new float[count];
            for (int l = 0; l < count; l++) {
                float[] one = new float[1];
                VECTORS.decode(1, new int[] {columns[l]}, h, 3, b, ld, one);
                alone[l] = one[0];
                double exact = 0;
                double magnitude = 0;
                for (int j = 0; j < ld; j++) {
                    exact += (double) h[3 + j] * b[columns[l] * ld + j];
                    magnitude += Math.abs((double) h[3 + j] * b[columns[l] * ld + j]);
                }
                // ld products and sums, each within half an ulp of at most the sum of magnitudes
                assertEquals(exact, alone[l], ld * 0x1p-24 * magnitude, "entry " + l);
            }
            float[] exactlyFits = new float[count];
            VECTORS.decode(count, columns, h, 3, b, ld, exactlyFits);
            assertArrayEquals(alone, exactlyFits);
            float[] withRoom = new float[count + 64];
            VECTORS.decode(count, columns, h, 3, b, ld, withRoom);
            assertArrayEquals(alone, Arrays.copyOf(withRoom, count));
        }
    }
}
