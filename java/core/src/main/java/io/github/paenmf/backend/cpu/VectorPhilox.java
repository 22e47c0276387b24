package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Philox} with a row in each lane: the same numbers. The upper half of a 32 × 32-bit product is
 * made from products of 16-bit halves, which every vector unit has.
 */
final class VectorPhilox {

    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int LANES = INTS.length();
    private static final int HALF = 0xffff;

    private VectorPhilox() {}

    /**
     * Uniform numbers in (0, 1), rank × stride.
     *
     * @param ids global index of each row
     * @param stride number of rows and distance between components, a multiple of the vector's length
     * @param x scratch for four words of each row
     */
    static void uniforms(
            long seed, int step, Purpose purpose, int[] ids, int stride, int rank, int[] x, float[] target) {
        for (int j = 0; j < rank; j += Philox.WORDS) {
            System.arraycopy(ids, 0, x, 0, stride);
            Arrays.fill(x, stride, 2 * stride, j / Philox.WORDS);
            Arrays.fill(x, 2 * stride, 3 * stride, step);
            Arrays.fill(x, 3 * stride, 4 * stride, purpose.code());
            int k0 = (int) seed;
            int k1 = (int) (seed >>> 32);
            for (int round = 0; round < Philox.ROUNDS; round++) {
                round(x, stride, k0, k1);
                k0 += Philox.WEYL_0;
                k1 += Philox.WEYL_1;
            }
            store(x, Math.min(Philox.WORDS, rank - j) * stride, target, j * stride);
        }
    }

    /** A loop for each round, since C2 does not keep all ten of them in registers. */
    private static void round(int[] x, int stride, int k0, int k1) {
        for (int i = 0; i < stride; i += LANES) {
            IntVector x0 = IntVector.fromArray(INTS, x, i);
            IntVector x1 = IntVector.fromArray(INTS, x, stride + i);
            IntVector x2 = IntVector.fromArray(INTS, x, 2 * stride + i);
            IntVector x3 = IntVector.fromArray(INTS, x, 3 * stride + i);
            high(x2, Philox.MULTIPLIER_1).lanewise(XOR, x1).lanewise(XOR, k0).intoArray(x, i);
            x2.mul(Philox.MULTIPLIER_1).intoArray(x, stride + i);
            high(x0, Philox.MULTIPLIER_0).lanewise(XOR, x3).lanewise(XOR, k1).intoArray(x, 2 * stride + i);
            x0.mul(Philox.MULTIPLIER_0).intoArray(x, 3 * stride + i);
        }
    }

    /** Upper 32 bits of the unsigned product. */
    private static IntVector high(IntVector x, int multiplier) {
        int m0 = multiplier & HALF;
        int m1 = multiplier >>> 16;
        IntVector x0 = x.and(HALF);
        IntVector x1 = x.lanewise(LSHR, 16);
        IntVector middle = x0.mul(m1).add(x0.mul(m0).lanewise(LSHR, 16)); // at most (2¹⁶ − 1)² + 2¹⁶ − 1
        IntVector carried = x1.mul(m0).add(middle.and(HALF));
        return x1.mul(m1).add(middle.lanewise(LSHR, 16)).add(carried.lanewise(LSHR, 16));
    }

    /** {@link Philox#toUniform}: the 23 bits make a float in [1, 2), exact before and after 1 − 2⁻²⁴ is taken off. */
    private static void store(int[] words, int count, float[] target, int offset) {
        for (int i = 0; i < count; i += LANES) {
            IntVector.fromArray(INTS, words, i)
                    .lanewise(LSHR, 9)
                    .or(0x3f800000)
                    .reinterpretAsFloats()
                    .sub(0x1.fffffep-1f)
                    .intoArray(target, offset + i);
        }
    }
}
