package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps over rows and features with weights, from the same start as over rows and features that are repeated. */
class WeightedStepsTest {

    private static final int N = 301;
    private static final int M = 35;
    private static final int R = 3;
    private static final int EPOCHS = 40;
    private static final Execution CPU =
            Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2);
    /** Sums in another order, over tens of steps that contract. */
    private static final double BOUND = 1e-3;

    private static Matrix data() {
        SplittableRandom random = new SplittableRandom(4);
        double[][] w = new double[M][];
        for (int f = 0; f < M; f++) {
            w[f] = random.doubles(R).map(u -> Math.max(0, 3 * u - 1)).toArray();
        }
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(R).toArray();
            for (int f = 0; f < M; f++) {
                double mean = h[0] * w[f][0] + h[1] * w[f][1] + h[2] * w[f][2];
                values[i][f] = random.nextInt(3) == 0 ? (float) (mean + 0.3 * random.nextDouble()) : 0;
            }
        }
        return Matrix.of(values);
    }

    private static double[] weights(int count) {
        return IntStream.range(0, count).mapToDouble(i -> 1 + i * 5 % 3).toArray();
    }

    private static int[] repeated(double[] weights) {
        return IntStream.range(0, weights.length)
                .flatMap(i -> IntStream.range(0, (int) weights[i]).map(copy -> i))
                .toArray();
    }

    private static Matrix uniform(int rows, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Matrix matrix = Matrix.zeros(rows, R);
        for (int e = 0; e < rows * R; e++) {
            matrix.storage(0)[e] = 0.1f + (float) random.nextDouble();
        }
        return matrix;
    }

    /** What a fit comes to: W, and the objective of each epoch. */
    private record Fit<P>(P parameters, List<Objective> objectives) {}

    private static <P> Fit<P> run(Solver<P> solver, Shape shape, P start, RowSource data, DataStatistics statistics) {
        try (solver) {
            solver.setParameters(start);
            Epochs epochs = new Epochs(solver, shape, 0, data, statistics.rowNorms(), 0);
            epochs.run(0, 5);
            List<Objective> first = epochs.takeObjectives();
            solver.saveState();
            epochs.run(5, 3);
            epochs.takeObjectives();
            solver.restoreState(); // goes back to where it was
            epochs.run(5, EPOCHS - 5);
            List<Objective> objectives = epochs.takeObjectives();
            solver.readParameters(start);
            return new Fit<>(
                    start,
                    IntStream.range(0, EPOCHS)
                            .mapToObj(epoch -> epoch < 5 ? first.get(epoch) : objectives.get(epoch - 5))
                            .toList());
        }
    }

    private static Fit<VbParameters> vb(Zeros zeros, RowSource data, Weights weights, Matrix start) {
        VbConfiguration c =
                VariationalNmf.builder().rank(R).zeros(zeros).build().configuration();
        DataStatistics statistics = DataStatistics.ofFinite(data, 0, weights);
        VbParameters parameters = new VbParameters(start.rows(), R);
        for (int e = 0; e < start.rows() * R; e++) {
            parameters.mean()[e] = start.storage(0)[e];
            parameters.variance()[e] = 0.01f;
            parameters.inclusion()[e] = 1;
        }
        for (int j = 0; j < R; j++) {
            parameters.priorMean()[j] = 0.6;
            parameters.priorInclusion()[j] = 0.5;
            parameters.coefficientInclusion()[j] = 0.5;
        }
        parameters.setSquaredSigma(0.5);
        RowSource rooted = weights.rooted(data);
        boolean sparse = data instanceof SparseMatrix;
        VbProblem problem = new VbProblem(c, data.rows(), data.columns(), statistics.scale(), sparse, null, weights);
        return run(Backends.openVb(CPU, problem), problem.shape(), parameters, rooted, statistics);
    }

    @ParameterizedTest
    @CsvSource({"LEARN, false", "LEARN, true", "OFF, false"})
    void posteriorsOfVariationalNmfAreThoseOfRepeatedRowsAndFeatures(Zeros zeros, boolean sparse) {
        RowSource data = sparse ? SparseMatrix.of(data()) : data();
        double[] rows = weights(N);
        double[] features = weights(M);
        int[] copies = repeated(features);
        RowSource repeated = data.selectRows(repeated(rows)).selectColumns(copies);
        Matrix start = uniform(M, 1);
        Fit<VbParameters> expected = vb(zeros, repeated, Weights.NONE, start.selectRows(copies));

        Fit<VbParameters> fit = vb(zeros, data, Weights.NONE.withRows(rows).withFeatures(features), start);

        for (int f = 0; f < copies.length; f++) {
            for (int j = 0; j < R; j++) {
                int e = f * R + j;
                int of = copies[f] * R + j;
                assertEquals(expected.parameters().mean()[e], fit.parameters().mean()[of], BOUND);
                float variance = expected.parameters().variance()[e];
                assertEquals(variance, fit.parameters().variance()[of], 10 * BOUND * variance);
                assertEquals(
                        expected.parameters().inclusion()[e], fit.parameters().inclusion()[of], 10 * BOUND);
            }
        }
        for (int j = 0; j < R; j++) {
            assertEquals(expected.parameters().priorMean()[j], fit.parameters().priorMean()[j], BOUND);
            assertEquals(
                    expected.parameters().coefficientInclusion()[j],
                    fit.parameters().coefficientInclusion()[j],
                    BOUND);
        }
        double sigma = Math.sqrt(expected.parameters().squaredSigma());
        assertEquals(sigma, Math.sqrt(fit.parameters().squaredSigma()), BOUND * sigma);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            Objective objective = expected.objectives().get(epoch);
            double size = Math.abs(objective.reconstruction()) + objective.kl();
            Objective actual = fit.objectives().get(epoch);
            assertEquals(objective.reconstruction(), actual.reconstruction(), BOUND * size);
            assertEquals(objective.kl(), actual.kl(), BOUND * size);
        }
    }

    /** A row of {@code matrix} times the root of its weight. */
    private static Matrix rooted(Matrix matrix, double[] roots) {
        Matrix result = matrix.copy();
        for (int i = 0; i < result.rows(); i++) {
            for (int j = 0; j < R; j++) {
                result.storage(i)[result.offset(i) + j] *= (float) roots[i];
            }
        }
        return result;
    }

    private static Fit<NmfParameters> nmf(
            NmfAlgorithm algorithm, Penalties penalties, RowSource data, Weights weights, Matrix w, Matrix h) {
        DataStatistics statistics = DataStatistics.of(data, 0, weights);
        NmfParameters start = new NmfParameters(
                rooted(w, weights.rootsOfFeatures(w.rows())), rooted(h, weights.rootsOfRows(h.rows())));
        NmfConfiguration c = new NmfConfiguration(R, algorithm, NmfInit.RANDOM, 1, 0, 1, Missing.NONE, 0, penalties);
        NmfProblem problem = NmfTrainer.problem(weights.rooted(data), statistics, c);
        return run(Backends.openNmf(CPU, problem), problem.shape(), start, weights.rooted(data), statistics);
    }

    @ParameterizedTest
    @CsvSource({
        "HALS, false, 0",
        "MU, false, 0",
        "HALS, true, 0",
        "MU, true, 0",
        "HALS, false, 0.05",
        "MU, false, 0.05",
        "HALS, true, 0.05"
    })
    void factorsOfStandardNmfAreThoseOfRepeatedRowsAndFeatures(NmfAlgorithm algorithm, boolean sparse, double l1) {
        Penalties penalties = new Penalties(new Penalty(l1, l1 / 2), new Penalty(l1 / 3, l1));
        RowSource data = sparse ? SparseMatrix.of(data()) : data();
        double[] rows = weights(N);
        double[] features = weights(M);
        int[] copies = repeated(features);
        int[] rowCopies = repeated(rows);
        RowSource repeated = data.selectRows(rowCopies).selectColumns(copies);
        Matrix w = uniform(M, 1);
        Matrix h = uniform(N, 2);
        Fit<NmfParameters> expected =
                nmf(algorithm, penalties, repeated, Weights.NONE, w.selectRows(copies), h.selectRows(rowCopies));

        Weights weights = Weights.NONE.withRows(rows).withFeatures(features);
        Fit<NmfParameters> fit = nmf(algorithm, penalties, data, weights, w, h);

        double[] featureRoots = weights.rootsOfFeatures(M);
        for (int f = 0; f < copies.length; f++) {
            for (int j = 0; j < R; j++) {
                double actual = fit.parameters().w().get(copies[f], j) / featureRoots[copies[f]];
                assertEquals(expected.parameters().w().get(f, j), actual, BOUND);
            }
        }
        double[] rowRoots = weights.rootsOfRows(N);
        for (int i = 0; i < rowCopies.length; i++) {
            for (int j = 0; j < R; j++) {
                double actual = fit.parameters().h().get(rowCopies[i], j) / rowRoots[rowCopies[i]];
                assertEquals(expected.parameters().h().get(i, j), actual, 10 * BOUND);
            }
        }
        double last = expected.objectives().get(EPOCHS - 1).reconstruction();
        double perRow = N / weights.totalOfRows(N);
        assertEquals(last, perRow * fit.objectives().get(EPOCHS - 1).reconstruction(), BOUND * last);
        assertTrue(last < expected.objectives().get(0).reconstruction());
    }

    /** First parameters, of which copies of a feature have those of the feature. */
    private static PaeParameters start(PaeConfiguration c, DataStatistics statistics, int[] copies) {
        PaeParameters parameters = Initialiser.parameters(c, statistics);
        PaeParameters repeated = new PaeParameters(copies.length, R);
        for (int f = 0; f < copies.length; f++) {
            System.arraycopy(parameters.weights(), copies[f] * 3 * R, repeated.weights(), f * 3 * R, 3 * R);
        }
        System.arraycopy(parameters.biases(), 0, repeated.biases(), 0, 2 * R);
        return repeated;
    }

    private static Fit<PaeParameters> pae(PaeConfiguration c, RowSource data, Weights weights, PaeParameters start) {
        DataStatistics statistics = DataStatistics.of(data, 0, weights);
        PaeProblem problem = Initialiser.problem(c, data, statistics);
        return run(Backends.open(CPU, problem), problem.shape(), start.copy(), weights.rooted(data), statistics);
    }

    /** Of samples, rows have no copies: these would have noise of their own. */
    @ParameterizedTest
    @CsvSource({
        "MEDIAN, ADAM, PROJECTED, 0.1, false",
        "MEDIAN, ADAM, PROJECTED, 0.1, true",
        "SCALE, ADAM, MULTIPLICATIVE, 0.1, true",
        "SCALE, GD, PROJECTED, 0.1, false",
        "SAMPLE, GD, MULTIPLICATIVE, 0.1, false",
        "SAMPLE, ADAM, PROJECTED, 0, false",
    })
    void parametersOfAnAutoencoderAreThoseOfRepeatedRowsAndFeatures(
            TrainOn trainOn, Optimiser optimiser, DecoderUpdate decoderUpdate, double sigma, boolean sparse) {
        RowSource data = sparse ? SparseMatrix.of(data()) : data();
        boolean ofRows = trainOn != TrainOn.SAMPLE;
        double[] rows =
                ofRows ? weights(N) : IntStream.range(0, N).mapToDouble(i -> 1).toArray();
        double[] features = weights(M);
        int[] copies = repeated(features);
        RowSource repeated = data.selectRows(repeated(rows)).selectColumns(copies);
        PaeConfiguration c = PaeNmf.builder()
                .rank(R)
                .optimiser(optimiser)
                .decoderUpdate(decoderUpdate)
                .trainOn(trainOn)
                .kl(trainOn != TrainOn.SCALE)
                .sigma(sigma)
                .build()
                .configuration();
        Weights weights = Weights.NONE.withRows(rows).withFeatures(features);
        DataStatistics statistics = DataStatistics.of(data, 0, weights);
        int[] once = IntStream.range(0, M).toArray();
        Fit<PaeParameters> expected = pae(c, repeated, Weights.NONE, start(c, statistics, copies));

        Fit<PaeParameters> fit = pae(c, data, weights, start(c, statistics, once));

        double greatest = 0;
        for (int f = 0; f < copies.length; f++) {
            for (int j = 0; j < 3 * R; j++) {
                double error = expected.parameters().weights()[f * 3 * R + j]
                        - fit.parameters().weights()[copies[f] * 3 * R + j];
                greatest = Math.max(greatest, Math.abs(error));
            }
        }
        assertTrue(greatest < BOUND, greatest + "");
        for (int j = 0; j < 2 * R; j++) {
            assertEquals(expected.parameters().biases()[j], fit.parameters().biases()[j], BOUND);
        }
        assertEquals(expected.parameters().squaredSigma(), fit.parameters().squaredSigma(), BOUND);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            Objective objective = expected.objectives().get(epoch);
            Objective actual = fit.objectives().get(epoch);
            double size = Math.abs(objective.reconstruction()) + objective.kl();
            assertEquals(objective.reconstruction(), actual.reconstruction(), BOUND * size);
            assertEquals(objective.kl(), actual.kl(), BOUND * size);
        }
    }

    /** One step with equal noise: a row that counts three times as three batches that it is in. */
    @ParameterizedTest
    @CsvSource({"false", "true"})
    void sumsOverSampledRowsAreThoseOfBatchesWithEachAsOftenAsItCounts(boolean sparse) {
        RowSource data = sparse ? SparseMatrix.of(data()) : data();
        PaeConfiguration c = PaeNmf.builder().rank(R).batchRows(N - 1).build().configuration();
        double[] rows = weights(N);
        Weights weights = Weights.NONE.withRows(rows);
        DataStatistics statistics = DataStatistics.of(data, 0, weights);
        PaeParameters start = Initialiser.parameters(c, statistics);
        PaeProblem weighted = Initialiser.problem(c, data, statistics);
        PaeProblem plain = new PaeProblem(c, N, M, weighted.dataScale(), weighted.rates(), weighted.sparse());
        Sums expected = new Sums(M, 3 * R, R, 2 * R + 2);
        for (int least = 1; least <= 3; least++) {
            int count = least;
            int[] order = IntStream.range(0, N).filter(i -> rows[i] >= count).toArray();
            expected.add(sums(plain, data, order, start));
        }

        Sums sums = sums(weighted, weights.rooted(data), IntStream.range(0, N).toArray(), start);

        // sums of 301 terms in another order, √301·u; dH of each is a difference of terms a few times as large
        double greatest = 0;
        for (float q : expected.q()) {
            greatest = Math.max(greatest, Math.abs(q));
        }
        for (int e = 0; e < expected.q().length; e++) {
            assertEquals(expected.q()[e], sums.q()[e], 1e-5 * greatest, "Q " + e);
        }
        for (int e = 0; e < expected.k().length; e++) {
            assertEquals(expected.k()[e], sums.k()[e], 1e-5 * expected.k()[e], "K " + e);
        }
        for (int e = 0; e < expected.ofRows().length; e++) {
            double size = Math.abs(expected.ofRows()[e]) + 1;
            assertEquals(expected.ofRows()[e], sums.ofRows()[e], 1e-4 * size, "of rows " + e);
        }
    }

    private static Sums sums(PaeProblem problem, RowSource data, int[] order, PaeParameters start) {
        try (Solver<PaeParameters> solver = Backends.open(CPU, problem)) {
            solver.setParameters(start);
            solver.clearSums();
            solver.gram();
            for (int from = 0; from < order.length; from += solver.chunkRows()) {
                Rows chunk = new Rows(data, order, from, Math.min(solver.chunkRows(), order.length - from));
                solver.project(chunk);
                solver.rowStage(chunk, 7);
                solver.accumulate(chunk, 0);
            }
            return solver.readSums();
        }
    }
}
