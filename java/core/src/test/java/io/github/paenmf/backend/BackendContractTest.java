package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.testing.ErrorReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every backend has to do, stage by stage, for PAE-NMF against the oracles in double, and for standard NMF. A backend
 * extends it.
 */
public abstract class BackendContractTest extends NmfContractTest {

    private static final int STEP = 3;
    private static final Map<String, StepOracle.Result> ORACLES = new ConcurrentHashMap<>();

    /** Opens the backend under test. */
    protected abstract Solver<PaeParameters> open(PaeProblem problem, Execution execution);

    private static PaeNmf.Builder builder(int rank) {
        return PaeNmf.builder().rank(rank).seed(11);
    }

    /** ReLU and softplus, unit and general prior, with and without KL, sample, median and scale. */
    static List<PaeConfiguration> variants() {
        List<PaeConfiguration> variants = new ArrayList<>();
        for (Heads heads : Heads.values()) {
            for (double[] prior : new double[][] {{1, 1}, {1.7, 0.6}}) {
                for (boolean kl : new boolean[] {true, false}) {
                    for (TrainOn trainOn : TrainOn.values()) {
                        if (kl && trainOn == TrainOn.SCALE) {
                            continue;
                        }
                        variants.add(builder(3)
                                .heads(heads)
                                .prior(prior[0], prior[1])
                                .kl(kl)
                                .trainOn(trainOn)
                                .sigma(0.5)
                                .build()
                                .configuration());
                    }
                }
            }
        }
        return variants;
    }

    /** A configuration with data and parameters that put some latents at their floors. */
    private static final class Case {
        final Matrix data;
        final double[] rowNorms;
        final PaeParameters parameters;
        final PaeProblem problem;

        Case(PaeConfiguration c, int n, int m) {
            int r = c.rank();
            SplittableRandom random = new SplittableRandom(31L * n + 7L * m + r);
            float[] values = new float[n * m];
            double total = 0;
            for (int i = 0; i < values.length; i++) {
                // columns of different size, a tenth of the values 0
                double v = random.nextInt(10) == 0 ? 0 : -Math.log(1 - random.nextDouble()) * (1 + i % m % 5);
                values[i] = (float) (4 * v);
                total += (double) values[i] * values[i];
            }
            values[0] = 3;
            data = Matrix.wrap(values, n, m);
            double scale = Math.sqrt((total + 9) / values.length);
            rowNorms = new double[n];
            for (int i = 0; i < values.length; i++) {
                rowNorms[i / m] += values[i] / scale * (values[i] / scale);
            }
            parameters = new PaeParameters(m, r);
            for (int i = 0; i < parameters.weights().length; i++) {
                boolean decoder = i % (3 * r) >= 2 * r;
                parameters.weights()[i] =
                        (float) (decoder ? 1.4 * random.nextDouble() / r : random.nextDouble(-1.2, 1.2));
            }
            for (int j = 0; j < 2 * r; j++) {
                parameters.biases()[j] = (float) random.nextDouble(0.5, 1.5);
            }
            float[] decoderRates = new float[m];
            for (int f = 0; f < m; f++) {
                decoderRates[f] = 0.001f * (1 + f % 3);
            }
            problem = new PaeProblem(c, n, m, scale, new StepRates(0.02f, 0.01f, decoderRates));
        }

        StepOracle.Result oracle(Precision precision) {
            // the same for every backend, and slow for the larger shapes
            String key = data + " " + problem.configuration() + " " + precision;
            return ORACLES.computeIfAbsent(
                    key, k -> new StepOracle(problem, parameters, precision).run(data, null, STEP));
        }

        /** All rows as they are stored, in chunks. */
        List<Rows> all(int chunkRows) {
            return chunks(null, 0, data.rows(), chunkRows);
        }

        List<Rows> chunks(int[] order, int from, int count, int chunkRows) {
            List<Rows> chunks = new ArrayList<>();
            for (int done = 0; done < count; done += chunkRows) {
                chunks.add(new Rows(data, order, from + done, Math.min(chunkRows, count - done)));
            }
            return chunks;
        }

