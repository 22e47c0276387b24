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
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedEffects;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Variational NMF of rows with covariates, as users see it. */
class CovariateFitTest {

    private static final int N = 300;
    private static final int M = 25;
    private static final int R = 3;
    /** What batch b multiplies the coefficients of component 0 by, and a year of age, of mean 0, those of component 1. */
    private static final double BATCH = 4;

    private static final double AGE = 0.3;

    private static final Matrix DATA;
    private static final Covariates TABLE;
    private static final double[][] W = new double[M][R];
    private static VariationalModel model;

    static {
        SplittableRandom random = new SplittableRandom(12);
        String[] batch = new String[N];
        double[] age = new double[N];
        double[][] h = new double[N][R];
        for (int i = 0; i < N; i++) {
            batch[i] = i % 3 == 2 ? "b" : "a";
            age[i] = 40 + random.nextInt(-3, 4);
            for (int j = 0; j < R; j++) {
                h[i][j] = -Math.log(random.nextDouble());
            }
            h[i][0] *= i % 3 == 2 ? BATCH : 1;
            h[i][1] *= Math.exp(AGE * (age[i] - 40));
        }
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < R; j++) {
                W[f][j] = random.nextBoolean() ? 0 : -Math.log(random.nextDouble());
            }
        }
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double sum = 0.2 * random.nextGaussian();
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

    private static VariationalNmf.Builder builder() {
        return VariationalNmf.builder().rank(R).epochs(60).seed(3).backend(Backends.Choice.CPU);
    }

    @BeforeAll
    static void fit() {
        model = builder().epochs(120).build().fit(data());
    }

    /** The component of the model that a planted one is, by their cosine. */
    private static int match(int planted) {
        Matrix basis = model.basis();
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

    @Test
    void effectsAreThoseThatWerePlanted() {
        CovariateEffects effects = model.covariateEffects(0.99).orElseThrow();

        assertEquals(List.of("batch: a", "batch: b", "age"), effects.factor().rowNames());
        double deviation =
                ((FittedCovariates.Numbers) model.covariates().columns().get(1)).deviation();
        int first = match(0);
        int second = match(1);
        int third = match(2);
        // a third of the rows are of batch b; of seeded data, in which one 99 % interval of a hundred would miss
        assertHolds(effects, 0, first, Math.pow(BATCH, -1 / 3.0));
        assertHolds(effects, 1, first, Math.pow(BATCH, 2 / 3.0));
        assertHolds(effects, 2, second, Math.exp(AGE * deviation));
        assertHolds(effects, 2, third, 1);
        assertHolds(effects, 0, third, 1);
        // and they tell: the width of an interval is that of some tens of rows of each level
        double width = effects.upper().get(1, first) / effects.lower().get(1, first);
        assertTrue(width < 2, "width " + width);
    }

    private static void assertHolds(CovariateEffects effects, int row, int component, double planted) {
        double lower = effects.lower().get(row, component);
        double upper = effects.upper().get(row, component);
        double factor = effects.factor().get(row, component);
        assertTrue(
                lower <= planted && planted <= upper && lower <= factor && factor <= upper,
                () -> planted + ", row " + row + ": " + lower + " to " + upper + " around " + factor);
    }

    /** As VariationalNmfTest judges it, with the rounding of the Gram form, and the priors' part in it. */
    @ParameterizedTest
    @CsvSource({"LEARN, false", "OFF, false", "LEARN, true"})
    void theElboNeverFalls(Zeros zeros, boolean missing) {
        float[][] values = DATA.toRows();
        for (int i = 0; i < N && missing; i += 2) {
            values[i][i % M] = Float.NaN;
        }
        VariationalModel fitted =
                builder().zeros(zeros).missing(missing).build().fit(Covariates.attach(Matrix.of(values), TABLE));

        double[] reconstruction = fitted.history().reconstruction();
        double[] kl = fitted.history().kl();
        for (int epoch = 1; epoch < kl.length; epoch++) {
            double before = reconstruction[epoch - 1] + kl[epoch - 1];
            double rise = reconstruction[epoch] + kl[epoch] - before;
            boolean zerosComeIn = zeros == Zeros.LEARN && epoch == 20;
            double rounding = 0x1p-24
                    * (Math.sqrt(N) + 4)
                    * M
                    / fitted.fitted().parameters().squaredSigma();
            assertTrue(zerosComeIn || rise <= rounding, "epoch " + epoch + " rises by " + rise + " of " + rounding);
        }
    }

    /** What the fit has for KL is what the score has for the rows, and the KL of W and the prior of the effects. */
    @Test
    void theObjectiveOfTheFitIsThatOfTheScore() {
        VariationalModel fitted = builder().epochs(300).zeros(Zeros.OFF).build().fit(data());
        VbParameters p = fitted.fitted().parameters();
        double rest = 0;
        for (int e = 0; e < M * R; e++) {
            double mean = p.mean()[e];
            double shape = shape(mean, p.variance()[e]);
            rest += Weibull.kl(shape, mean / Weibull.mean(shape, 1), 1, p.priorMean()[e % R]);
        }
        for (double effect : p.effects()) {
            rest += effect * effect / 2;
        }
        double[] kl = fitted.history().kl();
        // rows are found anew by sweeps to a change of 3e-6; W's shapes are found by mean and variance in float32
        assertEquals(kl[kl.length - 1], fitted.score(data()).klPerSample() + rest / N, 2e-3);
    }

    /** The shape of a Weibull distribution by bisection: the coefficient of variation falls with it. */
    private static double shape(double mean, double variance) {
        double low = 0.1;
        double high = 1000;
        while (high - low > 1e-9) {
            double middle = (low + high) / 2;
            double scale = mean / Weibull.mean(middle, 1);
            boolean wide = MixedWeibull.variance(middle, scale, 1) > variance;
            low = wide ? middle : low;
            high = wide ? high : middle;
        }
        return low;
    }

    /** A row's coefficients are those of a model whose components are longer by what its covariates make of the prior. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void theRowsOfASettingHaveThePosteriorsOfAModelOfTheirOwn(boolean missing) {
        float[][] values = DATA.toRows();
        for (int i = 0; i < N && missing; i += 2) {
            values[i][i % M] = Float.NaN;
        }
        Matrix rows = Matrix.of(values);
        VariationalModel with = model.withMissing(missing ? Missing.NAN : Missing.NONE);
        Latent latent = with.transform(Covariates.attach(rows, TABLE));
        for (int row : new int[] {0, 1, 2, 123}) {
            double[] ratios = ratios(row);
            VbParameters longer = model.fitted().parameters().copy();
            for (int e = 0; e < M * R; e++) {
                longer.mean()[e] *= (float) ratios[e % R];
                longer.variance()[e] *= (float) (ratios[e % R] * ratios[e % R]);
            }
            longer.setEffects(new double[0]);
            Latent own = of(longer).withMissing(with.missing()).transform(rows.selectRows(new int[] {row}));
            for (int j = 0; j < R; j++) {
                // to what sweeps end by, several times
                double expected = ratios[j] * own.mean().get(0, j);
                assertEquals(expected, latent.mean().get(row, j), 5e-5 * (expected + 0.1));
                assertEquals(own.inclusion().get(0, j), latent.inclusion().get(row, j), 5e-5);
            }
        }
    }

    private static VariationalModel of(VbParameters parameters) {
        FittedVb f = model.fitted();
        FittedVb other = new FittedVb(
                f.configuration(), parameters, f.dataScale(), List.of(), f.history(), 0, f.intervals(), List.of());
        return new VariationalModel(other, model.execution(), null);
    }

    /** exp(B·x) of a row. */
    private static double[] ratios(int row) {
        Matrix first = model.prior(TABLE.selectRows(new int[] {row}), 1).lambda();
        double[] ratios = new double[R];
        Arrays.setAll(ratios, j -> first.get(0, j));
        return ratios;
    }

    @Test
    void samplesHaveThePriorOfTheirCovariates() {
        VariationalModel one = builder().rank(1).epochs(40).build().fit(data());
        Covariates settings = TABLE.selectRows(new int[] {0, 2});
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
        VariationalModel without = builder().epochs(2).build().fit(DATA);
        assertRefused("fitted without any", () -> without.sample(settings, 3, 5, 0));
    }

    @Test
    void aModelFileKeepsCovariates(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("model.npz");
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file);
        FittedEffects effects = loaded.fitted().effects();
        assertEquals(model.covariates(), loaded.covariates());
        assertEquals(model.fitted().parameters(), loaded.fitted().parameters());
        assertArrayEquals(model.fitted().effects().covariances(), effects.covariances());
        assertArrayEquals(
                model.transform(data()).mean().toRows(),
                loaded.transform(data()).mean().toRows());
        assertEquals("batch, age", loaded.settings().get("Covariates"));
    }

    /** Threads, storage and what is beside a row change no bit of it. */
    @Test
    void equalDataGiveEqualBits() {
        RowSource sparse = Covariates.attach(SparseMatrix.of(DATA), TABLE);
        VariationalModel one = builder().epochs(22).threads(1).build().fit(data());
        VariationalModel two = builder().epochs(22).threads(3).build().fit(data());
        assertEquals(one.fitted().parameters(), two.fitted().parameters());
        Latent all = one.transform(data());
        Latent some = one.transform(data().selectRows(new int[] {7, 299, 0}));
        assertArrayEquals(all.mean().toRows()[299], some.mean().toRows()[1]);
        assertEquals(
                N,
                builder()
                        .epochs(3)
                        .build()
                        .fit(sparse)
                        .transform(sparse)
                        .lambda()
                        .rows());
    }

    /** An update with rows of one batch alone, which say nothing of its effect, leaves it. */
    @Test
    void whatIsMadeOfManyRowsTakesTheirCovariates() {
        VariationalModel stable =
                builder().epochs(25).restarts(2).bootstrap(2).build().fit(data());
        assertEquals(M, stable.bootstrapIntervals(0.9).orElseThrow().lower().rows());
        int[] batch = IntStream.range(0, N).filter(i -> i % 3 == 2).toArray();
        VariationalModel updated = builder().epochs(5).build().update(model, data().selectRows(batch));
        assertEquals(model.covariates(), updated.covariates());
        double before = model.covariateEffects(0.9).orElseThrow().factor().get(1, match(0));
        double after = updated.covariateEffects(0.9).orElseThrow().factor().get(1, match(0));
        assertEquals(before, after, 1e-6);
        HoldOut split = HoldOut.split(data(), Missing.NONE, 0.1, 1);
        VariationalModel held = builder().epochs(25).missing(true).build().fit(split.training());
        assertTrue(split.relativeError(held) < 0.5);
    }

    @ParameterizedTest
    @EnumSource(
            value = IntervalMethod.class,
            names = {"AUTO", "JOINT", "CONDITIONAL", "MEAN_FIELD"})
    void intervalsAreThoseAroundTheFit(IntervalMethod method) {
        VariationalModel fitted = builder().epochs(25).intervals(method).build().fit(data());
        assertEquals(method == IntervalMethod.AUTO ? IntervalMethod.JOINT : method, fitted.intervalMethod());
        VariationalModel.Bounds bounds = fitted.intervals(data(), 0.9);
        Matrix means = fitted.transform(data()).mean();
        int held = 0;
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                boolean within = bounds.lower().get(i, j) <= means.get(i, j)
                        && means.get(i, j) <= bounds.upper().get(i, j);
                held += within ? 1 : 0;
            }
        }
        assertTrue(held > 0.95 * N * R, "held " + held);
    }

    @Test
    void knownComponentsKeepTheirWeights() {
        float[][] known = new float[M][1];
        for (int f = 0; f < M; f++) {
            known[f][0] = (float) W[f][0];
        }
        VariationalModel fitted =
                builder().initialBasis(Matrix.of(known)).fixBasis(true).build().fit(data());
        assertEquals(known[3][0], fitted.basis().get(3, 0));
        CovariateEffects effects = fitted.covariateEffects(0.99).orElseThrow();
        assertHolds(effects, 1, 0, Math.pow(BATCH, 2 / 3.0));
    }

    private static void assertRefused(String reason, Runnable use) {
        String message = assertThrows(DataException.class, use::run).getMessage();
        assertTrue(message.contains(reason), message);
    }

    @Test
    void aModelAndItsDataBothHaveCovariatesOrNeither() {
        VariationalModel without = builder().epochs(2).build().fit(DATA);
        assertRefused("fitted with the covariates batch, age", () -> model.transform(DATA));
        assertRefused("fitted with the covariates batch, age", () -> model.score(DATA));
        assertRefused("fitted without any", () -> without.transform(data()));
        assertRefused("fitted without any", () -> builder().build().update(without, data()));
        assertRefused(
                "fitted with the covariates batch, age", () -> builder().build().update(model, DATA));
        assertTrue(without.covariateEffects(0.9).isEmpty());
    }

    private static void assertRefused(Setting setting, Runnable use) {
        assertEquals(setting, assertThrows(SettingException.class, use::run).setting());
    }

    @Test
    void whatTakesNoCovariatesRefusesThemByName() {
        assertRefused(Setting.BATCH_ROWS, () -> builder().batchRows(100).build().fit(data()));
        double[] weights = IntStream.range(0, N).mapToDouble(i -> 1 + i).toArray();
        assertRefused(Setting.COVARIATES, () -> builder().build().fit(data(), Weights.NONE.withRows(weights)));
        assertRefused(
                Setting.COVARIATES,
                () -> builder().likelihood(Likelihood.POISSON).build().fit(data()));
        assertRefused(
                Setting.L1,
                () -> builder()
                        .penalties(new Penalties(new Penalty(0.1, 0), new Penalty(0.1, 0)))
                        .build()
                        .fit(data()));
        for (IntervalMethod method : new IntervalMethod[] {IntervalMethod.ROTATION, IntervalMethod.SAMPLED}) {
            assertRefused(
                    Setting.INTERVALS, () -> builder().intervals(method).build().fit(data()));
        }
        assertRefused(Setting.ENCODER, () -> builder().encoder().build().fit(data()));
        assertRefused(Setting.COVARIATES, () -> Nmf.builder().rank(2).build().fit(data()));
        assertThrows(
                BackendUnavailableException.class,
                () -> builder().backend(Backends.Choice.CUDA).build().fit(data()));
    }
}
