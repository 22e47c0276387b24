package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.FittedModel;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Optimiser;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same configuration, data and seed give the same bits, wherever and however they are computed. */
class DeterminismTest {

    /** Five row blocks, the last with 3 rows; several slices of features, the last narrower. */
    private static final Matrix DATA = data(4 * Matrix.ROW_ALIGNMENT + 3, 77);

    /** What a fit may be; each goes through other code. */
    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Kind {
        ADAM(b -> {}),
        GRADIENT_DESCENT(b -> b.optimiser(Optimiser.GD)),
        MULTIPLICATIVE(b -> b.decoderUpdate(DecoderUpdate.MULTIPLICATIVE)),
        SOFTPLUS(b -> b.heads(Heads.SOFTPLUS).prior(1.5, 0.7)),
        MINI_BATCHES(b -> b.batchRows(600)),
        SMALL_MINI_BATCHES(b -> b.batchRows(100));

        private final Consumer<PaeNmf.Builder> setting;

        Kind(Consumer<PaeNmf.Builder> setting) {
            this.setting = setting;
        }

        PaeNmf.Builder builder() {
            PaeNmf.Builder builder = PaeNmf.builder().rank(7).epochs(4).seed(5).threads(1);
            setting.accept(builder);
            return builder;
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

    /** Few rows and many features, which are projected in runs of features. */
    private static final Matrix WIDE = data(38, 2345);

    private static FittedModel fit(PaeNmf.Builder builder) {
        return fit(builder, DATA);
    }

    private static FittedModel fit(PaeNmf.Builder builder, Matrix data) {
        return builder.build().fit(data).fitted();
    }

    private static void assertSameBits(FittedModel expected, FittedModel actual, String what) {
        assertEquals(expected.parameters(), actual.parameters(), what);
        assertEquals(expected.history(), actual.history(), what);
    }

    @ParameterizedTest
    @EnumSource
    void threadsAndChunksChangeNoBit(Kind kind) {
        FittedModel expected = fit(kind.builder());
        for (int threads : new int[] {1, 2, 3, 8}) {
            for (int chunkRows : new int[] {256, 512, 0}) {
                FittedModel actual = fit(kind.builder().threads(threads).chunkRows(chunkRows));
                assertSameBits(expected, actual, threads + " threads, chunks of " + chunkRows);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ADAM", "GRADIENT_DESCENT", "MULTIPLICATIVE"})
    void threadsChangeNoBitOfWideData(Kind kind) {
        FittedModel expected = fit(kind.builder(), WIDE);
        for (int threads : new int[] {2, 3, 8}) {
            assertSameBits(expected, fit(kind.builder().threads(threads), WIDE), threads + " threads");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSeedDecidesTheBits(Kind kind) {
        FittedModel expected = fit(kind.builder());

        assertSameBits(expected, fit(kind.builder()), "the same seed");
        FittedModel other = fit(kind.builder().seed(6));
        assertNotEquals(expected.parameters(), other.parameters());
        assertNotEquals(expected.history(), other.history());
        FittedModel high = fit(kind.builder().seed(5 | 1L << 40));
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
