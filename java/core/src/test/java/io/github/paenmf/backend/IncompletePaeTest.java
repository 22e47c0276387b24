package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.testing.ErrorReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PAE-NMF of data with missing entries: a step against the oracle, which reconstructs and subtracts observed entries. */
class IncompletePaeTest {

    private static final int STEP = 5;

    private static final class Case {
        /** With NaN. */
        final Matrix values;

        final RowSource data;
        final PaeProblem problem;
        final PaeParameters parameters;
        final double[] rowNorms;

        Case(PaeConfiguration c, int n, int m, double missing, boolean sparse) {
            int r = c.rank();
            SplittableRandom random = new SplittableRandom(31L * n + 7L * m + r);
            values = Matrix.zeros(n, m);
            double total = 0;
            for (int i = 0; i < n; i++) {
                double share = i % 4 == 0 ? 0 : missing; // some rows are complete
                for (int f = 0; f < m; f++) {
                    boolean kept = f == i % m || i == f % n;
                    float value = !kept && random.nextDouble() < share
                            ? Float.NaN
                            : random.nextInt(3) == 0 ? 0 : (float) (4 * random.nextDouble());
                    values.storage(i)[values.offset(i) + f] = value;
                    total += Float.isNaN(value) ? 0 : (double) value * value;
                }
            }
            data = IncompleteData.of(sparse ? SparseMatrix.of(values) : values, Missing.NAN);
            double scale = Math.sqrt(total / data.mask().observed());
            rowNorms = new double[n];
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    double v = Float.isNaN(values.get(i, f)) ? 0 : values.get(i, f) / scale;
                    rowNorms[i] += v * v;
                }
                rowNorms[i] = (float) rowNorms[i]; // so that sums of them are exact
            }
            parameters = new PaeParameters(m, r);
            for (int i = 0; i < parameters.weights().length; i++) {
                boolean decoder = i % (3 * r) >= 2 * r;
                parameters.weights()[i] =
                        (float) (decoder ? 1.4 * random.nextDouble() / r : random.nextDouble(-1.2, 1.2));
            }
            Arrays.fill(parameters.biases(), 1f);
            for (int f = 0; f < m; f++) {
                parameters.inputMeans()[f] = (float) (2 * random.nextDouble());
            }
            float[] rates = new float[m];
            Arrays.fill(rates, 0.002f);
            problem = new PaeProblem(
                    c,
                    n,
                    m,
                    scale,
                    scale,
                    new StepRates(0.02f, 0.01f, rates),
                    data instanceof SparseSource,
                    data.mask(),
                    Weights.NONE);
        }

        Solver<PaeParameters> open(int threads, int chunkRows) {
            Execution execution = Execution.auto()
                    .withBackend(Backends.Choice.CPU)
                    .withThreads(threads)
                    .withChunkRows(chunkRows);
            Solver<PaeParameters> solver = Backends.open(execution, problem);
            solver.setParameters(parameters);
            return solver;
        }
    }

    private static PaeConfiguration configuration(int rank, int batchRows, TrainOn trainOn) {
        return PaeNmf.builder()
                .rank(rank)
                .batchRows(batchRows)
                .trainOn(trainOn)
                .kl(trainOn != TrainOn.SCALE)
                .sigma(0.5)
                .missing(true)
                .build()
                .configuration();
    }

    private static void step(Solver<PaeParameters> solver, Case c, int[] order, int count, int step, boolean residual) {
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < count; from += solver.chunkRows()) {
            Rows rows = new Rows(c.data, order, from, Math.min(solver.chunkRows(), count - from));
            solver.project(rows);
            solver.rowStage(rows, step);
            if (residual) {
                solver.residual(rows);
            }
            double norm = 0;
            for (int i = 0; i < rows.count(); i++) {
                norm += c.rowNorms[rows.id(i)];
            }
            solver.accumulate(rows, norm);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "7, 5, 2, 0.3, false, 0, SAMPLE",
        "65, 33, 5, 0.1, false, 0, SAMPLE",
        "65, 33, 5, 0.1, true, 0, SCALE",
        "67, 29, 3, 0.9, false, 0, SAMPLE",
        "67, 29, 3, 0.9, true, 0, SCALE",
        "600, 67, 7, 0.1, true, 0, SAMPLE",
        "600, 67, 7, 0.8, false, 0, SAMPLE",
        "600, 67, 7, 0.1, false, 90, SAMPLE",
        "600, 67, 7, 0.8, true, 300, SAMPLE"
    })
    void aStepIsThatOverObservedEntries(
            int n, int m, int r, double share, boolean sparse, int batchRows, TrainOn trainOn) {
        Case c = new Case(configuration(r, batchRows, trainOn), n, m, share, sparse);
        int count = c.problem.batchRows();
        int[] order = batchRows == 0
                ? null
                : IntStream.range(0, n).map(i -> n - 1 - i).toArray();
        int[] ids = order == null ? null : Arrays.copyOf(order, count);
        Matrix rows = ids == null ? c.values : c.values.selectRows(ids);
        StepOracle.Result oracle =
                new StepOracle(c.problem, c.parameters, Execution.auto().precision()).run(rows, ids, STEP);
        ErrorReport report = new ErrorReport(n + " × " + m + ", r = " + r + ", " + share + " missing");
        try (Solver<PaeParameters> solver = c.open(2, 256)) {
            step(solver, c, order, count, STEP, false);
            Sums sums = solver.readSums();
            report.compare("KL", oracle.kl, PaeSums.kl(sums), oracle.klBound);
            report.compare("bias gradients", oracle.biasGradients, PaeSums.biasGradients(sums), oracle.biasBounds);
            double[] gradient = new double[m * r];
            for (int f = 0; f < m; f++) {
                for (int j = 0; j < r; j++) {
                    for (int head = 0; head < 2; head++) {
                        int at = 3 * r * f + head * r + j;
                        report.compare("Q of head " + head, oracle.q[at], sums.q()[at], oracle.qBounds[at]);
                    }
                    double sum = -sums.q()[3 * r * f + 2 * r + j] / c.problem.dataScale();
                    for (int l = 0; l < r; l++) {
                        sum += (double) c.parameters.decoder(f, l) * sums.k()[l * r + j];
                    }
                    gradient[f * r + j] = sum / (0.25 * count);
                }
            }
            report.compare("Wf gradient", oracle.decoderGradient, gradient, oracle.decoderBounds);

            solver.setParameters(c.parameters);
            step(solver, c, order, count, STEP, false);
            solver.update();
            double perSample = 2 * 0.25 * count;
            Objective gramForm = solver.takeObjectives().get(0);
            double bound = oracle.squaredErrorBound + 1e-7 * oracle.squaredNorm; // norms of rows are floats
            report.compare("loss", oracle.squaredError / perSample, gramForm.reconstruction(), bound / perSample);

            solver.setParameters(c.parameters);
            step(solver, c, order, count, STEP, true);
            solver.update();
            double residual = solver.takeObjectives().get(0).reconstruction();
            double residualBound = oracle.residualBound + 1e-12 * oracle.squaredError;
            report.compare("residual", oracle.squaredError / perSample, residual, residualBound / perSample);
        }
        report.log();
    }

    @ParameterizedTest
    @CsvSource({"0.1, false, 0", "0.8, false, 0", "0.1, true, 300", "0.8, true, 300"})
    void threadsAndChunksChangeNoBit(double share, boolean sparse, int batchRows) {
        Case c = new Case(configuration(5, batchRows, TrainOn.SAMPLE), 777, 45, share, sparse);
        int count = c.problem.batchRows();
        int[] order = batchRows == 0
                ? null
                : IntStream.range(0, 777).map(i -> 776 - i).toArray();
        PaeParameters expected = null;
        List<Objective> objectives = new ArrayList<>();
        for (int threads = 1; threads <= 4; threads++) {
            try (Solver<PaeParameters> solver = c.open(threads, threads % 2 == 0 ? 256 : 0)) {
                List<Objective> ofThese = new ArrayList<>();
                for (int epoch = 0; epoch < 5; epoch++) {
                    step(solver, c, order, count, epoch, false);
                    solver.update();
                    ofThese.addAll(solver.takeObjectives());
                }
                PaeParameters parameters = new PaeParameters(45, 5);
                solver.readParameters(parameters);
                if (expected != null) {
                    assertEquals(objectives, ofThese);
                    assertArrayEquals(expected.weights(), parameters.weights());
                }
                expected = parameters;
                objectives = ofThese;
            }
        }
    }

    @Test
    void cudaRefusesWithTheNameOfTheOtherBackend() {
        Case c = new Case(configuration(2, 0, TrainOn.SAMPLE), 9, 7, 0.3, false);
        Execution cuda = Execution.auto().withBackend(Backends.Choice.CUDA);
        BackendUnavailableException e =
                assertThrows(BackendUnavailableException.class, () -> Backends.open(cuda, c.problem));
        assertTrue(e.getMessage().contains("missing values runs on the CPU only"), e.getMessage());
    }
}
