package io.github.paenmf;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.Warning;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.PoissonNumbers;
import io.github.paenmf.vb.CountIntervals;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Variational NMF of counts, by a Poisson likelihood. */
class PoissonTest {

    private static final int RANK = 3;

    /** Counts around a product, most of them 0. */
    private static Matrix counts(int n, int m) {
        SplittableRandom random = new SplittableRandom(7);
        float[] values = new float[n * m];
        double[] w = random.doubles((long) m * RANK, 0, 1).map(u -> u * u * u).toArray();
        for (int i = 0; i < n; i++) {
            double[] h = random.doubles(RANK, 0, 3).toArray();
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

    private static VariationalNmf.Builder poisson() {
        return VariationalNmf.builder()
                .rank(RANK)
                .seed(2)
                .epochs(40)
                .likelihood(Likelihood.POISSON)
                .backend(Backends.Choice.CPU);
    }

    private static double[] objectives(FactorisationModel model) {
        double[] kl = model.history().kl();
        double[] reconstruction = model.history().reconstruction();
        return IntStream.range(0, kl.length)
                .mapToDouble(e -> reconstruction[e] + kl[e])
                .toArray();
    }

    @ParameterizedTest
    @EnumSource(names = "GIVEN", mode = EnumSource.Mode.EXCLUDE)
    void theElboNeverFalls(VbInit init) {
        Matrix data = counts(301, 71);
        double total = IntStream.range(0, 301 * 71)
                .mapToDouble(e -> data.get(e / 71, e % 71))
                .sum();
        double[] objectives =
                objectives(poisson().epochs(150).init(init).build().fit(data));
        // v ln v̂ changes by v times the relative error of v̂, a sum of 3 products, and that of the logarithm; the same
        // before as after: 2 · (3 + 4) · u of all counts. Divergences, of 372 · 3 numbers, are off by 2e-6 each.
        double bound = (14 * U * total + 2 * 2e-6 * (301 + 71) * RANK) / 301;
        for (int e = 1; e < objectives.length; e++) {
            double rise = objectives[e] - objectives[e - 1];
            assertTrue(rise <= bound, "epoch " + (e + 1) + ": the objective rose by " + rise);
        }
        assertTrue(objectives[0] - objectives[149] > 1);
    }

    /** At the end of a fit its own rows have no better coefficients than those by which its objective was made. */
    @Test
    void theObjectiveIsThatOfWhatWasFitted() {
        Matrix data = counts(120, 31);
        VariationalModel model = poisson().epochs(2000).build().fit(data);
        double[] objectives = objectives(model);
        double klOfBasis = 0;
        float[] mean = model.fitted().parameters().mean();
        for (int e = 0; e < mean.length; e++) {
            double k =
                    WeibullShape.ofMoments(mean[e], model.fitted().parameters().variance()[e]);
            double prior = model.fitted().parameters().priorMean()[e % RANK];
            klOfBasis += Weibull.kl(k, mean[e] / Weibull.mean(k, 1), 1, prior);
        }
        double expected = model.score(data).objective() + klOfBasis / 120;
        // 31 · (ln v! and v ln v̂) and 3 · (120 + 31)/120 divergences per row, each to 2e-6; and what is left to
        // converge
        assertEquals(expected, objectives[1999], 1e-5 * expected);
        assertTrue(objectives[999] - objectives[1999] < 1e-5 * expected);
    }

    static Stream<Arguments> runs() {
        return Stream.of(Arguments.of(1, 0), Arguments.of(2, 0), Arguments.of(3, 256), Arguments.of(1, 512));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void threadsChunksAndStorageChangeNoBit(int threads, int chunkRows) {
        Matrix data = counts(601, 65);
        VariationalModel expected = poisson().threads(1).build().fit(data);
        for (RowSource form : new RowSource[] {data, SparseMatrix.of(data)}) {
            VariationalModel model =
                    poisson().threads(threads).chunkRows(chunkRows).build().fit(form);
            assertArrayEquals(objectives(expected), objectives(model));
            assertEquals(expected.fitted().parameters(), model.fitted().parameters());
            assertLatents(expected.transform(data), model.transform(form));
        }
    }

    private static void assertLatents(Latent expected, Latent actual) {
        for (int i = 0; i < expected.k().rows(); i++) {
            for (int j = 0; j < expected.k().columns(); j++) {
                assertEquals(expected.lambda().get(i, j), actual.lambda().get(i, j));
                assertEquals(expected.k().get(i, j), actual.k().get(i, j));
            }
        }
    }

    /** Windows of 1, 2, 4, ... epochs: one within which a fit ends is run again up to there. */
    @Test
    void aFitThatEndsWithinAWindowIsThatOfItsEpochs() {
        Matrix data = counts(80, 23);
        for (int epochs : new int[] {5, 20, 45}) {
            VariationalModel ended = poisson()
                    .epochs(100)
                    .listener(report -> report.epoch() < epochs)
                    .build()
                    .fit(data);
            VariationalModel expected = poisson().epochs(epochs).build().fit(data);
            assertEquals(epochs, ended.totalEpochs());
            assertEquals(expected.fitted().parameters(), ended.fitted().parameters());
        }
    }

    @Test
    void rowsAreEncodedEachByItself() {
        Matrix data = counts(300, 41);
        VariationalModel model = poisson().build().fit(data);
        int[] some = {299, 0, 17};
        Latent all = model.transform(data);
        Latent few = model.transform(data.selectRows(some));
        for (int i = 0; i < some.length; i++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(all.lambda().get(some[i], j), few.lambda().get(i, j));
            }
        }
    }

    /** At a maximum all derivatives are 0, so the bound falls wherever one coefficient goes. */
    @Test
    void encodedRowsAreAtAMaximumOfTheirElbo() {
        Matrix data = counts(60, 41);
        VariationalModel model = poisson().epochs(100).build().fit(data);
        Latent latent = model.transform(data);
        double best = elbo(model, data, 5, latent, -1, 1);
        for (int j = 0; j < RANK; j++) {
            assertTrue(elbo(model, data, 5, latent, j, 1.05) < best);
            assertTrue(elbo(model, data, 5, latent, j, 0.95) < best);
        }
    }

    /** ELBO of one row, of which the scale of one coefficient is multiplied by a factor. */
    private static double elbo(
            VariationalModel model, Matrix data, int row, Latent latent, int changed, double factor) {
        double sum = 0;
        double[] g = new double[RANK];
        for (int j = 0; j < RANK; j++) {
            double k = latent.k().get(row, j);
            double lambda = latent.lambda().get(row, j) * (j == changed ? factor : 1);
            g[j] = Weibull.geometricMean(k, lambda);
            sum -= Weibull.kl(k, lambda, 1, 1);
            for (int f = 0; f < data.columns(); f++) {
                sum -= Weibull.mean(k, lambda) * model.basis().get(f, j);
            }
        }
        for (int f = 0; f < data.columns(); f++) {
            double decoded = 0;
            for (int j = 0; j < RANK; j++) {
                decoded += g[j] * geometric(model, f, j);
            }
            double v = data.get(row, f);
            sum += v * Math.log(decoded) - LogGamma.value(v + 1);
        }
        return sum;
    }

    private static double geometric(VariationalModel model, int f, int j) {
        return Weibull.geometricMeanOfMoments(
                model.basis().get(f, j), model.fitted().parameters().variance()[f * RANK + j]);
    }

    @Test
    void aScoreHasTheElboAndTheDeviance() {
        Matrix data = counts(50, 31);
        VariationalModel model = poisson().build().fit(data);
        Latent latent = model.transform(data);
        Score score = model.score(data);
        double elbo = IntStream.range(0, 50)
                .mapToDouble(i -> elbo(model, data, i, latent, -1, 1))
                .sum();
        assertEquals(elbo / data.size(), score.elbo(), 1e-5 * Math.abs(score.elbo()));
        double deviance = 0;
        Matrix decoded = model.reconstructMean(data);
        for (int i = 0; i < 50; i++) {
            for (int f = 0; f < 31; f++) {
                double v = data.get(i, f);
                double mean = decoded.get(i, f);
                deviance += 2 * ((v > 0 ? v * Math.log(v / mean) : 0) - v + mean) / data.size();
            }
        }
        assertEquals(deviance, score.deviance(), 1e-5 * deviance); // of float32 sums of 3 products
        assertEquals(Double.NaN, score.sigma());
        assertEquals(Double.NaN, model.sigma());
        assertEquals("Poisson, of counts", model.settings().get("Likelihood"));
        VariationalModel gaussian = VariationalNmf.builder()
                .rank(2)
                .epochs(3)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(data);
        assertEquals(Double.NaN, gaussian.score(data).deviance());
    }

    @Test
    void devianceRefusesShapesThatDoNotFit() {
        Matrix data = counts(5, 4);
        assertThrows(
                IllegalArgumentException.class, () -> Deviance.ofPoisson(data, Matrix.zeros(5, 2), Matrix.zeros(4, 3)));
        assertEquals(Double.POSITIVE_INFINITY, Deviance.ofPoisson(data, Matrix.zeros(5, 2), Matrix.zeros(4, 2)));
    }

    @Test
    void measuredNoiseHasNoEffectOnCounts() {
        VariationalNmf.Builder builder = poisson().noise(NoiseVariance.MEASURED);
        SettingException refusal = assertThrows(SettingException.class, builder::build);
        assertEquals(Setting.NOISE, refusal.setting());
    }

    @Test
    void aFitTakesTheWidestIntervalsThatAreQuick() {
        Matrix data = counts(80, 23);
        VariationalModel model = poisson().build().fit(data);
        assertEquals(IntervalMethod.ROTATION, model.intervalMethod());
        assertFalse(model.settings().containsKey("Noise"));
        assertEquals(IntervalMethod.ROTATION, CountIntervals.resolve(IntervalMethod.AUTO, 1000, 2000, 10));
        assertEquals(IntervalMethod.JOINT, CountIntervals.resolve(IntervalMethod.AUTO, 5000, 5000, 10));
        assertEquals(IntervalMethod.JOINT, CountIntervals.resolve(IntervalMethod.AUTO, 100_000, 20_000, 4));
        assertEquals(IntervalMethod.SAMPLED, CountIntervals.resolve(IntervalMethod.SAMPLED, 5000, 5000, 10));
    }

    /** Of a hundred weights, so many are held by chance except for 4√(.09/100) = .12. */
    @Test
    void intervalsByTheRotationHoldThePlantedBasis() {
        SplittableRandom random = new SplittableRandom(5);
        int m = 40;
        double[] w = random.doubles((long) m * RANK).map(u -> -6 * Math.log(u)).toArray();
        float[][] values = new float[400][m];
        for (float[] row : values) {
            double[] h = random.doubles(RANK).map(u -> -Math.log(u)).toArray();
            for (int f = 0; f < m; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                row[f] = PoissonNumbers.draw(mean, random);
            }
        }
        Matrix data = Matrix.of(values);
        double rotation = heldOf(
                w,
                poisson().epochs(150).intervals(IntervalMethod.ROTATION).build().fit(data));
        double joint = heldOf(
                w, poisson().epochs(150).intervals(IntervalMethod.JOINT).build().fit(data));
        assertTrue(rotation > 0.78, () -> "rotation " + rotation);
        assertTrue(joint < 0.7, () -> "joint " + joint);
    }

    /** The share of a planted basis in its intervals, each component in the scale of the middles of these. */
    private static double heldOf(double[] planted, VariationalModel model) {
        VariationalModel.Bounds bounds = model.basisIntervals(0.9);
        int m = planted.length / RANK;
        int held = 0;
        for (int j = 0; j < RANK; j++) {
            int component = j;
            double[] products = new double[RANK];
            double[] squares = new double[RANK];
            for (int f = 0; f < m; f++) {
                double middle =
                        (bounds.lower().get(f, component) + bounds.upper().get(f, component)) / 2;
                for (int t = 0; t < RANK; t++) {
                    products[t] += planted[f * RANK + t] * middle;
                    squares[t] += planted[f * RANK + t] * planted[f * RANK + t];
                }
            }
            int truth = IntStream.range(0, RANK)
                    .boxed()
                    .max(Comparator.comparingDouble(t -> products[t] / Math.sqrt(squares[t])))
                    .orElseThrow();
            for (int f = 0; f < m; f++) {
                double value = planted[f * RANK + truth] * products[truth] / squares[truth];
                held += value >= bounds.lower().get(f, j)
                                && value <= bounds.upper().get(f, j)
                        ? 1
                        : 0;
            }
        }
        return (double) held / planted.length;
    }

    @Test
    void theRotationOfCountsCanBeSampled() {
        VariationalModel model =
                poisson().intervals(IntervalMethod.SAMPLED).build().fit(counts(40, 21));
        assertEquals(IntervalMethod.SAMPLED, model.intervalMethod());
        assertTrue(model.effectiveSize() > 1);
    }

    /** Rows, by the model and by one that was saved, and new ones by themselves; dense or sparse, and by any threads. */
    @ParameterizedTest
    @EnumSource(names = {"ROTATION", "JOINT", "CONDITIONAL"})
    void intervalsOfARowDependOnItAndTheModelAlone(IntervalMethod method, @TempDir Path folder) throws Exception {
        Matrix data = counts(601, 71);
        VariationalModel model = poisson().intervals(method).threads(1).build().fit(data);
        VariationalModel other = poisson().intervals(method).threads(2).build().fit(SparseMatrix.of(data));
        Path file = folder.resolve("counts.npz");
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file);
        assertEquals(model.fitted().intervals(), other.fitted().intervals());
        assertEquals(model.fitted().intervals(), loaded.fitted().intervals());
        Matrix all = model.intervals(data, 0.9).upper();
        Matrix few = loaded.intervals(SparseMatrix.of(data.selectRows(new int[] {600, 7})), 0.9, new long[] {600, 7})
                .upper();
        for (int j = 0; j < RANK; j++) {
            assertEquals(all.get(600, j), few.get(0, j));
            assertEquals(all.get(7, j), few.get(1, j));
        }
    }

    /** One component has none to turn into; many turn one at a time. */
    @Test
    void jointIntervalsAreOfAnyRank() {
        Matrix data = counts(80, 53);
        VariationalNmf.Builder one = poisson().rank(1).epochs(5);
        Matrix given = widths(
                one.intervals(IntervalMethod.CONDITIONAL).build().fit(data).basisIntervals(0.9));
        Matrix joint =
                widths(one.intervals(IntervalMethod.JOINT).build().fit(data).basisIntervals(0.9));
        for (int f = 0; f < 53; f++) {
            assertEquals(given.get(f, 0), joint.get(f, 0));
        }
        VariationalNmf.Builder many = poisson().rank(49).epochs(5);
        VariationalModel model = many.intervals(IntervalMethod.JOINT).build().fit(data);
        assertFalse(model.fitted().intervals().complete());
        assertTrue(Arrays.stream(model.fitted().intervals().basisVariances()).allMatch(v -> v > 0 && v < 1e9));
        assertEquals(
                IntervalMethod.CONDITIONAL,
                many.intervals(IntervalMethod.AUTO).build().fit(data).intervalMethod());
    }

    @Test
    void whatMoreIsTakenIntoAccountMakesIntervalsWider() {
        Matrix data = counts(80, 23);
        Matrix[] before = null;
        for (IntervalMethod method :
                new IntervalMethod[] {IntervalMethod.MEAN_FIELD, IntervalMethod.CONDITIONAL, IntervalMethod.JOINT}) {
            VariationalModel model = poisson().intervals(method).build().fit(data);
            VariationalModel.Bounds h = model.intervals(data, 0.9);
            VariationalModel.Bounds w = model.basisIntervals(0.9);
            Matrix[] widths = {widths(h), widths(w)};
            for (int factor = 0; before != null && factor < 2; factor++) {
                double ratio = 0;
                for (int i = 0; i < widths[factor].rows(); i++) {
                    for (int j = 0; j < RANK; j++) {
                        ratio += widths[factor].get(i, j) / before[factor].get(i, j) / widths[factor].size();
                    }
                }
                assertTrue(ratio > 1.001, method + ", factor " + factor + ": " + ratio);
            }
            before = widths;
        }
    }

    private static Matrix widths(VariationalModel.Bounds bounds) {
        int rank = bounds.lower().columns();
        Matrix widths = Matrix.zeros(bounds.lower().rows(), rank);
        for (int i = 0; i < widths.rows(); i++) {
            for (int j = 0; j < rank; j++) {
                widths.storage(i)[widths.offset(i) + j] =
                        bounds.upper().get(i, j) - bounds.lower().get(i, j);
            }
        }
        return widths;
    }

    @ParameterizedTest
    @EnumSource(names = {"MEAN_FIELD", "JOINT", "ROTATION"})
    void intervalsOfBothFactorsHoldTheirMeans(IntervalMethod method) {
        Matrix data = counts(80, 23);
        VariationalModel model = poisson().intervals(method).build().fit(data);
        assertEquals(method, model.intervalMethod());
        VariationalModel.Bounds rows = model.intervals(data, 0.9);
        VariationalModel.Bounds basis = model.basisIntervals(0.9);
        Matrix means = model.transform(data).mean();
        for (int j = 0; j < RANK; j++) {
            assertTrue(rows.lower().get(7, j) < means.get(7, j)
                    && means.get(7, j) < rows.upper().get(7, j));
            float weight = model.basis().get(11, j);
            assertTrue(
                    basis.lower().get(11, j) < weight && weight < basis.upper().get(11, j));
        }
    }

    @Test
    void aModelKeepsItsLikelihood(@TempDir Path folder) throws Exception {
        Matrix data = counts(40, 21);
        VariationalModel model = poisson().build().fit(data);
        Path file = folder.resolve("counts.npz");
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file).withExecution(Execution.auto());
        assertEquals(model.configuration(), loaded.configuration());
        assertEquals(model.fitted().parameters(), loaded.fitted().parameters());
        assertLatents(model.transform(data), loaded.transform(data));
        VariationalModel longer = poisson().epochs(5).build().update(loaded, data);
        assertEquals(45, longer.totalEpochs());
        double[] objectives = objectives(longer);
        assertTrue(objectives[4] < objectives(model)[5]);
        VariationalNmf gaussian = VariationalNmf.builder().rank(RANK).build();
        SettingException refusal = assertThrows(SettingException.class, () -> gaussian.update(loaded, data));
        assertEquals("likelihood must be the model's, POISSON, not GAUSSIAN", refusal.getMessage());
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal(Setting.ZEROS, b -> b.zeros(Zeros.LEARN)),
                refusal(Setting.BATCH_ROWS, b -> b.batchRows(256)),
                refusal(Setting.SIGMA, b -> b.sigma(0.5)));
    }

    private static Arguments refusal(Setting setting, UnaryOperator<VariationalNmf.Builder> change) {
        return Arguments.of(setting, change);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void whatAPoissonLikelihoodDoesNotHaveIsRefused(Setting setting, UnaryOperator<VariationalNmf.Builder> change) {
        SettingException refusal = assertThrows(
                SettingException.class, () -> change.apply(poisson()).build());
        assertEquals(setting, refusal.setting());
        assertTrue(refusal.getMessage().contains("with a Poisson likelihood"), refusal.getMessage());
    }

    @Test
    void settingsOfAConfigurationAreTakenOver() {
        VariationalNmf nmf = poisson().init(VbInit.NMF).build();
        assertEquals(
                nmf.configuration(),
                VariationalNmf.builder()
                        .configuration(nmf.configuration())
                        .build()
                        .configuration());
        assertEquals(VbInit.RANDOM, poisson().build().configuration().init());
    }

    @Test
    void cudaIsRefused() {
        VariationalNmf nmf = poisson().backend(Backends.Choice.CUDA).build();
        String message = assertThrows(BackendUnavailableException.class, () -> nmf.fit(counts(9, 5)))
                .getMessage();
        assertTrue(message.startsWith("a Poisson likelihood runs on the CPU only"), message);
    }

    @Test
    void valuesBelow0AreRefusedAndFractionsWarnedOf() {
        float[] values = {1, 2, 0, 3, 0.5f, 1, 4, 1, 2};
        VariationalModel model = poisson().build().fit(Matrix.wrap(values, 3, 3));
        Warning warning = model.codedWarnings().stream()
                .filter(w -> w.code() == Warning.Code.NOT_COUNTS)
                .findFirst()
                .orElseThrow();
        assertTrue(warning.text().contains("such as 0.5"), warning.text());
        values[4] = -1;
        assertThrows(DataException.class, () -> poisson().build().fit(Matrix.wrap(values, 3, 3)));
        assertThrows(DataException.class, () -> model.transform(Matrix.wrap(values, 3, 3)));
        values[4] = 1;
        VariationalModel counts = poisson().build().fit(Matrix.wrap(values, 3, 3));
        assertTrue(Arrays.stream(Warning.Code.values())
                .filter(code -> code == Warning.Code.NOT_COUNTS || code == Warning.Code.ZEROS_NOT_LEARNED)
                .noneMatch(code -> counts.codedWarnings().stream().anyMatch(w -> w.code() == code)));
    }
}
