package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a fit from standard NMF starts, and what that is worth. */
class NmfStartTest {

    private static final int RANK = 4;
    private static final int FEATURES = 40;
    private static final Matrix DATA = TestData.parts(300, FEATURES, RANK);

    /** Rates so low that no float changes: the model is where training starts. */
    private static final double FROZEN = 1e-30;

    private static PaeNmf.Builder frozen() {
        return PaeNmf.builder()
                .rank(RANK)
                .epochs(1)
                .init(Init.NMF)
                .encoderRate(FROZEN)
                .biasRate(FROZEN)
                .decoderRate(FROZEN);
    }

    static Stream<Arguments> kinds() {
        return Stream.of(TrainOn.values())
                .flatMap(trainOn -> Stream.of(Heads.values()).map(heads -> arguments(trainOn, heads)));
    }

    /**
     * The planted coefficients are linear in the data except for noise and where they are 0; so are the heads. NMF leaves
     * 5 % noise.
     */
    @ParameterizedTest
    @MethodSource("kinds")
    void whatIsDecodedIsCloseToNmf(TrainOn trainOn, Heads heads) {
        PaeNmfModel model = frozen().trainOn(trainOn)
                .kl(trainOn != TrainOn.SCALE)
                .heads(heads)
                .build()
                .fit(DATA);

        // a step decodes samples, medians or scales: ‖V‖² = n·m in units of the scaled data
        double decoded = Math.sqrt(2 * 0.1 * 0.1 * model.history().reconstruction()[0] / FEATURES);
        // what softplus takes to make a coefficient near 0 is not linear in the data
        double bound = heads == Heads.RELU ? 0.06 : 0.2;
        if (trainOn == TrainOn.SAMPLE) {
            bound += 0.03; // σ²·r of noise, of a mean square of FEATURES: √(0.04/40)
        }
        assertTrue(decoded > 0.04 && decoded < bound, "error " + decoded);
    }

    /** What the default start has not reached by then. */
    @Test
    void fewEpochsAreEnough() {
        PaeNmf.Builder builder = PaeNmf.builder().rank(RANK);
        double fromNmf =
                builder.init(Init.NMF).epochs(20).build().fit(DATA).score(DATA).objective();
        double fromRandom = builder.init(Init.RANDOM)
                .epochs(200)
                .build()
                .fit(DATA)
                .score(DATA)
                .objective();

        assertTrue(fromNmf < 0.8 * fromRandom, () -> fromNmf + " and " + fromRandom);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 0.5"})
    void theMeanOfACoefficientIsThatOfThePrior(double shape, double scale) {
        PaeNmfModel model = frozen().prior(shape, scale).build().fit(DATA);
        Matrix means = model.transform(DATA).mean();
        double expected = Weibull.mean(shape, scale);

        for (int j = 0; j < RANK; j++) {
            double mean = 0;
            for (int i = 0; i < DATA.rows(); i++) {
                mean += means.get(i, j) / DATA.rows();
            }
            // λ at its floor instead of below 0 adds a little
            assertEquals(expected, mean, 0.02 * expected);
        }
    }

    /** k = (π/√6)·h‖w‖/σ, within its bounds, the same for all samples. */
    @ParameterizedTest
    @CsvSource({"0.1, false", "0.5, false", "1e3, true", "1e-4, true"})
    void theShapeSuitsSigma(double sigma, boolean bounded) {
        PaeNmfModel model = frozen().sigma(sigma).build().fit(DATA);
        PaeParameters p = model.fitted().parameters();
        Matrix h = model.coefficients(DATA);
        for (int j = 0; j < RANK; j++) {
            double squares = 0;
            double basis = 0;
            for (int i = 0; i < DATA.rows(); i++) {
                squares += h.get(i, j) * h.get(i, j) / (double) DATA.rows();
            }
            for (int f = 0; f < FEATURES; f++) {
                basis += p.decoder(f, j) * (double) p.decoder(f, j);
                assertEquals(0, p.weights()[3 * RANK * f + RANK + j], 1e-29); // after one frozen step
            }
            double k = Math.PI / Math.sqrt(6) * Math.sqrt(squares * basis) / sigma;
            if (bounded) {
                assertEquals(sigma > 1 ? 1 : 100, p.biases()[RANK + j], "bounded by the prior's and 100");
            } else {
                assertEquals(k, p.biases()[RANK + j], 0.05 * k);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "SAMPLE", mode = EnumSource.Mode.EXCLUDE)
    void whereNothingIsSampledTheShapeIsThePriors(TrainOn trainOn) {
        PaeNmfModel model =
                frozen().trainOn(trainOn).kl(false).prior(2, 1).build().fit(DATA);

        assertEquals(2, model.fitted().parameters().biases()[RANK]);
    }

    @Test
    void threadsChangeNoBitAndTheSeedDecides() {
        PaeNmf.Builder builder = PaeNmf.builder().rank(RANK).init(Init.NMF).epochs(3);
        PaeNmfModel one = builder.threads(1).build().fit(DATA);

        assertEquals(one.fitted(), builder.threads(3).build().fit(DATA).fitted());
        assertNotEquals(
                one.fitted().parameters(),
                builder.seed(1).build().fit(DATA).fitted().parameters());
    }

    /** NMF has no use for most of nine components of data of rank 2; they may start anywhere. */
    @Test
    void moreComponentsThanTheDataHaveAreNoHarm() {
        Matrix data = TestData.planted(5, 3, 2, 0, 1).data();
        PaeNmfModel model =
                PaeNmf.builder().rank(9).init(Init.NMF).epochs(300).build().fit(data);

        assertTrue(
                model.score(data).relativeError() < 0.1,
                () -> "error " + model.score(data).relativeError());
    }
}
