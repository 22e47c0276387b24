package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
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
     */
    static void uniforms(long seed, int step, Purpose purpose, int[] ids, int stride, int rank, float[] target) {
        for (int j = 0; j < rank; j += Philox.WORDS) {
            block(seed, step, purpose, ids, stride, j, Math.min(Philox.WORDS, rank - j), target);
        }
    }

    /** The components that one counter serves. */
    private static void block(
            long seed, int step, Purpose purpose, int[] ids, int stride, int component, int count, float[] target) {
        for (int i = 0; i < stride; i += LANES) {
            IntVector x0 = IntVector.fromArray(INTS, ids, i);
            IntVector x1 = IntVector.broadcast(INTS, component / Philox.WORDS);
            IntVector x2 = IntVector.broadcast(INTS, step);
            IntVector x3 = IntVector.broadcast(INTS, purpose.code());
            int k0 = (int) seed;
            int k1 = (int) (seed >>> 32);
            for (int round = 0; round < Philox.ROUNDS; round++) {
                IntVector high0 = high(x0, Philox.MULTIPLIER_0);
                IntVector high1 = high(x2, Philox.MULTIPLIER_1);
                IntVector low0 = x0.mul(Philox.MULTIPLIER_0);
                IntVector low1 = x2.mul(Philox.MULTIPLIER_1);
                x0 = high1.lanewise(XOR, x1).lanewise(XOR, k0);
                x1 = low1;
                x2 = high0.lanewise(XOR, x3).lanewise(XOR, k1);
                x3 = low0;
                k0 += Philox.WEYL_0;
                k1 += Philox.WEYL_1;
            }
            int at = component * stride + i;
            store(x0, target, at);
            if (count > 1) {
                store(x1, target, at + stride);
            }
            if (count > 2) {
                store(x2, target, at + 2 * stride);
            }
            if (count > 3) {
                store(x3, target, at + 3 * stride);
            }
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
    private static void store(IntVector words, float[] target, int at) {
        words.lanewise(LSHR, 9)
                .or(0x3f800000)
                .reinterpretAsFloats()
                .sub(0x1.fffffep-1f)
                .intoArray(target, at);
    }
}
