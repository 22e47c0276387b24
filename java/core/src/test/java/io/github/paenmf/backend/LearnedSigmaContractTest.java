package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.testing.ErrorReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every solver of PAE-NMF does where σ is learned. */
public abstract class LearnedSigmaContractTest {

    private static final int M = 29;
    private static final int R = 3;
    /** A power of 2, as is its square: products with it and its inverse are exact. */
    private static final double SIGMA = 0.5;

    protected abstract Solver<PaeParameters> open(PaeProblem problem);

    private static PaeProblem problem(double sigma, int n, int batchRows, double scale) {
        float[] decoderRates = new float[M];
        Arrays.fill(decoderRates, 0.002f);
        return new PaeProblem(
                PaeNmf.builder()
                        .rank(R)
                        .sigma(sigma)
                        .batchRows(batchRows)
                        .seed(3)
                        .build()
                        .configuration(),
                n,
                M,
                scale,
                new StepRates(0.02f, 0.01f, decoderRates));
    }

    /** Data, their scale, and parameters whose σ is {@link #SIGMA}. */
    private static final class Case {
        final Matrix data;
        final double scale;
        final PaeParameters parameters = new PaeParameters(M, R);

        Case(int n) {
            SplittableRandom random = new SplittableRandom(n);
            float[] values = new float[n * M];
            double squares = 0;
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (-4 * Math.log1p(-random.nextDouble()));
                squares += (double) values[i] * values[i];
            }
            data = Matrix.wrap(values, n, M);
            scale = Math.sqrt(squares / values.length);
            for (int i = 0; i < parameters.weights().length; i++) {
                boolean decoder = i % (3 * R) >= 2 * R;
                parameters.weights()[i] = (float) (decoder ? random.nextDouble() : random.nextDouble(-1, 1));
            }
            Arrays.fill(parameters.biases(), 1f);
            parameters.setSquaredSigma(SIGMA * SIGMA);
        }

