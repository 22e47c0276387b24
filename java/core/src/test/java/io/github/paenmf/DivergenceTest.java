package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.Parameters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A fit that runs away is found and named, and what was learnt before it is kept. */
class DivergenceTest {

    private static final Matrix DATA = TestData.parts(60, 12, 3);

    private static final Pattern MESSAGE = Pattern.compile("training diverged: the (.*) was not a finite number in epoch"
            + " (\\d+); the parameters are those before it\\. Lower the learning rates, or raise sigma\\.");

    private static PaeNmf.Builder runaway() {
        return PaeNmf.builder()
                .rank(3)
                .epochs(100)
                .optimiser(Optimiser.GD)
                .decoderRate(1e6)
                .encoderRate(1e6)
                .biasRate(1e6)
                .stepClip(1e6);
    }

    private static void assertUsable(PaeNmfModel model) {
        Parameters p = model.fitted().parameters();
        for (float weight : p.weights()) {
            assertTrue(Float.isFinite(weight));
        }
        for (float bias : p.biases()) {
            assertTrue(Float.isFinite(bias));
        }
        assertTrue(Double.isFinite(model.score(DATA).objective()));
        assertTrue(Double.isFinite(model.score(DATA).relativeErrorMedian()));
    }

    @ParameterizedTest
    @CsvSource({"0", "7"})
    void theTermAndTheEpochAreNamed(int batchRows) {
        PaeNmf estimator = runaway().batchRows(batchRows).build();

        TrainingDivergedException e = assertThrows(TrainingDivergedException.class, () -> estimator.fit(DATA));

        Matcher matcher = MESSAGE.matcher(e.getMessage());
        assertTrue(matcher.matches(), e.getMessage());
        assertEquals("reconstruction error", matcher.group(1));
        PaeNmfModel last = e.lastGoodModel();
        assertEquals(Integer.parseInt(matcher.group(2)) - 1, last.history().epochs());
        assertEquals(StopReason.DIVERGED, last.history().stopReason());
        assertEquals(e.getMessage(), last.warnings().get(0));
        assertUsable(last);
    }

    @Test
    void theLastGoodParametersAreThoseOfTheEpochBefore() {
        PaeNmfModel last = assertThrows(
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
        PaeNmfModel last = assertThrows(
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
            assertUsable(e.lastGoodModel());
        }
    }
}
