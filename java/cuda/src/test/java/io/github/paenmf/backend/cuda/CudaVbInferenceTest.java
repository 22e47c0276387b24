package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static io.github.paenmf.testing.Spread.distance;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.VbTrainer;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a fitted model computes on the device against what it computes on the CPU, and in double. */
@Tag("cuda")
class CudaVbInferenceTest {

    private static final Execution CPU =
            Execution.auto().withBackend(Choice.CPU).withThreads(2);
    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);

    /** As in VbCudaAlgorithmTest: the farthest of five is below an eighth of another with odds of 6e-5. */
    private static final int PERTURBED = 5;

    private static final double MULTIPLE = 8;

    private static VbConfiguration configuration(int rank, Zeros zeros, int epochs) {
        return VariationalNmf.builder()
                .rank(rank)
                .zeros(zeros)
                .epochs(epochs)
                .seed(3)
                .build()
                .configuration();
    }

    private static FittedVb model(Matrix data, int rank, Zeros zeros) {
        return new VbTrainer(configuration(rank, zeros, 40), CPU, report -> true)
                .fit(data)
                .model();
    }

    /** [λ | k | p | mean] of each coefficient. */
    private static double[][] posteriors(FittedVb model, Matrix data, Execution execution) {
        int n = data.rows();
        int r = model.rank();
        Matrix lambda = Matrix.zeros(n, r);
        Matrix k = Matrix.zeros(n, r);
        Matrix p = Matrix.zeros(n, r);
        try (VbInference inference = CurrentContext.watched(VbInference.class, open(model, execution))) {
            inference.encode(data, lambda, k, p);
            Matrix sameLambda = Matrix.zeros(n, r);
            inference.encode(data, sameLambda, k, null);
            assertArrayEquals(lambda.toRows(), sameLambda.toRows()); // the same bits again, and without p
        }
        double[][] values = new double[4][n * r];
        for (int i = 0; i < n * r; i++) {
            values[0][i] = lambda.get(i / r, i % r);
            values[1][i] = k.get(i / r, i % r);
            values[2][i] = p.get(i / r, i % r);
            values[3][i] = values[2][i] * Weibull.mean(values[1][i], values[0][i]);
        }
        return values;
    }

    private static VbInference open(FittedVb model, Execution execution) {
        VbInference inference = Backends.openInference(execution, model);
        assertEquals(execution.backend() == Choice.CUDA, inference instanceof CudaVbInference);
        return inference;
    }

    /**
     * As far from the CPU's as data that are off by their rounding carry those, and not much farther; in runs of 256 rows,
     * each of which converges at its own sweep.
     */
    @ParameterizedTest
    @CsvSource({"1, 5, 2, LEARN", "600, 31, 3, LEARN", "600, 31, 3, OFF", "33, 200, 9, LEARN", "40, 130, 98, LEARN"})
    void posteriorsOfRowsAreThoseOfTheCpu(int n, int m, int r, Zeros zeros) {
        Matrix data = TestData.planted(n, m, Math.min(r, 6), 0.2, 5).data();
        FittedVb model = model(data, r, zeros);
        double[][] cpu = posteriors(model, data, CPU);
        double[][] spread = new double[4][PERTURBED];
        for (int seed = 0; seed < PERTURBED; seed++) {
            double[][] other = posteriors(model, perturbed(data, 2 * U, seed), CPU);
            for (int part = 0; part < 4; part++) {
                spread[part][seed] = distance(cpu[part], other[part]);
            }
        }
        double[][] cuda = posteriors(model, data, CUDA.withChunkRows(256));
        ErrorReport report = new ErrorReport("posteriors of " + n + " rows, rank " + r);
        for (int part = 0; part < 4; part++) {
            double most = Arrays.stream(spread[part]).max().orElseThrow();
            report.compare(
                    new String[] {"λ", "k", "p", "mean"}[part],
                    0,
                    distance(cpu[part], cuda[part]),
                    MULTIPLE * (most + U));
        }
        report.log();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "33, 65, 7", "600, 31, 3"})
    void productsMatchSumsInDouble(int n, int m, int r) {
        Matrix v = TestData.planted(n, m, r, 0.3, 5).data();
        Matrix h = TestData.planted(n, r, r, 0.3, 6).data();
        FittedVb model = model(v, r, Zeros.LEARN);
        double scale = model.dataScale();
        Matrix projected = Matrix.zeros(n, r);
        Matrix decoded = Matrix.zeros(n, m);
        double squaredError;
        try (VbInference inference = open(model, CUDA.withChunkRows(256))) {
            inference.project(v, projected);
            inference.decode(h, decoded);
            squaredError = inference.squaredError(v, h);
        }
        ErrorReport report = new ErrorReport("products of " + n + " × " + m + ", r = " + r);
        double squares = 0;
        double squaresBound = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < r; j++) {
                double sum = 0;
                for (int f = 0; f < m; f++) {
                    sum += v.get(i, f) / scale * model.basis(f, j); // none below 0
                }
                report.compare("V·W", sum, projected.get(i, j), U * (reduction(m) + 2) * sum);
            }
            for (int f = 0; f < m; f++) {
                double sum = 0;
                for (int j = 0; j < r; j++) {
                    sum += scale * h.get(i, j) * model.basis(f, j);
                }
                double bound = U * (reduction(r) + 2) * sum;
                report.compare("v̂", sum, decoded.get(i, f), bound);
                double residual = (v.get(i, f) - sum) / scale;
                squares += residual * residual;
                squaresBound += (2 * Math.abs(residual) + bound / scale) * bound / scale;
            }
        }
        report.compare("squared error", squares, squaredError, squaresBound + 1e-12 * squares);
        report.log();
    }

    /** The device's own threads for the rest are the CPU's. */
    @Test
    void blocksOfRowsAreSharedOut() {
        Matrix data = TestData.planted(20, 6, 2, 0.2, 5).data();
        boolean[] seen = new boolean[600];
        VbInference inference = open(model(data, 2, Zeros.OFF), CUDA);
        inference.forBlocks(600, (first, rows) -> Arrays.fill(seen, first, first + rows, true));
        inference.close();
        inference.close();
        boolean[] all = new boolean[600];
        Arrays.fill(all, true);
        assertArrayEquals(all, seen);
    }

    /** A fit that a listener ends within a window of epochs is the shorter fit. */
    @ParameterizedTest
    @CsvSource({"1, 0", "6, 0", "21, 0", "6, 100"})
    void aFitThatIsStoppedIsTheShorterFit(int epochs, int batchRows) {
        Matrix data = TestData.planted(300, 20, 3, 0.2, 5).data();
        VariationalNmf.Builder builder =
                VariationalNmf.builder().rank(3).batchRows(batchRows).seed(3);
        int[] reports = new int[1];
        VbTrainer.Result stopped = new VbTrainer(
                        builder.epochs(40).build().configuration(), CUDA, report -> ++reports[0] < epochs)
                .fit(data);
        VbTrainer.Result shorter =
                new VbTrainer(builder.epochs(epochs).build().configuration(), CUDA, report -> true).fit(data);

        assertEquals(shorter.model().parameters(), stopped.model().parameters());
        assertArrayEquals(
                shorter.model().history().reconstruction(),
                stopped.model().history().reconstruction());
        assertArrayEquals(
                shorter.model().history().kl(), stopped.model().history().kl());
        assertEquals(epochs, reports[0]);
        assertTrue(stopped.backend().startsWith("CUDA, "), stopped.backend());
    }
}
