package io.github.paenmf;

import static io.github.paenmf.GivenFactorsTest.catalogue;
import static io.github.paenmf.GivenFactorsTest.firstColumns;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.GivenFactorsTest.Kind;
import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.PoissonNumbers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Variational NMF with components whose weights are known. */
class KnownBasisTest {

    private static final int RANK = 3;

    private static VariationalNmf.Builder builder(Likelihood likelihood, Kind kind) {
        return VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(RANK)
                .seed(1)
                .likelihood(likelihood)
                .scaling(kind.scaling())
                .missing(kind == Kind.INCOMPLETE)
                .initialBasis(catalogue())
                .fixBasis(true);
    }

    static Stream<Arguments> fits() {
        return Stream.of(Likelihood.values())
                .flatMap(likelihood -> Stream.of(Kind.values())
                        .filter(kind ->
                                likelihood == Likelihood.POISSON ? kind != Kind.SCALED && kind != Kind.WEIGHTED : true)
                        .map(kind -> Arguments.of(likelihood, kind)));
    }

    private static void assertNear(Matrix expected, Matrix actual, int column, double times, double relative) {
        double greatest = 0;
        for (int i = 0; i < expected.rows(); i++) {
            greatest = Math.max(greatest, times * expected.get(i, column));
        }
        for (int i = 0; i < expected.rows(); i++) {
            assertEquals(times * expected.get(i, column), actual.get(i, column), relative * greatest, "row " + i);
        }
    }

