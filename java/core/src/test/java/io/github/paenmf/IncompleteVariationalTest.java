package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.MissingValueException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullPosterior;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Warning;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Variational NMF of data with missing entries, as users see it. */
class IncompleteVariationalTest {

    private static final int N = 150;
    private static final int M = 40;
    private static final int R = 3;
    private static final double NOISE = 0.2;

    private static final double[][] H = new double[N][];
    private static final double[][] W = new double[M][];
    private static final float[][] TRUTH = new float[N][M];
    private static final float[][] COMPLETE = new float[N][M];
    /** A fifth is missing; rows 1, 6, 11 and so on are complete. */
    private static final float[][] INCOMPLETE = new float[N][M];

    private static VariationalModel model;

    @BeforeAll
    static void fit() {
        SplittableRandom random = new SplittableRandom(7);
        fill(H, random);
        fill(W, random);
        double squares = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                for (int j = 0; j < R; j++) {
                    TRUTH[i][f] += (float) (H[i][j] * W[f][j]);
                }
                squares += TRUTH[i][f] * TRUTH[i][f];
            }
        }
        double noise = NOISE * Math.sqrt(squares / N / M);
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                COMPLETE[i][f] = (float) (TRUTH[i][f] + noise * random.nextGaussian());
                INCOMPLETE[i][f] = i % 5 != 1 && random.nextInt(4) == 0 ? Float.NaN : COMPLETE[i][f];
            }
        }
        model = builder().missing(true).build().fit(data());
    }

    /** Half of them 0. */
    private static void fill(double[][] factor, SplittableRandom random) {
        for (int i = 0; i < factor.length; i++) {
            factor[i] = new double[R];
            for (int j = 0; j < R; j++) {
                factor[i][j] = random.nextBoolean() ? 0 : -Math.log(random.nextDouble());
            }
        }
    }

    private static Matrix data() {
        return Matrix.of(INCOMPLETE);
    }

    private static VariationalNmf.Builder builder() {
        return VariationalNmf.builder().rank(R).epochs(120).seed(3);
    }

    private static RowSource form(float[][] values, boolean sparse) {
        Matrix dense = Matrix.of(values);
        return sparse ? SparseMatrix.of(dense) : dense;
    }

    /** Counts of ratings, most of them 0. */
    private static float[][] ratings() {
        SplittableRandom random = new SplittableRandom(2);
        float[][] ratings = new float[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                boolean rated = random.nextInt(8) == 0 || f == i % M;
                ratings[i][f] = rated ? Math.max(1, Math.min(5, Math.round(1 + TRUTH[i][f]))) : 0;
            }
        }
        return ratings;
    }

    /**
     * Three terms in float32 cancel to the squared error, whose rounding Rounding.ofElbo bounds as the fit does: a rise
     * by more is one of the bound. Here ‖v‖² of a row is M, σ² above .01, and u(√150 + 4)·M/(2σ²) is 2e-3.
     */
    @ParameterizedTest
    @CsvSource({"false, NAN, LEARN", "true, NAN, LEARN", "false, NAN, OFF", "false, ZEROS, LEARN", "true, ZEROS, LEARN"
    })
    void theObjectiveNeverRises(boolean sparse, Missing missing, Zeros zeros) {
        List<Double> objectives = new ArrayList<>();
        builder()
                .missing(missing == Missing.NAN)
                .zerosMissing(missing == Missing.ZEROS)
                .zeros(zeros)
                .intervals(IntervalMethod.MEAN_FIELD)
                .listener(report -> objectives.add(report.objective()))
                .build()
                .fit(form(missing == Missing.NAN ? INCOMPLETE : ratings(), sparse));

        assertEquals(120, objectives.size());
        for (int i = 1; i < objectives.size(); i++) {
            // a point mass where there was none is another model
            double rise = i == 20 ? Double.NEGATIVE_INFINITY : objectives.get(i) - objectives.get(i - 1);
            assertTrue(rise <= 2e-3, "epoch " + i + " rises by " + rise);
        }
        assertTrue(objectives.get(119) < objectives.get(0));
    }

    /** In float32 both are right to 5e-5 of a value that is (IncompleteSolverTest), and 120 epochs keep within some times that. */
    @ParameterizedTest
    @EnumSource(value = Missing.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void sparseDataAreFittedAsDenseOnesAre(Missing missing) {
        float[][] values = missing == Missing.NAN ? INCOMPLETE : ratings();
        VariationalNmf estimator =
                builder().missing(true).zerosMissing(missing == Missing.ZEROS).build();
        VariationalModel dense = estimator.fit(form(values, false));
        VariationalModel sparse = estimator.fit(form(values, true));

        assertEquals(dense.sigma(), sparse.sigma(), 1e-3 * dense.sigma());
        assertEquals(
                dense.score(form(values, false)).elbo(),
                sparse.score(form(values, true)).elbo(),
                1e-3);
    }

    /** Each coefficient is the best given the others, by plain loops over the entries that are observed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void transformEndsWhereNoCoefficientCanBeBetter(boolean mostMissing) {
        float[][] values = mostMissing ? ratings() : INCOMPLETE;
        VariationalModel fitted = mostMissing ? model.withMissing(Missing.ZEROS) : model;
        Latent latent = fitted.transform(Matrix.of(values));
        Matrix means = latent.mean();
        double scale = fitted.fitted().dataScale();
        float[] w = fitted.fitted().parameters().mean();
        float[] variance = fitted.fitted().parameters().variance();
        double precision = 1 / (fitted.sigma() * fitted.sigma());
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                double b = 0;
                double norm = 0;
                for (int f = 0; f < M; f++) {
                    if (Float.isNaN(values[i][f]) || mostMissing && values[i][f] == 0) {
                        continue;
                    }
                    double residual = values[i][f] / scale;
                    for (int l = 0; l < R; l++) {
                        residual -= l == j ? 0 : means.get(i, l) * w[f * R + l];
                    }
                    b += residual * w[f * R + j];
                    norm += w[f * R + j] * w[f * R + j] + variance[f * R + j];
                }
                double root = Math.sqrt(norm * precision);
                float beta = (float) ((b * precision - 1) / root);
                double best = WeibullPosterior.mean(beta) / root;
                double mean = Weibull.mean(latent.k().get(i, j), latent.lambda().get(i, j));
                // sweeps end at changes of 1e-6 of a row's greatest mean, and a slab's mean changes no faster than b
                // does
                double greatest = IntStream.range(0, R)
                                .mapToDouble(l -> means.get(0, l))
                                .max()
                                .orElse(0)
                        + 1;
                assertEquals(best, mean, 5e-5 * greatest + 2e-5 * best, "row " + i + ", component " + j);
            }
        }
    }

    @Test
    void rowsWithoutMissingEntriesAreTransformedAsInCompleteData() {
        Latent mixed = model.transform(data());
        Latent alone = model.transform(
                data().selectRows(IntStream.iterate(1, i -> i < N, i -> i + 5).toArray()));

        for (int l = 0; l < alone.lambda().rows(); l++) {
            for (int j = 0; j < R; j++) {
                assertEquals(alone.lambda().get(l, j), mixed.lambda().get(1 + 5 * l, j));
                assertEquals(alone.k().get(l, j), mixed.k().get(1 + 5 * l, j));
                assertEquals(alone.inclusion(l, j), mixed.inclusion(1 + 5 * l, j));
            }
        }
    }

    /** Whatever is missing elsewhere, even where as much is missing of a row as not. */
    @Test
    void aRowHasOneAnswerInAnyCompany() {
        float[][] half = {INCOMPLETE[0], INCOMPLETE[1], COMPLETE[2].clone(), new float[M]};
        for (int f = 0; f < M / 2; f++) {
            half[2][f] = Float.NaN;
        }
        Arrays.fill(half[3], Float.NaN);
        half[3][4] = 1;
        Latent together = model.transform(Matrix.of(half));
        for (int i = 0; i < half.length; i++) {
            Latent alone = model.transform(Matrix.of(new float[][] {half[i]}));
            assertArrayEquals(together.lambda().toRows()[i], alone.lambda().toRows()[0]);
            assertArrayEquals(together.k().toRows()[i], alone.k().toRows()[0]);
        }
        assertArrayEquals(
                together.lambda().toRows()[2],
                model.transform(Matrix.of(new float[][] {half[2], half[3], half[3], half[3]}))
                        .lambda()
                        .toRows()[0]);
    }

    /** A sum of 4800 squares in double, rounded to a share of 1e-12 at most. */
    @Test
    void dataAreScaledByTheRootMeanSquareOfWhatIsObserved() {
        double squares = 0;
        int count = 0;
        for (float[] row : INCOMPLETE) {
            for (float value : row) {
                squares += Float.isNaN(value) ? 0 : (double) value * value;
                count += Float.isNaN(value) ? 0 : 1;
            }
        }

        assertEquals(1, model.fitted().dataScale() / Math.sqrt(squares / count), 1e-12);
    }

    @Test
    void completeDataGiveTheSameBitsWhetherOrNotEntriesMayBeMissing() {
        VariationalModel plain = builder().build().fit(Matrix.of(COMPLETE));
        VariationalModel allowing = builder().missing(true).build().fit(Matrix.of(COMPLETE));

        assertArrayEquals(plain.basis().toRows(), allowing.basis().toRows());
        assertEquals(plain.intervalMethod(), allowing.intervalMethod());
    }

    @ParameterizedTest
    @CsvSource({"false, NAN", "true, NAN", "false, ZEROS", "true, ZEROS"})
    void aScoreIsOfObservedEntries(boolean sparse, Missing missing) {
        float[][] values = missing == Missing.NAN ? INCOMPLETE : ratings();
        RowSource data = form(values, sparse);
        VariationalModel fitted = model.withMissing(missing);
        Matrix decoded = fitted.reconstructMean(data);
        double error = 0;
        double norm = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                if (!Float.isNaN(values[i][f]) && (missing == Missing.NAN || values[i][f] != 0)) {
                    error += Math.pow(values[i][f] - decoded.get(i, f), 2);
                    norm += Math.pow(values[i][f], 2);
                }
            }
        }

        // v̂ is rounded by 1e-6 of its terms; its square's error by twice that
        assertEquals(Math.sqrt(error / norm), fitted.score(data).relativeErrorMean(), 1e-5);
    }

    /** −ELBO of H given W of a fit that has settled is that of the fit, except for the KL of W. */
    @Test
    void theScoreOfTheFittedDataIsThatOfTheFit() {
        VariationalModel settled = builder().missing(true).epochs(400).build().fit(data());

        Score score = settled.score(data());

        // the last epochs change less than 1e-3 nats per entry, 40 entries a row
        assertEquals(settled.history().reconstruction()[399], score.reconstructionPerSample(), 0.04);
    }

    @Test
    void missingEntriesAreFilledIn() {
        VariationalModel.Reconstruction filled = model.reconstructIntervals(data(), 0.9);
        double error = 0;
        double norm = 0;
        int held = 0;
        int missing = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                assertTrue(filled.lower().get(i, f) <= filled.upper().get(i, f));
                if (Float.isNaN(INCOMPLETE[i][f])) {
                    error += Math.pow(TRUTH[i][f] - filled.mean().get(i, f), 2);
                    norm += Math.pow(TRUTH[i][f], 2);
                    missing++;
                    held += TRUTH[i][f] >= filled.lower().get(i, f)
                                    && TRUTH[i][f] <= filled.upper().get(i, f)
                            ? 1
                            : 0;
                }
            }
        }

        // least squares are off by noise·√(r(n + m)/(nm)) = .06 where all are observed; without a model it is 1
        assertTrue(Math.sqrt(error / norm) < 0.1, "" + Math.sqrt(error / norm));
        // 1200 entries, in groups of a row's 10 that are off together: 4√(.09·10/1200) = .11
        assertEquals(0.9, (double) held / missing, 0.11);
        assertArrayEquals(model.reconstructMean(data()).toRows(), filled.mean().toRows());
    }

    /**
     * Half of the coefficients are 0, and nearly always in. Those of a component move together with its scale and turn, so
     * that 450 of H and 120 of W are worth a quarter: 4√(.09/112) = .113 and 4√(.09/30) = .22.
     */
    @Test
    void intervalsHoldThePlantedParts() {
        Matrix basis = model.basis();
        VariationalModel.Bounds h = model.intervals(data(), 0.9);
        VariationalModel.Bounds w = model.basisIntervals(0.9);
        int heldOfH = 0;
        int heldOfW = 0;
        for (int j = 0; j < R; j++) {
            int component = j;
            int truth = IntStream.range(0, R)
                    .boxed()
                    .max(Comparator.comparingDouble(l -> cosine(basis, component, l)))
                    .orElseThrow();
            double scale = scale(basis, j, truth);
            for (int i = 0; i < N; i++) {
                heldOfH += isIn(h, i, j, H[i][truth] / scale);
            }
            for (int f = 0; f < M; f++) {
                heldOfW += isIn(w, f, j, W[f][truth] * scale);
            }
        }

        assertTrue(heldOfH >= (0.9 - 0.113) * N * R, heldOfH + " of H");
        assertTrue(heldOfW >= (0.9 - 0.22) * M * R, heldOfW + " of W");
    }

    private static int isIn(VariationalModel.Bounds bounds, int row, int component, double value) {
        return value >= bounds.lower().get(row, component)
                        && value <= bounds.upper().get(row, component)
                ? 1
                : 0;
    }

    /** By which the truth is to be multiplied to come closest to a component. */
    private static double scale(Matrix basis, int component, int truth) {
        double product = 0;
        double square = 0;
        for (int f = 0; f < M; f++) {
            product += W[f][truth] * basis.get(f, component);
            square += W[f][truth] * W[f][truth];
        }
        return product / square;
    }

    private static double cosine(Matrix basis, int component, int truth) {
        double square = 0;
        for (int f = 0; f < M; f++) {
            square += W[f][truth] * W[f][truth];
        }
        return scale(basis, component, truth) * Math.sqrt(square);
    }

    /** What more is taken into account makes them wider; a row that misses nothing has the ones that it has alone. */
    @Test
    void intervalsAreThoseThatWereAskedFor() {
        assertEquals(IntervalMethod.ROTATION, model.intervalMethod());
        assertEquals(List.of(), model.codedWarnings());
        double before = 0;
        double basisBefore = 0;
        for (IntervalMethod method :
                new IntervalMethod[] {IntervalMethod.MEAN_FIELD, IntervalMethod.CONDITIONAL, IntervalMethod.JOINT}) {
            VariationalModel asked =
                    builder().missing(true).intervals(method).build().fit(data());
            double width = width(asked.intervals(data(), 0.9));
            double basisWidth = width(asked.basisIntervals(0.9));

            assertEquals(method, asked.intervalMethod());
            assertEquals(List.of(), asked.codedWarnings());
            assertTrue(width > before && basisWidth > basisBefore, method.name());
            before = width;
            basisBefore = basisWidth;
        }
        for (IntervalMethod method : new IntervalMethod[] {IntervalMethod.JOINT, IntervalMethod.ROTATION}) {
            VariationalModel complete = builder().intervals(method).build().fit(Matrix.of(COMPLETE));
            VariationalModel.Bounds mixed = complete.withMissing(Missing.NAN).intervals(data(), 0.9);
            VariationalModel.Bounds all = complete.intervals(Matrix.of(COMPLETE), 0.9);
            for (int j = 0; j < R; j++) {
                assertEquals(all.upper().get(1, j), mixed.upper().get(1, j));
            }
        }
    }

    private static double width(VariationalModel.Bounds bounds) {
        double sum = 0;
        for (int i = 0; i < bounds.lower().rows(); i++) {
            for (int j = 0; j < R; j++) {
                sum += bounds.upper().get(i, j) - bounds.lower().get(i, j);
            }
        }
        return sum;
    }

    /** Half of a row's entries are left out of it: each coefficient is known by less, and nothing else changes. */
    @Test
    void aRowIsKnownByWhatIsObservedOfIt() {
        float[][] rows = {COMPLETE[1].clone(), COMPLETE[2]};
        float[][] fewer = {COMPLETE[1].clone(), COMPLETE[2]};
        rows[0][0] = Float.NaN;
        for (int f = 0; f < M; f += 2) {
            fewer[0][f] = Float.NaN;
        }
        VariationalModel.Bounds many = model.intervals(Matrix.of(rows), 0.9);
        VariationalModel.Bounds few = model.intervals(Matrix.of(fewer), 0.9);
        double[] widths = new double[2];
        for (int j = 0; j < R; j++) {
            widths[0] += many.upper().get(0, j) - many.lower().get(0, j);
            widths[1] += few.upper().get(0, j) - few.lower().get(0, j);
            assertEquals(many.upper().get(1, j), few.upper().get(1, j));
        }
        // √2 times as wide, more or less as the features are that are left
        assertTrue(widths[1] > 1.15 * widths[0], widths[1] + " against " + widths[0]);
    }

    /** Of each row two entries are observed, and no rotation of three components by them. */
    @Test
    void withoutEnoughEntriesThereIsNoRotation() {
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            Arrays.fill(values[i], Float.NaN);
            values[i][i % M] = Math.max(0.1f, COMPLETE[i][i % M]);
            values[i][i * 7 % 13] = COMPLETE[i][i * 7 % 13];
        }
        VariationalNmf.Builder few = builder().missing(true).epochs(30);
        VariationalModel asked = few.intervals(IntervalMethod.ROTATION).build().fit(Matrix.of(values));

        assertEquals(IntervalMethod.JOINT, asked.intervalMethod());
        assertEquals(
                Warning.Code.UNCERTAIN_INTERVALS, asked.codedWarnings().get(0).code());
    }

    @Test
    void theModelFileKeepsWhatMayBeMissingAndTheIntervals(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("model.npz");
        model.save(file);
        VariationalModel read = VariationalModel.load(file);

        assertEquals(Missing.NAN, read.missing());
        assertArrayEquals(
                model.coefficients(data()).toRows(), read.coefficients(data()).toRows());
        assertArrayEquals(
                model.basisIntervals(0.9).upper().toRows(),
                read.basisIntervals(0.9).upper().toRows());
        assertArrayEquals(
                model.intervals(data(), 0.9).upper().toRows(),
                read.intervals(data(), 0.9).upper().toRows());
        assertEquals(Missing.NONE, builder().build().configuration().missing());
    }

    @Test
    void anUpdateTakesWhatTheModelTakes() {
        VariationalModel updated = builder().epochs(5).build().update(model, data());

        assertEquals(Missing.NAN, updated.missing());
        assertEquals(125, updated.totalEpochs());
    }

    @Test
    void aModelOfCompleteDataTakesIncompleteOnesWhereItIsTold() {
        VariationalModel complete = builder().build().fit(Matrix.of(COMPLETE));

        assertThrows(MissingValueException.class, () -> complete.transform(data()));
        Matrix filled = complete.withMissing(Missing.NAN).coefficients(data());
        Matrix exact = complete.coefficients(Matrix.of(COMPLETE));
        assertArrayEquals(exact.toRows()[1], filled.toRows()[1]);
        assertNull(
                IncompleteData.of(data().selectRows(new int[] {1}), Missing.NAN).mask());
    }

    @Test
    void whatCannotBeDoneIsRefusedByName() {
        float[][] row = {{1, 2}, {Float.NaN, Float.NaN}};
        float[][] column = {{1, Float.NaN}, {2, Float.NaN}};
        VariationalNmf estimator = builder().rank(1).missing(true).build();
        assertEquals(
                "all values in row 2 are missing: nothing is known of this sample; leave it out",
                assertThrows(DataException.class, () -> estimator.fit(Matrix.of(row)))
                        .getMessage());
        assertEquals(
                "all values in column 2 are missing: nothing is known of this feature; leave it out",
                assertThrows(DataException.class, () -> estimator.fit(Matrix.of(column)))
                        .getMessage());
        float[][] rows = new float[2][M];
        Arrays.fill(rows[1], Float.NaN);
        assertThrows(DataException.class, () -> model.transform(Matrix.of(rows)));
        assertEquals(
                "batch rows must be 0, all rows, with missing values: means over batches would need a Gram matrix for"
                        + " each feature, not 32",
                assertThrows(
                                SettingException.class,
                                () -> builder().missing(true).batchRows(32).build())
                        .getMessage());
        RowSource known = IncompleteData.of(data(), Missing.NAN);
        VariationalNmf batches = builder().batchRows(32).build();
        assertThrows(SettingException.class, () -> batches.fit(known));
        VariationalNmf onCuda =
                builder().missing(true).backend(Backends.Choice.CUDA).build();
        assertEquals(
                "a fit with missing values runs on the CPU only; choose backend cpu, or auto, which takes it",
                assertThrows(BackendUnavailableException.class, () -> onCuda.fit(data()))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> model.reconstructIntervals(data(), 1));
    }
}
