package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Optimiser;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data that cannot be factorised are refused with a reason; data that are merely strange are not. */
class BadDataTest {

    private static final int FEATURES = 12;
    private static final Matrix DATA = TestData.parts(60, FEATURES, 3);

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(3).epochs(50);
    }

    private static PaeNmfModel fit(Matrix data) {
        return builder().build().fit(data);
    }

    private static String refusal(Executable action) {
        return assertThrows(DataException.class, action).getMessage();
    }

    private static Matrix with(int row, int column, float value) {
        float[][] rows = DATA.toRows();
        rows[row][column] = value;
        return Matrix.of(rows);
    }

    private static void assertWorks(PaeNmfModel model, Matrix data) {
        Score score = model.score(data);
        assertTrue(Double.isFinite(score.objective()), () -> score.toString());
        assertTrue(Double.isFinite(score.hoyerSparsity()), () -> score.toString());
        assertTrue(score.relativeErrorMedian() >= 0 && score.relativeErrorMedian() < 1.5, () -> score.toString());
        assertTrue(score.relativeErrorMean() < 1.5, () -> score.toString());
        for (Matrix matrix : List.of(
                model.reconstruct(data),
                model.basis(),
                model.sample(3, 1),
                model.transform(data).variance())) {
            for (float[] row : matrix.toRows()) {
                for (float value : row) {
                    assertTrue(value >= 0 && Float.isFinite(value), () -> matrix + " holds " + value);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-0.5      | is negative (-0.5)",
                "NaN       | is missing or not a number (NaN)",
                "Infinity  | is infinite",
                "-Infinity | is infinite"
            })
    void valuesThatNoFactorisationHasAreNamed(float value, String what) {
        Matrix data = with(41, 6, value);
        Matrix named = data.withNames(
                IntStream.range(0, 60).mapToObj(i -> "s" + i).toList(),
                IntStream.range(0, FEATURES).mapToObj(i -> "f" + i).toList());
        PaeNmfModel model = fit(DATA);
        String end = what + "; non-negative matrix factorisation needs finite values ≥ 0"
                + (Float.isNaN(value) ? ", unless missing values are allowed (missing(true))" : "");
        String expected = "the value in row 42, column 7 " + end;

        assertEquals(expected, refusal(() -> fit(data)));
        assertEquals("the value in row 42 (s41), column 7 (f6) " + end, refusal(() -> fit(named)));
        assertEquals(expected, refusal(() -> builder().build().update(model, data)));
        assertEquals(expected, refusal(() -> model.transform(data)));
        assertEquals(expected, refusal(() -> model.reconstruct(data)));
        assertEquals(expected, refusal(() -> model.sample(data, 2, 1)));
        assertEquals(expected, refusal(() -> model.score(data)));
    }

    @Test
    void negativeZeroIsZero() {
        assertWorks(fit(with(3, 3, -0f)), with(3, 3, -0f));
    }

    @Test
    void nothingButZerosIsRefused() {
        assertEquals("all values are 0: there is nothing to factorise", refusal(() -> fit(Matrix.zeros(5, 4))));
        PaeNmfModel model = fit(DATA);
        assertEquals(
                "all values are 0: there is nothing to factorise",
                refusal(() -> builder().build().update(model, Matrix.zeros(5, FEATURES))));
    }

    @ParameterizedTest
    @EnumSource(DecoderUpdate.class)
    void rowsAndColumnsOfZerosWork(DecoderUpdate decoderUpdate) {
        float[][] rows = DATA.toRows();
        for (int row = 0; row < rows.length; row++) {
            rows[row][5] = 0;
            if (row == 17 || row == 0) {
                rows[row] = new float[FEATURES];
            }
        }
        Matrix data = Matrix.of(rows);

        for (Optimiser optimiser : Optimiser.values()) {
            PaeNmfModel model = builder()
                    .optimiser(optimiser)
                    .decoderUpdate(decoderUpdate)
                    .build()
                    .fit(data);

            assertWorks(model, data);
            for (int j = 0; j < 3; j++) {
                assertEquals(0, model.basis().get(5, j));
            }
        }
    }

    @Test
    void aConstantMatrixWorks() {
        float[] values = new float[40 * FEATURES];
        Arrays.fill(values, 3.5f);
        Matrix data = Matrix.wrap(values, 40, FEATURES);

        PaeNmfModel model = builder().epochs(500).build().fit(data);

        assertWorks(model, data);
        // rank 1 would be exact; noise of the latents and their prior leave less than σ, 0.1
        assertTrue(model.score(data).relativeErrorMedian() < 0.1);
    }

    @ParameterizedTest
    @CsvSource({"1, 12", "60, 1", "1, 1", "2, 2"})
    void smallShapesWork(int rows, int columns) {
        float[][] values = new float[rows][columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                values[i][j] = 1 + DATA.get(i, j);
            }
        }
        Matrix data = Matrix.of(values);
        for (Optimiser optimiser : Optimiser.values()) {
            PaeNmfModel model =
                    builder().rank(1).epochs(300).optimiser(optimiser).build().fit(data);
            assertWorks(model, data);
            assertFalse(model.warnings().toString().contains("rank"));
        }
        // the mean alone explains 1 + exponential parts to about 0.6
        assertTrue(builder().rank(1).epochs(300).build().fit(data).score(data).relativeErrorMedian() < 0.6);
    }

    @ParameterizedTest
    @CsvSource({"1, 12, 2, 1", "60, 1, 3, 1", "1, 1, 10, 1", "5, 12, 6, 5"})
    void aRankAboveBothDimensionsIsWarnedOf(int rows, int columns, int rank, int least) {
        Matrix data = TestData.parts(rows, columns, 1);

        PaeNmfModel model = builder().rank(rank).build().fit(data);

        assertEquals(
                "rank " + rank + " is above min(rows, columns) = " + least + ": some components are redundant.",
                model.warnings().get(0));
        assertEquals(rank, model.transform(data).lambda().columns());
        assertWorks(model, data);
    }

    @Test
    void aRankOfBothDimensionsIsNot() {
        Matrix data = TestData.parts(5, 12, 2);
        assertFalse(builder().rank(5).build().fit(data).warnings().toString().contains("redundant"));
    }

    /** A power of 2 scales every float of a fit exactly, as long as none leaves the normal range. */
    @ParameterizedTest
    @ValueSource(ints = {-80, -10, 10, 80})
    void powersOfTwoChangeNothing(int exponent) {
        double factor = Math.scalb(1.0, exponent);
        Matrix scaled = TestData.scaled(DATA, factor);

        PaeNmfModel expected = fit(DATA);
        PaeNmfModel actual = fit(scaled);

        assertEquals(expected.fitted().parameters(), actual.fitted().parameters());
        assertEquals(expected.fitted().dataScale() * factor, actual.fitted().dataScale());
        assertEquals(
                expected.score(DATA).relativeErrorSampled(),
                actual.score(scaled).relativeErrorSampled());
    }

    /**
     * Other factors round every value anew, by 2⁻²⁴; 50 epochs of float32 training from there end within 1e-4 of each
     * other (measured for float32 against float64).
     */
    @ParameterizedTest
    @ValueSource(doubles = {1e-30, 1e-20, 1e-3, 1e3, 1e20, 1e30})
    void theScaleOfTheDataDoesNotMatter(double factor) {
        Matrix scaled = TestData.scaled(DATA, factor);
        for (Optimiser optimiser : Optimiser.values()) {
            PaeNmf estimator = builder().optimiser(optimiser).build();
            PaeNmfModel model = estimator.fit(scaled);

            assertWorks(model, scaled);
            Score expected = estimator.fit(DATA).score(DATA);
            Score actual = model.score(scaled);
            assertEquals(expected.relativeErrorMedian(), actual.relativeErrorMedian(), 1e-4);
            assertEquals(expected.relativeErrorSampled(), actual.relativeErrorSampled(), 1e-4);
            assertEquals(expected.klPerSample(), actual.klPerSample(), 1e-4 * expected.klPerSample());
            assertEquals(1, actual.objective() / expected.objective(), 1e-3);
            assertEquals(expected.hoyerSparsity(), actual.hoyerSparsity(), 1e-4);
        }
    }

    /** The ends of what is accepted do work; the gradients of all rows, over σ², have to fit beside the data. */
    @ParameterizedTest
    @CsvSource({"9e31, 0.1", "2e-32, 0.1", "1e28, 1e-4", "9e31, 1e4", "2e-32, 1e4", "2e-32, 1e-4"})
    void theEndsOfTheRangeWork(double rms, double sigma) {
        double scale = fit(DATA).fitted().dataScale();
        Matrix data = TestData.scaled(DATA, rms / scale);
        PaeNmf estimator = builder().sigma(sigma).build();

        Score expected = estimator.fit(DATA).score(DATA);
        Score actual = estimator.fit(data).score(data);

        assertEquals(1, actual.objective() / expected.objective(), 1e-2);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e33, 1e-33})
    void aScaleBeyondFloat32IsRefused(double factor) {
        Matrix data = TestData.scaled(DATA, factor);

        String message = refusal(() -> fit(data));

        assertTrue(
                message.matches(
                        "the root mean square of the values is \\d\\.\\d+E-?\\d+, outside what float32 arithmetic"
                                + " can hold \\(1e-32 to 1e32\\); rescale the data"),
                message);
    }

    @Test
    void moreWeightsThanAnArrayHoldsAreRefused() {
        String message = refusal(() -> builder().rank(70_000_000).build().fit(DATA));

        assertEquals(
                "12 features at rank 70000000 need 2.52e+09 weights, but at most 2147483639 are possible;"
                        + " use a lower rank",
                message);
    }

    @Test
    void otherFeaturesAreRefused() {
        PaeNmfModel model = fit(DATA);
        Matrix wide = TestData.parts(5, 13, 2);
        Matrix transposed = TestData.parts(FEATURES, 60, 2);
        String expected = "the data have 13 columns, but the model was fitted on 12 features";

        assertEquals(expected, refusal(() -> model.transform(wide)));
        assertEquals(expected, refusal(() -> model.reconstruct(wide)));
        assertEquals(expected, refusal(() -> model.reconstructSampled(wide, 1, 1)));
        assertEquals(expected, refusal(() -> model.sample(wide, 1, 1)));
        assertEquals(expected, refusal(() -> model.score(wide)));
        assertEquals(
                "the data have 60 columns, but the model was fitted on 12 features; the data seem to be transposed",
                refusal(() -> model.transform(transposed)));
    }
}