        double squaredNorm(Rows rows) {
            double sum = 0;
            for (int i = 0; i < rows.count(); i++) {
                sum += rowNorms[rows.id(i)];
            }
            return sum;
        }
    }

    private static void step(Solver<PaeParameters> backend, Case c, int step, int chunkRows) {
        step(backend, c, step, c.all(chunkRows));
    }

    private static void step(Solver<PaeParameters> backend, Case c, int step, List<Rows> chunks) {
        backend.clearSums();
        backend.gram();
        for (Rows chunk : chunks) {
            assertTrue(chunk.count() <= backend.chunkRows(), () -> "a chunk has at most " + backend.chunkRows());
            backend.project(chunk);
            backend.rowStage(chunk, step);
            backend.accumulate(chunk, c.squaredNorm(chunk));
        }
    }

    private Precision precision() {
        return execution().precision();
    }

    private Solver<PaeParameters> openWithParameters(Case c) {
        Solver<PaeParameters> backend = open(c.problem, execution());
        backend.setParameters(c.parameters);
        return backend;
    }

    static List<Arguments> shapes() {
        return List.of(
                Arguments.of(1, 1, 1),
                Arguments.of(1, 127, 7),
                Arguments.of(7, 31, 1),
                Arguments.of(31, 7, 33),
                Arguments.of(33, 65, 7),
                Arguments.of(65, 33, 31),
                Arguments.of(127, 1, 1),
                Arguments.of(127, 257, 31),
                Arguments.of(257, 127, 7),
                Arguments.of(257, 33, 65),
                Arguments.of(101, 103, 13),
                Arguments.of(521, 67, 5),
                Arguments.of(769, 31, 3),
                // r × r matrices larger than a block's shared memory on a GPU, and rows longer than a block
                Arguments.of(9, 5, 261),
                Arguments.of(3, 2, 2051),
                // gene expression, prices, digits
                Arguments.of(38, 5000, 3),
                Arguments.of(94, 1305, 9),
                Arguments.of(1797, 64, 16));
    }