    /** Where parts of a catalogue are as long as they please: a fit has them at a length of its own. */
    @ParameterizedTest
    @MethodSource("fits")
    void knownWeightsStayAndCoefficientsAreInTheirUnits(Likelihood likelihood, Kind kind, @TempDir Path folder)
            throws IOException {
        RowSource data = kind.data();
        VariationalModel model = builder(likelihood, kind).epochs(40).build().fit(data, kind.weights());
        Matrix longer = catalogue();
        for (int f = 0; f < longer.rows(); f++) {
            longer.storage(f)[longer.offset(f) + 1] *= 4096; // a power of two is exact
        }
        VariationalModel other = builder(likelihood, kind)
                .epochs(40)
                .initialBasis(longer)
                .build()
                .fit(data, kind.weights());

        assertArrayEquals(
                catalogue().toRows(), firstColumns(model.basis(), RANK - 1).toRows());
        assertEquals(RANK - 1, model.fixedComponents());
        assertEquals("2", model.settings().get("Fixed components"));
        Latent latent = model.transform(data);
        Latent otherLatent = other.transform(data);
        // Sums of float32 are of other numbers, the coefficients of the least squares that a fit starts from among
        // them.
        VariationalModel.Bounds bounds = model.intervals(data, 0.9);
        VariationalModel.Bounds otherBounds = other.intervals(data, 0.9);
        for (int j = 0; j < RANK; j++) {
            double times = j == 1 ? 1 / 4096.0 : 1;
            assertNear(latent.mean(), otherLatent.mean(), j, times, 1e-3);
            assertNear(bounds.upper(), otherBounds.upper(), j, times, 5e-3);
        }
        double score = model.score(data).objective();
        assertEquals(score, other.score(data).objective(), 1e-3 * Math.abs(score));
        if (kind != Kind.SCALED) { // whose reconstructions are no products
            Matrix reconstruction = model.reconstructMean(data);
            for (int f = 0; f < data.columns(); f++) {
                double product = 0;
                for (int j = 0; j < RANK; j++) {
                    product += data.sizeFactor(2)
                            * latent.mean().get(2, j)
                            * model.basis().get(f, j);
                }
                assertEquals(product, reconstruction.get(2, f), 1e-5 * product); // roundings of float32
            }
        }
        Path file = folder.resolve("model.npz");
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file);
        assertArrayEquals(model.basis().toRows(), loaded.basis().toRows());
        assertEquals(RANK - 1, loaded.fixedComponents());
        VariationalModel onCpu = loaded.withExecution(model.execution());
        assertArrayEquals(
                model.intervals(data, 0.9).upper().toRows(),
                onCpu.intervals(data, 0.9).upper().toRows());
        assertArrayEquals(model.sample(5, 3).toRows(), onCpu.sample(5, 3).toRows());
    }

    /** Of 37 samples the bound rises from epoch to epoch except for the rounding of its sums, 1e-5 of their terms. */
    @ParameterizedTest
    @MethodSource("fits")
    void theBoundNeverFalls(Likelihood likelihood, Kind kind) {
        for (int rank : new int[] {RANK - 1, RANK}) {
            VariationalNmf.Builder builder =
                    builder(likelihood, kind).rank(rank).epochs(60);
            if (likelihood == Likelihood.GAUSSIAN) {
                builder.zeros(Zeros.OFF);
            }
            VariationalModel model = builder.build().fit(kind.data(), kind.weights());
            double[] reconstruction = model.history().reconstruction();
            double[] kl = model.history().kl();
            for (int epoch = 1; epoch < kl.length; epoch++) {
                double before = reconstruction[epoch - 1] + kl[epoch - 1];
                double rise = reconstruction[epoch] + kl[epoch] - before;
                double terms = Math.abs(before) + kl[epoch] + model.features();
                assertTrue(rise <= 1e-5 * terms, "epoch " + epoch + " of rank " + rank + " rises by " + rise);
            }
        }
    }

    private static float[][] planted(double[][] w, double[][] h, Noise noise) {
        float[][] values = new float[h.length][w.length];
        for (int i = 0; i < h.length; i++) {
            for (int f = 0; f < w.length; f++) {
                double mean = 0;
                for (int j = 0; j < w[f].length; j++) {
                    mean += h[i][j] * w[f][j];
                }
                values[i][f] = (float) noise.of(mean);
            }
        }
        return values;
    }

    private interface Noise {
        double of(double mean);
    }

    /** A share of them 0. */
    private static double[][] factor(int rows, int rank, double zeros, double mean, SplittableRandom random) {
        double[][] factor = new double[rows][rank];
        for (double[] row : factor) {
            Arrays.setAll(row, j -> random.nextDouble() < zeros ? 0 : -mean * Math.log(random.nextDouble()));
        }
        return factor;
    }

    private static Matrix matrix(double[][] values) {
        float[][] floats = new float[values.length][];
        for (int i = 0; i < values.length; i++) {
            floats[i] = new float[values[i].length];
            for (int j = 0; j < values[i].length; j++) {
                floats[i][j] = (float) values[i][j];
            }
        }
        return Matrix.of(floats);
    }

    private static double held(double[][] truth, VariationalModel.Bounds bounds) {
        double held = 0;
        int count = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int j = 0; j < truth[i].length; j++) {
                held += truth[i][j] >= bounds.lower().get(i, j)
                                && truth[i][j] <= bounds.upper().get(i, j)
                        ? 1
                        : 0;
                count++;
            }
        }
        return held / count;
    }

    /**
     * All parts are known: σ is found, and 90 % intervals hold 1200 planted coefficients. Those of a row are not
     * independent; if they were all alike, there would be 300, whose share varies by √(.09/300) = .017: four of that. The
     * point mass makes intervals of zeros hold more often.
     */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5})
    void intervalsHoldWhatWasPlantedUnderNormalNoise(double zeros) {
        SplittableRandom random = new SplittableRandom(11);
        double[][] w = factor(40, 4, 0.3, 1, random);
        double[][] h = factor(300, 4, zeros, 5, random);
        double noise = 4;
        Matrix data = Matrix.of(planted(w, h, mean -> mean + noise * random.nextGaussian()));
        VariationalModel model = VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(4)
                .initialBasis(matrix(w))
                .fixBasis(true)
                .build()
                .fit(data);
        double held = held(h, model.intervals(data, 0.9));

        assertEquals(IntervalMethod.CONDITIONAL, model.intervalMethod());
        double scale = model.fitted().dataScale();
        // of 12000 entries σ is known to 1/√24000 = .65 %: four of that, and the float
        assertEquals(noise, model.sigma() * scale, 0.026 * noise);
        assertTrue(held > 0.9 - 0.07 && held < (zeros == 0 ? 0.97 : 1), "held " + held);
    }

    @Test
    void intervalsHoldWhatWasPlantedOfCounts() {
        SplittableRandom random = new SplittableRandom(12);
        double[][] w = factor(40, 4, 0.3, 1, random);
        for (double[] row : w) {
            row[0] += 0.01; // every feature has a weight
        }
        double[][] h = factor(300, 4, 0, 5, random);
        Matrix data = Matrix.of(planted(w, h, mean -> PoissonNumbers.draw(mean, random)));
        VariationalModel model = VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(4)
                .likelihood(Likelihood.POISSON)
                .initialBasis(matrix(w))
                .fixBasis(true)
                .build()
                .fit(data);
        double held = held(h, model.intervals(data, 0.9));
        assertTrue(held > 0.9 - 0.07 && held < 0.97, "held " + held);
    }

    /** A free component beside known ones: what the factors are open to widens intervals, and known weights have none. */
    @ParameterizedTest
    @EnumSource(Likelihood.class)
    void intervalsBesideFreeComponentsAreJoint(Likelihood likelihood) {
        SplittableRandom random = new SplittableRandom(13);
        double[][] w = factor(40, 4, 0.3, 1, random);
        double[][] h = factor(300, 4, 0, 5, random);
        Matrix data = Matrix.of(planted(
                w,
                h,
                mean -> likelihood == Likelihood.POISSON
                        ? PoissonNumbers.draw(mean, random)
                        : mean + 2 * random.nextGaussian()));
        Matrix known = firstColumns(matrix(w), 3);
        VariationalNmf.Builder builder = VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .rank(4)
                .likelihood(likelihood)
                .initialBasis(known)
                .fixBasis(true);
        VariationalModel joint = builder.build().fit(data);
        VariationalModel conditional =
                builder.intervals(IntervalMethod.CONDITIONAL).build().fit(data);

        assertEquals(IntervalMethod.JOINT, joint.intervalMethod());
        VariationalModel.Bounds basis = joint.basisIntervals(0.9);
        assertArrayEquals(known.toRows(), firstColumns(basis.lower(), 3).toRows());
        assertArrayEquals(known.toRows(), firstColumns(basis.upper(), 3).toRows());
        double wider = 0;
        double narrower = 0;
        VariationalModel.Bounds wide = joint.intervals(data, 0.9);
        VariationalModel.Bounds narrow = conditional.intervals(data, 0.9);
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < 4; j++) {
                wider += wide.upper().get(i, j) - wide.lower().get(i, j);
                narrower += narrow.upper().get(i, j) - narrow.lower().get(i, j);
            }
        }
        assertTrue(wider > narrower, wider + " and " + narrower);
        double[][] ofKnown = Arrays.stream(h).map(row -> Arrays.copyOf(row, 3)).toArray(double[][]::new);
        double held = held(ofKnown, wide);
        assertTrue(held > 0.9 - 0.07, "held " + held); // as above
        for (int f = 0; f < 40; f++) {
            assertTrue(w[f][3] < 0.1 || basis.upper().get(f, 3) > basis.lower().get(f, 3), "weight " + f);
        }
    }

    @Test
    void updatesKeepWhatIsKnown() {
        RowSource data = Kind.PLAIN.data();
        VariationalNmf estimator =
                builder(Likelihood.GAUSSIAN, Kind.PLAIN).epochs(30).build();
        VariationalModel model = estimator.fit(data);
        VariationalModel more = VariationalNmf.builder()
                .backend(Backends.Choice.CPU)
                .configuration(estimator.configuration())
                .build()
                .update(model, data);
        assertArrayEquals(
                catalogue().toRows(), firstColumns(more.basis(), RANK - 1).toRows());
        assertEquals(RANK - 1, more.fixedComponents());
        // A fit that has gone on for 30 epochs is not far from where it was.
        double before = model.score(data).objective();
        assertTrue(more.score(data).objective() < before + 1e-3 * Math.abs(before));
        SettingException refusal = assertThrows(
                SettingException.class,
                () -> VariationalNmf.builder()
                        .rank(RANK)
                        .intervals(IntervalMethod.ROTATION)
                        .build()
                        .update(model, data));
        assertEquals(Setting.INTERVALS, refusal.setting());
    }

    @Test
    void aFitIsTheSameInAnyUnit() {
        Matrix data = (Matrix) Kind.PLAIN.data();
        VariationalModel model =
                builder(Likelihood.GAUSSIAN, Kind.PLAIN).epochs(30).build().fit(data);
        Matrix h = model.transform(data).mean();
        for (int power : new int[] {-40, 40}) { // 1e-12 and 1e12
            Matrix scaled = data.copy();
            for (int e = 0; e < scaled.rows() * scaled.columns(); e++) {
                scaled.storage(0)[e] = Math.scalb(scaled.storage(0)[e], power);
            }
            VariationalModel other =
                    builder(Likelihood.GAUSSIAN, Kind.PLAIN).epochs(30).build().fit(scaled);
            Matrix otherH = other.transform(scaled).mean();
            for (int j = 0; j < RANK - 1; j++) { // what is known stays as long as it is
                assertNear(h, otherH, j, Math.scalb(1.0, power), 1e-3);
            }
            assertEquals(model.sigma(), other.sigma(), 1e-3 * model.sigma());
        }
    }

    @Test
    void whatAFixedBasisLeavesNothingToDoForIsRefused() {
        VariationalNmf.Builder builder = builder(Likelihood.GAUSSIAN, Kind.PLAIN);
        assertRefused(Setting.INTERVALS, builder.intervals(IntervalMethod.ROTATION));
        assertRefused(Setting.INTERVALS, builder.intervals(IntervalMethod.SAMPLED));
        assertRefused(Setting.INTERVALS, builder.rank(RANK - 1).intervals(IntervalMethod.JOINT));
        builder.rank(RANK).intervals(IntervalMethod.AUTO);
        assertRefused(Setting.NOISE, builder.noise(NoiseVariance.MEASURED));
        assertRefused(Setting.FIX_BASIS, VariationalNmf.builder().fixBasis(true));
    }

    @Test
    void cudaIsRefusedByName() {
        VariationalModel model =
                builder(Likelihood.GAUSSIAN, Kind.PLAIN).epochs(3).build().fit(Kind.PLAIN.data());
        Execution cuda = Execution.auto().withBackend(Backends.Choice.CUDA);
        VbProblem problem = new VbProblem(model.configuration(), 37, 13, 1, false, null, Weights.NONE, 2);
        assertEquals(
                "a fit of vb with a fixed basis runs on the CPU only; choose backend cpu, or auto, which takes it",
                assertThrows(BackendUnavailableException.class, () -> Backends.openVb(cuda, problem))
                        .getMessage());
        VariationalModel onCuda = model.withExecution(cuda);
        assertEquals(
                "a model of vb with a fixed basis runs on the CPU only; choose backend cpu, or auto, which takes it",
                assertThrows(BackendUnavailableException.class, () -> onCuda.basisIntervals(0.9))
                        .getMessage());
    }

    private static void assertRefused(Setting setting, VariationalNmf.Builder builder) {
        assertEquals(
                setting, assertThrows(SettingException.class, builder::build).setting());
    }

    @Test
    void countsThatNoKnownPartCanGiveAreRefused() {
        Matrix data = ((Matrix) Kind.PLAIN.data())
                .withNames(
                        List.of(), IntStream.range(0, 13).mapToObj(f -> "f" + f).toList());
        Matrix basis = catalogue();
        Arrays.fill(basis.storage(4), basis.offset(4), basis.offset(4) + RANK - 1, 0f);
        VariationalNmf.Builder builder = builder(Likelihood.POISSON, Kind.PLAIN).initialBasis(basis);
        DataException refusal = assertThrows(
                DataException.class, () -> builder.rank(RANK - 1).build().fit(data));
        assertEquals(
                "column 5, 'f4', of the data has counts, but no component of the fixed basis has a weight there; leave"
                        + " the column out, or add a free component by a greater rank",
                refusal.getMessage());
        VariationalModel model = builder.rank(RANK).epochs(5).build().fit(data);
        assertEquals(0f, model.basis().get(4, 0));
        assertFalse(model.basis().get(4, RANK - 1) == 0);
    }
}