        double squaredNorm(int from, int count) {
            double sum = 0;
            for (int i = from; i < from + count; i++) {
                for (int f = 0; f < M; f++) {
                    sum += data.get(i, f) / scale * (data.get(i, f) / scale);
                }
            }
            return sum;
        }
    }

    private static void addRows(Solver<PaeParameters> solver, Case c, int from, int count, int step) {
        // rows as they are stored begin where a block does: those of a mini-batch are named one by one
        int[] order = from % Matrix.ROW_ALIGNMENT == 0
                ? null
                : IntStream.range(0, c.data.rows()).toArray();
        for (int done = 0; done < count; done += 256) {
            Rows rows = new Rows(c.data, order, from + done, Math.min(256, count - done));
            solver.project(rows);
            solver.rowStage(rows, step);
            solver.accumulate(rows, c.squaredNorm(rows.from(), rows.count()));
        }
    }

    private static Objective step(Solver<PaeParameters> solver, Case c, int from, int count, int step) {
        solver.clearSums();
        solver.gram();
        addRows(solver, c, from, count, step);
        solver.update();
        List<Objective> taken = solver.takeObjectives();
        assertEquals(1, taken.size());
        return taken.get(0);
    }

    private static double variance(Solver<PaeParameters> solver) {
        PaeParameters read = new PaeParameters(M, R);
        solver.readParameters(read);
        return read.squaredSigma();
    }

    /** What −E ln p(v | h) of a step says of its mean squared residual, given σ² after it. */
    private static double meanSquare(Objective objective, double variance) {
        return 2 * variance * (objective.reconstruction() / M - Math.log(2 * Math.PI * variance) / 2);
    }

    /** The CUDA kernels do it in other operations, which are exact here. */
    @Test
    void aStepIsThatOfTheVarianceBeforeIt() {
        Case c = new Case(67);
        PaeParameters fixed = new PaeParameters(M, R);
        PaeParameters learned = new PaeParameters(M, R);
        try (Solver<PaeParameters> solver = open(problem(SIGMA, 67, 0, c.scale))) {
            solver.setParameters(c.parameters);
            step(solver, c, 0, 67, 5);
            solver.readParameters(fixed);
        }
        try (Solver<PaeParameters> solver = open(problem(0, 67, 0, c.scale))) {
            solver.setParameters(c.parameters);
            step(solver, c, 0, 67, 5);
            solver.readParameters(learned);
        }
        assertArrayEquals(fixed.weights(), learned.weights());
        assertArrayEquals(fixed.biases(), learned.biases());
        assertNotEquals(fixed.squaredSigma(), learned.squaredSigma());
    }

    @ParameterizedTest
    @CsvSource({"1", "67", "257", "600"})
    void theVarianceIsTheMeanSquaredResidual(int n) {
        Case c = new Case(n);
        StepOracle.Result oracle =
                new StepOracle(problem(SIGMA, n, 0, c.scale), c.parameters, Precision.FP32).run(c.data, null, 5);
        ErrorReport report = new ErrorReport("learned variance, n = " + n);
        double entries = (double) n * M;
        try (Solver<PaeParameters> solver = open(problem(0, n, 0, c.scale))) {
            for (int round = 0; round < 3; round++) { // a step that comes again may be recorded
                solver.setParameters(c.parameters);
                assertEquals(SIGMA * SIGMA, variance(solver));
                Objective objective = step(solver, c, 0, n, 5);
                double variance = variance(solver);
                report.compare("σ²", oracle.squaredError / entries, variance, oracle.squaredErrorBound / entries);
                // m/2·(1 + ln 2πσ²), as 4 operations in double
                assertEquals(M / 2.0 * (1 + Math.log(2 * Math.PI * variance)), objective.reconstruction(), 1e-12 * M);
            }
        }
        report.log();
    }

    @Test
    void sumsMadeElsewhereCount() {
        Case c = new Case(500);
        try (Solver<PaeParameters> whole = open(problem(0, 500, 0, c.scale));
                Solver<PaeParameters> part = open(problem(0, 500, 0, c.scale));
                Solver<PaeParameters> rest = open(problem(0, 500, 0, c.scale))) {
            for (Solver<PaeParameters> solver : List.of(whole, part, rest)) {
                solver.setParameters(c.parameters);
            }
            Objective expected = step(whole, c, 0, 500, 5);
            rest.clearSums();
            rest.gram();
            addRows(rest, c, 256, 244, 5);
            Sums sums = rest.readSums();
            part.clearSums();
            part.gram();
            addRows(part, c, 0, 256, 5);
            part.addSums(sums);
            part.update();
            // sums in two parts: each is off by at most the rounding of ‖V‖², 500·29 terms
            double bound = 0x1p-24 * (Math.sqrt(500) + 4);
            assertEquals(variance(whole), variance(part), bound);
            assertEquals(expected.kl(), part.takeObjectives().get(0).kl(), 1e-5 * expected.kl());
        }
    }

    /** σ² ← (1 − ρ)σ² + ρ·e of the batch, ρ = (1 + t)^−0.55, and the first batch's as it is. */
    @Test
    void miniBatchesMoveARunningAverage() {
        Case c = new Case(300);
        try (Solver<PaeParameters> solver = open(problem(0, 300, 60, c.scale))) {
            for (int round = 0; round < 2; round++) {
                solver.setParameters(c.parameters);
                double expected = SIGMA * SIGMA;
                for (int t = 0; t < 5; t++) {
                    Objective objective = step(solver, c, 60 * t, 60, t);
                    double variance = variance(solver);
                    double rate = Math.pow(1 + t, -0.55);
                    expected = (1 - rate) * expected + rate * meanSquare(objective, variance);
                    assertEquals(expected, variance, 1e-11, "update " + t); // a few operations in double
                }
            }
        }
    }

    @Test
    void whatIsRunAgainFromASavedStateHasTheSameBits() {
        Case c = new Case(67);
        PaeParameters expected = new PaeParameters(M, R);
        PaeParameters again = new PaeParameters(M, R);
        try (Solver<PaeParameters> solver = open(problem(0, 67, 0, c.scale))) {
            solver.setParameters(c.parameters);
            step(solver, c, 0, 67, 0);
            solver.saveState();
            double saved = variance(solver);
            List<Objective> objectives = new ArrayList<>();
            for (int t = 1; t < 4; t++) {
                objectives.add(step(solver, c, 0, 67, t));
            }
            solver.readParameters(expected);
            assertNotEquals(saved, expected.squaredSigma());
            solver.restoreState();
            assertEquals(saved, variance(solver));
            for (int t = 1; t < 4; t++) {
                assertEquals(objectives.get(t - 1), step(solver, c, 0, 67, t));
            }
            solver.readParameters(again);
            assertEquals(expected, again);
        }
    }

    /** V = 0 and W = 0 leave no residual at all. */
    @Test
    void theVarianceHasAFloor() {
        Case c = new Case(67);
        Matrix zeros = Matrix.zeros(67, M);
        PaeParameters parameters = c.parameters.copy();
        for (int i = 0; i < parameters.weights().length; i++) {
            parameters.weights()[i] = i % (3 * R) >= 2 * R ? 0 : parameters.weights()[i];
        }
        try (Solver<PaeParameters> solver = open(problem(0, 67, 0, 1))) {
            solver.setParameters(parameters);
            solver.clearSums();
            solver.gram();
            Rows rows = new Rows(zeros, null, 0, 67);
            solver.project(rows);
            solver.rowStage(rows, 0);
            solver.accumulate(rows, 0);
            solver.update();
            assertEquals(1e-6, variance(solver), 1e-18);
        }
    }
}
