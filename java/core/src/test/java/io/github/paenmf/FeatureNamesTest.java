package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Columns are taken for features by name where the data and the model have names, else by position. */
class FeatureNamesTest {

    private static final List<String> NAMES = List.of("a", "b", "c", "d", "e");
    private static final Matrix BARE = TestData.parts(7, 5, 2);
    private static final Matrix DATA = BARE.withNames(List.of(), NAMES);
    private static final Matrix SHUFFLED = DATA.selectColumns(new int[] {3, 0, 4, 1, 2});

    private static FactorisationModel fit(Algorithm algorithm, Matrix data) {
        return switch (algorithm) {
            case VB -> VariationalNmf.builder().rank(2).epochs(30).build().fit(data);
            case PAE -> PaeNmf.builder().rank(2).epochs(30).build().fit(data);
            case AE ->
                PaeNmf.builder()
                        .rank(2)
                        .epochs(30)
                        .trainOn(TrainOn.SCALE)
                        .kl(false)
                        .build()
                        .fit(data);
            case NMF_MU ->
                Nmf.builder()
                        .rank(2)
                        .epochs(30)
                        .algorithm(NmfAlgorithm.MU)
                        .build()
                        .fit(data);
            case NMF_KL ->
                Nmf.builder()
                        .rank(2)
                        .epochs(30)
                        .algorithm(NmfAlgorithm.KL)
                        .build()
                        .fit(data);
            case NMF_HALS -> Nmf.builder().rank(2).epochs(30).build().fit(data);
        };
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void otherOrdersOfTheSameNamesGiveTheSameBits(Algorithm algorithm) {
        FactorisationModel model = fit(algorithm, DATA);

        assertEquals(model.score(DATA), model.score(SHUFFLED));
        assertArrayEquals(
                model.coefficients(DATA).toRows(), model.coefficients(SHUFFLED).toRows());
        Matrix reconstructed = model.reconstruct(SHUFFLED);
        assertArrayEquals(model.reconstruct(DATA).toRows(), reconstructed.toRows());
        assertEquals(NAMES, reconstructed.columnNames());
    }

    @Test
    void drawsAndUpdatesAreInOrderToo() {
        PaeNmfModel model = (PaeNmfModel) fit(Algorithm.PAE, DATA);

        assertArrayEquals(
                model.reconstructSampled(DATA, 1, 4).get(0).toRows(),
                model.reconstructSampled(SHUFFLED, 1, 4).get(0).toRows());
        assertArrayEquals(
                model.reconstructMean(DATA).toRows(),
                model.reconstructMean(SHUFFLED).toRows());
        assertArrayEquals(
                model.sample(DATA, 9, 4).toRows(), model.sample(SHUFFLED, 9, 4).toRows());
        PaeNmf estimator = PaeNmf.builder().rank(2).epochs(10).build();
        PaeNmfModel updated = estimator.update(model, SHUFFLED);
        assertEquals(estimator.update(model, DATA).fitted(), updated.fitted());
        assertEquals(NAMES, updated.featureNames());
    }

    @ParameterizedTest
    @EnumSource(Algorithm.class)
    void withoutNamesColumnsGoByPosition(Algorithm algorithm) {
        FactorisationModel model = fit(algorithm, DATA);
        Matrix unnamed = SHUFFLED.withNames(List.of(), List.of());

        assertArrayEquals(
                fit(algorithm, BARE).coefficients(SHUFFLED).toRows(),
                model.coefficients(unnamed).toRows());
        assertSame(unnamed, model.inFeatureOrder(unnamed));
        assertSame(DATA, model.inFeatureOrder(DATA));
    }

    private static String refusal(List<String> features, List<String> columns) {
        FactorisationModel model = fit(Algorithm.NMF_MU, BARE.withNames(List.of(), features));
        Matrix data = BARE.withNames(List.of(), columns);
        FeatureNamesException e = assertThrows(FeatureNamesException.class, () -> model.score(data));
        assertEquals(e.problem() + "; to go by position, leave the columns unnamed (Matrix.withNames)", e.getMessage());
        assertThrows(FeatureNamesException.class, () -> model.coefficients(data));
        assertThrows(FeatureNamesException.class, () -> model.reconstruct(data));
        return e.problem();
    }

    @Test
    void otherNamesAreRefusedWithTheFirstThatDiffers() {
        assertEquals(
                "the columns are not those that the model was fitted on: column 2, 'x', is not among the model's"
                        + " features, and the model's feature 3, 'c', is missing",
                refusal(NAMES, List.of("b", "x", "a", "e", "d")));
        assertEquals(
                "the columns are not those that the model was fitted on: column 4, 'a', is one more of that name than"
                        + " the model has, and the model's feature 4, 'd', is missing",
                refusal(NAMES, List.of("a", "b", "c", "a", "e")));
    }

    @Test
    void namesThatDifferInWhatDoesNotShowAreShown() {
        assertEquals(
                "the columns are not those that the model was fitted on: column 1, '\\ufeffa', is not among the model's"
                        + " features, and the model's feature 1, 'a', is missing",
                refusal(NAMES, List.of("\ufeffa", "b", "c", "d", "e")));
        assertEquals(
                "the columns are not those that the model was fitted on: column 3, 'c ', is not among the model's"
                        + " features, and the model's feature 3, 'c', is missing",
                refusal(NAMES, List.of("a", "b", "c ", "d", "e\t")));
    }

    @Test
    void namesThatOccurTwiceMustBeInTheSameOrder() {
        List<String> twice = List.of("a", "b", "c", "b", "e");
        Matrix data = BARE.withNames(List.of(), twice);

        assertSame(data, fit(Algorithm.NMF_MU, data).inFeatureOrder(data));
        assertEquals(
                "the columns are not in the order of the model's features, and cannot be put in it, since some have the"
                        + " same name: column 3 is 'e', feature 3 of the model 'c'",
                refusal(twice, List.of("a", "b", "e", "b", "c")));
    }

    @Test
    void moreOrFewerColumnsAreNamed() {
        FactorisationModel model = fit(Algorithm.NMF_MU, DATA);
        String start = "the data have %d columns, but the model was fitted on 5 features: ";

        assertEquals(
                String.format(start, 6) + "column 2, 'x', is not among the model's features",
                columns(model, List.of("a", "x", "b", "c", "d", "e")));
        assertEquals(
                String.format(start, 4) + "the model's feature 2, 'b', is missing",
                columns(model, List.of("a", "c", "d", "e")));
        assertEquals(
                String.format(start, 2) + "column 1, 'x', is not among the model's features, and the model's feature 1,"
                        + " 'a', is missing",
                columns(model, List.of("x", "b")));
    }

    private static String columns(FactorisationModel model, List<String> columns) {
        Matrix data = TestData.parts(9, columns.size(), 2).withNames(List.of(), columns);
        return assertThrows(DataException.class, () -> model.reconstruct(data)).getMessage();
    }
}
