package io.github.paenmf;

import static io.github.paenmf.GivenFactorsTest.catalogue;
import static io.github.paenmf.GivenFactorsTest.coefficients;
import static io.github.paenmf.GivenFactorsTest.firstColumns;
import static io.github.paenmf.GivenFactorsTest.last;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.GivenFactorsTest.Kind;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.Warning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What of given factors is matched, refused, warned of and kept. */
class GivenFactorsUseTest {

    private static final int N = 37;
    private static final int M = 13;
    private static final int RANK = 3;

    private static Nmf.Builder builder(NmfAlgorithm algorithm) {
        return Nmf.builder().backend(Backends.Choice.CPU).rank(RANK).algorithm(algorithm);
    }

    @ParameterizedTest
    @EnumSource(NmfAlgorithm.class)
    void rowsGoByNameWhereBothHaveNames(NmfAlgorithm algorithm) {
        List<String> features = IntStream.range(0, M).mapToObj(f -> "f" + f).toList();
        List<String> samples = IntStream.range(0, N).mapToObj(i -> "s" + i).toList();
        Matrix data = ((Matrix) Kind.PLAIN.data()).withNames(samples, features);
        NmfModel first = builder(algorithm).epochs(2).build().fit(data);
        int[] backwards = IntStream.range(0, M).map(f -> M - 1 - f).toArray();
        int[] rowsBackwards = IntStream.range(0, N).map(i -> N - 1 - i).toArray();
        Nmf.Builder builder = builder(algorithm).epochs(2);
        Nmf inOrder = builder.initialBasis(first.basis())
                .initialCoefficients(coefficients(first))
                .build();
        Nmf byName = builder.initialBasis(first.basis().selectRows(backwards))
                .initialCoefficients(coefficients(first).selectRows(rowsBackwards))
                .fixBasis(true)
                .build();

        assertArrayEquals(first.basis().toRows(), byName.fit(data).basis().toRows());
        assertNotEquals(last(first), last(inOrder.fit(data)));
        List<String> others = IntStream.range(1, M + 1).mapToObj(f -> "f" + f).toList();
        FeatureNamesException e =
                assertThrows(FeatureNamesException.class, () -> byName.fit(data.withNames(samples, others)));
        assertEquals(
                "row 13 of the given basis, 'f0', has no column of the data, and column 13, 'f13', no row",
                e.problem());
        List<String> twice = Collections.nCopies(M, "f1");
        assertThrows(FeatureNamesException.class, () -> byName.fit(data.withNames(samples, twice)));
        assertArrayEquals(
                first.basis().selectRows(backwards).toRows(),
                byName.fit(data.withNames(List.of(), List.of())).basis().toRows());
    }

    @Test
    void shapesThatDoNotFitAreRefusedWithBoth() {
        RowSource data = Kind.PLAIN.data();
        Nmf.Builder builder = builder(NmfAlgorithm.HALS);
        DataException e = assertThrows(
                DataException.class,
                () -> builder.initialBasis(Matrix.zeros(2, M)).rank(M).build().fit(data));
        assertEquals(
                "the given basis is 2 × 13, the data are 37 × 13: it takes one row for each column of the data, 13, and"
                        + " one column for each component; what was given seems to be transposed",
                e.getMessage());
        builder.rank(RANK).initialBasis(catalogue()).initialCoefficients(Matrix.zeros(N, 2));
        e = assertThrows(DataException.class, () -> builder.build().fit(data));
        assertEquals(
                "the given coefficients are 37 × 2, the data are 37 × 13: it takes one row for each row of the data, 37,"
                        + " and one column for each component, 3",
                e.getMessage());
    }

    @Test
    void whatHasNoEffectIsRefused() {
        Nmf.Builder builder = builder(NmfAlgorithm.HALS);
        assertEquals(
                Setting.FIX_BASIS,
                assertThrows(SettingException.class, builder.fixBasis(true)::build)
                        .setting());
        builder.fixBasis(false).initialCoefficients(Matrix.zeros(N, RANK));
        assertEquals(
                Setting.INIT_COEFFICIENTS,
                assertThrows(SettingException.class, builder::build).setting());
        Nmf.Builder given = builder(NmfAlgorithm.HALS).initialBasis(catalogue());
        assertEquals(
                Setting.RANK,
                assertThrows(SettingException.class, given.rank(1)::build).setting());
        assertEquals(
                Setting.INIT,
                assertThrows(SettingException.class, given.rank(RANK).init(NmfInit.NNDSVD)::build)
                        .setting());
        Nmf.Builder none = builder(NmfAlgorithm.HALS).init(NmfInit.GIVEN);
        assertEquals(
                Setting.INIT, assertThrows(SettingException.class, none::build).setting());
        float[][] negative = catalogue().toRows();
        negative[3][1] = -1;
        DataException e =
                assertThrows(DataException.class, given.init(NmfInit.GIVEN).initialBasis(Matrix.of(negative))::build);
        assertTrue(e.getMessage().startsWith("the given basis: "), e.getMessage());
    }

    private static boolean warnsOfZeros(NmfModel model) {
        return model.codedWarnings().stream().anyMatch(warning -> warning.code() == Warning.Code.ZEROS_STAY);
    }

