package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.testing.ErrorReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What every solver of PAE-NMF does with hidden layers. */
public abstract class HiddenLayersContractTest {

    private static final int M = 7;
    private static final int R = 2;
    private static final double SIGMA = 0.5;

    protected abstract Solver<PaeParameters> open(PaeProblem problem);

    private static PaeProblem problem(int n, TrainOn trainOn, int... hidden) {
        float[] decoderRates = new float[M];
        Arrays.fill(decoderRates, 0.002f);
        float[] layerRates = new float[hidden.length];
        Arrays.fill(layerRates, 0.03f);
        return new PaeProblem(
                PaeNmf.builder()
                        .rank(R)
                        .sigma(SIGMA)
                        .trainOn(trainOn)
                        .hidden(hidden)
                        .seed(3)
                        .build()
                        .configuration(),
                n,
                M,
                1,
                new StepRates(0.02f, 0.01f, decoderRates, layerRates));
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
        fill(p.biases(), random);
        for (EncoderLayer layer : p.layers()) {
            fill(layer.weights(), random);
            fill(layer.biases(), random);
        }
        if (hidden.length > 0) {
            Arrays.fill(p.layers().get(hidden.length - 1).biases(), 1f); // above the floors, mostly
        }
        return p;
    }

    private static void fill(float[] values, SplittableRandom random) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
    }

    private static void addRows(Solver<PaeParameters> solver, Matrix data, int step) {
        solver.clearSums();
        solver.gram();
        for (int from = 0; from < data.rows(); from += 256) {
            Rows rows = new Rows(data, null, from, Math.min(256, data.rows() - from));
            solver.project(rows);
            solver.rowStage(rows, step);
            solver.accumulate(rows, 0);
        }
    }

    /** All parameters of the encoder one after another, as gradients lie: W₁ by units, b₁, and of each layer U and b. */
    private static double[] encoder(PaeParameters p) {
        List<Double> values = new ArrayList<>();
        for (int j = 0; j < p.firstUnits(); j++) {
            for (int f = 0; f < M; f++) {
                values.add((double) p.weights()[f * p.columns() + j]);
            }
        }
        for (float bias : p.biases()) {
            values.add((double) bias);
        }
        for (EncoderLayer layer : p.layers()) {
            for (float weight : layer.weights()) {
                values.add((double) weight);
            }
            for (float bias : layer.biases()) {
                values.add((double) bias);
            }
        }
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The objective of one sample whose median is decoded, in double. */
    private static double objective(double[] encoder, PaeParameters p, Matrix data, int row) {
        double[] z = new double[M];
        for (int f = 0; f < M; f++) {
            z[f] = data.get(row, f) / Math.sqrt(M);
        }
        int at = 0;
        for (int l = 0; l <= p.layers().size(); l++) {
            int units = l == 0 ? p.firstUnits() : p.layers().get(l - 1).outputs();
            double[] next = new double[units];
            for (int j = 0; j < units; j++) {
                next[j] = encoder[at + units * z.length + j];
                for (int e = 0; e < z.length; e++) {
                    next[j] += encoder[at + j * z.length + e] * z[e];
                }
                next[j] = l == p.layers().size() ? next[j] : Math.max(next[j], 0);
            }
            at += units * (z.length + 1);
            z = next;
        }
        double kl = 0;
        double[] h = new double[R];
        for (int j = 0; j < R; j++) {
            double lambda = Math.max(z[j], 1e-3);
            double k = Math.max(z[R + j], 0.3);
            h[j] = Weibull.median(k, lambda);
            kl += Weibull.kl(k, lambda, 1, 1);
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
     * 100·10·u, u = 2⁻²⁴, of the sum of magnitudes.
     */
    @ParameterizedTest
    @CsvSource({"1, '5'", "67, '5'", "300, '5'", "300, '6,3'", "67, '4,5,3'", "67, '33'"})
    void gradientsAreThoseOfTheObjective(int n, String layers) {
        int[] hidden =
                Arrays.stream(layers.split(",")).mapToInt(Integer::parseInt).toArray();
        Matrix data = data(n);
        PaeParameters p = parameters(hidden);
        PaeProblem problem = problem(n, TrainOn.MEDIAN, hidden);
        double[] actual = new double[encoder(p).length];
        try (Solver<PaeParameters> solver = open(problem)) {
            solver.setParameters(p);
            addRows(solver, data, 1);
            Sums sums = solver.readSums();
            int first = p.firstUnits();
            for (int j = 0; j < first; j++) {
                for (int f = 0; f < M; f++) {
                    actual[j * M + f] = problem.encoderScale() * sums.q()[f * p.columns() + j];
                }
            }
            System.arraycopy(sums.ofRows(), 0, actual, first * M, first + PaeSums.layers(problem));
        }
        double[] encoder = encoder(p);
        double[] expected = new double[encoder.length];
        double[] bounds = new double[encoder.length];
        for (int e = 0; e < encoder.length; e++) {
            double value = encoder[e];
            double step = 1e-6;
            for (int i = 0; i < n; i++) {
                encoder[e] = value + step;
                double above = objective(encoder, p, data, i);
                encoder[e] = value - step;
                double below = objective(encoder, p, data, i);
                double gradient = (above - below) / (2 * step);
                expected[e] += gradient;
                bounds[e] += 1000 * 0x1p-24 * (1 + Math.abs(gradient)); // and 1e-16 / 1e-6 of the difference
            }
            encoder[e] = value;
        }
        ErrorReport report = new ErrorReport("hidden layers");
        report.compare("gradients", expected, actual, bounds);
    }

    /** A layer of 2r units that hands on what it gets, above 0: to the bit the encoder without it, with samples. */
    @Test
    void aLayerThatHandsOnChangesNothing() {
        int n = 300;
        Matrix data = data(n);
        PaeParameters without = parameters();
        PaeParameters with = parameters(2 * R);
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < 3 * R; j++) {
                int e = f * 3 * R + j;
                without.weights()[e] = Math.abs(without.weights()[e]);
                with.weights()[e] = without.weights()[e];
            }
        }
        Arrays.fill(without.biases(), 1f);
        Arrays.fill(with.biases(), 1f);
        EncoderLayer heads = with.layers().get(0);
        Arrays.fill(heads.weights(), 0f);
        Arrays.fill(heads.biases(), 0f);
        for (int j = 0; j < 2 * R; j++) {
            heads.weights()[j * 2 * R + j] = 1;
        }
        Sums expected = sums(problem(n, TrainOn.SAMPLE), without, data);
        Sums actual = sums(problem(n, TrainOn.SAMPLE, 2 * R), with, data);
        assertArrayEquals(expected.q(), actual.q());
        assertArrayEquals(expected.k(), actual.k());
        assertEquals(PaeSums.kl(expected), PaeSums.kl(actual));
        assertEquals(PaeSums.hc(expected), PaeSums.hc(actual));
    }

    private Sums sums(PaeProblem problem, PaeParameters parameters, Matrix data) {
        try (Solver<PaeParameters> solver = open(problem)) {
            solver.setParameters(parameters);
            addRows(solver, data, 4);
            return solver.readSums();
        }
    }

    /** Two steps, against adam in double with the solver's own gradients: a rate of .03 moves by 1e-7 of it at most. */
    @Test
    void layersTakeStepsOfAdam() {
        int n = 67;
        Matrix data = data(n);
        PaeParameters p = parameters(5, 3);
        PaeProblem problem = problem(n, TrainOn.SAMPLE, 5, 3);
        PaeParameters after = p.copy();
        int from = PaeSums.ofLayers(problem);
        int count = PaeSums.layers(problem);
        double[] expected = layers(p);
        double[] mean = new double[count];
        double[] square = new double[count];
        try (Solver<PaeParameters> solver = open(problem)) {
            solver.setParameters(p);
            for (int step = 1; step <= 2; step++) {
                addRows(solver, data, step);
                double[] gradients = solver.readSums().ofRows();
                solver.update();
                for (int e = 0; e < count; e++) {
                    double gradient = gradients[from + e] / n;
                    mean[e] = 0.9 * mean[e] + 0.1 * gradient;
                    square[e] = 0.999 * square[e] + 0.001 * gradient * gradient;
                    double rate = isBias(p, e) ? 0.01 : 0.03;
                    expected[e] -= rate
                            * (mean[e] / (1 - Math.pow(0.9, step)))
                            / (Math.sqrt(square[e] / (1 - Math.pow(0.999, step))) + 1e-8);
                }
            }
            solver.takeObjectives();
            solver.readParameters(after);
        }
        assertArrayEquals(expected, layers(after), 1e-6);
    }

    private static boolean isBias(PaeParameters p, int index) {
        int at = index;
        for (EncoderLayer layer : p.layers()) {
            int weights = layer.weights().length;
            if (at < weights + layer.outputs()) {
                return at >= weights;
            }
            at -= weights + layer.outputs();
        }
        throw new IllegalArgumentException("no parameter " + index);
    }

    private static double[] layers(PaeParameters p) {
        double[] all = encoder(p);
        return Arrays.copyOfRange(all, p.firstUnits() * (M + 1), all.length);
    }

    /** The same steps again from a kept state, and after parameters that are not finite. */
    @Test
    void aStateHoldsTheLayers() {
        Matrix data = data(67);
        PaeParameters p = parameters(5, 3);
        PaeParameters first = p.copy();
        PaeParameters again = p.copy();
        try (Solver<PaeParameters> solver = open(problem(67, TrainOn.SAMPLE, 5, 3))) {
            solver.setParameters(p);
            addRows(solver, data, 1);
            solver.update();
            solver.takeObjectives();
            solver.saveState();
            for (PaeParameters target : List.of(first, again)) {
                addRows(solver, data, 2);
                solver.update();
                solver.takeObjectives();
                solver.readParameters(target);
                solver.restoreState();
            }
        }
        assertEquals(first, again);
    }
}
