package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.SettingException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Updates of models of standard NMF by new rows. */
class NmfUpdateTest {

    private static final int N = 300;
    private static final int M = 31;
    private static final int RANK = 3;

    /** Of which the first rows are seen before, the last ones after. */
    private static final Matrix DATA = data();

    private static final Matrix BEFORE = rows(0, 180);
    private static final Matrix AFTER = rows(180, N);

    private static Matrix data() {
        float[][] values = TestData.parts(N, M, RANK).toRows();
        for (float[] row : values) {
            for (int f = 0; f < M; f++) {
                row[f] += 0.01f; // divergences below 1 take no zeros
            }
        }
        return Matrix.of(values)
                .withNames(
                        List.of(),
                        IntStream.range(0, M).mapToObj(f -> "feature" + f).toList());
    }

    private static Matrix rows(int from, int to) {
        return Matrix.of(Arrays.copyOfRange(DATA.toRows(), from, to)).withNames(List.of(), DATA.columnNames());
    }

    private static Nmf.Builder builder(NmfAlgorithm algorithm, double beta) {
        return Nmf.builder()
                .rank(RANK)
                .algorithm(algorithm)
                .beta(beta)
                .seed(3)
                .epochs(400)
                .backend(Backends.Choice.CPU);
    }

    private static Nmf.Builder goingOn(NmfModel model) {
        return Nmf.builder().configuration(model.configuration()).backend(Backends.Choice.CPU);
    }

    /** Without forgetting the basis is nearly that of all rows, of which the coefficients of the first stay as they were. */
    @ParameterizedTest
    @CsvSource({"HALS, 2, 0", "HALS, 2, 50", "MU, 2, 0", "KL, 1, 0", "KL, 1, 50", "MU, 0.5, 0", "MU, 0.5, 50"})
    void anUpdateExplainsAllRowsNearlyAsWellAsAFitOfThem(NmfAlgorithm algorithm, double beta, int batchRows) {
        NmfModel whole = builder(algorithm, beta).build().fit(DATA);
        NmfModel before = builder(algorithm, beta).build().fit(BEFORE);

        NmfModel updated = goingOn(before)
                .forgetFactor(1)
                .batchRows(batchRows)
                .epochs(50)
                .build()
                .update(before, AFTER);

        double best = whole.score(DATA).objective();
        double objective = updated.score(DATA).objective();
        assertTrue(objective < 1.01 * best, () -> objective + " instead of " + best);
        assertEquals(400 + 50, updated.totalEpochs());
        assertEquals(N, updated.fitted().sums().rows());
    }

    /** The new rows have another part in place of one: what is forgotten of the old ones goes to them. */
    @ParameterizedTest
    @CsvSource({"HALS, 2", "MU, 2", "KL, 1", "MU, 0.5"})
    void theForgetFactorSaysHowMuchEarlierRowsCount(NmfAlgorithm algorithm, double beta) {
        Matrix other = AFTER.copy();
        for (int i = 0; i < other.rows(); i++) {
            for (int f = 0; f < M; f++) { // features in another order
                other.storage(i)[other.offset(i) + f] = AFTER.get(i, M - 1 - f);
            }
        }
        NmfModel before = builder(algorithm, beta).build().fit(BEFORE);
        double[] errors = new double[3];
        double[] errorsOfNew = new double[3];
        for (int i = 0; i < 3; i++) {
            NmfModel updated =
                    goingOn(before).forgetFactor(0.5 * i).epochs(100).build().update(before, other);
            errors[i] = updated.score(BEFORE).objective();
            errorsOfNew[i] = updated.score(other).objective();
        }

        assertTrue(errors[2] < 0.9 * errors[1] && errors[1] < 0.9 * errors[0], () -> Arrays.toString(errors));
        assertTrue(
                errorsOfNew[0] < errorsOfNew[1] && errorsOfNew[1] < errorsOfNew[2], () -> Arrays.toString(errorsOfNew));
    }

    /** Two updates by one pass each remember what scikit-learn's partial_fit does: 0.7 of 0.7 of the first rows. */
    @Test
    void rowsThatWereSeenFadeFromUpdateToUpdate() {
        NmfModel first = builder(NmfAlgorithm.HALS, 2).build().fit(BEFORE);
        Nmf nmf = goingOn(first).epochs(1).build();

        NmfModel third = nmf.update(nmf.update(first, AFTER), AFTER);

        assertEquals(0.49 * 180 + 0.7 * 120 + 120, third.fitted().sums().rows(), 1e-9);
        assertEquals(402, third.totalEpochs());
    }

