package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullPosterior;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Latents of PAE-NMF that exact inference takes further. */
class RefinementTest {

    /** More than a block of components, and of rows. */
    private static final int RANK = 19;

    private static final int FEATURES = 40;
    private static final Matrix DATA =
            TestData.planted(300, FEATURES, RANK, 0.1, 5).data();
    private static final PaeNmfModel MODEL =
            PaeNmf.builder().rank(RANK).epochs(60).build().fit(DATA);

    @Test
    void noSweepLeavesTheEncodersLatents() {
        Latent expected = MODEL.transform(DATA);
        assertSame(expected, MODEL.withRefinement(0).transform(DATA));
        assertSame(expected, MODEL.withRefinement(3).withRefinement(0).transform(DATA));
        assertFalse(Arrays.equals(
                row(expected.k(), 0),
                row(MODEL.withRefinement(1).transform(DATA).k(), 0)));
    }

    private static void assertSame(Latent expected, Latent actual) {
        for (int i = 0; i < DATA.rows(); i++) {
            assertArrayEquals(row(expected.lambda(), i), row(actual.lambda(), i));
            assertArrayEquals(row(expected.k(), i), row(actual.k(), i));
        }
    }

    private static float[] row(Matrix matrix, int i) {
        return matrix.toRows()[i];
    }

