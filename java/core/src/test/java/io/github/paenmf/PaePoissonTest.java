package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.Warning;
import io.github.paenmf.testing.PoissonNumbers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PAE-NMF and its autoencoder of counts, by a Poisson likelihood. */
class PaePoissonTest {

    private static final int RANK = 3;

    /** Counts around a product, most of them 0. */
    static Matrix counts(int n, int m) {
        SplittableRandom random = new SplittableRandom(7);
        float[] values = new float[n * m];
        double[] w = random.doubles((long) m * RANK, 0, 1).map(u -> u * u * u).toArray();
        for (int i = 0; i < n; i++) {
            double[] h = random.doubles(RANK, 0, 3).map(u -> u * u / 3).toArray();
            for (int f = 0; f < m; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                values[i * m + f] = PoissonNumbers.draw(mean, random);
            }
        }
        return Matrix.wrap(values, n, m);
    }

    static PaeNmf.Builder poisson() {
        return PaeNmf.builder()
                .rank(RANK)
                .seed(2)
                .likelihood(Likelihood.POISSON)
                .backend(Backends.Choice.CPU);
    }

    private static PaeNmf.Builder autoencoder() {
        return poisson().trainOn(TrainOn.SCALE).kl(false);
    }

    @ParameterizedTest
    @CsvSource({"PROJECTED, 0", "MULTIPLICATIVE, 0", "PROJECTED, 100"})
    void predictsCountsThatWereHeldOutBetterThanNmf(DecoderUpdate update, int batchRows) {
        CountThinning thinning = CountThinning.split(SparseMatrix.of(counts(301, 71)), 0.8, 1);

        PaeNmfModel model = poisson()
                .decoderUpdate(update)
                .batchRows(batchRows)
                .epochs(batchRows == 0 ? 600 : 200)
                .build()
                .fit(thinning.training());

        double nmf = thinning.heldOutDeviance(Nmf.builder()
                .rank(RANK)
                .algorithm(NmfAlgorithm.KL)
                .epochs(300)
                .build()
                .fit(thinning.training()));
        assertTrue(thinning.heldOutDeviance(model) < nmf, thinning.heldOutDeviance(model) + " " + nmf);
        assertTrue(model.score(thinning.training()).deadComponents().isEmpty());
        assertTrue(model.codedWarnings().isEmpty(), model.warnings() + "");
    }

