package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.train.Diagnosis;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The deterministic autoencoder of the paper's figure 1: h = max(V·Wλ + bλ, λ_min), v̂ = Wf·h. */
class AutoencoderTest {

    private static final int RANK = 3;
    private static final Matrix DATA = TestData.parts(60, 17, RANK);

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(RANK).epochs(300).trainOn(TrainOn.SCALE).kl(false);
    }

    /** What makes E^(1/k) = 1 and its derivative by k 0, to the last bit. */
    @Test
    void theLogarithmOfEIsExactlyZero() {
        assertEquals(0, FloatMath.log(-FloatMath.log(TrainOn.SCALE.epsilon())), 0.0);
        assertEquals(1, FloatMath.exp(0), 0.0);
    }

    @ParameterizedTest
    @EnumSource
    void theShapeIsNotTrained(Optimiser optimiser) {
        PaeParameters first = builder()
                .optimiser(optimiser)
                .epochs(1)
                .build()
                .fit(DATA)
                .fitted()
                .parameters();
        PaeParameters last = builder()
                .optimiser(optimiser)
                .epochs(50)
                .build()
                .fit(DATA)
                .fitted()
                .parameters();

        for (int i = 0; i < first.weights().length; i++) {
            if (i / RANK % 3 == 1) {
                assertEquals(first.weights()[i], last.weights()[i]);
            } else if (first.weights()[i] != 0) {
                assertNotEquals(first.weights()[i], last.weights()[i]);
            }
        }
        for (int j = RANK; j < 2 * RANK; j++) {
            assertEquals(1, last.biases()[j]);
        }
    }

    @Test
    void coefficientsAreTheHiddenLayerAndReconstructDecodesThem() {
        PaeNmfModel model = builder().build().fit(DATA);
        PaeParameters p = model.fitted().parameters();
        Matrix h = model.coefficients(DATA);
        Matrix reconstruction = model.reconstruct(DATA);
        double scale = model.fitted().dataScale();
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < DATA.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                double a = p.biases()[j];
                double terms = Math.abs(a);
                for (int f = 0; f < 17; f++) {
                    double term = DATA.get(i, f) / (scale * Math.sqrt(17)) * p.weights()[3 * RANK * f + j];
                    a += term;
                    terms += Math.abs(term);
                }
                assertEquals(Math.max(a, 1e-3), h.get(i, j), 20 * 0x1p-24 * terms); // sums of 18 terms
            }
            for (int f = 0; f < 17; f++) {
                double product = 0;
                for (int j = 0; j < RANK; j++) {
                    product += h.get(i, j) * p.decoder(f, j) * scale;
                }
                assertEquals(product, reconstruction.get(i, f), 6 * 0x1p-24 * product);
                squares += Math.pow(DATA.get(i, f) - product, 2);
                norm += Math.pow(DATA.get(i, f), 2);
            }
        }
        Score score = model.score(DATA);
        assertEquals(Math.sqrt(squares / norm), score.relativeError(), 1e-6);
        assertFalse(score.isProbabilistic());
        // the same objective as in training, one update later
        double[] history = model.history().reconstruction();
        assertEquals(1, score.objective() / history[history.length - 1], 0.02);
    }

    @ParameterizedTest
    @EnumSource
    void itExplainsWhatNmfExplains(Heads heads) {
        double nmf = Nmf.builder()
                .rank(RANK)
                .epochs(200)
                .build()
                .fit(DATA)
                .score(DATA)
                .relativeError();
        double autoencoder = builder()
                .heads(heads)
                .epochs(2000)
                .build()
                .fit(DATA)
                .score(DATA)
                .relativeError();

        assertTrue(nmf < autoencoder && autoencoder < 1.5 * nmf, () -> nmf + " and " + autoencoder);
    }

    @Test
    void whatNeedsADistributionSaysThatThereIsNone() {
        PaeNmfModel model = builder().epochs(1).build().fit(DATA);
        for (Executable use : new Executable[] {
            () -> model.transform(DATA),
            () -> model.reconstructMean(DATA),
            () -> model.reconstructSampled(DATA, 1, 0),
            () -> model.sample(1, 0),
            () -> model.sample(DATA, 1, 0)
        }) {
            assertEquals(
                    "a deterministic autoencoder has no distribution of its coefficients; use coefficients(data)",
                    assertThrows(IllegalStateException.class, use).getMessage());
        }
    }

    @Test
    void aDivergenceOfWhatHasNoDistributionIsRefused() {
        assertEquals(
                "train on must be a sample or the median where KL is on, not SCALE",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> builder().kl(true).build())
                        .getMessage());
    }

    @Test
    void aFileHoldsTheModelAndItsKind(@TempDir Path directory) throws IOException {
        PaeNmfModel model = builder().build().fit(DATA);
        Path file = directory.resolve("model.npz");
        model.save(file);

        FactorisationModel loaded = FactorisationModel.load(file);

        assertEquals(Algorithm.AE, loaded.algorithm());
        assertEquals(model.fitted(), ((PaeNmfModel) loaded).fitted());
        assertArrayEquals(
                model.coefficients(DATA).toRows(), loaded.coefficients(DATA).toRows());
    }

    /** A floor of k that every latent lies at means nothing where k has no effect. */
    @Test
    void shapesAtTheirFloorAreNotReported() {
        Matrix lambda = Matrix.of(new float[][] {{1, 1, 1}});
        Matrix k = Matrix.of(new float[][] {{0.3f, 0.3f, 0.3f}});
        PaeNmf.Builder builder = PaeNmf.builder().rank(RANK).epochs(1).kl(false);
        PaeNmfModel pae = builder.trainOn(TrainOn.MEDIAN).build().fit(DATA);
        PaeNmfModel ae = builder.trainOn(TrainOn.SCALE).build().fit(DATA);

        assertEquals(1, Diagnosis.of(pae.fitted(), lambda, k).shapeFloorShare());
        assertEquals(0, Diagnosis.of(ae.fitted(), lambda, k).shapeFloorShare());
    }
}
