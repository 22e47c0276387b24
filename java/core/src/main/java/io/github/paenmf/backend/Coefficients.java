package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.NonNegativeLeastSquares;
import io.github.paenmf.math.NormalEquations;

/**
 * H = argmin ‖V − H·Wᵀ‖² with H ≥ 0 for a given W, on the processor whatever the backend: a row's coefficients depend
 * on that row and on W alone, to the bit. Thread-safe.
 */
public final class Coefficients {

    /** One thread's solver of the rows of V. */
    public interface RowSolver {
        /**
         * @param row of V, from 0
         * @return r coefficients in units of the scaled data, valid until the next call
         */
        double[] solve(int row);
    }

    private final NmfProblem problem;
    private final NormalEquations equations;

    /**
     * @param problem gives V
     * @param w m × r, ≥ 0
     */
    public Coefficients(NmfProblem problem, Matrix w) {
        this.problem = problem;
        double[][] rows = new double[w.rows()][w.columns()];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < w.columns(); j++) {
                rows[i][j] = w.get(i, j);
            }
        }
        this.equations = new NormalEquations(rows, w.columns());
    }

    /** A solver for the calling thread. */
    public RowSolver solver() {
        NonNegativeLeastSquares solver = new NonNegativeLeastSquares(equations);
        Matrix v = problem.data();
        return row -> {
            double[] x;
            try {
                x = solver.solve(v.storage(row), v.offset(row));
            } catch (ArithmeticException e) {
                throw new ArithmeticException("row " + (row + 1) + ": " + e.getMessage());
            }
            for (int j = 0; j < x.length; j++) {
                x[j] /= problem.dataScale();
            }
            return x;
        };
    }
}
