package io.github.paenmf.backend;

import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.NonNegativeLeastSquares;
import io.github.paenmf.math.NormalEquations;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.Penalty;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * H = argmin ‖V − H·Wᵀ‖² with H ≥ 0 for a given W, with the penalty of H beside it, on the processor whatever the
 * backend: a row's coefficients depend on that row and on W alone, to the bit. Where entries are missing, they are those
 * of least squares over the others, except for components of which these show next to nothing ({@link #LEAST_SHARE}):
 * their coefficients are 0. Thread-safe.
 */
public final class Coefficients {

    /**
     * The least share of a component's squared norm that the observed entries of a row must have, relative to their share of
     * all entries, for the row to tell its coefficient: with less, the row's noise is multiplied by more than 10 wherever
     * the component is strong.
     */
    public static final double LEAST_SHARE = 0.01;

    /** Rows of a task: few, since some rows take longer than others. */
    private static final int TASK_ROWS = 32;

    private final double scale;
    private final FactorPenalty penalty;
    private final NormalEquations equations;
    private final NormalEquations penalised;
    /** Those that no thread is using. */
    private final Queue<NonNegativeLeastSquares> solvers = new ConcurrentLinkedQueue<>();

    /**
     * @param w m × r, ≥ 0
     * @param scale what V is divided by
     */
    public Coefficients(Matrix w, double scale) {
        this(w, scale, FactorPenalty.NONE);
    }

    /**
     * @param w m × r, ≥ 0
     * @param scale what V is divided by
     * @param penalty of H
     */
    public Coefficients(Matrix w, double scale, FactorPenalty penalty) {
        this.scale = scale;
        this.penalty = penalty;
        double[][] rows = new double[w.rows()][w.columns()];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < w.columns(); j++) {
                rows[i][j] = w.get(i, j);
            }
        }
        this.equations = new NormalEquations(rows, w.columns());
        this.penalised = equations.plusDiagonal(penalty.l2());
    }

    /** Of new rows by a model. */
    public static Coefficients of(FittedNmf model) {
        double features = model.scaling().featureWeights().totalOfFeatures(model.features());
        Penalty penalty = model.configuration().penalties().coefficients();
        return new Coefficients(model.w(), model.dataScale(), FactorPenalty.of(penalty, features, null));
    }

    /**
     * Solves for all rows.
     *
     * @param v V, n × m, raw units; entries that are missing do not count
     * @param h receives H, n × r, in units of the scaled data
     * @param threads that share the rows
     * @throws ArithmeticException if a row has no solution in double; the message names it
     */
    public void solve(RowSource v, Matrix h, RowBlocks threads) {
        threads.forEach((v.rows() - 1) / TASK_ROWS + 1, task -> {
            NonNegativeLeastSquares idle = solvers.poll();
            NonNegativeLeastSquares solver = idle == null ? solver(penalised) : idle;
            float[] values = new float[v.columns()];
            Mask mask = v.mask();
            int[] listed = new int[mask == null ? 0 : v.columns()];
            int end = Math.min(v.rows(), (task + 1) * TASK_ROWS);
            for (int row = task * TASK_ROWS; row < end; row++) {
                v.copyRow(row, values, 0);
                boolean complete = mask == null || mask.missing(row) == 0;
                solve(complete ? solver : observed(mask, row, listed), values, h, row);
            }
            solvers.add(solver);
        });
    }

    /** Solves for a row that has missing entries: least squares over the others. */
    private NonNegativeLeastSquares observed(Mask mask, int row, int[] listed) {
        boolean areIn = 2 * mask.missing(row) > mask.columns();
        int count = areIn == mask.listsObserved() ? mask.copyListed(row, listed) : mask.copyUnlisted(row, listed);
        return solver(equations.over(listed, count, areIn, LEAST_SHARE).plusDiagonal(penalty.l2()));
    }

    /** Of values in raw units, and so with l1 in these. */
    private NonNegativeLeastSquares solver(NormalEquations normalEquations) {
        return new NonNegativeLeastSquares(normalEquations, penalty.l1() * scale);
    }

    private void solve(NonNegativeLeastSquares solver, float[] values, Matrix h, int row) {
        double[] x;
        try {
            x = solver.solve(values, 0);
        } catch (ArithmeticException e) {
            throw new ArithmeticException("row " + (row + 1) + ": " + e.getMessage());
        }
        float[] target = h.storage(row);
        int offset = h.offset(row);
        for (int j = 0; j < x.length; j++) {
            target[offset + j] = (float) (x[j] / scale);
        }
    }
}