    /** A model's encoder has an input of its own unit; the loss of an epoch is that of the parameters before its update. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aModelScoresCountsAsItsTrainingDid(boolean sparse) {
        Matrix dense = counts(301, 71);
        RowSource data = sparse ? SparseMatrix.of(dense) : dense;
        double[] losses = autoencoder().epochs(61).build().fit(data).history().reconstruction();

        PaeNmfModel model = autoencoder().epochs(60).build().fit(data);

        Score score = model.score(data);
        assertEquals(losses[60], score.objective(), 1e-5 * losses[60]);
        Matrix decoded = model.reconstruct(data);
        double likelihood = 0;
        double deviance = 0;
        for (int i = 0; i < 301; i++) {
            for (int f = 0; f < 71; f++) {
                double v = dense.get(i, f);
                double mean = decoded.get(i, f);
                likelihood += mean - v * Math.log(mean) + LogGamma.value(v + 1);
                deviance += 2 * (mean - v + (v > 0 ? v * Math.log(v / mean) : 0));
            }
        }
        assertEquals(likelihood / 301, score.reconstructionPerSample(), 1e-5 * likelihood / 301);
        assertEquals(deviance / dense.size(), score.deviance(), 1e-5);
        assertTrue(Double.isNaN(score.sigma()));
        CountThinning thinning = CountThinning.split(data, 0.8, 1);
        assertTrue(thinning.heldOutDeviance(model) < 1.5, "of numbers");
    }

    @Test
    void theObjectiveIsTheElboOfItsSamples() {
        Matrix data = counts(301, 71);
        PaeNmfModel model = poisson().epochs(300).build().fit(data);

        Score score = model.score(data);

        double last = model.history().reconstruction()[299] + model.history().kl()[299];
        assertEquals(last, score.objective(), 0.02 * last); // other samples
        assertEquals(model.history().kl()[299], score.klPerSample(), 0.02 * score.klPerSample());
        assertTrue(score.deviance() < 1.2 && score.deviance() > 0.5, score + "");
        assertTrue(Double.isNaN(model.sigma()));
        assertEquals("Poisson, of counts", model.settings().get("Likelihood"));
        assertFalse(model.settings().containsKey("Error's standard deviation σ"));
        assertEquals(71, model.sample(5, 1).columns());
    }

    @Test
    void anUpdateGoesOnWhereTheModelIs(@TempDir Path folder) throws IOException {
        Matrix data = counts(301, 71);
        PaeNmfModel model = autoencoder().epochs(50).build().fit(data);
        Path file = folder.resolve("model.npz");
        model.save(file);
        PaeNmfModel loaded = PaeNmfModel.load(file);
        assertEquals(model.configuration(), loaded.configuration());
        assertEquals(
                model.configuration(),
                PaeNmf.builder().configuration(model.configuration()).build().configuration());
        assertArrayEquals(
                model.coefficients(data).toRows(), loaded.coefficients(data).toRows());
        Matrix other = data.selectRows(new int[] {3, 5, 7, 9, 11, 13, 15, 17, 19, 21});

        PaeNmfModel updated = autoencoder().epochs(1).build().update(loaded, other);

        double expected = loaded.score(other).objective();
        assertEquals(expected, updated.history().reconstruction()[0], 1e-5 * expected);
        assertEquals(51, updated.totalEpochs());
        assertRefused(
                "likelihood must be the model's, POISSON, not GAUSSIAN",
                () -> autoencoder().likelihood(Likelihood.GAUSSIAN).build().update(loaded, other));
    }

    static Stream<Arguments> whatCountsDoNotTake() {
        return Stream.of(
                Arguments.of("sigma has no effect with a Poisson likelihood", setting(b -> b.sigma(1))),
                Arguments.of("likelihood must be gaussian with gd", setting(b -> b.optimiser(Optimiser.GD))),
                Arguments.of("init must be random with a Poisson likelihood", setting(b -> b.init(Init.NMF))),
                Arguments.of(
                        "missing values cannot be left out with a Poisson likelihood", setting(b -> b.missing(true))),
                Arguments.of(
                        "batch rows must be 0, all rows, with multiplicative updates",
                        setting(b -> b.batchRows(10).decoderUpdate(DecoderUpdate.MULTIPLICATIVE))),
                Arguments.of(
                        "scaling must be none for pae and ae with a Poisson likelihood",
                        setting(b -> b.scaling(Scaling.NONE.withSizeFactors(SizeFactors.TOTAL)))));
    }

    private static UnaryOperator<PaeNmf.Builder> setting(UnaryOperator<PaeNmf.Builder> setting) {
        return setting;
    }

    @ParameterizedTest
    @MethodSource
    void whatCountsDoNotTake(String reason, UnaryOperator<PaeNmf.Builder> setting) {
        assertRefused(reason, () -> setting.apply(poisson()).build());
    }

    private static void assertRefused(String reason, Executable executable) {
        SettingException e = assertThrows(SettingException.class, executable);
        assertTrue(e.getMessage().contains(reason), e.getMessage());
    }

    @Test
    void whatAFitOfCountsDoesNotTakeIsRefused() {
        Matrix data = counts(40, 11);
        PaeNmf estimator = poisson().epochs(5).build();
        double[] ones = new double[40];
        Arrays.fill(ones, 1);
        assertRefused(
                "weights has no effect with a Poisson likelihood",
                () -> estimator.fit(data, Weights.NONE.withRows(ones)));
        PaeNmfModel model = estimator.fit(data);
        assertRefused("refine must be 0 for a model with a Poisson likelihood", () -> model.withRefinement(1));
        Matrix incomplete = data.copy();
        incomplete.storage(3)[incomplete.offset(3)] = Float.NaN;
        RowSource holes = IncompleteData.of(incomplete, Missing.NAN);
        assertRefused("missing values", () -> estimator.fit(holes));
        assertRefused("missing values", () -> model.score(holes));
        PaeNmf cuda = PaeNmf.builder()
                .likelihood(Likelihood.POISSON)
                .backend(Backends.Choice.CUDA)
                .build();
        BackendUnavailableException e = assertThrows(BackendUnavailableException.class, () -> cuda.fit(data));
        assertTrue(e.getMessage().contains("a fit with a Poisson likelihood runs on the CPU only"), e.getMessage());
    }

    @Test
    void whatIsNotACountIsWarnedOf() {
        Matrix data = counts(40, 11);
        data.storage(3)[data.offset(3)] = 0.5f;

        PaeNmfModel model = poisson().epochs(5).build().fit(data);

        assertTrue(
                model.codedWarnings().stream().anyMatch(warning -> warning.code() == Warning.Code.NOT_COUNTS),
                model.warnings() + "");
    }
}
