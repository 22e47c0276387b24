package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
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
    private static final IntVector ONE = IntVector.broadcast(INTS, 0x3f800000);
    private static final FloatVector BELOW_ONE = FloatVector.broadcast(FloatVector.SPECIES_PREFERRED, 0x1.fffffep-1f);

    private VectorPhilox() {}

    /**
     * Uniform numbers in (0, 1), rank × stride.
     *
     * @param ids global index of each row, or the lower half of its id
     * @param upperIds the upper half; null where all are 0
     * @param stride number of rows and distance between components, a multiple of the vector's length
     * @param x scratch for twice four words of each row
     */
    static void uniforms(
            long seed,
            int step,
            Purpose purpose,
            int[] ids,
            int[] upperIds,
            int stride,
            int rank,
            int[] x,
            float[] target) {
        for (int j = 0; j < rank; j += Philox.WORDS) {
            System.arraycopy(ids, 0, x, 0, stride);
            Arrays.fill(x, stride, 2 * stride, j / Philox.WORDS);
            Arrays.fill(x, 2 * stride, 3 * stride, step);
            Arrays.fill(x, 3 * stride, 4 * stride, purpose.code());
            if (upperIds != null) {
                addUpper(upperIds, stride, x);
            }
            int k0 = (int) seed;
            int k1 = (int) (seed >>> 32);
            int from = 0;
            int to = Philox.WORDS * stride;
            for (int round = 0; round < Philox.ROUNDS; round++) {
                multiply(x, from + 2 * stride, from + stride, to, stride, Philox.MULTIPLIER_1, k0);
                multiply(x, from, from + 3 * stride, to + 2 * stride, stride, Philox.MULTIPLIER_0, k1);
                k0 += Philox.WEYL_0;
                k1 += Philox.WEYL_1;
                int swap = from;
                from = to;
                to = swap;
            }
            store(x, from, Math.min(Philox.WORDS, rank - j) * stride, target, j * stride);
        }
    }

    /** Puts the upper halves of ids where {@link Philox} has them, beside block and purpose. */
    private static void addUpper(int[] upperIds, int stride, int[] x) {
        for (int i = 0; i < stride; i++) {
            x[stride + i] |= Philox.blockBits(upperIds[i]);
            x[3 * stride + i] |= Philox.purposeBits(upperIds[i]);
        }
    }

    /**
     * Half a round: a word times a constant, whose upper 32 bits go to {@code to} in exclusive or with another word
     * and a key, and whose lower 32 bits follow a stride after. A loop for each half of each round is as much as C2
     * keeps in registers.
     */
    private static void multiply(int[] x, int word, int other, int to, int stride, int multiplier, int key) {
        IntVector m = IntVector.broadcast(INTS, multiplier);
        IntVector m0 = IntVector.broadcast(INTS, multiplier & HALF);
        IntVector m1 = IntVector.broadcast(INTS, multiplier >>> 16);
        IntVector half = IntVector.broadcast(INTS, HALF);
        IntVector keys = IntVector.broadcast(INTS, key);
        for (int i = 0; i < stride; i += LANES) {
            IntVector w = IntVector.fromArray(INTS, x, word + i);
            IntVector w0 = w.and(half);
            IntVector w1 = w.lanewise(LSHR, 16);
            // at most (2¹⁶ − 1)² + 2¹⁶ − 1
            IntVector middle = w0.mul(m1).add(w0.mul(m0).lanewise(LSHR, 16));
            IntVector carried = w1.mul(m0).add(middle.and(half)).lanewise(LSHR, 16);
            IntVector high = w1.mul(m1).add(middle.lanewise(LSHR, 16)).add(carried);
            high.lanewise(XOR, IntVector.fromArray(INTS, x, other + i))
                    .lanewise(XOR, keys)
                    .intoArray(x, to + i);
            w.mul(m).intoArray(x, to + stride + i);
        }
    }

    /** {@link Philox#toUniform}: the 23 bits make a float in [1, 2), exact before and after 1 − 2⁻²⁴ is taken off. */
    private static void store(int[] words, int from, int count, float[] target, int offset) {
        for (int i = 0; i < count; i += LANES) {
            IntVector.fromArray(INTS, words, from + i)
                    .lanewise(LSHR, 9)
                    .or(ONE)
                    .reinterpretAsFloats()
                    .sub(BELOW_ONE)
                    .intoArray(target, offset + i);
        }
    }
}