    /**
     * Sweeps in double. A sweep in float32 is off by its sums, u·√r of terms that cancel to some 0.1 of them, and by the
     * functions of β, 1e-5; the next sweeps carry that on without growth.
     */
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "5, 1", "3, 0.25"})
    void sweepsAreThoseOfTheBound(int sweeps, double priorScale) {
        PaeNmfModel model = PaeNmf.builder()
                .rank(RANK)
                .epochs(60)
                .prior(1, priorScale)
                .build()
                .fit(DATA);
        Latent start = model.transform(DATA);
        Latent actual = model.withRefinement(sweeps).transform(DATA);
        double[][] gram = gram(model);
        double precision = 1 / (model.sigma() * model.sigma());
        double worst = 0;
        for (int i = 0; i < DATA.rows(); i++) {
            double[] means = new double[RANK];
            for (int j = 0; j < RANK; j++) {
                means[j] = Weibull.mean(start.k().get(i, j), start.lambda().get(i, j));
            }
            double[] shapes = new double[RANK];
            for (int sweep = 0; sweep < sweeps; sweep++) {
                for (int j = 0; j < RANK; j++) {
                    double b = numerator(model, i, j);
                    for (int l = 0; l < RANK; l++) {
                        b -= l == j ? 0 : gram[j][l] * means[l];
                    }
                    double root = Math.sqrt(gram[j][j] * precision);
                    float beta = (float) ((b * precision - 1 / priorScale) / root);
                    means[j] = WeibullPosterior.mean(beta) / root;
                    shapes[j] = WeibullPosterior.shape(beta);
                }
            }
            double greatest = 0;
            for (double mean : means) {
                greatest = Math.max(greatest, mean);
            }
            for (int j = 0; j < RANK; j++) {
                double mean = Weibull.mean(actual.k().get(i, j), actual.lambda().get(i, j));
                worst = Math.max(worst, Math.abs(mean - means[j]) / greatest);
                worst = Math.max(worst, Math.abs(actual.k().get(i, j) / shapes[j] - 1) / 10);
            }
        }
        double largest = worst;
        assertTrue(worst < 1e-4, () -> "off by " + largest);
    }

    private static double[][] gram(PaeNmfModel model) {
        double[][] gram = new double[RANK][RANK];
        for (int f = 0; f < FEATURES; f++) {
            for (int j = 0; j < RANK; j++) {
                for (int l = 0; l < RANK; l++) {
                    gram[j][l] +=
                            (double) model.fitted().basis(f, j) * model.fitted().basis(f, l);
                }
            }
        }
        return gram;
    }

    private static double numerator(PaeNmfModel model, int i, int j) {
        double sum = 0;
        for (int f = 0; f < FEATURES; f++) {
            sum += DATA.get(i, f) / model.fitted().dataScale() * model.fitted().basis(f, j);
        }
        return sum;
    }

    /** Coordinate ascent: no sweep lowers the bound, which is closed-form, and the first raise it the most. */
    @Test
    void everySweepRaisesTheBound() {
        double before = bound(MODEL.transform(DATA));
        double first = before;
        for (int sweeps : new int[] {1, 2, 3, 5, 10, 40}) {
            double after = bound(MODEL.withRefinement(sweeps).transform(DATA));
            // float32's part in E‖v − Wh‖²/(2σ²): 19 terms that cancel
            assertTrue(after > before - 1e-4 * Math.abs(before), before + ", then " + after);
            before = after;
        }
        assertTrue(before > first + 1, first + ", and at last " + before);
    }

    /** ELBO per sample, except for a constant. */
    private static double bound(Latent latent) {
        double[][] gram = gram(MODEL);
        double precision = 1 / (MODEL.sigma() * MODEL.sigma());
        double sum = 0;
        for (int i = 0; i < DATA.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                double k = latent.k().get(i, j);
                double lambda = latent.lambda().get(i, j);
                double mean = Weibull.mean(k, lambda);
                double quadratic = 0;
                for (int l = 0; l < RANK; l++) {
                    quadratic += gram[j][l]
                            * Weibull.mean(latent.k().get(i, l), latent.lambda().get(i, l));
                }
                double variance = gram[j][j] * Weibull.variance(k, lambda);
                sum -= precision * ((quadratic / 2 - numerator(MODEL, i, j)) * mean + variance / 2);
                sum -= Weibull.kl(k, lambda, 1, 1);
            }
        }
        return sum / DATA.rows();
    }

    /** The same bits alone, in a subset, in another order, on any threads. */
    @Test
    void aRowHasOneAnswer() {
        PaeNmfModel refined = MODEL.withRefinement(3);
        Latent all = refined.transform(DATA);
        int[] some = IntStream.range(0, 150).map(i -> 299 - 2 * i).toArray();
        Latent subset = refined.withThreads(3).transform(DATA.selectRows(some));
        for (int i = 0; i < some.length; i++) {
            assertArrayEquals(row(all.lambda(), some[i]), row(subset.lambda(), i));
            assertArrayEquals(row(all.k(), some[i]), row(subset.k(), i));
        }
        Latent alone = refined.transform(DATA.selectRows(new int[] {77}));
        assertArrayEquals(row(all.lambda(), 77), row(alone.lambda(), 0));
    }

    @Test
    void whateverUsesLatentsUsesTheRefined() {
        PaeNmfModel refined = MODEL.withRefinement(5);
        Latent latent = refined.transform(DATA);
        assertArrayEquals(latent.median().toRows(), refined.coefficients(DATA).toRows());
        try (ProbabilisticSession session = refined.openSession()) {
            assertSame(latent, session.transform(DATA));
        }
        double error = refined.score(DATA).relativeErrorMean();
        assertTrue(error < MODEL.score(DATA).relativeErrorMean(), () -> "error " + error);
    }

    @ParameterizedTest
    @CsvSource({"-1", "501"})
    void sweepsOutOfRangeAreRefused(int sweeps) {
        String message = assertThrows(SettingException.class, () -> MODEL.withRefinement(sweeps))
                .getMessage();
        assertEquals("refine must be in [0, 500], not " + sweeps, message);
    }

    @Test
    void modelsWithoutAnExponentialPriorAreRefused() {
        PaeNmf.Builder builder = PaeNmf.builder().rank(2).epochs(1);
        PaeNmfModel shaped = builder.prior(1.5, 1).build().fit(DATA);
        assertEquals(
                "refine must be 0 for a model whose prior has shape 1.5: exact posteriors are those of an exponential"
                        + " prior, of shape 1, not 2",
                assertThrows(SettingException.class, () -> shaped.withRefinement(2))
                        .getMessage());
        PaeNmfModel deterministic =
                builder.prior(1, 1).kl(false).trainOn(TrainOn.SCALE).build().fit(DATA);
        assertEquals(
                "refine must be 0 for a model without KL, which has no prior, not 2",
                assertThrows(SettingException.class, () -> deterministic.withRefinement(2))
                        .getMessage());
    }
}
