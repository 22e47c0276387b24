package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.Warning;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VariationalNmfTest {

    private static final int RANK = 4;
    private static final TestData.Planted PLANTED = TestData.planted(300, 60, RANK, 0.1, 7);
    private static final Matrix DATA = PLANTED.data();

    private static VariationalNmf.Builder builder() {
        return VariationalNmf.builder().rank(RANK).epochs(60).seed(3).backend(Backends.Choice.CPU);
    }

    /** Planted data, tall and wide, and others that the model does not fit; with zeros that is judged once they are in. */
    @ParameterizedTest
    @CsvSource({
        "300, 60, 4, .1, LEARN, NMF",
        "300, 60, 4, .1, OFF, NMF",
        "60, 300, 4, .3, LEARN, RANDOM",
        "60, 300, 4, .3, OFF, RANDOM",
        "38, 2000, 3, .5, LEARN, NMF",
        "700, 40, 20, .2, LEARN, RANDOM",
        "700, 40, 20, .2, OFF, NMF",
        "5, 3, 2, .2, LEARN, NMF",
    })
    void theElboNeverFalls(int n, int m, int r, double noise, Zeros zeros, VbInit init) {
        Matrix data = TestData.planted(n, m, r, noise, 11).data();
        List<Double> objectives = new ArrayList<>();
        builder()
                .rank(r)
                .zeros(zeros)
                .init(init)
                .epochs(80)
                .listener(report -> objectives.add(report.objective()))
                .build()
                .fit(data);

        // The squared error, in Gram form of float32, is off by u·√max(n, m) of ‖V‖², its objective by that over 2σ²;
        // twice for a difference.
        for (int epoch = 1; epoch < objectives.size(); epoch++) {
            double before = objectives.get(epoch - 1);
            double variance = Math.exp(2 * before / m); // at least σ²: entropy and KL are above 0
            double rounding = 0x1p-24 * (Math.sqrt(Math.max(n, m)) + 4) * m / Math.min(noise * noise, variance);
            boolean zerosComeIn = zeros == Zeros.LEARN && epoch == 20;
            double rise = objectives.get(epoch) - before;
            int at = epoch;
            assertTrue(zerosComeIn || rise <= rounding, () -> "epoch " + at + ": " + rise + " above " + rounding);
        }
        assertTrue(objectives.get(79) < objectives.get(0), "it has learned");
    }

    @Test
    void findsWhatWasPlanted() {
        VariationalModel model = builder().epochs(200).build().fit(DATA);

        Score score = model.score(DATA);
        // What explains the data best, and no more, leaves the noise except for what factors make of it.
        double least = Nmf.builder()
                .rank(RANK)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(DATA)
                .score(DATA)
                .relativeError();
        double error = score.relativeErrorMean();
        double free = 1 - RANK / 60.0 - RANK / 300.0;
        assertAll(
                () -> assertTrue(error <= 1.03 * least, () -> error + " against " + least),
                () -> assertEquals(least / Math.sqrt(free), model.sigma(), 0.03 * least));
        assertEquals(List.of(), score.deadComponents());
        // half of the planted basis is 0
        Matrix inclusion = model.basisInclusion();
        int[] match = match(model.basis());
        double zeros = 0;
        double others = 0;
        int zeroCount = 0;
        for (int i = 0; i < 60; i++) {
            for (int j = 0; j < RANK; j++) {
                double p = inclusion.get(i, match[j]);
                boolean zero = PLANTED.basis()[i][j] == 0;
                zeroCount += zero ? 1 : 0;
                zeros += zero ? p : 0;
                others += zero ? 0 : p;
            }
        }
        double meanOfZeros = zeros / zeroCount;
        double meanOfOthers = others / (60 * RANK - zeroCount);
        assertAll(
                // noise that ended below 0 is cut off in the data, which takes some of a zero's weight for one above 0
                () -> assertTrue(meanOfZeros <= 0.15, () -> "zeros " + meanOfZeros),
                () -> assertTrue(meanOfOthers >= 0.84, () -> "others " + meanOfOthers));
    }

    /**
     * The scale of a component says nothing of the data, and is where H's prior has a mean of 1: the coefficients that are
     * not 0 then have it, too. Held in a fit it takes thousands of epochs to get there, and until then H has too few zeros.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 100})
    void theScaleIsThatOfThePriorOfH(int batchRows) {
        Matrix data = TestData.planted(60, 300, RANK, 0.1, 7).data().transpose();
        VariationalModel model =
                builder().epochs(100).batchRows(batchRows).build().fit(data);

        Latent latent = model.transform(data);
        for (int j = 0; j < RANK; j++) {
            double total = 0;
            double included = 0;
            for (int i = 0; i < data.rows(); i++) {
                total += latent.mean().get(i, j);
                included += latent.inclusion().get(i, j);
            }
            // what a hundred updates leave undone; the last average of three hundred batches moves by 301^−.55 = .043
            assertEquals(1, total / included, batchRows == 0 ? 0.005 : 0.043);
        }
    }

    /** Of each planted component the one found that is most alike. */
    private static int[] match(Matrix found) {
        int[] match = new int[RANK];
        for (int j = 0; j < RANK; j++) {
            double best = -1;
            for (int l = 0; l < RANK; l++) {
                double product = 0;
                double square = 0;
                for (int i = 0; i < found.rows(); i++) {
                    product += PLANTED.basis()[i][j] * found.get(i, l);
                    square += found.get(i, l) * found.get(i, l);
                }
                if (product / Math.sqrt(square) > best) {
                    best = product / Math.sqrt(square);
                    match[j] = l;
                }
            }
        }
        return match;
    }

    @Tag("jdk")
    @ParameterizedTest
    @CsvSource({
        "700, 1300, 16, 0, MEAN_FIELD",
        "700, 1300, 16, 300, MEAN_FIELD",
        "700, 1300, 16, 100, MEAN_FIELD",
        "300, 260, 6, 0, ROTATION",
    })
    void threadsAndChunksChangeNoBit(int rows, int features, int rank, int batchRows, IntervalMethod intervals) {
        Matrix data = TestData.planted(rows, features, rank, 0.2, 5).data();
        VariationalNmf.Builder builder = builder()
                .rank(rank)
                .epochs(11)
                .batchRows(batchRows)
                .intervals(intervals)
                .threads(1);
        VariationalModel one = builder.build().fit(data);
        Score score = one.score(data);
        for (int threads : new int[] {2, 3}) {
            VariationalModel actual = builder.threads(threads)
                    .chunkRows(threads == 2 ? 256 : 0)
                    .build()
                    .fit(data);
            String description = actual.trainedOn().orElseThrow();
            assertEquals(rank < 16, description.contains("steps so short"), description);
            assertEquals(one.fitted().parameters(), actual.fitted().parameters());
            assertEquals(one.history(), actual.history());
            assertEquals(score, actual.score(data));
        }
    }

    @Tag("jdk")
    @Test
    void theSeedDecidesTheBits() {
        FittedVb expected = builder().build().fit(DATA).fitted();

        assertEquals(expected.parameters(), builder().build().fit(DATA).fitted().parameters());
        assertNotEquals(
                expected.parameters(),
                builder().seed(4).build().fit(DATA).fitted().parameters());
    }

    /** Windows of epochs are run again where a fit ends within one. */
    @Test
    void aFitThatEndsEarlyIsThatOfFewerEpochs() {
        FittedVb expected = builder().epochs(37).build().fit(DATA).fitted();

        VariationalModel stopped = builder()
                .epochs(500)
                .listener(report -> report.epoch() < 37)
                .build()
                .fit(DATA);

        assertEquals(StopReason.LISTENER, stopped.history().stopReason());
        assertEquals(expected.parameters(), stopped.fitted().parameters());
    }

    @Test
    void aToleranceEndsTheFit() {
        VariationalModel model =
                builder().epochs(2000).tolerance(1e-4).patience(5).build().fit(DATA);

        assertEquals(StopReason.CONVERGED, model.history().stopReason());
        assertTrue(
                model.history().epochs() < 1000,
                () -> "after " + model.history().epochs());
        assertEquals(List.of(), model.warnings());
    }

    @Test
    void aShortFitSaysThatItGoesOn() {
        VariationalModel model =
                builder().rank(20).init(VbInit.RANDOM).epochs(10).build().fit(TestData.parts(700, 40, 20));

        assertTrue(
                model.warnings().get(0).startsWith("not converged: the ELBO still rose"), model.warnings()::toString);
    }

    /** Each row by itself. */
    @Test
    void aRowsPosteriorDependsOnNoOther() {
        VariationalModel model = builder().build().fit(DATA);
        Latent all = model.transform(DATA);

        for (int row : new int[] {0, 1, 130, 255, 256, 299}) {
            Latent one = model.transform(rows(DATA, row, 1));
            for (int j = 0; j < RANK; j++) {
                assertEquals(all.lambda().get(row, j), one.lambda().get(0, j));
                assertEquals(all.k().get(row, j), one.k().get(0, j));
                assertEquals(all.inclusion().get(row, j), one.inclusion().get(0, j));
            }
        }
    }

    private static Matrix rows(Matrix data, int first, int count) {
        float[] values = new float[count * data.columns()];
        for (int i = 0; i < count; i++) {
            data.copyRow(first + i, values, i * data.columns());
        }
        return Matrix.wrap(values, count, data.columns());
    }

    @Test
    void withoutZerosEveryCoefficientIsAboveThem() {
        VariationalModel model = builder().zeros(Zeros.OFF).build().fit(DATA);

        Latent latent = model.transform(DATA);
        Matrix lower = latent.quantile(0.05);
        for (int i = 0; i < DATA.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(1f, latent.inclusion().get(i, j));
                assertTrue(lower.get(i, j) > 0);
            }
        }
    }

    @Test
    void sigmaIsKeptWhereItIsGiven() {
        assertEquals(0.3, builder().sigma(0.3).build().fit(DATA).sigma(), 1e-12);
        double learned = builder().build().fit(DATA).sigma();
        assertTrue(learned < 0.11, () -> "learned " + learned);
    }

    @Test
    void miniBatchesComeToTheSameModel() {
        Matrix data = TestData.planted(2000, 60, RANK, 0.1, 7).data();

        double whole = builder().epochs(60).build().fit(data).score(data).relativeErrorMean();
        double batches = builder()
                .epochs(10)
                .batchRows(256)
                .build()
                .fit(data)
                .score(data)
                .relativeErrorMean();

        assertEquals(whole, batches, 0.03 * whole);
    }

    @Test
    void anUpdateGoesOn() {
        VariationalModel first = builder().epochs(10).build().fit(DATA);
        VariationalModel second = builder().epochs(50).build().update(first, DATA);

        assertEquals(60, second.totalEpochs());
        assertTrue(second.score(DATA).relativeErrorMean() <= first.score(DATA).relativeErrorMean() * 1.001);
        assertTrue(second.history().reconstruction()[49] + second.history().kl()[49]
                < first.history().reconstruction()[9] + first.history().kl()[9]);
        assertThrows(SettingException.class, () -> builder().rank(5).build().update(first, DATA));
        assertThrows(DataException.class, () -> builder().build().update(first, TestData.parts(20, 61, 3)));
    }

    @ParameterizedTest
    @EnumSource(Zeros.class)
    void aSavedModelIsTheSame(Zeros zeros, @TempDir Path directory) throws IOException {
        VariationalModel model = builder().zeros(zeros).build().fit(DATA);
        Path file = directory.resolve("model.npz");

        model.save(file);
        VariationalModel loaded = (VariationalModel) FactorisationModel.load(file);

        assertEquals(model.fitted(), loaded.fitted());
        assertEquals(model.score(DATA), loaded.score(DATA));
        assertThrows(DataException.class, () -> PaeNmfModel.load(file));
    }

    /** Of the planted basis and coefficients by their order and scale: true values lie within, zeros too. */
    @ParameterizedTest
    @EnumSource(value = IntervalMethod.class)
    void intervalsHoldWhatWasPlanted(IntervalMethod method) {
        VariationalModel model = builder().epochs(150).intervals(method).build().fit(DATA);
        VariationalModel.Bounds bounds = model.basisIntervals(0.9);
        int[] match = match(model.basis());
        int inside = 0;
        for (int j = 0; j < RANK; j++) {
            double product = 0;
            double square = 0;
            for (int i = 0; i < 60; i++) {
                double middle =
                        (bounds.lower().get(i, match[j]) + bounds.upper().get(i, match[j])) / 2;
                product += PLANTED.basis()[i][j] * middle;
                square += PLANTED.basis()[i][j] * PLANTED.basis()[i][j];
            }
            for (int i = 0; i < 60; i++) {
                double value = PLANTED.basis()[i][j] * product / square;
                inside += bounds.lower().get(i, match[j]) <= value
                                && value <= bounds.upper().get(i, match[j])
                        ? 1
                        : 0;
            }
        }
        double share = inside / (60.0 * RANK);
        // 240 intervals of 90 %: a deviation of .02, and more where a component is off as a whole
        double least = method == IntervalMethod.MEAN_FIELD || method == IntervalMethod.CONDITIONAL ? 0.6 : 0.8;
        assertTrue(share >= least, () -> method + ": " + share);
        assertNotEquals(IntervalMethod.AUTO, model.intervalMethod());
    }

    @Test
    void aRowsIntervalDependsOnNoOther() {
        VariationalModel model = builder().build().fit(DATA);
        VariationalModel.Bounds all = model.intervals(DATA, 0.9);
        for (int row : new int[] {0, 130, 299}) {
            VariationalModel.Bounds one = model.intervals(rows(DATA, row, 1), 0.9, new long[] {row});
            for (int j = 0; j < RANK; j++) {
                assertEquals(all.lower().get(row, j), one.lower().get(0, j));
                assertEquals(all.upper().get(row, j), one.upper().get(0, j));
            }
        }
    }

    /**
     * Handwritten digits are no product of so few components: what the prior makes of the rotation, which the data leave
     * open, is another basis than that of the fit.
     */
    @Test
    void intervalsAreAroundTheFitWhereTheRotationIsElsewhere() throws IOException {
        Matrix digits = MatrixReader.read(MatrixReader.DEMO_DIGITS)
                .selectRows(IntStream.range(0, 300).toArray());
        VariationalNmf.Builder digitsOf =
                VariationalNmf.builder().rank(8).epochs(60).backend(Backends.Choice.CPU);

        VariationalModel chosen = digitsOf.build().fit(digits);
        VariationalModel byName =
                digitsOf.intervals(IntervalMethod.ROTATION).build().fit(digits);

        assertEquals(IntervalMethod.JOINT, chosen.intervalMethod());
        assertEquals(0, shareOutside(chosen));
        assertTrue(shareOutside(byName) > 0.1);
        for (VariationalModel model : List.of(chosen, byName)) {
            String text = model.codedWarnings().stream()
                    .filter(warning -> warning.code() == Warning.Code.ROTATED_ELSEWHERE)
                    .findFirst()
                    .orElseThrow()
                    .text();
            long percent = Math.round(100 * shareOutside(byName));
            assertTrue(text.contains(percent + " % of the weights of the fit lie outside"), text);
        }
        VariationalModel planted = builder().build().fit(DATA);
        assertEquals(IntervalMethod.ROTATION, planted.intervalMethod());
        assertTrue(planted.codedWarnings().stream()
                .noneMatch(warning -> warning.code() == Warning.Code.ROTATED_ELSEWHERE));
    }

    /** Of the weights that are probably not 0. */
    private static double shareOutside(VariationalModel model) {
        Matrix w = model.basis();
        VariationalModel.Bounds bounds = model.basisIntervals(0.9);
        int outside = 0;
        int included = 0;
        for (int f = 0; f < w.rows(); f++) {
            for (int j = 0; j < w.columns(); j++) {
                if (model.basisInclusion().get(f, j) >= 0.5) {
                    included++;
                    float weight = w.get(f, j);
                    outside += weight < bounds.lower().get(f, j)
                                    || weight > bounds.upper().get(f, j)
                            ? 1
                            : 0;
                }
            }
        }
        return (double) outside / included;
    }

    @Test
    void intervalsOfCoefficientsByThemselvesTakeNothingOfTheRows() {
        FittedVb fitted =
                builder().intervals(IntervalMethod.MEAN_FIELD).build().fit(DATA).fitted();
        assertEquals(VbIntervals.none(fitted.parameters()), fitted.intervals());
    }

    @Test
    void intervalsOfKnownLatentsAreTheSame() {
        VariationalModel model = builder().build().fit(DATA);
        long[] ids = SampleIds.of(DATA);
        Latent latent = model.transform(DATA);
        VariationalModel.Bounds expected = model.intervals(DATA, 0.9);
        VariationalModel.Bounds actual = model.intervals(DATA, latent, 0.9, ids);
        for (int i = 0; i < DATA.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(expected.lower().get(i, j), actual.lower().get(i, j));
                assertEquals(expected.upper().get(i, j), actual.upper().get(i, j));
            }
        }
        Latent ofOthers = model.transform(rows(DATA, 0, 7));
        IllegalArgumentException problem =
                assertThrows(IllegalArgumentException.class, () -> model.intervals(DATA, ofOthers, 0.9, ids));
        assertTrue(problem.getMessage().contains("7 × " + RANK), problem.getMessage());
    }

    @Test
    void aGreaterLevelGivesWiderIntervals() {
        VariationalModel model = builder().build().fit(DATA);
        VariationalModel.Bounds narrow = model.intervals(DATA, 0.5);
        VariationalModel.Bounds wide = model.intervals(DATA, 0.99);
        for (int i = 0; i < DATA.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                assertTrue(wide.lower().get(i, j) <= narrow.lower().get(i, j));
                assertTrue(wide.upper().get(i, j) >= narrow.upper().get(i, j));
            }
        }
        assertThrows(IllegalArgumentException.class, () -> model.intervals(DATA, 1));
    }

    @Test
    void noiseThatGrowsIsMeasured() {
        Random random = new Random(4);
        float[][] values = TestData.planted(400, 50, 3, 0.001, 9).data().toRows();
        for (float[] row : values) {
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) Math.max(0, row[j] + 0.5 * Math.sqrt(row[j]) * random.nextGaussian());
            }
        }
        Matrix data = Matrix.of(values);

        double[] measured = builder().rank(3).build().fit(data).noiseVariance();
        double[] constant = builder()
                .rank(3)
                .noise(NoiseVariance.CONSTANT)
                .build()
                .fit(data)
                .noiseVariance();

        // v = .25·v̂ in units of the data
        assertEquals(0.25, measured[1] * rootMeanSquare(data), 0.05);
        assertEquals(0, constant[1] + constant[2]);
        assertTrue(constant[0] > 0);
    }

    /** A row that is 0 throughout, a feature that is, and a component too many. */
    @Test
    void zerosInTheDataAreNoTrouble() {
        float[][] values = TestData.parts(50, 12, 3).toRows();
        values[7] = new float[12];
        for (float[] row : values) {
            row[4] = 0;
        }
        Matrix data = Matrix.of(values);

        VariationalModel model = builder().rank(8).epochs(100).build().fit(data);

        Score score = model.score(data);
        assertTrue(Double.isFinite(score.objective()) && score.relativeErrorMean() < 0.1, score::toString);
        Matrix reconstructed = model.reconstructMean(data);
        // what the noise would hide
        double hidden = 3 * model.sigma() * rootMeanSquare(data);
        for (int i = 0; i < 50; i++) {
            assertTrue(reconstructed.get(i, 4) < hidden, "the feature");
        }
        for (int j = 0; j < 12; j++) {
            assertTrue(reconstructed.get(7, j) < hidden, "the row");
        }
    }

    /** Noise is on either side of 0; cut off there, it would not have a mean of 0. */
    @Test
    void valuesBelowZeroAreTaken() {
        float[][] values = new float[400][30];
        Random random = new Random(1);
        for (float[] row : values) {
            double h = -Math.log(random.nextDouble());
            for (int j = 0; j < row.length; j++) {
                row[j] = (float) ((j < 15 ? h : 0) + 0.1 * random.nextGaussian());
            }
        }
        VariationalModel model = builder().rank(1).build().fit(Matrix.of(values));

        for (int j = 0; j < 30; j++) {
            double p = model.basisInclusion().get(j, 0);
            assertEquals(j < 15 ? 1 : 0, p, 0.2, "feature " + j);
        }
        values[3][2] = Float.NaN;
        assertThrows(DataException.class, () -> builder().rank(1).build().fit(Matrix.of(values)));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-25, 1e-3, 1e3, 1e25})
    void theUnitOfTheDataDoesNotMatter(double unit) {
        VariationalModel model = builder().build().fit(DATA);
        Matrix scaled = TestData.scaled(DATA, unit);

        VariationalModel other = builder().build().fit(scaled);

        assertEquals(model.score(DATA).relativeErrorMean(), other.score(scaled).relativeErrorMean(), 1e-4);
        assertEquals(model.sigma(), other.sigma(), 1e-4);
    }

    @Test
    void samplesOfThePriorLookLikeTheData() {
        VariationalModel model = builder().epochs(200).build().fit(DATA);

        Matrix sample = model.sample(2000, 5);

        double mean = mean(DATA);
        assertEquals(mean, mean(sample), 0.1 * mean);
    }

    private static double rootMeanSquare(Matrix matrix) {
        double sum = 0;
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                sum += matrix.get(i, j) * matrix.get(i, j);
            }
        }
        return Math.sqrt(sum / matrix.size());
    }

    private static double mean(Matrix matrix) {
        double sum = 0;
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                sum += matrix.get(i, j);
            }
        }
        return sum / matrix.size();
    }

    /** 300 rows in batches of 128 are 3 updates an epoch. */
    static void assertSaysWhenZerosCouldNotBeLearned(Backends.Choice backend, Path directory) throws IOException {
        for (int batchRows : new int[] {0, 128}) {
            int perEpoch = batchRows == 0 ? 1 : 3;
            int least = 20 / perEpoch + 1; // the first epoch with an update after 20
            VariationalNmf.Builder settings = builder().batchRows(batchRows).backend(backend);
            VariationalModel early = settings.epochs(least - 1).build().fit(DATA);
            VariationalModel late = settings.epochs(least).build().fit(DATA);

            List<Warning> warnings = early.codedWarnings().stream()
                    .filter(warning -> warning.code() == Warning.Code.ZEROS_NOT_LEARNED)
                    .toList();
            assertEquals(1, warnings.size(), () -> early.warnings().toString());
            String text = warnings.get(0).text();
            assertTrue(text.contains("ended after " + (least - 1) * perEpoch + " updates"), text);
            assertEquals(1, least(early.basisInclusion()));
            early.save(directory.resolve("early.npz"));
            assertEquals(
                    early.codedWarnings(),
                    VariationalModel.load(directory.resolve("early.npz")).codedWarnings());

            assertNoWarningOfZeros(late);
            assertTrue(least(late.basisInclusion()) < 1, "it may find zeros");
            assertNoWarningOfZeros(settings.epochs(1).build().update(late, DATA));
        }
        assertNoWarningOfZeros(
                builder().zeros(Zeros.OFF).epochs(3).backend(backend).build().fit(DATA));
    }

    private static void assertNoWarningOfZeros(VariationalModel model) {
        assertTrue(
                model.codedWarnings().stream().noneMatch(warning -> warning.code() == Warning.Code.ZEROS_NOT_LEARNED),
                () -> model.warnings().toString());
    }

    private static float least(Matrix matrix) {
        float least = Float.POSITIVE_INFINITY;
        for (float[] row : matrix.toRows()) {
            for (float value : row) {
                least = Math.min(least, value);
            }
        }
        return least;
    }

    @Test
    void saysWhenZerosCouldNotBeLearned(@TempDir Path directory) throws IOException {
        assertSaysWhenZerosCouldNotBeLearned(Backends.Choice.CPU, directory);
    }
}
