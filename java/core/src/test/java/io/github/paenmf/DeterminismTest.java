package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Optimiser;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same configuration, data and seed give the same bits, wherever and however they are computed. */
class DeterminismTest {

    private static final int RANK = 7;

    /** Five row blocks, the last with 3 rows; several slices of features, the last narrower. */
    private static final Matrix DATA = data(4 * Matrix.ROW_ALIGNMENT + 3, 333);

    /** Few rows and many features, which are projected in runs of features. */
    private static final Matrix WIDE = data(107, 2345);

    /** What a fit may be; each goes through other code. Steps are long enough for eight threads. */
    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Kind {
        ADAM(b -> {}),
        GRADIENT_DESCENT(b -> b.optimiser(Optimiser.GD)),
        MULTIPLICATIVE(b -> b.decoderUpdate(DecoderUpdate.MULTIPLICATIVE)),
        SOFTPLUS(b -> b.heads(Heads.SOFTPLUS).prior(1.5, 0.7)),
        MINI_BATCHES(b -> b.batchRows(600)),
        WIDE_ROWS(b -> {}, WIDE),
        WIDE_GRADIENT_DESCENT(b -> b.optimiser(Optimiser.GD), WIDE),
        WIDE_MULTIPLICATIVE(b -> b.decoderUpdate(DecoderUpdate.MULTIPLICATIVE), WIDE),
        WIDE_MINI_BATCHES(b -> b.batchRows(90), WIDE),
        /** Two runs of features, the fewest: at rank 15, since 100 rows of so few features are a short step. */
        NARROW_MINI_BATCHES(b -> b.rank(15).batchRows(100), data(321, 1100));

        private final Consumer<PaeNmf.Builder> setting;
        private final Matrix data;

        Kind(Consumer<PaeNmf.Builder> setting) {
            this(setting, DATA);
        }

        Kind(Consumer<PaeNmf.Builder> setting, Matrix data) {
            this.setting = setting;
            this.data = data;
        }

        PaeNmf.Builder builder() {
            PaeNmf.Builder builder = PaeNmf.builder()
                    .rank(RANK)
                    .epochs(4)
                    .seed(5)
                    .backend(Backends.Choice.CPU)
                    .threads(1);
            setting.accept(builder);
            return builder;
        }

        FittedPae fit(PaeNmf.Builder builder) {
            return builder.build().fit(data).fitted();
        }
    }

    private static Matrix data(int n, int m) {
        SplittableRandom random = new SplittableRandom(n);
        float[] values = new float[n * m];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(4) == 0 ? 0 : (float) -Math.log(1 - random.nextDouble());
        }
        return Matrix.wrap(values, n, m);
    }

    private static void assertSameBits(FittedPae expected, FittedPae actual, String what) {
        assertEquals(expected.parameters(), actual.parameters(), what);
        assertEquals(expected.history(), actual.history(), what);
    }

    @ParameterizedTest
    @EnumSource
    void threadsAndChunksChangeNoBit(Kind kind) {
        FittedPae expected = kind.fit(kind.builder());
        for (int threads : new int[] {1, 2, 3, 8}) {
            for (int chunkRows : new int[] {256, 512, 0}) {
                PaeNmfModel actual = kind.builder()
                        .threads(threads)
                        .chunkRows(chunkRows)
                        .build()
                        .fit(kind.data);
                String description = actual.trainedOn().orElseThrow();
                assertTrue(description.startsWith("CPU, " + threads + " thread"), description);
                assertFalse(description.contains("steps so short"), description);
                assertSameBits(expected, actual.fitted(), threads + " threads, chunks of " + chunkRows);
            }
        }
    }

    /** Each is a race anew: what one task wrote while another read it would differ now and then only. */
    @RepeatedTest(10)
    void miniBatchesAreCompleteBeforeTheyAreRead() {
        Kind kind = Kind.WIDE_MINI_BATCHES;
        assertSameBits(kind.fit(kind.builder()), kind.fit(kind.builder().threads(2)), "2 threads");
    }

    @ParameterizedTest
    @EnumSource
    void theSeedDecidesTheBits(Kind kind) {
        FittedPae expected = kind.fit(kind.builder());

        assertSameBits(expected, kind.fit(kind.builder()), "the same seed");
        FittedPae other = kind.fit(kind.builder().seed(6));
        assertNotEquals(expected.parameters(), other.parameters());
        assertNotEquals(expected.history(), other.history());
        FittedPae high = kind.fit(kind.builder().seed(5 | 1L << 40));
        assertNotEquals(expected.parameters(), high.parameters(), "the upper half of the seed counts too");
    }

    @Test
    void transformsAndReconstructionsAreTheSameForAnyNumberOfThreads() {
        PaeNmfModel one = Kind.ADAM.builder().build().fit(DATA);
        PaeNmfModel three = one.withThreads(3);

        assertEquals(one.score(DATA), three.score(DATA));
        assertSameRows(one.reconstruct(DATA), three.reconstruct(DATA));
        assertSameRows(one.sample(DATA, 20, 9), three.sample(DATA, 20, 9));
    }

    private static void assertSameRows(Matrix expected, Matrix actual) {
        assertEquals(expected.rows(), actual.rows());
        for (int i = 0; i < expected.rows(); i++) {
            for (int j = 0; j < expected.columns(); j++) {
                assertEquals(expected.get(i, j), actual.get(i, j));
            }
        }
    }
}
