package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.testing.PoissonNumbers;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NMF of counts by the Kullback-Leibler divergence. */
class KlNmfTest {

    private static final int N = 301;
    private static final int M = 43;
    private static final int RANK = 3;

    /** Two draws of the same counts: as thinning makes them, all and a quarter of what is expected. */
    private record Counts(Matrix seen, Matrix hidden) {}

    private static Counts counts() {
        SplittableRandom random = new SplittableRandom(11);
        float[] seen = new float[N * M];
        float[] hidden = new float[N * M];
        double[] w = random.doubles(M * RANK, 0, 1).map(u -> u * u).toArray();
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(RANK, 0, 1.5).toArray();
            for (int f = 0; f < M; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                seen[i * M + f] = PoissonNumbers.draw(mean, random);
                hidden[i * M + f] = PoissonNumbers.draw(mean / 4, random);
            }
        }
        return new Counts(Matrix.wrap(seen, N, M), Matrix.wrap(hidden, N, M));
    }

    private static Nmf.Builder kl() {
        return Nmf.builder()
                .rank(RANK)
                .seed(4)
                .epochs(100)
                .algorithm(NmfAlgorithm.KL)
                .backend(Backends.Choice.CPU);
    }

    private static double divergence(Matrix data, Matrix h, Matrix w) {
        double sum = 0;
        for (int i = 0; i < data.rows(); i++) {
            for (int f = 0; f < data.columns(); f++) {
                double decoded = 0;
                for (int j = 0; j < w.columns(); j++) {
                    decoded += (double) h.get(i, j) * w.get(f, j);
                }
                double v = data.get(i, f);
                sum += (v > 0 ? v * Math.log(v / decoded) : 0) - v + decoded;
            }
        }
        return sum;
    }

    /** The updates of Lee and Seung in double, from where the fit started: 3 epochs are all but its start. */
    @Test
    void updatesAreThoseOfLeeAndSeung() {
        Matrix data = counts().seen();
        NmfModel first = kl().init(NmfInit.RANDOM).epochs(1).build().fit(data);
        NmfModel later = kl().init(NmfInit.RANDOM).epochs(3).build().fit(data);
        double[][] h = rows(first.trainingCoefficients().orElseThrow());
        double[][] w = rows(first.basis());
        double objective = 0;
        for (int epoch = 0; epoch < 2; epoch++) {
            double[][] before = rows(matrix(h));
            multiply(data, h, w, false);
            objective = auxiliary(data, before, h, w);
            assertTrue(objective >= divergence(data, matrix(h), matrix(w)));
            multiply(data, h, w, true);
        }
        Matrix coefficients = later.trainingCoefficients().orElseThrow();
        for (int j = 0; j < RANK; j++) {
            for (int i = 0; i < N; i++) {
                // Products of up to 301 terms above 0: relative errors of some 301 · 6e-8 in each of four updates.
                assertEquals(h[i][j], coefficients.get(i, j), 8e-5 * h[i][j]);
            }
            for (int f = 0; f < M; f++) {
                assertEquals(w[f][j], later.basis().get(f, j), 8e-5 * w[f][j]);
            }
        }
        assertEquals(objective, N * later.history().reconstruction()[2], 1e-5 * objective);
    }

    /** What the update of H minimises: Σ v ln v − v − Σⱼ v φⱼ ln(hⱼwⱼ/φⱼ) + Σⱼ hⱼwⱼ, φ the shares before. */
    private static double auxiliary(Matrix data, double[][] before, double[][] h, double[][] w) {
        double sum = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double decoded = 0;
                for (int j = 0; j < RANK; j++) {
                    decoded += before[i][j] * w[f][j];
                }
                double v = data.get(i, f);
                sum += v > 0 ? v * Math.log(v) - v : 0;
                for (int j = 0; j < RANK; j++) {
                    sum += h[i][j] * w[f][j];
                    double share = before[i][j] * w[f][j] / decoded;
                    if (v > 0 && share > 0) {
                        sum -= v * share * Math.log(h[i][j] * w[f][j] / share);
                    }
                }
            }
        }
        return sum;
    }

    /** Windows of 1, 2 and 4 epochs: the third is run again up to where the fit ends. */
    @Test
    void aFitThatEndsWithinAWindowIsThatOfItsEpochs() {
        Matrix data = counts().seen();
        NmfModel ended = kl().listener(report -> report.epoch() < 5).build().fit(data);
        NmfModel expected = kl().epochs(5).build().fit(data);
        assertEquals(5, ended.totalEpochs());
        assertArrayEquals(expected.basis().toRows(), ended.basis().toRows());
        assertArrayEquals(
                expected.trainingCoefficients().orElseThrow().toRows(),
                ended.trainingCoefficients().orElseThrow().toRows());
    }

    /** Where a step goes too far it is left out, and has the objective of the one before. */
    @Test
    void stepsThatGoTooFarAreLeftOut() {
        Matrix data = counts().seen();
        double[] objectives = kl().init(NmfInit.RANDOM)
                .epochs(200)
                .build()
                .fit(data)
                .history()
                .reconstruction();
        int leftOut = 0;
        for (int e = 1; e < objectives.length; e++) {
            // one that starts where the last has ended may be off by the rounding of sums in float32
            assertTrue(objectives[e] <= objectives[e - 1] * (1 + 1e-6), "epoch " + (e + 1));
            leftOut += objectives[e] == objectives[e - 1] ? 1 : 0;
        }
        assertTrue(leftOut > 0);
        for (int e = 1; e < objectives.length; e++) {
            if (objectives[e] == objectives[e - 1]) {
                NmfModel without = kl().init(NmfInit.RANDOM).epochs(e).build().fit(data);
                NmfModel with = kl().init(NmfInit.RANDOM).epochs(e + 1).build().fit(data);
                assertArrayEquals(without.basis().toRows(), with.basis().toRows());
                assertArrayEquals(
                        without.trainingCoefficients().orElseThrow().toRows(),
                        with.trainingCoefficients().orElseThrow().toRows());
                return;
            }
        }
    }

    @Test
    void stepsFromBeyondGetFurtherThanUpdatesAlone() {
        Matrix data = counts().seen();
        NmfModel first = kl().init(NmfInit.RANDOM).epochs(1).build().fit(data);
        NmfModel later = kl().init(NmfInit.RANDOM).epochs(50).build().fit(data);
        double[][] h = rows(first.trainingCoefficients().orElseThrow());
        double[][] w = rows(first.basis());
        for (int epoch = 1; epoch < 100; epoch++) {
            multiply(data, h, w, false);
            multiply(data, h, w, true);
        }
        double reached = divergence(data, later.trainingCoefficients().orElseThrow(), later.basis());
        double alone = divergence(data, matrix(h), matrix(w));
        assertTrue(reached < alone, reached + " in 50 epochs, alone " + alone + " in 100");
    }

    private static double[][] rows(Matrix matrix) {
        double[][] rows = new double[matrix.rows()][matrix.columns()];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[i].length; j++) {
                rows[i][j] = matrix.get(i, j);
            }
        }
        return rows;
    }

    private static Matrix matrix(double[][] rows) {
        float[][] values = new float[rows.length][rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows[i].length; j++) {
                values[i][j] = (float) rows[i][j];
            }
        }
        return Matrix.of(values);
    }

    private static void multiply(Matrix data, double[][] h, double[][] w, boolean basis) {
        double[][] changed = basis ? w : h;
        double[][] other = basis ? h : w;
        double[][] products = new double[changed.length][RANK];
        double[] sums = new double[RANK];
        for (int a = 0; a < changed.length; a++) {
            for (int b = 0; b < other.length; b++) {
                double decoded = 0;
                for (int j = 0; j < RANK; j++) {
                    decoded += changed[a][j] * other[b][j];
                }
                double v = basis ? data.get(b, a) : data.get(a, b);
                for (int j = 0; j < RANK; j++) {
                    products[a][j] += v / decoded * other[b][j];
                    sums[j] += a == 0 ? other[b][j] : 0;
                }
            }
        }
        for (int a = 0; a < changed.length; a++) {
            for (int j = 0; j < RANK; j++) {
                changed[a][j] *= products[a][j] / sums[j];
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 256"})
    void threadsChunksAndStorageChangeNoBit(int threads, int chunkRows) {
        Matrix data = counts().seen();
        SparseMatrix.Builder builder = SparseMatrix.builder(M);
        int[] columns = new int[M];
        float[] values = new float[M];
        for (int i = 0; i < N; i++) {
            builder.addRow(columns, values, data.copyNonzeros(i, 0, M, columns, values));
        }
        NmfModel expected = kl().init(NmfInit.RANDOM).threads(1).build().fit(data);
        NmfModel actual = kl().init(NmfInit.RANDOM)
                .threads(threads)
                .chunkRows(chunkRows)
                .build()
                .fit(builder.build());
        assertArrayEquals(expected.basis().toRows(), actual.basis().toRows());
        assertEquals(expected.history(), actual.history());
        assertArrayEquals(
                expected.transform(data).toRows(), actual.transform(data).toRows());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 20})
    void weightsThatFadeAwayBecomeZeroAndAreNeverSubnormal(int batchRows) {
        SplittableRandom random = new SplittableRandom(3);
        float[] values = new float[60 * 20];
        for (int e = 0; e < values.length; e++) {
            values[e] = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 0;
        }
        NmfModel model = kl().rank(8)
                .batchRows(batchRows)
                .init(NmfInit.RANDOM)
                .seed(1)
                .epochs(400)
                .tolerance(0)
                .build()
                .fit(Matrix.wrap(values, 60, 20));
        int zeros = 0;
        for (float[] weights : model.basis().toRows()) {
            for (float weight : weights) {
                assertTrue(weight == 0 || weight >= Float.MIN_NORMAL, () -> "a weight is " + weight);
                zeros += weight == 0 ? 1 : 0;
            }
        }
        assertNotEquals(0, zeros);
    }

    /** Dead components are those of the last epoch: solving for all rows again would take as long as hundreds of epochs. */
    @Test
    void theDataAreNotReadAgainAfterTheLastEpoch() {
        AtomicLong reads = new AtomicLong();
        Matrix data = counts().seen();
        RowSource counted = (RowSource) Proxy.newProxyInstance(
                RowSource.class.getClassLoader(), new Class<?>[] {RowSource.class}, (proxy, method, arguments) -> {
                    if (method.getName().startsWith("copy") || method.getName().equals("block")) {
                        reads.incrementAndGet();
                    }
                    return method.getName().startsWith("require") ? proxy : method.invoke(data, arguments);
                });
        long[] atLast = new long[1];
        kl().epochs(3)
                .listener(report -> {
                    atLast[0] = reads.get();
                    return true;
                })
                .build()
                .fit(counted);
        assertTrue(atLast[0] > N);
        assertEquals(atLast[0], reads.get());
    }

    /** Where h > 0, ∂/∂h = Σ w (1 − v/v̂) is 0, else at least 0; it is of the size of Σ w. */
    @Test
    void encodedRowsHaveTheLeastDivergence() {
        Matrix data = counts().seen();
        NmfModel model = kl().build().fit(data);
        Matrix h = model.transform(data);
        Matrix w = model.basis();
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < RANK; j++) {
                double slope = 0;
                double exposure = 0;
                for (int f = 0; f < M; f++) {
                    double decoded = 0;
                    for (int l = 0; l < RANK; l++) {
                        decoded += (double) h.get(i, l) * w.get(f, l);
                    }
                    double v = data.get(i, f);
                    exposure += w.get(f, j);
                    slope += w.get(f, j) * (1 - (v > 0 ? v / decoded : 0));
                }
                // An update multiplies h by 1 − slope/exposure; the last changed h by 1e-6 of the greatest at most.
                assertTrue(h.get(i, j) * Math.abs(slope) <= 1e-5 * exposure * max(h, i), "row " + i + ": " + slope);
            }
        }
    }

    private static double max(Matrix h, int row) {
        double greatest = 0;
        for (int j = 0; j < RANK; j++) {
            greatest = Math.max(greatest, h.get(row, j));
        }
        return greatest;
    }

    @Test
    void aScoreHasTheDivergence() {
        Matrix data = counts().seen();
        NmfModel model = kl().build().fit(data);
        Score score = model.score(data);
        double expected = divergence(data, model.transform(data), model.basis());
        assertEquals(expected / N, score.reconstructionPerSample(), 1e-5 * expected / N);
        assertEquals(2 * expected / data.size(), score.deviance(), 1e-5 * score.deviance());
        assertTrue(score.objective() <= model.history().reconstruction()[99] * (1 + 1e-5));
        NmfModel hals = kl().algorithm(NmfAlgorithm.HALS).build().fit(data);
        assertEquals(Double.NaN, hals.score(data).deviance());
    }

    /** The counts' own noise is fitted by the one, and not by the other. */
    @Test
    void posteriorsPredictHiddenCountsBetter() {
        Counts counts = counts();
        NmfModel kl = kl().rank(12).epochs(300).build().fit(counts.seen());
        VariationalModel vb = VariationalNmf.builder()
                .rank(12)
                .epochs(300)
                .likelihood(Likelihood.POISSON)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(counts.seen());
        double plain = hidden(counts, kl.transform(counts.seen()), kl.basis());
        double bayes = hidden(counts, vb.transform(counts.seen()).mean(), vb.basis());
        assertTrue(bayes < 0.9 * plain, bayes + " against " + plain);
    }

    private static double hidden(Counts counts, Matrix h, Matrix basis) {
        Matrix quarter = h.copy();
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < h.columns(); j++) {
                quarter.storage(i)[quarter.offset(i) + j] = Math.max(1e-6f, h.get(i, j) / 4);
            }
        }
        return Deviance.ofPoisson(counts.hidden(), quarter, basis);
    }

    @Test
    void aModelIsKept(@TempDir Path folder) throws Exception {
        Matrix data = counts().seen();
        NmfModel model = kl().build().fit(data);
        Path file = folder.resolve("kl.npz");
        model.save(file);
        NmfModel loaded = NmfModel.load(file).withExecution(Execution.auto());
        assertEquals(Algorithm.NMF_KL, loaded.algorithm());
        assertEquals(model.configuration(), loaded.configuration());
        assertArrayEquals(model.transform(data).toRows(), loaded.transform(data).toRows());
    }

    @Test
    void cudaIsRefused() {
        Matrix data = counts().seen();
        Nmf nmf = kl().backend(Backends.Choice.CUDA).build();
        String message = assertThrows(BackendUnavailableException.class, () -> nmf.fit(data))
                .getMessage();
        assertEquals("nmf-kl runs on the CPU only; choose backend cpu, or auto, which takes it", message);
        NmfModel model =
                kl().epochs(2).build().fit(data).withExecution(Execution.auto().withBackend(Backends.Choice.CUDA));
        assertThrows(BackendUnavailableException.class, () -> model.transform(data));
    }
}