    @Test
    void aModelGoesOnFromItsFileAsFromMemory(@TempDir Path folder) throws Exception {
        NmfModel model = builder(NmfAlgorithm.KL, 1).epochs(20).build().fit(BEFORE);
        model.save(folder.resolve("model.npz"));
        Nmf nmf = goingOn(model).epochs(3).build();

        NmfModel updated = nmf.update(model, AFTER);
        NmfModel read = nmf.update(NmfModel.load(folder.resolve("model.npz")), AFTER);

        assertArrayEquals(updated.basis().toRows(), read.basis().toRows());
        read.save(folder.resolve("again.npz"));
        assertEquals(23, NmfModel.load(folder.resolve("again.npz")).totalEpochs());
    }

    @Test
    void featuresGoByNameAndFixedPartsStay() {
        Matrix known = builder(NmfAlgorithm.HALS, 2)
                .epochs(9)
                .seed(8)
                .build()
                .fit(BEFORE)
                .basis();
        NmfModel model = builder(NmfAlgorithm.HALS, 2)
                .initialBasis(known)
                .fixBasis(true)
                .rank(RANK + 1)
                .epochs(30)
                .build()
                .fit(BEFORE);
        int[] reversed = IntStream.range(0, M).map(f -> M - 1 - f).toArray();
        Nmf nmf = goingOn(model).epochs(5).build();

        NmfModel updated = nmf.update(model, AFTER.selectColumns(reversed));

        assertArrayEquals(
                nmf.update(model, AFTER).basis().toRows(), updated.basis().toRows());
        assertEquals(RANK, updated.fixedComponents());
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(known.get(f, j), updated.basis().get(f, j));
            }
        }
        assertFalse(Arrays.deepEquals(model.basis().toRows(), updated.basis().toRows()));
    }

    @Test
    void featuresThatMultiplicativeUpdatesCannotLearnAreWarnedOf() {
        Matrix without = BEFORE.copy();
        for (int i = 0; i < without.rows(); i++) {
            without.storage(i)[without.offset(i) + 5] = 0;
        }
        NmfModel model = builder(NmfAlgorithm.KL, 1).epochs(20).build().fit(without);
        NmfModel hals = builder(NmfAlgorithm.HALS, 2).epochs(20).build().fit(without);

        assertTrue(goingOn(model).build().update(model, AFTER).warnings().stream()
                .anyMatch(warning -> warning.contains("1 feature of the new rows")));
        float[] learned = goingOn(hals).build().update(hals, AFTER).basis().toRows()[5];
        assertTrue(IntStream.range(0, RANK).anyMatch(j -> learned[j] > 0), () -> Arrays.toString(learned));
    }

    private static String refusal(NmfModel model, RowSource data) {
        return assertThrows(DataException.class, () -> goingOn(model).build().update(model, data))
                .getMessage();
    }

    @Test
    void whatAModelCannotGoOnFromIsRefused() {
        Matrix holes = BEFORE.copy();
        holes.storage(3)[holes.offset(3)] = Float.NaN;
        NmfModel incomplete =
                builder(NmfAlgorithm.HALS, 2).missing(true).epochs(3).build().fit(holes);
        NmfModel weighted = builder(NmfAlgorithm.HALS, 2)
                .epochs(3)
                .build()
                .fit(
                        BEFORE,
                        Weights.NONE.withFeatures(IntStream.range(0, M)
                                .mapToDouble(f -> 1 + f % 2)
                                .toArray()));
        NmfModel model = builder(NmfAlgorithm.HALS, 2).epochs(3).build().fit(BEFORE);

        assertTrue(refusal(incomplete, AFTER).contains("does not know what its basis was made of"));
        assertTrue(refusal(weighted, AFTER).contains("weights of features"));
        assertTrue(refusal(model.withMissing(Missing.NAN), holes).contains("complete rows only"));
        assertTrue(refusal(model, holes).contains("unless missing values are allowed"));
        assertTrue(refusal(NmfModel.ofBasis(model.basis(), NmfAlgorithm.HALS), AFTER)
                .contains("does not know what its basis was made of"));
        assertThrows(
                SettingException.class,
                () -> builder(NmfAlgorithm.MU, 2).build().update(model, AFTER));
        assertThrows(
                SettingException.class,
                () -> builder(NmfAlgorithm.HALS, 2).rank(2).build().update(model, AFTER));
    }
}
