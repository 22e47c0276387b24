package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.VbProblem;
import java.util.Arrays;

/**
 * Where covariates make the prior means of rows their own: what a sweep over a block takes of them, and what the update
 * has to know of all rows, each of which a step goes through once.
 */
final class RowPriorStage {

    private final CovariatePrior covariates;
    private final int n;
    private final int r;
    private final RowState inclusion;
    private final RowPriors[] rows;
    /** Of each worker, for the sweep that is under way. */
    private final PosteriorParameters[] parameters;

    private final int[][] settings;
    private final float[][] means;
    private final float[][] inclusions;

    private RowState h;
    private double[] baseMeans;
    private final Workers.Task updateTask = this::update;

    private RowPriorStage(VbProblem problem, int threads) {
        this.covariates = new CovariatePrior(problem.covariates(), problem.rank());
        this.n = problem.rows();
        this.r = problem.rank();
        this.inclusion = new RowState(n, r);
        this.rows = new RowPriors[threads];
        Arrays.setAll(rows, t -> RowPriors.of(r, CpuLayout.stride(CpuLayout.BLOCK_ROWS)));
        this.parameters = new PosteriorParameters[threads];
        this.settings = new int[threads][CpuLayout.BLOCK_ROWS];
        this.means = new float[threads][n];
        this.inclusions = new float[threads][n];
    }

    /** Null where rows have no covariates. */
    static RowPriorStage of(VbProblem problem, int threads) {
        return problem.covariates() == null ? null : new RowPriorStage(problem, threads);
    }

    /** How many floats it holds. */
    static double floats(VbProblem problem, int threads) {
        return problem.covariates() == null
                ? 0
                : RowState.floats(problem.rows(), problem.rank()) + 2.0 * threads * problem.rows();
    }

    CovariatePrior covariates() {
        return covariates;
    }

    /** Takes over what the rows of a step share. */
    void begin(PosteriorParameters shared) {
        Arrays.setAll(parameters, t -> shared.withRows(rows[t]));
    }

    /** What a sweep over a block takes. */
    PosteriorParameters ofBlock(int worker, RowStageBlock block) {
        int first = block.chunk.id(block.firstRow);
        for (int i = 0; i < block.rows; i++) {
            settings[worker][i] = covariates.setting(first + i);
        }
        rows[worker].set(parameters[worker].priorMean(), covariates, settings[worker], block.rows);
        return parameters[worker];
    }

    /** Keeps the inclusion of the rows of a block, one row per component. */
    void keep(RowStageBlock block, float[] values, int stride) {
        inclusion.setBlock(block.chunk.id(block.firstRow), block.rows, values, stride);
    }

    /**
     * Updates the prior by all rows.
     *
     * @param priorMeans of the components, r; changed
     */
    void update(Workers workers, RowState coefficients, double[] priorMeans) {
        h = coefficients;
        baseMeans = priorMeans;
        workers.run(r, updateTask);
    }

    private void update(int worker, int component) {
        h.readComponent(component, n, means[worker]);
        inclusion.readComponent(component, n, inclusions[worker]);
        covariates.clear(component);
        for (int i = 0; i < n; i++) {
            covariates.add(i, component, inclusions[worker][i], means[worker][i]);
        }
        covariates.update(component, baseMeans);
    }
}
