package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of PAE-NMF with a Poisson likelihood, beside an objective in double that is differentiated by differences. */
class PaePoissonStepTest {

    private static final int STEP = 5;
    private static final int R = 3;

    /** Counts with parameters that put some latents at their floors. */
    private static final class Case {
        final int n;
        final int m;
        final Matrix data;
        final double inputScale;
        final PaeConfiguration configuration;
        final PaeParameters parameters;
        /** Σ ln v! of all rows. */
        final double constant;

        Case(int n, int m, PaeNmf.Builder builder) {
            this.n = n;
            this.m = m;
            SplittableRandom random = new SplittableRandom(17);
            data = Matrix.zeros(n, m);
            double squares = 0;
            double constants = 0;
            for (int i = 0; i < n; i++) {
                for (int f = 0; f < m; f++) {
                    double exponential = -Math.log(1 - random.nextDouble()) * (0.2 + f % 4);
                    float v = random.nextInt(2) == 0 ? 0 : (float) Math.floor(exponential);
                    data.storage(i)[data.offset(i) + f] = v;
                    squares += v * v;
                    constants += LogGamma.value(v + 1);
                }
            }
            constant = constants;
            inputScale = Math.sqrt(squares / n / m);
            configuration = builder.rank(R)
                    .seed(3)
                    .likelihood(Likelihood.POISSON)
                    .build()
                    .configuration();
            parameters = new PaeParameters(m, R);
            for (int e = 0; e < parameters.weights().length; e++) {
                boolean decoder = e % (3 * R) >= 2 * R;
                parameters.weights()[e] = (float) (decoder ? random.nextDouble() : random.nextDouble(-0.6, 0.6));
            }
            for (int j = 0; j < 2 * R; j++) {
                parameters.biases()[j] = (float) random.nextDouble(0.5, 1.5);
            }
        }

        PaeProblem problem(RowSource of) {
            float[] rates = new float[m];
            Arrays.fill(rates, 0.01f);
            boolean sparse = of instanceof SparseSource;
            return new PaeProblem(
                    configuration, n, m, 1, inputScale, new StepRates(0.02f, 0.01f, rates), sparse, null, Weights.NONE);
        }

        Solver<PaeParameters> open(RowSource of, int threads, int chunkRows) {
            Execution execution = Execution.auto()
                    .withBackend(Backends.Choice.CPU)
                    .withThreads(threads)
                    .withChunkRows(chunkRows);
            Solver<PaeParameters> solver = Backends.open(execution, problem(of));
            solver.setParameters(parameters);
            return solver;
        }

        double encoderScale() {
            return 1 / (inputScale * Math.sqrt(m));
        }

        float noise(int row, int component) {
            if (configuration.trainOn() == TrainOn.MEDIAN) {
                return 0.5f;
            }
            float[] noise = new float[R];
            int[] words = new int[Philox.WORDS];
            Philox.uniforms(configuration.seed(), row, STEP, Purpose.TRAINING, words, noise, 0, R);
            return noise[component];
        }

        /** Mean of −ln p(v | h) + KL. */
        double objective(double[] weights, double[] biases) {
            HeadOracle heads = new HeadOracle(configuration);
            double sum = constant;
            for (int i = 0; i < n; i++) {
                double[] h = new double[R];
                for (int j = 0; j < R; j++) {
                    double aLambda = biases[j];
                    double aK = biases[R + j];
                    for (int f = 0; f < m; f++) {
                        double x = data.get(i, f) * encoderScale();
                        aLambda += x * weights[3 * R * f + j];
                        aK += x * weights[3 * R * f + R + j];
                    }
                    HeadOracle.Values values = heads.exact(aLambda, aK, noise(i, j));
                    h[j] = values.h();
                    sum += values.kl();
                }
                for (int f = 0; f < m; f++) {
                    double decoded = 0;
                    for (int j = 0; j < R; j++) {
                        decoded += h[j] * weights[3 * R * f + 2 * R + j];
                    }
                    sum += decoded - data.get(i, f) * Math.log(decoded);
                }
            }
            return sum / n;
        }
    }

