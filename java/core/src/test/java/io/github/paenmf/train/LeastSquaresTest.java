package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import java.util.SplittableRandom;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeastSquaresTest {

    private static final int N = 300;
    private static final int M = 9;

    /** Well conditioned: the values are independent of each other. */
    private static final Matrix DATA = independent();

    private static Matrix independent() {
        SplittableRandom random = new SplittableRandom(1);
        Matrix data = Matrix.zeros(N, M);
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                data.storage(i)[data.offset(i) + f] = random.nextFloat();
            }
        }
        return data;
    }

    private static LeastSquares solve(Matrix data, Matrix targets, int iterations) {
        NmfProblem problem = new NmfProblem(NmfAlgorithm.HALS, data.rows(), data.columns(), 1, 1);
        Execution cpu = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2);
        try (Solver<NmfParameters> solver = Backends.openNmf(cpu, problem)) {
            return LeastSquares.of(solver.products(data), targets, iterations);
        }
    }

    /** The last column is constant, which takes no weights; iterations beyond convergence do no harm. */
    @ParameterizedTest
    @ValueSource(ints = {M, 50, 500})
    void aLinearMapIsFoundAgain(int iterations) {
        Matrix targets = Matrix.zeros(N, 3);
        for (int i = 0; i < N; i++) {
            float[] row = targets.storage(i);
            int offset = targets.offset(i);
            row[offset] = 2 + 3 * DATA.get(i, 0) - DATA.get(i, 4);
            row[offset + 1] = 1000 - 500 * DATA.get(i, 8);
            row[offset + 2] = 7;
        }

        LeastSquares found = solve(DATA, targets, iterations);

        double[] sizes = {1, 500, 1};
        double[][] expected = {{3, 0, 0, 0, -1, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, -500}, new double[M]};
        double[] intercepts = {2, 1000, 7};
        for (int j = 0; j < 3; j++) {
            for (int f = 0; f < M; f++) {
                assertEquals(expected[j][f], found.weights().get(f, j), 1e-5 * sizes[j]);
            }
            assertEquals(intercepts[j], found.intercepts()[j], 1e-4 * sizes[j]);
        }
    }

    /** (XᵀX)⁻¹XᵀT with a column of ones, in double; float32 products feel the condition of X. */
    @Test
    void noiseIsAveragedOut() {
        SplittableRandom random = new SplittableRandom(2);
        Matrix targets = Matrix.zeros(N, 1);
        DMatrixRMaj x = new DMatrixRMaj(N, M + 1);
        DMatrixRMaj t = new DMatrixRMaj(N, 1);
        for (int i = 0; i < N; i++) {
            targets.storage(i)[targets.offset(i)] = (float) (DATA.get(i, 2) + random.nextGaussian());
            t.set(i, 0, targets.get(i, 0));
            for (int f = 0; f < M; f++) {
                x.set(i, f, DATA.get(i, f));
            }
            x.set(i, M, 1);
        }
        DMatrixRMaj expected = new DMatrixRMaj(M + 1, 1);
        assertTrue(CommonOps_DDRM.solve(x, t, expected));

        LeastSquares found = solve(DATA, targets, 50);

        for (int f = 0; f < M; f++) {
            assertEquals(expected.get(f, 0), found.weights().get(f, 0), 2e-6);
        }
        assertEquals(expected.get(M, 0), found.intercepts()[0], 1e-5);
    }

    /** More features than rows: the targets are reached exactly, as far as the iterations go. */
    @Test
    void fewRowsAreInterpolated() {
        Matrix data = TestData.planted(7, 31, 3, 0.5, 1).data();
        Matrix targets = Matrix.of(new float[][] {{1}, {0}, {2}, {0}, {5}, {3}, {1}});

        LeastSquares found = solve(data, targets, 50);

        for (int i = 0; i < 7; i++) {
            double value = found.intercepts()[0];
            for (int f = 0; f < 31; f++) {
                value += (double) data.get(i, f) * found.weights().get(f, 0);
            }
            assertEquals(targets.get(i, 0), value, 1e-4);
        }
    }
}
