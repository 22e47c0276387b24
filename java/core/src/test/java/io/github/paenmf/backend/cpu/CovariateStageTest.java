package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Covariates in a step of PAE-NMF. */
class CovariateStageTest {

    private static final int M = 7;
    private static final int R = 2;
    private static final int Q = 3;
    private static final double SIGMA = 0.5;
    private static final double BIAS_RATE = 0.01;

    private static PaeProblem problem(
            int n, TrainOn trainOn, double k0, double scale, CodedCovariates x, int... hidden) {
        float[] decoderRates = new float[M];
        Arrays.fill(decoderRates, 0.002f);
        float[] layerRates = new float[hidden.length];
        Arrays.fill(layerRates, 0.03f);
        return new PaeProblem(
                        PaeNmf.builder()
                                .rank(R)
                                .sigma(SIGMA)
                                .trainOn(trainOn)
                                .prior(k0, scale)
                                .hidden(hidden)
                                .seed(3)
                                .build()
                                .configuration(),
                        n,
                        M,
                        1,
                        new StepRates(0.02f, (float) BIAS_RATE, decoderRates, layerRates))
                .withCovariates(x);
    }

    /** Five settings in turn, or one for each row. */
    private static CodedCovariates covariates(int n, boolean each) {
        SplittableRandom random = new SplittableRandom(n);
        int settings = each ? n : Math.min(n, 5);
        double[] values = random.doubles((long) settings * Q, -1, 1).toArray();
        return new CodedCovariates(
                values, Q, IntStream.range(0, n).map(i -> i % settings).toArray());
    }