    @ParameterizedTest
    @EnumSource(NmfAlgorithm.class)
    void zerosOfAMultiplicativeStartStayAndTheModelSaysSo(NmfAlgorithm algorithm) {
        RowSource data = Kind.PLAIN.data();
        Nmf.Builder builder = builder(algorithm).epochs(5);
        Matrix basis = catalogue();
        NmfModel model = builder.initialBasis(basis).build().fit(data);
        boolean stay = algorithm != NmfAlgorithm.HALS;
        boolean left = false;
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < RANK - 1; j++) {
                left |= basis.get(f, j) == 0 && model.basis().get(f, j) > 0;
            }
        }

        assertEquals(stay, warnsOfZeros(model));
        assertEquals(!stay, left);
        assertFalse(warnsOfZeros(builder.fixBasis(true).build().fit(data)));
    }

    @ParameterizedTest
    @EnumSource(NmfAlgorithm.class)
    void threadsAndChunksChangeNoBit(NmfAlgorithm algorithm) {
        RowSource data = Kind.PLAIN
                .data()
                .selectRows(IntStream.range(0, 600).map(i -> i % N).toArray());
        Nmf.Builder builder =
                builder(algorithm).epochs(6).initialBasis(catalogue()).fixBasis(true);
        NmfModel one = builder.threads(1).build().fit(data);
        NmfModel many = builder.threads(3).chunkRows(256).build().fit(data);

        assertArrayEquals(one.basis().toRows(), many.basis().toRows());
        assertArrayEquals(coefficients(one).toRows(), coefficients(many).toRows());
    }

    @Test
    void aModelFileKeepsFixedWeightsToTheBit(@TempDir Path folder) throws IOException {
        Kind kind = Kind.SCALED;
        NmfModel model = builder(NmfAlgorithm.HALS)
                .scaling(kind.scaling())
                .epochs(5)
                .initialBasis(catalogue())
                .fixBasis(true)
                .build()
                .fit(kind.data());
        Path file = folder.resolve("model.npz");
        model.save(file);
        NmfModel loaded = NmfModel.load(file);

        assertArrayEquals(model.basis().toRows(), loaded.basis().toRows());
        assertArrayEquals(
                catalogue().toRows(), firstColumns(loaded.basis(), RANK - 1).toRows());
        assertEquals(model.settings(), loaded.settings());
        assertTrue(Arrays.deepEquals(
                model.transform(kind.data()).toRows(),
                loaded.transform(kind.data()).toRows()));
    }

    private interface Fit {
        FactorisationModel from(Matrix basis, RowSource data, Scaling scaling);
    }

    static Stream<Arguments> otherFits() {
        Fit vb = (basis, data, scaling) -> VariationalNmf.builder()
                .rank(RANK)
                .epochs(1)
                .scaling(scaling)
                .initialBasis(basis)
                .build()
                .fit(data);
        Fit pae = (basis, data, scaling) -> PaeNmf.builder()
                .rank(RANK)
                .epochs(1)
                .scaling(scaling)
                .initialBasis(basis)
                .build()
                .fit(data);
        Fit ae = (basis, data, scaling) -> PaeNmf.builder()
                .rank(RANK)
                .trainOn(TrainOn.SCALE)
                .kl(false)
                .epochs(1)
                .scaling(scaling)
                .initialBasis(basis)
                .build()
                .fit(data);
        return Stream.of(Arguments.of("vb", vb), Arguments.of("pae", pae), Arguments.of("ae", ae));
    }

    /** In units of the data, whatever these are scaled by: the same bits as of data and a basis that were scaled before. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("otherFits")
    void otherAlgorithmsStartFromABasisInUnitsOfTheData(String name, Fit fit) {
        Matrix data = (Matrix) Kind.PLAIN.data();
        Scaling scaling = Scaling.NONE.withFeatureScale(FeatureScale.SD);
        Matrix given = builder(NmfAlgorithm.HALS).build().fit(data).basis();
        FittedScaling fitted = scaling.fit(data);
        Matrix before = given.copy();
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < RANK; j++) {
                before.storage(f)[before.offset(f) + j] = (float) (given.get(f, j) / fitted.featureScale(f));
            }
        }
        FactorisationModel scaledHere = fit.from(given, data, scaling);
        FactorisationModel scaledBefore = fit.from(before, fitted.apply(data), Scaling.NONE);

        assertArrayEquals(
                scaledBefore.history().reconstruction(), scaledHere.history().reconstruction());
    }

    /** An epoch from the basis of NMF, whose length is another: of the angles from a random basis, next to nothing is left. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("otherFits")
    void otherAlgorithmsStartFromTheDirectionsOfABasis(String name, Fit fit) {
        RowSource data = Kind.PLAIN.data();
        Scaling scaling = Scaling.NONE.withFeatureScale(FeatureScale.SD);
        Matrix given =
                builder(NmfAlgorithm.HALS).scaling(scaling).build().fit(data).basis();
        Matrix fitted = fit.from(given, data, scaling).basis();

        for (int j = 0; j < RANK; j++) {
            double product = 0;
            double ofGiven = 0;
            double ofFitted = 0;
            for (int f = 0; f < M; f++) {
                product += (double) given.get(f, j) * fitted.get(f, j);
                ofGiven += (double) given.get(f, j) * given.get(f, j);
                ofFitted += (double) fitted.get(f, j) * fitted.get(f, j);
            }
            assertTrue(product > 0.98 * Math.sqrt(ofGiven * ofFitted), "component " + j);
        }
    }
}