    /** project, weibullStep, accumulate and the losses, with two chunks where there are two blocks. */
    @ParameterizedTest
    @MethodSource("shapes")
    void stagesMatchTheOracle(int n, int m, int r) {
        Case c = new Case(builder(r).build().configuration(), n, m);
        StepOracle.Result oracle = c.oracle(precision());
        String shape = name() + ", " + n + " × " + m + ", r = " + r;
        compareStages(shape, c, oracle, c.all(n > 512 ? 512 : 256));
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 81})
    @Tag("long")
    void stagesMatchTheOracleAtTheSizeOfFaces(int r) {
        stagesMatchTheOracle(2429, 361, r);
    }

    @ParameterizedTest
    @MethodSource("variants")
    void everyVariantMatchesTheOracle(PaeConfiguration configuration) {
        Case c = new Case(configuration, 67, 29);
        compareStages(name() + ", " + variant(configuration), c, c.oracle(precision()), c.all(256));
    }

    private static String variant(PaeConfiguration c) {
        return c.heads() + ", prior " + c.priorShape() + " " + c.priorScale() + ", " + (c.kl() ? "KL" : "no KL") + ", "
                + c.trainOn();
    }

    private void compareStages(String what, Case c, StepOracle.Result oracle, List<Rows> chunks) {
        ErrorReport heads = new ErrorReport(what + ": weibullStep");
        ErrorReport sums = new ErrorReport(what + ": accumulate");
        ErrorReport losses = new ErrorReport(what + ": losses");
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, STEP, chunks);
            Sums actual = backend.readSums();
            // sums of floats in double: their own roundings are 2⁻²⁹ of the floats'
            heads.compare("KL", oracle.kl, PaeSums.kl(actual), oracle.klBound);
            heads.compare("⟨H, C⟩", oracle.hc, PaeSums.hc(actual), oracle.hcBound);
            heads.compare("bias gradients", oracle.biasGradients, PaeSums.biasGradients(actual), oracle.biasBounds);
            sums.compare("Q", oracle.q, actual.q(), oracle.qBounds);
            sums.compare("K", oracle.k, actual.k(), oracle.kBounds);
            assertEquals(oracle.rows, actual.rows());
            sums.compare("‖V‖²", oracle.squaredNorm, actual.squaredNorm(), 1e-12 * oracle.squaredNorm);
            compareDecoderGradient(sums, c, oracle, actual);
            backend.update();
            Objective taken = takeLoss(backend);
            // Gram form against the residual itself
            double perSample = 2 * variance(c) * oracle.rows;
            losses.compare(
                    "reconstruction",
                    oracle.squaredError / perSample,
                    taken.reconstruction(),
                    oracle.squaredErrorBound / perSample);
            losses.compare("KL", oracle.kl / oracle.rows, taken.kl(), oracle.klBound / oracle.rows);
            assertTrue(taken.isFinite());
        }
        heads.log();
        sums.log();
        losses.log();
    }

    /** More features than one slice of a reconstruction on the CPU, partial blocks, rows in an order. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1, 0", "33, 65, 7, 0", "257, 127, 31, 0", "521, 67, 5, 300", "600, 1100, 3, 0", "600, 7, 3, 90"})
    void theResidualMakesTheLossAndChangesNothingElse(int n, int m, int r, int batchRows) {
        Case c = new Case(builder(r).batchRows(batchRows).build().configuration(), n, m);
        int count = c.problem.batchRows();
        int[] order = batchRows == 0
                ? null
                : IntStream.range(0, n).map(i -> n - 1 - i).toArray();
        int[] ids = order == null ? null : Arrays.copyOf(order, count);
        Matrix data = ids == null ? c.data : c.data.selectRows(ids);
        StepOracle.Result oracle = new StepOracle(c.problem, c.parameters, precision()).run(data, ids, STEP);
        ErrorReport report = new ErrorReport(name() + ", " + n + " × " + m + ", r = " + r + ": residual");
        PaeParameters without = new PaeParameters(m, r);
        PaeParameters with = new PaeParameters(m, r);
        try (Solver<PaeParameters> backend = open(c.problem, executionByStages())) {
            backend.setParameters(c.parameters);
            List<Rows> chunks = c.chunks(order, 0, count, 256);
            step(backend, c, STEP, chunks);
            backend.update();
            Objective gramForm = takeLoss(backend);
            backend.readParameters(without);

            for (int round = 0; round < 3; round++) { // a step that comes again may be recorded
                backend.setParameters(c.parameters);
                backend.clearSums();
                backend.gram();
                for (Rows chunk : chunks) {
                    backend.project(chunk);
                    backend.rowStage(chunk, STEP);
                    backend.residual(chunk);
                    backend.accumulate(chunk, c.squaredNorm(chunk));
                }
                Sums sums = round == 1 ? backend.readSums() : null;
                backend.update();
                Objective loss = takeLoss(backend);
                backend.readParameters(with);

                if (repeatsBits()) {
                    assertEquals(without, with, "the update is the same");
                    assertEquals(gramForm.kl(), loss.kl());
                }
                double perSample = 2 * variance(c) * count;
                // in double, 1e-12 covers some 1e4 additions of u = 1e-16
                double bound = oracle.residualBound + 1e-12 * oracle.squaredError;
                report.compare("loss", oracle.squaredError / perSample, loss.reconstruction(), bound / perSample);
                if (sums != null) {
                    assertEquals(count, sums.residualRows());
                    report.compare("sum", oracle.squaredError, sums.residual(), bound);
                }
            }
        }
        report.log();
    }

    /** Half of the rows with a residual do not make the loss of all. */
    @Test
    void aResidualOfSomeRowsIsNotTheLoss() {
        Case c = new Case(builder(3).build().configuration(), 300, 7);
        List<Rows> chunks = c.all(256);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, STEP, chunks);
            backend.update();
            Objective expected = takeLoss(backend);

            backend.setParameters(c.parameters);
            backend.clearSums();
            backend.gram();
            for (Rows chunk : chunks) {
                backend.project(chunk);
                backend.rowStage(chunk, STEP);
                if (chunk.from() == 0) {
                    backend.residual(chunk);
                }
                backend.accumulate(chunk, c.squaredNorm(chunk));
            }
            backend.update();

            if (repeatsBits()) {
                assertEquals(expected, takeLoss(backend));
            }
        }
    }

    private static double variance(Case c) {
        double sigma = c.problem.configuration().sigma();
        return sigma * sigma;
    }

    /** (Wf·K − VᵀH)/(σ²n), made in double from a backend's sums, against RᵀH/(σ²n). */
    private static void compareDecoderGradient(ErrorReport report, Case c, StepOracle.Result oracle, Sums actual) {
        int r = c.problem.rank();
        report.compare("Wf gradient", oracle.decoderGradient, decoderGradient(c, actual), oracle.decoderBounds);
        assertEquals(c.problem.features() * r, oracle.decoderGradient.length);
    }

    private static double[] decoderGradient(Case c, Sums sums) {
        int r = c.problem.rank();
        int m = c.problem.features();
        double[] gradient = new double[m * r];
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < r; j++) {
                double sum = -sums.q()[3 * r * f + 2 * r + j] / c.problem.dataScale();
                for (int l = 0; l < r; l++) {
                    sum += (double) c.parameters.decoder(f, l) * sums.k()[l * r + j];
                }
                gradient[f * r + j] = sum / (variance(c) * sums.rows());
            }
        }
        return gradient;
    }

    /** Every gradient of the mean objective against central differences of the oracle's objective. */
    @ParameterizedTest
    @MethodSource("variants")
    void gradientsAreThoseOfTheObjective(PaeConfiguration configuration) {
        Case c = new Case(configuration, 9, 5);
        int r = configuration.rank();
        int m = 5;
        double n = c.data.rows();
        StepOracle oracle = new StepOracle(c.problem, c.parameters, precision());
        StepOracle.Result exact = oracle.run(c.data, null, STEP);
        ErrorReport report = new ErrorReport(name() + ", " + variant(configuration) + ": finite differences");
        ErrorReport self = new ErrorReport("oracle, " + variant(configuration) + ": finite differences");
        double toHead = 1 / (c.problem.dataScale() * Math.sqrt(m) * n);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, STEP, 256);
            Sums sums = backend.readSums();
            double[] decoder = decoderGradient(c, sums);
            for (int i = 0; i < oracle.weights.length; i++) {
                int f = i / (3 * r);
                int j = i % (3 * r) - 2 * r;
                boolean head = j < 0;
                double expected = head ? exact.q[i] * toHead : exact.decoderGradient[f * r + j];
                double actual = head ? sums.q()[i] * toHead : decoder[f * r + j];
                double bound = head ? exact.qBounds[i] * toHead : exact.decoderBounds[f * r + j];
                compareDifference(report, self, oracle, oracle.weights, i, c, expected, actual, bound);
            }
            for (int j = 0; j < 2 * r; j++) {
                double expected = exact.biasGradients[j] / n;
                double actual = PaeSums.biasGradients(sums)[j] / n;
                compareDifference(report, self, oracle, oracle.biases, j, c, expected, actual, exact.biasBounds[j] / n);
            }
        }
        report.log();
        self.log();
    }

    private static void compareDifference(
            ErrorReport report,
            ErrorReport self,
            StepOracle oracle,
            double[] parameters,
            int i,
            Case c,
            double expected,
            double actual,
            double bound) {
        double delta = 1e-5;
        double near = difference(oracle, parameters, i, c, delta);
        double far = difference(oracle, parameters, i, c, 2 * delta);
        // Truncation is quadratic in the step: that of the larger step is four times the smaller's, so
        // their difference is three times what the smaller has. Roundoff: some ulps of the objective.
        double roundoff = 64 * ErrorReport.U_DOUBLE * oracle.objective(c.data, STEP) / delta;
        double tolerance = Math.abs(far - near) + roundoff;
        assertTrue(tolerance < 1e-6 * (1 + Math.abs(near)), "a kink lies within the differences: " + far + ", " + near);
        self.compare("gradient " + i, near, expected, tolerance);
        report.compare("gradient " + i, near, actual, tolerance + bound);
    }

    private static double difference(StepOracle oracle, double[] parameters, int i, Case c, double delta) {
        double value = parameters[i];
        parameters[i] = value + delta;
        double above = oracle.objective(c.data, STEP);
        parameters[i] = value - delta;
        double below = oracle.objective(c.data, STEP);
        parameters[i] = value;
        return (above - below) / (2 * delta);
    }

    @ParameterizedTest
    @CsvSource({
        "ADAM, PROJECTED, 1",
        "GD, PROJECTED, 1e6",
        "GD, PROJECTED, 0.001",
        "ADAM, MULTIPLICATIVE, 1",
        "GD, MULTIPLICATIVE, 0.001"
    })
    void updatesFollowTheirRules(Optimiser optimiser, DecoderUpdate decoderUpdate, double clip) {
        PaeNmf.Builder builder = builder(7).optimiser(optimiser).decoderUpdate(decoderUpdate);
        if (optimiser == Optimiser.GD) {
            builder.stepClip(clip);
        }
        Case c = new Case(builder.build().configuration(), 300, 67);
        String what = name() + ", " + optimiser + ", " + decoderUpdate + ", clip " + clip;
        ErrorReport report = new ErrorReport(what + ": update");
        UpdateOracle oracle = new UpdateOracle(c.problem);
        PaeParameters before = new PaeParameters(67, 7);
        PaeParameters after = new PaeParameters(67, 7);
        boolean projected = false;
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            for (int step = 0; step < 4; step++) {
                backend.readParameters(before);
                step(backend, c, step, 256);
                oracle.run(backend.readSums(), before);
                backend.update();
                takeLoss(backend);
                backend.readParameters(after);
                report.compare("weights", oracle.weights, after.weights(), oracle.weightBounds);
                report.compare("biases", oracle.biases, after.biases(), oracle.biasBounds);
                for (int f = 0; f < 67; f++) {
                    for (int j = 0; j < 7; j++) {
                        assertTrue(after.decoder(f, j) >= 0, "Wf is negative");
                        projected |= after.decoder(f, j) == 0 && before.decoder(f, j) > 0;
                    }
                }
                assertFalse(before.equals(after));
            }
        }
        assertEquals(decoderUpdate == DecoderUpdate.PROJECTED, projected, "some values should have been projected");
        report.log();
    }

    @Test
    void aClippedHeadMovesByTheClip() {
        double clip = 0.001;
        PaeConfiguration configuration =
                builder(5).optimiser(Optimiser.GD).stepClip(clip).build().configuration();
        Case c = new Case(configuration, 100, 33);
        PaeParameters after = new PaeParameters(33, 5);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, 0, 256);
            backend.update();
            backend.readParameters(after);
        }
        for (int j = 0; j < 10; j++) {
            double norm = Math.pow((double) after.biases()[j] - c.parameters.biases()[j], 2);
            for (int f = 0; f < 33; f++) {
                norm += Math.pow(
                        (double) after.weights()[15 * f + j] - c.parameters.weights()[15 * f + j], 2);
            }
            // each of 34 weights of at most 1.5 is rounded once
            assertEquals(clip, Math.sqrt(norm), Math.sqrt(34) * 1.5 * ErrorReport.U + 1e-6 * clip, "head " + j);
        }
    }

    /** A mini-batch is a run of an order: which rows it has, and which noise, says the order. */
    @ParameterizedTest
    @CsvSource({"0, 311", "137, 311", "600, 77", "676, 1"})
    void aBatchHasTheRowsOfItsOrder(int from, int count) {
        int n = 677;
        Case c = new Case(builder(7).batchRows(311).build().configuration(), n, 31);
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = (int) (i * 100L % n); // 677 is a prime: each row once
        }
        int[] ids = Arrays.copyOfRange(order, from, from + count);
        StepOracle.Result oracle =
                new StepOracle(c.problem, c.parameters, precision()).run(c.data.selectRows(ids), ids, STEP);

        String what = name() + ", " + count + " rows from " + from + " of an order";
        compareStages(what, c, oracle, c.chunks(order, from, count, 256));
    }

    /** A backend may keep what it gathered; another order and another part of it are other rows. */
    @Test
    void eachBatchIsGatheredAfresh() {
        Case c = new Case(builder(3).batchRows(40).build().configuration(), 80, 7);
        int[] forward = new int[80];
        int[] backward = new int[80];
        for (int i = 0; i < 80; i++) {
            forward[i] = i;
            backward[79 - i] = i;
        }
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            float[] first = q(backend, c, new Rows(c.data, forward, 0, 40));
            float[] second = q(backend, c, new Rows(c.data, forward, 40, 40));
            assertFalse(Arrays.equals(first, second));
            assertFalse(Arrays.equals(first, q(backend, c, new Rows(c.data, backward, 0, 40))));
            assertArrayEquals(first, q(backend, c, new Rows(c.data, forward, 0, 40)));
            assertArrayEquals(first, q(backend, c, Rows.inOrder(c.data, 0, 40)), "the same rows as they are stored");
        }
    }

    private static float[] q(Solver<PaeParameters> backend, Case c, Rows rows) {
        step(backend, c, STEP, List.of(rows));
        return backend.readSums().q();
    }

    /** Sums of disjoint rows, one part with given row indices, add up to the sums of all rows. */
    @Test
    void sumsOfDisjointRowsAddUp() {
        int n = 600;
        int split = 256;
        Case c = new Case(builder(5).batchRows(n - split).build().configuration(), n, 31);
        int[] order = new int[n - split];
        for (int i = 0; i < order.length; i++) {
            order[i] = n - 1 - i; // the other rows, last first
        }
        StepOracle.Result oracle = c.oracle(precision());
        ErrorReport report = new ErrorReport(name() + ": added sums");
        try (Solver<PaeParameters> all = openWithParameters(c);
                Solver<PaeParameters> first = openWithParameters(c);
                Solver<PaeParameters> second = openWithParameters(c)) {
            step(all, c, STEP, 256);
            first.clearSums();
            first.gram();
            Rows head = Rows.inOrder(c.data, 0, split);
            first.project(head);
            first.rowStage(head, STEP);
            first.accumulate(head, c.squaredNorm(head));
            second.clearSums();
            second.gram();
            Rows tail = new Rows(c.data, order, 0, order.length);
            second.project(tail);
            second.rowStage(tail, STEP);
            second.accumulate(tail, c.squaredNorm(tail));
            Sums other = second.readSums();
            first.addSums(other);

            Sums expected = all.readSums();
            Sums actual = first.readSums();
            assertEquals(n, actual.rows());
            // both sides are within the oracle's bounds of the exact sums
            report.compare("Q", StepOracle.doubles(expected.q()), actual.q(), twice(oracle.qBounds));
            report.compare("K", StepOracle.doubles(expected.k()), actual.k(), twice(oracle.kBounds));
            report.compare(
                    "biases", PaeSums.biasGradients(expected), PaeSums.biasGradients(actual), twice(oracle.biasBounds));
            report.compare("KL", PaeSums.kl(expected), PaeSums.kl(actual), 2 * oracle.klBound);
            report.compare("⟨H, C⟩", PaeSums.hc(expected), PaeSums.hc(actual), 2 * oracle.hcBound);
            report.compare("‖V‖²", expected.squaredNorm(), actual.squaredNorm(), 1e-12 * oracle.squaredNorm);
        }
        report.log();
    }

    private static double[] twice(double[] bounds) {
        double[] doubled = new double[bounds.length];
        for (int i = 0; i < bounds.length; i++) {
            doubled[i] = 2 * bounds[i];
        }
        return doubled;
    }

    @ParameterizedTest
    @EnumSource(TrainOn.class)
    void noiseDependsOnTheStepIfThereIsAny(TrainOn trainOn) {
        PaeConfiguration configuration =
                builder(3).trainOn(trainOn).kl(trainOn != TrainOn.SCALE).build().configuration();
        Case c = new Case(configuration, 50, 7);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, 1, 256);
            double first = PaeSums.kl(backend.readSums()) + PaeSums.hc(backend.readSums());
            step(backend, c, 1, 256);
            double again = PaeSums.kl(backend.readSums()) + PaeSums.hc(backend.readSums());
            step(backend, c, 2, 256);
            double other = PaeSums.kl(backend.readSums()) + PaeSums.hc(backend.readSums());

            assertEquals(first, again, "the same step, the same noise");
            assertEquals(trainOn != TrainOn.SAMPLE, first == other);
        }
    }

    /** Exactly: Adam would make whole steps of a gradient of rounding errors. */
    @ParameterizedTest
    @EnumSource
    void onTheScaleTheShapeHasNoGradient(Heads heads) {
        int r = 5;
        Case c = new Case(
                builder(r).heads(heads).trainOn(TrainOn.SCALE).kl(false).build().configuration(), 67, 29);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, 1, 256);

            Sums sums = backend.readSums();
            for (int i = 0; i < sums.q().length; i++) {
                if (i / r % 3 == 1) {
                    assertEquals(0, sums.q()[i], 0.0);
                }
            }
            assertArrayEquals(new double[r], Arrays.copyOfRange(PaeSums.biasGradients(sums), r, 2 * r), 0.0);
            assertNotEquals(0, sums.q()[0]);
        }
    }

    @Test
    void setParametersStartsTheOptimiserAfresh() {
        Case c = new Case(builder(3).build().configuration(), 50, 7);
        PaeParameters first = new PaeParameters(7, 3);
        PaeParameters again = new PaeParameters(7, 3);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            train(backend, c);
            backend.readParameters(first);
            train(backend, c);
            backend.readParameters(again);
            assertNotEquals(first, again);
            backend.setParameters(c.parameters);
            train(backend, c);
            backend.readParameters(again);
        }
        assertEquals(first, again);
        assertNotEquals(first, c.parameters, "the parameters given were written to");
    }

    private static List<Objective> train(Solver<PaeParameters> backend, Case c) {
        List<Objective> losses = new ArrayList<>();
        for (int step = 0; step < 3; step++) {
            step(backend, c, step, 256);
            backend.update();
            losses.add(takeLoss(backend));
        }
        return losses;
    }

    private static Objective takeLoss(Solver<PaeParameters> backend) {
        List<Objective> losses = backend.takeObjectives();
        assertEquals(1, losses.size());
        return losses.get(0);
    }

    @Test
    void lossesAreTakenOnceInTheOrderOfTheirSteps() {
        Case c = new Case(builder(3).build().configuration(), 50, 7);
        try (Solver<PaeParameters> oneByOne = openWithParameters(c);
                Solver<PaeParameters> together = openWithParameters(c)) {
            int count = together.stepsInFlight();
            assertEquals(List.of(), together.takeObjectives());
            for (int round = 0; round < 2; round++) { // what keeps them is used again
                List<Objective> expected = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    int step = round * count + i;
                    step(oneByOne, c, step, 256);
                    oneByOne.update();
                    expected.add(takeLoss(oneByOne));
                    step(together, c, step, 256);
                    together.update();
                }
                assertEquals(count, expected.stream().distinct().count(), "the noise makes every loss another");
                assertEquals(expected, together.takeObjectives());
                assertEquals(List.of(), together.takeObjectives());
            }
        }
    }

    @Test
    void aStepTooManyInFlightIsRefused() {
        Case c = new Case(builder(3).build().configuration(), 50, 7);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            for (int step = 0; step < backend.stepsInFlight(); step++) {
                step(backend, c, step, 256);
                backend.update();
            }
            step(backend, c, backend.stepsInFlight(), 256);
            assertThrows(IllegalStateException.class, backend::update);
            assertEquals(backend.stepsInFlight(), backend.takeObjectives().size());
        }
    }

    /** With one step in flight nothing has to be run again, and so nothing is kept. */
    @ParameterizedTest
    @EnumSource(Optimiser.class)
    void whatIsRunAgainFromASavedStateHasTheSameBits(Optimiser optimiser) {
        Case c = new Case(builder(3).optimiser(optimiser).build().configuration(), 50, 7);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            if (backend.stepsInFlight() == 1) {
                assertThrows(UnsupportedOperationException.class, backend::saveState);
                assertThrows(UnsupportedOperationException.class, backend::restoreState);
                return;
            }
            train(backend, c); // so that the optimiser has a state
            backend.saveState();
            PaeParameters saved = new PaeParameters(7, 3);
            backend.readParameters(saved);
            PaeParameters restored = new PaeParameters(7, 3);
            PaeParameters expected = new PaeParameters(7, 3);
            PaeParameters actual = new PaeParameters(7, 3);
            List<Objective> losses = train(backend, c);
            backend.readParameters(expected);
            for (int again = 0; again < 2; again++) {
                backend.restoreState();
                backend.readParameters(restored);
                assertEquals(saved, restored);
                assertEquals(losses, train(backend, c));
                backend.readParameters(actual);
                assertEquals(expected, actual);
            }
            // what is saved next takes the place of what was saved first
            backend.saveState();
            train(backend, c);
            backend.restoreState();
            backend.readParameters(restored);
            assertEquals(expected, restored);
        }
    }

    @Test
    void sumsReadAreACopyAndClearSumsForgetsThem() {
        Case c = new Case(builder(3).build().configuration(), 50, 7);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            step(backend, c, 1, 256);
            Sums before = backend.readSums();
            float[] q = before.q().clone();
            backend.readSums().clear();
            assertArrayEquals(q, backend.readSums().q());
            backend.clearSums();
            assertArrayEquals(q, before.q());
            Sums cleared = backend.readSums();
            assertArrayEquals(new float[q.length], cleared.q());
            assertArrayEquals(new float[9], cleared.k());
            assertArrayEquals(new double[6], PaeSums.biasGradients(cleared));
            assertEquals(0, PaeSums.kl(cleared) + PaeSums.hc(cleared) + cleared.squaredNorm() + cleared.rows());
        }
    }

    @Test
    void whatWeibullStepSumsDoesNotWaitForAccumulate() {
        Case c = new Case(builder(3).build().configuration(), 300, 7);
        List<Rows> chunks = c.all(256);
        try (Solver<PaeParameters> backend = openWithParameters(c)) {
            backend.clearSums();
            backend.gram();
            for (Rows chunk : chunks) {
                backend.project(chunk);
                Sums before = backend.readSums();
                backend.rowStage(chunk, STEP);
                Sums stepped = backend.readSums();
                backend.accumulate(chunk, c.squaredNorm(chunk));
                Sums after = backend.readSums();
                assertNotEquals(PaeSums.kl(before), PaeSums.kl(stepped));
                assertArrayEquals(before.q(), stepped.q());
                assertEquals(PaeSums.kl(after), PaeSums.kl(stepped));
                assertEquals(PaeSums.hc(after), PaeSums.hc(stepped));
                assertArrayEquals(PaeSums.biasGradients(after), PaeSums.biasGradients(stepped));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"RELU, PROJECTED", "SOFTPLUS, PROJECTED", "SOFTPLUS, MULTIPLICATIVE"})
    void aValueThatIsNoNumberReachesTheLosses(Heads heads, DecoderUpdate decoderUpdate) {
        Case c = new Case(
                builder(3).heads(heads).decoderUpdate(decoderUpdate).build().configuration(), 50, 7);
        for (int broken : new int[] {0, 3, 6}) { // Wλ, Wk, Wf
            PaeParameters parameters = c.parameters.copy();
            parameters.weights()[broken] = Float.NaN;
            try (Solver<PaeParameters> backend = open(c.problem, execution())) {
                backend.setParameters(parameters);
                step(backend, c, 1, 256);
                backend.update();
                assertFalse(takeLoss(backend).isFinite(), "weight " + broken);
            }
        }
    }

    @Test
    void theDescriptionNamesTheDevice() {
        Case c = new Case(builder(1).build().configuration(), 1, 1);
        try (Solver<PaeParameters> backend = open(c.problem, execution())) {
            assertFalse(backend.description().isBlank());
        }
    }
}
