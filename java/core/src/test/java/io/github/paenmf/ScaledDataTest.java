package io.github.paenmf;

import static io.github.paenmf.testing.Matrices.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A fit that scales its data is one of data that were scaled before, and gives results in units of the data. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScaledDataTest {

    private static final int M = 41;
    private static final int RANK = 3;
    private static final Scaling ALL = new Scaling(SizeFactors.TOTAL, true, FeatureScale.SD);
    private static final Scaling GIVEN = Scaling.NONE.withSizeFactors(SizeFactors.GIVEN);

    /** By the name of the fit: several tests look at the same models. */
    private final Map<String, FactorisationModel> models = new HashMap<>();

    Backends.Choice backend() {
        return Backends.Choice.CPU;
    }

    /** Rows of the data. */
    int n() {
        return 301;
    }

    /** Counts of rows of depth 1 to 9, a third of them above 0, features of very different sizes, and an empty row. */
    private SparseMatrix counts() {
        SplittableRandom random = new SplittableRandom(8);
        float[][] values = new float[n()][M];
        for (int i = 1; i < n(); i++) {
            double[] h = random.doubles(RANK, 0, 2).toArray();
            for (int f = 0; f < M; f++) {
                double mean = (1 + i % 9) * h[f % RANK] * (1 + f % 7);
                values[i][f] = random.nextInt(3) == 0 ? (float) Math.rint(mean) : 0;
            }
        }
        return SparseMatrix.of(Matrix.of(values)
                .withNames(
                        List.of(), IntStream.range(0, M).mapToObj(f -> "f" + f).toList()));
    }

    private static RowSource sized(RowSource data) {
        return SizeFactors.attach(
                data,
                IntStream.range(0, data.rows()).mapToDouble(i -> 1 + i % 9).toArray());
    }

    private interface Fit {
        FactorisationModel fit(RowSource data, Scaling scaling, Backends.Choice backend);
    }

    private static <B extends EstimatorBuilder<B>> B on(B builder, Scaling scaling, Backends.Choice backend) {
        return builder.rank(RANK).seed(3).threads(2).scaling(scaling).backend(backend);
    }

    static Stream<Arguments> fits() {
        return Stream.of(
                fit(
                        "vb",
                        (data, scaling, backend) -> on(VariationalNmf.builder().epochs(10), scaling, backend)
                                .build()
                                .fit(data)),
                fit(
                        "pae",
                        (data, scaling, backend) -> on(PaeNmf.builder().epochs(10), scaling, backend)
                                .build()
                                .fit(data)),
                fit(
                        "ae",
                        (data, scaling, backend) -> on(
                                        PaeNmf.builder()
                                                .trainOn(TrainOn.SCALE)
                                                .kl(false)
                                                .epochs(10),
                                        scaling,
                                        backend)
                                .build()
                                .fit(data)),
                fit(
                        "nmf-hals",
                        (data, scaling, backend) -> on(Nmf.builder().epochs(10), scaling, backend)
                                .build()
                                .fit(data)),
                fit(
                        "nmf-mu",
                        (data, scaling, backend) -> on(
                                        Nmf.builder().algorithm(NmfAlgorithm.MU).epochs(10), scaling, backend)
                                .build()
                                .fit(data)));
    }

    private static Arguments fit(String name, Fit fit) {
        return Arguments.of(name, fit);
    }

    private FactorisationModel model(String name, Fit fit) {
        return models.computeIfAbsent(name, first -> fit.fit(counts(), ALL, backend()));
    }

    /** As for sparse data beside dense ones: products in another order, after some tens of steps that contract. */
    private static final double BOUND = 1e-3;

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void aFitIsThatOfScaledDenseData(String name, Fit fit) {
        SparseMatrix data = counts();
        FittedScaling scaling = ALL.fit(data);
        Matrix scaled = Matrix.of(scaling.apply(data));
        FactorisationModel expected = fit.fit(scaled, Scaling.NONE, backend());

        FactorisationModel model = model(name, fit);

        Matrix basis = expected.basis();
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < RANK; j++) {
                basis.storage(f)[basis.offset(f) + j] *= (float) scaling.featureScale(f);
            }
        }
        assertClose(basis, model.basis(), BOUND);
        // what one model says of data that it scales, and of data that were
        FactorisationModel same = fit.fit(Matrix.of(data), ALL, backend());
        assertArrayEquals(expected.basis().toRows()[0], unscaled(same, scaling)[0], 1e-6f);
        assertClose(expected.coefficients(scaled), same.coefficients(data), 1e-5);
        Score score = same.score(data);
        assertEquals(expected.score(scaled).relativeError(), score.relativeError(), 1e-6);
        assertTrue(score.relativeError() < 0.9, "" + score.relativeError());
        assertNotEquals(
                fit.fit(data, Scaling.NONE, backend()).score(data).relativeError(), score.relativeError(), 1e-3);
    }

    private static float[][] unscaled(FactorisationModel model, FittedScaling scaling) {
        float[][] basis = model.basis().toRows();
        for (int f = 0; f < basis.length; f++) {
            for (int j = 0; j < basis[f].length; j++) {
                basis[f][j] /= (float) scaling.featureScale(f);
            }
        }
        return basis;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void reconstructionsAreInUnitsOfTheData(String name, Fit fit) {
        SparseMatrix data = counts();
        FactorisationModel model = model(name, fit);
        Matrix h = model.coefficients(data);
        Matrix basis = model.basis();
        double[] sizes = model.scaling().sizeFactors(data);
        Matrix expected = Matrix.zeros(n(), M);
        for (int i = 0; i < n(); i++) {
            for (int f = 0; f < M; f++) {
                double sum = 0;
                for (int j = 0; j < RANK; j++) {
                    sum += (double) h.get(i, j) * basis.get(f, j);
                }
                expected.storage(i)[expected.offset(i) + f] = (float) (sizes[i] * Math.expm1(sum));
            }
        }

        // a decoded value of up to ln(1 + 1000) is off by some roundings, and e to that power by as much relatively
        assertClose(expected, model.reconstruct(data), 1e-5);
        try (FactorisationSession session = model.openSession()) {
            assertArrayEquals(
                    model.reconstruct(data).toRows(), session.reconstruct(data).toRows());
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void givenSizeFactorsAreAskedForWithNewRowsToo(String name, Fit fit) {
        RowSource data = sized(counts());
        FactorisationModel model = fit.fit(data, GIVEN, backend());

        assertThrows(DataException.class, () -> model.coefficients(counts()));
        assertThrows(DataException.class, () -> model.score(counts()));
        assertThrows(DataException.class, () -> fit.fit(counts(), GIVEN, backend()));
        assertThrows(DataException.class, () -> fit.fit(data, Scaling.NONE, backend()));
        int[] rows = {n() - 1, 5, 17};
        assertArrayEquals(
                model.reconstruct(data).selectRows(rows).toRows(),
                model.reconstruct(data.selectRows(rows)).toRows());
        int[] reversed = IntStream.range(0, M).map(f -> M - 1 - f).toArray();
        assertArrayEquals(
                model.coefficients(data).toRows(),
                model.coefficients(data.selectColumns(reversed)).toRows());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void aFileKeepsTheScaling(String name, Fit fit, @TempDir Path folder) throws IOException {
        SparseMatrix data = counts();
        FactorisationModel model = model(name, fit);
        Path file = folder.resolve("model.npz");
        model.save(file);

        FactorisationModel loaded = FactorisationModel.load(file).withExecution(model.execution());

        assertEquals(ALL, loaded.scaling().scaling());
        assertArrayEquals(model.basis().toRows(), loaded.basis().toRows());
        assertArrayEquals(
                model.reconstruct(data).toRows(), loaded.reconstruct(data).toRows());
        assertEquals(
                "rows divided by their totals, ln(1 + x), features divided by their standard deviations",
                loaded.settings().get("Scaling of the data"));
    }

    @Test
    void samplesAndIntervalsAreInUnitsOfTheData() {
        RowSource data = sized(counts());
        Scaling scaling = GIVEN.withFeatureScale(FeatureScale.SD);
        VariationalModel model = on(VariationalNmf.builder().epochs(10), scaling, backend())
                .build()
                .fit(data);
        RowSource scaled = model.scaling().apply(data);
        VariationalModel plain = on(VariationalNmf.builder().epochs(10), Scaling.NONE, backend())
                .build()
                .fit(scaled);
        double[] sizes = model.scaling().sizeFactors(data);

        assertScaled(
                plain.basisIntervals(0.9).upper(),
                model.basisIntervals(0.9).upper(),
                f -> model.scaling().featureScale(f),
                j -> 1);
        assertArrayEquals(
                plain.intervals(scaled, 0.9).lower().toRows(),
                model.intervals(data, 0.9).lower().toRows());
        assertScaled(
                plain.reconstructMean(scaled),
                model.reconstructMean(data),
                i -> sizes[i],
                f -> model.scaling().featureScale(f));
        assertScaled(
                plain.reconstructSampled(scaled, 2, 7).get(1),
                model.reconstructSampled(data, 2, 7).get(1),
                i -> sizes[i],
                f -> model.scaling().featureScale(f));
        assertScaled(
                plain.sample(5, 7),
                model.sample(5, 7),
                i -> 1,
                f -> model.scaling().featureScale(f));
        assertScaled(
                plain.sample(scaled, n() + 2, 7),
                model.sample(data, n() + 2, 7),
                i -> sizes[i % n()],
                f -> model.scaling().featureScale(f));
        try (ProbabilisticSession session = model.openSession()) {
            assertArrayEquals(
                    model.reconstructMean(data).toRows(),
                    session.reconstructMean(data).toRows());
            assertArrayEquals(
                    model.transform(data).lambda().toRows(),
                    session.transform(data).lambda().toRows());
        }
    }

    private static void assertScaled(Matrix plain, Matrix actual, IntToDoubleFunction row, IntToDoubleFunction column) {
        for (int i = 0; i < plain.rows(); i++) {
            for (int f = 0; f < plain.columns(); f++) {
                double expected = plain.get(i, f) * row.applyAsDouble(i) * column.applyAsDouble(f);
                assertEquals(expected, actual.get(i, f), 4 * 0x1p-24 * expected, i + ", " + f); // of each product
            }
        }
    }

    @Test
    void anUpdateKeepsTheScalingOfItsModel() {
        SparseMatrix data = counts();
        VariationalNmf estimator =
                on(VariationalNmf.builder().epochs(5), ALL, backend()).build();
        VariationalModel model = estimator.fit(data);
        RowSource half = data.selectRows(IntStream.range(0, n() / 2).toArray());
        VariationalNmf unset =
                on(VariationalNmf.builder().epochs(5), Scaling.NONE, backend()).build();

        VariationalModel updated = unset.update(model, half);

        assertEquals(model.scaling().meanTotal(), updated.scaling().meanTotal());
        assertArrayEquals(
                updated.basis().toRows(), estimator.update(model, half).basis().toRows());
        VariationalNmf other =
                on(VariationalNmf.builder().epochs(5), GIVEN, backend()).build();
        SettingException e = assertThrows(SettingException.class, () -> other.update(model, sized(half)));
        assertTrue(
                e.getMessage().contains("scaling must be the model's, rows divided by their totals"), e.getMessage());
        PaeNmfModel pae = on(PaeNmf.builder().epochs(2), ALL, backend()).build().fit(data);
        PaeNmfModel more =
                on(PaeNmf.builder().epochs(2), Scaling.NONE, backend()).build().update(pae, half);
        assertEquals(ALL, more.scaling().scaling());
        PaeNmf another = on(PaeNmf.builder(), GIVEN, backend()).build();
        assertThrows(SettingException.class, () -> another.update(pae, sized(half)));
    }

    @Test
    void countsKeepTheirUnit() {
        VariationalNmf.Builder poisson =
                VariationalNmf.builder().likelihood(Likelihood.POISSON).scaling(ALL);
        assertTrue(assertThrows(SettingException.class, poisson::build)
                .getMessage()
                .contains("counts keep their unit"));
        Nmf.Builder kl = Nmf.builder().algorithm(NmfAlgorithm.KL).scaling(GIVEN.withFeatureScale(FeatureScale.SD));
        assertTrue(assertThrows(SettingException.class, kl::build).getMessage().contains("counts keep their unit"));
    }
}