    private static Sums sums(Solver<PaeParameters> solver, RowSource data, double constant) {
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < data.rows(); from += solver.chunkRows()) {
            Rows chunk = Rows.inOrder(data, from, Math.min(solver.chunkRows(), data.rows() - from));
            solver.project(chunk);
            solver.rowStage(chunk, STEP);
            solver.accumulate(chunk, from == 0 ? constant : 0);
        }
        return solver.readSums();
    }

    @ParameterizedTest
    @CsvSource({"RELU, SAMPLE, 37, 23", "SOFTPLUS, SAMPLE, 7, 31", "RELU, MEDIAN, 65, 13"})
    void gradientsAreThoseOfDifferencesInDouble(Heads heads, TrainOn trainOn, int n, int m) {
        Case c = new Case(n, m, PaeNmf.builder().heads(heads).trainOn(trainOn));
        double[] weights = StepOracle.doubles(c.parameters.weights());
        double[] biases = StepOracle.doubles(c.parameters.biases());
        Sums sums;
        Objective objective;
        try (Solver<PaeParameters> solver = c.open(c.data, 2, 0)) {
            sums = sums(solver, c.data, c.constant);
            solver.update();
            objective = solver.takeObjectives().get(0);
        }

        double expected = c.objective(weights, biases);
        assertEquals(expected, objective.reconstruction() + objective.kl(), 1e-5 * Math.abs(expected));
        double[] found = gradient(c, sums);
        double[] differences = new double[found.length];
        double step = 1e-6; // its third derivative's error is 1e-12 of it, that of rounding 2e-16·objective/step
        for (int e = 0; e < found.length; e++) {
            double[] vector = e < weights.length ? weights : biases;
            int at = e < weights.length ? e : e - weights.length;
            double kept = vector[at];
            vector[at] = kept + step;
            double above = c.objective(weights, biases);
            vector[at] = kept - step;
            differences[e] = (above - c.objective(weights, biases)) / (2 * step);
            vector[at] = kept;
        }
        for (int kind = 0; kind < 4; kind++) {
            double greatest = 0;
            double error = 0;
            for (int e = 0; e < found.length; e++) {
                int of = e >= weights.length ? 3 : e % (3 * R) / R;
                if (of == kind) {
                    greatest = Math.max(greatest, Math.abs(differences[e]));
                    error = Math.max(error, Math.abs(found[e] - differences[e]));
                }
            }
            // sums of m ratios and of n rows, whose terms are some ten times their sum: 10(√m + √n)u, and E^(1/k) with
            // an exponent of up to 50 as many roundings of its argument
            double bound = greatest * U * (10 * (Math.sqrt(m) + Math.sqrt(n)) + 100) + 1e-8;
            assertTrue(greatest > 0.01, "gradients " + kind);
            assertTrue(error < bound, "gradients " + kind + ": " + error + " of " + greatest);
        }
    }

    /** Of the mean objective: [Wλ | Wk | Wf] and then the biases. */
    private static double[] gradient(Case c, Sums sums) {
        double[] gradient = new double[c.m * 3 * R + 2 * R];
        for (int e = 0; e < c.m * 3 * R; e++) {
            int column = e % (3 * R);
            gradient[e] = column < 2 * R
                    ? sums.q()[e] * c.encoderScale() / c.n
                    : (PaeSums.coefficients(sums, 2 * R, column - 2 * R) - sums.q()[e]) / c.n;
        }
        for (int j = 0; j < 2 * R; j++) {
            gradient[c.m * 3 * R + j] = sums.ofRows()[j] / c.n;
        }
        return gradient;
    }

    /** 600 rows: three blocks, of which chunks hold one or all; short columns go through a copy in column order. */
    @ParameterizedTest
    @ValueSource(ints = {29, 2003})
    void sparseDataThreadsAndChunksChangeNoBit(int m) {
        Case c = new Case(600, m, PaeNmf.builder());
        PaeParameters expected = steps(c, c.data, 1, 0);

        for (RowSource data : List.of(c.data, SparseMatrix.of(c.data))) {
            for (int threads : new int[] {1, 3}) {
                for (int chunkRows : new int[] {0, 256}) {
                    assertEquals(expected, steps(c, data, threads, chunkRows), data + " " + threads + " " + chunkRows);
                }
            }
        }
    }

    private static PaeParameters steps(Case c, RowSource data, int threads, int chunkRows) {
        try (Solver<PaeParameters> solver = c.open(data, threads, chunkRows)) {
            for (int step = 0; step < 3; step++) {
                sums(solver, data, c.constant);
                solver.update();
            }
            PaeParameters parameters = new PaeParameters(c.m, R);
            solver.readParameters(parameters);
            return parameters;
        }
    }

    /** w ← w·Σ h v/v̂ / Σ h. */
    @Test
    void multiplicativeUpdatesAreThoseOfTheDivergence() {
        Case c = new Case(65, 13, PaeNmf.builder().decoderUpdate(DecoderUpdate.MULTIPLICATIVE));
        PaeParameters updated = new PaeParameters(c.m, R);
        Sums sums;
        try (Solver<PaeParameters> solver = c.open(c.data, 2, 0)) {
            sums = sums(solver, c.data, 0);
            solver.update();
            solver.readParameters(updated);
        }
        for (int f = 0; f < c.m; f++) {
            for (int j = 0; j < R; j++) {
                double factor = sums.q()[3 * R * f + 2 * R + j] / PaeSums.coefficients(sums, 2 * R, j);
                double expected = c.parameters.decoder(f, j) * factor;
                assertEquals(expected, updated.decoder(f, j), 4 * U * expected);
            }
        }
    }

    @Test
    void aFeatureWhoseWeightsAreAllZeroIsCalledBack() {
        Case c = new Case(37, 23, PaeNmf.builder());
        Arrays.fill(c.parameters.weights(), 7 * 3 * R + 2 * R, 8 * 3 * R, 0f);
        PaeParameters updated = new PaeParameters(c.m, R);
        Objective objective;
        try (Solver<PaeParameters> solver = c.open(c.data, 2, 0)) {
            sums(solver, c.data, 0);
            solver.update();
            objective = solver.takeObjectives().get(0);
            solver.readParameters(updated);
        }
        assertTrue(objective.isFinite() && updated.isFinite());
        float[] rates = new float[R];
        Arrays.fill(rates, 0.01f); // a first step of adam has the rate's length
        float[] weights = Arrays.copyOfRange(updated.weights(), 7 * 3 * R + 2 * R, 8 * 3 * R);
        assertArrayEquals(rates, weights, 1e-6f);
    }
}
