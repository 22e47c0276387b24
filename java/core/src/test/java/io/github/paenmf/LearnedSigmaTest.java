package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Fits of PAE-NMF that learn σ, and what they report. */
class LearnedSigmaTest {

    private static final int RANK = 3;
    private static final int FEATURES = 30;

    private static PaeNmf.Builder learning() {
        return PaeNmf.builder().rank(RANK).sigma(0).init(Init.NMF).epochs(300);
    }

    /**
     * What exact inference of the same model finds; a linear encoder comes less close to the data, but by no more than
     * its posteriors are wide.
     */
    @ParameterizedTest
    @CsvSource({"0.1", "0.3"})
    void itComesNearThatOfExactInference(double noise) {
        Matrix data = TestData.planted(400, FEATURES, RANK, noise, 3).data();
        double exact = VariationalNmf.builder()
                .rank(RANK)
                .zeros(Zeros.OFF)
                .build()
                .fit(data)
                .sigma();
        double sigma = learning().build().fit(data).sigma();
        assertTrue(sigma > 0.95 * exact && sigma < 1.3 * exact, () -> sigma + ", and " + exact);
    }

    @ParameterizedTest
    @EnumSource(value = Init.class, names = "GIVEN", mode = EnumSource.Mode.EXCLUDE)
    void everyStartCanLearnIt(Init init) {
        Matrix data = TestData.planted(200, FEATURES, RANK, 0.2, 3).data();
        PaeNmfModel model = learning().init(init).build().fit(data);
        assertTrue(model.sigma() < 0.4, () -> "σ = " + model.sigma());
        assertEquals(StopReason.EPOCHS, model.history().stopReason());
    }

    /** −E ln p(v | h) = m/2·(1 + ln 2πσ²) at the best σ². */
    @Test
    void theHistoryIsThatOfTheEvidenceLowerBound() {
        Matrix data = TestData.parts(200, FEATURES, RANK);
        PaeNmfModel model = learning().build().fit(data);
        double[] reconstruction = model.history().reconstruction();
        double expected = FEATURES / 2.0 * (1 + Math.log(2 * Math.PI * model.sigma() * model.sigma()));
        assertEquals(expected, reconstruction[reconstruction.length - 1], 1e-12 * FEATURES);
        assertTrue(model.settings().get("Error's standard deviation σ").endsWith(", learned"));
        Score score = model.score(data);
        assertEquals(model.sigma(), score.sigma());
        assertEquals(score.reconstructionPerSample() + score.klPerSample(), score.objective(), 1e-12 * FEATURES);
        // another draw of the same posteriors
        assertEquals(expected, score.reconstructionPerSample(), 0.1 * FEATURES);
    }

    /** Threads, chunks and windows of epochs. */
    @Test
    void threadsAndChunksChangeNoBit() {
        Matrix data = TestData.parts(700, FEATURES, RANK);
        PaeNmf.Builder builder = learning().epochs(40).batchRows(300);
        assertEquals(
                builder.threads(1).build().fit(data).fitted(),
                builder.threads(3).chunkRows(256).build().fit(data).fitted());
    }

    @Test
    void aFileHoldsIt(@TempDir Path folder) throws IOException {
        Matrix data = TestData.parts(100, FEATURES, RANK);
        PaeNmfModel model = learning().epochs(20).build().fit(data);
        Path file = folder.resolve("model.npz");
        model.save(file);
        PaeNmfModel loaded = PaeNmfModel.load(file);
        assertEquals(model.fitted(), loaded.fitted());
        assertEquals(model.sigma(), loaded.sigma());
    }

    @Test
    void anUpdateLearnsFromWhereItWas() {
        Matrix data = TestData.parts(200, FEATURES, RANK);
        PaeNmfModel fixed = learning().sigma(0.25).build().fit(data);
        assertEquals(0.25, fixed.sigma());
        PaeNmfModel learned = learning().epochs(100).build().update(fixed, data);
        assertTrue(learned.sigma() < 0.1, () -> "σ = " + learned.sigma());
        PaeNmfModel again = learning().sigma(0.25).epochs(1).build().update(learned, data);
        assertEquals(0.25, again.sigma());
    }

    /** Nats per entry: a share of an objective near 0 would say nothing. */
    @Test
    void theToleranceIsOfTheEvidencePerEntry() {
        Matrix data = TestData.parts(200, FEATURES, RANK);
        PaeNmfModel model =
                learning().epochs(5000).tolerance(0.01).patience(100).build().fit(data);
        assertEquals(StopReason.CONVERGED, model.history().stopReason());
        PaeNmfModel unfinished = learning().init(Init.RANDOM).epochs(30).build().fit(data);
        String warning = unfinished.warnings().toString();
        assertTrue(warning.contains("not converged: the ELBO still rose by"), warning);
    }
}
