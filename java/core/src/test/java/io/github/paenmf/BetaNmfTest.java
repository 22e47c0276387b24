package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.SettingException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NMF by β divergences. */
class BetaNmfTest {

    private static final int N = 259;
    private static final int M = 263;
    private static final int RANK = 3;
    private static final double L1 = 0.01;

    /** Parts times amounts times noise; where zeros are asked for, a third of the values. */
    private static Matrix data(boolean zeros) {
        SplittableRandom random = new SplittableRandom(17);
        float[] values = new float[N * M];
        double[] w = random.doubles(M * RANK, 0, 1).map(u -> u * u).toArray();
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(RANK, 0, 30).toArray();
            for (int f = 0; f < M; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                boolean isZero = zeros && random.nextInt(3) == 0;
                values[i * M + f] = isZero ? 0 : (float) (mean * random.nextDouble(0.5, 1.5));
            }
        }
        return Matrix.wrap(values, N, M);
    }

    private static Matrix withHoles(Matrix data) {
        Matrix copy = data.copy();
        for (int i = 0; i < N; i++) {
            for (int f = i % 7; f < M; f += 7) {
                copy.storage(i)[copy.offset(i) + f] = Float.NaN;
            }
        }
        return copy;
    }

    private static Nmf.Builder mu(double beta) {
        return Nmf.builder()
                .rank(RANK)
                .seed(4)
                .epochs(60)
                .algorithm(NmfAlgorithm.MU)
                .beta(beta)
                .init(NmfInit.RANDOM)
                .backend(Backends.Choice.CPU);
    }

    /** Févotte and Idier 2011, in double. */
    private record Oracle(double beta, double[][] v, double l1, double l2) {

        double divergence(double[][] h, double[][] w) {
            double sum = 0;
            for (int i = 0; i < v.length; i++) {
                for (int f = 0; f < v[i].length; f++) {
                    sum += Double.isNaN(v[i][f]) ? 0 : of(v[i][f], decoded(h[i], w[f]));
                }
            }
            return sum;
        }

        private double of(double x, double y) {
            if (beta == 0) {
                return x / y - Math.log(x / y) - 1;
            }
            return (Math.pow(x, beta) + (beta - 1) * Math.pow(y, beta) - beta * x * Math.pow(y, beta - 1))
                    / (beta * (beta - 1));
        }

        static double decoded(double[] h, double[] w) {
            double sum = 0;
            for (int j = 0; j < h.length; j++) {
                sum += h[j] * w[j];
            }
            return sum;
        }

        double penalty(double[][] factor, int count) {
            double sum = 0;
            for (double[] row : factor) {
                for (double x : row) {
                    sum += count * (l1 * x + l2 / 2 * x * x);
                }
            }
            return sum;
        }

        /** One update of {@code x}, whose rows are those of V, or its columns. */
        void update(double[][] x, double[][] other, boolean ofColumns) {
            double exponent = beta > 2 ? 1 / (beta - 1) : l2 > 0 ? 1 / (3 - beta) : beta < 1 ? 1 / (2 - beta) : 1;
            for (int a = 0; a < x.length; a++) {
                double[] numerator = new double[x[a].length];
                double[] denominator = new double[x[a].length];
                for (int b = 0; b < other.length; b++) {
                    double value = ofColumns ? v[b][a] : v[a][b];
                    if (!Double.isNaN(value)) {
                        double y = decoded(x[a], other[b]);
                        for (int j = 0; j < numerator.length; j++) {
                            numerator[j] += value * Math.pow(y, beta - 2) * other[b][j];
                            denominator[j] += Math.pow(y, beta - 1) * other[b][j];
                        }
                    }
                }
                for (int j = 0; j < numerator.length; j++) {
                    double penalised = denominator[j] + other.length * (l1 + l2 * x[a][j]);
                    x[a][j] *= Math.pow(numerator[j] / penalised, exponent);
                }
            }
        }
    }

    private static double scale(double[][] rows) {
        double squares = 0;
        int count = 0;
        for (double[] row : rows) {
            for (double value : row) {
                squares += Double.isNaN(value) ? 0 : value * value;
                count += Double.isNaN(value) ? 0 : 1;
            }
        }
        return Math.sqrt(squares / count);
    }

    private static double[][] rows(Matrix matrix, double divisor) {
        double[][] rows = new double[matrix.rows()][matrix.columns()];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[i].length; j++) {
                rows[i][j] = matrix.get(i, j) / divisor;
            }
        }
        return rows;
    }

    @ParameterizedTest
    @CsvSource({
        "-1, false, 0",
        "-0.3, true, 0.02",
        "0, false, 0",
        "0, true, 0.02",
        "0.5, true, 0",
        "0.5, false, 0.02",
        "1.5, true, 0.02",
        "2.5, true, 0.02",
        "3, false, 0"
    })
    void updatesAreThoseOfFevotteAndIdier(double beta, boolean holes, double penalty) {
        Matrix data = holes ? withHoles(data(beta > 0)) : data(beta > 0);
        Penalty both = new Penalty(penalty > 0 ? L1 : 0, penalty);
        Nmf.Builder builder = mu(beta).missing(holes).coefficientPenalty(both).basisPenalty(both);
        NmfModel first = builder.epochs(1).build().fit(data);
        NmfModel later = builder.epochs(3).build().fit(data);
        double scale = scale(rows(data, 1));
        Oracle oracle = new Oracle(beta, rows(data, scale), both.l1(), both.l2());
        double[][] h = rows(first.trainingCoefficients().orElseThrow(), 1);
        double[][] w = rows(first.basis(), scale);
        double objective = 0;
        for (int epoch = 0; epoch < 2; epoch++) {
            oracle.update(h, w, false);
            objective = oracle.divergence(h, w) + oracle.penalty(h, M) + oracle.penalty(w, N);
            oracle.update(w, h, true);
        }
        // Powers have relative errors of 1e-6 at most, and sums of 263 terms above 0 of 263 · 6e-8, in each of 4
        // updates.
        compare(h, rows(later.trainingCoefficients().orElseThrow(), 1), 7e-5);
        compare(w, rows(later.basis(), scale), 7e-5);
        assertEquals(objective, N * later.history().reconstruction()[2], 2e-5 * objective);
    }

    private static void compare(double[][] expected, double[][] actual, double tolerance) {
        double greatest = 0;
        for (int i = 0; i < expected.length; i++) {
            for (int j = 0; j < RANK; j++) {
                greatest = Math.max(greatest, Math.abs(actual[i][j] / expected[i][j] - 1));
            }
        }
        assertTrue(greatest <= tolerance, "off by " + greatest);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, 0", "0, 0.005", "0.5, 0", "0.5, 0.005", "1.3, 0", "1.3, 0.005", "2.5, 0.005", "3, 0"})
    void theObjectiveNeverRises(double beta, double penalty) {
        Penalty both = new Penalty(penalty, penalty);
        double[] objectives = mu(beta).coefficientPenalty(both)
                .basisPenalty(both)
                .build()
                .fit(data(beta > 0))
                .history()
                .reconstruction();
        assertTrue(objectives[59] < 0.9 * objectives[0]);
        for (int e = 1; e < objectives.length; e++) {
            // sums of float32 values in double: off by the rounding of the values alone, which averages out
            assertTrue(objectives[e] <= objectives[e - 1] * (1 + 1e-6), "epoch " + (e + 1));
        }
    }

    /**
     * The divergences that scikit-learn 1.2.1 has of these 7 × 5 values after 20 000 updates (non_negative_factorization, solver
     * mu, tol 0): at rank 1, and of coefficients of the rank-2 basis w = 0.5 + ((2f + 3j) mod 7)/5.
     */
    @ParameterizedTest
    @CsvSource({
        "-1, 1.6965263489045697, 1.574030730256541",
        "-0.5, 3.212247168897553, 3.02952879066819",
        "0, 6.435073757905264, 6.182848713048452",
        "0.5, 13.555154763131924, 13.218917585534228",
        "1.5, 68.09641237912827, 66.82332063231654",
        "2.5, 388.34435740580835, 369.4288943511931",
        "3, 960.9096094981675, 892.660668760318"
    })
    void theLeastDivergencesAreThoseOfScikitLearn(double beta, double ofRankOne, double ofBasis) {
        float[] values = new float[35];
        double squares = 0;
        for (int e = 0; e < values.length; e++) {
            int i = e / 5;
            int f = e % 5;
            values[e] = 1 + (3 * i + 5 * f) % 11 + 0.25f * (i * f % 3);
            squares += values[e] * values[e];
        }
        Matrix data = Matrix.wrap(values, 7, 5);
        double unit = 7 * Math.pow(squares / 35, beta / 2);
        NmfModel model = mu(beta).rank(1).epochs(500).build().fit(data);
        assertEquals(ofRankOne, unit * model.history().reconstruction()[499], 1e-5 * ofRankOne);

        Matrix w = Matrix.zeros(5, 2);
        for (int f = 0; f < 5; f++) {
            for (int j = 0; j < 2; j++) {
                w.storage(f)[w.offset(f) + j] = 0.5f + (2 * f + 3 * j) % 7 / 5f;
            }
        }
        FittedNmf given = new FittedNmf(
                mu(beta).rank(2).build().configuration(),
                w,
                Math.sqrt(squares / 35),
                List.of(),
                model.history(),
                List.of());
        NmfModel fixed = new NmfModel(given, Execution.auto(), null, null);
        assertEquals(ofBasis, unit * fixed.score(data).objective(), 1e-5 * ofBasis);
    }

    private static SparseMatrix sparse(Matrix data) {
        SparseMatrix.Builder builder = SparseMatrix.builder(M);
        int[] columns = new int[M];
        float[] values = new float[M];
        for (int i = 0; i < N; i++) {
            builder.addRow(columns, values, data.copyNonzeros(i, 0, M, columns, values));
        }
        return builder.build();
    }

    @Test
    void threadsChunksAndStorageChangeNoBit() {
        Matrix data = data(true);
        RowSource other = sparse(data);
        NmfModel expected = mu(0.5).epochs(10).threads(1).build().fit(data);
        NmfModel actual = mu(0.5).epochs(10).threads(3).chunkRows(256).build().fit(other);
        assertArrayEquals(expected.basis().toRows(), actual.basis().toRows());
        assertArrayEquals(
                expected.trainingCoefficients().orElseThrow().toRows(),
                actual.trainingCoefficients().orElseThrow().toRows());
        assertEquals(expected.history(), actual.history());
        assertArrayEquals(
                expected.transform(data).toRows(), actual.transform(other).toRows());
        assertEquals(expected.score(data).objective(), actual.score(other).objective());
    }

    @Test
    void aRowHasOneAnswer() {
        Matrix data = data(true);
        NmfModel model = mu(1.5).epochs(10).build().fit(data);
        float[][] all = model.transform(data).toRows();
        Matrix some = model.transform(data.selectRows(new int[] {258, 3, 3}));
        assertArrayEquals(all[258], some.toRows()[0]);
        assertArrayEquals(all[3], some.toRows()[2]);
    }

    /** Where h > 0, ∂/∂h = Σ w(v̂^(β−1) − v·v̂^(β−2)) is 0, which is a difference of two sums of equal size. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 1.5, 3})
    void encodedRowsHaveTheLeastDivergence(double beta) {
        Matrix given = data(beta > 0);
        NmfModel model = mu(beta).missing(true).build().fit(given);
        Matrix data = withHoles(given);
        Matrix h = model.transform(data);
        double scale = scale(rows(given, 1));
        double[][] v = rows(data, scale);
        double[][] w = rows(model.basis(), scale);
        double[][] coefficients = rows(h, 1);
        int positive = 0;
        for (int i = 0; i < N; i++) {
            double greatest = Math.max(coefficients[i][0], Math.max(coefficients[i][1], coefficients[i][2]));
            for (int j = 0; j < RANK; j++) {
                double more = 0;
                double less = 0;
                for (int f = 0; f < M; f++) {
                    if (!Double.isNaN(v[i][f])) {
                        double y = Oracle.decoded(coefficients[i], w[f]);
                        more += w[f][j] * Math.pow(y, beta - 1);
                        less += w[f][j] * v[i][f] * Math.pow(y, beta - 2);
                    }
                }
                // An update multiplies h by (less/more)^γ, γ ≥ 1/2, and the last one moved it by 1e-6 of the greatest
                // at
                // most, or it is the 2000th; sums of 263 terms are off by 263 · 6e-8.
                double step = coefficients[i][j] * (less / more - 1);
                assertTrue(Math.abs(step) <= 3e-5 * greatest, "row " + i + ", component " + j + ": " + step);
                positive += coefficients[i][j] > 1e-3 * greatest ? 1 : 0;
            }
        }
        assertTrue(positive > N);
    }

    @Test
    void aScoreHasTheDivergence() {
        for (double beta : new double[] {0, 0.5, 3}) {
            Matrix data = data(beta > 0);
            NmfModel model = mu(beta).build().fit(data);
            double scale = scale(rows(data, 1));
            Oracle oracle = new Oracle(beta, rows(data, scale), 0, 0);
            double expected = oracle.divergence(rows(model.transform(data), 1), rows(model.basis(), scale)) / N;
            Score score = model.score(data);
            assertEquals(expected, score.reconstructionPerSample(), 1e-5 * expected);
            assertTrue(score.objective() <= model.history().reconstruction()[59] * (1 + 1e-5));
        }
    }

    /** What is planted without noise is found: nothing cancels in a divergence that is nearly 0. */
    @Test
    void exactDataAreFittedToTheRounding() {
        float[] values = new float[40 * 30];
        for (int e = 0; e < values.length; e++) {
            values[e] = (1 + e / 30 % 7) * (1 + e % 30 % 5);
        }
        for (double beta : new double[] {-1, 0, 0.5, 3}) {
            NmfModel model = mu(beta).rank(1).epochs(40).build().fit(Matrix.wrap(values, 40, 30));
            double last = model.history().reconstruction()[39];
            // v̂ is off by some 1e-7 of itself: 30 · v̂^β · 1e-14, and v̂^β is 1e3 at most here
            assertTrue(last <= 3e-10, beta + ": " + last);
        }
    }

    @Test
    void zerosAreRefusedWhereTheirDivergenceIsInfinite() {
        Matrix data = data(false);
        data.storage(4)[data.offset(4) + 6] = 0;
        Nmf nmf = mu(0).build();
        String message = assertThrows(DataException.class, () -> nmf.fit(data)).getMessage();
        assertEquals(
                "the value in row 5, column 7 is 0: the divergence of Itakura and Saito (beta 0) needs values above 0, at 0"
                        + " it is infinite. Take a beta above 0, or make zeros missing.",
                message);
        NmfModel model = mu(0).epochs(2).zerosMissing(true).build().fit(data);
        assertTrue(model.history().reconstruction()[1] > 0);
        NmfModel positive = mu(-0.5).epochs(2).build().fit(data(false));
        assertThrows(DataException.class, () -> positive.transform(data));
    }

    @Test
    void aRowOfZerosHasNoCoefficients() {
        Matrix data = data(true);
        Arrays.fill(data.storage(2), data.offset(2), data.offset(2) + M, 0f);
        NmfModel model = mu(0.5).epochs(5).build().fit(data);
        assertArrayEquals(new float[RANK], model.transform(data).toRows()[2]);
        assertTrue(Double.isFinite(model.history().reconstruction()[4]));
    }

    /** Coefficients that are not given start where they have the least divergence, not the least squared error. */
    @Test
    void aGivenBasisStartsAndStays() {
        Matrix data = data(true);
        Matrix basis = mu(0.5).epochs(5).build().fit(data).basis();
        Nmf.Builder builder = mu(0.5).init(NmfInit.GIVEN).fixBasis(true);
        NmfModel all = builder.initialBasis(basis).epochs(1).build().fit(data);
        assertTrue(all.history().reconstruction()[0] <= all.score(data).objective() * (1 + 1e-5));

        NmfModel two = builder.initialBasis(basis.selectColumns(new int[] {0, 1}))
                .epochs(20)
                .build()
                .fit(data);
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < 2; j++) {
                assertEquals(basis.get(f, j), two.basis().get(f, j));
            }
        }
        double[] objectives = two.history().reconstruction();
        assertTrue(objectives[19] < 0.99 * objectives[0]);
        for (int e = 1; e < objectives.length; e++) {
            assertTrue(objectives[e] <= objectives[e - 1] * (1 + 1e-6), "epoch " + (e + 1));
        }
    }

    @Test
    void betaOneIsTheKullbackLeiblerDivergence() {
        assertEquals(
                mu(1).build().configuration(),
                mu(1).algorithm(NmfAlgorithm.KL).build().configuration());
        assertEquals(mu(2).build().configuration(), mu(Double.NaN).build().configuration());
    }

    @Test
    void whatHasNoMeaningIsRefused() {
        assertThrows(SettingException.class, () -> mu(-1.1).build());
        assertThrows(SettingException.class, () -> mu(3.1).build());
        assertThrows(
                SettingException.class,
                () -> mu(0.5).algorithm(NmfAlgorithm.HALS).build());
        assertThrows(
                SettingException.class, () -> mu(2).algorithm(NmfAlgorithm.KL).build());
        double[] twice = new double[N];
        Arrays.fill(twice, 2);
        Weights weights = Weights.NONE.withRows(twice);
        Nmf nmf = mu(0.5).build();
        assertEquals(
                "weights has no effect with the divergence of beta 0.5; leave it out",
                assertThrows(SettingException.class, () -> nmf.fit(data(true), weights))
                        .getMessage());
    }

    @Test
    void aModelIsKept(@TempDir Path folder) throws Exception {
        Matrix data = data(true);
        NmfModel model = mu(0.5).epochs(5).build().fit(data);
        Path file = folder.resolve("beta.npz");
        model.save(file);
        NmfModel loaded = NmfModel.load(file).withExecution(Execution.auto());
        assertEquals(Algorithm.NMF_MU, loaded.algorithm());
        assertEquals(model.configuration(), loaded.configuration());
        assertArrayEquals(model.transform(data).toRows(), loaded.transform(data).toRows());
        assertEquals("0.5", loaded.settings().get("Beta of the divergence"));
    }

    @Test
    void cudaIsRefused() {
        Matrix data = data(true);
        Nmf nmf = mu(0.5).backend(Backends.Choice.CUDA).build();
        assertEquals(
                "nmf-mu with another beta than 2 runs on the CPU only; choose backend cpu, or auto, which takes it",
                assertThrows(BackendUnavailableException.class, () -> nmf.fit(data))
                        .getMessage());
        NmfModel model = mu(0.5).epochs(2)
                .build()
                .fit(data)
                .withExecution(Execution.auto().withBackend(Backends.Choice.CUDA));
        assertThrows(BackendUnavailableException.class, () -> model.transform(data));
    }
}
