package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A fit that runs away is found and named, and what was learnt before it is kept. */
class DivergenceTest {

    private static final Matrix DATA = TestData.parts(60, 12, 3);

    private static final Pattern MESSAGE = Pattern.compile("training diverged: (.*) was not a finite number in epoch"
            + " (\\d+); the parameters are those before it\\. Lower the learning rates, or raise sigma\\.");

    /** λ and Wf grow until their product overflows. */
    private static PaeNmf.Builder runaway() {
        return PaeNmf.builder()
                .rank(3)
                .epochs(60)
                .encoderRate(1e6)
                .decoderRate(1e6)
                .sigma(1e-4)
                .shapeMin(0.1);
    }

    private static void assertUsable(PaeNmfModel model) {
        PaeParameters p = model.fitted().parameters();
        for (float weight : p.weights()) {
            assertTrue(Float.isFinite(weight));
        }
        for (float bias : p.biases()) {
            assertTrue(Float.isFinite(bias));
        }
        assertTrue(Double.isFinite(model.score(DATA).objective()));
        assertTrue(Double.isFinite(model.score(DATA).relativeErrorMedian()));
    }

    private static void assertNamed(String term, PaeNmf.Builder builder) {
        PaeNmf estimator = builder.build();

        TrainingDivergedException e = assertThrows(TrainingDivergedException.class, () -> estimator.fit(DATA));

        Matcher matcher = MESSAGE.matcher(e.getMessage());
        assertTrue(matcher.matches(), e.getMessage());
        assertEquals(term, matcher.group(1));
        ProbabilisticModel last = e.lastGoodModel();
        assertEquals(Integer.parseInt(matcher.group(2)) - 1, last.history().epochs());
        assertEquals(StopReason.DIVERGED, last.history().stopReason());
        assertEquals(e.getMessage(), last.warnings().get(0));
        assertUsable((PaeNmfModel) last);
    }

    @Test
    void aReconstructionErrorThatRunsAwayIsNamed() {
        assertNamed("the reconstruction error", runaway());
    }

    /** (λ/λ₀)^k₀ Γ(1 + k₀/k) leaves the range of float32 where k falls to 0.1 at a large λ. */
    private static PaeNmf.Builder runawayDivergence() {
        return PaeNmf.builder()
                .rank(3)
                .epochs(60)
                .trainOn(TrainOn.MEDIAN)
                .encoderRate(10)
                .biasRate(1000)
                .sigma(0.01)
                .shapeMin(0.1)
                .prior(3, 1);
    }

    @Test
    void aDivergenceThatRunsAwayIsNamed() {
        assertNamed("the KL divergence", runawayDivergence().decoderRate(100).heads(Heads.SOFTPLUS));
    }

    /** Within the first epoch of batches: what is kept are the parameters that it began with. */
    @Test
    void batchesThatRunAwayAreFound() {
        assertNamed(
                "the reconstruction error",
                runawayDivergence().decoderRate(1000).sigma(1e-4).batchRows(7));
    }

    @Test
    void theLastGoodParametersAreThoseOfTheEpochBefore() {
        PaeNmfModel last = (PaeNmfModel) assertThrows(
                        TrainingDivergedException.class, () -> runaway().build().fit(DATA))
                .lastGoodModel();
        int good = last.history().epochs();

        // the losses of epoch `good` measured these parameters, which are those after one epoch fewer
        assertTrue(good >= 2);
        PaeNmfModel before = runaway().epochs(good - 1).build().fit(DATA);
        assertEquals(before.fitted().parameters(), last.fitted().parameters());
    }

    @Test
    void theLastGoodModelCanBeSaved(@TempDir Path directory) throws IOException {
        PaeNmfModel last = (PaeNmfModel) assertThrows(
                        TrainingDivergedException.class, () -> runaway().build().fit(DATA))
                .lastGoodModel();
        Path file = directory.resolve("model.npz");

        last.save(file);

        assertEquals(last.fitted(), PaeNmfModel.load(file).fitted());
    }

    /** Whichever epoch is the last: a fit that returns has a model that works. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void whatAFitReturnsIsUsable(int epochs) {
        try {
            assertUsable(runaway().epochs(epochs).build().fit(DATA));
        } catch (TrainingDivergedException e) {
            assertUsable((PaeNmfModel) e.lastGoodModel());
        }
    }

    /** The parameters after the last update, which no epoch measures, are not finite here. */
    @Test
    void theLastUpdateCanDivergeToo() {
        int epochs = assertThrows(
                        TrainingDivergedException.class, () -> runaway().build().fit(DATA))
                .lastGoodModel()
                .history()
                .epochs();

        TrainingDivergedException e = assertThrows(
                TrainingDivergedException.class,
                () -> runaway().epochs(epochs).build().fit(DATA));

        assertTrue(
                e.getMessage().startsWith("training diverged: a parameter was not a finite number in epoch " + epochs),
                e.getMessage());
        assertEquals(epochs, e.lastGoodModel().history().epochs());
        assertEquals(StopReason.DIVERGED, e.lastGoodModel().history().stopReason());
        assertUsable((PaeNmfModel) e.lastGoodModel());
    }
}
