package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A sample's draws go by its id, not by where it stands or in what company. */
class SampleIdsTest {

    /** More than one block of rows, so that blocks are shared out. */
    private static final int ROWS = 301;

    private static final Matrix DATA = TestData.parts(ROWS, 9, 2);
    private static final Matrix NAMED =
            DATA.withNames(IntStream.range(0, ROWS).mapToObj(i -> "cell " + i).toList(), List.of());
    private static final PaeNmfModel MODEL =
            PaeNmf.builder().rank(3).epochs(30).threads(2).build().fit(DATA);
    private static final long SEED = 11;

    private static int[] range(int from, int to) {
        return IntStream.range(from, to).toArray();
    }

    private static float[][] drawn(Matrix data) {
        return MODEL.reconstructSampled(data, 2, SEED).get(1).toRows();
    }

    private static float[][] drawn(Matrix data, long[] ids) {
        return MODEL.reconstructSampled(data, 2, SEED, ids).get(1).toRows();
    }

    @Test
    void aNamedRowHasTheSameDrawInAPartAndAnywhere() {
        float[][] whole = drawn(NAMED);

        assertArrayEquals(Arrays.copyOfRange(whole, 100, 140), drawn(NAMED.selectRows(range(100, 140))));
        assertArrayEquals(
                new float[][] {whole[300], whole[7], whole[0]}, drawn(NAMED.selectRows(new int[] {300, 7, 0})));
    }

    @Test
    void partsWithTheirIdsDrawWhatTheWholeDraws() {
        float[][] whole = drawn(DATA);

        assertArrayEquals(
                Arrays.copyOfRange(whole, 100, 140), drawn(DATA.selectRows(range(100, 140)), SampleIds.range(100, 40)));
        assertArrayEquals(
                new float[][] {whole[300], whole[7]}, drawn(DATA.selectRows(new int[] {300, 7}), new long[] {300, 7}));
    }

    @Test
    void samplesAroundRowsAreTheirDraws() {
        Matrix part = NAMED.selectRows(range(50, 60));
        float[][] around = MODEL.sample(part, 25, SEED).toRows();
        List<Matrix> draws = MODEL.reconstructSampled(NAMED, 3, SEED);

        for (int i = 0; i < around.length; i++) {
            assertArrayEquals(draws.get(i / 10).toRows()[50 + i % 10], around[i], "row " + i);
        }
        assertArrayEquals(
                MODEL.sample(DATA.selectRows(range(50, 60)), 25, SEED, SampleIds.of(part))
                        .toRows(),
                around);
    }

    @Test
    void aStreamFromThePriorGoesOn() {
        float[][] whole = MODEL.sample(30, SEED).toRows();

        assertArrayEquals(
                Arrays.copyOfRange(whole, 20, 30), MODEL.sample(10, SEED, 20).toRows());
    }

    @Test
    void scoreUsesTheDrawsOfReconstructions() {
        long[] ids = SampleIds.range(1L << 40, ROWS);
        List<Matrix> draws =
                MODEL.reconstructSampled(DATA, 10, MODEL.configuration().seed(), ids);
        double norm = DescriptionLength.squaredError(DATA, Matrix.zeros(ROWS, 1), Matrix.zeros(9, 1));
        double expected = draws.stream()
                .mapToDouble(drawn -> Math.sqrt(squaredDistance(DATA, drawn) / norm))
                .average()
                .orElseThrow();

        // float32 reconstructions, whose error is 3·2⁻²⁴ of a value at most; the residual is a tenth of it or more
        assertEquals(expected, MODEL.score(DATA, ids).relativeErrorSampled(), 1e-5 * expected);
        assertEquals(MODEL.score(DATA), MODEL.score(DATA, SampleIds.range(0, ROWS)));
        assertFalse(MODEL.score(DATA).relativeErrorSampled()
                == MODEL.score(DATA, ids).relativeErrorSampled());
    }

    private static double squaredDistance(Matrix one, Matrix other) {
        double sum = 0;
        for (int i = 0; i < one.rows(); i++) {
            for (int j = 0; j < one.columns(); j++) {
                double difference = one.get(i, j) - (double) other.get(i, j);
                sum += difference * difference;
            }
        }
        return sum;
    }

    /** All 64 bits of an id count. */
    @Test
    void idsThatDifferInAnyBitHaveOtherNoise() {
        Matrix row = DATA.selectRows(new int[] {5});
        float[][] zero = drawn(row, new long[] {0});

        for (int bit = 0; bit < Long.SIZE; bit++) {
            assertFalse(Arrays.deepEquals(zero, drawn(row, new long[] {1L << bit})), "bit " + bit);
        }
        assertArrayEquals(zero, drawn(row, new long[] {0}));
    }

    @Test
    void equalRowsUnderEqualNamesHaveTheirOwnNoise() {
        Matrix twins = DATA.selectRows(new int[] {4, 4, 4}).withNames(List.of("t", "t", "t"), List.of());
        float[][] drawn = drawn(twins);

        assertFalse(Arrays.equals(drawn[0], drawn[1]));
        assertFalse(Arrays.equals(drawn[1], drawn[2]));
        assertFalse(Arrays.equals(drawn[0], drawn[2]));
        assertArrayEquals(drawn[0], drawn(twins.selectRows(new int[] {0}))[0]);
    }

    /** The hash's published vectors (draft-eastlake-fnv). */
    @ParameterizedTest
    @CsvSource({"'', cbf29ce484222325", "a, af63dc4c8601ec8c", "foobar, 85944171f73967e8"})
    void namesAreHashedByFnv1a(String name, String hash) {
        assertEquals(hash, Long.toHexString(SampleIds.ofName(name)));
    }

    @Test
    void idsAreThoseOfNamesOrPositions() {
        assertArrayEquals(LongStream.range(0, ROWS).toArray(), SampleIds.of(DATA));
        assertEquals(SampleIds.ofName("cell 300"), SampleIds.of(NAMED)[300]);
        assertArrayEquals(new long[] {Long.MAX_VALUE, Long.MIN_VALUE}, SampleIds.range(Long.MAX_VALUE, 2));
    }

    @Test
    void anotherNumberOfIdsIsRefused() {
        long[] few = SampleIds.range(0, ROWS - 1);

        for (Runnable use : List.<Runnable>of(
                () -> MODEL.reconstructSampled(DATA, 1, SEED, few),
                () -> MODEL.sample(DATA, 1, SEED, few),
                () -> MODEL.score(DATA, few))) {
            assertEquals(
                    "300 ids for 301 rows",
                    assertThrows(IllegalArgumentException.class, use::run).getMessage());
        }
    }

    @Test
    void threadsDoNotChangeDrawsOrScores() {
        PaeNmfModel one = MODEL.withThreads(1);
        PaeNmfModel three = MODEL.withThreads(3);

        assertEquals(one.score(DATA), three.score(DATA));
        assertArrayEquals(
                one.sample(DATA, 700, SEED).toRows(),
                three.sample(DATA, 700, SEED).toRows());
    }
}
