package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** PAE-NMF of rows with covariates, as users see it. */
class PaeCovariatesTest {

    private static final int N = 600;
    private static final int M = 25;
    private static final int R = 3;
    /** What batch b multiplies the coefficients of component 0 by. */
    private static final double BATCH = 3;

    private static final Matrix DATA;
    private static final Covariates TABLE;
    private static final double[][] W = new double[M][R];
    private static PaeNmfModel model;

    static {
        SplittableRandom random = new SplittableRandom(12);
        String[] batch = new String[N];
        double[] age = new double[N];
        double[][] h = new double[N][R];
        for (int i = 0; i < N; i++) {
            batch[i] = i % 2 == 1 ? "b" : "a";
            age[i] = random.nextInt(20, 60);
            for (int j = 0; j < R; j++) {
                h[i][j] = -Math.log(random.nextDouble());
            }
            h[i][0] *= i % 2 == 1 ? BATCH : 1;
        }
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < R; j++) {
                W[f][j] = random.nextBoolean() ? 0 : -Math.log(random.nextDouble());
            }
        }
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double sum = 0.1 * Math.abs(random.nextGaussian());
                for (int j = 0; j < R; j++) {
                    sum += h[i][j] * W[f][j];
                }
                values[i][f] = (float) sum;
            }
        }
        DATA = Matrix.of(values);
        TABLE = Covariates.builder().texts("batch", batch).numbers("age", age).build();
    }

    private static RowSource data() {
        return Covariates.attach(DATA, TABLE);
    }

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(R).epochs(60).seed(3).backend(Backends.Choice.CPU);
    }

    @BeforeAll
    static void fit() {
        model = builder().epochs(1000).build().fit(data());
    }

    /** The component of a model that a planted one is, by their cosine. */
    private static int match(PaeNmfModel of, int planted) {
        Matrix basis = of.basis();
        int best = 0;
        double greatest = 0;
        for (int j = 0; j < R; j++) {
            double product = 0;
            double square = 0;
            for (int f = 0; f < M; f++) {
                product += W[f][planted] * basis.get(f, j);
                square += basis.get(f, j) * basis.get(f, j);
            }
            double cosine = product / Math.sqrt(square);
            best = cosine > greatest ? j : best;
            greatest = Math.max(cosine, greatest);
        }
        return best;
    }

    static Stream<Arguments> fits() {
        return Stream.of(
                Arguments.of("all rows", 1000, (Consumer<PaeNmf.Builder>) b -> {}),
                Arguments.of("mini-batches", 200, (Consumer<PaeNmf.Builder>) b -> b.batchRows(100)),
                Arguments.of("hidden", 1000, (Consumer<PaeNmf.Builder>) b -> b.hidden(12)),
                Arguments.of("missing", 1000, (Consumer<PaeNmf.Builder>) b -> b.missing(true)),
                Arguments.of("sparse", 1000, (Consumer<PaeNmf.Builder>) b -> {}),
                Arguments.of("learned σ", 1000, (Consumer<PaeNmf.Builder>) b -> b.sigma(0)),
                Arguments.of("softplus", 1000, (Consumer<PaeNmf.Builder>) b -> b.heads(Heads.SOFTPLUS)),
                Arguments.of("start from vb", 600, (Consumer<PaeNmf.Builder>) b -> b.init(Init.VB)),
                Arguments.of("start from nmf", 300, (Consumer<PaeNmf.Builder>) b -> b.init(Init.NMF)),
                Arguments.of("counts", 1000, (Consumer<PaeNmf.Builder>) b -> b.likelihood(Likelihood.POISSON)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void effectsAreThoseThatWerePlanted(String name, int epochs, Consumer<PaeNmf.Builder> setting) {
        float[][] values = DATA.toRows();
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                boolean missing = name.equals("missing") && (i + f) % 9 == 0;
                float value = name.equals("counts") ? (float) Math.rint(10 * values[i][f]) : values[i][f];
                values[i][f] = missing ? Float.NaN : value;
            }
        }
        Matrix rows = Matrix.of(values);
        RowSource with = Covariates.attach(name.equals("sparse") ? SparseMatrix.of(rows) : rows, TABLE);
        PaeNmf.Builder builder = builder().epochs(epochs);
        setting.accept(builder);
        PaeNmfModel fitted = builder.build().fit(with);
        Matrix factors = fitted.covariateFactors().orElseThrow();
        int first = match(fitted, 0);
        for (int j = 0; j < R; j++) {
            // what exponential numbers say of the ratio of their means in two halves of n: a variance of 4/n of its
            // logarithm
            double ratio = Math.log(factors.get(1, j) / factors.get(0, j));
            assertEquals(j == first ? Math.log(BATCH) : 0, ratio, 3.3 * Math.sqrt(4.0 / N), name);
            // of a standardised number, 1/n; by either bound one seed of a thousand would miss
            assertEquals(0, Math.log(factors.get(2, j)), 3.3 * Math.sqrt(1.0 / N), name);
        }
    }

    private static void assertRefused(String reason, Runnable use) {
        String message = assertThrows(DataException.class, use::run).getMessage();
        assertTrue(message.contains(reason), message);
    }

    @Test
    void aModelAndItsDataBothHaveCovariatesOrNeither() {
        PaeNmfModel without = builder().epochs(2).build().fit(DATA);
        assertRefused("fitted with the covariates batch, age", () -> model.transform(DATA));
        assertRefused("fitted with the covariates batch, age", () -> model.score(DATA));
        assertRefused("fitted without any", () -> without.transform(data()));
        assertRefused("fitted without any", () -> builder().build().update(without, data()));
        assertRefused(
                "fitted with the covariates batch, age", () -> builder().build().update(model, DATA));
        assertTrue(without.covariateFactors().isEmpty());
    }

    private static void assertRefused(Setting setting, Runnable use) {
        assertEquals(setting, assertThrows(SettingException.class, use::run).setting());
    }

    @Test
    void whatTakesNoCovariatesRefusesThemByName() {
        double[] weights = IntStream.range(0, N).mapToDouble(i -> 1 + i).toArray();
        assertRefused(Setting.COVARIATES, () -> builder().build().fit(data(), Weights.NONE.withRows(weights)));
        assertRefused(Setting.COVARIATES, () -> builder().kl(false).build().fit(data()));
        assertRefused(
                Setting.COVARIATES,
                () -> builder().kl(false).trainOn(TrainOn.SCALE).build().fit(data()));
        assertRefused(
                Setting.COVARIATES,
                () -> builder().optimiser(Optimiser.GD).build().fit(data()));
        assertRefused(Setting.COVARIATES, () -> builder().kl(false).build().update(model, data()));
        for (Runnable use : List.<Runnable>of(
                () -> builder().backend(Backends.Choice.CUDA).build().fit(data()),
                () -> model.withBackend(Backends.Choice.CUDA).transform(data()))) {
            String message =
                    assertThrows(BackendUnavailableException.class, use::run).getMessage();
            assertTrue(message.contains("of pae with covariates runs on the CPU only"), message);
        }
        assertEquals(
                N,
                model.withBackend(Backends.Choice.AUTO)
                        .transform(data())
                        .lambda()
                        .rows());
    }

    @Test
    void samplesHaveThePriorOfTheirCovariates() {
        PaeNmfModel one = builder().rank(1).epochs(200).build().fit(data());
        Covariates settings = TABLE.selectRows(new int[] {0, 1});
        Matrix rows = one.sample(settings, 3, 5, 10);
        Matrix ofFirst = one.sample(settings.selectRows(new int[] {0}), 3, 5, 10);
        Latent prior = one.prior(settings, 2);
        double ratio = prior.lambda().get(1, 0) / prior.lambda().get(0, 0);
        assertTrue(Math.abs(ratio - 1) > 0.1, "ratio " + ratio);
        for (int f = 0; f < M; f++) {
            assertEquals(ofFirst.get(0, f), rows.get(0, f));
            assertEquals(ratio * ofFirst.get(1, f), rows.get(1, f), 1e-5 * rows.get(1, f));
            assertEquals(ofFirst.get(2, f), rows.get(2, f));
        }
        assertRefused("fitted with the covariates batch, age", () -> one.sample(3, 5));
    }

    @Test
    void aModelFileKeepsCovariates(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.npz");
        model.save(file);
        PaeNmfModel loaded = PaeNmfModel.load(file);
        assertEquals(model.covariates(), loaded.covariates());
        assertEquals(model.fitted().parameters(), loaded.fitted().parameters());
        assertArrayEquals(
                model.transform(data()).lambda().toRows(),
                loaded.transform(data()).lambda().toRows());
        assertEquals("batch, age", loaded.settings().get("Covariates"));
        assertArrayEquals(
                model.covariateFactors().orElseThrow().toRows(),
                loaded.covariateFactors().orElseThrow().toRows());
    }

    /** Threads, chunks and what is beside a row change no bit of it. */
    @Test
    void equalDataGiveEqualBits() {
        PaeNmfModel one = builder().epochs(22).threads(1).chunkRows(256).build().fit(data());
        PaeNmfModel two = builder().epochs(22).threads(3).build().fit(data());
        assertEquals(one.fitted().parameters(), two.fitted().parameters());
        Latent all = one.transform(data());
        Latent some = one.transform(data().selectRows(new int[] {7, 599, 0}));
        assertArrayEquals(all.lambda().toRows()[599], some.lambda().toRows()[1]);
        assertArrayEquals(all.k().toRows()[599], some.k().toRows()[1]);
    }

    /** The encoder reads covariates: rows with equal values and other covariates have other coefficients. */
    @Test
    void theEncoderReadsThem() {
        Covariates swapped =
                TABLE.selectRows(IntStream.range(0, N).map(i -> i ^ 1).toArray());
        float[][] lambda = model.transform(data()).lambda().toRows();
        float[][] other =
                model.transform(Covariates.attach(DATA, swapped)).lambda().toRows();
        assertTrue(lambda[0][0] != other[0][0]);
        PaeParameters p = model.fitted().parameters().copy();
        Arrays.fill(p.covariateWeights(), 0f);
        float[][] unread = of(p).transform(data()).lambda().toRows();
        float[][] unreadOther =
                of(p).transform(Covariates.attach(DATA, swapped)).lambda().toRows();
        assertArrayEquals(unread, unreadOther);
    }

    /** λ₀ᵢⱼ of a row. */
    private static double[] scales(int row) {
        Matrix prior = model.prior(TABLE.selectRows(new int[] {row}), 1).lambda();
        return IntStream.range(0, R).mapToDouble(j -> prior.get(0, j)).toArray();
    }

    @Test
    void aScoreHasTheDivergenceFromThePriorOfEachRow() {
        Latent latent = model.transform(data());
        double kl = 0;
        for (int i = 0; i < N; i++) {
            double[] scales = scales(i);
            for (int j = 0; j < R; j++) {
                kl += Weibull.kl(latent.k().get(i, j), latent.lambda().get(i, j), 1, scales[j]);
            }
        }
        assertEquals(kl / N, model.score(data()).klPerSample(), 1e-5 * kl / N); // scales are floats here
        // and it is what the fit has made less, by ln 2 − ln(3)/2 for two batches, one of which has a component three
        // times
        double without = builder().epochs(1000).build().fit(DATA).score(DATA).klPerSample();
        assertTrue(kl / N < without, () -> without + " without");
    }

    /** A row's coefficients are those of a model whose components are longer by what its covariates make of the prior. */
    @Test
    void refinedRowsOfASettingHaveThePosteriorsOfAModelOfTheirOwn() {
        Latent refined = model.withRefinement(400).transform(data());
        for (int row : new int[] {0, 1, 2, 123}) {
            double[] ratios = scales(row);
            PaeParameters longer = model.fitted().parameters().copy();
            for (int f = 0; f < M; f++) {
                for (int j = 0; j < R; j++) {
                    longer.weights()[f * longer.columns() + 2 * R + j] *= (float) ratios[j];
                }
            }
            longer.setCovariates(new float[0], new double[0]);
            Latent own = of(longer).withRefinement(400).transform(DATA.selectRows(new int[] {row}));
            for (int j = 0; j < R; j++) {
                // both are where sweeps change no bit but the last ones, of what the other coefficients leave of them
                double expected = ratios[j] * own.mean().get(0, j);
                assertEquals(expected, refined.mean().get(row, j), 5e-5 * (expected + 0.1));
            }
        }
        float[][] few = model.withRefinement(1).transform(data()).lambda().toRows();
        assertTrue(few[0][0] != model.transform(data()).lambda().get(0, 0));
    }

    /** Effects begin where the model has them, and are a priori there, so that rows of one batch alone keep them. */
    @Test
    void anUpdateGoesOnFromTheEffects() {
        int[] batch = IntStream.range(0, 40).filter(i -> i % 2 == 1).toArray();
        PaeNmfModel updated = builder().epochs(5).build().update(model, data().selectRows(batch));
        assertEquals(model.covariates(), updated.covariates());
        Matrix before = model.covariateFactors().orElseThrow();
        Matrix after = updated.covariateFactors().orElseThrow();
        int first = match(model, 0);
        // 5 steps of at most a fiftieth in both levels
        assertEquals(
                Math.log(before.get(1, first) / before.get(0, first)),
                Math.log(after.get(1, first) / after.get(0, first)),
                2 * 5 * 0.02);
        assertTrue(updated.fitted().parameters().covariateWeights()[0]
                != model.fitted().parameters().covariateWeights()[0]);
    }

    private static PaeNmfModel of(PaeParameters parameters) {
        FittedPae f = model.fitted();
        return new PaeNmfModel(
                new FittedPae(
                        f.configuration(),
                        parameters,
                        f.dataScale(),
                        List.of(),
                        f.history(),
                        0,
                        List.of(),
                        f.scaling(),
                        parameters.effects().length == 0 ? FittedCovariates.NONE : f.covariates()),
                model.execution(),
                null);
    }
}
