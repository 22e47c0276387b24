package io.github.paenmf.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("jdk")
class PhiloxTest {

    /** Standard normal quantile of 1 − 5e-7: a fair draw exceeds it in absolute value with odds of 1e-6. */
    private static final double NORMAL_MILLIONTH = 4.892;

    private static int[] words(long seed, long row, int block, int step, Purpose purpose) {
        int[] words = new int[Philox.WORDS];
        Philox.words(seed, row, block, step, purpose, words);
        return words;
    }

    private static float[] uniforms(long seed, long row, int step, int count) {
        float[] target = new float[count];
        Philox.uniforms(seed, row, step, Purpose.TRAINING, new int[Philox.WORDS], target, 0, count);
        return target;
    }

    /** The three vectors of Random123's kat_vectors for philox4x32-10. */
    @ParameterizedTest
    @CsvSource({
        "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
    })
    void knownAnswers(String counter, String key, String answer) {
        int[] c = hex(counter);
        int[] k = hex(key);
        int[] output = new int[6];
        Philox.block(c[0], c[1], c[2], c[3], k[0], k[1], output, 1);

        assertArrayEquals(hex(answer), Arrays.copyOfRange(output, 1, 5));
        assertEquals(0, output[0] | output[5], "written outside its four words");
    }

    private static int[] hex(String words) {
        return Arrays.stream(words.split(" "))
                .mapToInt(word -> Integer.parseUnsignedInt(word, 16))
                .toArray();
    }

    /** The counter is (row, block, step, purpose and the row's upper half), the key is the seed. */
    @Test
    void theCounterIsWhatTheNumberIsFor() {
        int[] expected = new int[4];
        Philox.block(0x89abcdef, 7, 11, 0x23 << 8 | 1, 0x55667788, 0x11223344, expected, 0);

        assertArrayEquals(expected, words(0x1122334455667788L, 0x2389abcdefL, 7, 11, Purpose.INITIALISATION));
    }

    /** The upper byte of a row stands above the block, which is less than 2²⁴. */
    @Test
    void allBitsOfARowAreInTheCounter() {
        int[] expected = new int[4];
        Philox.block(0x89abcdef, 0xfe << 24 | 7, 11, 0x543210 << 8 | 1, 5, 0, expected, 0);

        assertArrayEquals(expected, words(5, 0xfe54321089abcdefL, 7, 11, Purpose.INITIALISATION));
    }

    @Test
    void everyCoordinateChangesTheWords() {
        Set<String> seen = new HashSet<>();
        int drawn = 0;
        for (long seed : new long[] {0, 1, 1L << 32, -1}) {
            for (long row : new long[] {0, 1, 1L << 31, 1L << 32, (1L << 32) + 1, 1L << 40, 1L << 56, -1}) {
                for (int block : new int[] {0, 1, 64}) {
                    for (int step : new int[] {0, 1, 100_000}) {
                        for (Purpose purpose : Purpose.values()) {
                            for (int word : words(seed, row, block, step, purpose)) {
                                seen.add(Integer.toHexString(word));
                                drawn++;
                            }
                        }
                    }
                }
            }
        }
        // 4320 words out of 2³²: two fair ones are equal with odds of 4320²/2³³ = 0.2 %.
        assertEquals(drawn, seen.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 5, 7, 31, 64, 81})
    void aShorterRowIsAPrefixOfALongerOne(int count) {
        float[] longer = uniforms(42, 1234, 5, 100);

        assertArrayEquals(Arrays.copyOf(longer, count), uniforms(42, 1234, 5, count));
    }

    @Test
    void uniformsAreTheWordsOfTheirBlocks() {
        float[] target = new float[9];
        Philox.uniforms(9, 3, 2, Purpose.GENERATION, new int[Philox.WORDS], target, 2, 6);

        int[] first = words(9, 3, 0, 2, Purpose.GENERATION);
        int[] second = words(9, 3, 1, 2, Purpose.GENERATION);
        float[] expected = {
            0,
            0,
            Philox.toUniform(first[0]),
            Philox.toUniform(first[1]),
            Philox.toUniform(first[2]),
            Philox.toUniform(first[3]),
            Philox.toUniform(second[0]),
            Philox.toUniform(second[1]),
            0
        };
        assertArrayEquals(expected, target);
    }

    @Test
    void uniformsAreExactAndInsideTheOpenInterval() {
        assertEquals(0x1p-24f, Philox.toUniform(0));
        assertEquals(0x1p-24f, Philox.toUniform(0x1ff), "the lower nine bits do not count");
        assertEquals(1 - 0x1p-24f, Philox.toUniform(-1));
        assertEquals(0.5f + 0x1p-24f, Philox.toUniform(0x80000000));
        for (int j = 0; j < 1 << 23; j += 61) {
            assertEquals((j + 0.5) * 0x1p-23, Philox.toUniform(j << 9), 0.0);
        }
    }

    /** Pearson's χ² over 256 classes of 2¹⁸ draws along each coordinate. */
    @ParameterizedTest
    @CsvSource({"row", "column", "step", "seed"})
    void drawsAreUniformAlongEachCoordinate(String coordinate) {
        int n = 1 << 18;
        int classes = 256;
        double[] draws = along(coordinate, n);
        int[] counts = new int[classes];
        for (double draw : draws) {
            counts[(int) (draw * classes)]++;
        }
        double expected = n / (double) classes;
        double chiSquare = IntStream.of(counts)
                .mapToDouble(count -> (count - expected) * (count - expected) / expected)
                .sum();
        // Wilson and Hilferty: the cube root of χ²/d is normal; two-sided, so that too even fails as well
        double d = classes - 1;
        double normal = (Math.cbrt(chiSquare / d) - (1 - 2 / (9 * d))) / Math.sqrt(2 / (9 * d));
        assertTrue(Math.abs(normal) < NORMAL_MILLIONTH, coordinate + ": χ² = " + chiSquare + ", " + normal + " σ");
    }

    @ParameterizedTest
    @CsvSource({"row", "column", "step", "seed"})
    void neighboursAreUncorrelated(String coordinate) {
        int n = 1 << 18;
        double[] draws = along(coordinate, n);
        for (int lag = 1; lag <= 8; lag++) {
            double sum = 0;
            for (int i = 0; i + lag < n; i++) {
                sum += (draws[i] - 0.5) * (draws[i + lag] - 0.5);
            }
            // the product of two such factors has mean 0 and variance 1/144
            double normal = 12 * sum / Math.sqrt(n - lag);
            assertTrue(Math.abs(normal) < NORMAL_MILLIONTH, coordinate + ", lag " + lag + ": " + normal + " σ");
        }
    }

    private static double[] along(String coordinate, int n) {
        double[] draws = new double[n];
        if (coordinate.equals("column")) {
            float[] row = uniforms(17, 5, 3, n);
            Arrays.setAll(draws, i -> row[i]);
            return draws;
        }
        Arrays.setAll(draws, i -> switch (coordinate) {
            case "row" -> uniforms(17, i, 3, 1)[0];
            case "step" -> uniforms(17, 5, i, 1)[0];
            default -> uniforms(i, 5, 3, 1)[0];
        });
        return draws;
    }
}