    private static Matrix data(int n) {
        SplittableRandom random = new SplittableRandom(n);
        float[] values = new float[n * M];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) -Math.log1p(-random.nextDouble());
        }
        return Matrix.wrap(values, n, M);
    }

    private static PaeParameters parameters(int... hidden) {
        SplittableRandom random = new SplittableRandom(hidden.length + 11);
        PaeParameters p = new PaeParameters(M, R, Arrays.stream(hidden).boxed().toList());
        for (int i = 0; i < p.weights().length; i++) {
            boolean decoder = i % p.columns() >= p.firstUnits();
            p.weights()[i] = (float) (decoder ? random.nextDouble() : random.nextDouble(-1, 1));
        }
        Arrays.fill(p.biases(), 1f); // above the floors, mostly
        for (EncoderLayer layer : p.layers()) {
            fill(layer.weights(), random);
            Arrays.fill(layer.biases(), 1f);
        }
        float[] weights = new float[Q * p.firstUnits()];
        fill(weights, random);
        p.setCovariates(weights, random.doubles(R * Q, -1, 1).toArray());
        return p;
    }

    private static void fill(float[] values, SplittableRandom random) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
    }

    private static Solver<PaeParameters> open(PaeProblem problem) {
        return Backends.open(Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2), problem);
    }

    private static void addRows(Solver<PaeParameters> solver, Matrix data, int step) {
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < data.rows(); from += 256) {
            Rows rows = new Rows(data, null, from, Math.min(256, data.rows() - from));
            solver.project(rows);
            solver.rowStage(rows, step);
            solver.accumulate(rows, squares(data, from, rows.count()));
        }
    }

    private static double squares(Matrix data, int first, int rows) {
        double sum = 0;
        for (int e = 0; e < rows * M; e++) {
            double v = data.get(first + e / M, e % M);
            sum += v * v;
        }
        return sum;
    }

    /** [Wx | B], as their gradients lie. */
    private static double[] ofCovariates(PaeParameters p) {
        double[] values = new double[p.covariateWeights().length + p.effects().length];
        for (int e = 0; e < values.length; e++) {
            int effect = e - p.covariateWeights().length;
            values[e] = effect < 0 ? p.covariateWeights()[e] : p.effects()[effect];
        }
        return values;
    }

    /** The objective of one sample whose median is decoded, in double. */
    private static double objective(
            double[] ofCovariates, PaeParameters p, Matrix data, CodedCovariates x, int row, double k0, double scale) {
        int setting = x.setting()[row];
        double[] z = new double[p.firstUnits()];
        for (int j = 0; j < z.length; j++) {
            z[j] = p.biases()[j];
            for (int f = 0; f < M; f++) {
                z[j] += p.weights()[f * p.columns() + j] * data.get(row, f) / Math.sqrt(M);
            }
            for (int c = 0; c < Q; c++) {
                z[j] += ofCovariates[c * z.length + j] * x.value(setting, c);
            }
        }
        for (EncoderLayer layer : p.layers()) {
            double[] next = new double[layer.outputs()];
            for (int j = 0; j < next.length; j++) {
                next[j] = layer.biases()[j];
                for (int e = 0; e < z.length; e++) {
                    next[j] += layer.weights()[j * z.length + e] * Math.max(z[e], 0);
                }
            }
            z = next;
        }
        double kl = 0;
        double[] h = new double[R];
        for (int j = 0; j < R; j++) {
            double lambda = Math.max(z[j], 1e-3);
            double k = Math.max(z[R + j], 0.3);
            double logRatio = 0;
            for (int c = 0; c < Q; c++) {
                logRatio += ofCovariates[Q * p.firstUnits() + j * Q + c] * x.value(setting, c);
            }
            h[j] = Weibull.median(k, lambda);
            kl += Weibull.kl(k, lambda, k0, scale * Math.exp(logRatio));
        }
        double error = 0;
        for (int f = 0; f < M; f++) {
            double residual = data.get(row, f);
            for (int j = 0; j < R; j++) {
                residual -= p.decoder(f, j) * h[j];
            }
            error += residual * residual;
        }
        return error / (2 * SIGMA * SIGMA) + kl;
    }

    /**
     * Against differences of the objective in double. A gradient is a sum over rows; the float32 of one goes through some
     * hundred operations, of which dH = (H·G − C)/σ² takes the difference of numbers ten times its size at most here:
     * 100·10·u, u = 2⁻²⁴, of the sum of magnitudes. Likewise the KL of a row.
     */
    @ParameterizedTest
    @CsvSource({
        "1, '', 1, 1, true",
        "67, '', 1, 1, false",
        "300, '', 1, 1, true",
        "300, '', 1.7, 0.6, false",
        "300, '5', 1, 1, false",
        "67, '4,3', 0.8, 2, true",
        "67, '33', 1, 1, true"
    })
    void gradientsAreThoseOfTheObjective(int n, String layers, double k0, double scale, boolean each) {
        int[] hidden = layers.isEmpty()
                ? new int[0]
                : Arrays.stream(layers.split(",")).mapToInt(Integer::parseInt).toArray();
        Matrix data = data(n);
        CodedCovariates x = covariates(n, each);
        PaeParameters p = parameters(hidden);
        PaeProblem problem = problem(n, TrainOn.MEDIAN, k0, scale, x, hidden);
        double[] values = ofCovariates(p);
        double[] actual = new double[values.length];
        double actualKl;
        double reconstruction;
        try (Solver<PaeParameters> solver = open(problem)) {
            solver.setParameters(p);
            addRows(solver, data, 1);
            Sums sums = solver.readSums();
            System.arraycopy(sums.ofRows(), PaeSums.ofCovariates(problem), actual, 0, actual.length);
            actualKl = PaeSums.kl(sums);
            solver.update();
            reconstruction = solver.takeObjectives().get(0).reconstruction() * n;
        }
        double[] expected = new double[values.length];
        double[] bounds = new double[values.length];
        for (int e = 0; e < values.length; e++) {
            double value = values[e];
            double step = 1e-6;
            for (int i = 0; i < n; i++) {
                values[e] = value + step;
                double above = objective(values, p, data, x, i, k0, scale);
                values[e] = value - step;
                double below = objective(values, p, data, x, i, k0, scale);
                double gradient = (above - below) / (2 * step);
                expected[e] += gradient;
                bounds[e] += 1000 * 0x1p-24 * (1 + Math.abs(gradient)); // and 1e-16 / 1e-6 of the difference
            }
            values[e] = value;
        }
        ErrorReport report = new ErrorReport("covariates");
        report.compare("gradients", expected, actual, bounds);
        double objective = 0;
        for (int i = 0; i < n; i++) {
            objective += objective(values, p, data, x, i, k0, scale);
        }
        // the Gram form takes differences of numbers as large as ‖V‖²/σ² and the objective
        double bound = 1000 * 0x1p-24 * (objective + n + squares(data, 0, n) / (SIGMA * SIGMA));
        assertEquals(objective, reconstruction + actualKl, bound);
    }

    /** Covariates of 0, and ones that have done nothing yet, leave every bit as it is without them. */
    @ParameterizedTest
    @CsvSource({"'', 1, 1", "'', 1.7, 0.6", "'6', 1, 1"})
    void covariatesOfZerosChangeNoBit(String layers, double k0, double scale) {
        int n = 300;
        int[] hidden = layers.isEmpty() ? new int[0] : new int[] {Integer.parseInt(layers)};
        Matrix data = data(n);
        PaeParameters without = parameters(hidden);
        without.setCovariates(new float[0], new double[0]);
        PaeParameters with = without.copy();
        with.setCovariates(new float[Q * with.firstUnits()], new double[R * Q]);
        CodedCovariates zeros = new CodedCovariates(new double[Q], Q, new int[n]);
        Objective[] expected = steps(problem(n, TrainOn.SAMPLE, k0, scale, null, hidden), without, data, 3);
        Objective[] actual = steps(problem(n, TrainOn.SAMPLE, k0, scale, zeros, hidden), with, data, 3);
        assertArrayEquals(expected, actual);
        assertArrayEquals(without.weights(), with.weights());
        assertArrayEquals(without.biases(), with.biases());
        assertEquals(without.layers(), with.layers());

        PaeParameters begun = parameters(hidden);
        begun.setCovariates(new float[Q * with.firstUnits()], new double[R * Q]);
        Objective[] first = steps(problem(n, TrainOn.SAMPLE, k0, scale, covariates(n, true), hidden), begun, data, 1);
        assertEquals(expected[0], first[0]);
    }

    /** Leaves what came of them in the parameters. */
    private static Objective[] steps(PaeProblem problem, PaeParameters parameters, Matrix data, int count) {
        Objective[] objectives = new Objective[count];
        try (Solver<PaeParameters> solver = open(problem)) {
            solver.setParameters(parameters);
            for (int step = 1; step <= count; step++) {
                addRows(solver, data, step);
                solver.update();
                objectives[step - 1] = solver.takeObjectives().get(0);
            }
            solver.readParameters(parameters);
        }
        return objectives;
    }

    /**
     * Three steps, against adam in double with the solver's own gradients and the prior of B, which is around where it began;
     * a rate of .01 over the mean ‖x‖₁, where that is above 1, moves by 1e-7 of it at most. The objective has that prior, too.
     */
    @Test
    void bothTakeStepsOfAdam() {
        int n = 67;
        Matrix data = data(n);
        PaeParameters p = parameters();
        CodedCovariates x = covariates(n, false);
        PaeProblem problem = problem(n, TrainOn.SAMPLE, 1, 1, x);
        double size = IntStream.range(0, n * Q)
                        .mapToDouble(e -> Math.abs(x.value(x.setting()[e / Q], e % Q)))
                        .sum()
                / n;
        assertTrue(size > 1);
        PaeParameters after = p.copy();
        double[] start = ofCovariates(p);
        double[] expected = start.clone();
        double[] mean = new double[start.length];
        double[] square = new double[start.length];
        int weights = p.covariateWeights().length;
        try (Solver<PaeParameters> solver = open(problem)) {
            solver.setParameters(p);
            for (int step = 1; step <= 3; step++) {
                addRows(solver, data, step);
                Sums sums = solver.readSums();
                double kl = PaeSums.kl(sums) / n;
                double[] gradients = sums.ofRows().clone();
                solver.update();
                double penalty = 0;
                for (int e = 0; e < expected.length; e++) {
                    double apart = e < weights ? 0 : expected[e] - start[e];
                    penalty += apart * apart / 2 / n;
                    double gradient = gradients[PaeSums.ofCovariates(problem) + e] / n + apart / n;
                    mean[e] = 0.9 * mean[e] + 0.1 * gradient;
                    square[e] = 0.999 * square[e] + 0.001 * gradient * gradient;
                    expected[e] -= BIAS_RATE
                            / size
                            * (mean[e] / (1 - Math.pow(0.9, step)))
                            / (Math.sqrt(square[e] / (1 - Math.pow(0.999, step))) + 1e-8);
                }
                assertEquals(kl + penalty, solver.takeObjectives().get(0).kl(), 1e-9);
            }
            solver.readParameters(after);
        }
        assertArrayEquals(expected, ofCovariates(after), 1e-6);
    }
}
