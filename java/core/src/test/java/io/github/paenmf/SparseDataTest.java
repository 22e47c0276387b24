package io.github.paenmf;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.Matrices.assertClose;
import static io.github.paenmf.testing.Spread.distance;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.testing.Spread;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Data with few nonzeros are factorised as they are, by every algorithm, to the result of a dense matrix. */
class SparseDataTest {

    private static final int RANK = 3;

    /** Counts of a planted product, four fifths of them 0. */
    private static SparseMatrix counts(int n, int m) {
        SplittableRandom random = new SplittableRandom(5);
        double[][] w = new double[m][RANK];
        for (double[] row : w) {
            row[random.nextInt(RANK)] = random.nextDouble();
        }
        SparseMatrix.Builder builder = SparseMatrix.builder(m);
        int[] columns = new int[m];
        float[] values = new float[m];
        for (int i = 0; i < n; i++) {
            double[] h = random.doubles(RANK, 0, 4).toArray();
            int count = 0;
            for (int f = 0; f < m; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f][j];
                }
                int value = random.nextInt(4) == 0 ? (int) Math.rint(2 * mean + 0.5 * random.nextDouble()) : 0;
                if (value > 0) {
                    columns[count] = f;
                    values[count++] = value;
                }
            }
            builder.addRow(columns, values, count);
        }
        return builder.build()
                .withNames(
                        IntStream.range(0, n).mapToObj(i -> "s" + i).toList(),
                        IntStream.range(0, m).mapToObj(f -> "f" + f).toList());
    }

    private static final String FROM_VB = "pae from vb";

    private interface Fit {
        FactorisationModel fit(RowSource data, int threads, int chunkRows);
    }

    private static <B extends EstimatorBuilder<B>> B on(B builder, int threads, int chunkRows) {
        return builder.rank(RANK).seed(3).threads(threads).chunkRows(chunkRows).backend(Backends.Choice.CPU);
    }

    static Stream<Arguments> fits() {
        return Stream.of(
                fit(
                        "vb",
                        (data, threads, chunk) -> on(VariationalNmf.builder().epochs(30), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        "vb, mini-batches",
                        (data, threads, chunk) -> on(
                                        VariationalNmf.builder().epochs(5).batchRows(300), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        "pae",
                        (data, threads, chunk) -> on(PaeNmf.builder().epochs(20), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        "pae, mini-batches",
                        (data, threads, chunk) -> on(PaeNmf.builder().epochs(5).batchRows(100), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        FROM_VB,
                        (data, threads, chunk) -> on(
                                        PaeNmf.builder().init(Init.VB).sigma(0).epochs(5), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        "ae",
                        (data, threads, chunk) -> on(
                                        PaeNmf.builder()
                                                .trainOn(TrainOn.SCALE)
                                                .kl(false)
                                                .epochs(20),
                                        threads,
                                        chunk)
                                .build()
                                .fit(data)),
                fit(
                        "nmf-hals, nndsvd",
                        (data, threads, chunk) -> on(
                                        Nmf.builder().init(NmfInit.NNDSVD).epochs(30), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        "nmf-kl",
                        (data, threads, chunk) -> on(
                                        Nmf.builder().algorithm(NmfAlgorithm.KL).epochs(30), threads, chunk)
                                .build()
                                .fit(data)),
                fit(
                        "vb, Poisson",
                        (data, threads, chunk) -> on(
                                        VariationalNmf.builder()
                                                .likelihood(Likelihood.POISSON)
                                                .epochs(30),
                                        threads,
                                        chunk)
                                .build()
                                .fit(data)),
                fit(
                        "nmf-mu",
                        (data, threads, chunk) -> on(
                                        Nmf.builder().algorithm(NmfAlgorithm.MU).epochs(30), threads, chunk)
                                .build()
                                .fit(data)));
    }

    private static Arguments fit(String name, Fit fit) {
        return Arguments.of(name, fit);
    }

    /**
     * Products in another order differ by some 1e-7 of their size, which a fit of some tens of steps that contract makes
     * no larger than some 1e-4 of what is compared.
     */
    private static final double BOUND = 1e-3;

    private static double[] values(FactorisationModel model) {
        return Arrays.stream(model.basis().toRows())
                .flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(j -> row[j]))
                .toArray();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void everyAlgorithmFitsThemAsItDoesDenseData(String name, Fit fit) {
        SparseMatrix sparse = counts(700, 90);
        Matrix dense = Matrix.of(sparse);

        FactorisationModel ofSparse = fit.fit(sparse, 2, 0);
        FactorisationModel ofDense = fit.fit(dense, 2, 0);

        if (name.equals(FROM_VB)) { // whose start does not contract, and goes further apart on some processors
            IntStream seeds = IntStream.range(0, 3);
            double spread = Spread.of(
                    values(ofDense), seeds.mapToObj(seed -> values(fit.fit(perturbed(dense, 2 * U, seed), 2, 0))));
            double off = distance(values(ofDense), values(ofSparse));
            assertTrue(off <= 8 * spread, off + " of the basis, where data that are off by rounding make " + spread);
        } else {
            assertClose(ofDense.basis(), ofSparse.basis(), BOUND);
        }
        assertEquals(ofDense.basis().rowNames(), ofSparse.basis().rowNames());
        // what one model gives on both forms of the data
        assertClose(ofSparse.coefficients(dense), ofSparse.coefficients(sparse), 1e-5);
        assertClose(ofSparse.reconstruct(dense), ofSparse.reconstruct(sparse), 1e-5);
        Score expected = ofSparse.score(dense);
        Score score = ofSparse.score(sparse);
        assertEquals(expected.relativeError(), score.relativeError(), 1e-6 * expected.relativeError());
        assertTrue(score.relativeError() < 1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void threadsAndChunksChangeNoBit(String name, Fit fit) {
        SparseMatrix data = counts(2500, 300); // enough work for three threads, but in mini-batches

        Matrix basis = fit.fit(data, 1, 0).basis();
        FactorisationModel shared = fit.fit(data, 3, 256);

        assertArrayEquals(basis.toRows(), shared.basis().toRows());
        if (!name.contains("mini-batches")) {
            String device = shared.trainedOn().orElseThrow();
            assertTrue(device.startsWith("CPU, 3 threads"), device);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fits")
    void aRowHasOneAnswer(String name, Fit fit) {
        SparseMatrix data = counts(700, 90);
        FactorisationModel model = fit.fit(data, 2, 0);
        int[] rows = {699, 3, 257};

        assertArrayEquals(
                model.coefficients(data).selectRows(rows).toRows(),
                model.coefficients(data.selectRows(rows)).toRows());
    }

    @Test
    void columnsArePutInTheOrderOfTheModel() {
        SparseMatrix data = counts(100, 30);
        NmfModel model = on(Nmf.builder().epochs(10), 1, 0).build().fit(data);
        int[] order = IntStream.range(0, 30).map(f -> 29 - f).toArray();

        assertArrayEquals(
                model.coefficients(data).toRows(),
                model.coefficients(data.selectColumns(order)).toRows());
    }

    @Test
    void intervalsAndUpdatesTakeThem() {
        SparseMatrix data = counts(400, 60);
        VariationalNmf estimator = on(VariationalNmf.builder().epochs(40), 2, 0).build();
        VariationalModel model = estimator.fit(data);

        VariationalModel.Bounds expected = model.intervals(Matrix.of(data), 0.9);
        VariationalModel.Bounds bounds = model.intervals(data, 0.9);
        assertClose(expected.lower(), bounds.lower(), 1e-5);
        assertClose(expected.upper(), bounds.upper(), 1e-5);
        assertClose(
                estimator.update(model, Matrix.of(data)).basis(),
                estimator.update(model, data).basis(),
                BOUND);
    }

    /**
     * On the thread of one fit, so that all it allocates is counted: some 500 MB, nearly all of it vectors of code that is
     * not yet compiled. Dense, the data would take 3.2 GB.
     */
    @Test
    void nothingOfTheSizeOfTheDenseDataIsMade() {
        int n = 40_000;
        int m = 20_000;
        SparseMatrix.Builder builder = SparseMatrix.builder(m);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < n; i++) {
            int[] columns = random.ints(5, 0, m).toArray();
            builder.addRow(columns, new float[] {1, 2, 1, 1, 3}, 5);
        }
        SparseMatrix data = builder.build();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        VariationalModel model = on(VariationalNmf.builder().epochs(2).intervals(IntervalMethod.MEAN_FIELD), 1, 0)
                .build()
                .fit(data);
        model.transform(data);
        model.score(data);

        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 1_600_000_000, () -> allocated + " bytes");
    }
}
