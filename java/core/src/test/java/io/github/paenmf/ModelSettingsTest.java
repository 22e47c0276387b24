package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.TrainOn;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a model tells people of how it was fitted. */
class ModelSettingsTest {

    private static final Matrix DATA = Matrix.of(new float[][] {{1, 2, 3}, {4, 5, 6}, {7, 8, 1}});

    private static PaeNmf.Builder pae() {
        return PaeNmf.builder().rank(2).epochs(1).seed(7);
    }

    private static List<String> names(Map<String, String> settings) {
        return List.copyOf(settings.keySet());
    }

    @Test
    void aProbabilisticModelTellsOfItsDistributions() {
        Map<String, String> settings =
                pae().prior(1.5, 2).batchRows(2).build().fit(DATA).settings();

        assertEquals(
                List.of(
                        "Objective",
                        "Error's standard deviation σ",
                        "Prior",
                        "Trained on",
                        "Floors of λ and k",
                        "Heads",
                        "Basis kept non-negative",
                        "Optimiser",
                        "Rows of a step",
                        "Seed"),
                names(settings));
        assertEquals("Weibull, shape 1.5, scale 2", settings.get("Prior"));
        assertEquals("samples of the coefficients", settings.get("Trained on"));
        assertEquals("0.001 and 0.3", settings.get("Floors of λ and k"));
        assertEquals("2", settings.get("Rows of a step"));
        assertEquals("7", settings.get("Seed"));
    }

    @Test
    void aModelAndLatentsSayWhatTheyAre() {
        PaeNmfModel model = pae().epochs(2).build().fit(DATA);

        assertEquals("PAE-NMF of rank 2, 3 features, 2 epochs", model.toString());
        assertEquals(
                "latents of 3 samples × 2 components", model.transform(DATA).toString());
    }

    @Test
    void anAutoencoderHasNoSettingsOfDistributions() {
        PaeNmfModel model = pae().trainOn(TrainOn.SCALE).kl(false).build().fit(DATA);

        assertEquals(
                List.of("Heads", "Basis kept non-negative", "Optimiser", "Rows of a step", "Seed"),
                names(model.settings()));
        assertEquals("all", model.settings().get("Rows of a step"));
    }

    @Test
    void standardNmfTellsItsStartAndSeed() {
        NmfModel model = Nmf.builder().rank(2).epochs(1).seed(3).build().fit(DATA);

        assertEquals(Map.of("Start", "nndsvd", "Seed", "3"), model.settings());
        assertEquals(List.of("Start", "Seed"), names(model.settings()));
    }

    @Test
    void standardNmfTellsItsPenalties() {
        NmfModel model = Nmf.builder()
                .rank(2)
                .epochs(1)
                .basisPenalty(new Penalty(0.5, 0))
                .build()
                .fit(DATA);

        assertEquals("none", model.settings().get("Penalty of the coefficients"));
        assertEquals("L1 0.5, L2 0", model.settings().get("Penalty of the basis"));
    }

    @Test
    void onlyWhereKlIsOnTheObjectiveHasIt() {
        PaeNmfModel with = pae().build().fit(DATA);
        PaeNmfModel without = pae().kl(false).build().fit(DATA);

        assertTrue(with.hasKl());
        assertEquals("reconstruction error + KL", with.settings().get("Objective"));
        assertFalse(without.hasKl());
        assertEquals("reconstruction error, without KL", without.settings().get("Objective"));
        assertFalse(Nmf.builder().rank(2).epochs(1).build().fit(DATA).hasKl());
    }

    @Test
    void warningsHaveCodesBesideTheirSentences() {
        PaeNmfModel dead = pae().lambdaMin(1).build().fit(DATA);

        assertEquals(
                dead.warnings(),
                dead.codedWarnings().stream().map(warning -> warning.text()).toList());
        assertTrue(
                dead.codedWarnings().stream()
                        .anyMatch(warning ->
                                warning.components().equals(dead.score(DATA).deadComponents())
                                        && !warning.components().isEmpty()),
                () -> dead.codedWarnings().toString());
    }
}
