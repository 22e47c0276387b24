package io.github.paenmf.backend.cpu;

import static io.github.paenmf.testing.Matrices.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.NmfSums;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Steps over mini-batches of standard NMF, and on from sums of a model, against textbook formulas in double. */
class RunningSumsTest {

    private static final int N = 71;
    private static final int M = 37;
    private static final int R = 3;
    private static final double SCALE = 2.5;
    private static final double FORGET = 0.6;
    /** A batch of 40 rows, and the other 31. */
    private static final int BATCH = 40;

    private static final double[][] V = random(1, N, M, 6);
    /** Beside the squared error or the divergence. */
    private static final double L1 = 0.02;

    private static final double L2 = 0.03;

    private static double[][] random(long seed, int rows, int columns, double greatest) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, j -> (float) (0.2 + greatest * random.nextDouble() * random.nextDouble()));
        }
        return values;
    }

    private static Matrix matrix(double[][] values) {
        Matrix matrix = Matrix.zeros(values.length, values[0].length);
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = (float) values[i][j];
            }
        }
        return matrix;
    }

    /** Both factors, and what W is made of: sums over the n rows, as means and as numbers of rows. */
    private static final class Reference {
        final NmfAlgorithm algorithm;
        final double beta;
        final double scale;
        final double l1;
        final double l2;
        final double[][] h = random(2, N, R, 1);
        final double[][] w = random(3, M, R, 1);
        double[][] numerators = new double[M][R];
        double[][] denominators;
        double rows;
        final double[][] pastNumerators;
        final double[][] pastDenominators;
        final double pastRows;

        Reference(NmfAlgorithm algorithm, double beta, boolean penalised, double pastRows) {
            this.algorithm = algorithm;
            this.beta = beta;
            this.scale = algorithm == NmfAlgorithm.KL ? 1 : SCALE;
            this.l1 = penalised ? L1 : 0;
            this.l2 = penalised ? L2 : 0;
            this.pastRows = pastRows;
            int rowsOfDenominators = algorithm == NmfAlgorithm.KL ? 1 : beta == 2 ? R : M;
            denominators = new double[rowsOfDenominators][R];
            pastNumerators = random(4, M, R, 3);
            pastDenominators = random(5, rowsOfDenominators, R, 3);
            for (int j = 0; j < R && rowsOfDenominators == R; j++) { // a Gram matrix
                pastDenominators[j][j] += 4;
                for (int l = 0; l < j; l++) {
                    pastDenominators[j][l] = pastDenominators[l][j];
                }
            }
        }

        double decoded(int i, int f) {
            double sum = 0;
            for (int j = 0; j < R; j++) {
                sum += h[i][j] * w[f][j];
            }
            return sum;
        }

        /** x ← x ∘ (a/(b + l1 + l2·x))^γ, or its value of HALS, for x of a row whose other factor is y. */
        void updateRow(double[] x, double[] a, double[][] gram, double[] b, double count, int times) {
            for (int t = 0; t < times; t++) {
                double[] before = x.clone();
                for (int j = 0; j < R; j++) {
                    double product = b == null ? 0 : b[j];
                    for (int l = 0; l < R && b == null; l++) {
                        product += gram[j][l] * (algorithm == NmfAlgorithm.HALS ? x : before)[l];
                    }
                    if (algorithm == NmfAlgorithm.HALS) {
                        double gain = (a[j] - product - count * (l1 + l2 * x[j])) / (gram[j][j] + count * l2);
                        x[j] = Math.max(0, x[j] + gain);
                    } else {
                        x[j] *= Math.pow(a[j] / (product + count * (l1 + l2 * x[j])), exponent());
                    }
                }
            }
        }

        double exponent() {
            return beta == 2 || beta == 1 ? 1 : l2 > 0 ? 1 / (3 - beta) : 1 / (2 - beta);
        }

        static double[][] gram(double[][] factor, int[] ids) {
            double[][] gram = new double[R][R];
            for (int i : ids) {
                for (int j = 0; j < R; j++) {
                    for (int l = 0; l < R; l++) {
                        gram[j][l] += factor[i][j] * factor[i][l];
                    }
                }
            }
            return gram;
        }

        /** One step; its objective over the rows. */
        double step(int[] ids) {
            double[][] g = gram(w, IntStream.range(0, M).toArray());
            for (int i : ids) {
                double[] a = new double[R];
                double[] b = new double[R];
                for (int f = 0; f < M; f++) {
                    double hat = decoded(i, f);
                    double v = V[i][f] / scale;
                    for (int j = 0; j < R; j++) {
                        a[j] += beta == 2 ? v * w[f][j] : v * Math.pow(hat, beta - 2) * w[f][j];
                        b[j] += Math.pow(hat, beta - 1) * w[f][j];
                    }
                }
                updateRow(h[i], a, g, beta == 2 ? null : b, M, beta == 2 && ids.length < N ? 3 : 1);
            }
            double objective = objective(ids);
            double[][] newNumerators = new double[M][R];
            double[][] newDenominators = beta == 2 ? gram(h, ids) : new double[denominators.length][R];
            for (int i : ids) {
                for (int f = 0; f < M; f++) {
                    double hat = decoded(i, f);
                    double v = V[i][f] / scale;
                    for (int j = 0; j < R; j++) {
                        double ofBeta = Math.pow(w[f][j], 1 / exponent()) * v * Math.pow(hat, beta - 2);
                        newNumerators[f][j] += (beta == 2 ? v : ofBeta) * h[i][j];
                        if (beta != 2 && (denominators.length == M || f == 0)) {
                            newDenominators[denominators.length == M ? f : 0][j] +=
                                    h[i][j] * (beta == 1 ? 1 : Math.pow(hat, beta - 1));
                        }
                    }
                }
            }
            take(newNumerators, newDenominators, ids.length);
            return objective;
        }

        void take(double[][] newNumerators, double[][] newDenominators, int count) {
            if (rows + pastRows == 0 && algorithm != NmfAlgorithm.HALS) { // W counts as a batch
                rows = count;
                for (int f = 0; f < M; f++) {
                    for (int j = 0; j < R; j++) {
                        double product = 0;
                        for (int l = 0; l < R && beta == 2; l++) {
                            product += newDenominators[j][l] * w[f][l];
                        }
                        double ofFeature = newDenominators[denominators.length == M ? f : 0][j];
                        double start = beta == 2 ? product : Math.pow(w[f][j], 1 / exponent()) * ofFeature;
                        numerators[f][j] = start * N / count;
                    }
                }
                add(denominators, 0, newDenominators, (double) N / count);
            }
            double kept = count == N ? 0 : rows * Math.pow(FORGET, (double) count / N);
            rows = kept + count;
            add(numerators, kept / rows, newNumerators, N / rows);
            add(denominators, kept / rows, newDenominators, N / rows);
            double seen = Math.min(rows, N);
            double share = pastRows / (seen + pastRows);
            for (int f = 0; f < M; f++) {
                double[] a = new double[R];
                double[] b = new double[R];
                double[][] gram = new double[R][R];
                for (int j = 0; j < R; j++) {
                    a[j] = mixed(share, N * pastNumerators[f][j] / (beta == 2 ? scale : 1), numerators[f][j]);
                    int at = denominators.length == M ? f : 0;
                    b[j] = mixed(share, N * pastDenominators[at][j], denominators[at][j]);
                    for (int l = 0; l < R && beta == 2; l++) {
                        gram[j][l] = mixed(share, N * pastDenominators[j][l], denominators[j][l]);
                    }
                    if (beta != 2) {
                        a[j] /= Math.pow(w[f][j], 1 / exponent());
                    }
                }
                updateRow(w[f], a, gram, beta == 2 ? null : b, N, 1);
            }
        }

        static double mixed(double share, double past, double now) {
            return share * past + (1 - share) * now;
        }

        static void add(double[][] target, double keep, double[][] values, double times) {
            for (int i = 0; i < target.length; i++) {
                for (int j = 0; j < R; j++) {
                    target[i][j] = keep * target[i][j] + times * values[i][j];
                }
            }
        }

        double objective(int[] ids) {
            double sum = 0;
            for (int i : ids) {
                for (int f = 0; f < M; f++) {
                    double hat = decoded(i, f);
                    double v = V[i][f] / scale;
                    double ratio = v / hat;
                    sum += beta == 2 ? (v - hat) * (v - hat) / 2 : ratio - Math.log(ratio) - 1;
                }
                sum += M * penalty(h[i]);
            }
            for (double[] row : w) {
                sum += ids.length * penalty(row);
            }
            return sum / ids.length;
        }

        double penalty(double[] values) {
            return Arrays.stream(values).map(x -> l1 * x + l2 / 2 * x * x).sum();
        }
    }

    private static NmfSums sums(Reference reference, NmfConfiguration c) {
        NmfSums sums = NmfSums.none(c, M);
        sums.setRows(reference.pastRows);
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < R; j++) {
                sums.numerators()[f * R + j] = (float) reference.pastNumerators[f][j];
            }
        }
        for (int i = 0; i < sums.denominators().length; i++) {
            sums.denominators()[i] = (float) reference.pastDenominators[i / R][i % R];
        }
        return sums;
    }

    /**
     * Five steps: products of at most 71 terms above 0, each off by some √71·6e-8 of itself; an update of a factor divides
     * by the Gram matrix, whose condition here is below 50, so that ten updates leave less than 10·50·5e-7.
     */
    @ParameterizedTest
    @CsvSource({
        "HALS, 2, false, 40, 0",
        "HALS, 2, true, 40, 0",
        "HALS, 2, false, 40, 55.5",
        "HALS, 2, false, 71, 55.5",
        "MU, 2, false, 40, 0",
        "MU, 2, true, 40, 20",
        "MU, 2, false, 71, 20",
        "KL, 1, false, 40, 0",
        "KL, 1, false, 40, 13",
        "KL, 1, false, 71, 13",
        "MU, 0, false, 40, 0",
        "MU, 0, true, 40, 13",
        "MU, 0, true, 71, 13"
    })
    void stepsAreThoseOfTheFormulas(
            NmfAlgorithm algorithm, double beta, boolean penalised, int batchRows, double pastRows) {
        Reference reference = new Reference(algorithm, beta, penalised, pastRows);
        Penalty penalty = new Penalty(reference.l1, reference.l2);
        NmfConfiguration c = new NmfConfiguration(
                R, algorithm, NmfInit.RANDOM, 1, 0, 1, Missing.NONE, 0, new Penalties(penalty, penalty), beta);
        NmfProblem problem = new NmfProblem(
                algorithm,
                N,
                M,
                R,
                reference.scale,
                false,
                null,
                FactorPenalty.of(penalty, M, null),
                FactorPenalty.of(penalty, N, null),
                beta,
                0,
                batchRows,
                FORGET,
                pastRows > 0);
        Matrix data = matrix(V);
        int[] order = new int[N];
        Arrays.setAll(order, i -> (i * 29 + 5) % N);
        NmfParameters result = new NmfParameters(matrix(reference.w), matrix(reference.h), sums(reference, c));
        try (Solver<NmfParameters> solver = Backends.openNmf(
                Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2), problem)) {
            solver.setParameters(result);
            for (int step = 0; step < 5; step++) {
                int from = batchRows == N ? 0 : step % 2 * BATCH;
                int count = batchRows == N ? N : step % 2 == 0 ? BATCH : N - BATCH;
                Rows rows = new Rows(data, batchRows == N ? null : order, from, count);
                double squaredNorm = 0;
                int[] ids = new int[count];
                for (int i = 0; i < count; i++) {
                    ids[i] = rows.id(i);
                    for (double v : V[ids[i]]) {
                        squaredNorm += beta == 1 ? v * Math.log(v) - v : v * v / (SCALE * SCALE);
                    }
                }
                solver.clearSums();
                solver.gram();
                solver.project(rows);
                solver.rowStage(rows, step);
                if (beta == 0) {
                    solver.residual(rows);
                }
                solver.accumulate(rows, squaredNorm);
                solver.update();
                double objective = reference.step(ids);
                double actual = solver.takeObjectives().get(0).reconstruction();
                if (beta != 1) { // that of Kullback and Leibler is of an auxiliary function, which KlNmfTest knows
                    assertEquals(objective, actual, 3e-4 * objective, "step " + step);
                }
            }
            solver.readParameters(result);
        }
        assertClose(matrix(reference.w), result.w(), 2.5e-4);
        assertClose(matrix(reference.h), result.h(), 2.5e-4);
        double seen = Math.min(reference.rows, N) + pastRows;
        assertEquals(seen, result.sums().rows(), 1e-12 * seen);
        double[][] means = new double[M][R];
        double share = pastRows / seen;
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < R; j++) {
                double unit = beta == 2 ? SCALE : 1;
                means[f][j] =
                        Reference.mixed(share, reference.pastNumerators[f][j], unit * reference.numerators[f][j] / N);
            }
        }
        assertClose(matrix(means), Matrix.wrap(result.sums().numerators(), M, R), 2.5e-4);
    }
}
