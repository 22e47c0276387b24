package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Zeros;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a fit from variational NMF starts, and what that is worth. */
class VbStartTest {

    private static final int RANK = 4;
    private static final int FEATURES = 40;
    private static final Matrix DATA = TestData.parts(300, FEATURES, RANK);
    /** Rates so low that no float changes: the model is where training starts. */
    private static final double FROZEN = 1e-30;

    private static PaeNmf.Builder frozen() {
        return PaeNmf.builder()
                .rank(RANK)
                .epochs(1)
                .init(Init.VB)
                .encoderRate(FROZEN)
                .biasRate(FROZEN)
                .decoderRate(FROZEN);
    }

    private static VariationalModel variational(double sigma) {
        return VariationalNmf.builder()
                .rank(RANK)
                .epochs(100)
                .zeros(Zeros.OFF)
                .sigma(sigma)
                .build()
                .fit(DATA);
    }

    /** In the units of its prior: h/λ₀ is that of variational NMF, whose prior mean is 1. */
    @ParameterizedTest
    @CsvSource({"0.1, 1", "0.1, 0.25", "0.5, 1"})
    void theBasisIsThatOfVariationalNmf(double sigma, double priorScale) {
        Matrix expected = variational(sigma).basis();
        Matrix basis =
                frozen().sigma(sigma).prior(1, priorScale).build().fit(DATA).basis();
        for (int f = 0; f < FEATURES; f++) {
            for (int j = 0; j < RANK; j++) { // the scales are powers of 2
                assertEquals((float) (expected.get(f, j) / priorScale), basis.get(f, j));
            }
        }
    }

    @Test
    void sigmaThatIsLearnedStartsWithVariationalNmfs() {
        double expected = variational(0).sigma();
        double[] first = new double[1];
        frozen().sigma(0)
                .listener(report -> {
                    first[0] = report.reconstruction();
                    return true;
                })
                .build()
                .fit(DATA);
        // after one step σ² is the mean squared residual of one sample of the posteriors that the heads come close to
        double sigma = Math.sqrt(Math.exp(2 * first[0] / FEATURES - 1) / (2 * Math.PI));
        assertTrue(sigma > 0.9 * expected && sigma < 2 * expected, () -> sigma + ", and " + expected);
    }

    /**
     * The planted coefficients are linear in the data except for noise and where they are near 0; so are the heads, but that
     * softplus never comes to 0.
     */
    @ParameterizedTest
    @CsvSource({"RELU, 0.1, 0.15", "SOFTPLUS, 0.3, 0.3"})
    void theHeadsComeCloseToThePosteriors(Heads heads, double ofMeans, double ofShapes) {
        Latent expected = variational(0.1).transform(DATA);
        Latent actual = frozen().heads(heads).build().fit(DATA).transform(DATA);
        double scale = norm(expected.mean(), null);
        assertTrue(
                norm(expected.mean(), actual.mean()) < ofMeans * scale,
                () -> norm(expected.mean(), actual.mean()) / scale + " of the means");
        double shapes = norm(expected.k(), null);
        assertTrue(
                norm(expected.k(), actual.k()) < ofShapes * shapes,
                () -> norm(expected.k(), actual.k()) / shapes + " of the shapes");
    }

    /** ‖A − B‖, or ‖A‖ without B. */
    private static double norm(Matrix a, Matrix b) {
        double squares = 0;
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < a.columns(); j++) {
                double difference = a.get(i, j) - (b == null ? 0 : b.get(i, j));
                squares += difference * difference;
            }
        }
        return Math.sqrt(squares);
    }

    @Test
    void fewEpochsFromItAreWorthManyFromRandom() {
        PaeNmf.Builder builder = PaeNmf.builder().rank(RANK);
        double fromVb =
                builder.init(Init.VB).epochs(20).build().fit(DATA).score(DATA).objective();
        double fromRandom = builder.init(Init.RANDOM)
                .epochs(200)
                .build()
                .fit(DATA)
                .score(DATA)
                .objective();

        assertTrue(fromVb < 0.8 * fromRandom, () -> fromVb + " and " + fromRandom);
    }

    @Test
    void threadsAndChunksChangeNoBitAndTheSeedDecides() {
        PaeNmf.Builder builder = PaeNmf.builder().rank(RANK).init(Init.VB).epochs(3);
        PaeNmfModel one = builder.threads(1).build().fit(DATA);

        assertEquals(
                one.fitted(),
                builder.threads(3).chunkRows(256).build().fit(DATA).fitted());
        assertNotEquals(
                one.fitted().parameters(),
                builder.seed(1).build().fit(DATA).fitted().parameters());
    }

    @Test
    void miniBatchesStartFromItToo() {
        PaeNmfModel model = PaeNmf.builder()
                .rank(RANK)
                .init(Init.VB)
                .batchRows(64)
                .sigma(0)
                .epochs(5)
                .build()
                .fit(DATA);
        assertTrue(
                model.score(DATA).relativeErrorMean() < 0.15,
                () -> "error " + model.score(DATA).relativeErrorMean());
    }
}
